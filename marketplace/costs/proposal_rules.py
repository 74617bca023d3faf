"""What a proposal freezes: the inputs anybody can split again, their hash, and the result."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.costs.bill_rules import reckon
from marketplace.costs.csv_rules import document
from marketplace.costs.rules import Terms
from marketplace.pricing.rules import (
    MOST_SEATS_EACH,
    OFFERED_METHODS,
    Member,
    Method,
    Schedule,
    Split,
    split_as_json,
)

LONGEST_WORDS = 1_000


def check_group(members: Sequence[Member]) -> None:
    if not members:
        raise RuleBroken("Enter seats for at least one district.", "seats")


def check_seats(seats: Mapping[str, int], known: set[str]) -> None:
    """Seats of members only, and no absurd number of them."""
    if strangers := sorted(seats.keys() - known):
        raise RuleBroken(f"{strangers[0][:20]} is not a member of this consortium.", "seats")
    for leaid, wanted in seats.items():
        if not 0 <= wanted <= MOST_SEATS_EACH:
            raise RuleBroken(
                f"{leaid}: enter a whole number of seats from 0 to {MOST_SEATS_EACH:,}.", "seats"
            )


def todays_split(
    schedule: Schedule, members: Sequence[Member], method: str, seed: str
) -> Split | None:
    """What the method of today gives; None where its terms are not known or it cannot be used."""
    # How much of a hybrid is equal stands in no by-law yet, so there is nothing to compare.
    if method not in OFFERED_METHODS or method == Method.HYBRID:
        return None
    try:
        return reckon(schedule, members, Terms(Method(method)), seed)
    except RuleBroken:
        return None


def frozen_inputs(
    schedule: Schedule,
    members: Sequence[Member],
    facts: Mapping[str, Mapping[str, str]],
    terms: Terms,
    seed: str,
) -> dict[str, Any]:
    """The document for `marketplace split`, each member with its name and the pupils' year."""
    in_order = sorted(members, key=lambda member: str(member.id))
    written = document(schedule.to_json(), in_order, terms.for_split(), seed)
    return written | {"members": [row | facts[row["id"]] for row in written["members"]]}


def canonical(inputs: Mapping[str, Any]) -> str:
    """Sorted, compact JSON: the same inputs are the same text, wherever they were stored."""
    return json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text, which is also what the download holds."""
    return sha256(canonical(inputs).encode()).hexdigest()


def frozen_result(result: Split, today_method: str, today: Split | None) -> dict[str, Any]:
    shares = {str(member): cents for member, cents in today.shares.items()} if today else None
    return {"split": split_as_json(result), "today": {"method": today_method, "shares": shares}}
