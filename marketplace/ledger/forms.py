"""What a reader may ask of the open ledger, and what is typed by those who keep the books."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from wtforms import (
    DateField,
    FieldList,
    FormField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import Form as Part
from wtforms.validators import InputRequired, Length, Optional, Regexp

from marketplace.core.errors import RuleBroken
from marketplace.core.web import Form, day
from marketplace.ledger import correction_rules, exports, hand_rules, rules
from marketplace.ledger.hand_rules import Act
from marketplace.ledger.queries import Books, Search
from marketplace.ledger.rules import Leg, PostingKind

DOLLARS = r"^\s*\$?\d{1,3}(,?\d{3}){0,4}(\.\d\d)?\s*$"
WRONG_AMOUNT = "Write the amount as 1,234.56."
WRONG_DATE = "Write the date as 2027-01-15."


class SearchForm(Form):
    """Sent as a plain GET, so that a search has an address that can be shared."""

    class Meta:
        csrf = False

    consortium = SelectField("Consortium", default="")
    kind = SelectField("What happened", default="")
    district = StringField("District, name or number", [Length(max=100)])
    vendor = StringField("Vendor", [Length(max=100)])
    ref = StringField("Pool, order or invoice", [Length(max=200)])
    account = StringField("Account code", [Length(max=100)])
    since = DateField("From", [Optional()])
    until = DateField("To", [Optional()])
    least = StringField("Amount from", [Optional(), Regexp(DOLLARS, message=WRONG_AMOUNT)])
    most = StringField("Amount to", [Optional(), Regexp(DOLLARS, message=WRONG_AMOUNT)])
    #: One amount to the cent; older links ask for it so.
    amount = StringField("Amount", [Optional(), Regexp(DOLLARS, message=WRONG_AMOUNT)])

    def offer(self, books: list[Books]) -> None:
        self.consortium.choices = [("", "All"), *((b.slug, b.name) for b in books)]
        self.kind.choices = [
            ("", "Anything"),
            *((k.value, rules.short_words(k)) for k in PostingKind),
        ]

    def search(self, books: list[Books]) -> Search:
        by_slug: dict[str, UUID] = {b.slug: b.consortium_id for b in books}
        return Search(
            consortium_id=by_slug.get(self.consortium.data or ""),
            kind=PostingKind(self.kind.data) if self.kind.data else None,
            ref=_typed(self.ref),
            account=_typed(self.account),
            district=_typed(self.district),
            vendor=_typed(self.vendor),
            since=self.since.data,
            until=self.until.data,
            at_least=_cents(self.least.data or self.amount.data),
            at_most=_cents(self.most.data or self.amount.data),
        )

    def without_one(self, search: Search) -> Iterator[tuple[str, tuple[str, ...], Search]]:
        """What is asked, less one filter at a time: its label, its fields, and the rest."""
        for names, facts in FILTERS:
            if any(getattr(search, fact) is not None for fact in facts):
                asked = [self[name].label.text for name in names if self[name].data]
                rest = replace(search, **dict.fromkeys(facts))
                yield (asked or [self[names[0]].label.text])[0], names, rest

    @property
    def problems(self) -> list[str]:
        """One line for each field that cannot be understood."""
        return [f"{self[name].label.text}: {self._why(name)}" for name in self.errors]

    def _why(self, name: str) -> str:
        return WRONG_DATE if name in ("since", "until") else " ".join(self[name].errors)


#: The fields of a filter, and what they become in a search.
FILTERS = (
    (("consortium",), ("consortium_id",)),
    (("kind",), ("kind",)),
    (("district",), ("district",)),
    (("vendor",), ("vendor",)),
    (("ref",), ("ref",)),
    (("account",), ("account",)),
    (("since",), ("since",)),
    (("until",), ("until",)),
    (("least", "most", "amount"), ("at_least", "at_most")),
)


class PrepareExportForm(Form):
    """Nothing to fill in: the button alone."""


def _typed(field: StringField) -> str | None:
    return (field.data or "").strip() or None


def _cents(typed: str | None) -> int | None:
    plain = (typed or "").strip().lstrip("$").replace(",", "")
    return int(Decimal(plain) * 100) if plain else None


# -- those who keep the books ------------------------------------------------------------------


class PressForm(Form):
    """A button with nothing to type."""


class ClosePeriodForm(Form):
    through_on = SelectField("Close the books through", coerce=date.fromisoformat)

    def offer(self, ends: list[date]) -> None:
        self.through_on.choices = [(end.isoformat(), day(end)) for end in ends]


class LinePart(Part):
    account = StringField("Account", [Length(max=100)])
    debit = StringField("Debit", [Optional(), Regexp(DOLLARS, message=WRONG_AMOUNT)])
    credit = StringField("Credit", [Optional(), Regexp(DOLLARS, message=WRONG_AMOUNT)])


class ProposeCorrectionForm(Form):
    lines = FieldList(FormField(LinePart), max_entries=correction_rules.MOST_LINES)
    reason = TextAreaField(
        "What is wrong, and how you know",
        [InputRequired("Say what is wrong and how you know."), Length(max=600)],
    )

    def facts(self) -> dict[str, Any]:
        legs = [leg for part in self.lines if (leg := _leg(part.form)) is not None]
        return {"legs": legs, "reason": self.reason.data}


def lines_of(legs: tuple[Leg, ...], spare: int = 2) -> list[dict[str, str]]:
    """The lines of an entry as the form shows them, and empty ones for what was left out."""
    shown = [
        {
            "account": leg.account,
            "debit": exports.amount(leg.cents) if leg.cents > 0 else "",
            "credit": exports.amount(-leg.cents) if leg.cents < 0 else "",
        }
        for leg in legs
    ]
    return shown + [{"account": "", "debit": "", "credit": ""}] * spare


def _leg(part: Any) -> Leg | None:
    code = (part.account.data or "").strip()
    debit, credit = _cents(part.debit.data), _cents(part.credit.data)
    if not code and not debit and not credit:
        return None
    if not code or bool(debit) == bool(credit):
        raise RuleBroken("Each line needs an account and one amount: debit or credit.", "lines")
    return Leg(code, debit or -(credit or 0))


class EntryForm(Form):
    """What happened, to whom and how much; each act keeps the fields it asks for."""

    district = SelectField("District", [InputRequired("Choose a district.")])
    vendor = SelectField("Vendor", [InputRequired("Choose a vendor.")])
    grant = SelectField("Grant", [InputRequired("Choose a grant.")])
    name = StringField(
        "Short name",
        [
            InputRequired("Give it a short name."),
            Length(max=60),
            Regexp(rules.NAME + "$", message="Use small letters, digits and hyphens only."),
        ],
        description="Small letters, digits and hyphens, such as “rural-reach”.",
    )
    amount = StringField(
        "Amount",
        [InputRequired("Enter the amount."), Regexp(DOLLARS, message=WRONG_AMOUNT)],
    )
    effective_on = DateField("Day it counts from", [InputRequired("Enter the day, as 2027-01-15.")])
    about = SelectField("What it is about", default="")
    reason = TextAreaField(
        "Why, and what paper shows it",
        [InputRequired("Say in a sentence why, and what paper shows it."), Length(max=600)],
    )

    def offer(self, act: Act, whom: dict[str, list[tuple[str, str]]], pools: list[str]) -> None:
        """Only what this act asks for, with those the books know to choose from."""
        recipe = hand_rules.RECIPES[act]
        uses_grant = recipe.kind is PostingKind.GRANT_APPLIED
        asked = {
            "district": recipe.asks("district"),
            "vendor": recipe.asks("vendor"),
            "grant": uses_grant,
            "name": recipe.asks("name") and not uses_grant,
        }
        for name, is_asked in asked.items():
            if not is_asked:
                del self[name]
            elif name != "name":
                self[name].choices = [("", "Choose"), *whom[name]]
        self.about.choices = [
            ("", "No single pool"),
            *((ref, rules.ref_words(ref)) for ref in pools),
        ]

    def facts(self) -> dict[str, Any]:
        who = {key: self[key].data for key in ("district", "vendor", "name") if key in self}
        if "grant" in self:
            who["name"] = self.grant.data
        return {
            **who,
            "cents": _cents(self.amount.data),
            "effective_on": self.effective_on.data,
            "about": self.about.data or "",
            "reason": self.reason.data,
        }
