"""Checkpoints, receipts and the results of checks; and a full check against all of them."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.core.errors import NotFound
from marketplace.ledger import export_queries, merkle, proof_rules
from marketplace.ledger.models import LedgerHead, LedgerTxn
from marketplace.ledger.proof_models import (
    LedgerCheck,
    LedgerCheckpoint,
    LedgerKey,
    LedgerReceipt,
)
from marketplace.ledger.proof_queries import Proof, verify


class Checked(NamedTuple):
    """A full check: what was found, and the root of all entries it has read."""

    proof: Proof
    root: bytes


class Alarm(NamedTuple):
    """Books whose last check failed."""

    slug: str
    name: str


def full_check(session: Session, consortium_id: UUID) -> Checked:
    """Chain, sums, balances; then every checkpoint and receipt that was ever handed out."""
    proof = verify(session, consortium_id)
    size = proof.head.seq
    kept: tuple[Any, ...] = (LedgerCheckpoint.day, LedgerCheckpoint.size, LedgerCheckpoint.root)
    query = select(*kept).where(LedgerCheckpoint.org_id == consortium_id)
    said = session.exec(query.order_by(col(LedgerCheckpoint.day))).all()
    leaves = export_queries.leaves(session, consortium_id, upto=size)
    roots = merkle.roots_at(leaves, {size, *(n for _day, n, _root in said)})
    for day, entries, root in said:
        for what in proof_rules.against_checkpoint(day, entries, root, roots, max(roots)):
            proof.wrong(what)
    for what in _false_receipts(session, consortium_id):
        proof.wrong(what)
    return Checked(proof, roots.get(size, merkle.EMPTY_ROOT))


def _false_receipts(session: Session, consortium_id: UUID) -> Iterator[str]:
    query = (
        select(LedgerReceipt.paper, LedgerReceipt.seq)
        .join(
            LedgerTxn,
            (col(LedgerTxn.org_id) == LedgerReceipt.org_id)
            & (col(LedgerTxn.seq) == LedgerReceipt.seq),
        )
        .where(LedgerReceipt.org_id == consortium_id, LedgerReceipt.hash != LedgerTxn.hash)
        .order_by(col(LedgerReceipt.seq))
    )
    for paper, seq in session.exec(query):
        yield f"entry {seq}: {paper} was sent out with another hash"


def last_checks(session: Session) -> dict[UUID, LedgerCheck]:
    """The last full check of each set of books."""
    return {check.org_id: check for check in session.exec(select(LedgerCheck))}


def alarms(session: Session) -> list[Alarm]:
    query = (
        select(Organization.slug, Organization.name)
        .join(LedgerCheck, col(LedgerCheck.org_id) == Organization.id)
        .where(col(LedgerCheck.ok).is_(False))
        .order_by(col(Organization.name))
    )
    return [Alarm(*row) for row in session.exec(query)]


# -- checkpoints -----------------------------------------------------------------------------


def newest_checkpoints(session: Session) -> dict[UUID, LedgerCheckpoint]:
    newest = (
        select(LedgerCheckpoint.org_id, func.max(LedgerCheckpoint.day).label("day"))
        .group_by(col(LedgerCheckpoint.org_id))
        .subquery()
    )
    query = select(LedgerCheckpoint).join(
        newest,
        (col(LedgerCheckpoint.org_id) == newest.c.org_id)
        & (col(LedgerCheckpoint.day) == newest.c.day),
    )
    return {found.org_id: found for found in session.exec(query)}


def checkpoints_of(consortium_id: UUID) -> Any:
    """The query of all checkpoints of these books, newest first, for a paged list."""
    return (
        select(LedgerCheckpoint)
        .where(LedgerCheckpoint.org_id == consortium_id)
        .order_by(col(LedgerCheckpoint.day).desc())
    )


def find_checkpoint(session: Session, consortium_id: UUID, day: date) -> LedgerCheckpoint | None:
    query = select(LedgerCheckpoint).where(
        LedgerCheckpoint.org_id == consortium_id, LedgerCheckpoint.day == day
    )
    return session.exec(query).one_or_none()


def get_checkpoint(session: Session, consortium_id: UUID, day: date | None) -> LedgerCheckpoint:
    """The one of a day, or the newest."""
    query = select(LedgerCheckpoint).where(LedgerCheckpoint.org_id == consortium_id)
    if day is not None:
        query = query.where(LedgerCheckpoint.day == day)
    found = session.exec(query.order_by(col(LedgerCheckpoint.day).desc()).limit(1)).first()
    if found is None:
        raise NotFound("There is no such checkpoint.")
    return found


def checkpoints_between(
    session: Session, consortium_id: UUID, since: date, until: date
) -> list[LedgerCheckpoint]:
    """Those of these days, oldest first."""
    query = (
        select(LedgerCheckpoint)
        .where(LedgerCheckpoint.org_id == consortium_id)
        .where(LedgerCheckpoint.day >= since, LedgerCheckpoint.day <= until)
        .order_by(col(LedgerCheckpoint.day))
    )
    return list(session.exec(query))


def first_checkpoint_with(session: Session, consortium_id: UUID, seq: int) -> LedgerCheckpoint:
    """The oldest checkpoint that has this entry: it can be proven from then on."""
    query = (
        select(LedgerCheckpoint)
        .where(LedgerCheckpoint.org_id == consortium_id, LedgerCheckpoint.size >= seq)
        .order_by(col(LedgerCheckpoint.day))
        .limit(1)
    )
    found = session.exec(query).first()
    if found is None:
        raise NotFound("There is no such checkpoint.")
    return found


def last_day_before(session: Session, consortium_id: UUID, day: date) -> date | None:
    query = select(func.max(LedgerCheckpoint.day)).where(
        LedgerCheckpoint.org_id == consortium_id, LedgerCheckpoint.day < day
    )
    return session.exec(query).one()


def keys(session: Session) -> list[LedgerKey]:
    """Every public key that has signed here, newest first."""
    query = select(LedgerKey).order_by(col(LedgerKey.first_used_at).desc(), col(LedgerKey.public))
    return list(session.exec(query))


# -- receipts --------------------------------------------------------------------------------


def find_receipt(session: Session, consortium_id: UUID, paper: str) -> LedgerReceipt | None:
    query = select(LedgerReceipt).where(
        LedgerReceipt.org_id == consortium_id, LedgerReceipt.paper == paper
    )
    return session.exec(query).one_or_none()


def members_with_receipts(session: Session, consortium_id: UUID) -> list[UUID]:
    query = select(LedgerReceipt.member_id).where(LedgerReceipt.org_id == consortium_id)
    return list(session.exec(query.distinct().order_by(col(LedgerReceipt.member_id))))


def books_by_check(session: Session) -> list[tuple[UUID, int, LedgerCheck | None]]:
    """Every set of books with its size and last check, the longest unchecked first."""
    query = (
        select(LedgerHead.org_id, LedgerHead.seq, LedgerCheck)
        .outerjoin(LedgerCheck, col(LedgerCheck.org_id) == LedgerHead.org_id)
        .order_by(col(LedgerCheck.checked_at).nulls_first(), col(LedgerHead.org_id))
    )
    return [(org_id, seq, check) for org_id, seq, check in session.exec(query)]
