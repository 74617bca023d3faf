"""Accounts, statements and lines of an organization, and the open bills lines may pay."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from marketplace.core.errors import NotFound
from marketplace.orders import queries as orders
from marketplace.orders.models import Invoice
from marketplace.remittance.matching_rules import Bill, Waits
from marketplace.remittance.models import BankAccount, BankFile, BankLine, LineMatch
from marketplace.remittance.rules import LineState


def accounts_of(session: Session, org_id: UUID) -> list[BankAccount]:
    query = select(BankAccount).where(BankAccount.org_id == org_id)
    return list(session.exec(query.order_by(col(BankAccount.name))))


def account_by_id(session: Session, account_id: UUID, *, lock: bool = False) -> BankAccount:
    return _the_one(session, select(BankAccount).where(BankAccount.id == account_id), lock)


def get_file(session: Session, bank_file_id: UUID, *, lock: bool = False) -> BankFile:
    return _the_one(session, select(BankFile).where(BankFile.id == bank_file_id), lock)


def get_line(session: Session, line_id: UUID, *, lock: bool = False) -> BankLine:
    return _the_one(session, select(BankLine).where(BankLine.id == line_id), lock)


def _the_one(session: Session, query: Any, lock: bool) -> Any:
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such statement or line.")
    return found


def same_file(session: Session, account_id: UUID, fingerprint: str) -> BankFile | None:
    query = select(BankFile).where(
        BankFile.account_id == account_id, BankFile.fingerprint == fingerprint
    )
    return session.exec(query).one_or_none()


def files_of(session: Session, org_id: UUID) -> list[BankFile]:
    """The newest statements of all accounts."""
    query = select(BankFile).where(BankFile.org_id == org_id)
    newest = query.order_by(col(BankFile.uploaded_at).desc(), col(BankFile.id)).limit(20)
    return list(session.exec(newest))


def known_keys(session: Session, account_id: UUID) -> set[str]:
    return set(session.exec(select(BankLine.key).where(BankLine.account_id == account_id)))


def lines(org_id: UUID, state: LineState | None) -> Any:
    """The query of a list of lines, newest first."""
    query = select(BankLine).where(BankLine.org_id == org_id)
    if state is not None:
        query = query.where(BankLine.state == state)
    return query.order_by(col(BankLine.posted_on).desc(), col(BankLine.key))


def counts(session: Session, org_id: UUID) -> dict[LineState, tuple[int, int]]:
    """state -> how many lines, and their cents."""
    query = (
        select(BankLine.state, func.count(col(BankLine.id)), func.sum(BankLine.cents))
        .where(BankLine.org_id == org_id)
        .group_by(col(BankLine.state))
    )
    return {LineState(state): (n, int(cents)) for state, n, cents in session.exec(query)}


def matches_of(session: Session, line_ids: Iterable[UUID]) -> dict[UUID, list[LineMatch]]:
    found: dict[UUID, list[LineMatch]] = {}
    query = select(LineMatch).where(col(LineMatch.line_id).in_(list(line_ids)))
    for match in session.exec(query.order_by(col(LineMatch.id))):
        found.setdefault(match.line_id, []).append(match)
    return found


def invoices_by_id(session: Session, ids: Iterable[UUID]) -> dict[UUID, Invoice]:
    query = select(Invoice).where(col(Invoice.id).in_(list(ids)))
    return {invoice.id: invoice for invoice in session.exec(query)}


class OpenBills(NamedTuple):
    """What an organization is owed, for matching and for its forms."""

    bills: list[Bill]

    def by_id(self) -> dict[UUID, Bill]:
        return {bill.invoice_id: bill for bill in self.bills}


def open_bills(session: Session, org_id: UUID) -> OpenBills:
    """Every open bill an organization issued, with what was written down for it already."""
    waiting: dict[UUID, list[Waits]] = {}
    for pending in orders.payments_waiting_for(session, org_id):
        waits = Waits(pending.id, pending.amount_cents, pending.reference)
        waiting.setdefault(pending.invoice_id, []).append(waits)
    bills = []
    for invoice in orders.open_invoices_of(session, org_id):
        waits_here = tuple(waiting.get(invoice.id, ()))
        bills.append(
            Bill(
                invoice_id=invoice.id,
                number=invoice.number,
                left_cents=invoice.open_cents - sum(each.cents for each in waits_here),
                due_on=invoice.due_on,
                district_id=invoice.org_id,
                district=invoice.printed["district"]["name"],
                po_number=invoice.printed["po_number"],
                waits=waits_here,
            )
        )
    return OpenBills(bills)
