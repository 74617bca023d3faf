"""What is in the demonstration world, counted."""

from sqlalchemy import func
from sqlmodel import Session, SQLModel, select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue.models import Tool
from marketplace.directory.models import District
from marketplace.ledger.models import LedgerTxn
from marketplace.orders.models import Order
from marketplace.pools.models import Pool


def sentence(session: Session) -> str:
    def count(table: type[SQLModel]) -> int:
        return session.exec(select(func.count()).select_from(table)).one()

    signed_up = session.exec(
        select(func.count())
        .select_from(Organization)
        .where(Organization.kind == OrganizationKind.DISTRICT)
    ).one()
    return (
        f"The demonstration world is here: {count(District)} districts in the directory, "
        f"{signed_up} of them signed up, {count(Tool)} tools, {count(Pool)} pools, "
        f"{count(Order)} orders and {count(LedgerTxn)} entries in the books."
    )
