"""What people send about payments: keys that make a second click harmless, amounts, reasons."""

from uuid import uuid4

from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired

from marketplace.core.fields import Dollars
from marketplace.core.web import Form
from marketplace.orders.rules import PaymentMeans


class OnceForm(Form):
    """Carries a one-use key: sent twice it does the same thing once."""

    once_key = HiddenField()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if not self.once_key.data:
            self.once_key.data = uuid4().hex


class PayForm(OnceForm):
    """The buttons say how (`means`, on no field of the page); the amount is checked against the
    bill, never believed."""

    amount_cents = Dollars("How much?")
    means = StringField()

    def chosen(self) -> PaymentMeans | None:
        try:
            return PaymentMeans(self.means.data or "")
        except ValueError:
            return None


class ButtonForm(Form):
    """Nothing to type: the page shows what will happen, the button does it."""


class RefundForm(OnceForm):
    amount_cents = Dollars("How much goes back?", [InputRequired("Enter an amount.")])
    reason = StringField("Why?", [InputRequired("Say in a few words why.")])


class RemitForm(Form):
    reference = StringField(
        "Number on the check, transfer or wire", [InputRequired("Enter its number.")]
    )


class SettleForm(Form):
    note = TextAreaField("What you found", [InputRequired("Say in a few words why.")])
