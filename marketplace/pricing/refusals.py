"""One refusal that carries every problem found, so nobody mends their input one line at a time."""

from collections.abc import Iterable

from marketplace.core.errors import RuleBroken


class PricingRefused(RuleBroken):
    """The input cannot be priced; `problems` has one sentence for each thing to mend."""

    def __init__(self, problems: Iterable[str], field: str | None = None) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems), field)


def refuse(problems: list[str]) -> None:
    """Raise when there is anything to say; otherwise stay quiet."""
    if problems:
        raise PricingRefused(problems)
