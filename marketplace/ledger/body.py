"""The canonical text of an entry, and the chain of hashes that seals it.

The text is hashed and stored as the same bytes; nobody writes it a second time from the
columns. The order of the keys is fixed: v c k t d by kind ref [reverses] e.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from marketplace.ledger.rules import Leg, PostingKind

FIRST_PREV = "0" * 64
KEYS = ("v", "c", "k", "t", "d", "by", "kind", "ref", "e")
_AS_STORED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
KEYS_OF_A_REVERSAL = (*KEYS[:-1], "reverses", "e")


class Head(NamedTuple):
    """Where the books end: the number and the hash of the last entry."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Body:
    """What one entry says: ids and codes only, never the name of a person."""

    consortium: str
    key: str
    recorded_at: datetime  # aware UTC, whole seconds
    effective_on: date
    by: str  # the id of the person, or "system"
    kind: PostingKind
    ref: str
    legs: tuple[Leg, ...]
    reverses: int | None = None

    def canonical(self) -> str:
        said: dict[str, Any] = {
            "v": 1,
            "c": self.consortium,
            "k": self.key,
            "t": self.recorded_at.isoformat(timespec="seconds").removesuffix("+00:00") + "Z",
            "d": self.effective_on.isoformat(),
            "by": self.by,
            "kind": self.kind.value,
            "ref": self.ref,
        }
        if self.reverses is not None:
            said["reverses"] = self.reverses
        said["e"] = [[account, cents, "USD"] for account, cents in self.legs]
        return _AS_STORED(said)

    def says_the_same_as(self, other: "Body") -> bool:
        """Equal but for who posted it and when: a repeat, not another entry."""
        return self._content() == other._content()

    def _content(self) -> tuple[Any, ...]:
        return (
            self.consortium,
            self.key,
            self.effective_on,
            self.kind,
            self.ref,
            self.reverses,
            self.legs,
        )


def read(text: str) -> Body:
    """The entry that a stored text says; ValueError when it is not canonical."""
    try:
        said = json.loads(text)
        body = Body(
            consortium=said["c"],
            key=said["k"],
            recorded_at=datetime.fromisoformat(said["t"]),
            effective_on=date.fromisoformat(said["d"]),
            by=said["by"],
            kind=PostingKind(said["kind"]),
            ref=said["ref"],
            legs=tuple(Leg(account, cents) for account, cents, _currency in said["e"]),
            reverses=said.get("reverses"),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise ValueError(f"not an entry: {problem}") from None
    numbers = [cents for _account, cents in body.legs]
    if body.reverses is not None:
        numbers.append(body.reverses)
    if body.canonical() != text or any(type(number) is not int for number in numbers):
        raise ValueError("not in the canonical form")
    return body


def leaf_of(text: str) -> str:
    return sha256(b"\0" + text.encode()).hexdigest()


def chained(prev: str, leaf: str) -> str:
    return sha256(bytes.fromhex(prev) + bytes.fromhex(leaf)).hexdigest()


def chain(bodies: Sequence[str], prev: str = FIRST_PREV) -> list[str]:
    """The hashes of these texts, one after the other."""
    hashes: list[str] = []
    for text in bodies:
        prev = chained(prev, leaf_of(text))
        hashes.append(prev)
    return hashes
