"""Two leads change one draft at once: what each said is put together, and nothing is lost."""

from typing import Any

from marketplace.core.errors import RuleBroken

#: The parts of a plan as the form calls them.
WORDS = {
    "tool_id": "Tool and price",
    "price_schedule_id": "Tool and price",
    "title": "Title",
    "purpose": "What it is for",
    "closes_at": "Deadline",
    "term_starts_on": "Term starts",
    "term_ends_on": "Term ends",
    "pay_by": "Pay by",
    "threshold_seats": "Fewest seats",
    "fill_up_days": "Seats can only be added",
}


class ChangedMeanwhile(RuleBroken):
    """Somebody else changed the same part; `version` is the draft as it is stored now."""

    def __init__(self, words: str, theirs: dict[str, Any], version: int) -> None:
        super().__init__(words)
        #: What they changed and this plan did not: to be shown in the form.
        self.theirs = theirs
        self.version = version


def merged(
    seen: dict[str, Any], stored: dict[str, Any], typed: dict[str, Any], who: str, version: int
) -> set[str]:
    """The parts that only the other one changed, to be kept as stored.

    All three are plans as plain JSON values. Where both changed the same part differently,
    `ChangedMeanwhile` says who saved what, and nothing is saved.
    """
    theirs = {name for name in typed if stored.get(name) != seen.get(name)}
    mine = {name for name in typed if typed[name] != seen.get(name)}
    both = {name for name in theirs & mine if typed[name] != stored.get(name)}
    if both:
        parts = dict.fromkeys(
            f"{WORDS[name]} is now “{_shown(stored.get(name))}”"
            for name in WORDS
            if name in both and not name.endswith("_id")
        )
        said = "; ".join(parts) or "the tool or its price is another one now"
        raise ChangedMeanwhile(
            f"{who} saved this draft while you were typing: {said}. What you typed is still "
            "here. Save again to put yours in its place.",
            {name: stored.get(name) for name in theirs - both},
            version,
        )
    return theirs - mine


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)
