"""The public pages of pools: read by anybody, small however many are in."""

import pytest
from sqlalchemy import event

from marketplace.core import clock, jobs, tenancy
from marketplace.pools import list_queries, queries
from marketplace.pools.rules import PoolStatus, Rung
from tests.conftest import NOW, on_sqlite
from tests.pools.crowd import LATER, joined, words

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


@on_sqlite
def test_what_cleared_before_there_was_a_hash_is_shown(app, make, consortium, address):
    pool = make.pool(consortium)
    make.commitment(pool, joined(make, consortium)[0], 100)
    with clock.frozen(LATER), app.app_context():
        jobs.run_due()
    with tenancy.everyone("an earlier release wrote it"):
        make.session.refresh(pool)
        pool.clearing = {name: pool.clearing[name] for name in ("inputs", "result", "left_out")}
        make.session.commit()

    assert "How it cleared" in words(app.test_client().get(address(pool)))
    assert app.test_client().get(address(pool, "/clearing.json")).json["inputs_hash"]


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


def test_a_tools_pools_are_counted_with_them_and_in_one_question(make, see, consortium):
    """On both engines, the same sums as pool by pool; what left does not count."""
    tool = make.tool()
    full, empty = make.pool(consortium, tool), make.pool(consortium, tool)
    make.pool(consortium)
    make.commitment(full, make.district(), 300)
    make.commitment(full, make.district(), 100, rung=Rung.INTENT)
    make.commitment(full, make.district(), 700, withdrawn_at=NOW)

    found = {pool.id: (org.id, counts) for pool, org, counts in see(
        list_queries.open_pools_with_seats, tool.id
    )}  # fmt: skip

    one_by_one = see(queries.seats_by_rung, [full.id, empty.id])
    assert found == {pool.id: (consortium.org_id, one_by_one[pool.id]) for pool in (full, empty)}
    assert one_by_one[full.id] == {Rung.COMMITTED: (1, 300), Rung.INTENT: (1, 100)}
