"""Fields of forms that speak the domain: seats with commas, dollars kept as cents."""

import re

from wtforms import IntegerField, StringField

from marketplace.core.money import LARGEST_CENTS


class Seats(IntegerField):
    """A whole number, with or without commas between the thousands."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([value.replace(",", "").strip() for value in valuelist])


class Dollars(StringField):
    """Dollars as people write them, `.cents` as we keep them; empty is None."""

    cents: int | None = None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        text = (self.data or "").replace("$", "").replace(",", "").replace(" ", "")
        if not text:
            self.cents = None
            return
        found = re.fullmatch(r"(\d{1,13})(?:\.(\d{1,2}))?", text, re.ASCII)
        if found is None:
            raise ValueError("Enter an amount in dollars, such as 9,500 or 9,500.00.")
        self.cents = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
        if self.cents > LARGEST_CENTS:
            raise ValueError("This amount is too large.")


def dollars_text(cents: int | None) -> str:
    """Cents as the field shows them."""
    return "" if cents is None else f"{cents // 100:,}.{cents % 100:02}"
