"""Whose week ahead is still to be written."""

from datetime import date

from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia.models import Member
from marketplace.core.tenancy import in_scope
from marketplace.home.models import Digest


def zones(session: Session) -> list[str]:
    """The time zones in which districts live here."""
    query = (
        select(Organization.time_zone)
        .where(Organization.kind == OrganizationKind.DISTRICT)
        .distinct()
        .order_by(col(Organization.time_zone))
    )
    return list(session.exec(query))


def waiting(session: Session, zone: str, week: date, limit: int) -> list[Organization]:
    """Districts that a consortium knows and whose letter of this week was not written; locked."""
    written = select(Digest.org_id).where(Digest.week == week, in_scope(Digest))
    known = select(Member.district_id).where(in_scope(Member))
    query = (
        select(Organization)
        .where(
            Organization.kind == OrganizationKind.DISTRICT,
            Organization.time_zone == zone,
            col(Organization.id).in_(known),
            col(Organization.id).not_in(written),
        )
        .order_by(col(Organization.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(session.exec(query))
