"""What a consortium's by-laws and papers ask of a district before it may commit."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.consortia import queries as consortia
from marketplace.consortia.rules import REFUSAL_WORDS
from marketplace.pools.models import Pool


@dataclass(frozen=True)
class Asked:
    """What holds for one district in one pool today."""

    survey_required: bool
    #: Why its seats may not count now, in words; empty when they may.
    why_not: str


def survey_required(session: Session, pool: Pool) -> bool:
    """As the by-laws say under which the pool opened; those in force for a draft."""
    if pool.by_laws_version is None:
        by_laws = consortia.by_laws_in_force(session, pool.org_id)
    else:
        by_laws = consortia.by_laws_version(session, pool.org_id, pool.by_laws_version)
    return by_laws.choices.survey_before_intent


def asked_of(session: Session, pool: Pool, district_id: UUID, today: date) -> Asked:
    why_not = consortia.why_not_commit(
        session,
        pool.org_id,
        district_id,
        today=today,
        starts_on=pool.term_starts_on,
        ends_on=pool.term_ends_on,
    )
    return Asked(survey_required(session, pool), REFUSAL_WORDS[why_not] if why_not else "")
