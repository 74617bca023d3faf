"""What people type about orders, purchase orders and payments."""

import re
from typing import Any
from uuid import uuid4

from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired
from wtforms.widgets import TextInput

from marketplace.core.fields import Dollars
from marketplace.core.money import dollars
from marketplace.core.web import Form
from marketplace.orders import charge_codes
from marketplace.orders.rules import BY_HAND, MEANS_WORDS, PaymentMeans
from marketplace.orders.statement_rules import EVERY_TOOL

NO_DATE = "Enter the date, such as 2027-01-15."
_DOLLARS = re.compile(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(\d{1,2}))?")


class DollarsField(Field):
    """Dollars and cents as people write them ("$1,125.01"); whole cents inside."""

    widget = TextInput()
    data: int | None

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed = valuelist[0].strip() if valuelist else ""
        found = _DOLLARS.fullmatch(self.typed)
        if found is None:
            self.data = None
            raise ValueError("Enter dollars and cents, such as 1,125.01.")
        whole, cents = found[1].replace(",", ""), (found[2] or "").ljust(2, "0")
        self.data = int(whole) * 100 + int(cents)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return dollars(self.data).removeprefix("$") if self.data is not None else ""


class DayField(DateField):
    """A date; what is no date is refused in words that say how to write one."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(NO_DATE) from None


class ConfirmForm(Form):
    """Nothing to type: the page shows what will happen, the button does it."""


class IssuePurchaseOrderForm(Form):
    number = StringField("PO number", [InputRequired("Enter the PO number.")])


class RecordRefundForm(Form):
    """How money was sent. All that is owed back is sent at once, so no amount is typed.
    `once_key` makes a second click harmless."""

    means = RadioField(
        "How was it paid?",
        [InputRequired("Choose how it was paid.")],
        choices=[SelectChoice(means.value, MEANS_WORDS[means]) for means in BY_HAND],
    )
    reference = StringField(
        "Number on the check, transfer or warrant", [InputRequired("Enter its number.")]
    )
    paid_on = DayField("Date on it", [InputRequired(NO_DATE)])
    once_key = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.once_key.data:
            self.once_key.data = uuid4().hex

    def facts(self) -> dict[str, Any]:
        """What was typed, as the use cases take it."""
        names = ("reference", "paid_on", "once_key")
        typed = {name: self._fields[name].data for name in names}
        return typed | {"means": PaymentMeans(self.means.data)}


class ReturnCreditForm(RecordRefundForm):
    """The same facts for what was paid beyond a bill."""


class PaymentForm(RecordRefundForm):
    """The same facts whoever pays whom, and how much."""

    amount_cents = DollarsField("Amount")

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"amount_cents": self.amount_cents.data}


class RecordPaymentForm(PaymentForm):
    """`same_check` is asked only when the number stands on another bill already, `keep_rest`
    only when more came than is open."""

    same_check = BooleanField("Yes, one payment with this number covers both bills")
    keep_rest = BooleanField("Yes, more came. Keep the rest for the district’s next invoice")

    def facts(self) -> dict[str, Any]:
        ticked = {"same_check": self.same_check.data, "keep_rest": self.keep_rest.data}
        return super().facts() | {name: bool(said) for name, said in ticked.items()}


class PurchasingRulesForm(Form):
    """The limits of approvers stand in fields named after them; see the view."""

    alone_up_to = Dollars("One person orders alone up to")


class RefuseForm(Form):
    words = StringField("What is wrong with it?")


class SayBoardDateForm(Form):
    meets_on = DayField("The board meets on", [InputRequired(NO_DATE)])

    def facts(self) -> dict[str, Any]:
        return {"meets_on": self.meets_on.data}


class PayVendorForm(PaymentForm):
    pass


class ChooseChargeCodesForm(Form):
    applies_to = SelectField("For")
    function_code = SelectField("Function", [InputRequired("Choose a function code.")])
    object_code = SelectField("Object", [InputRequired("Choose an object code.")])

    def offer(self, tools: dict[str, str]) -> None:
        every = "Every tool without its own code"
        self.applies_to.choices = [(EVERY_TOOL, every), *tools.items()]
        for field, part in ((self.function_code, "function"), (self.object_code, "object")):
            listed = [(code, f"{code} {name}") for code, name in charge_codes.codes(part).items()]
            field.choices = [("", "Choose"), *listed]

    def facts(self) -> dict[str, Any]:
        names = ("applies_to", "function_code", "object_code")
        return {name: self._fields[name].data for name in names}
