"""Yesterday's bank statement of a vendor: most lines pay a bill, one is interest."""

from datetime import timedelta

from marketplace.core import clock
from marketplace.orders import queries as orders
from marketplace.remittance import service
from marketplace.remittance.rules import Column, DateOrder
from seed.diary import Diary

VENDOR = "brightlark"
COLUMNS = {Column.DATE: 0, Column.TEXT: 1, Column.AMOUNT: 2}
#: So many bills are paid on it.
BILLS = 5


def plan(diary: Diary) -> None:
    diary.later(diary.at(-1, 200), load_a_statement)


def load_a_statement(diary: Diary) -> None:
    """Each line a little less clear than the one before, as banks write them."""
    biller = diary.actors[f"billing:{VENDOR}"]
    bills = orders.open_invoices_of(diary.session, biller.home)
    noted = {each.invoice_id for each in orders.payments_waiting_for(diary.session, biller.home)}
    free = [bill for bill in bills if bill.id not in noted][:BILLS]
    rows = ["Date,Description,Amount"]
    day = clock.now().date() - timedelta(days=1)
    for number, bill in enumerate(free):
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
