"""What people type about pools: a plan, seats, contacts, a last check."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_wtf.file import FileField
from wtforms import (
    DateField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from marketplace.accounts.rules import check_email
from marketplace.core import uploads
from marketplace.core.errors import RuleBroken
from marketplace.core.fields import Dollars, Seats
from marketplace.core.uploads import CheckedFile
from marketplace.core.web import Form
from marketplace.pools.draft_rules import ChangedMeanwhile
from marketplace.pools.rules import MOST_SEATS, Rung
from marketplace.pools.state_rules import FILL_UP_DAYS

WHOLE = "Enter a whole number."


class SeatsForm(Form):
    """Step 1: how many seats, at most how much, and how firm."""

    seats = Seats(
        "Firm seats",
        [
            InputRequired("Enter how many seats you need."),
            NumberRange(1, MOST_SEATS, f"Enter a whole number from 1 to {MOST_SEATS:,}."),
        ],
        description="One seat for each pupil or teacher who will use it.",
    )
    tolerance = Seats(
        "Extra seats you would take",
        [Optional(), NumberRange(0, MOST_SEATS, "Enter 0 or more.")],
        description="Only if they help the pool reach what it needs. Most districts enter 0.",
    )
    limit = Dollars(
        "Most you will pay",
        [Length(max=30)],
        description="In all, not per seat. If your share would be higher, you are left out "
        "and owe nothing.",
    )
    rung = RadioField(
        "How firm is this?",
        choices={
            Rung.INTEREST.value: "We are interested",
            Rung.INTENT.value: "We plan to buy, and the board has yet to vote",
            Rung.BOARD_APPROVED.value: "Our board has approved it",
            Rung.COMMITTED.value: "We commit, with a purchase order",
        },
        validators=[InputRequired("Choose one.")],
    )
    survey_closed_on = DateField(
        "Day your staff survey closed",
        [Optional()],
        description="Needed to plan or commit, as the by-laws of this consortium say.",
    )
    board_date = DateField(
        "Date of the board vote",
        [Optional()],
        description="Needed if your board has approved it.",
    )
    board_minute = StringField(
        "Where the minutes say so",
        [Length(max=120, message="Use 120 letters at most.")],
        description="Needed if your board has approved it. Such as “item 7.2, page 4”.",
    )
    po_number = StringField(
        "Purchase order number",
        [Length(max=60, message="Use 60 letters at most.")],
        description="Needed if you commit, unless you add the resolution below.",
    )
    resolution = FileField(
        "Or the signed resolution", description="A PDF, up to 10 MB, in place of a PO number."
    )

    def checked_resolution(self) -> CheckedFile | None:
        """The file that was chosen, looked into; none is fine."""
        if not self.resolution.data:
            return None
        return uploads.check(
            self.resolution.data.filename or "resolution.pdf",
            self.resolution.data.read(uploads.LARGEST_BYTES + 1),
            ("pdf",),
            "resolution",
        )


class ContactsForm(Form):
    """Step 2: whom to write to."""

    contact_name = StringField(
        "Name",
        [InputRequired("Enter a name."), Length(max=120, message="Use 120 letters at most.")],
    )
    contact_email = EmailField(
        "E-mail",
        [
            InputRequired("Enter an e-mail address."),
            Length(max=254),
        ],
        description="The result of the pool goes here.",
    )

    def validate_contact_email(self, field: EmailField) -> None:
        """What was good enough to sign up with is good enough here."""
        try:
            check_email(field.data or "")
        except RuleBroken as refusal:
            raise ValidationError(str(refusal)) from None


class CheckForm(Form):
    """Step 3: nothing to type; the key makes a second press harmless."""

    key = HiddenField()


class WithdrawForm(Form):
    """Nothing to type."""


def fill_up_field() -> SelectField:
    return SelectField(
        "Seats can only be added",
        choices={
            str(days): f"In the last {'24 hours' if days == 1 else f'{days} days'}"
            if days
            else "Never: change or withdraw until the end"
            for days in FILL_UP_DAYS
        },
        default="0",
        description="A last phase in which nobody takes seats out, so the rest can count on them.",
    )


class FillUpForm(Form):
    """How long the last phase is."""

    fill_up_days = fill_up_field()


class ExtendForm(Form):
    """A later deadline for a pool that closed short."""

    closes_day = DateField("New last day to commit", [InputRequired("Enter the last day.")])
    closes_time = TimeField("Time of day", [InputRequired("Enter a time, such as 23:59.")])
    fill_up_days = fill_up_field()


class LowerForm(Form):
    """Fewer seats for a pool that closed short."""

    threshold = Seats(
        "Fewest seats",
        [InputRequired(WHOLE), NumberRange(1, MOST_SEATS, WHOLE)],
        description="The pool then clears at once, with the seats that are in it.",
    )


class PlanForm(Form):
    """What the lead agency decides about a pool."""

    price_schedule = SelectField(
        "Tool and price",
        validators=[InputRequired("Choose a tool and its price.")],
        description="Only prices that are in force now are listed.",
    )
    title = StringField(
        "Title",
        [InputRequired("Enter a title."), Length(max=120, message="Use 120 letters at most.")],
        description="Such as “Reading Coach, 2027–28 school year”.",
    )
    purpose = TextAreaField(
        "What it is for",
        [Length(max=600, message="Use 600 letters at most.")],
        description="One or two plain sentences for the top of the pool’s page.",
    )
    closes_day = DateField("Last day to commit", [InputRequired("Enter the last day.")])
    closes_time = TimeField("Time of day", [InputRequired("Enter a time, such as 23:59.")])
    term_starts_on = DateField("Term starts", [InputRequired("Enter the first day.")])
    term_ends_on = DateField("Term ends", [InputRequired("Enter the last day.")])
    pay_by = DateField("Pay by", [InputRequired("Enter the last day to pay.")])
    threshold = Seats(
        "Fewest seats",
        [Optional(), NumberRange(1, MOST_SEATS, WHOLE)],
        description="With fewer firm seats the pool closes short and nobody is billed.",
    )
    fill_up_days = fill_up_field()
    #: The version of the draft that was on the screen.
    seen_version = HiddenField()
    #: Where its deadline is told.
    zone = "UTC"

    def refuse(self, refusal: RuleBroken) -> None:
        """Where somebody else saved meanwhile, what only they changed comes into the form."""
        super().refuse(refusal)
        if isinstance(refusal, ChangedMeanwhile):
            for name, value in self._typed(refusal.theirs).items():
                self[name].data, self[name].raw_data = value, None
            self.seen_version.data = str(refusal.version)

    def _typed(self, theirs: dict[str, Any]) -> dict[str, Any]:
        """Parts of a plan, as its JSON has them, as the fields hold them."""
        fields: dict[str, Any] = {}
        for name, value in theirs.items():
            if name == "closes_at":
                local = datetime.fromisoformat(value).astimezone(ZoneInfo(self.zone))
                fields |= {"closes_day": local.date(), "closes_time": local.time()}
            elif name in ("term_starts_on", "term_ends_on", "pay_by"):
                fields[name] = date.fromisoformat(value)
            elif name == "threshold_seats":
                fields["threshold"] = value
            elif name == "price_schedule_id":
                fields["price_schedule"] = value
            elif name != "tool_id":
                fields[name] = str(value)
        return fields


class PressForm(Form):
    """A button with nothing to type."""


def seats_answers(form: Any) -> dict[str, Any]:
    """Step 1 as the draft keeps it."""
    return {
        "seats": form.seats.data,
        "tolerance": form.tolerance.data or 0,
        "limit_cents": form.limit.cents,
        "rung": form.rung.data,
        "survey_closed_on": _iso(form.survey_closed_on.data),
        "board_date": _iso(form.board_date.data),
        "board_minute": (form.board_minute.data or "").strip(),
        "po_number": (form.po_number.data or "").strip(),
    }


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None
