"""Who finds which tool."""

import pytest

from marketplace.catalogue import queries
from marketplace.core.access import Actor
from marketplace.core.errors import NotFound


def test_a_published_tool_is_found_by_anybody(make, look):
    tool = make.tool()

    assert queries.get_tool(look, tool.slug).id == tool.id
    assert queries.tools_by_id(look, [tool.id]).keys() == {tool.id}


def test_a_draft_is_found_by_its_vendor_only(make, look):
    tool = make.tool(status="draft")
    vendor, stranger = (
        Actor(user_id=None, org_id=tool.org_id),
        Actor(user_id=None, org_id=make.vendor().id),
    )

    assert queries.get_tool(look, tool.slug, vendor).id == tool.id
    for other in (stranger, Actor(user_id=None)):
        with pytest.raises(NotFound):
            queries.get_tool(look, tool.slug, other)
    assert queries.tools_by_id(look, [tool.id]) == {}


def test_prices_that_ended_or_were_withdrawn_are_not_in_force(make, look, still_clock):
    tool = make.tool()
    good = make.price_schedule(tool)
    make.price_schedule(tool, valid_until=good.offered_at.date().replace(day=1))
    make.price_schedule(tool, withdrawn_at=good.offered_at)

    assert [s.id for s in queries.schedules_of(look, tool.id)] == [good.id]
