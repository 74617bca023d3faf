"""The letters about pools. Each goes to the contact a district named, else to its buyers."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import Role
from marketplace.core import mail
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.core.web import day, moment, utc
from marketplace.pools import queries, rules
from marketplace.pools.models import Commitment, Pool

VENDOR = (Role.FINANCE, Role.ADMINISTRATOR)
LEAD = (Role.CONVENER, Role.FISCAL_AGENT)


@on("pools.cleared")
def write_results(session: Session, event: Event) -> None:
    """Tell whoever was left out why, and the lead agency the total.

    Whoever is in gets one letter, about its order: with the amount and what to do next.
    """
    pool = queries.get_pool(session, event.subject_id)
    consortium = accounts.get_organization(session, pool.org_id)
    shared = {each.district_id for each in queries.allocations(session, pool.id)}
    for commitment in queries.commitments(session, pool.id):
        if commitment.district_id not in shared:
            text = _left_out(pool, consortium, commitment)
            _write(session, commitment, f"{pool.title}: cleared without you", text)
    total = dollars(event.facts["total_cents"])
    text = (
        f"The pool “{pool.title}” cleared: {_sharing(len(shared))} {total} for "
        f"{event.facts['seats']:,} seats.\n\n{_address(pool, consortium)}\n"
    )
    _write_to(session, pool, LEAD, f"{pool.title}: cleared", text)
    for person in accounts.people_with_role(session, pool.vendor_id, *VENDOR):
        text = (
            f"The pool “{pool.title}” of {consortium.name} cleared: {event.facts['seats']:,} "
            f"seats for {total}. The orders follow; each district sends its PO number.\n\n"
            f"{_address(pool, consortium)}\n"
        )
        mail.send(session, person.email, f"{pool.title}: cleared", text)


@on("pools.lapsed")
def write_lapse(session: Session, event: Event) -> None:
    """Tell everybody that the pool closed short and that nobody owes anything; and the lead
    what it can do now."""
    pool = queries.get_pool(session, event.subject_id)
    consortium = accounts.get_organization(session, pool.org_id)
    nothing = f"The pool “{pool.title}” of {consortium.name} closed short. Nobody is billed."
    _write_all(
        session,
        pool,
        "closed short",
        f"{nothing}\n\nThe lead agency now chooses: more time, fewer seats, or to release "
        "everybody. Your seats and papers stay as you sent them, so there is nothing to send "
        f"again. You hear what it decides.\n\n{_address(pool, consortium)}\n",
    )
    _write_to(
        session,
        pool,
        (Role.CONVENER,),
        f"{pool.title}: closed short, please decide",
        f"{nothing}\n\nYou have three choices, on the page of the pool: extend the deadline, go "
        "ahead with fewer seats, or release the districts.\n\n" + _address(pool, consortium) + "\n",
    )


@on("pools.extended")
def write_extension(session: Session, event: Event) -> None:
    pool = queries.get_pool(session, event.subject_id)
    closes = _moment(pool, pool.closes_at)
    text = (
        f"The lead agency gives the pool “{pool.title}” more time, until {closes}.\n\n"
        "What you sent stays as it is. There is nothing to do, but you can add seats, change "
        "them or withdraw until then."
    )
    _write_all(session, pool, "open again", _signed(session, pool, text))


@on("pools.threshold_lowered")
def write_lower_threshold(session: Session, event: Event) -> None:
    """The result follows in a letter of its own."""
    pool = queries.get_pool(session, event.subject_id)
    text = (
        f"The lead agency lets the pool “{pool.title}” go ahead with "
        f"{event.facts['threshold']:,} seats or more, not {event.facts['before']:,}. It clears "
        "with the seats and limits you sent; nobody pays more than its limit or than alone."
    )
    _write_all(session, pool, "goes ahead with fewer seats", _signed(session, pool, text))


@on("pools.released")
def write_release(session: Session, event: Event) -> None:
    pool = queries.get_pool(session, event.subject_id)
    text = (
        f"The lead agency ended the pool “{pool.title}”. You are released: you owe nothing and "
        "may use your board approval or purchase order elsewhere."
    )
    _write_all(session, pool, "ended, you are released", _signed(session, pool, text))


@on("pools.fill_up_planned")
def write_fill_up_plan(session: Session, event: Event) -> None:
    pool = queries.get_pool(session, event.subject_id)
    if pool.fill_up_at is None:
        text = (
            f"In the pool “{pool.title}” you can change or withdraw your seats until it closes, "
            f"{_moment(pool, pool.closes_at)}."
        )
    else:
        text = (
            f"In the pool “{pool.title}” seats can only be added from "
            f"{_moment(pool, pool.fill_up_at)} on. Change or withdraw yours before then."
        )
    _write_all(session, pool, "until when you can change", _signed(session, pool, text))


@on("pools.fill_up_began")
def write_fill_up(session: Session, event: Event) -> None:
    pool = queries.get_pool(session, event.subject_id)
    text = (
        f"The last phase of the pool “{pool.title}” has begun: seats can only be added, until "
        f"{_moment(pool, pool.closes_at)}. A few more may lower the price for all."
    )
    _write_all(session, pool, "last days for more seats", _signed(session, pool, text))


@on("pools.price_withdrawn")
def write_price_withdrawn(session: Session, event: Event) -> None:
    """The frozen quote stays good to its last day; the lead hears until when it must act."""
    pool = queries.get_pool(session, event.subject_id)
    until = day(pool.quote_valid_until) if pool.quote_valid_until else "the deadline"
    text = (
        f"The vendor has taken the price of “{pool.title}” off its list. The quote this pool "
        f"froze stays good until {until}, so nothing changes for this pool."
    )
    _write_all(session, pool, "the vendor changed its price list", _signed(session, pool, text))
    text += " If the pool closes short, decide before that day: after it there is no price."
    subject = f"{pool.title}: the vendor changed its price list"
    _write_to(session, pool, (Role.CONVENER,), subject, _signed(session, pool, text))


@on("pools.clearing_asked")
def write_clearing_asked(session: Session, event: Event) -> None:
    """Whoever may confirm hears of it, but for the one who asked."""
    pool = queries.get_pool(session, event.subject_id)
    text = (
        f"Somebody asked to clear the pool “{pool.title}” by hand. A second person confirms it "
        "on the page of the pool."
    )
    others = (
        person
        for person in accounts.people_with_role(session, pool.org_id, *LEAD)
        if person.id != event.actor_id
    )
    for person in others:
        subject = f"{pool.title}: please confirm the clearing"
        mail.send(session, person.email, subject, _signed(session, pool, text))


def _sharing(districts: int) -> str:
    return "1 district shares" if districts == 1 else f"{districts:,} districts share"


def _left_out(pool: Pool, consortium: Organization, commitment: Commitment) -> str:
    if commitment.rung in rules.COUNTING_RUNGS:
        why = "Your share would have been above the most you will pay."
        if commitment.leaid in (pool.clearing or {}).get("left_out", ()):
            why = "Your membership paper no longer covers the whole term."
    else:
        why = "Your seats were not approved or committed by the deadline."
    return (
        f"The pool “{pool.title}” cleared without you. {why} You owe nothing.\n\n"
        f"{_address(pool, consortium)}\n"
    )


def _write(session: Session, commitment: Commitment, subject: str, text: str) -> None:
    """To the contact the district named, else to its buyers."""
    if commitment.contact_email:
        mail.send(session, commitment.contact_email, subject, text)
        return
    roles = (Role.BUYER, Role.ADMINISTRATOR)
    for person in accounts.people_with_role(session, commitment.district_id, *roles):
        mail.send(session, person.email, subject, text)


def _address(pool: Pool, consortium: Organization) -> str:
    return f"{mail.site_address()}/pools/{consortium.slug}/{pool.slug}"


def _signed(session: Session, pool: Pool, text: str) -> str:
    consortium = accounts.get_organization(session, pool.org_id)
    return f"{text}\n\n{_address(pool, consortium)}\n"


def _moment(pool: Pool, at: datetime) -> str:
    return f"{moment(at, pool.time_zone)} ({utc(at)})"


def _write_all(session: Session, pool: Pool, subject: str, text: str) -> None:
    """To every district that is in the pool."""
    for commitment in queries.commitments(session, pool.id):
        _write(session, commitment, f"{pool.title}: {subject}", text)


def _write_to(session: Session, pool: Pool, roles: Iterable[Role], subject: str, text: str) -> None:
    """To whoever holds one of these roles in the consortium, each once."""
    for person in accounts.people_with_role(session, pool.org_id, *roles):
        mail.send(session, person.email, subject, text)
