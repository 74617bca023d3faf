"""The sealed entries, read in order and in pieces, however long the books are."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound
from marketplace.ledger.body import FIRST_PREV
from marketplace.ledger.exports import Cover, Sealed
from marketplace.ledger.models import LedgerAccount, LedgerHead, LedgerTxn
from marketplace.ledger.proof_models import LedgerExport, LedgerExportAsker, LedgerExportPiece

AT_ONCE = 1000


def sealed(
    session: Session, consortium_id: UUID, *, after: int = 0, upto: int | None = None
) -> Iterator[Sealed]:
    """Every entry up to now (or `upto`) with its text and hash.

    Entries are never changed, so what is posted meanwhile is simply not part of it.
    """
    query = select(LedgerTxn.seq, LedgerTxn.hash, LedgerTxn.body)
    query = query.where(LedgerTxn.org_id == consortium_id).order_by(col(LedgerTxn.seq))
    last = _last(session, consortium_id, upto)
    prev = _hash_of(session, consortium_id, after) if after else FIRST_PREV
    while after < last:
        some = query.where(LedgerTxn.seq > after, LedgerTxn.seq <= min(after + AT_ONCE, last))
        for seq, seal, body in session.exec(some).all():
            yield Sealed(seq, prev, seal, body)
            prev = seal
        after += AT_ONCE


def leaves(session: Session, consortium_id: UUID, *, upto: int | None = None) -> Iterator[bytes]:
    """The leaf hash of every entry, for the Merkle tree."""
    query = select(LedgerTxn.leaf).where(LedgerTxn.org_id == consortium_id)
    last, after = _last(session, consortium_id, upto), 0
    while after < last:
        some = query.where(LedgerTxn.seq > after, LedgerTxn.seq <= min(after + AT_ONCE, last))
        yield from map(bytes.fromhex, session.exec(some.order_by(col(LedgerTxn.seq))).all())
        after += AT_ONCE


def _last(session: Session, consortium_id: UUID, upto: int | None) -> int:
    if upto is not None:
        return upto
    query = select(LedgerHead.seq).where(LedgerHead.org_id == consortium_id)
    return session.exec(query).one_or_none() or 0


def _hash_of(session: Session, consortium_id: UUID, seq: int) -> str:
    query = select(LedgerTxn.hash).where(LedgerTxn.org_id == consortium_id, LedgerTxn.seq == seq)
    return session.exec(query).one()


def cover(session: Session, consortium_id: UUID, name: str) -> Cover:
    """What stands at the top of an export."""
    codes = select(LedgerAccount.code).where(LedgerAccount.org_id == consortium_id)
    first = select(func.min(LedgerTxn.effective_on)).where(LedgerTxn.org_id == consortium_id)
    return Cover(
        name=name,
        codes=tuple(session.exec(codes.order_by(col(LedgerAccount.code)))),
        first_day=session.exec(first).one() or date(1970, 1, 1),
    )


# -- exports written by a job ----------------------------------------------------------------


def get_export(session: Session, export_id: UUID, *, lock: bool = False) -> LedgerExport:
    query = select(LedgerExport).where(LedgerExport.id == export_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such file.")
    return found


def find_export(session: Session, org_id: UUID, form: str, size: int) -> LedgerExport | None:
    query = select(LedgerExport).where(
        LedgerExport.org_id == org_id, LedgerExport.form == form, LedgerExport.size == size
    )
    return session.exec(query).one_or_none()


def oldest_unfinished(session: Session) -> LedgerExport | None:
    query = select(LedgerExport).where(col(LedgerExport.finished_at).is_(None))
    return session.exec(query.order_by(col(LedgerExport.asked_at)).limit(1)).first()


def askers(session: Session, export_id: UUID) -> list[UUID]:
    query = select(LedgerExportAsker.user_id).where(LedgerExportAsker.export_id == export_id)
    return list(session.exec(query))


def piece_after(session: Session, export_id: UUID, upto: int) -> LedgerExportPiece | None:
    query = (
        select(LedgerExportPiece)
        .where(LedgerExportPiece.export_id == export_id, LedgerExportPiece.upto > upto)
        .order_by(col(LedgerExportPiece.upto))
        .limit(1)
    )
    return session.exec(query).first()
