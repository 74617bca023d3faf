"""What members and their lead do with ways to split a cost: propose one, withdraw it."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.consortia import queries as consortia
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.costs import bill_rules, proposal_rules, queries
from marketplace.costs.models import CostProposal
from marketplace.costs.rules import Terms


def propose_method(
    session: Session,
    actor: Actor,
    org_id: UUID,
    *,
    once_key: str,
    price_key: str,
    terms: Terms,
    seats: Mapping[str, int],
    words: str = "",
) -> CostProposal:
    """Freeze a split for a vote. The same `once_key` again gives what it stored before.

    Names, pupils and the price are read here; of what was typed only the seats count.
    """
    consortium = consortia.consortium_of(session, org_id, lock=True)
    require(actor, "costs.propose_method", consortium)
    if stored := queries.proposal_of_form(session, org_id, once_key):
        return stored
    organization = accounts.get_organization(session, org_id)
    price = queries.price_by_key(queries.prices(session, organization), price_key)
    rows = queries.rows(session, org_id, price)
    proposal_rules.check_seats(seats, {row.leaid for row in rows})
    if len(words.strip()) > proposal_rules.LONGEST_WORDS:
        raise RuleBroken(f"Use {proposal_rules.LONGEST_WORDS:,} letters at most.", "words")
    members = [row.with_seats(seats[row.leaid]) for row in rows if seats.get(row.leaid)]
    proposal_rules.check_group(members)

    result = bill_rules.reckon(price.schedule, members, terms, price.seed)
    method = consortium.split_method
    today = proposal_rules.todays_split(price.schedule, members, method, price.seed)
    facts = {row.leaid: {"name": row.name, "pupils_year": row.pupils_year} for row in rows}
    inputs = proposal_rules.frozen_inputs(price.schedule, members, facts, terms, price.seed)
    proposal = CostProposal(
        org_id=org_id,
        method=terms.method,
        equal_bps=terms.equal_bps,
        rest=terms.rest,
        bought=price.label,
        pool_id=price.pool_id,
        price_schedule_id=price.price_schedule_id,
        total_cents=result.total_cents,
        words=words.strip(),
        inputs=inputs,
        inputs_sha256=proposal_rules.fingerprint(inputs),
        result=proposal_rules.frozen_result(result, method, today),
        proposed_at=clock.now(),
        proposed_by_id=actor.user_id,  # type: ignore[arg-type]
        proposed_for_id=actor.home,
        once_key=once_key,
    )
    session.add(proposal)
    session.flush()
    emit(
        session,
        actor,
        "costs.method_proposed",
        proposal,
        method=terms.method.value,
        total_cents=result.total_cents,
    )
    return proposal


def withdraw_proposal(
    session: Session, actor: Actor, org_id: UUID, proposal_id: UUID
) -> CostProposal:
    """Take a proposal back; its figures stay readable. Doing so again changes nothing."""
    proposal = queries.get_proposal(session, org_id, proposal_id, lock=True)
    require(actor, "costs.withdraw_proposal", proposal)
    if proposal.withdrawn_at is None:
        proposal.withdrawn_at, proposal.withdrawn_by_id = clock.now(), actor.user_id
        emit(session, actor, "costs.proposal_withdrawn", proposal)
    return proposal
