"""Equity after the split: grants and caps as explicit lines, each conserving its total.

The split says what each district's part of the price is. A transfer never changes that; it
adds lines that anybody can read beside it. Money is whole cents; a line below zero lowers a
district's bill, one above zero raises it.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars
from marketplace.pricing.rounding import largest_remainder


class TransferKind(StrEnum):
    EARMARKED = "earmarked"
    POOLED = "pooled"
    CAP = "cap"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One source's lines. `used_cents` plus `left_cents` is what it offered, and the lines
    add up to minus what was used: nothing is lost or made up. A cap offers and uses nothing:
    what it takes off some bills it puts on others."""

    kind: TransferKind
    source: str
    lines: dict[Any, int]
    used_cents: int
    left_cents: int


@dataclass(frozen=True, slots=True)
class Grant:
    """Money of one source, in cents, for one member."""

    source: str
    member: Hashable
    cents: int


def after(bills: Mapping[Any, int], transfers: Iterable[Transfer]) -> dict[Any, int]:
    """What each member still pays once the lines are taken into account."""
    net = dict(bills)
    for transfer in transfers:
        for member, cents in transfer.lines.items():
            net[member] += cents
    return net


def earmarked(bills: Mapping[Any, int], grants: Sequence[Grant]) -> list[Transfer]:
    """Each grant pays its own member's bill, up to what is left of it; the rest stays with its
    source and never reaches anybody else. Grants for one member are used in the order given.

    Source: the discount of a consortium's member is that member's (E-Rate practice, read by
    the regulator as each member's own share and never an average).
    """
    remaining, made = dict(bills), []
    for grant in grants:
        _check_offer(grant.cents, grant.source)
        if grant.member not in remaining:
            raise RuleBroken(f"{grant.source}: {grant.member} is not one of the members.")
        used = min(grant.cents, max(0, remaining[grant.member]))
        remaining[grant.member] -= used
        lines = {grant.member: -used} if used else {}
        made.append(Transfer(TransferKind.EARMARKED, grant.source, lines, used, grant.cents - used))
    return made


def pooled(
    net: Mapping[Any, int],
    pupils: Mapping[Any, int],
    cents: int,
    source: str,
    seed: str = "",
    eligible: Collection[Any] | None = None,
) -> Transfer:
    """A pooled grant by water-filling: it lowers the highest price per pupil first, until the
    helped districts pay one same price per pupil, L, and the money is used up.

    g_i = max(0, net_i - L * pupils_i), where L >= 0 makes the g_i add up to the grant. This
    makes the largest net price per pupil as small as the money can. Exact: L is a fraction of
    whole numbers, and only the last step rounds, by largest remainder. Who has no pupils (or
    is not eligible) gets nothing; nobody gets more than they owe. O(n log n).
    """
    _check_offer(cents, source)
    owing = [
        member
        for member, owed in net.items()
        if owed > 0 and pupils.get(member, 0) > 0 and (eligible is None or member in eligible)
    ]
    used = min(cents, sum(net[member] for member in owing))
    if not used:
        return Transfer(TransferKind.POOLED, source, {}, 0, cents)
    owed = heads = 0
    helped = []
    for member in reversed(_by_price(owing, net, pupils)):
        # Level L = (owed - used) / heads; stop at the first district that is already below it.
        if heads and net[member] * heads <= (owed - used) * pupils[member]:
            break
        owed, heads = owed + net[member], heads + pupils[member]
        helped.append(member)
    # Times `heads`, every part is whole, and together they are exactly `used * heads`.
    parts = {m: net[m] * heads - (owed - used) * pupils[m] for m in helped}
    given = largest_remainder(used, parts, seed, caps={m: net[m] for m in helped})
    lines = {member: -part for member, part in given.items() if part}
    return Transfer(TransferKind.POOLED, source, lines, used, cents - used)


def capped(
    net: Mapping[Any, int], caps: Mapping[Any, int], source: str = "cap", seed: str = ""
) -> Transfer:
    """Nobody above their cap: the others pay the difference in proportion to their bills, as
    far as their own caps allow. Lines add up to zero.

    x_i = min(cap_i, m * net_i) for the one m >= 1 that keeps the total; a member without a
    cap has none. Where the caps together are below the total, it is refused: then a grant
    has to pay first. O(n log n), exact.
    """
    over = {member: net[member] - cap for member, cap in caps.items() if member in net}
    if any(cap < 0 for cap in caps.values()) or any(owed < 0 for owed in net.values()):
        raise RuleBroken("A cap and a bill must not be below zero.")
    if all(excess <= 0 for excess in over.values()):
        return Transfer(TransferKind.CAP, source, {}, 0, 0)
    held, free, left = _held_at_their_caps(net, caps)
    if left and not free:
        raise RuleBroken(
            f"The caps leave {dollars(left)} that nobody may pay; raise a cap or add a grant."
        )
    room = {member: caps[member] for member in free if member in caps}
    parts = largest_remainder(left, {member: net[member] for member in free}, seed, room)
    pays = parts | {member: caps[member] for member in held}
    lines = {m: pays[m] - owed for m, owed in net.items() if owed and pays[m] != owed}
    return Transfer(TransferKind.CAP, source, lines, 0, 0)


def _held_at_their_caps(
    net: Mapping[Any, int], caps: Mapping[Any, int]
) -> tuple[list[Any], list[Any], int]:
    """Who pays just their cap, who pays m times their bill, and the cents these share.

    Members reach their cap in the order of cap over bill, so one pass finds m.
    """
    paying = [member for member in net if net[member]]
    limited = _by_price((member for member in paying if member in caps), caps, net)
    left, weight = sum(net.values()), sum(net.values())
    held = []
    for member in limited:
        if caps[member] * weight > left * net[member]:
            break
        held.append(member)
        left, weight = left - caps[member], weight - net[member]
    kept = set(held)
    free = [member for member in paying if member not in kept]
    return held, free, left


def _check_offer(cents: int, source: str) -> None:
    if cents < 0:
        raise RuleBroken(f"{source}: a grant must not be below zero.")


def _by_price(
    members: Iterable[Any], cents: Mapping[Any, int], units: Mapping[Any, int]
) -> list[Any]:
    """From the lowest cents per unit up, exactly; ties by id.

    Two different fractions with denominators below 2^b differ by more than 2^-2b, so cutting
    after 2b + 1 bits keeps their order without rational arithmetic.
    """
    chosen = list(members)
    bits = 2 * max((units[m] for m in chosen), default=1).bit_length() + 1
    return sorted(chosen, key=lambda m: ((cents[m] << bits) // units[m], str(m)))
