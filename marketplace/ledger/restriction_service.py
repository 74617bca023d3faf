"""Restricted money: accounts that only the rules of their programme move."""

from uuid import UUID

from sqlmodel import Session, select

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.ledger import queries, rules
from marketplace.ledger.models import LedgerHead, RestrictedFund


def restrict_fund(session: Session, actor: Actor, consortium_id: UUID, code: str) -> RestrictedFund:
    """From now on nobody posts to this account by hand, corrects or cancels its entries alone."""
    require(actor, "ledger.restrict_fund", LedgerHead(org_id=consortium_id))
    rules.family(code)
    queries.lock_head(session, consortium_id)
    query = select(RestrictedFund).where(
        RestrictedFund.org_id == consortium_id, RestrictedFund.code == code
    )
    if known := session.exec(query).one_or_none():
        return known
    fund = RestrictedFund(org_id=consortium_id, code=code, restricted_at=clock.now())
    session.add(fund)
    session.flush()
    emit(session, actor, "ledger.fund_restricted", fund, code=code)
    return fund
