"""The JSON documents of `marketplace split` and `marketplace clear`: read, checked, answered."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.clearing import Clearing, clear, threshold_problems
from marketplace.pricing.members import MOST_MEMBERS, Member, member_problems
from marketplace.pricing.methods import Method, Terms, terms_of
from marketplace.pricing.refusals import PricingRefused, refuse
from marketplace.pricing.schedule import Schedule, schedule_from_json, short
from marketplace.pricing.split import Split, split

LONGEST_ID = 200
LONGEST_SEED = 200


@dataclass(frozen=True, slots=True)
class Request:
    """A document that can be priced."""

    schedule: Schedule
    members: tuple[Member, ...]
    terms: Terms
    threshold_seats: int | None = None

    def split(self) -> Split:
        terms = self.terms
        return split(
            self.schedule,
            self.members,
            terms.method,
            terms.seed,
            terms.equal_share,
            terms.rest,
        )

    def clear(self) -> Clearing:
        terms = self.terms
        return clear(
            self.schedule,
            self.members,
            self.threshold_seats,
            terms.method,
            terms.seed,
            terms.equal_share,
            terms.rest,
        )


def parse(text: str | bytes) -> Any:
    """JSON with exact decimals; NaN, infinities and unreadable text are refused in one line."""
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        return json.loads(decoded, parse_float=Decimal, parse_constant=_not_a_number)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise PricingRefused([f"document: is not JSON ({where}: {error.msg})."]) from None
    except UnicodeDecodeError:
        raise PricingRefused(["document: is not UTF-8 text."]) from None
    except RecursionError:
        raise PricingRefused(["document: is nested too deeply."]) from None
    except ValueError:
        raise PricingRefused(["document: holds a number with too many digits."]) from None


def read_request(document: object, method: str | None = None) -> Request:
    """A checked request; a `PricingRefused` lists every problem at once.

    `method` stands in for the document's own.
    """
    if not isinstance(document, Mapping):
        raise PricingRefused(['document: must be an object with "schedule" and "members".'])
    problems: list[str] = []
    schedule = terms = None
    try:
        schedule = schedule_from_json(document.get("schedule"))
    except PricingRefused as refusal:
        problems += refusal.problems
    try:
        terms = _terms(document, method)
    except RuleBroken as refusal:
        problems.append(str(refusal))
    problems += threshold_problems(document.get("threshold_seats"))
    members = _members(document.get("members"), problems)
    if members:
        priced_by = schedule or schedule_from_json({"form": "flat", "total_cents": 0})
        problems += member_problems(priced_by, members, bool(terms and terms.needs_pupils))
    refuse(problems)
    assert schedule is not None
    assert terms is not None
    return Request(schedule, tuple(members), terms, document.get("threshold_seats"))


def split_document(document: object, method: str | None = None) -> dict[str, Any]:
    """The answer to a `split` document, ready to be written as JSON."""
    return split_as_json(read_request(document, method).split())


def clear_document(document: object, method: str | None = None) -> dict[str, Any]:
    """The answer to a `clear` document, ready to be written as JSON."""
    return clearing_as_json(read_request(document, method).clear())


def split_as_json(result: Split) -> dict[str, Any]:
    certificate = result.certificate
    blocking = certificate.blocking
    return {
        "total_cents": result.total_cents,
        "purchase": {
            "seats_bought": result.purchase.seats_bought,
            "seats_needed": result.purchase.seats_needed,
        },
        "shares": _by_text(result.shares),
        "alone": _by_text(result.alone),
        "certificate": {
            "kind": certificate.kind.value,
            "individually_rational": certificate.individually_rational,
            "core": certificate.core,
            "joiner_never_raises": certificate.joiner_never_raises,
            "blocking": blocking
            and {
                "members": [str(member) for member in blocking.members],
                "would_save_cents": blocking.would_save_cents,
            },
        },
    }


def clearing_as_json(result: Clearing) -> dict[str, Any]:
    return {
        "members": [str(member) for member in result.members],
        "dropped": [
            {
                "id": str(out.id),
                "share_cents": out.share_cents,
                "limit_cents": out.limit_cents,
            }
            for out in result.dropped
        ],
        "seats": result.seats,
        "tolerance_paid": _by_text(result.tolerance_paid),
        "spare": _by_text(result.spare),
        "spare_left": result.spare_left,
        "lapsed": result.lapsed,
        "split": split_as_json(result.split),
        "rounds": result.rounds,
        "explanation": list(result.explanation),
    }


def _by_text(cents: Mapping[Any, int]) -> dict[str, int]:
    return {str(member): value for member, value in cents.items()}


def _not_a_number(name: str) -> None:
    raise PricingRefused([f"document: {name} is not a number that can be priced."])


def _terms(document: Mapping[str, Any], method: str | None) -> Terms:
    chosen = method if method is not None else document.get("method", Method.PROPORTIONAL)
    seed = document.get("seed", "")
    if not isinstance(chosen, str):
        raise RuleBroken(f"method: must be a word such as proportional, not {short(chosen)}.")
    if not _is_line(seed, LONGEST_SEED):
        raise RuleBroken(f"seed: must be text of at most {LONGEST_SEED} letters.")
    rest = document.get("rest")
    if rest is not None and not isinstance(rest, str):
        raise RuleBroken(f"rest: must be per_pupil or per_seat, not {short(rest)}.")
    return terms_of(chosen, seed, document.get("equal_share"), rest)


def _members(listed: object, problems: list[str]) -> list[Member]:
    if not isinstance(listed, list) or not listed:
        problems.append('members: must list at least one, such as {"id": "0100005", "seats": 620}.')
        return []
    if len(listed) > MOST_MEMBERS:
        problems.append(
            f"members: lists {len(listed):,}; at most {MOST_MEMBERS:,} can be reckoned at once."
        )
        return []
    members = []
    for number, row in enumerate(listed, start=1):
        member = _member(number, row, problems)
        if member:
            members.append(member)
    return members


def _is_line(value: object, longest: int) -> bool:
    """Text that fits one line; also keeps out half characters that cannot be hashed."""
    return isinstance(value, str) and len(value) <= longest and value.isprintable()


def _member(number: int, row: object, problems: list[str]) -> Member | None:
    """A member as written; whether its figures make sense is asked of all of them together."""
    where = f"members, number {number}"
    if not isinstance(row, Mapping):
        problems.append(f'{where}: must be an object with "id" and "seats".')
        return None
    name = row.get("id")
    if not (isinstance(name, str) and name.strip() and _is_line(name, LONGEST_ID)):
        problems.append(f'{where}: "id" must be text, such as the LEAID "0100005".')
        return None
    if "seats" not in row:
        problems.append(f"member {short(name)}: seats are missing.")
        return None
    tolerance = row.get("tolerance")
    return Member(
        id=name,
        seats=row["seats"],
        pupils=row.get("pupils"),
        limit_cents=row.get("limit_cents"),
        tolerance=0 if tolerance is None else tolerance,
    )
