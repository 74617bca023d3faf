"""What the pages of consortia share: the blueprint, and finding a consortium."""

from typing import Any

from flask import Blueprint

from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.consortia import queries
from marketplace.consortia.models import Consortium
from marketplace.core import db, tenancy
from marketplace.core.access import require

bp = Blueprint("consortia", __name__)
PUBLIC = "consortia are public"
WHY = "a district that is not a member yet deals with the consortium"


def public(slug: str) -> tuple[Organization, Consortium]:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        organization, consortium = queries.consortium_by_slug(session, slug)
    return organization, consortium


def led(slug: str, action: str) -> tuple[Organization, Consortium]:
    """A consortium from within its own scope; for others it does not exist."""
    organization, consortium = queries.consortium_by_slug(db.session(), slug)
    require(current_actor(), action, consortium)
    return organization, consortium


def across(writer: Any, use_case: Any, *args: Any, **kwargs: Any) -> Any:
    """Run one use case on rows of a consortium that the organization may not belong to yet."""
    with tenancy.everyone(WHY):
        result = use_case(writer, *args, **kwargs)
        writer.flush()
    return result
