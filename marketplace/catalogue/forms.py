"""What vendors and the operator type about listings."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import (
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from marketplace.accounts.rules import check_email
from marketplace.catalogue import prices
from marketplace.catalogue.answers import plain
from marketplace.catalogue.rules import ScheduleForm
from marketplace.core.errors import RuleBroken
from marketplace.core.web import Form


def _text(label: str, longest: int, needed: str = "", *more: Any) -> Any:
    first: Any = InputRequired(needed) if needed else Optional()
    return StringField(label, [first, Length(max=longest), *more], filters=[plain])


def _long_text(label: str, longest: int, needed: str = "") -> Any:
    first: Any = InputRequired(needed) if needed else Optional()
    return TextAreaField(label, [first, Length(max=longest)], filters=[plain])


def _choices(words: Mapping[Any, str]) -> list[SelectChoice]:
    return [SelectChoice(str(value), label) for value, label in words.items()]


class StartListingForm(Form):
    name = _text("Name of the tool", 80, "Enter the name of the tool.")
    summary = _text("What it does, in one line", 160, "Say in one line what it does.")


class ListingForm(Form):
    """A form that knows which state of the listing its writer saw."""

    seen_edits: Any = HiddenField(filters=[lambda value: _whole(value)])

    def show_state(self, edits: int) -> None:
        """After a refusal, sending again means: I have seen what is there now."""
        self.seen_edits.raw_data = None
        self.seen_edits.data = edits


def _whole(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


class SaveEditionForm(ListingForm):
    name = _text("Name of the edition", 80, "Enter a name, such as Full license.")
    included = _long_text("What is included", 1000)


class PriceFields(ListingForm):
    """A schedule as it is typed; `terms()` reads it. The rows of bands are added below."""

    kind = RadioField("Kind of price", choices=_choices(prices.FORM_WORDS))
    total = _text("Flat price, in dollars", 30)
    platform_fee = _text("Platform fee, in dollars", 30)
    minimum = _text("Never less than, in dollars", 30)
    cap = _text("Never more than, in dollars", 30)
    combinable = BooleanField("A buyer may combine several licenses")
    term_months = IntegerField(
        "Length of a license, in months",
        [InputRequired("Enter a number of months."), NumberRange(1, 120, "Enter 1 to 120 months.")],
    )
    valid_until = DateField(
        "Price is good until", [InputRequired("Enter a date, such as 2027-06-30.")]
    )

    def typed_bands(self) -> list[tuple[str, str]]:
        return [
            (self[f"from_{row}"].data or "", self[f"price_{row}"].data or "")
            for row in range(1, prices.MOST_BANDS + 1)
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        if self.kind.errors:
            return False
        self.terms, problems = prices.read_terms(
            ScheduleForm(self.kind.data),
            self.typed_bands(),
            total=self.total.data or "",
            platform_fee=self.platform_fee.data or "",
            minimum=self.minimum.data or "",
            cap=self.cap.data or "",
            combinable=bool(self.combinable.data),
        )
        for name, problem in problems.items():
            self[name].errors = [*self[name].errors, problem]
        return fine and not problems

    def fill_from(self, terms: dict[str, Any]) -> None:
        """Show the price in force, to be changed."""
        self.kind.data = terms["form"]
        self.combinable.data = terms.get("combinable", False)
        for name in ("total", "platform_fee", "minimum", "cap"):
            if cents := terms.get(f"{name}_cents"):
                self[name].data = _typed(cents)
        for row, band in enumerate(terms.get("bands", [])[: prices.MOST_BANDS], start=1):
            self[f"from_{row}"].data = str(band["from"])
            self[f"price_{row}"].data = _typed(band["unit_cents"])


def _typed(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _band_fields(rows: Sequence[int]) -> dict[str, Any]:
    fields = {}
    for row in rows:
        fields[f"from_{row}"] = _text(f"Band {row}: from how many", 20)
        fields[f"price_{row}"] = _text(f"Band {row}: price in dollars", 30)
    return fields


OfferPriceForm = type(
    "OfferPriceForm", (PriceFields,), _band_fields(range(1, prices.MOST_BANDS + 1))
)


class DescribeVendorForm(Form):
    about = _long_text("About your company", 2000)
    website = _text(
        "Website",
        200,
        "",
        Regexp(
            r"https?://[^\s/?#]+\.[^\s]+$", message="Enter an address that starts with https://"
        ),
    )
    city = _text("City", 80)
    state = _text("State", 2, "", Regexp(r"[A-Za-z]{2}$", message="Enter two letters, such as OH."))
    billing_email = _text("Billing e-mail", 200, "Enter an e-mail address.")
    remit_to = _long_text(
        "Remit-to address", 400, "Enter the address that checks and payment notices go to."
    )

    def validate_billing_email(self, field: StringField) -> None:
        """What was good enough to sign up with is good enough here."""
        try:
            check_email(field.data or "")
        except RuleBroken as refusal:
            raise ValidationError(str(refusal)) from None


class SubmitListingForm(Form):
    pass


class TakeUpListingForm(Form):
    pass


class PublishListingForm(ListingForm):
    pass


class SendBackListingForm(Form):
    reason = _long_text("What has to change", 2000, "Write what has to change.")


class SuspendListingForm(Form):
    reason = _long_text("Why it is no longer listed", 1000, "Write the reason.")


def day_next_year(today: date) -> date:
    """A first proposal for how long a price is good: until the last day of next June."""
    return date(today.year + 1, 6, 30)
