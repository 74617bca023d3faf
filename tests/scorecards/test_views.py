"""The pages: what strangers, districts and vendors see, and what they are refused."""

import io
import json
from hashlib import sha256
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner
from sqlalchemy import event
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.scorecards import service
from marketplace.scorecards.commands import acr, scorecard
from marketplace.scorecards.models import AccessibilityReport, LawTask
from tests.conftest import on_sqlite
from tests.scorecards.conftest import REPORT, TWO, across, card_document, said

publish = across(service.publish_card)


def mark(client, address, requirement, **fields):
    """Send the form that stands on the page of a tool at a district's desk."""
    shown = client.get(address).text
    token = shown.split('name="csrf_token"')[-1].split('value="')[1].split('"')[0]
    data = {"csrf_token": token, **fields}
    return client.post(f"{address}/duties/{requirement}", data=data)


@pytest.fixture
def stranger(app):
    return app.test_client()


@pytest.fixture
def card(act, operator, tool):
    return act(operator, publish, tool.id, card_document("E2"), reviewers=TWO, recusals="None.")


def page(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, path
    return response.get_data(as_text=True)


@on_sqlite
def test_a_tool_without_a_card_says_so_everywhere(stranger, tool):
    for path in ("", "/privacy", "/family", "/label.svg"):
        assert "Not reviewed" in page(stranger, f"/tools/{tool.slug}{path}")
    assert json.loads(page(stranger, f"/tools/{tool.slug}/score.json"))["grade"] is None


@on_sqlite
def test_the_label_has_a_letter_a_shape_and_words(stranger, deliver, tool, card):
    deliver()
    label = page(stranger, f"/tools/{tool.slug}")
    assert "Privacy Facts" in label
    assert "Sells nothing" in label
    assert '<use href="#ok"/>' in label
    assert "B: good" in label
    assert "B: good" in page(stranger, "/tools")

    picture = ElementTree.fromstring(page(stranger, f"/tools/{tool.slug}/label.svg"))
    words = "".join(picture.itertext())
    assert "Grade B" in words
    assert "Privacy Facts of Reading Coach" in words
    assert picture.find(".//{*}circle") is not None


@on_sqlite
def test_the_privacy_page_shows_answers_proof_people_law_and_history(stranger, tool, card):
    shown = page(stranger, f"/tools/{tool.slug}/privacy?state=NY")

    for words in (
        "No training on student data", "page 4", "abababababab", "We never sell student data",
        "Ann Reed, Maple District", "Education Law 2-d", "8 NYCRR 121.10", "Not verified",
        "No lawyer has signed off", "It was published", card.input_sha256[:12],
    ):  # fmt: skip
        assert words in shown, words
    for state in ("CA", "NY", "IL", "CO", "CT", "TX"):
        longest = page(stranger, f"/tools/{tool.slug}/privacy?state={state}")
        assert len(longest.encode()) <= 60_000, state
    assert "Ask your counsel" in page(stranger, f"/tools/{tool.slug}/privacy?state=OH")
    assert "Is my child" in page(stranger, f"/tools/{tool.slug}/family")
    assert "Limits" in page(stranger, "/open/method/scorecard")


@on_sqlite
def test_anyone_can_work_a_receipt_out_again(stranger, tool, card, tmp_path):
    [address] = json.loads(page(stranger, f"/tools/{tool.slug}/score.json"))["receipts"]
    receipt = json.loads(page(stranger, address))
    raw = stranger.get(receipt["card"]).data
    assert sha256(raw).hexdigest() == receipt["input_sha256"]

    saved = tmp_path / "card.json"
    saved.write_bytes(raw)
    run = CliRunner().invoke(scorecard, ["score", str(saved), "--json"])

    assert json.loads(run.output) == receipt["outputs"]
    page(stranger, f"/tools/{tool.slug}/receipts/9/1.json", 404)


@on_sqlite
def test_privacy_takes_the_same_queries_however_much_is_in_it(app, stranger, act, operator, tool):
    def queries_of(path):
        seen = []
        engine = app.extensions["primary_reader"]
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        page(stranger, path)
        event.remove(engine, "before_cursor_execute", listener)
        return len([sql for sql in seen if sql.startswith("SELECT")])

    act(operator, publish, tool.id, card_document("E2"), reviewers=TWO)
    first = queries_of(f"/tools/{tool.slug}/privacy")
    act(operator, publish, tool.id, card_document("E3"), reviewers=TWO)
    assert queries_of(f"/tools/{tool.slug}/privacy") == first


@on_sqlite
def test_compare_sets_only_shared_questions_side_by_side(stranger, make, act, operator, tool, card):
    other = make.tool(name="Other", card=False)
    act(operator, publish, other.id, card_document("E2", facts={"uses_ai": False}), reviewers=TWO)

    shown = page(stranger, f"/compare?tools={tool.slug},{other.slug}")

    assert "Privacy, side by side" in shown
    assert "No selling" in shown
    assert "No training on student data" not in shown


@on_sqlite
def test_a_district_sees_its_law_and_marks_its_own_duties(client_for, make, look, tool, card):
    district = make.district(state="NY")
    client = client_for(make.person(district, Role.DATA_STEWARD))
    address = f"/d/{district.leaid}/tools/{tool.slug}"
    shown = page(client, address)
    assert "No rule of this site stops buying it" in shown
    assert address in page(client, f"/tools/{tool.slug}")
    assert "Your task" in shown
    assert "We do not know how many people live" in shown

    for _ in range(2):
        mark(client, address, "NY-1", done_on="2026-11-02")
    assert [task.requirement for task in look.exec(select(LawTask))] == ["NY-1"]
    assert "Done Nov 2, 2026" in page(client, address)
    mark(client, address, "NY-1", done_on="2030-01-01")
    assert "not one to come" in page(client, address)
    assert mark(client, address, "NY-4").status_code == 404

    paper = page(client, f"{address}/papers/ny_supplemental_information")
    assert "8 NYCRR 121.3" in paper
    assert "page 4" in paper
    pdf = client.get(f"{address}/papers/parent_notice.pdf")
    assert pdf.data.startswith(b"%PDF")
    assert b"StructTreeRoot" in pdf.data
    page(client, f"{address}/papers/il_website_posting", 404)


@on_sqlite
def test_another_district_and_a_viewer_are_turned_away(client_for, make, look, tool, card):
    district = make.district(state="NY")
    other = client_for(make.person(make.district(), Role.ADMINISTRATOR))
    page(other, f"/d/{district.leaid}/tools/{tool.slug}", 404)
    assert f"/d/{district.leaid}/" not in page(other, f"/tools/{tool.slug}")
    client = client_for(make.person(district, Role.VIEWER))
    assert "Mark as done" not in page(client, f"/d/{district.leaid}/tools/{tool.slug}")
    client.post(f"/d/{district.leaid}/tools/{tool.slug}/duties/NY-1")
    assert look.exec(select(LawTask)).all() == []


@on_sqlite
def test_a_vendor_files_a_report_and_sees_what_would_help(client_for, make, look):
    vendor = make.vendor("Lumen")
    tool = make.tool(vendor, "Reader", card=False)
    client = client_for(make.person(vendor, Role.LISTING_EDITOR))
    address = f"/v/{vendor.slug}/listings/{tool.slug}"
    assert "No review yet" in page(client, f"{address}/scorecard")

    bad = client.send(f"{address}/accessibility", content="a:\n\tb: 1")
    assert (bad.status_code, "there is a tab" in bad.text, "a:" in bad.text) == (422, True, True)
    assert look.exec(select(AccessibilityReport)).all() == []
    for _ in range(2):
        assert client.send(f"{address}/accessibility", content=REPORT).status_code == 302
    look.rollback()
    [report] = look.exec(select(AccessibilityReport)).all()
    assert (report.answer, report.counts["wcag21aa"]["supports"]) == ("c", 1)
    assert "1.2.1" in page(client, f"/tools/{tool.slug}/privacy")


@on_sqlite
def test_a_report_comes_as_a_file_in_yaml_or_json(client_for, make, look):
    vendor = make.vendor("Lumen")
    tool = make.tool(vendor, "Reader", card=False)
    client = client_for(make.person(vendor, Role.LISTING_EDITOR))
    address = f"/v/{vendor.slug}/listings/{tool.slug}/accessibility"

    def send(content, name="report.yaml"):
        return client.send(address, content="", file=(io.BytesIO(content), name))

    bomb = b"a: &a [x]\n" + b"b: [" + b"*a, " * 9 + b"*a]"
    for content, refusal in (
        (b"", "has no title"),
        (b"\xff\xfe", "not UTF-8"),
        (bomb, "repeats a whole list"),
    ):
        bad = send(content)
        assert (bad.status_code, refusal in bad.text) == (422, True), refusal
    assert client.send(address, content=" ").status_code == 422
    assert look.exec(select(AccessibilityReport)).all() == []

    as_json = json.dumps(yaml.safe_load(REPORT), indent="\t", default=str).encode()
    assert [send(REPORT.encode()).status_code, send(as_json, "r.json").status_code] == [302, 302]
    look.rollback()
    one, other = look.exec(select(AccessibilityReport)).all()
    assert one.counts["wcag21aa"] == other.counts["wcag21aa"]


@on_sqlite
def test_a_vendors_home_says_what_each_answer_does_to_the_score(client_for, make, act, operator):
    vendor = make.vendor("Lumen")
    tool, bare = make.tool(vendor, "Reader", card=False), make.tool(vendor, "Bare", card=False)
    client = client_for(make.person(vendor, Role.LISTING_EDITOR))
    document = card_document("E2", AI_01=said("c", "E2"))
    act(operator, publish, tool.id, document, reviewers=TWO)

    home = page(client, f"/v/{vendor.slug}/")

    for one in (tool, bare):
        address = f"/v/{vendor.slug}/listings/{one.slug}"
        assert f"{address}/scorecard" in home
        assert f"{address}/scorecard" in page(client, f"{address}/")
    [row, best] = [part.split("</tr>")[0] for part in home.split(": scorecard</span>")[1:]]
    assert "Answer the questions of a review" in row
    assert "No training on student data" in best
    first = page(client, f"/v/{vendor.slug}/listings/{tool.slug}/scorecard")
    assert "+" in best
    assert "No training on student data" in first.split("What would raise it most")[1][:900]


def bad_card(folder):
    card = folder / "card.yaml"
    card.write_text("facts: {}\nanswers: {}\n")
    return card


def test_commands_refuse_in_one_line_each(tmp_path):
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as file:
        file.truncate(50_000_000)
    run = CliRunner().invoke(scorecard, ["score", str(huge)])
    assert "it has 50,000,000 bytes, and at most 500,000 are read" in str(run.exception)
    run = CliRunner().invoke(scorecard, ["score", str(bad_card(tmp_path)), "--rubric", str(huge)])
    assert "at most 2,000,000 are read" in str(run.exception)
    bad = tmp_path / "report.yaml"
    bad.write_text(REPORT.replace("1.1.1", "9.9.9"))
    run = CliRunner().invoke(acr, ["check", str(bad), "--json"])
    assert run.exit_code == 1
    assert json.loads(run.stdout)["problems"]
