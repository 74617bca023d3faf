"""Whether somebody wants to move a restricted account by hand."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.ledger import rules
from marketplace.ledger.models import RestrictedFund


def check_by_hand(session: Session, consortium_id: UUID, codes: Iterable[str]) -> None:
    """Refuse lines of a restricted account that do not come from its programme."""
    query = select(RestrictedFund.code).where(
        RestrictedFund.org_id == consortium_id, col(RestrictedFund.code).in_(sorted(set(codes)))
    )
    rules.check_unrestricted(session.exec(query).first())
