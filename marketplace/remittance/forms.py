"""What people choose about bank statements."""

from collections.abc import Sequence
from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from marketplace.core.web import Form
from marketplace.remittance.rules import COLUMN_WORDS, DATE_WORDS, Column, DateOrder


class ConfirmForm(Form):
    """Nothing to type: the button does it."""


class ImportStatementForm(Form):
    account_name = StringField(
        "Name of the account",
        [InputRequired("Give the account a name, such as Operating account.")],
    )
    file = FileField("Statement")


class ChooseColumnsForm(Form):
    date = SelectField(COLUMN_WORDS[Column.DATE])
    amount = SelectField(COLUMN_WORDS[Column.AMOUNT])
    money_in = SelectField(COLUMN_WORDS[Column.MONEY_IN])
    money_out = SelectField(COLUMN_WORDS[Column.MONEY_OUT])
    text = SelectField(COLUMN_WORDS[Column.TEXT])
    check = SelectField(COLUMN_WORDS[Column.CHECK])
    number = SelectField(COLUMN_WORDS[Column.NUMBER])
    date_order = RadioField(
        "How dates are written",
        choices=[SelectChoice(order.value, words) for order, words in DATE_WORDS.items()],
    )

    def offer(self, header: Sequence[str]) -> None:
        """The columns of the file; nothing chosen means that it has no such column."""
        listed = [(str(place), f"{name or 'no heading'}") for place, name in enumerate(header)]
        for column in Column:
            self._fields[column.value].choices = [("", "None"), *listed]

    def facts(self) -> dict[str, Any]:
        chosen = {column: self._fields[column.value].data for column in Column}
        return {
            "columns": {column: int(place) for column, place in chosen.items() if place},
            "date_order": DateOrder(self.date_order.data),
        }


class MatchLineForm(Form):
    """The parts stand in fields named after their invoices; see the view."""

    keep_rest = BooleanField("Yes, more came. Keep the rest for the district’s next invoice")
