"""The eight checks of a join: may another district take a standing offer? Each with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from marketplace.accounts.rules import STATES
from marketplace.agreements.rules import DATA_ELEMENTS, EXPIRING_DAYS, day_words
from marketplace.core.errors import RuleBroken


@dataclass(frozen=True)
class Offer:
    """What a district may join: the facts of one executed paper."""

    state: str
    effective_on: date
    ends_on: date
    offer_present: bool
    offer_until: date | None
    #: (tool, edition) ids as text; no edition means all editions of the tool.
    products: frozenset[tuple[str, str | None]]
    data_elements: frozenset[str]
    modifications: str = ""
    ai_addendum: bool = False
    withdrawn_on: date | None = None
    is_superseded: bool = False


@dataclass(frozen=True)
class Wish:
    """What a district means to use, and which data it means to send."""

    state: str
    tool: str
    edition: str | None
    data_elements: frozenset[str]
    uses_ai: bool
    until: date | None = None


@dataclass(frozen=True)
class Check:
    """One of the eight, with its reason in a sentence. `blocks`: a no ends the matter."""

    code: str
    question: str
    blocks: bool
    passed: bool
    reason: str

    @property
    def mark(self) -> tuple[str, str, str]:
        if self.passed:
            return ("good", "Yes", "ok")
        return ("bad", "No", "no") if self.blocks else ("warn", "Look first", "mid")


QUESTIONS: dict[str, tuple[str, bool]] = {
    "J1": ("Is there a standing offer, and is it still open?", True),
    "J2": ("Is it for your state?", True),
    "J3": ("Does it name this product and edition?", True),
    "J4": ("Does it cover all the data you will send?", True),
    "J5": ("Is the form unchanged?", False),
    "J6": ("Does it have AI terms, if the tool uses AI?", False),
    "J7": ("Is all as it was when it was signed?", False),
    "J8": ("Does it last long enough?", False),
}


def join_checks(
    offer: Offer,
    wish: Wish,
    changes: Sequence[str],
    today: date,
    *,
    law_as_of: date | None = None,
) -> tuple[Check, ...]:
    """The eight checks, J1 to J8, in order; the first four can stop a join, the rest warn.

    `changes` are sentences about what changed in the law, the service or the scorecard since
    the paper was signed; `law_as_of` is the day on which somebody last looked at the law.
    Source of the list: `agreement_model.join_checks` of the law packs, 2026.1.0. The checks help
    a district read the paper; they are not legal advice.
    """
    answers = {
        "J1": _offer_is_open(offer, today),
        "J2": _same_state(offer, wish),
        "J3": _names_the_product(offer, wish),
        "J4": _covers_the_data(offer, wish),
        "J5": _unchanged_form(offer),
        "J6": _has_ai_terms(offer, wish),
        "J7": (not changes, " ".join(changes) or _no_change(law_as_of)),
        "J8": _lasts(offer, wish, today),
    }
    return tuple(
        Check(code, question, blocks, *answers[code])
        for code, (question, blocks) in QUESTIONS.items()
    )


def may_join(checks: Sequence[Check]) -> bool:
    return not any(check.blocks and not check.passed for check in checks)


def check_may_join(checks: Sequence[Check]) -> None:
    stops = [check for check in checks if check.blocks and not check.passed]
    if stops:
        why = " ".join(check.reason for check in stops)
        raise RuleBroken(f"Your district cannot join this agreement. {why}")


def _offer_is_open(offer: Offer, today: date) -> tuple[bool, str]:
    if not offer.offer_present:
        return False, "This agreement holds no standing offer. Ask the vendor for your own."
    if offer.is_superseded:
        return False, "A newer agreement took its place. Join that one."
    if offer.withdrawn_on:
        return False, f"The offer was withdrawn on {day_words(offer.withdrawn_on)}."
    if offer.ends_on < today:
        return False, f"The agreement ended on {day_words(offer.ends_on)}."
    until = min(offer.ends_on, offer.offer_until or offer.ends_on)
    if until < today:
        return False, f"The offer ended on {day_words(until)}."
    return True, f"The offer is open until {day_words(until)}."


def _same_state(offer: Offer, wish: Wish) -> tuple[bool, str]:
    theirs = STATES[offer.state][0] if offer.state in STATES else offer.state
    if offer.state == wish.state:
        return True, f"It follows the law of {theirs}, and so do you."
    return False, f"It follows the law of {theirs}. Its state terms do not fit your state."


def _names_the_product(offer: Offer, wish: Wish) -> tuple[bool, str]:
    if (wish.tool, None) in offer.products:
        return True, "It names the tool with all its editions."
    if wish.edition and (wish.tool, wish.edition) in offer.products:
        return True, "It names the tool in this edition."
    if any(tool == wish.tool for tool, _ in offer.products):
        return False, "It names the tool, but not in this edition."
    return False, "It does not name this tool."


def _covers_the_data(offer: Offer, wish: Wish) -> tuple[bool, str]:
    beyond = [words for key, words in DATA_ELEMENTS.items() if key in wish.data_elements]
    covered = {words for key, words in DATA_ELEMENTS.items() if key in offer.data_elements}
    missing = [words for words in beyond if words not in covered]
    if not wish.data_elements:
        return False, "Tick the data you mean to send."
    if missing:
        return False, f"The data schedule leaves out: {', '.join(missing)}."
    return True, f"All {len(beyond)} kinds of data you ticked are in its data schedule."


def _unchanged_form(offer: Offer) -> tuple[bool, str]:
    if offer.modifications.strip():
        return False, (
            "The parties changed the form. Offers usually cover the unchanged form only. "
            f"Ask counsel about: {offer.modifications.strip()}"
        )
    return True, "No changes to the form are on file."


def _has_ai_terms(offer: Offer, wish: Wish) -> tuple[bool, str]:
    if not wish.uses_ai:
        return True, "The vendor says the tool uses no AI."
    if offer.ai_addendum:
        return True, "The tool uses AI, and AI terms are part of the agreement."
    return False, "The tool uses AI, but the agreement has no AI terms. Ask the vendor for them."


def _no_change(law_as_of: date | None) -> str:
    looked = f" The law was last looked at on {day_words(law_as_of)}." if law_as_of else ""
    return f"We know of no change since it was signed.{looked}"


def _lasts(offer: Offer, wish: Wish, today: date) -> tuple[bool, str]:
    left = (offer.ends_on - today).days
    if wish.until and wish.until > offer.ends_on:
        return False, (
            f"It ends on {day_words(offer.ends_on)}, before your use ends on "
            f"{day_words(wish.until)}. Ask your consortium to renew it."
        )
    if left < EXPIRING_DAYS:
        return False, f"Only {max(left, 0)} days are left. Ask your consortium to renew it."
    return True, f"It runs until {day_words(offer.ends_on)}."
