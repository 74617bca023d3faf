"""Money in the books of the pooled consortium that follows from no order: grants and fees."""

from marketplace.core.money import dollars
from marketplace.ledger import service
from marketplace.ledger.rules import Leg, PostingKind
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


def plan(diary: Diary) -> None:
    for number, (day, programme, cents) in enumerate(GRANTS):
        diary.later(diary.at(day), receive_grant, programme, cents, f"{programme}-{number}")
    day, programme, cents = SLIP
    diary.later(diary.at(day), receive_grant, programme, cents, f"{programme}-slip")
    diary.later(diary.at(day + 1, -60), take_back, f"{programme}-slip")


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
