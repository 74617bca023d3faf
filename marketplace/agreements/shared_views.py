"""What the pages of agreements share: the blueprint, and putting agreements into words."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.agreements import queries, rules
from marketplace.agreements.models import Agreement
from marketplace.agreements.queries import Named
from marketplace.catalogue import queries as catalogue
from marketplace.core import db, tenancy
from marketplace.core.access import can
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.files import get_file
from marketplace.core.web import file_response

bp = Blueprint("agreements", __name__)
PUBLIC = "the facts of a standing offer are public"


@bp.app_template_global("agreement_words")
def agreement_words() -> dict[str, Any]:
    return {
        "family": rules.FAMILY_WORDS,
        "data": rules.DATA_ELEMENTS,
        "state": rules.STATE_WORDS,
        "join": rules.JOIN_WORDS,
        "never_signs": rules.NEVER_SIGNS,
        "state_of": queries.agreement_state,
        "join_state": queries.join_state,
    }


def readable(agreement_id: UUID, action: str) -> Agreement:
    """An agreement that the policy opens to the actor; any other is not there."""
    with tenancy.everyone(PUBLIC):
        agreement = queries.get_agreement(db.session(), agreement_id)
    if not can(current_actor(), action, agreement):
        raise NotFound("There is no such agreement.")
    return agreement


def named_products(agreements: Sequence[Agreement]) -> dict[UUID, list[Named]]:
    """The products of agreements in words, three queries for all of them."""
    session = db.session()
    with tenancy.everyone(PUBLIC):
        products = queries.products_of(session, [agreement.id for agreement in agreements])
        rows = [row for named in products.values() for row in named]
        tools = catalogue.tools_by_id(session, {row.tool_id for row in rows})
        editions = queries.edition_names(session, {row.edition_id for row in rows})
    return {
        key: [
            Named(tools[row.tool_id], editions.get(row.edition_id) if row.edition_id else None)
            for row in named
            if row.tool_id in tools
        ]
        for key, named in products.items()
    }


def names_of(ids: Iterable[UUID | None]) -> dict[UUID, Any]:
    return accounts.organizations_by_id(db.session(), {key for key in ids if key})


def stored_pdf(file_id: UUID) -> Any:
    """A signed paper that the policy has opened; saved, never shown as part of the site."""
    with tenancy.everyone("the policy decided who reads this paper"):
        stored = get_file(db.session(), file_id)
    return file_response(stored.name, stored.media_type, stored.content)


def ids_of(value: str) -> tuple[UUID, UUID | None]:
    """'tool' or 'tool:edition', as the choices of a form write them."""
    tool, _, edition = value.partition(":")
    try:
        return UUID(tool), UUID(edition) if edition else None
    except ValueError:
        raise RuleBroken("Choose a product from the list.", "product") from None


def own_desk(leaid: str, slug: str, missing: str) -> Organization:
    """The district or the vendor that an address names, when the actor acts for it."""
    session = db.session()
    if leaid:
        home = accounts.organization_by_leaid(session, leaid)
    else:
        home = accounts.organization_by_slug(session, OrganizationKind.VENDOR, slug)
    if current_actor().org_id != home.id:
        raise NotFound(missing)
    return home
