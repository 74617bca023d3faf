"""The rules of pools: deadlines, rungs, what a district pays, and clearing."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.calendar import Entry, calendar
from marketplace.core.errors import RuleBroken
from marketplace.core.fields import dollars_text
from marketplace.pools import clearing_rules, rules, share_rules
from marketplace.pools.rules import PoolStatus, Rung
from marketplace.pricing.rules import Band, Form, Member, Schedule, clear_document

ZONES = ("America/New_York", "America/Chicago", "America/Phoenix", "Pacific/Honolulu", "UTC")
NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
VOLUME = Schedule(Form.VOLUME, (Band(1, 1600), Band(2500, 1350), Band(5000, 1125)))

# -- deadlines -------------------------------------------------------------------------------


def test_a_deadline_is_the_local_time_of_the_zone():
    found = rules.deadline_at(date(2027, 1, 15), time(23, 59), "America/Chicago")

    assert found.at == datetime(2027, 1, 16, 5, 59, tzinfo=UTC)
    assert found.note == ""


def test_an_hour_that_the_spring_skips_is_refused():
    with pytest.raises(RuleBroken, match="does not exist") as refusal:
        rules.deadline_at(date(2027, 3, 14), time(2, 30), "America/Chicago")

    assert refusal.value.field == "closes_time"
    rules.deadline_at(date(2027, 3, 14), time(2, 30), "America/Phoenix")


def test_an_hour_that_the_autumn_gives_twice_is_taken_the_second_time_and_said():
    found = rules.deadline_at(date(2027, 11, 7), time(1, 30), "America/Chicago")

    assert found.at == datetime(2027, 11, 7, 7, 30, tzinfo=UTC)
    assert "comes twice" in found.note


@given(
    st.datetimes(NOON.replace(tzinfo=None), NOON.replace(tzinfo=None, year=2036)),
    st.sampled_from(ZONES),
)
def test_a_deadline_reads_back_as_it_was_typed_or_is_refused(typed, zone):
    """Either the moment shows the very clock that was typed, or that clock never shows."""
    typed = typed.replace(second=0, microsecond=0)
    here = ZoneInfo(zone)
    try:
        found = rules.deadline_at(typed.date(), typed.time(), zone)
    except RuleBroken:
        around = [
            (typed.replace(tzinfo=UTC) + timedelta(minutes=m)).astimezone(here).replace(tzinfo=None)
            for m in range(-16 * 60, 16 * 60, 15)
        ]
        assert typed.replace(minute=typed.minute // 15 * 15) not in around
        return
    assert found.at.astimezone(here).replace(tzinfo=None) == typed
    later = found.at + timedelta(hours=1)
    assert later.astimezone(here).replace(tzinfo=None) != typed


@given(st.integers(-3600, 3600), st.sampled_from(PoolStatus))
def test_a_pool_takes_seats_until_its_deadline_and_never_after(seconds, status):
    now = NOON + timedelta(seconds=seconds)

    takes = rules.takes_seats(status, NOON, now)

    assert takes == (status in ("open", "fill_up", "extended") and seconds < 0)
    assert takes or seconds >= 0 or status not in rules.TAKES_SEATS
    if seconds < 0:
        with pytest.raises(RuleBroken):
            rules.check_can_clear(NOON, now)
    else:
        rules.check_can_clear(NOON, now)


# -- commitments -----------------------------------------------------------------------------

TODAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    "rung, paper, survey, field",
    [
        (Rung.INTENT, {}, True, "survey_closed_on"),
        (Rung.INTENT, {"survey_closed_on": date(2026, 11, 17)}, True, "survey_closed_on"),
        (Rung.BOARD_APPROVED, {"board_minute": "7.2"}, False, "board_date"),
        (Rung.BOARD_APPROVED, {"board_date": TODAY}, False, "board_minute"),
        (
            Rung.BOARD_APPROVED,
            {"board_date": date(2026, 11, 17), "board_minute": "7.2"},
            False,
            "board_date",
        ),
        (Rung.COMMITTED, {"po_number": " "}, False, "po_number"),
        (Rung.COMMITTED, {"po_number": "PO-1"}, True, "survey_closed_on"),
    ],
)
def test_each_rung_needs_its_paper(rung, paper, survey, field):
    with pytest.raises(RuleBroken) as refusal:
        rules.check_paper(rung, rules.Paper(**paper), survey_required=survey, today=TODAY)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "rung, paper, survey",
    [
        (Rung.INTEREST, {}, True),
        (Rung.INTENT, {}, False),
        (Rung.INTENT, {"survey_closed_on": TODAY}, True),
        (Rung.BOARD_APPROVED, {"board_date": TODAY, "board_minute": "item 7.2"}, False),
        (Rung.COMMITTED, {"po_number": "PO-1"}, False),
        (Rung.COMMITTED, {"has_resolution": True}, False),
    ],
)
def test_with_its_paper_a_rung_is_reached(rung, paper, survey):
    rules.check_paper(rung, rules.Paper(**paper), survey_required=survey, today=TODAY)


@pytest.mark.parametrize(
    "said, field",
    [
        ((99, 20, 5000, Rung.COMMITTED), "seats"),
        ((100, 9, 5000, Rung.COMMITTED), "tolerance"),
        ((100, 10, 4999, Rung.COMMITTED), "limit"),
        ((100, 10, 5000, Rung.INTENT), "rung"),
        ((110, 0, None, Rung.BOARD_APPROVED), None),
        ((100, 10, 5000, Rung.COMMITTED), None),
    ],
)
def test_in_the_last_phase_nothing_shrinks(said, field):
    before = rules.Said(100, 10, 5000, Rung.COMMITTED)
    if field is None:
        rules.check_only_adds(before, rules.Said(*said))
        return
    with pytest.raises(RuleBroken) as refusal:
        rules.check_only_adds(before, rules.Said(*said))
    assert refusal.value.field == field


@pytest.mark.parametrize("seats, tolerance", [(0, 0), (-5, 0), (313, 0), (300, 13), (5, -1)])
def test_seats_stay_within_the_pupils(seats, tolerance):
    with pytest.raises(RuleBroken):
        rules.check_seats(seats, tolerance, 312)
    rules.check_seats(300, 12, 312)
    rules.check_seats(300_000, 0, None)


# -- what it costs ---------------------------------------------------------------------------


def test_the_meter_says_how_many_seats_are_missing():
    found = share_rules.meter(VOLUME, 4180, 825, None)

    assert (found.goal, found.missing, found.next_unit_cents) == (5000, 820, 1125)
    assert found.unit_cents == 1346  # 5,000 seats at the next price cost less: the cliff
    assert [now for _, _, now in found.ladder] == [False, True, False]


def test_a_threshold_below_the_next_price_is_the_goal():
    found = share_rules.meter(VOLUME, 100, 0, 500)

    assert (found.goal, found.missing, found.next_unit_cents) == (500, 400, None)


def test_at_the_lowest_price_nothing_is_missing():
    assert share_rules.meter(VOLUME, 5000, 0, None).missing == 0


small = st.integers(1, 3000)


@given(small, st.lists(small, max_size=6), st.one_of(st.none(), st.integers(1, 6_000_000)))
def test_now_is_never_above_alone_and_the_next_price_never_above_now(mine, others, limit):
    me = Member("0000000", mine, limit_cents=limit)
    rest = [Member(f"{n:07}", seats) for n, seats in enumerate(others, 1)]

    found = share_rules.my_cost(VOLUME, rest, me, "proportional", "seed")

    assert found.now_cents <= found.alone_cents
    assert found.most_cents <= found.alone_cents
    assert limit is None or found.most_cents <= limit
    assert found.next_cents is None or found.next_cents <= found.now_cents + 1


# -- clearing --------------------------------------------------------------------------------

members = st.lists(
    st.tuples(
        st.integers(1, 2500),
        st.integers(0, 300),
        st.one_of(st.none(), st.integers(0, 4_000_000)),
    ),
    min_size=1,
    max_size=8,
)
prices = st.lists(st.integers(1, 3000), min_size=1, max_size=4)


@given(members, prices, st.sampled_from(["volume", "graduated"]), st.none() | st.integers(1, 9000))
def test_clearing_keeps_every_limit_and_publishes_none(rows, units, form, threshold):
    """Also under prices that rise with size, where the share could pass the cost alone."""
    terms = {
        "form": form,
        "platform_fee_cents": 500,
        "minimum_cents": 0,
        "cap_cents": None,
        "bands": [{"from": 1 + 400 * n, "unit_cents": cents} for n, cents in enumerate(units)],
    }
    group = [
        Member(f"{n:07}", seats, limit_cents=limit, tolerance=tolerance)
        for n, (seats, tolerance, limit) in enumerate(rows)
    ]

    given_ = clearing_rules.inputs_of(terms, group, "proportional", "seed", threshold)
    inputs, result = clearing_rules.cleared(given_)
    said = clearing_rules.published({"inputs": inputs, "result": result})

    assert clear_document(inputs) == result
    assert clear_document(said) == said["result"]
    assert said["result"]["split"] == result["split"]
    assert said["result"]["members"] == result["members"]
    assert said["result"]["rounds"] == result["rounds"]
    assert said["result"]["spare"] == result["spare"]
    if not result["lapsed"]:
        limits = {member.id: member.limit_cents for member in group}
        split = result["split"]
        assert sum(split["shares"].values()) == split["total_cents"]
        for name, share in split["shares"].items():
            assert share <= split["alone"][name]
            assert limits[name] is None or share <= limits[name]


def test_without_anybody_a_pool_lapses():
    inputs = clearing_rules.inputs_of(VOLUME.to_json(), [], "proportional", "seed", None)

    inputs, result = clearing_rules.cleared(inputs)

    assert result["lapsed"]
    assert clearing_rules.published({"inputs": inputs, "result": result})["result"]["lapsed"]


# -- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hours, words",
    [
        (72, "3 days left"),
        (76, "3 days and 4 hours left"),
        (25, "1 day and 1 hour left"),
        (23, "23 hours left"),
        (1, "less than 2 hours left"),
        (0, "closed"),
        (-5, "closed"),
    ],
)
def test_time_left_in_words(hours, words):
    assert rules.days_left(NOON + timedelta(hours=hours), NOON) == words


def test_amounts_read_as_they_are_typed():
    assert dollars_text(951_141) == "9,511.41"
    assert dollars_text(None) == ""


def test_the_calendar_folds_long_lines_between_letters():
    entry = Entry("1", "é" * 100, NOON, "words", "https://example.org/")

    lines = calendar("Pool", "America/Chicago", NOON, [entry]).split("\r\n")

    assert max(len(line.encode()) for line in lines) <= 75
    assert "é" * 100 in "".join(line[1:] if line.startswith(" ") else line for line in lines)
