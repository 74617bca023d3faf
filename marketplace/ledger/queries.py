"""What others may ask of the books. Sums come back as plain values, never as live rows."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, bindparam, or_
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import tenancy
from marketplace.core.access import NOBODY, Actor, can
from marketplace.core.errors import NotFound
from marketplace.ledger import rules, sight_rules
from marketplace.ledger.audit_queries import Period, audit_files
from marketplace.ledger.balance_queries import (
    NOW,
    AccountRow,
    Balance,
    Until,
    account_rows,
    balance_of,
    balances,
    balances_after,
    by_day,
    count_account_rows,
    running,
    sums_by_kind,
    turnover,
)
from marketplace.ledger.body import Head
from marketplace.ledger.checkpoint_queries import alarms
from marketplace.ledger.desk_queries import closed_through, count_proposals
from marketplace.ledger.engines import engine_of
from marketplace.ledger.models import LedgerHead, LedgerOpenness, LedgerTxn
from marketplace.ledger.proof_queries import Proof, find_head, verify
from marketplace.ledger.search_queries import (
    PAGE_SIZE,
    Entry,
    Search,
    count_entries,
    each_entry,
    entries,
    get_entry,
)
from marketplace.ledger.sight_rules import Openness, Sight, Sights

#: Answered in files of their own, asked for here.
__all__ = [
    "NOW",
    "PAGE_SIZE",
    "AccountRow",
    "Balance",
    "Entry",
    "Period",
    "Proof",
    "Search",
    "Sight",
    "Sights",
    "Until",
    "account_rows",
    "alarms",
    "audit_files",
    "balance_of",
    "balances",
    "balances_after",
    "by_day",
    "closed_through",
    "count_account_rows",
    "count_entries",
    "count_proposals",
    "each_entry",
    "entries",
    "find_head",
    "get_entry",
    "running",
    "sums_by_kind",
    "turnover",
    "verify",
]


class Books(NamedTuple):
    consortium_id: UUID
    slug: str
    name: str
    seq: int
    hash: str
    openness: Openness = Openness.NAMED


def lock_head(session: Session, consortium_id: UUID) -> Head:
    """Wait for the turn to write. A statement of its own: what is read after it is fresh."""
    tenancy.check_may_write(LedgerHead, consortium_id)
    connection = session.connection()
    found = engine_of(connection).lock(connection, consortium_id)
    if found is None:
        raise NotFound("There are no such books.")
    return found


def guard(connection: Connection) -> str:
    """What keeps the site itself from changing the books, in words for whoever runs it."""
    return engine_of(connection).guard(connection)


def open_books(session: Session) -> list[Books]:
    """All books that a reader may see, by name."""
    return [_told(row) for row in session.exec(_books())]


def books_of(session: Session, slug: str) -> Books:
    query = _books().where(Organization.slug == slug)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There are no such books.")
    return _told(found)


@cache
def _books() -> Any:
    its = Organization
    head = (LedgerHead.seq, LedgerHead.hash, LedgerOpenness.openness)
    columns: tuple[Any, ...] = (its.id, its.slug, its.name, *head)
    return (
        select(*columns)
        .join(LedgerHead, col(LedgerHead.org_id) == Organization.id)
        .outerjoin(LedgerOpenness, col(LedgerOpenness.org_id) == LedgerHead.org_id)
        .order_by(col(Organization.name), col(Organization.id))
    )


def _told(row: Any) -> Books:
    found = Books(*row)
    return found._replace(openness=found.openness or Openness.NAMED)


# -- who sees what -------------------------------------------------------------------------------


def sights(session: Session, actor: Actor, chosen: Iterable[Books]) -> dict[UUID, Sight]:
    """What a reader sees of each of these books, as policy says."""
    found: dict[UUID, Sight] = {}
    own: frozenset[str] | None = None
    for books in chosen:
        if can(actor, "ledger.read_names", books):
            found[books.consortium_id] = sight_rules.WHOLE
            continue
        if own is None:
            own = _own_accounts(session, actor)
        rows = can(actor, "ledger.read_entries", books)
        found[books.consortium_id] = Sight(names=False, rows=rows, own=own)
    return found


def sight_of(session: Session, actor: Actor, books: Books) -> Sight:
    return sights(session, actor, [books])[books.consortium_id]


def public_sights(session: Session) -> dict[UUID, Sight]:
    """What anybody sees, signed in or not."""
    return sights(session, NOBODY, open_books(session))


def _own_accounts(session: Session, actor: Actor) -> frozenset[str]:
    vendor = None
    if actor.org_kind == OrganizationKind.VENDOR:
        query = select(Organization.slug).where(Organization.id == actor.org_id)
        vendor = session.exec(query).one_or_none()
    return sight_rules.own_accounts(actor.leaid, vendor)


# -- single entries ------------------------------------------------------------------------------


def find_reversal(session: Session, consortium_id: UUID, seq: int) -> LedgerTxn | None:
    query = select(LedgerTxn).where(LedgerTxn.org_id == consortium_id, LedgerTxn.reverses == seq)
    return session.exec(query).one_or_none()


def get_txn(session: Session, consortium_id: UUID, seq: int) -> LedgerTxn:
    query = select(LedgerTxn).where(LedgerTxn.org_id == consortium_id, LedgerTxn.seq == seq)
    txn = session.exec(query).one_or_none()
    if txn is None:
        raise NotFound("There is no such entry.")
    return txn


def owners_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The district or vendor behind each account that has one, by its name."""
    wanted = {code: code.partition(":")[2] for code in codes}
    owners = set(wanted.values()) - {"", rules.HIDDEN}
    found: dict[str, str] = {}
    asked = {"owners": sorted(owners)}
    for leaid, slug, name in session.exec(_owners(), params=asked) if owners else ():
        found[slug] = name
        if leaid:
            found[leaid] = name
    return {code: found[owner] for code, owner in wanted.items() if owner in found}


@cache
def _owners() -> Any:
    """Put together once: building it anew would cost more than running it."""
    owners: Any = bindparam("owners", expanding=True)
    return select(Organization.leaid, Organization.slug, Organization.name).where(
        or_(col(Organization.leaid).in_(owners), col(Organization.slug).in_(owners))
    )


def names_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The plain name of each account, with the names of the districts and vendors in it."""
    wanted = set(codes)
    return plain_names(wanted, owners_of(session, wanted))


def plain_names(codes: Iterable[str], owners: Mapping[str, str]) -> dict[str, str]:
    return {code: rules.plain_name(code, owners.get(code)) for code in codes}
