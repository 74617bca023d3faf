"""What the pages of decisions share: the blueprint, and finding a consortium."""

from flask import Blueprint

from marketplace.accounts.models import Organization
from marketplace.consortia import queries as consortia
from marketplace.consortia.models import Consortium
from marketplace.core import db, tenancy

bp = Blueprint("decisions", __name__)
PUBLIC = "decisions of a consortium and their outcomes are public"


def consortium_at(slug: str) -> tuple[Organization, Consortium]:
    with tenancy.everyone(PUBLIC):
        return consortia.consortium_by_slug(db.session(), slug)
