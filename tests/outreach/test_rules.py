"""Where a member stands, what it is reminded of, and what happened in words."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from marketplace.consortia.rules import MemberStatus
from marketplace.core.errors import RuleBroken
from marketplace.orders.rules import InvoiceStatus
from marketplace.outreach import news_rules, rules
from marketplace.outreach.rules import REMINDERS, STANDING_TAGS, Facts, Standing
from marketplace.pools.rules import PoolStatus, Rung

TODAY = date(2026, 11, 16)
IN_ORDER = {
    "member": MemberStatus.ACTIVE,
    "is_approved": True,
    "accepts_by_laws": True,
    "paper_ends_on": TODAY + timedelta(days=90),
    "pool": PoolStatus.OPEN,
}
ORDERED = {"pool": PoolStatus.CLEARED, "is_allocated": True, "has_order": True}


@pytest.mark.parametrize(
    "changed, standing",
    [
        ({"member": MemberStatus.REQUESTED, "is_approved": False}, Standing.ASKS),
        ({"accepts_by_laws": False, "paper_ends_on": None}, Standing.BY_LAWS),
        ({"paper_ends_on": None}, Standing.PAPER_MISSING),
        ({"paper_ends_on": TODAY}, Standing.NOT_IN),  # its last day still counts
        ({"paper_ends_on": TODAY - timedelta(days=1)}, Standing.PAPER_ENDED),
        ({}, Standing.NOT_IN),
        ({"rung": Rung.INTEREST}, Standing.INTERESTED),
        ({"rung": Rung.INTENT}, Standing.WAITS_FOR_BOARD),
        ({"rung": Rung.BOARD_APPROVED}, Standing.COMMITTED),
        ({"rung": Rung.COMMITTED}, Standing.COMMITTED),
        ({"pool": PoolStatus.CLEARED, "rung": Rung.COMMITTED}, Standing.LEFT_OUT),
        ({"pool": PoolStatus.LAPSED, "rung": Rung.COMMITTED}, Standing.LEFT_OUT),
        ({"pool": PoolStatus.CLEARED, "is_allocated": True}, Standing.NO_ORDER),
        (ORDERED, Standing.NEEDS_PO),
        (ORDERED | {"has_po": True}, Standing.TO_BILL),
        (ORDERED | {"has_po": True, "invoice": InvoiceStatus.ISSUED}, Standing.BILLED),
        (ORDERED | {"has_po": True, "invoice": InvoiceStatus.PART_PAID}, Standing.PART_PAID),
        (ORDERED | {"has_po": True, "invoice": InvoiceStatus.PAID}, Standing.PAID),
        # An order is owed whatever became of the membership and its papers.
        (ORDERED | {"member": MemberStatus.ENDED, "paper_ends_on": None}, Standing.NEEDS_PO),
        ({"member": MemberStatus.ENDED}, Standing.ENDED),
        ({"pool": None}, Standing.NOT_IN),
    ],
)
def test_one_standing_says_what_is_missing_first(changed, standing):
    assert rules.standing(Facts(**IN_ORDER | changed), TODAY) is standing


def test_every_standing_has_words_and_every_reminder_fits():
    assert set(STANDING_TAGS) == set(Standing)
    for each in REMINDERS:
        subject, text = rules.reminder(each, "Reading", "Dec 16, 2026, 9:00 a.m. Central")
        rules.check_words(subject, text)
        assert "{" not in subject + text


def test_nobody_is_reminded_of_nothing():
    with pytest.raises(RuleBroken, match="nothing to remind"):
        rules.reminder(Standing.PAID, "Reading", "")


def test_only_districts_that_still_stand_there_are_reminded():
    here, gone = uuid4(), uuid4()

    rules.check_someone({here}, [here])
    with pytest.raises(RuleBroken, match="Choose at least one"):
        rules.check_someone([], [here])
    with pytest.raises(RuleBroken, match="has moved on"):
        rules.check_someone([here, gone], [here])


def test_events_read_as_words_and_ids_as_names():
    district, unknown = uuid4(), uuid4()
    facts = {
        "district": str(district),
        "order": str(unknown),
        "seats": 1_240,
        "by_hand": True,
        "legal_shape": "pooled_cash",
        "rows": [1, 2],
    }

    assert news_rules.happened("pools.fill_up_started") == "Fill up started"
    assert news_rules.facts_in_words(facts, {district: "Maple Valley"}) == (
        "District Maple Valley; seats 1,240; by hand yes; legal shape pooled cash"
    )
    assert news_rules.ids_in(facts) == {district, unknown}
