"""Notices on their days, and the letters that follow from what is asked and decided."""

from collections.abc import Iterable
from uuid import UUID

import structlog
from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import Role
from marketplace.core import clock, jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.core.web import day, link_to
from marketplace.decisions import queries as decisions
from marketplace.decisions.rules import DecisionKind
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.renewals import queries, renewal_queries, renewal_service, vote_service
from marketplace.renewals.models import TermRequest
from marketplace.renewals.rules import ANSWER_WORDS, RequestKind

DISTRICT = (Role.BUYER, Role.ADMINISTRATOR, Role.APPROVER)
VENDOR = (Role.FINANCE, Role.ADMINISTRATOR)
LEAD = (Role.CONVENER, Role.FISCAL_AGENT)
log = structlog.get_logger(__name__)


@jobs.timed
def send_notices(session: Session) -> int:
    """Each notice once; a pool that fails does not stop the others."""
    done = 0
    for pool_id in renewal_queries.terms_to_notice(session, clock.now().date()):
        try:
            with session.begin_nested():
                done += renewal_service.send_notice(session, Actor.system(), pool_id) is not None
        except Exception:  # it is tried again in a minute
            log.exception("notice not sent", pool=str(pool_id))
    return done


def _write(
    session: Session, org_id: UUID, roles: Iterable[Role], subject: str, *lines: str
) -> None:
    for person in accounts.people_with_role(session, org_id, *roles):
        text = "\n\n".join([f"Dear {person.name},", *lines])
        mail.send(session, person.email, subject, text + "\n")


def _pool(session: Session, pool_id: UUID) -> tuple[Pool, Organization]:
    pool = pools.get_pool(session, pool_id)
    return pool, accounts.get_organization(session, pool.org_id)


def _districts(session: Session, pool: Pool) -> list[Organization]:
    term = queries.standing(session, pool)
    ids = [term.districts[leaid] for leaid in sorted(term.seats_at_end)]
    known = accounts.organizations_by_id(session, ids)
    return [known[org_id] for org_id in ids]


@on("renewals.notice_due")
def write_notices(session: Session, event: Event) -> None:
    """To every district of the term, its lead and its vendor."""
    pool, consortium = _pool(session, UUID(event.facts["pool"]))
    ends = f"The term of “{pool.title}” ends on {day(pool.term_ends_on)}"
    ahead = f"{ends}, about {event.facts['days']} days from now."
    nothing = "Nothing renews by itself: without your answer it simply ends."
    for district in _districts(session, pool):
        said = renewal_queries.answer_of(session, pool.id, district.id)
        answered = f"Your answer so far: {ANSWER_WORDS[said.answer]}." if said else nothing
        _write(
            session,
            district.id,
            DISTRICT,
            f"{pool.title} ends {day(pool.term_ends_on)}: do you go on?",
            ahead,
            answered,
            "Use, price and the cost of leaving are on one page: "
            + link_to(
                "renewals.my_term",
                leaid=district.leaid,
                consortium=consortium.slug,
                pool_slug=pool.slug,
            ),
        )
    _write(
        session,
        pool.org_id,
        LEAD,
        f"{pool.title} ends {day(pool.term_ends_on)}",
        ahead,
        "Its districts were asked today if they go on. See their answers: "
        + link_to("renewals.term", consortium=consortium.slug, pool_slug=pool.slug),
    )
    vendor = accounts.get_organization(session, pool.vendor_id)
    _write(
        session,
        vendor.id,
        VENDOR,
        f"{pool.title} ends {day(pool.term_ends_on)}",
        ahead,
        "Its districts decide now if they go on. See how many said yes: "
        + link_to("renewals.vendor_terms", vendor=vendor.slug),
    )


# -- requests --------------------------------------------------------------------------------------

ASKS = {
    RequestKind.LATE_JOIN: "asks to join “{pool}” with {seats:,} seats",
    RequestKind.ADDED_SEATS: "asks for {seats:,} more seats in “{pool}”",
    RequestKind.WITHDRAWAL: "asks to leave “{pool}” and give up {seats:,} seats",
}


def _asked(session: Session, event: Event) -> tuple[TermRequest, Pool, Organization, str]:
    asked = queries.get_request(session, event.subject_id)
    pool, consortium = _pool(session, asked.pool_id)
    what = ASKS[asked.kind].format(pool=pool.title, seats=asked.seats)
    return asked, pool, consortium, what


def _tell_the_lead(session: Session, event: Event) -> None:
    asked, pool, consortium, what = _asked(session, event)
    name = queries.name_of(session, asked.district_id)
    _write(
        session,
        pool.org_id,
        LEAD,
        f"{name} {what}",
        f"{name} {what}, from {day(asked.starts_on)}." + (f" {asked.reason}" * bool(asked.reason)),
        "Answer on the page of the term: "
        + link_to("renewals.term", consortium=consortium.slug, pool_slug=pool.slug),
    )


@on("renewals.late_join_asked")
def tell_the_lead_of_a_late_join(session: Session, event: Event) -> None:
    _tell_the_lead(session, event)


@on("renewals.seats_asked")
def tell_the_lead_of_seats(session: Session, event: Event) -> None:
    _tell_the_lead(session, event)


@on("renewals.leaving_asked")
def tell_everybody_who_leaves(session: Session, event: Event) -> None:
    """The lead answers; the other members see what it does to their shares."""
    _tell_the_lead(session, event)
    asked, pool, _consortium, what = _asked(session, event)
    name = queries.name_of(session, asked.district_id)
    for district in _districts(session, pool):
        if district.id == asked.district_id:
            continue
        _write(
            session,
            district.id,
            DISTRICT,
            f"{name} {what}",
            f"{name} {what}, from {day(asked.starts_on)}. {asked.reason}",
            "See what that does to your share, and consent in writing if you agree: "
            + link_to("renewals.consent_to_leaving", leaid=district.leaid, request_id=asked.id),
        )


@on("renewals.request_refused")
def tell_why_not(session: Session, event: Event) -> None:
    asked, pool, _consortium, _what = _asked(session, event)
    reason = (asked.figures or {}).get("refused_because", "")
    _write(
        session,
        asked.district_id,
        DISTRICT,
        f"“{pool.title}”: the lead agency said no",
        f"What you asked for was turned down. {reason}",
        "Nothing was billed. Your terms: " + link_to("renewals.my_terms", leaid=asked.leaid),
    )


# -- the true-up and the next pool -----------------------------------------------------------------


@on("renewals.true_up_proposed")
def show_the_proposal(session: Session, event: Event) -> None:
    """Every member sees what it would owe before anything is posted."""
    run = queries.get_run(session, event.subject_id)
    pool, consortium = _pool(session, run.pool_id)
    page = link_to("renewals.true_up_run", consortium=consortium.slug, run_id=run.id)
    owed = {row["leaid"]: row["difference_cents"] for row in run.figures["rows"]}
    for district in _districts(session, pool):
        cents = owed.get(district.leaid or "", 0)
        change = f"pay {dollars(cents)} more" if cents > 0 else f"get {dollars(-cents)} back"
        _write(
            session,
            district.id,
            DISTRICT,
            f"True-up of “{pool.title}”: a proposal",
            f"Your district would {change}." if cents else "Your share would stay as it is.",
            "Nothing is posted yet: a second person approves it first. All figures: " + page,
        )
    _write(
        session,
        pool.org_id,
        LEAD,
        f"True-up of “{pool.title}” waits for a second person",
        "Somebody other than its author approves it or turns it down: " + page,
    )


@on("decisions.closed")
def begin_next_term(session: Session, event: Event) -> None:
    """The districts voted to renew: the draft of the next pool is made."""
    if event.facts["kind"] == DecisionKind.RENEW_POOL:
        vote_service.prepare_next(session, Actor.system(), event.subject_id)


@on("decisions.next_step")
def tell_the_lead_of_the_vote(session: Session, event: Event) -> None:
    decision = decisions.get_decision(session, event.subject_id)
    if decision.kind is not DecisionKind.RENEW_POOL or decision.subject_id is None:
        return
    pool, consortium = _pool(session, decision.subject_id)
    voted = f"The districts of “{pool.title}” voted for another term."
    if decision.opens_pool_id is not None:
        draft, _ = _pool(session, decision.opens_pool_id)
        _write(
            session,
            pool.org_id,
            (Role.CONVENER,),
            f"Draft pool to check: {draft.title}",
            f"{voted} A draft of the next pool is made for you. Nobody is in it yet: once you "
            "open it, every district is asked to commit anew.",
            "Look at its dates and its price, then open it: "
            + link_to("pools.change_pool", slug=consortium.slug, pool_slug=draft.slug),
        )
        return
    _write(
        session,
        pool.org_id,
        (Role.CONVENER,),
        f"Please plan the next pool of “{pool.title}”",
        f"{voted} No draft could be made yet. {decision.next_step}",
        "You plan it here: "
        + link_to("renewals.plan_renewal", consortium=consortium.slug, pool_slug=pool.slug),
    )


@on("pools.opened")
def invite_who_was_in(session: Session, event: Event) -> None:
    """The next pool is open: a new yes is needed from everybody."""
    renewal = renewal_service.invite_members(session, Actor.system(), event.subject_id)
    if renewal is None:
        return
    pool, consortium = _pool(session, renewal.next_pool_id)
    before, _ = _pool(session, renewal.pool_id)
    for district in _districts(session, before):
        said = renewal_queries.answer_of(session, before.id, district.id)
        seats = f" with {said.seats:,} seats" if said and said.seats else ""
        answer = f"You said: {ANSWER_WORDS[said.answer]}{seats}." if said else ""
        _write(
            session,
            district.id,
            DISTRICT,
            f"“{pool.title}” is open",
            f"It follows “{before.title}”, which ends {day(before.term_ends_on)}. {answer}".strip(),
            "Your seats do not go on by themselves. Commit them here: "
            + link_to("pools.pool", consortium=consortium.slug, slug=pool.slug),
        )
