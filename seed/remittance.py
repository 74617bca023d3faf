"""Money by hand that still waits for its second person, and yesterday's bank statement of a
vendor: most of its lines pay a bill, one is interest."""

from datetime import timedelta
from uuid import UUID

from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.orders import pending_service
from marketplace.orders import queries as orders
from marketplace.orders.models import Invoice
from marketplace.orders.rules import PaymentMeans
from marketplace.remittance import service
from marketplace.remittance.rules import Column, DateOrder
from seed.diary import Diary
from seed.roster import DEMO_DISTRICT, TWIN_TIERS

VENDOR = "brightlark"
COLUMNS = {Column.DATE: 0, Column.TEXT: 1, Column.AMOUNT: 2}
#: So many bills are paid on it.
BILLS = 5
PART_CENTS = 500_00


def plan(diary: Diary) -> None:
    diary.later(diary.at(-1, 100), note_payments)
    diary.later(diary.at(-1, 200), load_a_statement)


def note_payments(diary: Diary) -> None:
    """A district says what it sent to the vendor; the agent, what came from the demo district."""
    session = diary.session
    sold = _open_bills(diary, diary.actors[f"billing:{VENDOR}"].home)
    if sold:
        sender = diary.actors[sold[-1].printed["district"]["leaid"]]
        _note(diary, sender, sold[-1], sold[-1].open_cents, "118204")
    pooled = orders.open_invoices_of(session, diary.consortia[TWIN_TIERS].org_id)
    ours = [bill for bill in pooled if bill.printed["district"]["leaid"] == DEMO_DISTRICT]
    if ours and ours[0].open_cents > PART_CENTS:
        _note(diary, diary.actors["agent"], ours[0], PART_CENTS, "20511")


def _note(diary: Diary, actor: Actor, bill: Invoice, cents: int, check: str) -> None:
    pending_service.record_payment(
        diary.session,
        actor,
        bill.id,
        means=PaymentMeans.CHECK,
        reference=check,
        amount_cents=cents,
        paid_on=clock.now().date() - timedelta(days=1),
        once_key=f"seed-noted-{check}",
    )


def _open_bills(diary: Diary, issuer_id: UUID) -> list[Invoice]:
    """Bills for which nothing was written down."""
    noted = {each.invoice_id for each in orders.payments_waiting_for(diary.session, issuer_id)}
    return [b for b in orders.open_invoices_of(diary.session, issuer_id) if b.id not in noted]


def load_a_statement(diary: Diary) -> None:
    """Each line a little less clear than the one before, as banks write them."""
    biller = diary.actors[f"billing:{VENDOR}"]
    rows = ["Date,Description,Amount"]
    day = clock.now().date() - timedelta(days=1)
    for number, bill in enumerate(_open_bills(diary, biller.home)[:BILLS]):
        name = bill.printed["district"]["name"].upper()
        said = (f"DEPOSIT INV {bill.number} {name}", f"ACH CREDIT {name}", "REMOTE DEPOSIT")
        dollars = f"{bill.open_cents // 100}.{bill.open_cents % 100:02}"
        rows.append(f"{day:%m/%d/%Y},{said[min(number // 2, 2)]},{dollars}")
    rows += [f"{day:%m/%d/%Y},INTEREST PAID,4.12", f"{day:%m/%d/%Y},SERVICE FEE,-15.00"]
    found = service.import_statement(
        diary.session,
        biller,
        biller.home,
        account_name="Operating account",
        name="statement.csv",
        content="\n".join(rows).encode(),
    )
    service.choose_columns(
        diary.session, biller, found.id, columns=COLUMNS, date_order=DateOrder.MONTH_FIRST
    )
