"""Changes of the law behind the packs, dated: did the law move after a paper was signed? Pure.

The federal law and the law of a state; a change that concerns only some products names the fact
that decides. Like the packs these are our own words, not legal advice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.scorecards.law_rules import FEDERAL, Packs
from marketplace.scorecards.rubric_rules import Rubric

NOT_VERIFIED = "Not verified: ask counsel."


@dataclass(frozen=True)
class LawChange:
    on: date
    #: Two letters, or "US".
    state: str
    words: str
    cite: str
    is_verified: bool
    #: {fact: value} of the products it concerns; empty for all.
    when: Mapping[str, Any]

    @property
    def sentence(self) -> str:
        doubt = "" if self.is_verified else f" {NOT_VERIFIED}"
        return f"{self.words} ({self.cite}).{doubt}"


@dataclass(frozen=True)
class LawChanges:
    #: The day on which somebody last looked for changes.
    as_of: date
    changes: tuple[LawChange, ...]


def parse_changes(document: Mapping[str, Any], packs: Packs, rubric: Rubric) -> LawChanges:
    """Raises `RuleBroken` with one line for each fault."""
    if problems := list(_problems(document, packs, rubric)):
        raise RuleBroken("\n".join(problems))
    found = [
        LawChange(
            on=said["changed_on"],
            state=said["state"],
            words=said["words"],
            cite=said["cite"],
            is_verified=said["confidence"] == "sure",
            when=dict(said.get("when", {})),
        )
        for said in document["changes"]
    ]
    return LawChanges(document["as_of"], tuple(sorted(found, key=lambda c: (c.on, c.words))))


def _problems(document: Mapping[str, Any], packs: Packs, rubric: Rubric) -> Iterator[str]:
    for number, said in enumerate(document["changes"], 1):
        missing = {"changed_on", "state", "confidence", "cite", "words"} - said.keys()
        if missing:
            yield f"Change {number}: {', '.join(sorted(missing))} missing."
            continue
        if type(said["changed_on"]) is not date:
            yield f"Change {number}: “{said['changed_on']}” is not a date such as 2026-11-21."
        if said["state"] not in packs.by_state:
            yield f"Change {number}: the law of {said['state']} is not loaded."
        for fact, value in said.get("when", {}).items():
            if value not in rubric.fact_values.get(fact, ()):
                yield f"Change {number}: the fact “{fact}” is never “{value}”."


def changes_between(
    known: LawChanges, state: str, after: date, today: date, facts: Mapping[str, Any]
) -> list[LawChange]:
    """What changed after a day, up to today, for a state and a product. A fact that is not
    known excludes nothing."""
    return [
        change
        for change in known.changes
        if change.state in (FEDERAL, state)
        and after < change.on <= today
        and all(facts.get(fact, value) == value for fact, value in change.when.items())
    ]
