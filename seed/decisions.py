"""Votes: named voters, one decision that has ended and one that runs."""

from datetime import time, timedelta

from sqlmodel import select

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import actor_for
from marketplace.catalogue.models import Tool
from marketplace.consortia import queries as consortia
from marketplace.consortia import service as consortia_service
from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.costs import queries as costs
from marketplace.decisions import queries, service
from marketplace.decisions.models import Decision
from marketplace.decisions.rules import Choice, DecisionKind
from marketplace.decisions.service import Question
from seed.diary import Diary
from seed.roster import TWIN_TIERS

LEAD = f"lead:{TWIN_TIERS}"
NAMED, FIRST, SECOND = -40, -30, -1


def plan(diary: Diary) -> None:
    diary.later(diary.at(NAMED, 40), name_voters)
    diary.later(diary.at(FIRST, 60), ask_first)
    diary.later(diary.at(SECOND, 200), ask_second)


def _met(diary: Diary, key: str) -> Actor:
    """The actor as it is now: since it came, its organization has joined the consortium."""
    user = accounts.get_user(diary.session, diary.actors[key].user_id)
    return actor_for(diary.session, user)


def _voters(diary: Diary) -> list[Actor]:
    """The people of member districts whom the diary knows, by LEAID, the demo's buyer first."""
    members = {
        member.district_id
        for member in consortia.active_members(diary.session, diary.consortia[TWIN_TIERS].org_id)
    }
    keys = [key for key, actor in diary.actors.items() if actor.org_id in members]
    keys = [key for key in keys if key != "approver"]
    return [_met(diary, key) for key in sorted(keys, key=lambda key: (key != "buyer", key))]


def name_voters(diary: Diary) -> None:
    org_id = diary.consortia[TWIN_TIERS].org_id
    named = set()
    for actor in _voters(diary):
        if actor.home not in named:
            named.add(actor.home)
            approver = diary.actors["approver"]
            stands_in = approver.user_id if approver.org_id == actor.home else None
            consortia_service.name_voters(diary.session, actor, org_id, actor.person, stands_in)


def _ask(diary: Diary, kind: DecisionKind, title: str, words: str, subject: str = "") -> Decision:
    asked = Question(
        kind, title, words, (clock.now() + timedelta(days=14)).date(), time(17), subject
    )
    org_id = diary.consortia[TWIN_TIERS].org_id
    return service.open_decision(diary.session, _met(diary, LEAD), org_id, asked, title[:60])


def _vote(diary: Diary, decision: Decision, choices: list[Choice]) -> None:
    org_id, voted = decision.org_id, 0
    for actor in _voters(diary):
        member = consortia.get_member(diary.session, org_id, actor.home)
        own = queries.elector(diary.session, decision.id, actor.home)
        if voted < len(choices) and own and not own.choice and member.voter_id == actor.user_id:
            service.cast_vote(diary.session, actor, decision.id, choices[voted])
            voted += 1


def _coach(diary: Diary) -> Tool:
    return diary.session.exec(select(Tool).where(Tool.name == "Brightlark Reading Coach")).one()


def ask_first(diary: Diary) -> None:
    """A vote that everybody took part in, so it ended at once."""
    decision = _ask(
        diary,
        DecisionKind.PICK_TOOL,
        "Shall we ask for a joint price of a reading coach?",
        "Eight of our schools have asked for one. Our reviewers have read its privacy terms.",
        f"pick_tool:{_coach(diary).id}",
    )
    electors = len(queries.electors(diary.session, decision.id))
    _vote(diary, decision, [Choice.NO, *[Choice.YES] * electors])


def ask_second(diary: Diary) -> None:
    """A vote on the lead's proposal of how to split; the buyer of the demo can vote."""
    org_id = diary.consortia[TWIN_TIERS].org_id
    waiting = [p for p in costs.proposals(diary.session, org_id) if not p.withdrawn_at]
    decision = _ask(
        diary,
        DecisionKind.COST_METHOD,
        "Shall we share 30% of each cost equally, and the rest by pupils?",
        "A part of the work is the same for all of us. Look at your own line in the proposal.",
        f"cost_method:{min(waiting, key=lambda p: p.proposed_at).id}",
    )
    service.remark(
        diary.session,
        _met(diary, LEAD),
        decision.id,
        "Please read your own bill in the proposal before you vote.",
        "seed",
    )
