"""The same button pressed by several at the same moment."""

import threading

from sqlmodel import select

from marketplace.catalogue import listing_service, review_service
from marketplace.catalogue.listing_models import ListingVersion, ToolFollower
from marketplace.core import tenancy
from marketplace.core.errors import RuleBroken
from tests.catalogue.conftest import across
from tests.conftest import on_postgresql


def at_once(call, times=5):
    """Run a call in several threads; what came out of each: "done", or the refusal."""
    outcomes = []

    def run():
        try:
            call()
            outcomes.append("done")
        except Exception as refusal:
            outcomes.append(refusal)

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@on_postgresql
def test_a_tool_followed_twice_at_once_has_one_follower(act, make, look):
    tool, buyer = make.tool(), make.buyer(make.district())

    outcomes = at_once(lambda: act(buyer, listing_service.follow_tool, tool.id))

    assert outcomes == ["done"] * 5
    with tenancy.everyone("the test counts"):
        assert len(look.exec(select(ToolFollower)).all()) == 1


@on_postgresql
def test_a_listing_published_twice_at_once_has_one_version(act, make, look, complete):
    complete.status = "in_review"
    make.save(complete)
    operator = make.operator()

    outcomes = at_once(lambda: act(operator, across(review_service.publish_listing), complete.id))

    assert "done" in outcomes
    assert all(said == "done" or isinstance(said, RuleBroken) for said in outcomes)
    with tenancy.everyone("the test counts"):
        numbers = look.exec(select(ListingVersion.number)).all()
    assert numbers == [1]
