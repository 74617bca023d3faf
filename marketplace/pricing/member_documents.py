"""The members of a `split` or `clear` document, as listed."""

from collections.abc import Mapping

from marketplace.pricing.members import MOST_MEMBERS, Member
from marketplace.pricing.schedule import short
from marketplace.pricing.slices import Stay, Term
from marketplace.pricing.term_documents import read_stays, undated_problem

LONGEST_ID = 200


def read_members(
    listed: object, term: Term | None, dated: bool, problems: list[str]
) -> tuple[list[Member], list[Stay]]:
    """The members as listed and, where the document has a term, their spells in it."""
    if not isinstance(listed, list) or not listed:
        problems.append('members: must list at least one, such as {"id": "0100005", "seats": 620}.')
        return [], []
    if len(listed) > MOST_MEMBERS:
        problems.append(
            f"members: lists {len(listed):,}; at most {MOST_MEMBERS:,} can be reckoned at once."
        )
        return [], []
    members, stays = [], []
    for number, row in enumerate(listed, start=1):
        member = _member(number, row, problems)
        if not member:
            continue
        members.append(member)
        where = f"member {short(member.id)}"
        if term:
            stays += read_stays(row, member, term, where, problems)
        elif not dated and (problem := undated_problem(row, where)):
            problems.append(problem)
    return members, stays


def is_line(value: object, longest: int) -> bool:
    """Text that fits one line; also keeps out half characters that cannot be hashed."""
    return isinstance(value, str) and len(value) <= longest and value.isprintable()


def _member(number: int, row: object, problems: list[str]) -> Member | None:
    """A member as written; whether its figures make sense is asked of all of them together."""
    where = f"members, number {number}"
    if not isinstance(row, Mapping):
        problems.append(f'{where}: must be an object with "id" and "seats".')
        return None
    name = row.get("id")
    if not (isinstance(name, str) and name.strip() and is_line(name, LONGEST_ID)):
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
