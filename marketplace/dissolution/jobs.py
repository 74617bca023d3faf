"""What follows from a vote to dissolve, and the letters about what is shared."""

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.consortia import queries as consortia
from marketplace.core import mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.core.web import link_to
from marketplace.decisions import queries as decisions
from marketplace.decisions.rules import DecisionKind, Outcome
from marketplace.dissolution import queries, service

LEAD = (Role.CONVENER, Role.FISCAL_AGENT)
DISTRICT = (Role.ADMINISTRATOR, Role.APPROVER, Role.BUYER)


@on("decisions.closed")
def begin_to_end(session: Session, event: Event) -> None:
    """The members voted to dissolve: nothing new begins from now on."""
    decision = decisions.get_decision(session, event.subject_id)
    if decision.kind is DecisionKind.DISSOLVE and decision.outcome is Outcome.PASSED:
        service.begin(session, Actor.system(), decision.org_id, decision.id)


@on("dissolution.settlement_proposed")
def show_the_shares(session: Session, event: Event) -> None:
    """Each district sees what it would get or owe before anything is posted."""
    dissolution = queries.get_dissolution(session, event.org_id)
    organization = accounts.get_organization(session, event.org_id)
    page = link_to("dissolution.end", slug=organization.slug)
    shares = dissolution.figures["shares"]
    members = [row.district_id for row in consortia.active_members(session, event.org_id)]
    for district in accounts.organizations_by_id(session, members).values():
        cents = shares.get(district.leaid or "", 0)
        what = f"get {dollars(cents)} back" if cents > 0 else f"pay {dollars(-cents)}"
        text = f"Your district would {what}." if cents else "Your district gets and owes nothing."
        for person in accounts.people_with_role(session, district.id, *DISTRICT):
            mail.send(
                session,
                person.email,
                f"{organization.name} ends: your part",
                f"{organization.name} is being dissolved, and what is left over or missing is "
                f"shared by the by-laws. {text}\n\nNothing is posted yet: a second person "
                f"approves it first. All figures:\n\n{page}\n",
            )
    for person in accounts.people_with_role(session, event.org_id, *LEAD):
        mail.send(
            session,
            person.email,
            f"{organization.name} ends: a second person must approve the shares",
            "What is left over or missing was reckoned by the by-laws. Somebody other than its "
            f"author approves it:\n\n{page}\n",
        )
