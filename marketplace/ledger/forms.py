"""What a reader may ask of the open ledger."""

from decimal import Decimal
from uuid import UUID

from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional, Regexp

from marketplace.core.web import Form
from marketplace.ledger import rules
from marketplace.ledger.queries import Books, Search
from marketplace.ledger.rules import PostingKind

DOLLARS = r"^\s*\$?\d{1,3}(,?\d{3}){0,4}(\.\d\d)?\s*$"
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
    amount = StringField(
        "Amount", [Optional(), Regexp(DOLLARS, message="Write the amount as 1,234.56.")]
    )

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
            cents=_cents(self.amount.data),
        )

    @property
    def problems(self) -> list[str]:
        """One line for each field that cannot be understood."""
        return [f"{self[name].label.text}: {self._why(name)}" for name in self.errors]

    def _why(self, name: str) -> str:
        return WRONG_DATE if name in ("since", "until") else " ".join(self[name].errors)


class PrepareExportForm(Form):
    """Nothing to fill in: the button alone."""


def _typed(field: StringField) -> str | None:
    return (field.data or "").strip() or None


def _cents(typed: str | None) -> int | None:
    plain = (typed or "").strip().lstrip("$").replace(",", "")
    return int(Decimal(plain) * 100) if plain else None
