"""The editor, the history and the files as people meet them, with all that may go wrong."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.catalogue import listing_service, review_service
from marketplace.catalogue.listing_models import ListingDraft, ToolFollower
from marketplace.catalogue.listing_rules import ChangeKind
from marketplace.core import clock
from marketplace.core.files import StoredFile
from marketplace.core.uploads import CheckedFile
from tests.catalogue.conftest import ANSWERS, across
from tests.conftest import NOW, on_sqlite
from tests.core.test_uploads import BOMB, SVG

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def stranger(app):
    return app.test_client()


@pytest.fixture
def operator(make):
    return make.operator()


@pytest.fixture
def home(vendor, complete):
    return f"/v/{vendor.slug}/listings/{complete.slug}"


@pytest.fixture
def publish(act, editor, operator, complete):
    def run(**answers):
        act(editor, listing_service.answer_questions, complete.id, ANSWERS | answers)
        act(editor, review_service.submit_listing, complete.id)
        act(operator, across(review_service.publish_listing), complete.id)
        return complete

    return run


def hidden(page, name):
    """The value of a hidden field."""
    found = re.search(f'name="{name}"[^>]*value="([^"]*)"', page)
    return found[1].replace("&#34;", '"').replace("&quot;", '"')


def draft(look):
    look.rollback()
    return look.exec(select(ListingDraft)).one().answers


def at_field(page, name):
    """The message that stands at a field."""
    found = re.search(f'id="{name}-error">([^<]*)<', page.text)
    return found[1] if found else ""


# -- the task list ---------------------------------------------------------------------------


def test_the_list_counts_the_answers_of_each_section(client_for, editor, home):
    client = client_for(editor)
    before = client.get(f"{home}/").text
    client.send(f"{home}/questions/data", subprocessors="None", data_place="United States")
    after = client.get(f"{home}/").text

    assert "0 of 3 answered" in before
    assert "2 of 3 answered" in after


def test_an_answer_that_brings_questions_leads_back_to_them(client_for, editor, home):
    client = client_for(editor)

    back = client.send(f"{home}/questions/license", license_kind="open_source")
    onward = client.send(f"{home}/questions/data", data_place="Ohio", onward="1")

    assert back.location.endswith("/questions/license")
    assert "Name of the open-source license" in client.get(back.location).text
    assert onward.location.endswith("/questions/setup")


def test_saving_by_itself_keeps_what_is_right_and_says_what_is_not(client_for, editor, home, look):
    client = client_for(editor)

    page = client.send(
        f"{home}/questions/company", exit_days="many", substitute="Paper.", autosave="1"
    )

    assert page.status_code == 422
    assert "Saved, but for what needs a change above." in page.text
    assert draft(look)["substitute"]["value"] == "Paper."
    assert "exit_days" not in draft(look)


def test_the_preview_shows_the_draft_and_only_to_its_vendor(
    client_for, make, editor, home, stranger, publish
):
    tool = publish()
    client = client_for(editor)
    client.send(f"{home}/questions/about", summary="Not public yet.")

    assert "Not public yet." in client.get(f"{home}/preview").text
    assert "Not public yet." in client.get(f"{home}/changes").text
    assert "Not public yet." not in stranger.get(f"/tools/{tool.slug}").text
    assert client_for(make.person(make.vendor(), Role.ADMINISTRATOR)).get(
        f"{home}/changes"
    ).status_code == 404  # fmt: skip


def test_of_two_editors_the_second_sees_what_changed_and_loses_nothing(
    client_for, make, vendor, editor, home, look
):
    first, second = client_for(editor), client_for(make.person(vendor, Role.ADMINISTRATOR))
    page = second.get(f"{home}/questions/setup").text
    sent = {"csrf_token": hidden(page, "csrf_token"), "seen": hidden(page, "seen")}
    first.send(f"{home}/questions/setup", runs_on="Chromebook", support_reply="In an hour")

    mine = {"runs_on": "iPad", "support_reply": "", "works_with": "LTI"}
    late = second.post(f"{home}/questions/setup", data=sent | mine)
    stored = draft(look)["runs_on"]["value"]
    again = second.post(
        f"{home}/questions/setup",
        data=sent | mine | {"seen": hidden(late.text, "seen"), "support_reply": "In an hour"},
    )

    assert late.status_code == 422
    assert "It now says: “Chromebook”" in at_field(late, "runs_on")
    assert 'value="iPad"' in late.text  # mine is still there
    assert 'value="In an hour"' in late.text  # theirs, which I had left alone
    assert stored == "Chromebook"
    assert again.status_code == 302
    kept = {key: answer["value"] for key, answer in draft(look).items()}
    assert (kept["runs_on"], kept["works_with"], kept["support_reply"]) == (
        "iPad",
        "LTI",
        "In an hour",
    )


# -- what people should not type, each with a message at its field ---------------------------


def test_a_script_in_any_text_is_only_text(client_for, editor, home, stranger, publish):
    publish(
        description=SCRIPT, ai_facts=[SCRIPT], languages=[SCRIPT], subprocessors=[SCRIPT],
        service_lines=[{"what": SCRIPT, "cents": 1}], runs_on=SCRIPT, substitute=SCRIPT,
    )  # fmt: skip
    tool_page = home.rsplit("/", 1)[1]

    for client, url in (
        (stranger, f"/tools/{tool_page}"),
        (stranger, f"/tools/{tool_page}/history/1"),
        (client_for(editor), f"{home}/preview"),
        (client_for(editor), f"{home}/questions/company"),
    ):
        page = client.get(url).text
        assert SCRIPT not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("section", "field", "typed", "words"),
    [
        ("about", "description", "x" * 10_485_760, "10,485,760 letters long"),
        ("about", "name", "", "Enter the name of the tool."),
        ("about", "website", "javascript:alert(1)", "starts with https://"),
        ("terms", "tiny_floor_cents", "-1", "cannot be below zero"),
        ("terms", "tiny_floor_cents", "1000000000000", "Enter at most $1,000,000.00."),
        ("terms", "training_lines", "Day: 1e12", "Line 1: Enter dollars"),
        ("company", "insurance_until", "2020-01-01", "This day has passed."),
        ("company", "insurance_until", "31/12/2027", "such as 2027-06-30"),
        ("ai", "ai_changed_on", "2027-12-31", "still to come"),
        ("setup", "chromebook", "sideways", "not one of the answers"),
    ],
)
def test_bad_input_is_refused_at_its_field_and_nothing_is_saved(
    client_for, editor, home, look, section, field, typed, words
):
    page = client_for(editor).send(f"{home}/questions/{section}", **{field: typed})

    assert page.status_code == 422
    assert words in at_field(page, field)
    assert len(page.data) < 60_000
    look.rollback()
    assert look.exec(select(ListingDraft)).all() == []


def huge():
    made = io.BytesIO()
    Image.new("1", (8_000, 6_000)).save(made, "PNG")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.svg", SVG, "SVG pictures can carry programs."),
        ("a.docx", BOMB, "unpacks to far more"),
        ("a.png", huge(), "million points"),
        ("a.pdf", b"MZ\x90\x00 program", "do not know this kind"),
    ],
)
def test_a_bad_file_is_refused_at_its_field_and_not_kept(
    client_for, editor, home, look, name, content, words
):
    page = client_for(editor).send(
        f"{home}/questions/ai", ai_use="none", file_ai_bias=(io.BytesIO(content), name)
    )

    assert words in at_field(page, "file_ai_bias")
    look.rollback()
    assert look.exec(select(StoredFile)).all() == []


def test_two_tools_of_one_name_by_one_vendor_are_refused_at_the_name(
    client_for, vendor, editor, home
):
    page = client_for(editor).send(
        f"/v/{vendor.slug}/listings/new", name="READING coach", summary="Again."
    )

    assert page.status_code == 422
    assert "already list a tool with this name" in at_field(page, "name")


def test_a_part_that_is_not_there_is_not_found(client_for, editor, home):
    assert client_for(editor).get(f"{home}/questions/weather").status_code == 404


# -- files -----------------------------------------------------------------------------------


def upload(client, home, name, content):
    return client.send(
        f"{home}/questions/company", insurance="Two million.",
        file_insurance=(io.BytesIO(content), name),
    )  # fmt: skip


def test_a_file_is_a_download_for_those_who_may_read_its_answer(
    client_for, make, editor, operator, home, look, stranger, publish
):
    client = client_for(editor)
    upload(client, home, "../../certificate.pdf", b"%PDF-1.7 certificate")
    file = draft(look)["insurance"]["file"]
    tool = publish()
    url = f"/tools/{tool.slug}/files/{file['id']}"

    sent = client_for(make.buyer(make.district())).get(url)

    assert sent.data == b"%PDF-1.7 certificate"
    assert sent.headers["Content-Disposition"] == "attachment; filename=certificate.pdf"
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert sent.headers["Content-Security-Policy"].endswith("sandbox")
    assert client.get(url).status_code == 200
    assert client_for(operator).get(url).status_code == 200
    assert stranger.get(url).status_code == 404
    assert client_for(make.person(make.vendor(), Role.ADMINISTRATOR)).get(url).status_code == 404


def test_a_file_of_a_draft_is_the_vendors_own(
    client_for, make, editor, home, look, stranger, publish
):
    tool = publish()
    client = client_for(editor)
    client.send(f"{home}/questions/ai", ai_bias="We looked.",
                file_ai_bias=(io.BytesIO(b"%PDF-1.7 study"), "study.pdf"))  # fmt: skip
    url = f"/tools/{tool.slug}/files/{draft(look)['ai_bias']['file']['id']}"

    assert client.get(url).status_code == 200
    assert stranger.get(url).status_code == 404
    assert client_for(make.buyer(make.district())).get(url).status_code == 404


def test_a_file_beside_no_answer_of_the_tool_is_not_given_out(act, make, editor, stranger, publish):
    tool = publish()
    other = make.tool(make.vendor(), "Other")
    paper = CheckedFile("study.pdf", "application/pdf", b"%PDF-1.7")
    act(editor, listing_service.answer_questions, tool.id, {}, new_files={"ai_bias": paper})
    file_id = "00000000-0000-0000-0000-000000000000"

    assert stranger.get(f"/tools/{other.slug}/files/{file_id}").status_code == 404


# -- what is public --------------------------------------------------------------------------


def test_answers_for_districts_are_hidden_from_others_but_counted(
    client_for, make, stranger, publish
):
    tool = publish(viability="A bank account pays for a year.")

    said = stranger.get(f"/tools/{tool.slug}").text
    buyer = client_for(make.buyer(make.district()))

    assert "A bank account pays" not in said
    assert "for people of a district who are signed in" in said
    assert "A bank account pays" not in stranger.get(f"/tools/{tool.slug}/history/1").text
    assert "A bank account pays" in buyer.get(f"/tools/{tool.slug}").text


def test_the_history_keeps_every_version_at_its_address(act, editor, stranger, publish):
    tool = publish(data_place="Ohio")
    with clock.frozen(NOW + timedelta(days=5)):
        publish(data_place="Iowa")

    history = stranger.get(f"/tools/{tool.slug}/history").text
    first = stranger.get(f"/tools/{tool.slug}/history/1").text
    second = stranger.get(f"/tools/{tool.slug}/history/2").text

    assert "Version 1" in history
    assert "Country where the data is kept" in history
    assert "Ohio" in first
    assert "Iowa" not in first
    assert "Ohio" in second  # what it changed
    assert "Iowa" in second
    for number in ("0", "3", "99999999999999999999"):
        assert stranger.get(f"/tools/{tool.slug}/history/{number}").status_code == 404


def test_what_the_operator_writes_to_the_vendor_does_not_stand_in_the_history(
    act, editor, operator, stranger, publish
):
    tool = publish()
    act(operator, across(review_service.suspend_listing), tool.id, reason="The model changed.")
    act(editor, review_service.submit_listing, tool.id)
    act(operator, across(review_service.send_back_listing), tool.id, reason="Just between us.")

    page = stranger.get(f"/tools/{tool.slug}/history").text

    assert "The model changed." in page
    assert "Just between us." not in page


def test_the_history_of_a_draft_is_not_there(client_for, editor, stranger, complete):
    for client in (stranger, client_for(editor)):
        assert client.get(f"/tools/{complete.slug}/history").status_code == 404


def test_a_district_follows_from_the_page_of_the_tool(client_for, make, look, publish):
    tool = publish()
    client = client_for(make.buyer(make.district()))
    page = client.get(f"/tools/{tool.slug}").text
    client.post(f"/tools/{tool.slug}/follow", data={"csrf_token": hidden(page, "csrf_token")})

    look.rollback()
    assert len(look.exec(select(ToolFollower)).all()) == 1
    assert "Stop following" in client.get(f"/tools/{tool.slug}").text


def test_an_announced_change_shows_until_the_answers_were_reviewed(
    client_for, editor, home, stranger, publish
):
    tool = publish(subprocessors=["A host"])
    client = client_for(editor)
    sent = client.send(f"{home}/announce", kind="sub_processor", words="A new host.",
                       takes_effect_on="2027-01-15", once_key="k")  # fmt: skip
    wrong = client.send(f"{home}/announce", kind="model", words="", takes_effect_on="2029-01-15")

    page = stranger.get(f"/tools/{tool.slug}").text
    assert sent.status_code == 302
    assert "Say what changes" in at_field(wrong, "words")
    assert "A new host." in page
    assert "Changed, not yet reviewed" in page
    assert "You announced a change." in client.get(f"{home}/questions/data").text

    publish(subprocessors=["The new host"])
    assert "Changed, not yet reviewed" not in stranger.get(f"/tools/{tool.slug}").text


def test_the_operator_reads_what_was_sent_and_what_differs(
    client_for, editor, operator, home, act, publish
):
    tool = publish(data_place="Ohio")
    client_for(editor).send(f"{home}/questions/data", data_place="Iowa")
    act(editor, review_service.submit_listing, tool.id)
    client = client_for(operator)

    waiting = client.get("/admin/listings").text
    page = client.get(f"/admin/listings/{tool.slug}").text

    assert waiting.index(tool.name) < waiting.index("Published and suspended")
    assert "Iowa" in page
    assert "Ohio" in page
    assert client_for(editor).get(f"/admin/listings/{tool.slug}").status_code == 404


@on_sqlite
def test_compare_has_a_row_for_each_question_that_some_tool_answered(
    client_for, make, stranger, publish
):
    tool = publish(support_reply="Within an hour.", viability="A trust takes over.")
    other = make.tool(make.vendor(), "Number Path")
    address = f"/compare?tools={tool.slug},{other.slug}"
    to_all, to_districts = (
        client.get(address).text for client in (stranger, client_for(make.buyer(make.district())))
    )

    row = to_all.split("How fast a person answers")[1].split("</tr>")[0]
    assert "Within an hour." in row
    assert "Not answered" in row
    assert "Insurance runs until" not in to_all  # nobody answered it
    assert "A trust takes over." not in to_all
    assert "A trust takes over." in to_districts


@on_sqlite
def test_the_vendors_home_says_how_each_listing_stands(client_for, act, editor, home, publish):
    page = f"/v/{home.split('/')[2]}/"
    before = client_for(editor).get(page).text
    tool = publish()
    after = client_for(editor).get(page).text
    act(
        editor, listing_service.announce_change, tool.id, kind=ChangeKind.MODEL,
        words="A newer model.", takes_effect_on=clock.now().date() + timedelta(days=30),
        once_key="k",
    )  # fmt: skip
    doubted = client_for(editor).get(page).text

    assert re.search(r"\d+ of \d+ questions open", before)
    assert "First to run out" not in before
    assert "First to run out: Nov 1" in after
    assert "Published" in after
    assert "answers to confirm" in doubted
    assert "answers to confirm" not in after
