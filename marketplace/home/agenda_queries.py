"""What a district has to do and which dates it has: for its home, its letter and its calendar."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts.models import Organization
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Instrument
from marketplace.consortia.rules import MemberStatus
from marketplace.home import queries, rules, tasks
from marketplace.home.queries import Bought
from marketplace.home.rules import Task
from marketplace.home.tasks import Membership
from marketplace.pools import queries as pools
from marketplace.pools.models import Commitment, Pool


@dataclass(frozen=True)
class Agenda:
    """The rows behind a district's home, and the tasks that follow from them, in order."""

    memberships: list[Membership]
    papers: list[Instrument]
    commitments: list[tuple[Commitment, Pool]]
    open_pools: list[tuple[Pool, str]]
    bought: list[Bought]
    tasks: list[Task]

    @property
    def slugs(self) -> dict[UUID, str]:
        return {consortium.id: consortium.slug for _, consortium in self.memberships}


def agenda(session: Session, district: Organization, today: date, now: datetime) -> Agenda:
    """Eight queries, however much there is."""
    memberships = consortia.memberships_of(session, district.id)
    circles = [org.id for member, org in memberships if member.status is MemberStatus.ACTIVE]
    papers = queries.papers_of(session, district.id)
    commitments = pools.commitments_of_district(session, district.id)
    open_pools = queries.open_pools_of(session, circles, now)
    bought = queries.bought_by(session, district.id)
    due = [
        *tasks.about_membership(memberships, papers, today),
        *tasks.about_by_laws(queries.by_laws_to_accept(session, district.id)),
        *tasks.about_votes(queries.votes_waiting(session, district.id, now)),
        *tasks.about_pools(open_pools, commitments),
        *tasks.about_orders(district.leaid or "", bought),
        *tasks.about_renewals(
            district.leaid or "", queries.renewals_waiting(session, district.id, today)
        ),
    ]
    return Agenda(memberships, papers, commitments, open_pools, bought, rules.in_order(due))
