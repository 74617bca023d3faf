"""What happens during and after a term: one that joined late, and a true-up that waits."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlmodel import select

from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.orders import invoice_service, service
from marketplace.orders import queries as orders
from marketplace.orders.rules import PaymentMeans
from marketplace.pools.models import Pool
from marketplace.renewals import queries, request_service, true_up_service, usage_queries
from seed.diary import Diary
from seed.orders import paid_by_hand
from seed.roster import DEMO_DISTRICT, TWIN_TIERS

#: The demo district comes to this pool when its term runs; half a year before it ends it is asked
#: if it goes on, and has not answered yet.
JOINED_LATE, JOINS, LATE_SEATS = "Writing Feedback, grades 6 to 12", -118, 60
#: This term is over. Use is counted; the lead proposed the true-up, the fiscal agent has yet to
#: approve it.
SETTLED, SAID, CONFIRMED, PROPOSED = "Reading Coach, first year", -16, -12, -3


def plan(diary: Diary) -> None:
    diary.later(diary.at(JOINS), join_late)
    diary.later(diary.at(SAID), say_use)
    diary.later(diary.at(CONFIRMED), confirm_use)
    diary.later(diary.at(PROPOSED), propose)


def _pool(diary: Diary, title: str) -> Pool:
    return diary.session.exec(select(Pool).where(Pool.title == title)).one()


def _member(diary: Diary, name: str, pool: Pool) -> Actor:
    """Somebody of a member district, who joined after the account was made."""
    actor = diary.actors[name]
    return replace(actor, circles=actor.circles | {pool.org_id})


def join_late(diary: Diary) -> None:
    pool, session = _pool(diary, JOINED_LATE), diary.session
    buyer, lead = _member(diary, "buyer", pool), diary.actors[f"lead:{TWIN_TIERS}"]
    name, email = diary.contacts[DEMO_DISTRICT]
    request = request_service.ask_to_join_late(
        session,
        buyer,
        pool.id,
        seats=LATE_SEATS,
        starts_on=clock.today(pool.time_zone) + timedelta(days=4),
        once_key="seed-late-join",
        contact_name=name,
        contact_email=email,
    )
    request_service.approve_late_join(session, lead, request.id)
    order = next(o for o in orders.orders_of_pool(session, pool.id) if o.leaid == DEMO_DISTRICT)
    service.issue_purchase_order(session, buyer, order.id, f"PO-{DEMO_DISTRICT[-4:]}-LATE")
    invoice = invoice_service.issue_invoice(session, lead, order.id)
    diary.later(diary.workday(clock.now() + timedelta(days=20)), pay, invoice.id)


def pay(diary: Diary, invoice_id: UUID) -> None:
    invoice = orders.get_invoice(diary.session, invoice_id)
    paid_by_hand(
        diary,
        diary.actors["agent"],
        invoice,
        means=PaymentMeans.CHECK,
        reference="CH-20417",
        amount_cents=invoice.open_cents,
        paid_on=clock.now().date() - timedelta(days=1),
        once_key="seed-late-join-paid",
    )


def say_use(diary: Diary) -> None:
    """The vendor counts: most used a little less than they have, one a little more."""
    pool = _pool(diary, SETTLED)
    term = queries.standing(diary.session, pool)
    vendor = next(a for a in diary.actors.values() if a.org_id == pool.vendor_id)
    free = [leaid for leaid in term.seats_at_end if leaid not in term.limits]
    for number, (leaid, seats) in enumerate(sorted(term.seats_at_end.items())):
        if number == 4:
            continue  # nobody counted here yet
        used = seats + 6 if free and leaid == free[-1] else seats * (97 - number % 4 * 5) // 100
        true_up_service.say_use(diary.session, vendor, pool.id, term.districts[leaid], used=used)


def confirm_use(diary: Diary) -> None:
    """All but one agree; that one counts something else."""
    pool = _pool(diary, SETTLED)
    counts = usage_queries.counts_of(diary.session, pool.id)
    for number, (leaid, count) in enumerate(counts.items()):
        actor = _member(diary, "buyer" if leaid == DEMO_DISTRICT else leaid, pool)
        agree = number != 6 or leaid == DEMO_DISTRICT
        true_up_service.answer_use(
            diary.session,
            actor,
            count.id,
            agree=agree,
            dispute="" if agree else f"Our roster shows {count.used + 9} active accounts.",
        )


def propose(diary: Diary) -> None:
    lead = diary.actors[f"lead:{TWIN_TIERS}"]
    true_up_service.propose_true_up(diary.session, lead, _pool(diary, SETTLED).id)
