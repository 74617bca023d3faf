"""Dates in a `split` document: a term, and members who come, go or change their seats.

    "term": {"starts": "2026-07-01", "ends": "2027-06-30"},
    "members": [{"id": "0100005", "seats": 300, "starts": "2026-11-16",
                 "changes": [{"on": "2027-01-01", "seats": 320}]}]

`starts`, `ends` and `changes` are all optional; a change to 0 seats means nobody is there.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.pricing.members import Member
from marketplace.pricing.schedule import is_whole, short
from marketplace.pricing.slices import ONE_DAY, Stay, Term, TermSplit

#: A member with more changes than this in one term is a slip of the pen.
MOST_CHANGES = 400
DATED = ("starts", "ends", "changes")


def read_term(written: object, problems: list[str]) -> Term | None:
    """The term, or None with a sentence in `problems` where it cannot be read."""
    if not isinstance(written, Mapping):
        problems.append('term: must be an object such as {"starts": "2026-07-01", "ends": …}.')
        return None
    starts, ends = (_day(written.get(k), f"term.{k}", problems) for k in ("starts", "ends"))
    if starts is None or ends is None:
        return None
    try:
        return Term(starts, ends)
    except RuleBroken as refusal:
        problems.append(f"term: {refusal}")
        return None


def undated_problem(row: Mapping[str, Any], where: str) -> str | None:
    """Dates mean nothing without a term to measure them by."""
    for key in DATED:
        if row.get(key) is not None:
            return f'{where}: "{key}" needs the dates of the whole "term" beside "members".'
    return None


def read_stays(
    row: Mapping[str, Any], member: Member, term: Term, where: str, problems: list[str]
) -> list[Stay]:
    """A member's spells from its row, in the order of their days."""
    known = len(problems)
    starts = _day(row.get("starts"), f"{where}: starts", problems, term.starts)
    ends = _day(row.get("ends"), f"{where}: ends", problems, term.ends)
    changes = _changes(row.get("changes"), where, problems)
    if len(problems) > known or starts is None or ends is None:
        return []
    spells, since, seats = [], starts, member.seats
    for day, following in changes:
        if not since < day <= ends:
            problems.append(
                f"{where}: the change on {day} must come after {since} and not after {ends}."
            )
            return []
        if seats != 0:
            spells.append(Stay(replace(member, seats=seats), since, day - ONE_DAY))
        since, seats = day, following
    if seats != 0 or not changes:
        spells.append(Stay(replace(member, seats=seats), since, ends))
    return spells


def _changes(written: object, where: str, problems: list[str]) -> list[tuple[date, int]]:
    if written is None:
        return []
    if not isinstance(written, list) or len(written) > MOST_CHANGES:
        problems.append(f"{where}: changes must be a list of at most {MOST_CHANGES}.")
        return []
    found = []
    for change in written:
        if not isinstance(change, Mapping) or not is_whole(change.get("seats")):
            problems.append(f'{where}: a change must be like {{"on": "2027-01-01", "seats": 9}}.')
            continue
        day = _day(change.get("on"), f"{where}: on", problems)
        if day is not None:
            found.append((day, change["seats"]))
    return found


def _day(
    written: object, where: str, problems: list[str], default: date | None = None
) -> date | None:
    if written is None and default is not None:
        return default
    try:
        if isinstance(written, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
            return date.fromisoformat(written)
    except ValueError:
        pass
    said = "missing" if written is None else short(written)
    problems.append(f"{where}: must be a day such as 2026-07-01, not {said}.")
    return None


def slices_as_json(result: TermSplit) -> list[dict[str, Any]]:
    """Each slice with the cost of its seats for a whole term, before proration."""
    return [
        {
            "starts": priced.slice.starts.isoformat(),
            "ends": priced.slice.ends.isoformat(),
            "days": priced.slice.days,
            "members": len(priced.slice.group),
            "seats_needed": priced.purchase.seats_needed,
            "seats_bought": priced.purchase.seats_bought,
            "term_cost_cents": priced.purchase.cost_cents,
        }
        for priced in result.slices
    ]
