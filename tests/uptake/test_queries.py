"""Figures equal the rows they are counted from, in random worlds and on both engines."""

import random

import pytest

from marketplace.core import tenancy
from marketplace.uptake import queries, rules
from marketplace.uptake.rules import BANDS, Figures, Filters, Locale
from tests.conftest import on_sqlite

SEEDS = (3, 41)
FILTERS = [
    {},
    {"state": "OH"},
    {"locale": "rural"},
    {"size": "under-250"},
    {"size": "2500-up", "year": "2026"},
    {"year": "2025"},
    {"state": "NM", "locale": "city", "year": "2026"},
    {"state": "ZZ"},
]


def fits(world, order, filters):
    """The filters, told a second time and one order at a time."""
    facts = world.facts_of(order)
    if filters.year and rules.school_year_of(order.term_starts_on) != filters.year:
        return False
    if filters.state and (facts is None or facts.state != filters.state):
        return False
    if filters.locale:
        names = {"1": "city", "2": "suburb", "3": "town", "4": "rural"}
        if facts is None or not facts.locale or names[facts.locale[0]] != filters.locale:
            return False
    if filters.size:
        most = filters.size.most if filters.size.most is not None else 10**9
        if facts is None or facts.pupils is None:
            return False
        return filters.size.least <= facts.pupils <= most
    return True


def counted(world, orders):
    """The figures of some orders, added up by hand."""
    facts = {order.leaid: world.facts_of(order) for order in orders}
    known = [f.pupils if f else None for f in facts.values()]
    paid = {invoice.order_id: invoice.paid_cents for invoice in world.invoices}
    return Figures(
        districts=len(facts),
        pupils=sum(p for p in known if p is not None and p >= 10),
        hidden=sum(p is not None and p < 10 for p in known),
        unknown=sum(p is None for p in known),
        seats=sum(order.seats for order in orders),
        ordered_cents=sum(order.total_cents for order in orders),
        paid_cents=sum(paid.get(order.id, 0) for order in orders),
        alone_cents=sum(order.alone_cents for order in orders),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_figure_is_the_sum_of_its_orders(world, look, seed):
    world.at_random(random.Random(seed), districts=60)

    for asked in FILTERS:
        filters = Filters.read(asked)
        orders = [order for order in world.orders if fits(world, order, filters)]
        cells = queries.cells(look, filters)

        assert rules.total_of(cells) == counted(world, orders), asked
        for lines in (rules.by_state(cells), rules.by_locale(cells), rules.by_size(cells)):
            assert sum((line.figures for line in lines), rules.NOTHING) == rules.total_of(cells)


@on_sqlite
@pytest.mark.parametrize("seed", range(5, 13))
def test_many_worlds_add_up(world, look, seed):
    world.at_random(random.Random(seed), districts=25)

    assert rules.total_of(queries.cells(look)) == counted(world, world.orders)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_cell_holds_its_own_districts(world, look, seed):
    world.at_random(random.Random(seed), districts=60)

    for cell in queries.cells(look):
        if cell.state and cell.locale and cell.size:
            filters = Filters(cell.state, cell.locale, cell.size)
            orders = [order for order in world.orders if fits(world, order, filters)]
            assert cell.figures == counted(world, orders)


@pytest.mark.parametrize("seed", SEEDS)
def test_tools_and_years_add_up_in_money_but_share_districts(world, look, seed):
    world.at_random(random.Random(seed), districts=60)

    for asked in FILTERS:
        filters = Filters.read(asked)
        orders = [order for order in world.orders if fits(world, order, filters)]
        for lines, key in (
            (queries.by_tool(look, filters), lambda order: order.tool_id),
            (queries.by_year(look, filters), lambda o: rules.school_year_of(o.term_starts_on)),
        ):
            expected = {}
            for order in orders:
                expected.setdefault(key(order), []).append(order)
            by_hand = sorted(
                (len({o.leaid for o in some}), *money(some)) for some in expected.values()
            )
            assert sorted((x.figures.districts, *money_of(x.figures)) for x in lines) == by_hand


def money(orders):
    return (
        sum(order.seats for order in orders),
        sum(order.total_cents for order in orders),
        sum(order.alone_cents for order in orders),
    )


def money_of(figures):
    return figures.seats, figures.ordered_cents, figures.alone_cents


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_add_up_to_the_totals(world, look, seed):
    world.at_random(random.Random(seed), districts=60)

    for asked in FILTERS:
        filters = Filters.read(asked)
        rows = [queries.Reached(*row) for row in look.exec(queries.districts_reached(filters))]
        total = rules.total_of(queries.cells(look, filters))
        assert sum((row.figures for row in rows), rules.NOTHING) == total


@pytest.mark.parametrize("seed", SEEDS)
def test_the_headline_equals_the_sum_of_the_cells(world, look, seed):
    world.at_random(random.Random(seed), districts=60)
    total, headline = rules.total_of(queries.cells(look)), queries.totals(look)

    assert (headline.districts, *money_of(headline)) == (total.districts, *money_of(total))


def test_a_world_without_orders_counts_nothing(world, look):
    world.save()

    assert queries.cells(look) == []
    assert queries.totals(look) == rules.NOTHING
    assert queries.by_tool(look) == queries.by_year(look) == []
    assert queries.saved_percents(look) == {}


def test_what_each_district_saved_is_counted_by_whole_percents(world, look):
    for cents in (2_000, 2_001, 10_000, 0):
        world.buys(world.district(), cents=cents, alone_cents=10_000)
    world.save()

    assert queries.saved_percents(look) == {80: 1, 79: 1, 0: 1, 100: 1}


def test_big_sums_stay_exact(world, look):
    huge = 2**53 + 1
    world.buys(world.district(), cents=huge, alone_cents=huge, paid_cents=huge)
    world.buys(world.district(), cents=2, alone_cents=3)
    world.save()

    total = rules.total_of(queries.cells(look))

    assert (total.ordered_cents, total.alone_cents) == (huge + 2, huge + 3)


def test_small_districts_are_counted_from_the_directory(world, look):
    for state, pupils in (("OH", 120), ("OH", 2_499), ("OH", 2_500), ("VT", 4), ("VT", None)):
        world.district(state, "43", pupils)
    world.save()

    known = queries.small_districts(look)

    assert {(k.state, k.size.key, k.districts) for k in known} == {
        ("OH", "under-250", 1),
        ("OH", "1000-2499", 1),
        ("VT", "under-250", 1),
    }
    assert queries.small_districts(look, Filters(state="VT", locale=Locale.RURAL))[0].districts == 1
    assert queries.small_districts(look, Filters(size=BANDS[-1])) == []


def test_the_figures_are_the_same_from_any_scope(world, look):
    world.buys(world.district())
    world.save()

    with tenancy.scoped_to([]):
        assert rules.total_of(queries.cells(look)).districts == 1


def test_the_years_of_the_federal_counts_are_named(world, look):
    world.buys(world.district(pupils=640))
    world.buys(world.district(pupils=None))
    world.save()

    assert queries.data_years(look) == ["2024-25"]
