"""The ways to split a cost that consortia vote on, each as whole-number weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.members import Member


class Method(StrEnum):
    PROPORTIONAL = "proportional"
    PER_PUPIL = "per_pupil"
    EQUAL = "equal"
    HYBRID = "hybrid"
    SHAPLEY = "shapley"
    EPM = "epm"


class Rest(StrEnum):
    """What the part of a hybrid split that is not shared equally goes by."""

    PER_PUPIL = "per_pupil"
    PER_SEAT = "per_seat"


@dataclass(frozen=True, slots=True)
class Terms:
    """A split method with everything it needs to be decided beforehand."""

    method: Method = Method.PROPORTIONAL
    seed: str = ""
    equal_share: Fraction | None = None
    rest: Rest = Rest.PER_PUPIL

    @property
    def needs_pupils(self) -> bool:
        hybrid = self.method is Method.HYBRID and self.rest is Rest.PER_PUPIL
        return hybrid or self.method is Method.PER_PUPIL


def terms_of(
    method: Method | str = Method.PROPORTIONAL,
    seed: str = "",
    equal_share: Fraction | Decimal | str | None = None,
    rest: Rest | str | None = None,
) -> Terms:
    """Read the words of a vote; refuses in one sentence what is unknown."""
    if method not in set(OFFERED):
        offered = ", ".join(OFFERED)
        raise RuleBroken(f"method: {str(method)[:40]!r} is unknown; choose {offered}.", "method")
    method = Method(method)
    if rest is not None and rest not in set(Rest):
        raise RuleBroken(f"rest: {str(rest)[:40]!r} is unknown; choose {', '.join(Rest)}.", "rest")
    part = None if method is not Method.HYBRID else _part(equal_share)
    return Terms(method, seed, part, Rest(rest or Rest.PER_PUPIL))


def _part(equal_share: Any) -> Fraction:
    """A decimal from 0 to 1 with at most nine digits, kept exact: "0.30" is three tenths."""
    if equal_share is None:
        raise RuleBroken('equal_share: a hybrid split needs it, such as "0.30".', "equal_share")
    if isinstance(equal_share, Fraction) and 0 <= equal_share <= 1:
        return equal_share
    try:
        written = Decimal(str(equal_share))
        # The size is looked at before the fraction is made: 1e-99999999 would never finish.
        if 0 <= written <= 1 and int(written.as_tuple().exponent) >= -9:
            return Fraction(written)
    except (InvalidOperation, ValueError):
        pass
    raise RuleBroken(
        f'equal_share: must be a decimal from 0 to 1 such as "0.30", '
        f"not {str(equal_share)[:40]!r}.",
        "equal_share",
    )


def _by_seats(members: Sequence[Member], terms: Terms) -> dict[Any, int]:
    return {member.id: member.seats for member in members}


def _by_pupils(members: Sequence[Member], terms: Terms) -> dict[Any, int]:
    if not any(member.pupils for member in members):
        raise RuleBroken("Nobody has any pupils, so the cost cannot be split by pupils.", "method")
    return {member.id: member.pupils or 0 for member in members}


def _equally(members: Sequence[Member], terms: Terms) -> dict[Any, int]:
    return {member.id: 1 for member in members}


def _partly_equally(members: Sequence[Member], terms: Terms) -> dict[Any, int]:
    """e/n + (1 - e) * w_i/W for everyone, times n * W * (denominator of e): whole numbers."""
    by = _by_pupils if terms.rest is Rest.PER_PUPIL else _by_seats
    weights = by(members, terms)
    whole = sum(weights.values())
    part = terms.equal_share or Fraction(0)
    equal = part.numerator * whole
    rest = (part.denominator - part.numerator) * len(members)
    return {member: equal + rest * weight for member, weight in weights.items()}


#: The methods that share by a weight which each member has of its own.
WEIGHTS: dict[Method, Callable[[Sequence[Member], Terms], dict[Any, int]]] = {
    Method.PROPORTIONAL: _by_seats,
    Method.PER_PUPIL: _by_pupils,
    Method.EQUAL: _equally,
    Method.HYBRID: _partly_equally,
}

#: Under these a member's weight is the same whoever else is there.
OWN_WEIGHT = (Method.PROPORTIONAL, Method.PER_PUPIL, Method.EQUAL)

#: The methods that a consortium can choose.
OFFERED = tuple(Method)
