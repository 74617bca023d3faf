"""What a consortium's by-laws and papers ask of a district before it may commit."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import MemberStatus
from marketplace.pools.models import Pool


@dataclass(frozen=True)
class Asked:
    """What holds for one district in one pool today."""

    is_member: bool
    has_instrument: bool
    survey_required: bool


def survey_required(_session: Session, _pool: Pool) -> bool:
    return False


def asked_of(session: Session, pool: Pool, district_id: UUID, today: date) -> Asked:
    member = consortia.member(session, pool.org_id, district_id)
    if member is None or member.status is not MemberStatus.ACTIVE:
        return Asked(False, False, survey_required(session, pool))
    paper = consortia.instrument_in_force(
        session,
        pool.org_id,
        district_id,
        signed_by=today,
        since=pool.term_starts_on,
        until=pool.term_ends_on,
    )
    return Asked(True, paper is not None, survey_required(session, pool))
