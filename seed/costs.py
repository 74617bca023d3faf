"""How to split: the lead agency and a member propose other ways than by seats; one thinks again."""

from dataclasses import dataclass

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import actor_for
from marketplace.core.access import Actor
from marketplace.costs import queries, service
from marketplace.costs.models import CostProposal
from marketplace.costs.rules import Terms
from marketplace.pricing.rules import Form, Method, Rest
from seed.diary import Diary
from seed.roster import TWIN_TIERS


@dataclass(frozen=True)
class Idea:
    who: str  # key of the actor
    day: int
    terms: Terms
    words: str
    withdrawn: int | None = None  # day


IDEAS = (
    Idea(
        f"lead:{TWIN_TIERS}",
        -8,
        Terms(Method.EQUAL),
        "One vote each, one bill each. Let us see what that would do.",
        withdrawn=-5,
    ),
    Idea(
        f"lead:{TWIN_TIERS}",
        -4,
        Terms(Method.HYBRID, 3_000, Rest.PER_PUPIL),
        "Everyone carries a part of the work of running this, so a part is the same for all. The "
        "rest goes by pupils. Please look at your own line before the January meeting.",
    ),
    Idea(
        "buyer",
        -3,
        Terms(Method.PER_PUPIL),
        "Our board asks what it costs for each pupil. This makes it the same for every pupil.",
    ),
)


def plan(diary: Diary) -> None:
    for number, idea in enumerate(IDEAS):
        diary.later(diary.at(idea.day, 90), propose, idea, number)


def propose(diary: Diary, idea: Idea, number: int) -> None:
    """On the seats that stand that day in the newest pool with price steps."""
    session, org_id = diary.session, diary.consortia[TWIN_TIERS].org_id
    # Met anew: since they came, their organization has joined the consortium.
    actor = actor_for(session, accounts.get_user(session, diary.actors[idea.who].user_id))
    offered = queries.prices(session, accounts.get_organization(session, org_id))
    price = next(each for each in offered if each.schedule.form is Form.VOLUME)
    proposal = service.propose_method(
        session,
        actor,
        org_id,
        once_key=f"seed-{number}",
        price_key=price.key,
        terms=idea.terms,
        seats={row.leaid: row.seats for row in queries.rows(session, org_id, price)},
        words=idea.words,
    )
    if idea.withdrawn is not None:
        diary.later(diary.at(idea.withdrawn), withdraw, actor, proposal)


def withdraw(diary: Diary, actor: Actor, proposal: CostProposal) -> None:
    service.withdraw_proposal(diary.session, actor, proposal.org_id, proposal.id)
