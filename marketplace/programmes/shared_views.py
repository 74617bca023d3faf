"""The desks programmes are seen from, and what their pages share."""

from typing import Any
from uuid import UUID

from flask import Blueprint

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.core import db, tenancy
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.programmes import movement_rules, queries, reach_queries, rules, subsidy_rules
from marketplace.programmes.models import Programme, ProgrammeVersion
from marketplace.programmes.rules import Eligibility
from marketplace.programmes.subsidy_rules import Subsidy

bp = Blueprint("programmes", __name__)
#: Read across organizations: said on every page that does.
SHARES = "shares of a cleared pool are public, and so are the grants on them in the books"


@bp.app_template_global("programme_words")
def programme_words() -> dict[str, Any]:
    return {
        "leftover": rules.LEFTOVER_WORDS,
        "fits": rules.FITS_TAGS,
        "kind": movement_rules.MOVEMENT_WORDS,
        "movement": movement_rules.MOVEMENT_TAGS,
        "award": movement_rules.AWARD_TAGS,
        "subsidy": subsidy_rules.SUBSIDY_WORDS,
    }


def sit_down(slug: str, permission: str = "programmes.programmes") -> Organization:
    """The funder's desk, if the reader sits there; else there is no such page."""
    funder = accounts.organization_by_slug(db.session(), OrganizationKind.FUNDER, slug)
    if not can(current_actor(), permission, funder):
        raise NotFound("There is no such page.")
    return funder


def own_programme(
    slug: str, programme: str, permission: str = "programmes.programme"
) -> tuple[Organization, Programme]:
    funder = sit_down(slug)
    found = queries.programme_by_slug(db.session(), funder.id, programme)
    if not can(current_actor(), permission, found):
        raise NotFound("There is no such programme.")
    return funder, found


def consortium_desk(slug: str) -> Organization:
    """The desk of those who keep a consortium's books, whomever they act for just now."""
    actor = current_actor()
    consortium = accounts.organization_by_slug(db.session(), OrganizationKind.CONSORTIUM, slug)
    if not can(actor, "programmes.consortium_grants", consortium):
        raise NotFound("There is no such page.")
    if consortium.id not in actor.scope:
        tenancy.open_scope(actor.scope | {consortium.id})
    return consortium


def version_words(version: ProgrammeVersion) -> dict[str, list[str]]:
    """Rule and subsidy in lines that anybody can read."""
    rule = Eligibility.from_json(version.rule)
    return {
        "rule": rule.words(agency_name(rule)),
        "subsidy": Subsidy.from_json(version.subsidy).words(),
    }


def agency_name(rule: Eligibility) -> str:
    if not rule.agency:
        return ""
    return dict(reach_queries.agencies(db.session())).get(rule.agency, rule.agency)


def names(ids: set[UUID]) -> dict[UUID, Organization]:
    return accounts.organizations_by_id(db.session(), ids)
