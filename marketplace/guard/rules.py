"""The purchase guard: what must be true of a tool's scorecard before anybody buys it.

Two sentences stand between a tool and money. Its card may not be E, not rated, expired or
stopped; and each district has read the card's gaps and accepted them in its own words.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from marketplace.core.errors import RuleBroken
from marketplace.scorecards.rules import Criterion, Result, Rubric

#: What a state of a question says to a buyer.
STATE_WORDS = {
    "declined": "The vendor would not answer.",
    "not_found": "The reviewers looked and found nothing.",
    "lapsed": "The proof has run out.",
    "not_looked_at": "Nobody has looked at it yet.",
}
ONLY_SAID = "Only the vendor says so. No paper proves it."
LONGEST_WORDS = 2_000


@dataclass(frozen=True)
class Gap:
    """Something a card leaves open or answers badly. `key` changes when the gap does."""

    key: str
    title: str
    words: str


def gaps_of(rubric: Rubric, options: dict[str, str | None], result: Result) -> tuple[Gap, ...]:
    """The gaps of a card on a day, in the order of the rubric.

    A gap is a question without an answer that counts (declined, not found, lapsed), an answer
    that earns nothing, or a question that can stop a tool and rests on the vendor's word alone.
    `options` are the options chosen, by question.
    """
    found = []
    for criterion in rubric:
        state = result.states.get(criterion.id)
        if state is None:  # not applicable to this tool
            continue
        if words := _gap_words(criterion, state, options.get(criterion.id), result):
            kind, sentence = words
            found.append(Gap(f"{criterion.id}:{kind}", criterion.title, sentence))
    return tuple(found)


def _gap_words(
    asked: Criterion, state: str, option: str | None, result: Result
) -> tuple[str, str] | None:
    if state != "answered":
        return state, STATE_WORDS.get(state, "It is not answered.")
    if option is None or option not in asked.options:
        return None
    if gate := asked.gate_of(option):
        return f"gate-{option}", f"{asked.options[option].label}. {gate.why}."
    if not asked.options[option].points:
        return f"none-{option}", f"{asked.options[option].label}."
    if asked.gates and result.levels.get(asked.id) == 1:
        return "said", ONLY_SAID
    return None


def not_yet_accepted(gaps: Iterable[Gap], accepted: Collection[str]) -> tuple[Gap, ...]:
    """The gaps a district has not accepted: a newer card with a new gap asks again."""
    return tuple(gap for gap in gaps if gap.key not in accepted)


# -- the guard -------------------------------------------------------------------------------


def why_not(tool: str, blocks_purchase: str, open_gaps: Sequence[Gap] = ()) -> str:
    """Why a tool may not be bought, in sentences; empty when it may.

    `blocks_purchase` is the sentence of the card's standing; `open_gaps` are those that the
    district has not accepted (none where no district is concerned yet).
    """
    if blocks_purchase:
        return f"{blocks_purchase} So no pool may start and no seat or order may be bound."
    if open_gaps:
        count = len(open_gaps)
        gaps = "one gap" if count == 1 else f"{count} gaps"
        return (
            f"The scorecard of {tool} has {gaps} that your district has not accepted yet. "
            "Read and accept the gaps first; a link stands on the page of the pool."
        )
    return ""


def check_may_buy(
    tool: str, blocks_purchase: str, open_gaps: Sequence[Gap] = (), field: str | None = None
) -> None:
    if why := why_not(tool, blocks_purchase, open_gaps):
        raise RuleBroken(why, field)


def check_acceptance(open_gaps: Collection[Gap], seen: Collection[str], words: str) -> None:
    """A person accepts the gaps that were on the page, each of them, and says why."""
    if not words.strip():
        raise RuleBroken("Say in your own words why your district accepts this.", "words")
    if len(words) > LONGEST_WORDS:
        raise RuleBroken("Use 2,000 letters at most.", "words")
    if {gap.key for gap in open_gaps} - set(seen):
        raise RuleBroken(
            "The scorecard has changed since you opened this page. Read the gaps again. What you "
            "wrote is still here."
        )
