"""Uptake counted from orders, invoices, the books and the directory.

All of it is public, so these reads look across organizations by themselves. Sums are made by
the database: the number of queries and of rows read does not grow with the districts.
"""

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, case, cast, distinct, extract, func, literal
from sqlmodel import Session, col, select

from marketplace.catalogue.models import Tool
from marketplace.core import tenancy
from marketplace.directory.models import District
from marketplace.directory.rules import SMALL_BELOW_PUPILS
from marketplace.ledger.models import LedgerBalance, LedgerEntry, LedgerTxn
from marketplace.ledger.rules import PostingKind
from marketplace.orders.models import Invoice, Order
from marketplace.uptake.rules import (
    BANDS,
    DIGIT_OF_LOCALE,
    FEWEST_PUPILS,
    LOCALE_OF_DIGIT,
    NO_FILTERS,
    Band,
    Cell,
    Figures,
    Filters,
    Known,
    Line,
    Locale,
    school_year_days,
    school_year_words,
)

_WHY = "what districts bought through pools is public"
_kind_of_place = func.substr(District.locale, 1, 1)
_pupils = col(District.pupils)
_band = case(
    (_pupils.is_(None), None),
    *((_pupils <= band.most, i) for i, band in enumerate(BANDS) if band.most is not None),
    else_=len(BANDS) - 1,
)


class Reached(NamedTuple):
    """One district that bought through a pool; names and facts come from the directory."""

    leaid: str
    name: str | None
    state: str | None
    locale_code: str | None
    pupils: int | None
    pupils_year: str | None
    seats: int
    ordered_cents: int
    paid_cents: int
    alone_cents: int

    @property
    def figures(self) -> Figures:
        return Figures(
            1,
            self.pupils if self.pupils and self.pupils >= FEWEST_PUPILS else 0,
            int(self.pupils is not None and self.pupils < FEWEST_PUPILS),
            int(self.pupils is None),
            *self[-4:],
        )


def cells(session: Session, filters: Filters = NO_FILTERS) -> list[Cell]:
    """Districts reached, by state, kind of place and size: every other figure is a sum of these."""
    each = _orders_of_districts(filters)
    enough = _pupils >= FEWEST_PUPILS
    columns: tuple[Any, ...] = (
        District.state,
        _kind_of_place.label("kind"),
        _band.label("band"),
        func.count(),
        _whole(func.sum(case((enough, _pupils), else_=0))),
        _whole(func.sum(case((_pupils < FEWEST_PUPILS, 1), else_=0))),
        _whole(func.sum(case((_pupils.is_(None), 1), else_=0))),
        *(_whole(func.sum(each.c[name])) for name in _SUMS),
    )
    query: Any = (
        select(*columns)
        .select_from(each)
        .outerjoin(District, col(District.leaid) == each.c.leaid)
        .where(*_about_districts(filters))
        .group_by(District.state, "kind", "band")
    )
    with tenancy.everyone(_WHY):
        found = session.exec(query).all()
    return [
        Cell(state, LOCALE_OF_DIGIT.get(digit), _band_at(band), Figures(*figures))
        for state, digit, band, *figures in found
    ]


def by_tool(session: Session, filters: Filters = NO_FILTERS) -> list[Line]:
    """Most districts first. A district may buy several tools, so districts do not add up."""
    query: Any = _orders_by((Tool.slug, Tool.name), filters).join(
        Tool, col(Tool.id) == Order.tool_id
    )
    return sorted(
        (Line(slug, name, figures) for (slug, name), figures in _lines(session, query, 2)),
        key=lambda line: (-line.figures.districts, line.words),
    )


def by_year(session: Session, filters: Filters = NO_FILTERS) -> list[Line]:
    """Newest first. A purchase belongs to the school year in which its term starts."""
    starts_on: Any = col(Order.term_starts_on)
    is_spring = case((extract("month", starts_on) < 7, 1), else_=0)
    year = cast(extract("year", starts_on), Integer) - is_spring
    query = _orders_by((year.label("year"),), filters, group_by=("year",))
    return sorted(
        (Line(str(y), school_year_words(y), f) for (y,), f in _lines(session, query, 1)),
        key=lambda line: line.key,
        reverse=True,
    )


def saved_percents(session: Session, filters: Filters = NO_FILTERS) -> dict[int, int]:
    """How many districts saved each whole percent (rounded down) of what alone would have cost."""
    each = _orders_of_districts(filters)
    alone, ordered = each.c.alone_cents, each.c.ordered_cents
    saved = _whole((alone - ordered) * 100) // func.nullif(alone, 0)
    query: Any = (
        select(saved.label("percent"), func.count())
        .select_from(each)
        .outerjoin(District, col(District.leaid) == each.c.leaid)
        .where(*_about_districts(filters), alone > 0)
        .group_by("percent")
    )
    with tenancy.everyone(_WHY):
        return {int(percent): count for percent, count in session.exec(query)}


def totals(session: Session) -> Figures:
    """The headline figures in one small query; pupils are left to `cells`."""
    query: Any = (
        select(func.count(distinct(col(Order.leaid))), *_amounts())
        .select_from(Order)
        .outerjoin(Invoice, col(Invoice.order_id) == Order.id)
    )
    with tenancy.everyone(_WHY):
        districts, *sums = session.exec(query).one()
    return Figures(districts, **dict(zip(_SUMS, sums, strict=True)))


def owed_in_the_books(session: Session) -> int:
    """What districts still owe by the books, to compare with what was ordered less paid."""
    query: Any = select(_whole(func.sum(LedgerBalance.balance_cents))).where(
        col(LedgerBalance.code).startswith("receivable:")
    )
    with tenancy.everyone("the books are public"):
        return int(session.exec(query).one())


def owed_otherwise(session: Session) -> int:
    """How many cents of what districts owe came from entries that orders do not know of.

    Grants, credits, write-offs, refunds, fees and corrections: above zero they owe more. A
    share that rose in a true-up, or because a member left, became an order of its own; that
    part of such an entry the orders do know.
    """
    same_entry = (col(LedgerTxn.org_id) == LedgerEntry.org_id) & (
        col(LedgerTxn.seq) == LedgerEntry.seq
    )
    query: Any = (
        select(_whole(func.sum(LedgerEntry.amount_cents)))
        .select_from(LedgerTxn)
        .join(LedgerEntry, same_entry)
        .where(
            col(LedgerTxn.kind).not_in(_KNOWN_TO_ORDERS),
            col(LedgerEntry.account).startswith("receivable:"),
        )
    )
    ordered: Any = (
        select(_whole(func.sum(Order.total_cents)))
        .select_from(Order)
        .join(
            LedgerTxn,
            (col(LedgerTxn.org_id) == Order.consortium_id)
            & (col(LedgerTxn.seq) == Order.ledger_seq),
        )
        .where(col(LedgerTxn.kind).not_in(_KNOWN_TO_ORDERS))
    )
    with tenancy.everyone("the books are public"):
        return int(session.exec(query).one()) - int(session.exec(ordered).one())


def districts_reached(filters: Filters) -> Any:
    """The query behind the list of districts: one `Reached` a row, by state and name."""
    each = _orders_of_districts(filters)
    columns: tuple[Any, ...] = (
        each.c.leaid,
        District.name,
        District.state,
        District.locale,
        District.pupils,
        District.pupils_year,
        *(each.c[name] for name in _SUMS),
    )
    return (
        select(*columns)
        .select_from(each)
        .outerjoin(District, col(District.leaid) == each.c.leaid)
        .where(*_about_districts(filters))
        .order_by(col(District.state), col(District.name), each.c.leaid)
    )


def data_years(session: Session) -> list[str]:
    """The years of the federal counts of pupils behind the figures, oldest first."""
    query = (
        select(District.pupils_year)
        .join(Order, col(Order.leaid) == District.leaid)
        .where(col(District.pupils_year).is_not(None))
        .distinct()
    )
    with tenancy.everyone(_WHY):
        return sorted(year for year in session.exec(query) if year)


def small_districts(session: Session, filters: Filters = NO_FILTERS) -> list[Known]:
    """All districts of the directory with fewer than 2,500 pupils, counted by kind."""
    query: Any = (
        select(District.state, _kind_of_place.label("kind"), _band.label("band"), func.count())
        .where(_pupils < SMALL_BELOW_PUPILS, *_about_districts(filters))
        .group_by(District.state, "kind", "band")
    )
    return [
        Known(state, LOCALE_OF_DIGIT.get(digit), _band_at(band), count)
        for state, digit, band, count in session.exec(query)
    ]


_KNOWN_TO_ORDERS = (
    PostingKind.SPLIT_BILLED,
    PostingKind.PAYMENT_RECEIVED,
    PostingKind.PAID_DIRECTLY,
)

# -- parts of queries ------------------------------------------------------------------------

_SUMS = ("seats", "ordered_cents", "paid_cents", "alone_cents")


def _whole(amount: Any) -> Any:
    """A sum as a whole number: PostgreSQL sums of bigint are numeric, of nothing are NULL."""
    return cast(func.coalesce(amount, literal(0)), BigInteger)


def _amounts() -> list[Any]:
    columns = (Order.seats, Order.total_cents, Invoice.paid_cents, Order.alone_cents)
    return [
        _whole(func.sum(amount)).label(name) for name, amount in zip(_SUMS, columns, strict=True)
    ]


def _orders_of_districts(filters: Filters) -> Any:
    """One row a district: its orders added up. An order has at most one invoice."""
    return (
        select(Order.leaid, *_amounts())
        .select_from(Order)
        .outerjoin(Invoice, col(Invoice.order_id) == Order.id)
        .where(*_about_orders(filters))
        .group_by(col(Order.leaid))
        .subquery()
    )


def _orders_by(keys: tuple[Any, ...], filters: Filters, group_by: tuple[Any, ...] = ()) -> Any:
    """Orders added up by `keys`; each district counts once within a group."""
    columns: tuple[Any, ...] = (*keys, func.count(distinct(col(Order.leaid))), *_amounts())
    query: Any = (
        select(*columns)
        .select_from(Order)
        .outerjoin(Invoice, col(Invoice.order_id) == Order.id)
        .where(*_about_orders(filters))
        .group_by(*(group_by or keys))
    )
    if filters.asks_about_districts:
        query = query.join(District, col(District.leaid) == Order.leaid)
        query = query.where(*_about_districts(filters))
    return query


def _lines(session: Session, query: Any, keys: int) -> list[tuple[tuple[Any, ...], Figures]]:
    with tenancy.everyone(_WHY):
        rows = session.exec(query).all()
    return [
        (
            tuple(row[:keys]),
            Figures(row[keys], **dict(zip(_SUMS, row[keys + 1 :], strict=True))),
        )
        for row in rows
    ]


def _about_orders(filters: Filters) -> list[Any]:
    if filters.year is None:
        return []
    first, last = school_year_days(filters.year)
    return [col(Order.term_starts_on).between(first, last)]


def _about_districts(filters: Filters) -> list[Any]:
    asked: list[Any] = []
    if filters.state:
        asked.append(District.state == filters.state)
    if filters.locale:
        asked.append(_kind_of_place == DIGIT_OF_LOCALE[Locale(filters.locale)])
    if filters.size:
        asked.append(_pupils >= filters.size.least)
        if filters.size.most is not None:
            asked.append(_pupils <= filters.size.most)
    return asked


def _band_at(place: int | None) -> Band | None:
    return None if place is None else BANDS[place]
