"""Who qualifies, counted by the database over the whole directory, and the facts of some.

Public reference data: the counts are of all districts, also those that are not on this site.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, false, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.consortia.models import Consortium, Member
from marketplace.consortia.rules import MemberStatus
from marketplace.core import tenancy
from marketplace.directory.models import District
from marketplace.directory.rules import SMALL_BELOW_PUPILS
from marketplace.programmes.rules import DIGIT_OF_PLACE, Eligibility, Facts

WHY = "who leads a consortium and who is a member is public"


@dataclass(frozen=True)
class Figure:
    """One fact the rule asks for: from which years it is, and for how many it is missing."""

    name: str
    years: tuple[str, ...]
    missing: int

    @property
    def years_words(self) -> str:
        return " to ".join(dict.fromkeys(self.years)) if self.years else "no year"


@dataclass(frozen=True)
class Reach:
    """Counts of districts; `listed` are those on the newest federal lists."""

    fits: int
    unknown: int
    no: int
    listed: int
    gone: int
    pupils: int
    figures: tuple[Figure, ...]

    @property
    def all(self) -> int:
        return self.fits + self.unknown + self.no


def reach(session: Session, rule: Eligibility) -> Reach:
    """Two or three queries, however many districts."""
    newest = _newest()
    listed = func.substr(District.name_year, 1, 4) >= newest.c.year
    asked = and_(true(), listed, *_conditions(session, rule))
    counted = {
        "all": func.count(),
        "fits": _count(asked),
        "unknown": func.sum(case((asked.is_(None), 1), else_=0)),
        "listed": _count(listed),
        "pupils": func.sum(case((asked, func.coalesce(District.pupils, 0)), else_=0)),
    }
    figures = _figures(rule)
    for number, (_name, year, missing) in enumerate(figures):
        counted[f"low{number}"] = func.min(case((listed, year)))
        counted[f"high{number}"] = func.max(case((listed, year)))
        counted[f"missing{number}"] = _count(and_(listed, _in_states(rule), missing))
    columns: Any = [column.label(name) for name, column in counted.items()]
    query: Any = select(*columns).join(newest, newest.c.state == District.state)
    found = session.exec(query).one()._mapping

    def number_of(name: str) -> int:
        return int(found[name] or 0)

    fits, unknown, listed_count = map(number_of, ("fits", "unknown", "listed"))
    return Reach(
        fits=fits,
        unknown=unknown,
        no=number_of("all") - fits - unknown,
        listed=listed_count,
        gone=number_of("all") - listed_count,
        pupils=number_of("pupils"),
        figures=tuple(
            Figure(
                name,
                tuple(year for year in (found[f"low{n}"], found[f"high{n}"]) if year),
                number_of(f"missing{n}"),
            )
            for n, (name, _year, _missing) in enumerate(figures)
        ),
    )


def facts_of(session: Session, leaids: Iterable[str]) -> dict[str, Facts]:
    """What the directory says today about these districts; three queries."""
    asked = sorted(set(leaids))
    newest = _newest()
    query = (
        select(District, func.substr(District.name_year, 1, 4) >= newest.c.year)
        .join(newest, newest.c.state == District.state)
        .where(col(District.leaid).in_(asked))
    )
    agencies = _agencies_of(session, asked)
    return {
        each.leaid: Facts(
            leaid=each.leaid,
            state=each.state,
            locale=each.locale,
            locale_year=each.place_year,
            pupils=each.pupils,
            pupils_year=each.pupils_year,
            children=each.children,
            children_in_poverty=each.children_in_poverty,
            poverty_year=each.poverty_year,
            is_listed=bool(is_listed),
            agencies=agencies.get(each.leaid, ()),
        )
        for each, is_listed in session.exec(query)
    }


def agencies(session: Session) -> list[tuple[str, str]]:
    """Agencies that lead a consortium, as (address, name), by name."""
    query = (
        select(Organization.slug, Organization.name)
        .join(Consortium, col(Consortium.lead_agency_id) == Organization.id)
        .distinct()
        .order_by(col(Organization.name))
    )
    with tenancy.everyone(WHY):
        return [(slug, name) for slug, name in session.exec(query)]


# -- parts of queries ------------------------------------------------------------------------


def _newest() -> Any:
    """The first year of the newest list of names in each state: who is not on it has closed or
    merged, as far as the federal files tell."""
    return (
        select(District.state, func.max(func.substr(District.name_year, 1, 4)).label("year"))
        .group_by(District.state)
        .subquery()
    )


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _in_states(rule: Eligibility) -> Any:
    return col(District.state).in_(rule.states) if rule.states else true()


def _conditions(session: Session, rule: Eligibility) -> list[Any]:
    """The rule in SQL: like `rules.judge`, a missing figure is neither yes nor no."""
    pupils, digit = col(District.pupils), func.substr(District.locale, 1, 1)
    found: list[Any] = []
    if rule.states:
        found.append(_in_states(rule))
    if rule.places:
        found.append(digit.in_([DIGIT_OF_PLACE[place] for place in rule.places]))
    if rule.rural:
        found.append(digit == "4")
    if rule.small:
        found.append(pupils < SMALL_BELOW_PUPILS)
    if rule.pupils_from is not None:
        found.append(pupils >= rule.pupils_from)
    if rule.pupils_to is not None:
        found.append(pupils <= rule.pupils_to)
    if rule.poverty_from_bps is not None:
        children = func.nullif(District.children, 0)
        found.append(col(District.children_in_poverty) * 10_000 >= rule.poverty_from_bps * children)
    if rule.agency:
        members = _members_of(session, rule.agency)
        found.append(col(District.leaid).in_(members) if members else false())
    return found


def _figures(rule: Eligibility) -> list[tuple[str, Any, Any]]:
    """(name, column of its year, whether it is missing) of each figure the rule asks for."""
    found: list[tuple[str, Any, Any]] = []
    missing: Any
    if rule.asks_pupils:
        missing = col(District.pupils).is_(None)
        found.append(("Enrolment (NCES)", District.pupils_year, missing))
    if rule.poverty_from_bps is not None:
        missing = or_(
            func.coalesce(District.children, 0) == 0, col(District.children_in_poverty).is_(None)
        )
        found.append(("Children in poverty (Census SAIPE)", District.poverty_year, missing))
    if rule.asks_place:
        missing = col(District.locale).is_(None)
        found.append(("Locale (NCES EDGE)", District.place_year, missing))
    return found


def _memberships() -> Any:
    lead: Any = aliased(Organization)
    return (
        select(Organization.leaid, lead.slug)
        .select_from(Member)
        .join(Organization, col(Organization.id) == col(Member.district_id))
        .join(Consortium, col(Consortium.org_id) == col(Member.org_id))
        .join(lead, lead.id == col(Consortium.lead_agency_id))
        .where(Member.status == MemberStatus.ACTIVE, col(Organization.leaid).is_not(None)),
        lead,
    )


def _members_of(session: Session, agency: str) -> list[str]:
    query, lead = _memberships()
    with tenancy.everyone(WHY):
        return sorted({leaid for leaid, _ in session.exec(query.where(lead.slug == agency))})


def _agencies_of(session: Session, leaids: list[str]) -> dict[str, tuple[str, ...]]:
    query, _lead = _memberships()
    found: dict[str, list[str]] = {}
    with tenancy.everyone(WHY):
        for leaid, slug in session.exec(query.where(col(Organization.leaid).in_(leaids))):
            found.setdefault(leaid, []).append(slug)
    return {leaid: tuple(sorted(set(slugs))) for leaid, slugs in found.items()}
