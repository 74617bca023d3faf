"""The math of a pool's shares, on its own page and on the pool's."""

import pytest

from tests.conftest import on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def url(circle):
    return f"/pools/{circle.organization.slug}/{circle.pool.slug}"


def test_a_stranger_reads_how_every_share_came_about(app, circle, url):
    page = app.test_client().get(f"{url}/shares?district={circle.members[0].leaid}")

    assert page.status_code == 200
    for text in (
        "It buys 2,500 seats",
        "$25,000.00 × 600 ÷ 2,300 seats = $6,521.73 and 21/23 of a cent",
        "It pays one of the odd cents",
        "2 CFR 200.405(d)",
        "What each method would give it",
    ):
        assert text in page.text
    assert len(page.data) < 60_000


def test_the_pool_page_shows_a_member_its_own_math(circle, url, client_for):
    page = client_for(circle.buyer).get(url)

    assert "Show the math for your share" in page.text
    assert "$25,000.00 × 600 ÷ 2,300 seats" in page.text
    assert f"/shares?district={circle.members[0].leaid}" in page.text
