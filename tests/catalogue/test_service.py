"""Listings and prices on a real database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.catalogue import listing_service, queries, review_service, service
from marketplace.catalogue.models import PriceSchedule, Tool
from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.core.mail import Letter
from tests.catalogue.conftest import ANSWERS, VOLUME, across
from tests.conftest import NOW


def fresh(look, tool):
    look.rollback()  # a new snapshot: others have written since
    return look.exec(select(Tool).where(Tool.id == tool.id)).one()


def events(look, name):
    look.rollback()
    return look.exec(select(Event).where(Event.name == name)).all()


# -- writing ---------------------------------------------------------------------------------


def test_two_tools_of_one_name_get_two_addresses(make, act, editor):
    first = act(editor, service.start_listing, name="Coach", summary="Reads along.")
    other = make.person(make.vendor(), Role.LISTING_EDITOR)
    second = act(other, service.start_listing, name="Coach", summary="Trains teams.")

    assert (first.slug, second.slug) == ("coach", "coach-2")


def test_a_vendor_writes_a_whole_listing_and_sends_it(act, editor, look, next_year):
    tool = act(editor, service.start_listing, name="Coach", summary="Reads along.")
    act(editor, listing_service.answer_questions, tool.id, ANSWERS)
    edition = act(editor, service.save_edition, tool.id, name="Full license")
    act(editor, service.offer_price, tool.id, edition.id, terms=VOLUME, valid_until=next_year)
    act(editor, service.describe_vendor, billing_email="a@b.org", remit_to="Main Street 1")

    act(editor, review_service.submit_listing, tool.id)

    tool = fresh(look, tool)
    assert (tool.status, tool.submitted_at) == ("submitted", NOW)
    assert tool.subject_keys == "|reading|"
    assert tool.lowest_seat_cents == 1350


def test_an_incomplete_listing_is_not_sent_and_says_what_lacks(act, editor):
    tool = act(editor, service.start_listing, name="Coach", summary="Reads along.")

    with pytest.raises(RuleBroken, match="AI fact sheet"):
        act(editor, review_service.submit_listing, tool.id)


def test_people_of_the_vendor_without_the_role_do_not_write(make, act, vendor, complete):
    with pytest.raises(NotAllowed):
        act(
            make.person(vendor, Role.FINANCE),
            listing_service.answer_questions,
            complete.id,
            ANSWERS,
        )


def test_another_vendor_does_not_even_find_the_listing(make, act, complete):
    rival = make.person(make.vendor(), Role.ADMINISTRATOR)

    with pytest.raises(NotFound):
        act(rival, review_service.submit_listing, complete.id)


def test_an_edition_name_is_used_once_in_a_tool(act, editor, complete):
    with pytest.raises(RuleBroken, match="already an edition") as refusal:
        act(editor, service.save_edition, complete.id, name="FULL licence")

    assert refusal.value.field == "name"


# -- prices ----------------------------------------------------------------------------------


def dearer(cents):
    return VOLUME | {"bands": [{"from": 1, "unit_cents": cents}]}


def versions(look, tool):
    look.rollback()  # a new snapshot: others have written since
    found = look.exec(select(PriceSchedule).where(PriceSchedule.tool_id == tool.id)).all()
    return sorted((s.version, s.withdrawn_at is None) for s in found)


def test_a_new_price_supersedes_and_the_old_one_stays_as_it_was(
    act, look, editor, complete, next_year
):
    (old,) = queries.schedules_of(look, complete.id)

    act(editor, service.offer_price, complete.id, old.edition_id, terms=dearer(2000),
        valid_until=next_year)  # fmt: skip

    assert versions(look, complete) == [(1, False), (2, True)]
    assert queries.get_schedule(look, old.id).terms == VOLUME
    assert fresh(look, complete).lowest_seat_cents == 2000


def test_offering_the_same_price_again_changes_nothing(act, look, editor, complete, next_year):
    (old,) = queries.schedules_of(look, complete.id)

    act(editor, service.offer_price, complete.id, old.edition_id, terms=VOLUME,
        valid_until=old.valid_until, seen_edits=77)  # fmt: skip

    assert versions(look, complete) == [(1, True)]
    assert events(look, "catalogue.price_offered") == []


def test_a_price_that_pricing_refuses_is_not_stored(act, look, editor, complete, next_year):
    (old,) = queries.schedules_of(look, complete.id)

    with pytest.raises(RuleBroken):
        act(editor, service.offer_price, complete.id, old.edition_id, terms=dearer(-1),
            valid_until=next_year)  # fmt: skip

    assert versions(look, complete) == [(1, True)]


def test_of_two_prices_at_the_same_moment_one_wins_and_the_other_is_told(
    act, look, editor, complete, next_year
):
    (old,) = queries.schedules_of(look, complete.id)

    def offer(cents):
        with clock.frozen(NOW):
            try:
                act(editor, service.offer_price, complete.id, old.edition_id,
                    terms=dearer(cents), valid_until=next_year, seen_edits=0)  # fmt: skip
            except RuleBroken as refusal:
                return str(refusal)[:8]
        return "offered"

    with ThreadPoolExecutor(2) as both:
        results = sorted(both.map(offer, [2000, 3000]))

    assert results == ["Somebody", "offered"]
    assert versions(look, complete) == [(1, False), (2, True)]


# -- review ----------------------------------------------------------------------------------


@pytest.fixture
def operator(make):
    return make.operator()


@pytest.fixture
def sent(act, editor, complete):
    act(editor, review_service.submit_listing, complete.id)
    return complete


def test_publishing_opens_the_listing_and_tells_the_vendor_once(act, look, editor, operator, sent):
    for _ in range(2):
        act(operator, across(review_service.publish_listing), sent.id)

    assert fresh(look, sent).published_at == NOW
    assert queries.get_tool(look, sent.slug).id == sent.id
    assert len(events(look, "catalogue.published")) == 1
    (letter,) = look.exec(select(Letter)).all()
    assert letter.recipient == editor.email
    assert "is published" in letter.subject


def test_two_operators_at_the_same_moment_publish_once(act, look, operator, sent):
    def publish(_):
        with clock.frozen(NOW):
            act(operator, across(review_service.publish_listing), sent.id)

    with ThreadPoolExecutor(2) as both:
        list(both.map(publish, range(2)))

    assert len(events(look, "catalogue.published")) == 1


def test_a_vendor_cannot_publish_its_own_listing(act, editor, sent):
    with pytest.raises(NotAllowed):
        act(editor, review_service.publish_listing, sent.id)


def test_a_draft_is_not_published(act, operator, complete):
    with pytest.raises(RuleBroken):
        act(operator, across(review_service.publish_listing), complete.id)


def test_a_listing_that_changed_under_the_operator_is_read_again(act, editor, operator, sent):
    act(editor, listing_service.answer_questions, sent.id, {"ai_facts": ["Else."]})

    with pytest.raises(RuleBroken, match="Somebody changed"):
        act(operator, across(review_service.publish_listing), sent.id, seen_edits=0)


def test_sending_back_gives_the_vendor_the_reason(act, look, operator, sent):
    act(operator, across(review_service.send_back_listing), sent.id, reason="Say which model.")

    tool = fresh(look, sent)
    assert (tool.status, tool.review_note) == ("draft", "Say which model.")
    assert "Say which model." in look.exec(select(Letter)).one().text


def test_a_suspended_tool_is_out_of_the_list_but_still_known(act, look, operator, sent):
    act(operator, across(review_service.publish_listing), sent.id)

    act(operator, across(review_service.suspend_listing), sent.id, reason="Terms changed.")

    with pytest.raises(NotFound):
        queries.get_tool(look, sent.slug)
    assert queries.known_tool(look, sent.slug).suspended_because == "Terms changed."


def test_a_suspended_tool_that_is_sent_back_never_becomes_unknown(
    act, look, editor, operator, sent
):
    act(operator, across(review_service.publish_listing), sent.id)
    act(operator, across(review_service.suspend_listing), sent.id, reason="Terms changed.")
    act(editor, review_service.submit_listing, sent.id)

    act(operator, across(review_service.send_back_listing), sent.id, reason="Not yet.")

    assert fresh(look, sent).status == "suspended"


def test_only_the_system_notes_open_pools(app, act, look, editor, sent):
    with pytest.raises(NotAllowed):
        act(editor, service.note_open_pools, sent.id, 3)

    act(editor, across(lambda s, _a: service.note_open_pools(s, Actor.system(), sent.id, 3)))

    assert fresh(look, sent).open_pools == 3


def test_an_ended_price_makes_a_listing_incomplete_again(act, operator, sent):
    with clock.frozen(NOW + timedelta(days=800)), pytest.raises(RuleBroken, match="no price"):
        act(operator, across(review_service.publish_listing), sent.id)
