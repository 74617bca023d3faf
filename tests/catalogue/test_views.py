"""Pages of the catalogue as people use them."""

import pytest
from sqlalchemy import Engine, event

from marketplace.accounts.rules import Role
from marketplace.catalogue import review_service
from tests.catalogue.conftest import VOLUME, across
from tests.conftest import on_sqlite


@pytest.fixture
def stranger(app):
    return app.test_client()


def home_of(tool, vendor):
    return f"/v/{vendor.slug}/listings/{tool.slug}"


# -- the vendor ------------------------------------------------------------------------------


def test_a_vendor_lists_a_tool_page_by_page(client_for, make, vendor, editor, stranger):
    client = client_for(editor)
    made = client.send(f"/v/{vendor.slug}/listings/new", name="Coach", summary="Reads along.")
    here = made.headers["Location"]

    client.send(
        f"{here}questions/about", name="Coach", summary="Reads along.", description="For class.",
        lowest_grade="0", highest_grade="5", subjects=["reading", "math"], languages="English\n",
    )  # fmt: skip
    client.send(f"{here}questions/ai", ai_use="generative", ai_facts="Listens.\n\nNever writes.")
    edition = client.send(f"{here}editions/new", name="Full license", included="Training")
    price = edition.headers["Location"]
    client.send(price, kind="volume", from_1="", price_1="16", from_2="2,500", price_2="13.50",
                term_months="12", valid_until="2027-06-30")  # fmt: skip
    incomplete = client.get(here).text
    client.send(f"/v/{vendor.slug}/profile", billing_email="a@lumen.org", remit_to="1 Main St")
    page = client.get(here).text
    sent = client.send(here, follow_redirects=True)

    assert "Your company: a billing e-mail" in incomplete
    assert "$13.50 to $16.00 a seat, version 1" in page
    assert "$800.00" in page  # 50 seats at $16
    assert sent.status_code == 405  # the list page itself takes no POST
    done = client.post(f"{here}submit", data={"csrf_token": token(page)}, follow_redirects=True)
    assert "Waiting for review" in done.text
    assert stranger.get("/tools/coach").status_code == 404


def token(page):
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def test_a_refused_price_keeps_what_was_typed_and_says_where(client_for, vendor, editor, complete):
    client = client_for(editor)
    price = next(
        part.split('"')[0]
        for part in client.get(f"{home_of(complete, vendor)}/").text.split('href="')
        if part.split('"')[0].endswith("/price")
    )

    page = client.send(price, kind="graduated", from_1="1", price_1="-3", from_2="500",
                       price_2="<b>nine</b>", term_months="0", valid_until="soon")  # fmt: skip

    assert page.status_code == 422
    assert "Band 1: A price cannot be below zero." in page.text
    assert "Band 2: Enter dollars and cents" in page.text
    assert "&lt;b&gt;nine&lt;/b&gt;" in page.text
    assert "Enter 1 to 120 months." in page.text
    assert 'value="graduated" checked' in page.text


def test_the_preview_shows_the_cost_and_saves_nothing(client_for, vendor, editor, complete, look):
    client = client_for(editor)
    here = f"{home_of(complete, vendor)}/"
    price = next(p.split('"')[0] for p in client.get(here).text.split('href="') if "/price" in p)

    page = client.send(price, kind="per_seat", price_1="20", term_months="12",
                       valid_until="2027-06-30", preview="1")  # fmt: skip

    assert page.status_code == 200
    assert "$40,000.00" in page.text  # 2,000 seats
    assert "version 1, good until" in client.get(here).text


def test_what_is_odd_about_a_price_is_said_before_and_after_saving(
    client_for, vendor, editor, complete
):
    client = client_for(editor)
    here = f"{home_of(complete, vendor)}/"
    price = next(p.split('"')[0] for p in client.get(here).text.split('href="') if "/price" in p)
    rising = {"kind": "graduated", "price_1": "1", "from_2": "11", "price_2": "9",
              "combinable": "y", "term_months": "12", "valid_until": "2027-06-30"}  # fmt: skip

    preview = client.send(price, preview="1", **rising).text
    client.send(price, **rising)
    saved = client.get(here).text

    for page in (preview, saved):
        assert "The price rises from $1.00 to $9.00 at 11." in page
        assert "From 11 seats on, several licenses can cost less than one." in page
    assert "Several licenses may be combined" in client.get(f"/tools/{complete.slug}").text
    typed = client.get(price).text.split('name="combinable"')[0].rsplit("<input", 1)[1]
    assert "checked" in typed


def test_missing_and_oversized_text_is_explained_at_the_field(client_for, vendor, editor):
    page = client_for(editor).send(
        f"/v/{vendor.slug}/listings/new", name="", summary="<script>" + "x" * 200
    )

    assert page.status_code == 422
    assert "Enter the name of the tool." in page.text
    assert "&lt;script&gt;xx" in page.text
    assert "<title>Error:" in page.text


@pytest.mark.parametrize("part", ["", "/questions/about", "/changes", "/preview", "/editions/new"])
def test_a_rival_does_not_find_the_editor_of_a_draft(
    client_for, make, vendor, editor, complete, part
):
    rival = client_for(make.person(make.vendor(), Role.ADMINISTRATOR))
    url = home_of(complete, vendor) + (part or "/")

    assert client_for(editor).get(url).status_code == 200
    assert rival.get(url).status_code == 404


def test_finance_people_read_but_do_not_write(client_for, make, vendor, complete):
    client = client_for(make.person(vendor, Role.FINANCE))

    assert client.get(f"/v/{vendor.slug}/").status_code == 200
    assert client.get(f"{home_of(complete, vendor)}/questions/about").status_code == 403


def test_an_empty_vendor_home_says_the_next_step(client_for, vendor, editor):
    assert "List a tool" in client_for(editor).get(f"/v/{vendor.slug}/").text


# -- the operator ----------------------------------------------------------------------------


def test_the_operator_publishes_and_everybody_reads(
    client_for, make, act, editor, complete, stranger
):
    act(editor, review_service.submit_listing, complete.id)
    client = client_for(make.operator())
    url = f"/admin/listings/{complete.slug}"
    assert complete.name in client.get("/admin/listings").text

    page = client.get(url).text
    done = client.post(
        f"{url}/publish", data={"csrf_token": token(page), "seen_edits": "0"},
        follow_redirects=True,
    )  # fmt: skip

    assert "is published" in done.text
    assert stranger.get(f"/tools/{complete.slug}").status_code == 200


def test_the_operator_must_give_a_reason(client_for, make, act, editor, complete):
    act(editor, review_service.submit_listing, complete.id)
    client, url = client_for(make.operator()), f"/admin/listings/{complete.slug}/send-back"

    assert client.send(url, reason=" ").status_code == 422
    assert client.send(url, reason="Which model?").status_code == 302


@pytest.mark.parametrize("part", ["", "/x", "/x/suspend"])
def test_review_pages_do_not_exist_for_others(client_for, editor, part):
    assert client_for(editor).get(f"/admin/listings{part}").status_code == 404


def test_a_draft_never_sent_is_not_shown_to_the_operator(client_for, make, complete):
    assert client_for(make.operator()).get(f"/admin/listings/{complete.slug}").status_code == 404


# -- everybody -------------------------------------------------------------------------------


@pytest.fixture
def listed(make):
    tool = make.tool(
        make.vendor("Lumen Learning"), "Réading Coach", highest_grade=5, ai_use="generative",
        ai_facts=["Turns speech into text."], description="For class.", open_pools=1, card=False,
    )  # fmt: skip
    make.price_schedule(tool, VOLUME, edition=make.edition(tool))
    return tool


@pytest.fixture
def other(make):
    tool = make.tool(make.vendor(), "Number Path", subjects=["math"])
    make.price_schedule(tool, VOLUME | {"bands": [{"from": 1, "unit_cents": 900}]})
    return tool


def test_the_list_filters_by_plain_addresses(stranger, listed, other):
    everything = stranger.get("/tools").text
    page = stranger.get("/tools?q=reading+coach&grade=K&subject=reading&ai=generative&pool=open")

    assert "Number Path" in everything
    assert "Math (1)" in everything
    assert ">Not reviewed<" in everything
    assert "Réading Coach" in page.text
    assert "Number Path" not in page.text
    assert "$13.50 to $16.00 a seat" in page.text


def test_an_empty_result_names_the_filter_to_drop(stranger, listed, other):
    page = stranger.get("/tools?subject=math&ai=generative").text

    assert "Remove Math: 1 tool" in page
    assert "Remove Uses generative AI: 1 tool" in page
    assert 'href="/tools?subject=math"' in page


def test_words_that_match_nothing_can_be_dropped_too(stranger, listed):
    assert "Remove “nothing”: 1 tool" in stranger.get("/tools?q=nothing").text


def test_the_list_comes_as_csv_and_json_too(stranger, listed, make):
    make.tool(make.vendor(), "=cmd()", subjects=["math"])
    rows = stranger.get("/tools.csv").text
    document = stranger.get("/tools.json?subject=reading").json

    assert "'=cmd()" in rows
    assert "$13.50 to $16.00 a seat" in rows
    assert document["total"] == 1
    assert document["tools"][0]["price_schedules"] == [VOLUME]


def test_a_tool_page_says_what_nobody_has_checked(stranger, listed):
    page = stranger.get(f"/tools/{listed.slug}")

    assert page.status_code == 200
    assert "Not reviewed. We do not guess." in page.text
    assert "Turns speech into text." in page.text
    assert "Not answered" in page.text  # languages
    assert "What happens next" in page.text


def test_a_tool_comes_as_json_with_its_exact_price(stranger, listed):
    document = stranger.get(f"/tools/{listed.slug}.json").json

    assert document["editions"][0]["price"]["schedule"] == VOLUME
    assert document["privacy_review"] is None
    assert document["runs_on"] is None


def test_drafts_of_others_and_unknown_tools_are_the_same_404(
    client_for, make, stranger, complete, editor
):
    draft, unknown = (stranger.get(f"/tools/{slug}") for slug in (complete.slug, "nothing"))
    rival = client_for(make.person(make.vendor(), Role.ADMINISTRATOR))

    assert (draft.status_code, unknown.status_code) == (404, 404)
    assert rival.get(f"/tools/{complete.slug}").status_code == 404
    assert stranger.get(f"/tools/{complete.slug}.json").status_code == 404
    assert client_for(editor).get(f"/tools/{complete.slug}").status_code == 200


def test_search_engines_read_what_a_tool_is_and_who_makes_it(stranger, listed):
    page = stranger.get(f"/tools/{listed.slug}").text
    marked = page.split('itemtype="https://schema.org/SoftwareApplication"')[1].split("</h1>")[0]

    assert 'itemprop="applicationCategory" content="EducationalApplication"' in marked
    assert f'itemprop="url" href="/tools/{listed.slug}"' in marked
    assert 'itemprop="publisher" content="' in marked
    assert f'<h1 itemprop="name">{listed.name}' in marked


@on_sqlite
def test_the_button_of_the_filters_can_ask_how_many(stranger, listed, other):
    answer = stranger.get("/tools.json?subject=reading&rows=0").json

    assert answer["total"] >= 1
    assert "tools" not in answer
    assert f"Show {answer['total']} tool" in stranger.get("/tools?subject=reading").text


def test_a_vendor_page_shows_its_public_tools(stranger, make, listed, vendor):
    slug = stranger.get(f"/tools/{listed.slug}.json").json["vendor"]["slug"]
    make.tool(vendor, status="draft")

    assert "Réading Coach" in stranger.get(f"/vendors/{slug}").text
    assert stranger.get(f"/vendors/{vendor.slug}").status_code == 404


def test_compare_sets_tools_side_by_side_with_the_cost(stranger, listed, other):
    page = stranger.get(f"/compare?tools={listed.slug},{other.slug}&seats=100").text

    assert "$1,600.00" in page
    assert "$900.00" in page
    assert "Lowest cost for 100 seats" in page
    assert "Privacy review" in page


def test_compare_can_leave_out_what_is_the_same(stranger, listed, other):
    page = stranger.get(f"/compare?tools={listed.slug}&tools={other.slug}&diff=1").text

    assert "Privacy review" not in page
    assert "rows with the same answer are hidden" in page


@pytest.mark.parametrize("asked", ["", "?tools=", "?tools=nothing"])
def test_fewer_than_two_tools_open_the_picker(stranger, listed, other, asked):
    page = stranger.get(f"/compare{asked}")

    assert page.status_code == 200
    assert "Choose two to four tools" in page.text
    assert f'value="{listed.slug}"' in page.text


def test_a_chosen_tool_stays_chosen_in_the_picker(stranger, listed, other):
    assert f'value="{listed.slug}" checked' in stranger.get(f"/compare?tools={listed.slug}").text


def test_a_withdrawn_tool_keeps_its_column_with_the_reason(stranger, make, act, listed, other):
    act(make.operator(), across(review_service.suspend_listing), listed.id, reason="New terms.")

    page = stranger.get(f"/compare?tools={listed.slug},{other.slug}&seats=10").text

    assert f"<s>{listed.name}</s>" in page
    assert "New terms." in page
    assert "$160.00" not in page
    assert "New terms." in stranger.get(f"/tools/{listed.slug}").text
    assert listed.name not in stranger.get("/tools").text


def test_a_fifth_tool_is_named_as_left_out(stranger, make):
    slugs = [make.tool(name=f"Tool {n}").slug for n in "ABCDE"]

    assert "Left out: Tool E." in stranger.get(f"/compare?tools={','.join(slugs)}").text


def test_the_list_costs_the_same_few_queries_however_long(stranger, make, listed):
    def queries_of(url):
        seen = []
        note = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(Engine, "before_cursor_execute", note)
        page = stranger.get(url)
        event.remove(Engine, "before_cursor_execute", note)
        assert len(page.data) <= 60_000
        return [sql for sql in seen if sql.startswith("SELECT")]

    asked = "/tools?q=practice&subject=reading&price=20&seats=400"
    first = queries_of(asked)  # what the shelf takes in, the words, and the page
    again = queries_of(f"{asked}&sort=price")  # only what may have changed, and the page
    for _ in range(30):
        make.price_schedule(make.tool())

    assert len(queries_of(asked)) == len(first) == len(again) + 2 <= 6
    assert len(queries_of(f"{asked}&page=2")) <= len(again)
