"""How far districts came: counted once, against all there are, small groups hidden."""

import csv
import io
import json
from datetime import date, timedelta
from hashlib import sha256

import openpyxl
import pytest

from marketplace.core import clock, jobs
from marketplace.demand.models import Interest
from marketplace.orders.rules import OrderStatus
from marketplace.uptake import funnel_queries, funnel_rules
from marketplace.uptake.funnel_rules import Key, Row, Step, gap, is_due, release_of
from tests.conftest import NOW, on_sqlite


def rows(number, step=0, state="OH", locale="43", pupils=640, children=100, in_poverty=10):
    return [Row(state, locale, pupils, children, in_poverty, step)] * number


def test_a_district_counts_at_its_furthest_step_and_in_each_before():
    found = release_of([*rows(20), *rows(8, Step.INTERESTED), *rows(7, Step.LIVE)])

    assert found.there[str(Key("all"))] == 35
    assert found.steps[str(Key("all"))] == [15, 15, 7, 7, 7, 7, None]
    assert found.steps[str(Key("OH"))] == found.steps[str(Key("all", "place", "rural"))]


def test_small_groups_are_hidden_with_what_would_give_them_away():
    found = release_of(
        [
            *rows(30, Step.ORDERED, locale="43"),
            *rows(3, Step.ORDERED, locale="11"),
            *rows(9, Step.ORDERED, locale="22"),
            *rows(20, locale="11"),
            *rows(20, locale="22"),
        ]
    )

    at = Step.ORDERED - 1
    shown = {place: found.steps[str(Key("OH", "place", place))][at] for place in ("rural", "city")}
    assert shown == {"rural": 30, "city": None}
    assert found.steps[str(Key("OH", "place", "suburb"))][at] is None  # 9, beside it
    assert found.steps[str(Key("all"))][at] == 42


def test_a_missing_poverty_figure_is_a_group_of_its_own():
    found = release_of([*rows(9, Step.LIVE, in_poverty=None), *rows(40)])

    assert found.there[str(Key("OH", "poverty", "unknown"))] == 9


def test_a_gap_has_an_interval_and_says_when_it_is_not_clear():
    """Newcombe 1998, table II, (a): 56/70 against 48/80, 0.0524 to 0.3339."""
    found = gap(56, 70, 48, 80)

    assert (round(found.low, 2), round(found.high, 2)) == (5.24, 33.39)
    assert found.is_clear
    assert not gap(5, 10, 4, 10).is_clear
    assert gap(1, 0, 1, 2) is None


@pytest.mark.parametrize(
    "before, after, today, due",
    [
        (10, 10, date(2026, 12, 1), False),  # nothing new
        (10, 11, date(2026, 11, 17), False),  # one more within the month: who was it?
        (10, 15, date(2026, 11, 17), True),
        (10, 11, date(2026, 12, 1), True),
    ],
)
def test_a_release_stands_until_the_next_may_be_seen_beside_it(before, after, today, due):
    old = release_of([*rows(before, Step.ORDERED), *rows(40)])
    new = release_of([*rows(after, Step.ORDERED), *rows(50 - after)])
    if before == after:
        new = old

    assert is_due(old.as_json(), date(2026, 11, 16), today, new) is due
    assert is_due(None, today, today, new)


@pytest.fixture
def stranger(app):
    return app.test_client()


def keep(app, days=0):
    with clock.frozen(NOW + timedelta(days=days)), app.app_context():
        return jobs._run_timed("x", jobs.timed_jobs()["uptake.keep_funnel"])


def reach(world, number, **fields):
    for n in range(number):
        found = world.district("OH", "43" if n % 2 else "11", 640, **fields)
        world.buys(found)


def test_steps_are_read_from_what_districts_did(make, world, look):
    reach(world, 6)
    asked = [world.district("OH", "43", 640) for _ in range(5)]
    for order in world.orders[1:]:
        order.status = OrderStatus.ACTIVE
    world.buys(world.districts[0], starts_on=date(2025, 9, 1))  # the year before, the same tool
    world.save()
    make.save(
        Interest(
            org_id=world.organizations[asked[0].leaid].id,
            tool_id=world.tools[0][0].id,
            leaid=asked[0].leaid,
            seats=5,
            school_year=2026,
            shown_at=NOW,
            changed_at=NOW,
        )
    )

    found = funnel_queries.rows(look)

    counted = {step: sum(row.step >= step for row in found) for step in Step}
    assert len(found) == 11
    assert counted[Step.INTERESTED] == 7
    assert counted[Step.ORDERED] == counted[Step.LIVE] == 6
    assert counted[Step.RENEWED] == 1


@on_sqlite
def test_page_and_files_show_one_release_and_the_rows_agree(app, world, stranger, look):
    assert "Not counted yet" in stranger.get("/open/funnel").text
    reach(world, 12)
    for _ in range(20):
        world.district("OH", "43", 640)
    world.save()
    assert (keep(app), keep(app)) == (1, 0)  # once a day

    page = stranger.get("/open/funnel?state=oh").text
    assert "Of 32 districts on the newest federal list of Ohio, 12 ordered." in page
    told = stranger.get("/open/funnel.json").json
    text = json.dumps(told["figures"], sort_keys=True)
    assert sha256(text.encode()).hexdigest() == told["fingerprint"]
    lines = list(csv.DictReader(io.StringIO(stranger.get("/open/funnel.csv").text)))
    assert lines[0]["ordered"] == "12"
    sheet = openpyxl.load_workbook(io.BytesIO(stranger.get("/open/funnel.xlsx").data)).active
    cells = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert cells[1][: len(lines[0])] == [str(each) for each in lines[0].values()]
    assert release_of(funnel_queries.rows(look)).same_as(told["figures"])

    reach(world, 1)
    world.save()
    assert keep(app, days=1) == 1
    assert "12 ordered." in stranger.get("/open/funnel").text  # the same release still stands
    assert keep(app, days=20) == 1
    assert "13 ordered." in stranger.get("/open/funnel").text
    assert stranger.get("/open/funnel.json?release=1").json["figures"] == told["figures"]
    assert stranger.get("/open/funnel.csv?release=9").status_code == 404


def test_words_for_every_group():
    for part in funnel_rules.PARTS:
        assert all(funnel_rules.words_of(part, value) for value in funnel_rules.values_of(part))
