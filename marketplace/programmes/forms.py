"""What people type about programmes, in dollars, percents and districts."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.core.fields import Dollars, dollars_text
from marketplace.core.web import Form
from marketplace.programmes.models import Programme, ProgrammeVersion
from marketplace.programmes.movement_rules import LONGEST_REASON, MovementKind
from marketplace.programmes.rules import LEFTOVER_WORDS, PLACES, Eligibility, Leftover
from marketplace.programmes.service import Terms
from marketplace.programmes.subsidy_rules import (
    SUBSIDY_WORDS,
    TURN_WORDS,
    Subsidy,
    SubsidyKind,
    Turn,
)


def _choices(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    return [SelectChoice(value=str(value), label=label) for value, label in pairs]


class Percent(StringField):
    """A percent as people write it ("22.5"), `.bps` as we keep it; empty is None."""

    bps: int | None = None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        text = (self.data or "").strip().removesuffix("%").strip()
        if not text:
            self.bps = None
            return
        found = re.fullmatch(r"(\d{1,4})(?:\.(\d{1,2}))?", text, re.ASCII)
        if found is None:
            raise ValueError("Enter a percent, such as 20 or 22.5.")
        self.bps = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


class Ticks(SelectMultipleField):
    """Boxes to tick; none is fine."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class _OnceForm(Form):
    """Carries a one-use key: the same form sent twice does one thing."""

    once_key = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.once_key.data = (self.once_key.data or "")[:64] or uuid4().hex


class ProgrammeForm(_OnceForm):
    title = StringField("Name of the programme", [InputRequired("Give it a name."), Length(max=80)])
    purpose = TextAreaField(
        "What it is for", [InputRequired("Say what it is for."), Length(max=2000)]
    )
    states = StringField(
        "States",
        [Length(max=400)],
        description="Postal codes, such as OH, KS. Leave it empty for all states.",
    )
    places = Ticks(
        "Kinds of place",
        choices=_choices((place, place.capitalize()) for place in PLACES.values()),
        description="NCES locale. Tick none for any place.",
    )
    pupils_from = IntegerField("Pupils from", [Optional()])
    pupils_to = IntegerField("Pupils up to", [Optional()])
    poverty = Percent(
        "Children in poverty, at least",
        description="Percent of children 5 to 17, Census SAIPE.",
    )
    small = BooleanField("Small districts only (fewer than 2,500 pupils)")
    rural = BooleanField("Rural districts only (NCES locale 41 to 43)")
    agency = SelectField("Education service agency", default="", validate_choice=True)
    for_everybody = BooleanField("Yes, this programme is for every district")
    kind = RadioField(
        "How much a district gets",
        [InputRequired("Choose how much a district gets.")],
        choices=_choices(SUBSIDY_WORDS.items()),
    )
    percent = Percent("Percent of the share")
    per_pupil = Dollars("Dollars for each pupil")
    floor = Dollars("At least, for a district")
    cap = Dollars("At most, for a district")
    turn = RadioField(
        "If the money does not reach for all",
        choices=_choices(TURN_WORDS.items()),
        default=Turn.PRO_RATA.value,
    )
    budget = Dollars("Budget", [InputRequired("Enter the budget.")])
    starts_on = DateField("First day", [InputRequired("Enter the first day, as 2027-07-01.")])
    ends_on = DateField("Last day", [InputRequired("Enter the last day, as 2028-06-30.")])
    leftover = RadioField(
        "What happens to money that is not spent",
        choices=_choices(LEFTOVER_WORDS.items()),
        default=Leftover.RETURN.value,
    )
    seen = HiddenField()
    why = TextAreaField("Why it changes", [Length(max=600)])

    def offer(self, agencies: list[tuple[str, str]]) -> None:
        self.agency.choices = _choices([("", "Any"), *agencies])

    def terms(self) -> Terms:
        assert self.starts_on.data is not None  # asked for by the form
        assert self.ends_on.data is not None
        return Terms(
            purpose=self.purpose.data or "",
            rule=self.rule(),
            subsidy=Subsidy(
                kind=SubsidyKind(self.kind.data),
                percent_bps=self.percent.bps if self.kind.data == "percent" else None,
                per_pupil_cents=self.per_pupil.cents if self.kind.data == "per_pupil" else None,
                floor_cents=self.floor.cents,
                cap_cents=self.cap.cents,
                turn=Turn(self.turn.data),
            ),
            budget_cents=self.budget.cents,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data,
            leftover=Leftover(self.leftover.data),
            for_everybody=bool(self.for_everybody.data),
            why=" ".join((self.why.data or "").split()) if "why" in self else "",
        )

    def rule(self) -> Eligibility:
        states = re.split(r"[\s,;]+", (self.states.data or "").upper().strip())
        return Eligibility(
            states=tuple(dict.fromkeys(code for code in states if code)),
            places=tuple(self.places.data or ()),
            pupils_from=self.pupils_from.data,
            pupils_to=self.pupils_to.data,
            poverty_from_bps=self.poverty.bps,
            small=bool(self.small.data),
            rural=bool(self.rural.data),
            agency=self.agency.data or "",
        )


def typed(programme: Programme, version: ProgrammeVersion) -> dict[str, Any]:
    """A version as its form shows it."""
    rule, subsidy = Eligibility.from_json(version.rule), Subsidy.from_json(version.subsidy)
    return {
        "title": programme.title,
        "purpose": version.purpose,
        "states": ", ".join(rule.states),
        "places": list(rule.places),
        "pupils_from": rule.pupils_from,
        "pupils_to": rule.pupils_to,
        "poverty": _percent_text(rule.poverty_from_bps),
        "small": rule.small,
        "rural": rule.rural,
        "agency": rule.agency,
        "kind": subsidy.kind.value,
        "percent": _percent_text(subsidy.percent_bps),
        "per_pupil": dollars_text(subsidy.per_pupil_cents),
        "floor": dollars_text(subsidy.floor_cents),
        "cap": dollars_text(subsidy.cap_cents),
        "turn": subsidy.turn.value,
        "budget": dollars_text(version.budget_cents),
        "starts_on": version.starts_on,
        "ends_on": version.ends_on,
        "leftover": version.leftover.value,
        "seen": str(version.number),
    }


def _percent_text(bps: int | None) -> str:
    return "" if bps is None else f"{bps / 100:g}"


class ReasonForm(_OnceForm):
    reason = TextAreaField(
        "Why, and what paper shows it",
        [
            InputRequired("Say in a sentence why, and what paper shows it."),
            Length(max=LONGEST_REASON),
        ],
    )


class MovementForm(ReasonForm):
    """Money in or back, or something about grants: each kind keeps the fields it asks for."""

    consortium = SelectField("Consortium", [InputRequired("Choose a consortium.")])
    amount = Dollars("Amount", [InputRequired("Enter the amount.")])
    awards = Ticks("Grants")
    effective_on = DateField("Day it counts from", [InputRequired("Enter the day, as 2027-01-15.")])

    def offer(
        self,
        kind: MovementKind,
        consortia: list[tuple[str, str]],
        grants: list[tuple[str, str]],
    ) -> None:
        if kind in (MovementKind.RECEIVED, MovementKind.RETURNED):
            del self["awards"]
            self.consortium.choices = _choices([("", "Choose"), *consortia])
        else:
            del self["consortium"], self["amount"]
            self.awards.choices = _choices(grants)
            if kind is MovementKind.CANCELLED:
                del self["effective_on"]

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = {"reason": self.reason.data, "once_key": self.once_key.data}
        if "consortium" in self:
            found["consortium_id"] = UUID(self.consortium.data)
            found["cents"] = self.amount.cents
        if "awards" in self:
            found["award_ids"] = tuple(UUID(each) for each in self.awards.data or ())
        if "effective_on" in self:
            found["effective_on"] = self.effective_on.data
        return found


class PressForm(Form):
    """A button with nothing to type."""
