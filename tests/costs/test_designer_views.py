"""The designer and the proposals in the browser's terms."""

import json
import re

import pytest

from marketplace.costs import designer_views, proposal_rules, queries
from tests.conftest import on_sqlite
from tests.costs.conftest import directory_row

pytestmark = on_sqlite


def fields(circle, **changed):
    return {
        "price": f"pool:{circle.pool.slug}",
        "seats_for": f"pool:{circle.pool.slug}",
        "method": "hybrid",
        "equal_percent": "30",
        "rest": "per_pupil",
        "once_key": "k1",
        **changed,
    }


def seats(circle, number, text):
    return {f"seats-{circle.members[number].leaid}": text}


@pytest.fixture
def proposal(circle, client_for, see):
    answer = client_for(circle.buyer).send(circle.url, **fields(circle, do="store"))
    assert answer.status_code == 302, answer.text
    [found] = see(queries.proposals, circle.consortium.org_id)
    return found


def address(circle, proposal, ending=""):
    return f"{circle.url}/{proposal.id}{ending}"


# -- looking and trying ----------------------------------------------------------------------


def test_the_lead_sees_every_bill_of_the_newest_pool(circle, client_for):
    page = client_for(circle.lead).get(circle.url)

    assert page.status_code == 200
    for text in (
        "Maple Valley",
        "$25,000.00",
        "The group buys 2,500",
        "640 pupils, 2023-24",
        "Fair to every group",
        "2 CFR 200.405(d)",
    ):
        assert text in page.text
    assert len(page.data) < 60_000


def test_another_method_says_who_pays_more_than_today_and_who_would_leave(circle, client_for):
    page = client_for(circle.buyer).send(circle.url, **fields(circle, method="equal"))

    assert page.status_code == 200
    # Who pays the odd cent of $25,000.00 in three depends on the name of the consortium.
    assert re.search(
        r"would save \$7,066\.6[67] by buying apart: Maple Valley and Pine Ridge\.", page.text
    )
    assert re.search(r"\$6,159.4[23] more", page.text)  # 8,333.33 against 2,173.91
    assert "Store as a proposal to vote on" in page.text


def test_what_if_seats_are_kept_and_split(circle, client_for):
    page = client_for(circle.lead).send(
        circle.url, **fields(circle, method="proportional", **seats(circle, 1, "1,800"))
    )

    assert 'value="1,800"' in page.text
    assert "2,600 seats cost $26,000.00" in page.text


def test_seats_that_were_not_touched_follow_the_new_price(circle, client_for, make):
    make.price_schedule(make.tool(name="Algebra"), {"form": "flat", "total_cents": 300_000})
    client = client_for(circle.lead)
    tool = re.search(r'value="(price:[^"]+)">Tool: Algebra', client.get(circle.url).text)[1]

    page = client.send(
        circle.url,
        **fields(circle, price=tool, **seats(circle, 0, "600"), **seats(circle, 1, "7")),
    )

    assert f'name="seats-{circle.members[0].leaid}" value="640"' in page.text  # one a pupil
    assert f'name="seats-{circle.members[1].leaid}" value="7"' in page.text  # as typed


@pytest.mark.parametrize(
    "changed, words",
    [
        ({"equal_percent": "a third"}, "Enter a percent from 0 to 100"),
        ({"method": "by hand"}, "Choose one of the methods."),
        ({"rest": "per_acre"}, "Choose what the rest goes by."),
        ({"price": "pool:none"}, "Choose a pool or a tool."),
        ({"words": "x" * 1_001}, "Use 1,000 letters at most."),
    ],
)
def test_bad_input_is_refused_with_everything_typed_still_there(
    circle, client_for, see, changed, words
):
    page = client_for(circle.buyer).send(
        circle.url,
        **fields(circle, do="store", **seats(circle, 0, "611")) | changed,
    )

    assert page.status_code == 422
    assert words in page.text
    assert 'value="611"' in page.text
    assert see(queries.proposals, circle.consortium.org_id) == []


def test_seats_that_are_no_number_are_told_at_their_row(circle, client_for, see):
    page = client_for(circle.buyer).send(
        circle.url, **fields(circle, do="store", **seats(circle, 2, "<b>many</b>"))
    )

    assert page.status_code == 422
    assert "Pine Ridge: Write a whole number from 0" in page.text
    assert f'aria-describedby="bad-{circle.members[2].leaid}"' in page.text
    assert "<b>many" not in page.text
    assert see(queries.proposals, circle.consortium.org_id) == []


def test_no_seats_at_all_is_refused(circle, client_for):
    empty = {k: v for n in range(3) for k, v in seats(circle, n, "").items()}
    page = client_for(circle.lead).send(circle.url, **fields(circle, **empty))

    assert page.status_code == 422
    assert "Enter seats for at least one district." in page.text


def test_a_member_whose_pupils_nobody_knows_is_named(circle, client_for, make):
    stranger = make.district("Nameless Flats")
    make.member(circle.consortium, stranger)

    page = client_for(circle.lead).send(
        circle.url,
        **fields(circle, method="per_pupil", **{f"seats-{stranger.leaid}": "5"}),
    )

    assert page.status_code == 422
    assert "Nameless Flats: pupils are missing" in page.text


def test_a_hundred_members_are_paged_and_what_was_typed_travels_along(circle, client_for, make):
    leaids = []
    for n in range(100):
        district = make.district(f"District {n:03}")
        make.save(directory_row(district.leaid, district.name, 400))
        make.member(circle.consortium, district, instrument=False)
        leaids.append(district.leaid)
    client = client_for(circle.lead)

    second = client.send(circle.url, **fields(circle, page="2", **{f"seats-{leaids[0]}": "77"}))

    assert "Page 2 of 3, 103 members" in second.text
    assert f'<input type="hidden" name="seats-{leaids[0]}" value="77">' in second.text
    assert len(second.data) < 60_000
    assert second.text.count('class="few"') == designer_views.ROWS


def test_the_queries_do_not_grow_with_the_members(circle, client_for, make, app):
    from sqlalchemy import event as alchemy  # noqa: PLC0415

    client, seen = client_for(circle.lead), []
    engines = [app.extensions["engine"], *app.extensions["readers"]]
    for engine in engines:
        alchemy.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    client.get(circle.url)
    few = len(seen)
    for n in range(30):
        make.member(circle.consortium, make.district(f"District {n}"), instrument=False)
    seen.clear()

    client.get(circle.url)

    assert len(seen) <= few


# -- empty states ----------------------------------------------------------------------------


def test_without_pool_and_price_the_page_says_what_comes_first(make, client_for):
    consortium = make.consortium()
    page = client_for(make.convener(consortium)).get(
        f"/c/{make.org_of(consortium).slug}/cost-method"
    )

    assert page.status_code == 200
    assert "No price to split yet" in page.text
    assert "No proposal yet" in page.text


def test_without_members_the_page_says_so(make, client_for):
    consortium = make.consortium()
    make.pool(consortium)
    page = client_for(make.convener(consortium)).get(
        f"/c/{make.org_of(consortium).slug}/cost-method"
    )

    assert page.status_code == 200
    assert "No member yet" in page.text


def test_a_pool_nobody_stands_in_starts_with_one_seat_a_pupil(circle, make, client_for):
    make.pool(circle.consortium, title="Empty", slug="empty")
    page = client_for(circle.lead).get(f"{circle.url}?price=pool:empty")

    assert 'value="1810"' in page.text


# -- proposals -------------------------------------------------------------------------------


def test_a_member_stores_a_proposal_and_everybody_in_the_consortium_reads_it(circle, client_for):
    answer = client_for(circle.buyer).send(
        circle.url, **fields(circle, words="Small ones <script> first", do="store")
    )

    assert answer.status_code == 302, answer.text
    for user in (circle.viewer, circle.lead):
        page = client_for(user).get(answer.location)
        assert "30% equal, the rest by pupils" in page.text
        assert "Small ones &lt;script&gt; first" in page.text
        assert "$25,000.00" in page.text
        assert "30% equal" in client_for(user).get(circle.url).text


def test_the_button_pressed_twice_stores_one_and_leads_to_it(circle, client_for, see):
    client = client_for(circle.buyer)
    answers = [client.send(circle.url, **fields(circle, do="store")) for _ in range(2)]

    assert answers[0].location == answers[1].location
    assert len(see(queries.proposals, circle.consortium.org_id)) == 1


def test_a_viewer_tries_but_cannot_store(circle, client_for, see):
    client = client_for(circle.viewer)

    assert "Store as a proposal" not in client.get(circle.url).text
    assert client.send(circle.url, **fields(circle)).status_code == 200
    assert client.send(circle.url, **fields(circle, do="store")).status_code == 403
    assert see(queries.proposals, circle.consortium.org_id) == []


def test_the_inputs_are_downloaded_as_they_were_hashed(circle, proposal, client_for):
    answer = client_for(circle.viewer).get(address(circle, proposal, ".json"))

    assert proposal_rules.fingerprint(json.loads(answer.text)) == proposal.inputs_sha256
    assert proposal.inputs_sha256 in client_for(circle.viewer).get(address(circle, proposal)).text


def test_the_author_takes_it_back_and_the_figures_stay(circle, proposal, client_for):
    client = client_for(circle.buyer)
    page = client.get(address(circle, proposal))
    assert "Withdraw this proposal" in page.text
    token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    client.post(address(circle, proposal, "/withdraw"), data={"csrf_token": token})

    page = client.get(address(circle, proposal))
    assert "It will not be voted on." in page.text
    assert "$25,000.00" in page.text
    assert "Withdraw this proposal" not in page.text
    assert "Withdrawn" in client.get(circle.url).text


def test_another_member_sees_no_button_and_its_request_is_refused(
    circle, proposal, client_for, make
):
    client = client_for(make.buyer(circle.members[1]))
    assert "Withdraw this proposal" not in client.get(address(circle, proposal)).text
    page = client.get(circle.url).text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

    answer = client.post(address(circle, proposal, "/withdraw"), data={"csrf_token": token})

    assert answer.status_code == 403


@pytest.mark.parametrize("ending", ["", ".json"])
def test_for_others_neither_page_nor_proposal_exists(circle, proposal, client_for, make, ending):
    stranger = client_for(make.convener(make.consortium()))
    unknown = stranger.get(f"{circle.url}/00000000-0000-0000-0000-000000000000{ending}")
    answer = stranger.get(address(circle, proposal, ending))

    assert answer.status_code == unknown.status_code == 404
    assert stranger.get(circle.url).status_code == 404


def test_a_proposal_of_another_consortium_is_not_found_under_ones_own(
    circle, proposal, client_for, make
):
    mine = make.consortium()
    slug = make.org_of(mine).slug

    answer = client_for(make.convener(mine)).get(f"/c/{slug}/cost-method/{proposal.id}")

    assert answer.status_code == 404


# -- on the consortium's pages ---------------------------------------------------------------


def test_members_find_the_designer_on_the_page_of_their_consortium(
    circle, proposal, client_for, app
):
    public = f"/consortia/{circle.organization.slug}"

    page = client_for(circle.viewer).get(public).text
    assert circle.url in page
    assert "1 proposal waits for a vote" in page
    assert circle.url not in app.test_client().get(public).text
    assert circle.url in client_for(circle.lead).get(f"/c/{circle.organization.slug}/").text
