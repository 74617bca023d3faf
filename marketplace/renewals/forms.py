"""What people type about a term: seats, days, counts, answers, reasons."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask_wtf.file import FileField
from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, Optional

from marketplace.core.web import Form
from marketplace.pools.rules import deadline_at
from marketplace.renewals.rules import ANSWER_WORDS

SHORT = Length(max=120, message="Use 120 letters at most.")
LONG = Length(max=1_000, message="Use 1,000 letters at most.")
NO_DAY = "Enter the day, such as 2027-01-15."


class DayField(DateField):
    """A date; what is no date is refused in words that say how to write one."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(NO_DAY) from None


class SeatsField(IntegerField):
    """A whole number, with or without commas between the thousands."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([value.replace(",", "").strip() for value in valuelist])
        except ValueError:
            raise ValueError("Enter a whole number.") from None


class OnceForm(Form):
    """`once_key` makes a second click harmless."""

    once_key = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.once_key.data:
            self.once_key.data = uuid4().hex

    def facts(self) -> dict[str, Any]:
        """What was typed, as the use case takes it."""
        return {name: it.data for name, it in self._fields.items() if name != "csrf_token"}


class PressForm(Form):
    """A button with nothing to type."""


class AskToJoinLateForm(OnceForm):
    seats = SeatsField("Seats", [InputRequired("Enter how many seats you need.")])
    starts_on = DayField("First day", [InputRequired(NO_DAY)])
    contact_name = StringField("Whom the vendor may write to", [SHORT])
    contact_email = StringField("Their e-mail", [SHORT])

    def wanted(self) -> dict[str, Any]:
        """What the price depends on; the form has been validated."""
        return {"seats": self.seats.data, "starts_on": self.starts_on.data}


class AskForSeatsForm(OnceForm):
    seats = SeatsField("More seats", [InputRequired("Enter how many more seats you need.")])

    def wanted(self) -> dict[str, Any]:
        return {"seats": self.seats.data}


class AskToLeaveForm(OnceForm):
    starts_on = DayField("First day without seats", [InputRequired(NO_DAY)])
    reason = TextAreaField("Why you leave", [InputRequired("Say in a sentence why."), LONG])


class ConsentToLeavingForm(Form):
    signer_name = StringField("Who says yes", [InputRequired("Enter a name."), SHORT])
    signer_title = StringField(
        "Title", [InputRequired("Enter the title, such as Superintendent."), SHORT]
    )
    rise_cents = HiddenField()

    def facts(self) -> dict[str, Any]:
        shown = str(self.rise_cents.data or "")
        return {
            "signer_name": self.signer_name.data or "",
            "signer_title": self.signer_title.data or "",
            "rise_cents": int(shown) if shown.isdecimal() and len(shown) < 18 else 0,
        }


class SetBatchForm(Form):
    starts_on = DayField("First day of the added seats", [InputRequired(NO_DAY)])
    ask_until = DayField("Last day to ask", [InputRequired(NO_DAY)])

    def facts(self) -> dict[str, Any]:
        return {"starts_on": self.starts_on.data, "ask_until": self.ask_until.data}


class RefuseRequestForm(Form):
    reason = TextAreaField("Why not", [InputRequired("Say in a sentence why."), LONG])


class SayUseForm(Form):
    used = SeatsField("Seats in use", [InputRequired("Enter how many seats were used.")])


class AnswerUseForm(Form):
    agree = RadioField(
        "Is this count right?",
        [InputRequired("Choose one.")],
        choices={"yes": "Yes, it is right", "no": "No, we count something else"},
    )
    dispute = TextAreaField("What you count instead, and how you know", [LONG])


class AnswerRenewalForm(Form):
    answer = RadioField(
        "Do you go on?",
        [InputRequired("Choose one.")],
        choices={answer.value: words for answer, words in ANSWER_WORDS.items()},
    )
    seats = SeatsField("Seats next term", [Optional()])
    words = TextAreaField("A word to the lead agency", [LONG])


class PutToVoteForm(Form):
    closes_day = DayField("Last day to vote", [InputRequired(NO_DAY)])
    closes_time = TimeField("At what time?", [InputRequired("Enter the time, such as 17:00.")])
    words = TextAreaField("What should the districts know?", [InputRequired("Say why."), LONG])
    once_key = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.once_key.data = (self.once_key.data or "")[:64] or uuid4().hex

    def facts(self) -> dict[str, Any]:
        names = ("closes_day", "closes_time", "words", "once_key")
        return {name: self._fields[name].data for name in names}


class PlanRenewalForm(Form):
    title = StringField("Title", [InputRequired("Enter a title."), SHORT])
    price_schedule = SelectField("Price", [InputRequired("Choose a price.")])
    closes_day = DayField("Deadline", [InputRequired(NO_DAY)])
    closes_time = TimeField("Time of day", [InputRequired("Enter the time, such as 23:59.")])
    term_starts_on = DayField("Term starts", [InputRequired(NO_DAY)])
    term_ends_on = DayField("Term ends", [InputRequired(NO_DAY)])
    pay_by = DayField("Last day to pay", [InputRequired(NO_DAY)])

    def facts(self, zone: str) -> dict[str, Any]:
        """What was typed, the deadline in UTC; a time that the clocks skip is refused."""
        names = ("title", "term_starts_on", "term_ends_on", "pay_by")
        day, hour = self.closes_day.data, self.closes_time.data
        assert day is not None
        assert hour is not None
        return {name: self._fields[name].data for name in names} | {
            "price_schedule_id": UUID(self.price_schedule.data),
            "closes_at": deadline_at(day, hour, zone).at,
        }


class FileCertificateForm(Form):
    deleted_on = DayField("Data was deleted on", [InputRequired(NO_DAY)])
    file = FileField("The certificate as PDF", description="Up to 10 MB.")

    def facts(self) -> dict[str, Any]:
        sent = self.file.data
        return {
            "deleted_on": self.deleted_on.data,
            "file_name": getattr(sent, "filename", "") or "",
            "file_bytes": sent.read() if hasattr(sent, "read") else b"",
        }


def day_asked(text: str) -> date | None:
    """A day typed into an address; None when it is none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
