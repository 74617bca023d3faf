"""Keeping the shelf true: what searches read changes in the transaction that changes a tool."""

from datetime import date
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.catalogue import finding_queries, finding_rules, listing_queries, queries
from marketplace.catalogue.answers import facets, lines_of, value_of
from marketplace.catalogue.finding_models import ShelfRow
from marketplace.catalogue.models import PriceSchedule, Tool
from marketplace.catalogue.questions import load
from marketplace.catalogue.rules import ToolStatus, fold, subject_words
from marketplace.catalogue.word_queries import drop_words, put_words
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.pricing import rules as pricing

#: Answers that a search reads besides those that stand on the tool.
READ_TOO = ("ai_models", "included", "runs_on", "works_with", "study_words", "support_hours")
REFRESHED_AT_ONCE = 200


def shelve_tool(session: Session, actor: Actor, tool: Tool, *, is_news: bool = False) -> None:
    """Put the tool on the shelf as it now is, or take it off; the same again changes nothing.

    The caller has locked the tool; the shelf is locked last, so two never wait for each other.
    """
    require(actor, "catalogue.shelve_tool", tool)
    session.flush()
    row = finding_queries.shelf_row(session, tool.id)
    if row is None and tool.status is not ToolStatus.PUBLISHED:
        return
    facts, pieces = _facts(session, tool)
    shelf = finding_queries.shelf_to_change(session)
    if row is None:
        shelf.places += 1
        row = ShelfRow(
            org_id=tool.org_id,
            tool_id=tool.id,
            place=shelf.places,
            version=0,
            news_at=clock.now(),
            **facts,
        )
        is_news = False
    elif not is_news and all(getattr(row, name) == value for name, value in facts.items()):
        return
    for name, value in facts.items():
        setattr(row, name, value)
    if is_news:
        row.news_at = clock.now()
    shelf.version += 1
    row.version = shelf.version
    session.add(shelf)
    session.add(row)
    session.flush()
    if row.listed:
        put_words(session, row.place, pieces)
    else:
        drop_words(session, row.place)


def refresh_shelf(session: Session, actor: Actor) -> int:
    """Reckon anew what some price that ended made untrue."""
    require(actor, "catalogue.refresh_shelf")
    done = 0
    for tool_id in finding_queries.shelved_beyond(
        session, queries.last_zone_today(), REFRESHED_AT_ONCE
    ):
        tool = queries.tool_to_change(session, tool_id)
        tool.lowest_seat_cents = queries.lowest_seat_cents(session, tool)
        shelve_tool(session, actor, tool)
        done += 1
    return done


def _facts(session: Session, tool: Tool) -> tuple[dict[str, Any], tuple[str, str, str, str]]:
    version = listing_queries.newest_version(session, tool.id)
    asked = load(version.question_set) if version else load()
    answers = version.content["answers"] if version else {}
    in_force: list[PriceSchedule] = queries.schedules_of(session, tool.id)
    offers = [(pricing.schedule_from_json(s.terms), s.term_months) for s in in_force]
    answered = facets(asked, answers)
    answered += [("languages", fold(language)) for language in tool.languages]
    vendor = accounts.get_organization(session, tool.org_id)
    read_too = [
        line
        for key in READ_TOO
        if key in asked.by_key and asked.by_key[key].who == "public"
        for line in lines_of(asked.by_key[key], value_of(answers, key))
    ]
    pieces = finding_rules.pieces_of(
        name=tool.name,
        vendor=vendor.name,
        summary=tool.summary,
        rest=[
            subject_words(tool.subjects),
            " ".join(tool.languages),
            tool.works_with,
            tool.runs_on,
            tool.description,
            " ".join(tool.ai_facts),
            *read_too,
        ],
    )
    words = set(" ".join(pieces[:3]).split()) | set(
        finding_rules.words_of(subject_words(tool.subjects))
    )
    marks = finding_rules.marks_of(
        lowest_grade=tool.lowest_grade,
        highest_grade=tool.highest_grade,
        subjects=tool.subjects,
        ai_use=str(tool.ai_use),
        open_pools=tool.open_pools,
        answered=answered,
        offers=offers,
    )
    facts: dict[str, object] = {
        "listed": tool.status is ToolStatus.PUBLISHED,
        "name_key": fold(tool.name),
        "words": " ".join(sorted(words)),
        "marks": marks,
        "text_mark": sha256("\n".join(pieces).encode()).hexdigest(),
        "seat_cents": tool.lowest_seat_cents,
        "listed_at": tool.published_at or clock.now(),
        "good_until": min((s.valid_until for s in in_force), default=date.max),
    }
    return facts, pieces
