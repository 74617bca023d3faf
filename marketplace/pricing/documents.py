"""The JSON documents of `marketplace split` and `marketplace clear`: read, checked, answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.clearing import Clearing, clear, threshold_problems
from marketplace.pricing.member_documents import is_line, read_members
from marketplace.pricing.members import Member, member_problems
from marketplace.pricing.methods import Method, Terms, terms_of
from marketplace.pricing.purchase import Purchase
from marketplace.pricing.refusals import PricingRefused, refuse
from marketplace.pricing.schedule import Schedule, is_whole, schedule_from_json, short
from marketplace.pricing.slices import Stay, Term, TermSplit, split_over_term
from marketplace.pricing.split import Split, split
from marketplace.pricing.term_documents import read_term, slices_as_json
from marketplace.pricing.transfer_documents import (
    Wish,
    make_transfers,
    read_transfers,
    transfers_as_json,
)
from marketplace.pricing.transfers import Transfer

LONGEST_SEED = 200


@dataclass(frozen=True, slots=True)
class Request:
    """A document that can be priced."""

    schedule: Schedule
    members: tuple[Member, ...]
    terms: Terms
    threshold_seats: int | None = None
    term: Term | None = None
    stays: tuple[Stay, ...] = ()
    wishes: tuple[Wish, ...] = ()

    def split(self) -> Split | TermSplit:
        if self.term is not None:
            return split_over_term(self.schedule, self.term, self.stays, self.terms)
        terms = self.terms
        return split(
            self.schedule,
            self.members,
            terms.method,
            terms.seed,
            terms.equal_share,
            terms.rest,
        )

    def transfers(self, result: Split | TermSplit) -> list[Transfer]:
        """The lines after the split; empty where the document asks for none."""
        return make_transfers(result.shares, self.members, self.wishes, self.terms.seed)

    def clear(self) -> Clearing:
        if self.term is not None or self.wishes:
            raise PricingRefused(
                ["document: a pool clears for a whole term; leave term and transfers out."]
            )
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
    dated = document.get("term") is not None
    term = read_term(document["term"], problems) if dated else None
    members, stays = read_members(document.get("members"), term, dated, problems)
    wishes = read_transfers(document.get("transfers"), members, problems) if members else ()
    if members:
        priced_by = schedule or schedule_from_json({"form": "flat", "total_cents": 0})
        problems += member_problems(priced_by, members, bool(terms and terms.needs_pupils))
    refuse(problems)
    assert schedule is not None
    assert terms is not None
    threshold = document.get("threshold_seats")
    return Request(schedule, tuple(members), terms, threshold, term, tuple(stays), wishes)


def split_document(document: object, method: str | None = None) -> dict[str, Any]:
    """The answer to a `split` document, ready to be written as JSON."""
    return answer_as_json(read_request(document, method))


def answer_as_json(request: Request) -> dict[str, Any]:
    """The split, and beside it the slices and transfers the document asks for."""
    result = request.split()
    answer = split_as_json(result)
    if request.wishes:
        answer |= transfers_as_json(result.shares, request.transfers(result))
    return answer


def clear_document(document: object, method: str | None = None) -> dict[str, Any]:
    """The answer to a `clear` document, ready to be written as JSON."""
    return clearing_as_json(read_request(document, method).clear())


def split_as_json(result: Split | TermSplit) -> dict[str, Any]:
    certificate = result.certificate
    blocking = certificate.blocking
    answer = {
        "total_cents": result.total_cents,
        "purchase": _purchase_as_json(
            result.largest_purchase if isinstance(result, TermSplit) else result.purchase
        ),
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
    if isinstance(result, TermSplit):
        answer["slices"] = slices_as_json(result)
    elif result.shapley:
        answer |= result.shapley.to_json()
    return answer


def _purchase_as_json(bought: Purchase) -> dict[str, Any]:
    """`licences` stands there only where several are bought."""
    answer: dict[str, Any] = {
        "seats_bought": bought.seats_bought,
        "seats_needed": bought.seats_needed,
    }
    if bought.licences:
        answer["licences"] = [{"seats": s, "count": count} for s, count in bought.licences]
    return answer


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


def _terms(document: Mapping[str, Any], method: str | None) -> Terms:
    chosen = method if method is not None else document.get("method", Method.PROPORTIONAL)
    seed = document.get("seed", "")
    if not isinstance(chosen, str):
        raise RuleBroken(f"method: must be a word such as proportional, not {short(chosen)}.")
    if not is_line(seed, LONGEST_SEED):
        raise RuleBroken(f"seed: must be text of at most {LONGEST_SEED} letters.")
    rest = document.get("rest")
    if rest is not None and not isinstance(rest, str):
        raise RuleBroken(f"rest: must be per_pupil or per_seat, not {short(rest)}.")
    part = document.get("equal_share")
    if part is not None and not (isinstance(part, str | Decimal) or is_whole(part)):
        raise RuleBroken(f'equal_share: must be a decimal such as "0.30", not {short(part)}.')
    return terms_of(chosen, seed, part, rest)
