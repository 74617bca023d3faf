"""A vendor with its editor, a listing complete enough to send, and an operator's arm's length."""

from datetime import timedelta

import pytest

from marketplace.accounts.rules import Role
from marketplace.core import clock, tenancy

VOLUME = {
    "form": "volume",
    "platform_fee_cents": 0,
    "minimum_cents": 0,
    "cap_cents": None,
    "bands": [{"from": 1, "unit_cents": 1600}, {"from": 2500, "unit_cents": 1350}],
}
#: The answers that a listing cannot be sent without, beside its name and summary.
ANSWERS = {
    "description": "For class.",
    "lowest_grade": 0,
    "highest_grade": 5,
    "subjects": ["reading"],
    "ai_use": "generative",
    "ai_facts": ["Listens."],
}


def across(use_case):
    """The operator's views run a use case across vendors; so does this."""

    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("the operator reviews every vendor's listings"):
            result = use_case(session, actor, *args, **kwargs)
            session.flush()
            return result

    return run


@pytest.fixture
def vendor(make):
    return make.vendor("Lumen Learning")


@pytest.fixture
def editor(make, vendor):
    return make.person(vendor, Role.LISTING_EDITOR)


@pytest.fixture
def complete(make, vendor):
    """A draft that lacks nothing."""
    make.vendor_profile(vendor)
    tool = make.tool(
        vendor,
        "Reading Coach",
        status="draft",
        description="Listens while a child reads.",
        ai_use="generative",
        ai_facts=["Turns speech into text."],
    )
    make.price_schedule(tool, VOLUME, edition=make.edition(tool))
    return tool


@pytest.fixture
def next_year():
    return clock.now().date() + timedelta(days=365)
