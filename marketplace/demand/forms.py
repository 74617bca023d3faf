"""What a district types when it shows interest."""

from typing import Any

from wtforms import BooleanField, EmailField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange

from marketplace.accounts.rules import check_email
from marketplace.core.errors import RuleBroken
from marketplace.core.fields import Dollars, Seats
from marketplace.core.web import Form
from marketplace.demand.rules import MOST_SEATS


class ShowInterestForm(Form):
    seats = Seats(
        "Seats you would need",
        [
            InputRequired("Enter how many seats you would need."),
            NumberRange(1, MOST_SEATS, f"Enter a whole number from 1 to {MOST_SEATS:,}."),
        ],
        description="A good guess will do. It binds you to nothing.",
    )
    school_year = SelectField("When", validators=[InputRequired("Choose a school year.")])
    budget = Dollars(
        "What you could spend in a year",
        [Length(max=30)],
        description="In all, not per seat.",
    )
    to_districts = BooleanField("Lead agencies and other districts may see our name")
    to_vendor = BooleanField("The vendor may see our name")
    contact_name = StringField(
        "Contact name", [Length(max=120, message="Use 120 letters at most.")]
    )
    contact_email = EmailField("Contact e-mail", [Length(max=254)])

    def validate_contact_email(self, field: Any) -> None:
        """Asked for only when somebody may see it."""
        if not field.data:
            return
        try:
            check_email(field.data)
        except RuleBroken as refusal:
            raise ValidationError(str(refusal)) from None


class WithdrawInterestForm(Form):
    """Nothing to type."""
