"""Sharing a whole number so that the parts always sum, and a tie never depends on row order."""

from collections.abc import Mapping
from hashlib import sha256
from typing import TypeVar

from marketplace.core.errors import RuleBroken

Id = TypeVar("Id")


def largest_remainder(
    total: int,
    weights: Mapping[Id, int],
    seed: str = "",
    caps: Mapping[Id, int] | None = None,
) -> dict[Id, int]:
    """Share `total` by `weights`: every part is within one of its exact share, and all sum.

    What does not divide goes to the largest remainders; among equals, to the smallest
    SHA-256 of `seed|id`, so that over the years nobody is always the one who pays the extra
    cent. A member whose part would pass its cap by rounding up is passed over. A negative
    total is shared as its positive twin, so a refund mirrors its charge exactly.
    """
    if any(weight < 0 for weight in weights.values()):
        raise RuleBroken("A weight must not be negative.")
    if total < 0:
        mirrored = largest_remainder(-total, weights, seed, caps)
        return {member: -part for member, part in mirrored.items()}
    whole = sum(weights.values())
    if whole == 0:
        if total == 0:
            return dict.fromkeys(weights, 0)
        raise RuleBroken("There is nothing to share by: every weight is zero.")

    parts, remainders = {}, {}
    for member, weight in weights.items():
        parts[member], remainders[member] = divmod(total * weight, whole)
    for member in _rounded_up(total - sum(parts.values()), parts, remainders, seed, caps):
        parts[member] += 1
    return parts


def _rounded_up(
    missing: int,
    parts: Mapping[Id, int],
    remainders: Mapping[Id, int],
    seed: str,
    caps: Mapping[Id, int] | None,
) -> list[Id]:
    if missing == 0:
        return []
    may = [
        member
        for member, remainder in remainders.items()
        if remainder and (caps is None or parts[member] < caps.get(member, parts[member] + 1))
    ]
    if len(may) < missing:
        raise RuleBroken("The caps leave cents that nobody may pay.")
    # Only the members tied at the cut need their hash, which is most of the cost.
    cut = sorted((remainders[member] for member in may), reverse=True)[missing - 1]
    above = [member for member in may if remainders[member] > cut]
    tied = [member for member in may if remainders[member] == cut]
    if len(above) + len(tied) > missing:
        tied.sort(key=lambda member: sha256(f"{seed}|{member}".encode()).digest())
    return above + tied[: missing - len(above)]
