"""Saved searches: kept for a person, told by letter once a day when there is news."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.catalogue import finding_queries, saved_queries
from marketplace.catalogue.finding_models import SavedSearch, asked_of
from marketplace.catalogue.finding_queries import Filters
from marketplace.catalogue.shelf import Placed
from marketplace.core import clock, mail
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit

MOST = 20
EVERY = timedelta(days=1)
TOLD_AT_ONCE = 200
NAMED = 10


def save_search(session: Session, actor: Actor, filters: Filters, *, by_mail: bool) -> SavedSearch:
    """Keep a search for the person; saving it again only changes whether letters come.

    The district is locked meanwhile, so a double click saves it once.
    """
    district = accounts.get_organization(session, actor.home, lock=True)
    require(actor, "catalogue.save_search", district)
    asked = "\n".join(f"{name}={value}" for name, value in filters.arguments().items())
    kept = saved_queries.searches_of(session, actor.user_id, district.id)
    for search in kept:
        if search.asked == asked:
            search.by_mail = by_mail
            return search
    if len(kept) >= MOST:
        raise RuleBroken(f"You keep {MOST} searches already. Drop one first.")
    search = SavedSearch(
        org_id=district.id,
        user_id=actor.person,
        asked=asked,
        by_mail=by_mail,
        saved_at=clock.now(),
        told_at=clock.now(),
    )
    session.add(search)
    emit(session, actor, "catalogue.search_saved", search)
    return search


def drop_search(session: Session, actor: Actor, search_id: UUID) -> None:
    search = saved_queries.own_search(session, actor.user_id, search_id)
    require(actor, "catalogue.drop_search", search)
    session.delete(search)


def tell_of_searches(session: Session, actor: Actor) -> int:
    """Write to whoever has news, at most once a day for each search."""
    require(actor, "catalogue.tell_of_searches")
    now, told = clock.now(), 0
    for search in saved_queries.searches_due(session, now - EVERY, TOLD_AT_ONCE):
        filters = Filters.of(asked_of(search))
        news = saved_queries.news_of(finding_queries.search(session, filters), search.told_at)
        search.told_at = now
        person = saved_queries.mailbox_of(session, search)
        if news and person:
            mail.send(session, person.email, *_letter(session, filters, news))
            told += 1
    return told


def _letter(session: Session, filters: Filters, news: list[Placed]) -> tuple[str, str]:
    tools = finding_queries.tools_on(session, news[:NAMED])
    lines = [f"- {tool.name}: {tool.summary}\n  /tools/{tool.slug}" for tool in tools]
    more = len(news) - len(tools)
    end = [f"And {more} more."] if more > 0 else []
    text = "\n".join(
        [f"New or changed, for your search “{filters.title}”:", "", *lines, *end, "",
         "Sign in and open your saved searches to stop these letters."]
    )  # fmt: skip
    what = "1 tool is" if len(news) == 1 else f"{len(news)} tools are"
    return f"{what} new or changed: {filters.title[:80]}", text + "\n"
