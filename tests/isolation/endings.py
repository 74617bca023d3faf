"""Consortia of one tenant that end: declared by the lead, with something to share, at zero."""

from marketplace.accounts.rules import Role
from marketplace.consortia import ending_service
from marketplace.consortia.models import Observer
from marketplace.consortia.rules import Choices, Dissolution
from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.dissolution import models, service
from marketplace.ledger import service as ledger
from marketplace.ledger.rules import Leg, PostingKind


def build(builder):
    make, t = builder.make, builder.t
    t.observer = make.save(
        Observer(
            org_id=t.consortium.org_id,
            observer_id=t.funder.id,
            words="It pays for a part.",
            since=clock.now(),
            named_by_id=t.people["convener"].id,
        )
    )
    make.affiliation(t.funder, t.consortium_org)
    lead_ends = Choices(dissolution=Dissolution.LEAD)
    t.lead_ends_org = _consortium(builder, "Lead Ends", choices=lead_ends)
    t.sharing_org = _consortium(builder, "Sharing")
    t.approving_org = _consortium(builder, "Approving")
    t.at_zero_org = _consortium(builder, "At Zero")
    for org in (t.sharing_org, t.approving_org, t.at_zero_org):
        _end(builder, org)
    for org in (t.sharing_org, t.approving_org):
        _post(builder, org)
    with builder.writing(t.people["fiscal-agent"]) as (session, actor):
        service.propose_settlement(session, actor, t.approving_org.id)


def _consortium(builder, name, **fields):
    make, t = builder.make, builder.t
    consortium = make.consortium(t.agency, f"{builder.name} {name}", **fields)
    make.member(consortium, t.district)
    org = make.org_of(consortium)
    make.role(t.people["convener"], org, Role.CONVENER)
    make.role(t.people["fiscal-agent"], org, Role.FISCAL_AGENT)
    return org


def _end(builder, org):
    with builder.writing() as (session, actor):
        ending_service.wind_up(session, actor, org.id)
    builder.make.save(models.Dissolution(org_id=org.id, begun_at=clock.now()))


def _post(builder, org):
    with builder.writing() as (session, _):
        ledger.post(
            session,
            Actor.system(),
            org.id,
            key="fees",
            kind=PostingKind.FEE,
            ref="desk:fees",
            effective_on=clock.now().date(),
            legs=[Leg("cash:main", 500), Leg("fee:administration", -500)],
        )
