"""Hand out what proves the books: receipts, checkpoints, results of checks, long exports."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlmodel import Session, SQLModel, col

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit, wake_worker
from marketplace.ledger import checkpoint_queries, export_queries, notes, queries
from marketplace.ledger.checkpoint_queries import Checked
from marketplace.ledger.models import BooksOf
from marketplace.ledger.proof_models import (
    LedgerCheck,
    LedgerCheckpoint,
    LedgerExport,
    LedgerExportAsker,
    LedgerExportPiece,
    LedgerKey,
    LedgerReceipt,
)

KEPT_FOR = timedelta(days=3)
#: Entries in one piece of an export: under a second of work, under two megabytes.
PIECE = 10_000


def give_receipt(
    session: Session, actor: Actor, consortium_id: UUID, *, member_id: UUID, paper: str, seq: int
) -> LedgerReceipt:
    """Write down which number and hash a paper says; the same paper again changes nothing."""
    require(actor, "ledger.give_receipt", BooksOf(consortium_id))
    if found := checkpoint_queries.find_receipt(session, consortium_id, paper):
        return found
    receipt = LedgerReceipt(
        org_id=consortium_id,
        member_id=member_id,
        paper=paper,
        seq=seq,
        hash=queries.get_txn(session, consortium_id, seq).hash,
        sent_at=clock.now(),
    )
    session.add(receipt)
    return receipt


# -- checks and checkpoints ------------------------------------------------------------------


def record_check(
    session: Session, actor: Actor, consortium_id: UUID, found: Checked
) -> LedgerCheck:
    """Keep what a full check found; say so when books begin to fail, or hold again."""
    books = BooksOf(consortium_id)
    require(actor, "ledger.record_check", books)
    queries.lock_head(session, consortium_id)
    last = checkpoint_queries.last_checks(session).get(consortium_id)
    was_ok, proof, now = last is None or last.ok, found.proof, clock.now()
    check = last or LedgerCheck(
        org_id=consortium_id, checked_at=now, seq=0, lines=0, ok=True, problems=[]
    )
    check.checked_at, check.seq, check.lines = now, proof.head.seq, proof.lines
    check.ok, check.problems = proof.ok, list(proof.problems)
    if proof.ok:
        check.failing_since = None
    elif was_ok:
        check.failing_since = now
    session.add(check)
    if was_ok and not proof.ok:
        emit(session, actor, "ledger.check_failed", books, problems=len(proof.problems))
    if proof.ok and not was_ok:
        emit(session, actor, "ledger.check_recovered", books, entries=proof.head.seq)
    return check


def publish_checkpoint(
    session: Session,
    actor: Actor,
    consortium_id: UUID,
    found: Checked,
    *,
    origin: str,
    private_keys: Sequence[bytes],
) -> LedgerCheckpoint | None:
    """Sign today's size and root of books that hold; once a day, whoever comes first.

    Books that do not hold are not signed, nor are empty ones, nor anything without a key.
    """
    require(actor, "ledger.publish_checkpoint", BooksOf(consortium_id))
    head, today = found.proof.head, clock.now().date()
    if not found.proof.ok or not head.seq or not private_keys:
        return None
    queries.lock_head(session, consortium_id)
    if checkpoint_queries.find_checkpoint(session, consortium_id, today):
        return None
    said = notes.Checkpoint(origin, head.seq, found.root)
    checkpoint = LedgerCheckpoint(
        org_id=consortium_id,
        day=today,
        size=head.seq,
        root=found.root.hex(),
        head_hash=head.hash,
        note=notes.signed(said, private_keys),
        published_at=clock.now(),
    )
    session.add(checkpoint)
    _remember_keys(session, private_keys)
    session.flush()
    emit(
        session,
        actor,
        "ledger.checkpoint_published",
        checkpoint,
        day=today.isoformat(),
        size=head.seq,
    )
    return checkpoint


def _remember_keys(session: Session, private_keys: Sequence[bytes]) -> None:
    known = {key.public for key in checkpoint_queries.keys(session)}
    used = {notes.public_key(private).hex() for private in private_keys}
    for public in sorted(used - known):
        new = _insert(session, LedgerKey).values(public=public, first_used_at=clock.now())
        session.execute(new.on_conflict_do_nothing())


def _insert(session: Session, table: type[SQLModel]) -> Any:
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    return (insert_on_postgresql if on_postgresql else insert_on_sqlite)(table)


# -- long exports ----------------------------------------------------------------------------


def prepare_export(session: Session, actor: Actor, consortium_id: UUID, form: str) -> LedgerExport:
    """Have a file of large books written; who asks for the same file shares it.

    Somebody who is signed in gets a letter when it is ready.
    """
    books = BooksOf(consortium_id)
    require(actor, "ledger.prepare_export", books)
    head = queries.lock_head(session, consortium_id)
    if not head.seq:
        raise RuleBroken("Nothing has been posted yet, so there is nothing to write.")
    export = export_queries.find_export(session, consortium_id, form, head.seq)
    if export is None:
        export = LedgerExport(org_id=consortium_id, form=form, size=head.seq, asked_at=clock.now())
        session.add(export)
        session.flush()
    if actor.user_id and not export.finished_at:
        asker = {"org_id": consortium_id, "export_id": export.id, "user_id": actor.user_id}
        session.execute(_insert(session, LedgerExportAsker).values(asker).on_conflict_do_nothing())
    wake_worker(session)
    return export


def add_piece(
    session: Session,
    actor: Actor,
    export_id: UUID,
    *,
    after: int,
    upto: int,
    content: bytes,
    length: int,
) -> bool:
    """Add the next piece, unless another worker was quicker; tell whether it was added."""
    export = export_queries.get_export(session, export_id, lock=True)
    require(actor, "ledger.add_piece", export)
    if export.done != after:
        return False
    piece = LedgerExportPiece(org_id=export.org_id, export_id=export.id, upto=upto, content=content)
    export.done, export.written_bytes = upto, export.written_bytes + length
    session.add_all([piece, export])
    if export.done == export.size:
        export.finished_at = clock.now()
        export.expires_at = export.finished_at + KEPT_FOR
        emit(session, actor, "ledger.export_finished", export, form=export.form)
    else:
        wake_worker(session)  # the next piece, without waiting for the minute's round
    return True


def drop_old_exports(session: Session, actor: Actor) -> int:
    """Throw away files whose time is over; the books themselves can be exported again."""
    require(actor, "ledger.drop_old_exports")
    old = col(LedgerExport.expires_at) <= clock.now()
    return len(
        session.execute(delete(LedgerExport).where(old).returning(col(LedgerExport.id))).all()
    )
