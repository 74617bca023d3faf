"""Make a programme and change it: each change is a new version, and nothing before it moves."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import slug_of
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.programmes import queries, reach_queries, rules, subsidy_rules
from marketplace.programmes.models import Programme, ProgrammeVersion
from marketplace.programmes.rules import Eligibility, Leftover
from marketplace.programmes.subsidy_rules import Subsidy


@dataclass(frozen=True)
class Terms:
    """All that a version says. Amounts in cents."""

    purpose: str
    rule: Eligibility
    subsidy: Subsidy
    budget_cents: int | None
    starts_on: date
    ends_on: date
    leftover: Leftover
    for_everybody: bool = False
    why: str = ""


def create_programme(
    session: Session, actor: Actor, funder_id: UUID, title: str, terms: Terms, once_key: str
) -> Programme:
    """Version 1 of a new programme; the same form again finds it."""
    funder = accounts.get_organization(session, funder_id, lock=True)
    require(actor, "programmes.create_programme", funder)
    if sent := queries.version_of_form(session, funder.id, once_key):
        return queries.get_programme(session, sent.programme_id)
    _check(session, terms, given_cents=0)
    programme = Programme(
        org_id=funder.id,
        slug=_free_slug(session, title),
        title=" ".join(title.split()),
        made_at=clock.now(),
    )
    session.add(programme)
    session.flush()
    _add_version(session, actor, programme, 1, terms, once_key)
    emit(session, actor, "programmes.created", programme)
    return programme


def change_programme(
    session: Session, actor: Actor, programme_id: UUID, seen: int, terms: Terms, once_key: str
) -> ProgrammeVersion:
    """The next version. Grants that were promised keep the version they were promised under.

    `seen` is the number of the version the form was filled in from; another one that came in
    between is refused, so nobody overwrites what they have not read.
    """
    programme = queries.get_programme(session, programme_id, lock=True)
    require(actor, "programmes.change_programme", programme)
    if sent := queries.version_of_form(session, programme.org_id, once_key):
        return sent
    before = queries.in_force(session, programme.id)
    if before.number != seen:
        raise RuleBroken(
            f"Version {before.number} was saved while you wrote. Read it, then change it."
        )
    if len(terms.why) < 10:
        raise RuleBroken("Say in a sentence why the programme changes.", "why")
    fund = queries.fund_of(session, before)
    _check(session, terms, given_cents=fund.given_cents + fund.returned_cents)
    version = _add_version(session, actor, programme, seen + 1, terms, once_key)
    emit(session, actor, "programmes.changed", programme, version=version.number)
    return version


def _check(session: Session, terms: Terms, given_cents: int) -> None:
    rules.check_rule(terms.rule)
    subsidy_rules.check_subsidy(terms.subsidy)
    subsidy_rules.check_dates(terms.starts_on, terms.ends_on)
    rules.check_budget(terms.budget_cents, given_cents)
    reach = reach_queries.reach(session, terms.rule)
    rules.check_matches(reach.fits, reach.listed, terms.for_everybody)


def _free_slug(session: Session, title: str) -> str:
    wanted = slug_of(title)[:52].strip("-")
    slug, number = wanted, 1
    while queries.slug_is_taken(session, slug):
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _add_version(
    session: Session, actor: Actor, programme: Programme, number: int, terms: Terms, once_key: str
) -> ProgrammeVersion:
    version = ProgrammeVersion(
        org_id=programme.org_id,
        programme_id=programme.id,
        number=number,
        purpose=terms.purpose.strip(),
        rule=terms.rule.as_json(),
        subsidy=terms.subsidy.as_json(),
        budget_cents=terms.budget_cents or 0,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        leftover=terms.leftover,
        why=terms.why.strip(),
        made_at=clock.now(),
        made_by=actor.user_id,
        once_key=once_key,
    )
    session.add(version)
    session.flush()
    return version
