"""Entries by hand: those that wait, and whom the books know."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound
from marketplace.ledger.balance_queries import balances
from marketplace.ledger.correction_rules import RunStatus
from marketplace.ledger.models import LedgerTxn, ProposedEntry
from marketplace.ledger.rules import Leg, PostingKind

MOST_POOLS = 200


def get_proposed(session: Session, entry_id: UUID, *, lock: bool = False) -> ProposedEntry:
    query = select(ProposedEntry).where(ProposedEntry.id == entry_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such entry.")
    return found


def proposed(session: Session, consortium_id: UUID) -> list[ProposedEntry]:
    """Those that wait first, then the newest."""
    query = (
        select(ProposedEntry)
        .where(ProposedEntry.org_id == consortium_id)
        .order_by(col(ProposedEntry.decided_at).is_not(None), col(ProposedEntry.proposed_at).desc())
    )
    return list(session.exec(query.limit(100)))


def waiting_like(session: Session, entry: ProposedEntry) -> ProposedEntry | None:
    """The same said by the same person, not decided yet: a form that was sent twice."""
    query = select(ProposedEntry).where(
        ProposedEntry.org_id == entry.org_id,
        ProposedEntry.status == RunStatus.PROPOSED,
        ProposedEntry.proposed_by == entry.proposed_by,
        ProposedEntry.act == entry.act,
        ProposedEntry.ref == entry.ref,
        ProposedEntry.effective_on == entry.effective_on,
    )
    same = [it for it in session.exec(query) if (it.legs, it.reason) == (entry.legs, entry.reason)]
    return same[0] if same else None


def held_by(session: Session, consortium_id: UUID, legs: Sequence[Leg]) -> dict[str, int]:
    """What the accounts of these lines hold now, in signed cents."""
    codes = [leg.account for leg in legs]
    return {b.code: b.cents for b in balances(session, consortium_id, codes)}


def known_owners(session: Session, consortium_id: UUID, *words: str) -> list[str]:
    """What stands after the colon in accounts of these families: whom the books know."""
    codes = [b.code.partition(":") for b in balances(session, consortium_id)]
    return sorted({owner for word, _, owner in codes if word in words})


def pools_billed(session: Session, consortium_id: UUID) -> list[str]:
    """References of the pools whose shares were billed, such as `pool:reading`."""
    query = (
        select(LedgerTxn.ref)
        .where(LedgerTxn.org_id == consortium_id, LedgerTxn.kind == PostingKind.SPLIT_BILLED)
        .distinct()
        .order_by(LedgerTxn.ref)
    )
    found = {ref.split("/")[0] for ref in session.exec(query.limit(MOST_POOLS * 10))}
    return sorted(found)[:MOST_POOLS]
