"""No link of the public pages leads nowhere, and no page asks for what is not there."""

import random
import re

import pytest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.conftest import on_sqlite
from tests.home.test_views import PLAIN

pytestmark = on_sqlite

PAGES = (
    "/",
    "/open",
    "/open?state=VT",
    "/open/districts",
    "/open/data",
    "/funders",
    "/funders/harlan",
    "/funders/harlan/report",
    *PLAIN,
)


def links_of(page):
    return {link.split("#")[0].split("?")[0] for link in re.findall(r'href="(/[^"]*)"', page)}


def leads_nowhere(app, link):
    if link.startswith("/static/"):
        return False
    try:
        app.url_map.bind("localhost").match(link, method="GET")
    except RequestRedirect:
        return False
    except HTTPException:
        return True
    return False


@pytest.mark.parametrize("url", PAGES)
def test_every_link_of_a_public_page_leads_somewhere(app, desk, make, url):
    make.funder("Harlan Family Fund", slug="harlan")
    desk.world.at_random(random.Random(3), districts=12)
    desk.open_pool()

    page = app.test_client().get(url)

    assert page.status_code == 200
    assert [link for link in sorted(links_of(page.text)) if leads_nowhere(app, link)] == []


def test_every_link_of_a_districts_home_leads_somewhere(app, desk, client_for):
    desk.joins().signs()
    desk.open_pool()
    desk.orders(700_00)
    desk.orders(800_00, paid_cents=0, po="PO-1", tool=1)

    page = client_for(desk.buyer).get(desk.url)

    assert [link for link in sorted(links_of(page.text)) if leads_nowhere(app, link)] == []
