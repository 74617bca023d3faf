"""Saved searches, the feed, and what letters say."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from sqlmodel import select

from marketplace.catalogue import saved_service
from marketplace.catalogue.finding_models import SavedSearch, ShelfRow
from marketplace.catalogue.finding_queries import Filters
from marketplace.core import clock, jobs
from marketplace.core.errors import NotFound
from marketplace.core.mail import Letter
from tests.conftest import NOW

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def district(make):
    return make.district()


@pytest.fixture
def buyer(make, district):
    return make.buyer(district)


def save(act, person, by_mail=True, **asked):
    return act(person, saved_service.save_search, Filters.of(asked), by_mail=by_mail)


def run_jobs(app):
    with app.app_context():
        return jobs.run_due()


def test_a_letter_comes_for_what_is_new_and_only_once(app, act, make, look, buyer):
    make.tool(name="Old", subjects=["math"])
    save(act, buyer, subject="math")

    with clock.frozen(NOW + timedelta(days=2)):
        make.tool(name="Newer", subjects=["math"])
        make.tool(name="Elsewhere", subjects=["arts"])
        first, second = run_jobs(app), run_jobs(app)

    letters = [x for x in look.exec(select(Letter)) if x.recipient == buyer.email]
    assert (first["catalogue.tell_of_searches"], second["catalogue.tell_of_searches"]) == (1, 0)
    assert len(letters) == 1
    assert "Newer" in letters[0].text
    assert "Old" not in letters[0].text
    assert "Elsewhere" not in letters[0].text


def test_no_letter_without_news_or_when_none_was_asked_for(app, act, make, look, buyer):
    save(act, buyer, subject="math")
    save(act, buyer, by_mail=False, subject="arts")

    with clock.frozen(NOW + timedelta(days=2)):
        make.tool(name="Painter", subjects=["arts"])
        run_jobs(app)

    assert [x for x in look.exec(select(Letter)) if x.recipient == buyer.email] == []


def test_the_same_search_is_saved_once_and_is_its_owners(act, make, look, district, buyer):
    kept = save(act, buyer, q="coach")
    save(act, buyer, by_mail=False, q="coach")

    assert [s.by_mail for s in look.exec(select(SavedSearch))] == [False]
    with pytest.raises(NotFound):
        act(make.buyer(district), saved_service.drop_search, kept.id)
    act(buyer, saved_service.drop_search, kept.id)
    look.rollback()
    assert look.exec(select(SavedSearch)).all() == []


def test_the_page_saves_and_lists_a_search(client_for, district, buyer, make):
    make.tool(name="Painter", subjects=["arts"])
    client = client_for(buyer)
    assert "Save this search" in client.get("/tools?subject=arts").text

    client.send(f"/d/{district.leaid}/searches/new?subject=arts", by_mail="y")

    page = client.get(f"/d/{district.leaid}/searches").text
    assert "Arts and music" in page
    assert "1 tool now" in page


def test_the_feed_takes_filters_and_survives_odd_names(app, make):
    make.tool(name="A & B <i>", subjects=["arts"])
    make.tool(name="Other", subjects=["math"])

    feed = ElementTree.fromstring(app.test_client().get("/tools.atom?subject=arts").data)

    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == ["A & B <i>"]


def test_the_site_map_lists_what_is_public_only(app, make):
    shown, hidden = make.tool(), make.tool(status="draft")

    page = app.test_client().get("/sitemap.xml").text

    ElementTree.fromstring(page)
    assert f"/tools/{shown.slug}<" in page
    assert hidden.slug not in page


def test_a_price_that_ends_is_reckoned_anew(app, make, look):
    tool = make.tool()
    make.price_schedule(tool, valid_until=NOW.date() + timedelta(days=10))
    assert any(m.startswith("price:") for m in look.exec(select(ShelfRow)).one().marks)

    with clock.frozen(NOW + timedelta(days=12)):
        run_jobs(app)

    look.rollback()
    assert not any(m.startswith("price:") for m in look.exec(select(ShelfRow)).one().marks)
