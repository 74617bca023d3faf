"""The pages of pools: read by anybody, joined by districts, led by the lead agency."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.consortia.rules import MemberStatus
from marketplace.core import clock, jobs, tenancy
from marketplace.core.events import Event
from marketplace.pools import queries, service
from marketplace.pools.forms import ContactsForm
from marketplace.pools.rules import PoolStatus, Rung
from tests.conftest import NOW, on_sqlite

LATER = NOW + timedelta(days=31)


@pytest.fixture
def consortium(make):
    return make.consortium(name="Three Rivers")


@pytest.fixture
def address(make):
    def of(pool, page=""):
        with tenancy.everyone("tests"):
            slug = make._organization(pool.org_id).slug
        return f"/pools/{slug}/{pool.slug}{page}"

    return of


def joined(make, consortium, **fields):
    district = make.district(**fields)
    make.member(consortium, district)
    return district, make.buyer(district)


def words(page):
    """The text of a page as somebody reads it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


# -- reading ---------------------------------------------------------------------------------


def test_anybody_reads_an_open_pool(app, make, consortium, address):
    pool = make.pool(consortium, title="Reading Coach")
    firm, waiting = make.district("Clear Fork"), make.district("Elk Hollow")
    make.commitment(pool, firm, 2000)
    make.commitment(pool, waiting, 400, rung=Rung.INTENT)

    page = app.test_client().get(address(pool))
    text = words(page)

    assert page.status_code == 200
    assert "500 more seats lower the price for all" in text
    assert "2,000 of the 2,500 seats needed for the next price" in text
    assert "2,000 seats committed" in text
    assert "400 interested or waiting for a board vote, in 1 district" in text
    assert "Clear Fork" in text
    assert "not counted yet" in text
    assert "Dec 16, 2026, 9:00 a.m. Central" in text
    assert "15:00 UTC, Dec 16, 2026" in text
    assert "url(#hatch)" in page.text


def test_limits_tolerance_and_contacts_stay_with_the_district_and_the_lead(
    app, make, client_for, consortium, address
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    make.commitment(pool, district, 100, limit_cents=123_457, tolerance=77, po_number="PO-SECRET")
    _, other = joined(make, consortium)
    secrets = ("1,234.57", "123457", "PO-SECRET", "pat@example.org")

    for client in (app.test_client(), client_for(other)):
        for page in ("", "/shares.csv", "/shares.json", "/dates.ics"):
            text = client.get(address(pool, page)).text
            assert not [secret for secret in secrets if secret in text]
    assert "1,234.57" in client_for(buyer).get(address(pool)).text
    everything = f"/c/{address(pool).split('/')[2]}/pools/{pool.slug}/commitments.csv"
    assert "123457" in client_for(make.convener(consortium)).get(everything).text
    assert client_for(other).get(everything).status_code == 403
    assert client_for(make.convener(make.consortium())).get(everything).status_code == 404


def test_after_clearing_only_the_lead_reads_limits(app, make, client_for, consortium, address):
    pool = make.pool(consortium)
    for limit in (None, 50_001):
        make.commitment(pool, joined(make, consortium)[0], 100, limit_cents=limit)
    with clock.frozen(LATER), app.app_context():
        jobs.run_due()

    stranger = app.test_client().get(address(pool, "/clearing.json"))
    lead = client_for(make.convener(consortium)).get(address(pool, "/clearing.json"))
    page = words(app.test_client().get(address(pool)))

    assert "50001" not in stranger.text
    assert "50001" in lead.text
    assert stranger.json["result"]["split"] == lead.json["result"]["split"]
    assert "1 district shares $1,600.00" in page
    assert "because that is more than it will pay" in page
    assert "500.01" not in page


def test_a_district_sees_what_it_costs_now_next_at_most_and_alone(
    make, client_for, consortium, address
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    make.commitment(pool, district, 500, limit_cents=790_000, pupils=1000)
    make.commitment(pool, joined(make, consortium)[0], 1000)

    text = words(client_for(buyer).get(address(pool)))

    assert "Your share today $8,000.00" in text
    assert "from 2,500 seats $6,750.00" in text
    assert "Cost per pupil $8.00" in text
    assert "Most you could pay $7,900.00" in text
    assert "Buying alone (list price) $8,000.00" in text
    assert "You would save $1,250.00" in text


@pytest.mark.parametrize("typed", ["0", "-5", "12.5", "many", "9999999999999", "1e3", "٣"])
def test_trying_a_number_that_is_none_is_refused_in_words(app, make, consortium, address, typed):
    page = app.test_client().get(address(make.pool(consortium)), query_string={"seats": typed})

    assert page.status_code == 422
    assert "Enter a whole number from 1 to" in page.text


def test_trying_another_number_changes_nothing(make, client_for, consortium, address, see):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    make.commitment(pool, district, 100)

    text = words(client_for(buyer).get(address(pool, "?seats=2,500")))

    assert "With 2,500 seats you would pay today $33,750.00" in text
    assert [c.seats for c in see(queries.commitments, pool.id)] == [100]


def test_a_draft_is_seen_by_its_lead_only(app, make, client_for, consortium, address):
    pool = make.pool(consortium, status=PoolStatus.DRAFT)
    _, member = joined(make, consortium)

    pages = ("", "/shares.csv", "/shares.json", "/dates.ics", "/join/seats")
    for client in (client_for(member), client_for(make.convener(make.consortium()))):
        assert [client.get(address(pool, page)).status_code for page in pages] == [404] * 5
    assert app.test_client().get(address(pool)).status_code == 404
    assert client_for(make.convener(consortium)).get(address(pool)).status_code == 200
    assert "Pool" not in app.test_client().get("/pools.csv").text.replace("title", "")


def test_the_list_filters_and_downloads(app, make, consortium):
    tool = make.tool(name="Lumen")
    make.price_schedule(tool)
    make.pool(consortium, tool, title="First pool")
    make.pool(consortium, title="Gone pool", status=PoolStatus.LAPSED)
    client = app.test_client()

    everything, lapsed = client.get("/pools").text, client.get("/pools?state=lapsed").text
    assert "First pool" in everything
    assert "Gone pool" in everything
    assert "First pool" not in lapsed
    assert "Gone pool" not in client.get(f"/pools?tool={tool.slug}").text
    assert "First pool" not in client.get("/pools?closes=2026-12-01").text
    assert "First pool" in client.get("/pools?closes=2026-12-31").text
    assert "No pool fits" in client.get("/pools?tool=nothing").text
    assert client.get("/pools?page=99999&state=bad&closes=never").status_code == 200
    assert "First pool,Three Rivers" in client.get("/pools.csv?state=open").text
    rows = client.get("/pools.json").json["pools"]
    assert [row["title"] for row in rows] == ["First pool", "Gone pool"]


def test_an_empty_list_says_the_next_step(app):
    assert "No pool yet" in app.test_client().get("/pools").text


def test_the_calendar_has_utc_and_the_zone(app, make, consortium, address):
    pool = make.pool(consortium, title="Reading; Coach, one")

    ics = app.test_client().get(address(pool, "/dates.ics"))

    assert ics.mimetype == "text/calendar"
    lines = ics.data.decode().split("\r\n")
    assert "DTSTART:20261216T150000Z" in lines
    assert "X-WR-TIMEZONE:America/Chicago" in lines
    assert "X-WR-CALNAME:Reading\\; Coach\\, one" in lines
    assert "DTSTART;VALUE=DATE:20270701" in lines
    assert max(len(line.encode()) for line in lines) <= 75


def test_shares_add_up_in_both_files(app, make, consortium, address):
    pool = make.pool(consortium)
    for seats in (333, 334, 777):
        make.commitment(pool, joined(make, consortium)[0], seats)
    client = app.test_client()

    told = client.get(address(pool, "/shares.json")).json
    lines = client.get(address(pool, "/shares.csv")).text.splitlines()

    assert told["total_cents"] == 1444 * 1600
    assert sum(row["share_cents"] for row in told["shares"]) == told["total_cents"]
    assert len(lines) == 4


# -- joining ---------------------------------------------------------------------------------

SEATS = {
    "seats": "620",
    "tolerance": "",
    "limit": "$9,511.41",
    "rung": "committed",
    "board_date": "",
    "po_number": "PO-7",
}
CONTACT = {"contact_name": "Ana Ruiz", "contact_email": "ana@example.org"}


def press(client, url):
    """Send the check page as it stands, and say what was sent, to send it again."""
    page = client.get(url).text
    sent = dict(re.findall(r'name="(\w+)"[^>]*value="([^"]*)"', page))
    return client.post(url, data=sent), sent


def test_a_district_joins_leaves_the_flow_and_comes_back(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    client = client_for(buyer)
    seats, contacts, check, sent = (
        address(pool, f"/join/{step}") for step in ("seats", "contacts", "check", "sent")
    )

    assert client.get(address(pool, "/join")).location == seats
    assert client.send(seats, **SEATS).location == contacts
    back = client_for(buyer)
    assert back.get(address(pool, "/join")).location == contacts
    assert 'value="620"' in back.get(seats).text
    assert back.send(contacts, **CONTACT).location == check
    page = words(back.get(check))
    assert "your district buys 620 seats and pays at most $9,511.41" in page
    assert "Dec 16, 2026, 9:00 a.m. Central (15:00 UTC, Dec 16, 2026)" in page
    assert see(queries.commitments, pool.id) == []
    first, form = press(back, check)
    again = back.post(check, data=form)

    assert first.location == again.location == sent
    assert "620 seats are in the pool" in words(back.get(sent))
    (commitment,) = see(queries.commitments, pool.id)
    assert (commitment.seats, commitment.limit_cents) == (620, 951_141)
    assert commitment.district_id == district.id
    assert commitment.contact_email == "ana@example.org"
    assert see(queries.join_draft, pool.id, district.id) is None
    committed = see(lambda s: s.exec(select(Event).where(Event.name == "pools.committed")).all())
    assert len(committed) == 1


def test_changing_starts_from_what_was_sent(make, client_for, consortium, address, see):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    make.commitment(pool, district, 100, limit_cents=200_000, po_number="PO-7")
    client = client_for(buyer)

    page = client.get(address(pool, "/join/seats")).text
    assert 'value="100"' in page
    assert 'value="2,000.00"' in page
    client.send(address(pool, "/join/seats"), **SEATS | {"seats": "90", "limit": ""})
    client.send(address(pool, "/join/contacts"), **CONTACT)
    press(client, address(pool, "/join/check"))

    (commitment,) = see(queries.commitments, pool.id)
    assert (commitment.seats, commitment.limit_cents) == (90, None)


def test_update_shows_the_price_at_each_step_and_saves_nothing(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    client = client_for(buyer)

    page = client.send(address(pool, "/join/seats"), **SEATS, update="1")

    assert page.status_code == 200
    text = words(page)
    assert "$9,920.00" in text
    assert "$8,370.00" in text
    assert "$6,975.00" in text
    assert see(queries.join_draft, pool.id, district.id) is None


def test_update_asks_for_nothing_but_the_seats(make, client_for, consortium, address):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)
    client = client_for(buyer)

    tried = client.send(address(pool, "/join/seats"), seats="620", update="1")
    unclear = client.send(address(pool, "/join/seats"), seats="many", update="1")

    assert tried.status_code == 200
    assert "$9,920.00" in words(tried)
    assert "Choose one." not in words(tried)
    assert unclear.status_code == 422


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"seats": ""}, "Enter how many seats you need."),
        ({"seats": "-5"}, "Enter a whole number from 1"),
        ({"seats": "0"}, "Enter a whole number from 1"),
        ({"seats": "many"}, "Not a valid integer value"),
        ({"tolerance": "-1"}, "Enter 0 or more."),
        ({"limit": "lots"}, "Enter an amount in dollars"),
        ({"limit": "0"}, "must be more than"),
        ({"rung": ""}, "Choose one."),
        ({"rung": "king"}, "Not a valid choice"),
        ({"rung": "board_approved"}, "Enter the date your board approved it."),
        ({"rung": "board_approved", "board_date": "2026-12-01"}, "still to come"),
        ({"po_number": " "}, "Enter the number of your purchase order."),
    ],
)
def test_answers_that_cannot_be_are_refused_at_their_field(
    make, client_for, consortium, address, changes, said, see
):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)

    page = client_for(buyer).send(address(pool, "/join/seats"), **SEATS | changes)

    assert page.status_code == 422
    assert said in page.text
    assert "There is a problem" in page.text
    assert see(queries.join_draft, pool.id, district.id) is None


def test_a_limit_below_every_price_is_allowed_and_said(make, client_for, consortium, address):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)
    client = client_for(buyer)

    client.send(address(pool, "/join/seats"), **SEATS | {"limit": "100"})
    client.send(address(pool, "/join/contacts"), **CONTACT)

    assert "Your limit is below every price." in client.get(address(pool, "/join/check")).text


def test_a_district_that_is_no_member_shows_interest_and_may_not_commit(
    make, client_for, consortium, address, see
):
    pool, district = make.pool(consortium), make.district()
    client = client_for(make.buyer(district))

    refused = client.send(address(pool, "/join/seats"), **SEATS)
    client.send(address(pool, "/join/seats"), **SEATS | {"rung": "interest"})
    client.send(address(pool, "/join/contacts"), **CONTACT)
    press(client, address(pool, "/join/check"))

    assert refused.status_code == 422
    assert "Only active members" in refused.text
    assert [c.rung for c in see(queries.commitments, pool.id)] == [Rung.INTEREST]


def test_what_became_wrong_since_is_refused_at_the_last_step(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    district = make.district()
    member = make.member(consortium, district)
    client = client_for(make.buyer(district))
    client.send(address(pool, "/join/seats"), **SEATS)
    client.send(address(pool, "/join/contacts"), **CONTACT)

    member.status = MemberStatus.ENDED
    make.save(member)
    page, _ = press(client, address(pool, "/join/check"))

    assert page.status_code == 422
    assert "Only active members" in page.text
    assert see(queries.commitments, pool.id) == []


def test_a_closed_pool_sends_everybody_back_to_its_page(make, client_for, consortium, address):
    pool = make.pool(consortium)
    _, buyer = joined(make, consortium)
    client = client_for(buyer)

    with clock.frozen(LATER):
        for step in ("seats", "contacts", "check"):
            answer = client.get(address(pool, f"/join/{step}"))
            assert answer.location == address(pool)
        assert "has closed" in client.get(address(pool)).text


def test_withdrawing_says_what_it_does(make, client_for, consortium, address, see):
    pool = make.pool(consortium)
    district, buyer = joined(make, consortium)
    make.commitment(pool, district, 100)
    client = client_for(buyer)

    assert "Withdraw 100 seats?" in client.get(address(pool, "/withdraw")).text
    assert client.send(address(pool, "/withdraw")).location == address(pool)

    assert see(queries.commitments, pool.id) == []
    assert client.get(address(pool, "/withdraw")).status_code == 404


def test_only_a_district_buyer_enters_the_join_flow(app, make, client_for, consortium, address):
    pool = make.pool(consortium)
    district, _ = joined(make, consortium)
    url = address(pool, "/join/seats")

    assert client_for(make.person(district, Role.VIEWER)).get(url).status_code == 403
    assert client_for(make.person(make.vendor(), Role.ADMINISTRATOR)).get(url).status_code == 403
    assert app.test_client().get(url).status_code == 302


def test_the_draft_of_one_district_is_not_shown_to_another(make, client_for, consortium, address):
    pool = make.pool(consortium)
    _, one = joined(make, consortium)
    _, two = joined(make, consortium)
    client_for(one).send(address(pool, "/join/seats"), **SEATS)

    assert "620" not in client_for(two).get(address(pool, "/join/seats")).text


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


def test_the_lead_clears_by_hand_once_the_deadline_has_passed(
    make, client_for, consortium, address, see
):
    pool = make.pool(consortium)
    make.commitment(pool, joined(make, consortium)[0], 100)
    slug, lead = make.org_of(consortium).slug, client_for(make.convener(consortium))
    url = f"/c/{slug}/pools/{pool.slug}/clear"

    early = lead.send(url)
    assert early.status_code == 422
    assert "once its deadline has passed" in early.text
    with clock.frozen(LATER):
        assert lead.send(url).location == address(pool)
        assert lead.send(url).location == address(pool)

    assert see(queries.get_pool, pool.id).status is PoolStatus.CLEARED
    assert len(see(queries.allocations, pool.id)) == 1


def test_another_lead_or_a_member_reaches_no_page_of_the_lead(make, client_for, consortium):
    pool = make.pool(consortium, status=PoolStatus.DRAFT)
    slug = make.org_of(consortium).slug
    _, member = joined(make, consortium)
    pages = [
        f"/c/{slug}/pools/new",
        *(f"/c/{slug}/pools/{pool.slug}/{verb}" for verb in ("change", "open", "clear")),
    ]
    other = make.consortium()
    theirs = make.org_of(other).slug

    stranger = client_for(make.convener(other))
    assert [stranger.get(page).status_code for page in pages] == [404] * 4
    assert stranger.get(f"/c/{theirs}/pools/{pool.slug}/open").status_code == 404
    assert [client_for(member).get(page).status_code for page in pages] == [403] * 4


# -- size ------------------------------------------------------------------------------------


def thousand(make, consortium):
    """A pool of 1,000 members, built in three inserts."""
    from marketplace.pools.models import Commitment  # noqa: PLC0415

    pool = make.pool(consortium)
    numbers = range(1000)
    districts = [make_organization(make, f"District number {n}", f"47{n:05}") for n in numbers]
    make.save(*districts)
    make.save(
        *(
            Commitment(
                org_id=pool.org_id,
                pool_id=pool.id,
                district_id=district.id,
                leaid=district.leaid,
                rung=list(Rung)[n % 4],
                seats=n + 1,
                pupils=2000,
                committed_at=NOW,
                changed_at=NOW,
            )
            for n, district in enumerate(districts)
        )
    )
    return pool, districts[2]


def make_organization(make, name, leaid):
    from marketplace.accounts.models import Organization  # noqa: PLC0415

    return Organization(
        kind="district", name=name, slug=f"big-{leaid}", leaid=leaid, state="TN", founded_at=NOW
    )


@on_sqlite
def test_with_a_thousand_members_the_page_is_small_and_asks_little(
    app, make, client_for, consortium, address
):
    pool, mine = thousand(make, consortium)
    statements = []

    @event.listens_for(app.extensions["engine"], "before_cursor_execute")
    def count(_connection, _cursor, sql, *_):
        if sql.lstrip().upper().startswith("SELECT"):
            statements.append(sql)

    for client in (app.test_client(), client_for(make.buyer(mine))):
        url = address(pool)
        statements.clear()
        page = client.get(url)

        assert page.status_code == 200
        assert len(statements) < 10, "\n".join(statements)
        assert len(page.data) < 60_000
    assert "Page 1 of 20" in words(page)
    last = client.get(address(pool, "?page=20"))
    assert last.text.count("<tr") == 52


@pytest.mark.parametrize(
    "address, is_taken", [("buyer@demo.test", True), ("a@b.k12.oh.us", True), ("nobody", False)]
)
def test_a_contact_takes_every_address_one_can_sign_up_with(app, address, is_taken):
    typed = {"contact_name": "Ada", "contact_email": address}
    with app.test_request_context(method="POST", data=typed):
        form = ContactsForm(meta={"csrf": False})
        assert form.validate() is is_taken
        assert bool(form.contact_email.errors) is not is_taken
