"""Grants and caps in a `split` document: lines after the split, in the order they are listed.

    "transfers": [
      {"kind": "earmarked", "source": "Title I", "member": "0100005", "cents": 50000},
      {"kind": "pooled", "source": "State", "cents": 900000, "members": ["0100005"]},
      {"kind": "cap", "source": "By-law 7", "caps": {"0100005": 250000}},
      {"kind": "cap", "source": "By-law 8", "per_pupil_cents": 1500}]

`members` of a pooled grant is optional: then every member with pupils may be helped.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.core.money import LARGEST_CENTS
from marketplace.pricing.members import Member
from marketplace.pricing.schedule import is_whole, short
from marketplace.pricing.transfers import (
    Grant,
    Transfer,
    TransferKind,
    after,
    capped,
    earmarked,
    pooled,
)

MOST_TRANSFERS = 20_000
LONGEST_SOURCE = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """One transfer as written and checked; what it comes to depends on the bills before it."""

    kind: TransferKind
    source: str
    cents: int = 0
    member: str | None = None
    eligible: frozenset[str] | None = None
    caps: Mapping[str, int] | None = None


def read_transfers(
    written: object, members: Sequence[Member], problems: list[str]
) -> tuple[Wish, ...]:
    if written is None:
        return ()
    if not isinstance(written, list) or len(written) > MOST_TRANSFERS:
        problems.append(f"transfers: must be a list of at most {MOST_TRANSFERS:,}.")
        return ()
    known = {member.id: member for member in members}
    wishes = []
    for number, row in enumerate(written, start=1):
        found: list[str] = []
        wish = _wish(row, known, found)
        problems += [f"transfers, number {number}: {problem}" for problem in found]
        if wish and not found:
            wishes.append(wish)
    return tuple(wishes)


def make_transfers(
    bills: Mapping[Any, int], members: Sequence[Member], wishes: Sequence[Wish], seed: str
) -> list[Transfer]:
    """Each transfer on what is left to pay after the ones before it."""
    pupils = {member.id: member.pupils or 0 for member in members}
    net, made = dict(bills), []
    for wish in wishes:
        if wish.kind is TransferKind.EARMARKED:
            (transfer,) = earmarked(net, [Grant(wish.source, wish.member, wish.cents)])
        elif wish.kind is TransferKind.POOLED:
            transfer = pooled(net, pupils, wish.cents, wish.source, seed, wish.eligible)
        else:
            transfer = capped(net, wish.caps or {}, wish.source, seed)
        net = after(net, [transfer]) if len(transfer.lines) > 1 else _one_line(net, transfer)
        made.append(transfer)
    return made


def transfers_as_json(bills: Mapping[Any, int], made: Sequence[Transfer]) -> dict[str, Any]:
    """`transfers`, each with its lines (below zero: the bill falls), and `net` to pay."""
    return {
        "transfers": [
            {
                "kind": transfer.kind.value,
                "source": transfer.source,
                "lines": {str(member): cents for member, cents in transfer.lines.items()},
                "used_cents": transfer.used_cents,
                "left_cents": transfer.left_cents,
            }
            for transfer in made
        ],
        "net": {str(member): cents for member, cents in after(bills, made).items()},
    }


def _one_line(net: dict[Any, int], transfer: Transfer) -> dict[Any, int]:
    """In place, so that thousands of earmarked grants do not copy everybody's bill each."""
    for member, cents in transfer.lines.items():
        net[member] += cents
    return net


def _wish(row: object, known: Mapping[str, Member], problems: list[str]) -> Wish | None:
    kinds = [kind.value for kind in TransferKind]
    if not isinstance(row, Mapping) or row.get("kind") not in kinds:
        problems.append(f'must be an object whose "kind" is one of {", ".join(kinds)}.')
        return None
    kind, source = TransferKind(row["kind"]), row.get("source", row["kind"])
    if not (isinstance(source, str) and source.isprintable() and len(source) <= LONGEST_SOURCE):
        problems.append(f'"source" must be text of at most {LONGEST_SOURCE} letters.')
        return None
    if kind is TransferKind.CAP:
        return Wish(kind, source, caps=_caps(row, known, problems))
    cents = row.get("cents")
    if not (isinstance(cents, int) and is_whole(cents) and 0 <= cents <= LARGEST_CENTS):
        problems.append(f'"cents" must be a whole number from 0 to 10^17, not {short(cents)}.')
        return None
    if kind is TransferKind.POOLED:
        eligible = row.get("members")
        if eligible is not None:
            eligible = frozenset(_known(eligible, known, problems))
        return Wish(kind, source, cents, eligible=eligible)
    named = _known([row.get("member")], known, problems)
    return Wish(kind, source, cents, member=next(iter(named), None))


def _known(listed: object, known: Collection[str], problems: list[str]) -> list[str]:
    if not isinstance(listed, list):
        problems.append('"members" must be a list of ids.')
        return []
    for name in listed:
        if not isinstance(name, str) or name not in known:
            problems.append(f"{short(name)} is not the id of a member.")
            return []
    return listed


def _caps(
    row: Mapping[str, Any], known: Mapping[str, Member], problems: list[str]
) -> dict[str, int]:
    caps, each = row.get("caps"), row.get("per_pupil_cents")
    if (caps is None) == (each is None):
        problems.append('a cap needs either "caps" (cents by id) or "per_pupil_cents".')
        return {}
    if each is not None:
        if not is_whole(each) or not 0 <= each <= LARGEST_CENTS:
            problems.append(f'"per_pupil_cents" must be a whole number, not {short(each)}.')
            return {}
        heads = {name: member.pupils for name, member in known.items()}
        return {name: each * count for name, count in heads.items() if is_whole(count)}
    if not isinstance(caps, Mapping):
        problems.append('"caps" must be an object of cents by id.')
        return {}
    _known(list(caps), known, problems)
    for name, cents in caps.items():
        if not is_whole(cents) or not 0 <= cents <= LARGEST_CENTS:
            problems.append(f"the cap of {short(name)} must be cents from 0, not {short(cents)}.")
            return {}
    return dict(caps)
