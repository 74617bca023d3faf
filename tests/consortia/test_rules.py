"""What an instrument must say, and when a member is active."""

from datetime import date

import pytest

from marketplace.consortia import rules
from marketplace.consortia.rules import INSTRUMENT_WORDS, SHAPE_WORDS, InstrumentKind, LegalShape
from marketplace.core.errors import RuleBroken

PAPER = {
    "signed_on": date(2026, 10, 1),
    "starts_on": date(2026, 11, 1),
    "ends_on": date(2027, 12, 31),
}
ASKED = {
    "signed_by": date(2026, 11, 16),
    "since": date(2027, 7, 1),
    "until": date(2027, 12, 31),
}


@pytest.mark.parametrize(
    "changes, holds",
    [
        ({}, True),
        ({"signed_by": date(2026, 10, 1)}, True),
        ({"signed_by": date(2026, 9, 30)}, False),
        ({"since": date(2026, 10, 31)}, False),
        ({"since": None}, True),
        ({"until": date(2028, 1, 1)}, False),
    ],
)
def test_a_paper_covers_what_comes_after_it_and_ends_within_it(changes, holds):
    assert rules.covers(**PAPER, **ASKED | changes) is holds


@pytest.mark.parametrize(
    "approved, accepted, in_force, ready",
    [
        (True, 2, True, True),
        (False, 2, True, False),
        (True, 1, True, False),
        (True, 3, True, True),
        (True, None, True, False),
        (True, 2, False, False),
    ],
)
def test_a_member_is_active_once_nothing_is_missing(approved, accepted, in_force, ready):
    assert rules.is_ready(approved, accepted, 2, in_force) is ready


def test_a_fiscal_agent_and_pooled_cash_go_together():
    rules.check_fiscal_agent(LegalShape.POOLED_CASH, "one", "two")
    rules.check_fiscal_agent(LegalShape.JOINT, None, None)
    for shape, agent, successor, field in (
        (LegalShape.POOLED_CASH, "", "two", "fiscal_agent"),
        (LegalShape.POOLED_CASH, "one", "", "successor"),
        (LegalShape.POOLED_CASH, "one", "one", "successor"),
        (LegalShape.PIGGYBACK, "one", "", "fiscal_agent"),
        (LegalShape.PIGGYBACK, "", "two", "successor"),
    ):
        with pytest.raises(RuleBroken) as refusal:
            rules.check_fiscal_agent(shape, agent, successor)
        assert refusal.value.field == field


def test_every_shape_and_paper_has_words():
    assert set(SHAPE_WORDS) == set(LegalShape)
    assert set(INSTRUMENT_WORDS) == set(InstrumentKind)
