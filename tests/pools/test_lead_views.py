"""The lead agency's pages: plan, open, and decide after the deadline."""

from datetime import date

import pytest

from marketplace.core import clock
from marketplace.pools import queries, service
from marketplace.pools.rules import PoolStatus, Rung
from tests.pools.crowd import LATER, after_the_deadline, joined, words

# -- leading ---------------------------------------------------------------------------------

PLAN = {
    "title": "Lumen, 2027–28",
    "purpose": "A reading tutor.",
    "closes_day": "2027-01-15",
    "closes_time": "23:59",
    "term_starts_on": "2027-07-01",
    "term_ends_on": "2028-06-30",
    "pay_by": "2027-08-01",
    "threshold": "1,000",
}


def test_a_lead_plans_changes_and_opens_a_pool(app, make, client_for, consortium, see, deliver):
    tool = make.tool(name="Lumen")
    plan = PLAN | {"price_schedule": str(make.price_schedule(tool).id)}
    slug, lead = make.org_of(consortium).slug, client_for(make.convener(consortium))

    saved = lead.send(f"/c/{slug}/pools/new", **plan)
    assert "05:59 UTC, Jan 16, 2027" in lead.get(saved.location).text
    assert app.test_client().get(saved.location).status_code == 404
    name = saved.location.rsplit("/", 1)[1]
    lead.send(f"/c/{slug}/pools/{name}/change", **plan | {"threshold": "900"})
    assert lead.send(f"/c/{slug}/pools/{name}/open").location == saved.location
    deliver()

    pool = see(queries.pool_by_slug, slug, name)
    assert (pool.status, pool.threshold_seats) == (PoolStatus.OPEN, 900)
    assert pool.closes_at.isoformat() == "2027-01-16T05:59:00+00:00"
    assert app.test_client().get(saved.location).status_code == 200
    card = words(app.test_client().get(f"/tools/{tool.slug}"))
    assert "Join a pool" in card
    assert "Lumen, 2027–28" in card
    assert see(service.catalogue.tool_by_id, tool.id).open_pools == 1
    assert "Lumen, 2027–28" in app.test_client().get(f"/consortia/{slug}").text
    assert "Lumen, 2027–28" in lead.get(f"/c/{slug}/").text


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"price_schedule": ""}, "Choose a tool and its price."),
        ({"title": ""}, "Enter a title."),
        ({"closes_day": "2026-11-01"}, "already passed"),
        ({"closes_day": "2027-03-14", "closes_time": "02:30"}, "does not exist"),
        ({"term_starts_on": "2027-01-01"}, "must start after the deadline"),
        ({"threshold": "-3"}, "Enter a whole number."),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_all_that_was_typed(
    make, client_for, consortium, changes, said, see
):
    plan = PLAN | {"price_schedule": str(make.price_schedule(make.tool()).id)}
    slug, lead = make.org_of(consortium).slug, client_for(make.convener(consortium))

    page = lead.send(f"/c/{slug}/pools/new", **plan | changes)

    assert page.status_code == 422
    assert said in page.text
    assert "A reading tutor." in page.text
    assert see(queries.pools_of, consortium.org_id, drafts=True) == []


def test_an_hour_that_comes_twice_is_taken_late_and_said(make, client_for, consortium, see):
    schedule = make.price_schedule(make.tool(), valid_until=date(2028, 12, 31))
    plan = PLAN | {
        "price_schedule": str(schedule.id),
        "closes_day": "2027-11-07",
        "closes_time": "01:30",
        "term_starts_on": "2028-01-01",
        "pay_by": "2028-01-15",
    }
    slug, lead = make.org_of(consortium).slug, client_for(make.convener(consortium))

    saved = lead.send(f"/c/{slug}/pools/new", **plan)

    assert "comes twice" in lead.get(saved.location).text
    (pool,) = see(queries.pools_of, consortium.org_id, drafts=True)
    assert pool.closes_at.isoformat() == "2027-11-07T07:30:00+00:00"


def test_two_people_clear_by_hand_once_the_deadline_has_passed(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    make.commitment(pool, joined(make, consortium)[0], 100)
    slug = make.org_of(consortium).slug
    one = client_for(make.convener(consortium, name="Ada First"))
    two = client_for(make.convener(consortium))
    ask, clear = (f"/c/{slug}/pools/{pool.slug}/{word}" for word in ("ask-to-clear", "clear"))

    early = one.send(ask)
    assert early.status_code == 422
    assert "once its deadline has passed" in early.text
    with clock.frozen(LATER):
        assert "Ask to clear it now" in one.get(address(pool)).text
        assert one.send(ask).location == address(pool)
        assert "You asked to clear it by hand" in one.get(address(pool)).text
        assert one.send(clear).status_code == 422
        assert "Ada First asked for it" in words(two.get(clear))
        assert two.send(clear).location == address(pool)
        assert two.send(clear).location == address(pool)

    assert see(queries.get_pool, pool.id).status is PoolStatus.CLEARED
    assert len(see(queries.allocations, pool.id)) == 1


VERBS = ("change", "open", "fill-up", "ask-to-clear", "clear", "extend", "lower", "release")


def test_another_lead_or_a_member_reaches_no_page_of_the_lead(make, client_for, consortium):
    pool = make.pool(consortium, status=PoolStatus.DRAFT)
    slug = make.org_of(consortium).slug
    _, member = joined(make, consortium)
    pages = [
        f"/c/{slug}/pools/new",
        *(f"/c/{slug}/pools/{pool.slug}/{verb}" for verb in VERBS),
    ]
    other = make.consortium()
    theirs = make.org_of(other).slug

    stranger = client_for(make.convener(other))
    assert [stranger.get(page).status_code for page in pages] == [404] * len(pages)
    assert stranger.get(f"/c/{theirs}/pools/{pool.slug}/open").status_code == 404
    assert [client_for(member).get(page).status_code for page in pages] == [403] * len(pages)


def test_of_two_leads_the_second_sees_what_changed_and_loses_nothing(
    make, client_for, consortium, see
):
    plan = PLAN | {"price_schedule": str(make.price_schedule(make.tool()).id)}
    slug = make.org_of(consortium).slug
    ann = client_for(make.convener(consortium, name="Ann Early"))
    ben = client_for(make.convener(consortium, name="Ben Late"))
    name = ann.send(f"/c/{slug}/pools/new", **plan).location.rsplit("/", 1)[1]
    url = f"/c/{slug}/pools/{name}/change"
    seen = {"seen_version": "1"}

    ann.send(url, **plan | {"title": "Ann’s title", "threshold": "700"}, seen_version="1")
    refused = ben.send(url, **plan | seen | {"title": "Ben’s title", "purpose": "Ben’s words."})

    assert refused.status_code == 422
    said = words(refused)
    assert "Ann Early saved this draft while you were typing: Title is now “Ann’s title”" in said
    assert "Ben’s title" in refused.text
    assert "Ben’s words." in refused.text
    assert 'value="700"' in refused.text  # what only Ann changed is in the form now
    assert 'name="seen_version" type="hidden" value="2"' in refused.text
    again = plan | {"title": "Ben’s title", "purpose": "Ben’s words.", "threshold": "700"}
    assert ben.send(url, **again, seen_version="2").status_code == 302
    # Ann, who still looks at version 2, changes another part: both stay.
    other = plan | {"title": "Ann’s title", "threshold": "800"}
    assert ann.send(url, **other, seen_version="2").status_code == 302
    pool = see(queries.pool_by_slug, slug, name)
    assert (pool.title, pool.purpose, pool.threshold_seats, pool.version) == (
        "Ben’s title",
        "Ben’s words.",
        800,
        4,
    )


def test_a_lead_decides_about_a_pool_that_closed_short(
    app, make, client_for, consortium, address, see
):
    slug, lead = make.org_of(consortium).slug, client_for(make.convener(consortium))
    pools = [make.pool(consortium, threshold_seats=500) for _ in range(3)]
    for pool in pools:
        make.commitment(pool, joined(make, consortium)[0], 400)
    after_the_deadline(app)
    extended, lowered, released = pools
    page = words(lead.get(address(extended)))
    assert "Closed short: you decide." in page
    assert "Nobody enters anything again." in page

    def url(pool, verb):
        return f"/c/{slug}/pools/{pool.slug}/{verb}"

    with clock.frozen(LATER):
        gap = {"closes_day": "2027-03-14", "closes_time": "02:30", "fill_up_days": "0"}
        assert "does not exist" in lead.send(url(extended, "extend"), **gap).text
        past = gap | {"closes_day": "2026-12-01", "closes_time": "12:00"}
        assert "already passed" in lead.send(url(extended, "extend"), **past).text
        good = gap | {"closes_day": "2027-02-01", "closes_time": "23:59"}
        assert lead.send(url(extended, "extend"), **good).location == address(extended)
        assert "Extended from Dec 16, 2026" in words(lead.get(address(extended)))
        high = lead.send(url(lowered, "lower"), threshold="401")
        assert "would still close short: 400 seats" in high.text
        assert "from 1 to 499" in lead.send(url(lowered, "lower"), threshold="500").text
        assert lead.send(url(lowered, "lower"), threshold="400").location == address(lowered)
        assert "Release 1 district?" in lead.get(url(released, "release")).text
        assert lead.send(url(released, "release")).location == address(released)
        assert "closed short, released" in words(lead.get(address(released))).lower()
        assert lead.send(url(released, "extend"), **good).status_code == 422

    statuses = [see(queries.get_pool, pool.id).status for pool in pools]
    assert statuses == [PoolStatus.EXTENDED, PoolStatus.CLEARED, PoolStatus.LAPSED]
    assert [len(see(queries.commitments, pool.id)) for pool in pools] == [1, 1, 1]


def test_if_it_closed_now_shows_the_lead_who_and_a_member_only_its_own(
    make, client_for, consortium, address
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    make.commitment(pool, district, 1000)
    poor, poor_buyer = joined(make, consortium, name="Poor ISD")
    make.commitment(pool, poor, 400, limit_cents=400_001)
    make.commitment(pool, make.district(), 50, rung=Rung.INTENT)
    url = address(pool, "/if-it-closed-now")

    lead = words(client_for(make.convener(consortium)).get(url))
    rich, mine = words(client_for(buyer).get(url)), words(client_for(poor_buyer).get(url))

    assert "Poor ISD Dropped, limit $4,000.01" in lead
    assert "$16,000.00" in lead
    assert "You would be in and pay $16,000.00" in rich
    assert "Poor ISD" not in rich.split("Your district")[0]
    assert "4,000.01" not in rich
    assert "You would be left out and owe nothing: your share would be $6,400.00" in mine
    assert "1 district would be dropped" in rich
    assert client_for(make.buyer(make.district())).get(url).status_code in (403, 404)
