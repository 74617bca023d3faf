"""Drafts, versions, steps, notices and what runs out, on a real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.catalogue import (
    answers,
    listing_queries,
    listing_service,
    queries,
    review_service,
    service,
)
from marketplace.catalogue.listing_models import (
    ChangeNotice,
    ListingDraft,
    ListingFacet,
    ListingStep,
    ListingVersion,
    NoticeReceipt,
    ToolFollower,
)
from marketplace.catalogue.listing_rules import ChangedMeanwhile, ChangeKind
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import ToolStatus
from marketplace.core import clock, jobs
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.files import StoredFile
from marketplace.core.mail import Letter
from marketplace.core.uploads import CheckedFile
from tests import cards
from tests.catalogue.conftest import ANSWERS, VOLUME, across
from tests.conftest import NOW, on_postgresql

answer = listing_service.answer_questions


def fresh(look, table=Tool):
    look.rollback()
    return look.exec(select(table)).all()


def mark(value):
    return answers.mark_of_value(value)


@pytest.fixture
def operator(make):
    return make.operator()


@pytest.fixture
def published(act, editor, operator, complete):
    """A listing with one public version."""
    act(editor, answer, complete.id, ANSWERS | {"ai_training": "never", "integrations": ["lti"]})
    act(editor, review_service.submit_listing, complete.id)
    act(operator, across(review_service.publish_listing), complete.id)
    return complete


def publish_again(act, editor, operator, tool):
    act(editor, review_service.submit_listing, tool.id)
    act(operator, across(review_service.publish_listing), tool.id)


# -- the draft -------------------------------------------------------------------------------


def test_a_listing_older_than_the_questions_keeps_what_it_said(act, look, editor, complete):
    act(editor, answer, complete.id, {"chromebook": "all"})

    [draft] = fresh(look, ListingDraft)
    assert draft.answers["description"]["value"] == "Listens while a child reads."
    assert draft.answers["chromebook"] == {"value": "all", "on": "2026-11-16"}


def test_saving_the_same_again_changes_nothing(act, look, editor, complete):
    for _ in range(2):
        act(editor, answer, complete.id, {"chromebook": "all"})

    [tool] = fresh(look)
    assert tool.edits == 1


def test_what_is_public_does_not_change_before_it_was_read(act, look, editor, operator, published):
    act(editor, answer, published.id, {"summary": "Better words."})
    [tool] = fresh(look)
    assert tool.summary != "Better words."

    publish_again(act, editor, operator, published)

    [tool] = fresh(look)
    assert tool.summary == "Better words."


def test_grades_in_the_wrong_order_are_refused_and_nothing_is_half_saved(
    act, look, editor, complete
):
    with pytest.raises(RuleBroken, match="highest grade") as refusal:
        act(editor, answer, complete.id, {"lowest_grade": 9, "highest_grade": 3, "runs_on": "x"})

    assert refusal.value.field == "highest_grade"
    assert fresh(look, ListingDraft) == []


def test_a_rival_and_the_finance_office_do_not_answer(make, act, vendor, complete):
    with pytest.raises(NotFound):
        act(make.person(make.vendor(), Role.ADMINISTRATOR), answer, complete.id, ANSWERS)
    with pytest.raises(NotAllowed):
        act(make.person(vendor, Role.FINANCE), answer, complete.id, ANSWERS)


def test_a_file_stands_beside_its_answer_under_a_random_name(act, look, editor, complete):
    paper = CheckedFile("study.pdf", "application/pdf", b"%PDF-1.7")

    act(editor, answer, complete.id, {"ai_bias": "We looked."}, new_files={"ai_bias": paper})
    act(editor, answer, complete.id, {"ai_bias": "We looked again."})

    [draft], [stored] = fresh(look, ListingDraft), look.exec(select(StoredFile)).all()
    assert draft.answers["ai_bias"]["file"]["id"] == str(stored.id)
    assert draft.answers["ai_bias"]["file"]["name"] == "study.pdf"

    act(editor, answer, complete.id, {}, dropped_files=["ai_bias"])
    [draft] = fresh(look, ListingDraft)
    assert "file" not in draft.answers["ai_bias"]


def test_copying_fills_gaps_and_overwrites_nothing(make, act, look, vendor, editor, complete):
    act(editor, answer, complete.id, {"data_place": "Canada", "support_reply": "In an hour"})
    other = act(editor, service.start_listing, name="Second", summary="Another.")
    act(editor, answer, other.id, {"data_place": "Iowa"})

    act(editor, listing_service.copy_answers, other.id, from_id=complete.id,
        sections=["data", "setup", "about"])  # fmt: skip

    drafts = {d.tool_id: d.answers for d in fresh(look, ListingDraft)}
    assert drafts[other.id]["data_place"]["value"] == "Iowa"
    assert drafts[other.id]["support_reply"]["value"] == "In an hour"
    assert drafts[other.id]["name"]["value"] == "Second"


def test_answers_are_not_copied_from_another_vendor(make, act, editor, complete):
    foreign = make.tool(make.vendor(), "Foreign")

    with pytest.raises(NotFound):
        act(
            editor, listing_service.copy_answers, complete.id, from_id=foreign.id, sections=["data"]
        )


def test_the_same_name_is_listed_once_by_a_vendor(act, editor, complete):
    with pytest.raises(RuleBroken, match="already list") as refusal:
        act(editor, service.start_listing, name="reading  COACH", summary="Again.")

    assert refusal.value.field == "name"


# -- two editors at once ---------------------------------------------------------------------


def test_the_second_editor_sees_what_changed_and_overwrites_nothing(
    make, act, look, vendor, editor, complete
):
    second = make.person(vendor, Role.ADMINISTRATOR)
    seen = {"runs_on": mark(None), "works_with": mark(None)}
    act(editor, answer, complete.id, {"runs_on": "Chromebook"}, seen=seen)

    with pytest.raises(ChangedMeanwhile) as refusal:
        act(second, answer, complete.id, {"runs_on": "iPad", "works_with": "LTI"}, seen=seen)
    act(second, answer, complete.id, {"runs_on": None, "works_with": "LTI"}, seen=seen)

    assert "“Chromebook”" in refusal.value.fields["runs_on"]
    [draft] = fresh(look, ListingDraft)
    assert draft.answers["runs_on"]["value"] == "Chromebook"
    assert draft.answers["works_with"]["value"] == "LTI"


@on_postgresql
def test_of_two_editors_at_the_same_moment_neither_loses_anything(
    make, act, look, vendor, editor, complete
):
    people = {"First": editor, "Second": make.person(vendor, Role.ADMINISTRATOR)}
    seen = {"runs_on": mark(None)}

    def save(words):
        with clock.frozen(NOW):
            try:
                # Each also answers a question of its own; nobody answered before, so both
                # begin the draft.
                own = {"First": "offline", "Second": "chromebook"}[words]
                act(people[words], answer, complete.id, {own: "none"})
                act(people[words], answer, complete.id, {"runs_on": words}, seen=seen)
            except ChangedMeanwhile as refusal:
                return refusal.fields["runs_on"]
        return words

    with ThreadPoolExecutor(2) as both:
        results = set(both.map(save, people))

    [draft] = fresh(look, ListingDraft)
    kept = draft.answers["runs_on"]["value"]
    assert kept in results
    [told] = results - {kept}
    assert f"“{kept}”" in told
    assert {"offline", "chromebook"} <= set(draft.answers)


# -- versions --------------------------------------------------------------------------------


def test_each_published_state_is_a_version_that_never_changes(
    act, look, editor, operator, published
):
    [first] = fresh(look, ListingVersion)
    before = (first.content, first.fingerprint)
    act(editor, answer, published.id, {"summary": "Better words."})
    publish_again(act, editor, operator, published)

    versions = sorted(fresh(look, ListingVersion), key=lambda v: v.number)

    assert [v.number for v in versions] == [1, 2]
    assert (versions[0].content, versions[0].fingerprint) == before
    assert versions[0].fingerprint == answers.fingerprint(versions[0].content)
    assert versions[1].content["answers"]["summary"]["value"] == "Better words."
    assert versions[1].because == "What it does, in one line"


def test_a_new_price_is_public_at_once_as_a_version_with_the_public_answers(
    act, look, editor, published, next_year
):
    act(editor, answer, published.id, {"summary": "Not read yet."})
    [edition] = queries.editions_of(look, published.id)
    cheaper = VOLUME | {"bands": [{"from": 1, "unit_cents": 900}]}
    act(editor, service.offer_price, published.id, edition.id, terms=cheaper, valid_until=next_year)

    look.rollback()
    newest = listing_queries.newest_version(look, published.id)

    assert newest.number == 2
    assert newest.content["editions"][0]["price"]["terms"]["bands"][0]["unit_cents"] == 900
    assert newest.content["answers"]["summary"]["value"] != "Not read yet."


def test_orders_and_pools_find_the_version_of_their_day(act, look, editor, operator, published):
    with clock.frozen(NOW + timedelta(days=3)):
        act(editor, answer, published.id, {"summary": "Better words."})
        publish_again(act, editor, operator, published)

    at = [queries.version_at(look, published.id, NOW + timedelta(days=d)) for d in (-1, 0, 2, 3)]

    assert at == [None, 1, 1, 2]


def test_facets_follow_what_is_public(act, look, editor, operator, published):
    act(editor, answer, published.id, {"integrations": ["clever", "google"]})
    assert facets(look, "integrations") == ["lti"]

    publish_again(act, editor, operator, published)

    assert facets(look, "integrations") == ["clever", "google"]


def facets(look, question):
    return sorted(f.value for f in fresh(look, ListingFacet) if f.question == question)


def test_an_open_source_tool_is_published_with_services_by_the_line(
    make, act, look, vendor, editor, operator
):
    make.vendor_profile(vendor)
    tool = act(editor, service.start_listing, name="Free Captions", summary="Captions.")
    act(editor, answer, tool.id, ANSWERS | {
        "license_kind": "open_source",
        "service_lines": [{"what": "Hosting for a year", "cents": 90_000}],
    })  # fmt: skip

    publish_again(act, editor, operator, tool)

    assert facets(look, "license_kind") == ["open_source"]
    assert queries.get_tool(look, "free-captions").status is ToolStatus.PUBLISHED


# -- the steps -------------------------------------------------------------------------------


def test_every_step_is_remembered_with_its_reason(act, look, editor, operator, complete):
    act(editor, review_service.submit_listing, complete.id)
    for _ in range(2):
        act(operator, across(review_service.take_up_listing), complete.id)
    act(operator, across(review_service.publish_listing), complete.id)
    act(operator, across(review_service.suspend_listing), complete.id, reason="Not true.")

    steps = [(step.status, step.reason) for step in fresh(look, ListingStep)]

    assert sorted(steps) == [
        ("in_review", ""), ("published", ""), ("submitted", ""), ("suspended", "Not true."),
    ]  # fmt: skip


def test_a_vendor_cannot_take_up_its_own_listing(act, editor, complete):
    act(editor, review_service.submit_listing, complete.id)
    with pytest.raises(NotAllowed):
        act(editor, review_service.take_up_listing, complete.id)


def test_changes_sent_back_leave_the_public_version_as_it_is(
    act, look, editor, operator, published
):
    act(editor, answer, published.id, {"summary": "Best tool ever."})
    act(editor, review_service.submit_listing, published.id)

    act(
        operator, across(review_service.send_back_listing), published.id, reason="Say what it does."
    )

    [tool], [draft] = fresh(look), fresh(look, ListingDraft)
    assert (tool.status, tool.review_note) == ("published", "Say what it does.")
    assert draft.sent_at is None
    assert len(fresh(look, ListingVersion)) == 1


# -- what runs out ---------------------------------------------------------------------------


def run_due(app):
    with app.app_context():
        return jobs.run_due()


def letters(look, words):
    return [letter for letter in fresh(look, Letter) if words in letter.subject]


def test_a_vendor_is_warned_once_at_90_60_and_30_days(app, look, published):
    ends = date(2027, 11, 16)  # a year after it was published
    for left, sent in ((91, 0), (90, 1), (89, 1), (60, 2), (30, 3), (29, 3)):
        with clock.frozen(NOW + (ends - NOW.date()) - timedelta(days=left)):
            run_due(app)
            run_due(app)
        told = [x for x in letters(look, "runs out soon") if "once a year" in x.text]
        assert len(told) == sent, f"{left} days ahead"


def test_what_nobody_confirmed_for_a_year_expires_with_a_reason(
    app, act, look, editor, operator, published
):
    with clock.frozen(NOW + timedelta(days=367)):
        assert run_due(app)["catalogue.expire_listings"] == 1
        assert run_due(app)["catalogue.expire_listings"] == 0

    [tool] = fresh(look)
    assert (tool.status, tool.suspended_because) == ("expired", review_service.NOT_CONFIRMED)
    assert queries.known_tool(look, published.slug).id == published.id
    assert len(letters(look, "no longer listed")) == 1


def test_confirming_keeps_a_listing_for_another_year(app, act, look, editor, operator, published):
    with clock.frozen(NOW + timedelta(days=300)):
        [edition] = queries.editions_of(look, published.id)
        act(editor, service.offer_price, published.id, edition.id,
            terms=VOLUME, valid_until=date(2028, 6, 30))  # fmt: skip
        act(editor, answer, published.id, {}, confirmed=["ai_training"])
        publish_again(act, editor, operator, published)
    with clock.frozen(NOW + timedelta(days=400)):
        run_due(app)

    [tool] = fresh(look)
    assert tool.status == "published"


# -- changes that districts must hear of -----------------------------------------------------


def announce(act, editor, tool, once_key="k1", kind=ChangeKind.MODEL):
    facts = {"words": "A newer model.", "takes_effect_on": date(2027, 1, 15)}
    announced = listing_service.announce_change
    return act(editor, announced, tool.id, kind=kind, once_key=once_key, **facts)


def test_a_change_is_told_once_to_every_district_that_uses_or_follows_the_tool(
    app, make, act, look, editor, published, deliver
):
    follower, user, other = make.district(), make.district(), make.district()
    make.save(*cards.rows(published))
    make.order(user, tool=published)
    people = {d.id: make.buyer(d) for d in (follower, user, other)}
    for _ in range(2):
        act(people[follower.id], listing_service.follow_tool, published.id)

    for _ in range(2):
        announce(act, editor, published)
    deliver()
    deliver()

    told = letters(look, "announces a change")
    assert sorted(letter.recipient for letter in told) == sorted(
        people[district.id].email for district in (follower, user)
    )
    assert "A newer model." in told[0].text
    assert len(fresh(look, ChangeNotice)) == 1
    assert len(fresh(look, ToolFollower)) == 1
    assert len(fresh(look, NoticeReceipt)) == 2


def test_a_change_puts_the_answers_it_touches_in_doubt_until_a_reviewed_version(
    act, look, editor, operator, published, next_year
):
    announce(act, editor, published)
    look.rollback()
    assert "ai_training" in listing_queries.in_doubt(listing_queries.notices_of(look, published.id))

    [edition] = queries.editions_of(look, published.id)
    act(editor, service.offer_price, published.id, edition.id,
        terms=VOLUME | {"minimum_cents": 5}, valid_until=next_year)  # fmt: skip
    look.rollback()
    assert listing_queries.in_doubt(listing_queries.notices_of(look, published.id))

    publish_again(act, editor, operator, published)

    look.rollback()
    assert listing_queries.in_doubt(listing_queries.notices_of(look, published.id)) == set()


def test_only_the_vendor_announces_and_only_what_is_published(
    make, act, editor, operator, complete
):
    with pytest.raises(RuleBroken, match="Only a published listing"):
        announce(act, editor, complete)
    with pytest.raises(NotFound):
        announce(act, make.person(make.vendor(), Role.ADMINISTRATOR), complete)


def test_a_vendor_does_not_follow_and_a_district_may_stop(make, act, look, editor, published):
    buyer = make.buyer(make.district())
    with pytest.raises(NotAllowed):
        act(editor, listing_service.follow_tool, published.id)
    act(buyer, listing_service.follow_tool, published.id)

    act(buyer, listing_service.unfollow_tool, published.id)

    assert fresh(look, ToolFollower) == []
