"""What the tests of pools do again and again."""

import re
from datetime import timedelta

from marketplace.consortia import service as consortia_service
from marketplace.core import clock, jobs, tenancy
from marketplace.pools.rules import Rung
from tests.conftest import NOW

LATER = NOW + timedelta(days=31)


def joined(make, consortium, **fields):
    """A member district and its buyer."""
    district = make.district(**fields)
    make.member(consortium, district)
    return district, make.buyer(district)


def firm(seats, **more):
    return {"seats": seats, "rung": Rung.COMMITTED, "po_number": "PO-1"} | more


def after_the_deadline(app, run=jobs.run_due, later=LATER):
    with clock.frozen(later), app.app_context():
        return run()


def words(page):
    """The text of a page as somebody reads it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def across(use_case):
    """As the join flow calls it: any district may show interest in a public pool."""

    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("any district may show interest in a public pool"):
            result = use_case(session, actor, *args, **kwargs)
            session.flush()
        return result

    return run


def end_membership(make, act, consortium, district):
    lead = make.convener(consortium)
    act(lead, consortia_service.end_membership, consortium.org_id, district.id)
