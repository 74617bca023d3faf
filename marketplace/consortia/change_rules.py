"""What a change of by-laws means: which choices differ, and is it major or minor, and why."""

from dataclasses import dataclass

from marketplace.consortia.by_laws_rules import Choices, FeePayer
from marketplace.consortia.by_laws_words import clauses

#: Choices that bind no member to anything new, so a change of them is minor.
ALWAYS_MINOR = {"who_may_join": "It binds no member to anything new."}
#: Why a change of the others is major. What is not listed stands under `BINDS`.
MONEY = "It changes who pays, or how much."
VOTES = "It changes how votes count."
SIGHT = "It changes who can see what about members."
BINDS = "It changes what a member has agreed to."
WHY: dict[str, str] = {
    **dict.fromkeys(
        (
            *("cost_method", "equal_bps", "rest", "drop_rule", "drop_free_days", "late_join"),
            *("true_up", "fee_bps", "fee_cap_cents", "fee_payer", "leftover"),
        ),
        MONEY,
    ),
    **dict.fromkeys(
        (
            *("admission", "quorum_percent", "weights", "majority", "change_majority"),
            *("proxies", "conflict", "dissolution"),
        ),
        VOTES,
    ),
    **dict.fromkeys(("books", "names"), SIGHT),
}
#: In which clause of the words a choice stands.
CLAUSE_OF: dict[str, int] = {
    **dict.fromkeys(("who_may_join", "admission"), 0),
    **dict.fromkeys(
        ("quorum_percent", "weights", "majority", "change_majority", "proxies"),
        1,
    ),
    "conflict": 2,
    "survey_before_intent": 3,
    **dict.fromkeys(("cost_method", "equal_bps", "rest"), 4),
    **dict.fromkeys(("drop_rule", "drop_free_days"), 5),
    "late_join": 6,
    "true_up": 7,
    **dict.fromkeys(("fee_bps", "fee_cap_cents", "fee_payer"), 8),
    **dict.fromkeys(("books", "names"), 9),
    **dict.fromkeys(("notice_days", "leave_at"), 10),
    **dict.fromkeys(("term_years", "dissolution", "leftover"), 11),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One clause that reads differently, and what that means for the members."""

    title: str
    before: str
    after: str
    is_major: bool
    why: str


@dataclass(frozen=True, slots=True)
class Change:
    """All that differs between two versions; major as soon as one difference is."""

    differences: tuple[Difference, ...]

    @property
    def is_major(self) -> bool:
        return any(difference.is_major for difference in self.differences)

    @property
    def why(self) -> str:
        """The reasons of what is major; of a minor change, why it is one."""
        major = [each for each in self.differences if each.is_major]
        told = major or self.differences
        return " ".join(f"{each.title}: {each.why}" for each in told)


def change_between(
    before: Choices, after: Choices, text_before: str = "", text_after: str = ""
) -> Change:
    """A change is minor when it binds no member to anything it has not accepted: a lower fee, a
    shorter notice, no survey any more, or who may join. All else is major."""
    told: dict[int, list[tuple[bool, str]]] = {}
    for name, clause in CLAUSE_OF.items():
        if getattr(before, name) != getattr(after, name):
            told.setdefault(clause, []).append(_weighed(name, before, after))
    old, new = clauses(before), clauses(after)
    differences = [
        _difference(new[i].title, old[i].sentences, new[i].sentences, found)
        for i, found in sorted(told.items())
    ]
    if _plain(text_before) != _plain(text_after):
        why = "The site cannot weigh free words, so it takes them for a major change."
        differences.append(Difference("In our own words", text_before, text_after, True, why))
    return Change(tuple(differences))


def _difference(
    title: str, before: tuple[str, ...], after: tuple[str, ...], found: list[tuple[bool, str]]
) -> Difference:
    major = any(is_major for is_major, _ in found)
    whys = dict.fromkeys(why for is_major, why in found if is_major is major)
    return Difference(title, " ".join(before), " ".join(after), major, " ".join(whys))


def _weighed(name: str, before: Choices, after: Choices) -> tuple[bool, str]:
    """Is the change of one choice major, and why."""
    if name in ALWAYS_MINOR:
        return False, ALWAYS_MINOR[name]
    if name in ("fee_bps", "fee_cap_cents") and _cheaper(before, after):
        return False, "Nobody pays more."
    if name == "notice_days" and after.notice_days < before.notice_days:
        return False, "A member may leave sooner than it agreed to."
    if name == "survey_before_intent" and not after.survey_before_intent:
        return False, "It takes a duty away."
    return True, WHY.get(name, BINDS)


def _cheaper(before: Choices, after: Choices) -> bool:
    """The fee can only have become lower, for the same payer (or for the members, none)."""
    if before.fee_payer is not after.fee_payer and after.fee_payer is FeePayer.MEMBERS:
        return False
    no_cap = 10**18
    was, now = before.fee_cap_cents or no_cap, after.fee_cap_cents or no_cap
    return after.fee_bps <= before.fee_bps and (now <= was or not after.fee_bps)


def _plain(text: str) -> str:
    return " ".join(text.split())
