"""What stands in the books of the pooled consortium and follows from no order: grants, a slip,
a correction that two people made, a refund, and months that are closed."""

from datetime import timedelta

from sqlmodel import col, select

from marketplace.core.money import dollars
from marketplace.ledger import correction_service, hand_service, queries, service
from marketplace.ledger.body import read
from marketplace.ledger.hand_rules import Act
from marketplace.ledger.models import CorrectionRun
from marketplace.ledger.rules import Leg, PostingKind
from marketplace.orders.models import Invoice, Payment
from marketplace.orders.rules import InvoiceStatus
from seed.diary import Diary
from seed.roster import TWIN_TIERS

#: day, programme, cents: what two funders set aside for shares of the next pools.
GRANTS = (
    (-398, "rural-readers", 1_500_000),
    (-214, "first-year-help", 800_000),
    (-33, "rural-readers", 1_750_000),
)
#: The fiscal agent typed this one with a zero too many, and took it back the next day.
SLIP = (-215, "first-year-help", 8_000_000)
#: A check was larger than its bill; the difference was found, booked as credit and sent back.
OVERPAID_CENTS, FOUND, SENT_BACK = 40_00, -300, -291
#: On these days the fiscal agent closes what is more than ten days old.
CLOSINGS = (-270, -150, -45)
#: The agent thinks that this grant is for the other programme; the lead has yet to agree.
DOUBTED = ("rural-readers-2", "first-year-help", -2)


def plan(diary: Diary) -> None:
    for number, (day, programme, cents) in enumerate(GRANTS):
        diary.later(diary.at(day), receive_grant, programme, cents, f"{programme}-{number}")
    day, programme, cents = SLIP
    diary.later(diary.at(day), receive_grant, programme, cents, f"{programme}-slip")
    diary.later(diary.at(day + 1, -60), take_back, f"{programme}-slip")
    diary.later(diary.at(FOUND), correct_a_payment)
    diary.later(diary.at(SENT_BACK), send_back)
    for day in CLOSINGS:
        diary.later(diary.at(day), close_months)
    diary.later(diary.at(DOUBTED[2]), doubt_a_grant)
    diary.later(diary.at(-1), propose_a_grant)


def receive_grant(diary: Diary, programme: str, cents: int, key: str) -> None:
    """Grant money is kept apart from what members pay in."""
    entry = service.post(
        diary.session,
        diary.actors["agent"],
        diary.consortia[TWIN_TIERS].org_id,
        key=f"grant:{key}",
        kind=PostingKind.GRANT_RECEIVED,
        ref=f"grant:{programme}",
        effective_on=diary.today(),
        legs=[Leg("cash:grants", cents), Leg(f"grant:{programme}", -cents)],
    )
    diary.entries[key] = entry.seq


def propose_a_grant(diary: Diary) -> None:
    """Typed at the desk of the books; the lead agency has yet to agree."""
    hand_service.propose_entry(
        diary.session,
        diary.actors["agent"],
        diary.consortia[TWIN_TIERS].org_id,
        Act.GRANT_CAME,
        cents=6_000_00,
        effective_on=diary.today(),
        reason="Bank advice of the funder’s transfer, filed with the award letter.",
        name="rural-readers",
    )


def take_back(diary: Diary, key: str) -> None:
    cents = SLIP[2]
    service.reverse(
        diary.session,
        diary.actors["agent"],
        diary.consortia[TWIN_TIERS].org_id,
        diary.entries[key],
        key=f"take-back:{key}",
        reason=f"Typed {dollars(cents)}; the bank statement says {dollars(cents // 10)}.",
    )


def correct_a_payment(diary: Diary) -> None:
    """The agent finds it in the bank statement and proposes; the lead agency approves."""
    session, books = diary.session, diary.consortia[TWIN_TIERS].org_id
    query = (
        select(Payment.ledger_seq)
        .join(Invoice, col(Invoice.id) == col(Payment.invoice_id))
        .where(Payment.consortium_id == books, Invoice.status == InvoiceStatus.PAID)
        .order_by(col(Payment.ledger_seq))
        .limit(1)
    )
    seq = session.exec(query).one()
    legs = read(queries.get_txn(session, books, seq).body).legs
    cash, owed = sorted(legs, key=lambda leg: leg.account)
    leaid = owed.account.partition(":")[2]
    run = _propose(
        diary,
        seq,
        [
            Leg(cash.account, cash.cents + OVERPAID_CENTS),
            owed,
            Leg(f"credit:{leaid}", -OVERPAID_CENTS),
        ],
        f"The check was {dollars(OVERPAID_CENTS)} more than the bill, says the bank statement.",
    )
    correction_service.approve_correction(session, diary.actors[f"lead:{TWIN_TIERS}"], run.id)
    diary.overpaid = leaid


def _propose(diary: Diary, seq: int, legs: list[Leg], reason: str) -> CorrectionRun:
    return correction_service.propose_correction(
        diary.session,
        diary.actors["agent"],
        diary.consortia[TWIN_TIERS].org_id,
        seq,
        legs=legs,
        reason=reason,
    )


def send_back(diary: Diary) -> None:
    service.post(
        diary.session,
        diary.actors["agent"],
        diary.consortia[TWIN_TIERS].org_id,
        key="refund:overpaid-check",
        kind=PostingKind.REFUND,
        ref=f"district:{diary.overpaid}",
        effective_on=diary.today(),
        legs=[
            Leg(f"credit:{diary.overpaid}", OVERPAID_CENTS),
            Leg("cash:main", -OVERPAID_CENTS),
        ],
    )


def close_months(diary: Diary) -> None:
    last = (diary.today() - timedelta(days=10)).replace(day=1) - timedelta(days=1)
    books = diary.consortia[TWIN_TIERS].org_id
    correction_service.close_period(diary.session, diary.actors["agent"], books, last)


def doubt_a_grant(diary: Diary) -> None:
    key, programme, _day = DOUBTED
    seq = diary.entries[key]
    found = queries.get_txn(diary.session, diary.consortia[TWIN_TIERS].org_id, seq)
    cash, _grant = read(found.body).legs
    _propose(
        diary,
        seq,
        [cash, Leg(f"grant:{programme}", -cash.cents)],
        "The letter of the foundation names the other programme.",
    )
