"""What people type about a split: the public calculator, and the designer of a consortium."""

from typing import Any
from uuid import uuid4

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from marketplace.core.web import Form
from marketplace.costs.calculator_rules import FORM_WORDS
from marketplace.costs.proposal_rules import LONGEST_WORDS
from marketplace.costs.rules import METHOD_WORDS, REST_WORDS
from marketplace.pricing.rules import OFFERED_METHODS

SHORT = Length(max=60, message="Use 60 letters at most.")


class _MethodForm(Form):
    """How to split: the method, and for a hybrid what is equal and what the rest goes by."""

    method = RadioField(
        "How to split",
        choices={m.value: METHOD_WORDS[m].name for m in OFFERED_METHODS},
        validate_choice=False,
    )
    equal_percent = StringField(
        "Equal part in percent",
        [SHORT],
        description="Only for “part equal”. Such as 30.",
    )
    rest = SelectField(
        "The rest goes",
        choices={rest.value: words for rest, words in REST_WORDS.items()},
        validate_choice=False,
        description="Only for “part equal”.",
    )


class MethodSplitForm(_MethodForm):
    """The public calculator; rules check the words, so that every problem shows at once."""

    kind = SelectField(
        "Kind of price list",
        choices={form.value: words for form, words in FORM_WORDS.items()},
        validate_choice=False,
    )
    bands = TextAreaField(
        "Price steps",
        description="One a line: from how many seats on, and the price of one in dollars. "
        "Such as “2500, 13.50”.",
    )
    total = StringField("Price for all together", description="Only for one price for all.")
    fee = StringField("Fee that is added once")
    minimum = StringField("It costs at least")
    cap = StringField("It costs at most")
    combinable = BooleanField("One buyer may hold several licenses side by side")
    members = TextAreaField(
        "Districts",
        description="One a line: name or id, seats, pupils, the most it will pay. Pupils and "
        "the limit may be left out. Paste from a spreadsheet, or type.",
    )
    seed = StringField(
        "Tie word",
        description="Decides who pays an odd cent when two have the same claim. Any word will do.",
    )

    def typed(self) -> dict[str, str]:
        return {it.name: str(it.data or "") for it in self if it.name != "csrf_token"}

    def refuse_all(self, problems: dict[str, list[str]]) -> None:
        """Each problem at its field; what was typed stays."""
        for name, words in problems.items():
            if name in self._fields:
                self._fields[name].errors = [*self._fields[name].errors, *words]
            else:
                self.form_errors.extend(words)


class CostMethodForm(_MethodForm):
    """The designer. Seats come one field a member, named after its LEAID: see the view."""

    price = SelectField("What is bought", validate_choice=False)
    #: The price whose usual seats the fields below were filled with.
    seats_for = HiddenField()
    words = TextAreaField(
        "Why this method?",
        [
            Optional(),
            Length(max=LONGEST_WORDS, message=f"Use {LONGEST_WORDS:,} letters at most."),
        ],
    )
    once_key = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.once_key.data:
            self.once_key.data = uuid4().hex


class PressForm(Form):
    """A button with nothing to type."""
