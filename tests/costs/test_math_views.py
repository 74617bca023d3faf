"""The math of a pool's shares, on its own page and on the pool's."""

import re
from datetime import timedelta

import pytest

from marketplace.core import clock
from marketplace.pools import service as pools_service
from marketplace.pools.rules import PoolStatus, Rung
from tests.conftest import on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def url(circle):
    return f"/pools/{circle.organization.slug}/{circle.pool.slug}"


@pytest.fixture
def clear(circle, act, make):
    """Clears a pool after its deadline, by hand: one asks, another one confirms."""
    second = make.convener(circle.consortium)

    def run(pool):
        with clock.frozen(pool.closes_at + timedelta(minutes=1)):
            act(circle.lead, pools_service.ask_for_clearing, pool.id)
            return act(second, pools_service.clear_pool, pool.id)

    return run


@pytest.fixture
def cleared(circle, clear):
    """The pool of the circle after its deadline: one district took 100 extra seats' worth."""
    return clear(circle.pool)


def test_a_stranger_reads_how_every_share_came_about(app, circle, url):
    page = app.test_client().get(f"{url}/shares?district={circle.members[0].leaid}")

    assert page.status_code == 200
    for text in (
        "It buys 2,500 seats",
        "$25,000.00 × 600 ÷ 2,300 seats = $6,521.73 and 21/23 of a cent",
        "It pays one of the odd cents",
        "2 CFR 200.405(d)",
        "What each method would give it",
        "All shares add up to $25,000.00. The price is $25,000.00.",
    ):
        assert text in page.text
    assert len(page.data) < 60_000


def test_the_shares_listed_add_up_to_the_price(app, url):
    page = app.test_client().get(f"{url}/shares").text
    cells = re.findall(r'data-l="Share"><strong>\$([\d,]+)\.(\d\d)', page)

    assert sum(int(d.replace(",", "")) * 100 + int(c) for d, c in cells) == 2_500_000


def test_without_a_district_the_page_is_about_nobody(app, url):
    page = app.test_client().get(f"{url}/shares").text

    assert "What each method would give" not in page
    assert "Step by step" in page


def test_a_member_sees_its_own_math_first(circle, url, client_for):
    page = client_for(circle.viewer).get(f"{url}/shares").text

    assert "Cedar Falls, you" in page
    assert "What each method would give you" in page


def test_the_pool_page_shows_a_member_its_own_math(circle, url, client_for, app):
    page = client_for(circle.buyer).get(url)

    assert "Show the math for your share" in page.text
    assert "$25,000.00 × 600 ÷ 2,300 seats" in page.text
    assert f"/shares?district={circle.members[0].leaid}" in page.text
    assert "Show the math for the shares" in app.test_client().get(url).text


def test_after_clearing_the_math_is_that_of_the_final_shares(app, circle, cleared, url, see):
    split = cleared.clearing["result"]["split"]
    page = app.test_client().get(f"{url}/shares").text

    assert cleared.status is PoolStatus.CLEARED
    assert "when the pool cleared" in page
    assert "Final shares" in page
    for cents in split["shares"].values():
        assert f"${cents // 100:,}.{cents % 100:02}" in page


def test_extra_seats_that_were_taken_are_in_the_formula(app, circle, make, clear):
    """400 firm seats and a threshold of 450: 50 extra ones are taken and paid for."""
    pool = make.pool(circle.consortium, slug="extra", threshold_seats=450, terms=None)
    for district, tolerance in zip(circle.members[:2], (60, 0)):
        make.commitment(pool, district, seats=200, tolerance=tolerance, pupils=900)
    clear(pool)

    address = f"/pools/{circle.organization.slug}/extra/shares"
    page = app.test_client().get(f"{address}?district={circle.members[0].leaid}").text

    assert "× 250 ÷ 450 seats" in page


def test_a_pool_nobody_committed_to_says_what_comes_next(app, circle, make):
    make.pool(circle.consortium, slug="empty")
    page = app.test_client().get(f"/pools/{circle.organization.slug}/empty/shares")

    assert page.status_code == 200
    assert "No district has committed yet." in page.text


def test_a_pool_that_closed_short_says_that_nobody_pays(app, circle, make, clear):
    pool = make.pool(circle.consortium, slug="short", threshold_seats=9_000)
    make.commitment(pool, circle.members[0], seats=10)
    clear(pool)

    page = app.test_client().get(f"/pools/{circle.organization.slug}/short/shares")

    assert "This pool closed short, so nobody pays." in page.text


def test_seats_that_wait_for_a_vote_are_in_no_formula(app, circle, url, make):
    make.commitment(circle.pool, make.district(), seats=999, rung=Rung.INTENT)

    assert (
        "÷ 2,300 seats"
        in app.test_client().get(f"{url}/shares?district={circle.members[0].leaid}").text
    )


@pytest.mark.parametrize("leaid", ["0000000", "' OR 1=1", "<script>"])
def test_a_district_that_is_not_in_the_pool_is_not_found(app, url, leaid):
    answer = app.test_client().get(f"{url}/shares", query_string={"district": leaid})

    assert answer.status_code == 404
    assert "<script>" not in answer.text.split("</head>")[1]


def test_a_draft_exists_for_its_lead_only(app, circle, make, client_for):
    make.pool(circle.consortium, slug="plan", status=PoolStatus.DRAFT)
    address = f"/pools/{circle.organization.slug}/plan/shares"

    assert app.test_client().get(address).status_code == 404
    assert client_for(circle.viewer).get(address).status_code == 404
    assert client_for(circle.lead).get(address).status_code == 200


def test_a_pool_of_three_hundred_is_paged_and_stays_small(app, circle, url, make):
    for n in range(300):
        make.commitment(circle.pool, make.district(f"District {n:03}"), seats=10 + n, pupils=900)

    page = app.test_client().get(f"{url}/shares?page=2")

    assert page.status_code == 200
    assert len(page.data) < 60_000
    assert "Page 2 of 7" in page.text
    assert "and" in page.text
