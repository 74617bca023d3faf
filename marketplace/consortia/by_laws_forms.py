"""The choices of by-laws as people make them: four parts, for the founding steps and the draft."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length

from marketplace.consortia import by_laws_words as words
from marketplace.consortia.by_laws_rules import (
    CHOICES,
    LONGEST_TEXT,
    MOST_FEE_BPS,
    Choices,
    choices_as_json,
    choices_from_json,
)
from marketplace.consortia.by_laws_words import percent
from marketplace.core.money import LARGEST_CENTS
from marketplace.core.web import Form
from marketplace.pricing.rules import OFFERED_METHODS, REST_WORDS

CHOOSE = InputRequired("Choose one.")


def _choose(label: str, options: Mapping[StrEnum, str], **more: Any) -> RadioField:
    return RadioField(
        label, choices={key.value: text for key, text in options.items()}, **_required(more)
    )


def _required(more: dict[str, Any]) -> dict[str, Any]:
    return {"validators": [CHOOSE]} | more


class Whole(IntegerField):
    """A whole number, with or without commas; anything else is refused in our words."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").replace(",", "").strip()
        if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
            self.data = None
            raise ValueError("Enter a whole number.")
        self.data = int(text)


class Percent(StringField):
    """A percent with at most two decimals; `.bps` are basis points, None where it is empty."""

    bps: int | None = None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        text = (self.data or "").replace("%", "").strip()
        if not text:
            self.bps = None
            return
        found = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?", text, re.ASCII)
        if found is None:
            raise ValueError("Enter a percent, such as 30 or 2.5.")
        self.bps = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


class Dollars(StringField):
    """Dollars as people write them; `.cents`, None where it is empty."""

    cents: int | None = None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        text = re.sub(r"[$, ]", "", self.data or "")
        if not text:
            self.cents = None
            return
        found = re.fullmatch(r"([0-9]{1,13})(?:\.([0-9]{1,2}))?", text, re.ASCII)
        if found is None:
            raise ValueError("Enter an amount in dollars, such as 2,500.")
        self.cents = min(int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")), LARGEST_CENTS)


class MembersForm(Form):
    """Who may join, and how members decide."""

    who_may_join = _choose("Who may join?", words.WHO_MAY_JOIN)
    admission = _choose("Who says yes to a new member?", words.ADMISSION)
    weights = _choose("How many votes has a district?", words.WEIGHTS)
    quorum_percent = Whole(
        "How many must take part?",
        description="In percent of all votes. With fewer, a decision fails.",
    )
    majority = _choose("When does a decision pass?", words.MAJORITY)
    change_majority = _choose("When does a major change of by-laws pass?", words.MAJORITY)
    proxies = BooleanField("A district may give its vote on one decision to another member")
    conflict = _choose("A district has a conflict of interest", words.CONFLICT)


class MoneyForm(Form):
    """How costs are split, who may get out, and what running the consortium costs."""

    cost_method = RadioField(
        "How are costs split?",
        choices={method.value: words.COST_METHOD[method] for method in OFFERED_METHODS},
        validators=[CHOOSE],
    )
    equal_percent = Percent(
        "Equal part in percent",
        [Length(max=10, message="Use 10 letters at most.")],
        description="Only for “part equal, part by size”. Such as 30.",
    )
    rest = SelectField(
        "The rest goes",
        choices={"": "Does not apply"} | {rest.value: text for rest, text in REST_WORDS.items()},
        description="Only for “part equal, part by size”.",
    )
    survey_before_intent = BooleanField(
        "A district closes its staff survey before it says that it plans to buy"
    )
    drop_free_days = Whole(
        "How long may seats be given back freely?",
        description="In days after a pool’s deadline. 0: until the deadline.",
    )
    drop_rule = _choose("And after that?", words.DROP_RULE)
    late_join = _choose("Who comes after the deadline", words.LATE_JOIN)
    true_up = _choose("When use is known", words.TRUE_UP)
    fee_percent = Percent(
        "Fee for running the consortium, in percent",
        [Length(max=10, message="Use 10 letters at most.")],
        description=f"Of what a vendor is paid. 0 to {MOST_FEE_BPS // 100}.",
    )
    fee_cap = Dollars(
        "The fee is at most",
        [Length(max=30, message="Use 30 letters at most.")],
        description="For each pool. Empty: no top amount.",
    )
    fee_payer = _choose("Who pays the fee?", words.FEE_PAYER)


class EndForm(Form):
    """What the public sees, how one leaves, and how it all ends."""

    books = _choose("What does the public see of the books?", words.BOOKS)
    names = _choose("Who sees the names of districts?", words.NAMES)
    notice_days = Whole("Notice to leave, in days", description="0 to 365. Many have 60 or 90.")
    leave_at = _choose("When is a district out?", words.LEAVE_AT)
    term_years = Whole(
        "How many years does the consortium run?", description="0: it has no set end."
    )
    dissolution = _choose("Who can dissolve it?", words.DISSOLUTION)
    leftover = _choose("And what is left over or missing then?", words.LEFTOVER)
    text = TextAreaField(
        "In your own words",
        [Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} letters at most.")],
        description="What the choices do not say. It is printed below them.",
    )


class ByLawsForm(MembersForm, MoneyForm, EndForm):
    """All parts at once, and the draft that the writer has read."""

    seen = HiddenField()

    @property
    def seen_revision(self) -> int:
        text = str(self.seen.data or "")
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) else 0


#: Fields that are typed in other units than they are kept in.
TYPED = {"equal_bps": "equal_percent", "fee_bps": "fee_percent", "fee_cap_cents": "fee_cap"}


def typed(choices: Choices) -> dict[str, Any]:
    """What the fields of a form begin with."""
    said = choices_as_json(choices)
    cap = choices.fee_cap_cents
    return {name: value for name, value in said.items() if name not in TYPED} | {
        "rest": said["rest"] or "",
        "equal_percent": "" if choices.equal_bps is None else percent(choices.equal_bps)[:-1],
        "fee_percent": percent(choices.fee_bps)[:-1],
        "fee_cap": "" if cap is None else f"{cap // 100}.{cap % 100:02}",
    }


def chosen(form: Form, before: Choices) -> Choices:
    """The choices after a valid form; what it does not ask stays as it was."""
    said: dict[str, Any] = choices_as_json(before)
    for name in CHOICES:
        field = form._fields.get(TYPED.get(name, name))
        if field is not None:
            said[name] = _kept(name, field)
    return choices_from_json(said)


def _kept(name: str, field: Any) -> Any:
    if name == "fee_cap_cents":
        return field.cents
    if name in TYPED:
        return field.bps if name == "equal_bps" else field.bps or 0
    return field.data if name != "rest" else field.data or None
