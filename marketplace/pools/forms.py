"""What people type about pools: a plan, seats, contacts, a last check."""

from typing import Any

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
from marketplace.core.errors import RuleBroken
from marketplace.core.fields import Dollars, Seats
from marketplace.core.web import Form
from marketplace.pools.rules import MOST_SEATS, Rung

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
    board_date = DateField(
        "Date of the board vote",
        [Optional()],
        description="Needed if your board has approved it.",
    )
    po_number = StringField(
        "Purchase order number",
        [Length(max=60, message="Use 60 letters at most.")],
        description="Needed if you commit with a purchase order.",
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


class PressForm(Form):
    """A button with nothing to type."""


def seats_answers(form: Any) -> dict[str, Any]:
    """Step 1 as the draft keeps it."""
    return {
        "seats": form.seats.data,
        "tolerance": form.tolerance.data or 0,
        "limit_cents": form.limit.cents,
        "rung": form.rung.data,
        "board_date": form.board_date.data.isoformat() if form.board_date.data else None,
        "po_number": (form.po_number.data or "").strip(),
    }
