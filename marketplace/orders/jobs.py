"""What follows from a cleared pool, and the letters about orders, bills and payments."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.catalogue import queries as catalogue_queries
from marketplace.catalogue import service as catalogue
from marketplace.core import jobs, mail
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.core.money import dollars
from marketplace.core.web import day, link_to
from marketplace.orders import (
    approval_jobs,
    credit_queries,
    list_queries,
    pending_jobs,
    queries,
    reminder_jobs,
    service,
)
from marketplace.orders.models import Payment
from marketplace.orders.rules import KIND_WORDS, MEANS_WORDS

#: Letters of one subject are written in files of their own.
__all__ = ["approval_jobs", "pending_jobs", "reminder_jobs"]

DISTRICT = (Role.BUYER, Role.ADMINISTRATOR, Role.APPROVER)
VENDOR = (Role.FINANCE, Role.ADMINISTRATOR)
LEAD = (Role.CONVENER, Role.FISCAL_AGENT)


@on("pools.cleared")
def place_the_orders(session: Session, event: Event) -> None:
    service.place_orders(session, Actor.system(), event.subject_id)


@on("consortia.instrument_filed")
def place_what_was_held_back(session: Session, event: Event) -> None:
    """A paper that was missing on clearing day is here: order what waits for it."""
    district = event.facts.get("district")
    waiting = list_queries.held_back(session, event.org_id)
    for pool_id in {a.pool_id for a, _pool, _name in waiting if str(a.district_id) == district}:
        service.place_orders(session, Actor.system(), pool_id)


@on("guard.gaps_accepted")
def place_what_waited_for_an_acceptance(session: Session, event: Event) -> None:
    """A district has accepted the gaps of a card: order what waits for that."""
    for pool_id in list_queries.pools_held_back(session, UUID(event.facts["tool"]), event.org_id):
        service.place_orders(session, Actor.system(), pool_id)


@on("scorecards.card_published")
def place_what_a_newer_card_allows(session: Session, event: Event) -> None:
    for pool_id in list_queries.pools_held_back(session, event.subject_id):
        service.place_orders(session, Actor.system(), pool_id)


@on("scorecards.stop_lifted")
def place_what_a_lifted_stop_allows(session: Session, event: Event) -> None:
    for pool_id in list_queries.pools_held_back(session, event.subject_id):
        service.place_orders(session, Actor.system(), pool_id)


@jobs.timed
def keep_order_states(session: Session) -> int:
    return service.keep_order_states(session, Actor.system())


def _write(
    session: Session, org_id: UUID, roles: Iterable[Role], subject: str, *lines: str
) -> None:
    for person in accounts.people_with_role(session, org_id, *roles):
        text = "\n\n".join([f"Dear {person.name},", *lines])
        mail.send(session, person.email, subject, text + "\n")


@on("catalogue.change_announced")
def tell_districts_that_use_the_tool(session: Session, event: Event) -> None:
    """Who ordered the tool hears of a change, as those do who follow it; each district once."""
    users = queries.districts_using(session, UUID(event.facts["tool"]))
    catalogue.tell_districts(session, Actor.system(), event.subject_id, users)


@on("orders.placed")
def tell_the_district(session: Session, event: Event) -> None:
    order = queries.get_order(session, event.subject_id)
    said = order.agreed
    purchase_order = queries.purchase_order_of(session, order.id)
    if purchase_order:
        po = f"Your PO {purchase_order.number} was issued from your commitment."
    else:
        po = "Next step: open the order and enter your PO number. The vendor bills you after that."
    _write(
        session,
        order.org_id,
        DISTRICT,
        f"Your order of {said['tool']['name']} is placed",
        f"The pool “{said['pool']['title']}” has cleared. Your share is "
        f"{dollars(order.total_cents)} for {order.seats:,} seats. "
        f"Alone it would cost {dollars(order.alone_cents)}. Pay by {day(order.pay_by)}, once the "
        "bill is there.",
        po,
        "See it after you sign in: "
        + link_to("orders.order", leaid=order.leaid, order_id=order.id),
    )


@on("orders.added")
def tell_of_the_addition(session: Session, event: Event) -> None:
    """Seats or a share that came later: what it is for, what it costs, what to do next."""
    order = queries.get_order(session, event.subject_id)
    said = order.agreed
    _write(
        session,
        order.org_id,
        DISTRICT,
        f"{KIND_WORDS[order.kind]}: {said['tool']['name']}",
        f"{said['why']}. This comes to {dollars(order.total_cents)}, "
        f"from {day(order.term_starts_on)} to {day(order.term_ends_on)}.",
        "Next step: open the order and enter your PO number. The bill comes after that.",
        "See it after you sign in: "
        + link_to("orders.order", leaid=order.leaid, order_id=order.id),
        *_seal(order.ledger_seq, order.ledger_hash),
    )


@on("orders.credited")
def tell_of_the_credit(session: Session, event: Event) -> None:
    note = credit_queries.get_credit_note(session, event.subject_id)
    said = note.printed
    back = (
        f"{dollars(note.owed_back_cents)} of it is owed back to you: {said['issuer']['name']} "
        "sends it."
        if note.owed_back_cents
        else "Your open bills took up all of it."
    )
    _write(
        session,
        note.org_id,
        DISTRICT,
        f"Credit note {note.number} from {said['issuer']['name']}",
        f"You owe {dollars(note.total_cents)} less for {said['tool']}. {said['why']}.",
        back,
        "See it after you sign in: "
        + link_to("orders.credit_note", leaid=said["district"]["leaid"], note_id=note.id),
        *_seal(note.ledger_seq, note.ledger_hash),
    )


@on("orders.held_back")
def tell_both_what_is_missing(session: Session, event: Event) -> None:
    pool = list_queries.get_pool(session, event.subject_id)
    districts = [accounts.organization_by_leaid(session, x) for x in event.facts["leaids"]]
    names = [district.name for district in districts]
    slug = accounts.get_organization(session, pool.org_id).slug
    for district in districts:
        _write(
            session,
            district.id,
            DISTRICT,
            f"“{pool.title}” cleared; your order waits for a paper",
            "You are in. But your signed membership paper does not run until the end of the term, "
            "so no order could be placed for you yet.",
            "Next step: file the paper after you sign in. "
            + link_to("consortia.file_instrument", slug=slug),
        )
    _write(
        session,
        pool.org_id,
        LEAD,
        f"No order yet for {len(names)} in “{pool.title}”",
        "These members have no signed paper that runs until the end of the term, so no order "
        "was placed for them:",
        "\n".join(f"- {name}" for name in names),
        "File the paper, then place the order on your money page: "
        + link_to("orders.money", consortium=slug),
    )


@on("orders.held_for_the_card")
def tell_who_waits_for_the_card(session: Session, event: Event) -> None:
    """The scorecard stops the purchase, or a district has gaps to accept: each is told."""
    pool = list_queries.get_pool(session, event.subject_id)
    tool = catalogue_queries.tools_by_id(session, [pool.tool_id])[pool.tool_id]
    kept = "The seats you committed stay as they are. We place the order once this is settled."
    for leaid in event.facts["leaids"]:
        district = accounts.organization_by_leaid(session, leaid)
        if why := event.facts["why"]:
            next_step = "See the tool: " + link_to("catalogue.tool", slug=tool.slug)
        else:
            why = f"The scorecard of {tool.name} has gaps that your district has not accepted yet."
            next_step = "Next step: read and accept them after you sign in. " + link_to(
                "guard.accept_gaps", leaid=leaid, slug=tool.slug
            )
        _write(
            session,
            district.id,
            DISTRICT,
            f"No order yet of {tool.name}",
            f"The pool “{pool.title}” has cleared, but no order could be placed for you yet.",
            why,
            kept,
            next_step,
        )


@on("orders.purchase_order_issued")
def tell_the_vendor(session: Session, event: Event) -> None:
    order = queries.get_order(session, event.subject_id)
    said = order.agreed
    _write(
        session,
        order.vendor_id,
        VENDOR,
        f"PO {event.facts['number']} from {said['district']['name']}",
        f"{said['district']['name']} issued PO {event.facts['number']} for {order.seats:,} seats "
        f"of {said['tool']['name']}, {dollars(order.total_cents)}.",
        "See it: " + link_to("orders.order", vendor=said["vendor"]["slug"], order_id=order.id),
    )


@on("orders.invoice_issued")
def send_the_invoice(session: Session, event: Event) -> None:
    invoice = queries.get_invoice(session, event.subject_id)
    said = invoice.printed
    _write(
        session,
        invoice.org_id,
        DISTRICT,
        f"Invoice {invoice.number} from {said['issuer']['name']}",
        f"You owe {dollars(invoice.total_cents)} for {said['tool']}, due {day(invoice.due_on)}. "
        f"Your PO is {said['po_number']}.",
        "Pay by check, ACH or warrant to:\n" + "\n".join(said["remit_to"]),
        "See and print it: "
        + link_to("orders.invoice", leaid=said["district"]["leaid"], invoice_id=invoice.id),
        *_seal(invoice.ledger_seq, invoice.ledger_hash),
    )


def _seal(seq: int | None, seal: str) -> list[str]:
    """Number and hash of an entry: what a district keeps to check the books later."""
    if seq is None:
        return []
    return [
        f"Keep this number and hash. They prove what the books said today:\n{seq}:{seal}\n"
        "How to check: " + link_to("ledger.checks")
    ]


@on("orders.payment_recorded")
def tell_both_sides(session: Session, event: Event) -> None:
    payment = session.exec(select(Payment).where(Payment.id == event.subject_id)).one()
    invoice = queries.get_invoice(session, payment.invoice_id)
    said = invoice.printed
    open_cents = invoice.open_cents
    subject = f"{dollars(payment.amount_cents)} received for invoice {invoice.number}"
    what = (
        f"{MEANS_WORDS[payment.means]} {payment.reference} of {dollars(payment.amount_cents)}, "
        f"{day(payment.paid_on)}, from {said['district']['name']} to {said['issuer']['name']}."
    )
    rest = f"Still open: {dollars(open_cents)}." if open_cents else "The invoice is paid in full."
    check = f"It is entry {payment.ledger_seq} of the open books: " + link_to(
        "ledger.entry", slug=said["consortium"]["slug"], seq=payment.ledger_seq
    )
    seal = _seal(payment.ledger_seq, payment.ledger_hash)

    def paper(**desk: str) -> str:
        return "See and print the receipt: " + link_to(
            "orders.receipt", payment_id=payment.id, **desk
        )

    own = paper(leaid=said["district"]["leaid"])
    _write(session, invoice.org_id, DISTRICT, subject, what, rest, own, check, *seal)
    by_consortium = invoice.issuer_id == invoice.consortium_id
    receivers = (invoice.consortium_id, LEAD) if by_consortium else (invoice.vendor_id, VENDOR)
    theirs = (
        paper(consortium=said["consortium"]["slug"])
        if by_consortium
        else paper(vendor=said["vendor"]["slug"])
    )
    _write(session, *receivers, subject, what, rest, theirs, check, *seal)
