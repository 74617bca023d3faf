"""What follows a cleared pool: purchase orders, invoices, payments, and the vendor's money."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import select

from marketplace.consortia.rules import LegalShape
from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.ledger import queries as books
from marketplace.ledger import service as ledger
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders import invoice_service, payment_service, pending_service, service
from marketplace.orders.models import Invoice, Order, PurchaseOrder
from marketplace.orders.rules import PaymentMeans
from marketplace.pools.models import Pool
from marketplace.pools.rules import PoolStatus
from marketplace.pricing.rules import fee_cents
from seed.campaigns import Campaign
from seed.diary import Diary
from seed.roster import DEMO_DISTRICT
from seed.tools import LISTINGS

VENDOR_OF = {listing.key: listing.vendor for listing in LISTINGS}
#: What the by-laws of the pooled consortium keep of each payment to a vendor: 2 %.
FEE_BPS = 200
#: A payment written down so shortly ago has no second person yet.
STILL_WAITS = timedelta(days=4)
MEANS = (PaymentMeans.CHECK, PaymentMeans.ACH, PaymentMeans.CHECK, PaymentMeans.WARRANT)


def begin(diary: Diary, campaign: Campaign, pool: Pool) -> None:
    """The day after clearing: districts whose board voted send their purchase orders."""
    if pool.status is PoolStatus.LAPSED:
        return
    with_paper = set(diary.session.exec(select(PurchaseOrder.order_id)))
    waiting = [o for o in _orders(diary, pool) if o.id not in with_paper]
    if not campaign.is_billed:
        waiting = waiting[:-3]  # some districts have yet to send theirs
    for number, order in enumerate(waiting):
        when = diary.workday(clock.now() + timedelta(days=2 + number % 4, minutes=11 * number))
        if when < diary.now:
            diary.later(when, send_purchase_order, order, number)
    if campaign.is_billed:
        diary.later(diary.workday(clock.now() + timedelta(days=8)), bill, campaign, pool)


def _orders(diary: Diary, pool: Pool) -> list[Order]:
    query = select(Order).where(Order.pool_id == pool.id).order_by(Order.leaid)
    return list(diary.session.exec(query))


def send_purchase_order(diary: Diary, order: Order, number: int) -> None:
    actor = diary.actors[order.leaid]
    slug = order.agreed["pool"]["slug"]
    service.issue_purchase_order(
        diary.session, actor, order.id, f"PO-{order.leaid[-4:]}-{len(slug)}{number:02}"
    )


def bill(diary: Diary, campaign: Campaign, pool: Pool) -> None:
    """With pooled cash the lead bills, elsewhere the vendor's billing office."""
    orders = _orders(diary, pool)
    session = diary.session
    if orders[0].legal_shape is LegalShape.POOLED_CASH:
        lead = diary.actors[f"lead:{campaign.region}"]
        invoices = [invoice_service.issue_invoice(session, lead, order.id) for order in orders]
    else:
        biller = diary.actors[f"billing:{VENDOR_OF[campaign.tool]}"]
        invoices = invoice_service.issue_ready_invoices(session, biller, pool.id)
    leaids = {order.id: order.leaid for order in orders}
    invoices.sort(key=lambda invoice: leaids[invoice.order_id])
    for number, invoice in enumerate(invoices):
        if leaids[invoice.order_id] == DEMO_DISTRICT and campaign.paid_of_ten < 10:
            continue  # left for whoever tries the demo
        _expect_payment(diary, campaign, invoice, number)
    if orders[0].legal_shape is LegalShape.POOLED_CASH:
        for days in (48, 80):
            diary.later(
                diary.workday(clock.now() + timedelta(days=days)), pay_vendor, campaign, pool, days
            )


def _expect_payment(diary: Diary, campaign: Campaign, invoice: Invoice, number: int) -> None:
    """Most pay in one, some in two parts; a few have paid a part or nothing so far."""
    first = diary.workday(clock.now() + timedelta(days=16 + number * 5 % 29, minutes=13 * number))
    place = number * 7 % 10
    if place >= campaign.paid_of_ten:
        if place % 2:
            diary.later(first, pay, campaign, invoice.id, number, 40)
        return
    if number % 6 == 5:
        diary.later(first, pay, campaign, invoice.id, number, 50)
        first += timedelta(days=14)
    diary.later(first, pay, campaign, invoice.id, number, 100)


def pay(diary: Diary, campaign: Campaign, invoice_id: UUID, number: int, percent: int) -> None:
    """`percent` of what is open comes in; whoever received it writes it down."""
    if clock.now() >= diary.now:
        return
    invoice = diary.session.exec(select(Invoice).where(Invoice.id == invoice_id)).one()
    if not invoice.open_cents:
        return  # a grant paid it all
    pooled = invoice.issuer_id == invoice.consortium_id
    means = MEANS[number % len(MEANS)]
    biller = diary.actors[f"billing:{VENDOR_OF[campaign.tool]}"]
    paid_by_hand(
        diary,
        diary.actors["agent"] if pooled else biller,
        invoice,
        means=means,
        reference=f"{means.value[:2].upper()}-{20_000 + invoice.number * 37 + percent}",
        amount_cents=invoice.open_cents * percent // 100,
        paid_on=clock.now().date() - timedelta(days=1),
        once_key=f"{invoice_id}-{percent}",
    )


def paid_by_hand(diary: Diary, recorder: Actor, invoice: Invoice, **facts: Any) -> None:
    """One person writes it down; the district that sent it says yes. What came in the last days
    still waits for that."""
    pending = pending_service.record_payment(diary.session, recorder, invoice.id, **facts)
    if clock.now() < diary.now - STILL_WAITS:
        district = diary.actors[invoice.printed["district"]["leaid"]]
        pending_service.confirm_payment(diary.session, district, pending.id)


def pay_vendor(diary: Diary, campaign: Campaign, pool: Pool, days: int) -> None:
    """The fiscal agent pays out what has come in for the vendor, less the vendor's fee."""
    if clock.now() >= diary.now:
        return
    session, agent = diary.session, diary.actors["agent"]
    vendor = diary.organizations[f"vendor:{VENDOR_OF[campaign.tool]}"]
    owed = -books.balance_of(session, pool.org_id, f"payable:{vendor.slug}")
    amount = min(owed, books.balance_of(session, pool.org_id, "cash:main"))
    if amount <= 0:
        return
    fee = fee_cents(amount, FEE_BPS)
    _keep_fee(diary, pool, vendor.slug, fee, days)
    payment_service.pay_vendor(
        session,
        agent,
        pool.org_id,
        vendor.id,
        means=PaymentMeans.ACH,
        reference=f"ACH-{clock.now():%y%m%d}-{days}",
        amount_cents=amount - fee,
        paid_on=clock.now().date(),
        once_key=f"{pool.id}-{days}",
    )


def _keep_fee(diary: Diary, pool: Pool, vendor: str, cents: int, days: int) -> None:
    """The vendor bears the consortium's fee: that much less is owed to it, and it stays here."""
    ledger.post(
        diary.session,
        diary.actors["agent"],
        pool.org_id,
        key=f"fee:{pool.slug}-{days}",
        kind=PostingKind.FEE,
        ref=f"pool:{pool.slug}",
        effective_on=diary.today(),
        legs=[
            Leg(f"payable:{vendor}", cents),
            Leg("fee:administration", -cents),
            Leg("cash:administration", cents),
            Leg("cash:main", -cents),
        ],
    )
