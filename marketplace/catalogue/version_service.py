"""Freezing what buyers read: each published state of a listing is a version for good."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_queries, listing_rules, queries, questions, rules
from marketplace.catalogue.listing_models import (
    ListingDeadline,
    ListingFacet,
    ListingStep,
    ListingVersion,
)
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import AIUse
from marketplace.catalogue.shelf_service import shelve_tool
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit


def project_answers(session: Session, actor: Actor, tool: Tool, answers: said.Answers) -> None:
    """Put the answers that lists and searches need on the tool itself."""
    require(actor, "catalogue.project_answers", tool)

    def value(key: str, otherwise: Any) -> Any:
        found = said.value_of(answers, key)
        return otherwise if found is None else found

    tool.name, tool.summary = value("name", tool.name), value("summary", tool.summary)
    tool.description = value("description", "")
    tool.lowest_grade, tool.highest_grade = value("lowest_grade", 0), value("highest_grade", 12)
    tool.subjects, tool.languages = value("subjects", []), value("languages", [])
    tool.ai_use, tool.ai_facts = AIUse(value("ai_use", "none")), value("ai_facts", [])
    tool.runs_on, tool.works_with = value("runs_on", ""), value("works_with", "")
    vendor = accounts.get_organization(session, tool.org_id)
    tool.search_text = rules.search_text(tool.name, tool.summary, vendor.name, tool.subjects)
    tool.subject_keys = rules.subject_keys(tool.subjects)


def record_step(session: Session, actor: Actor, tool: Tool, reason: str = "") -> None:
    """Remember the status the tool has now, and why."""
    require(actor, "catalogue.record_step", tool)
    session.add(
        ListingStep(
            org_id=tool.org_id,
            tool_id=tool.id,
            status=tool.status,
            reason=reason,
            taken_at=clock.now(),
        )
    )
    shelve_tool(session, actor, tool)


def freeze_version(
    session: Session,
    actor: Actor,
    tool: Tool,
    answers: said.Answers,
    *,
    because: str = "",
    settle: bool = False,
) -> ListingVersion:
    """Keep what buyers read from now on; the same content again makes no new version.

    The tool is locked by the caller. `settle`: a person has looked, so the answers that change
    notices had put in doubt hold again.
    """
    require(actor, "catalogue.freeze_version", tool)
    session.flush()
    content = {"answers": dict(answers), "editions": _editions(session, tool)}
    mark = said.fingerprint(content)
    version = listing_queries.newest_version(session, tool.id)
    is_news = version is None or version.fingerprint != mark
    if version is None or is_news:
        version = ListingVersion(
            org_id=tool.org_id,
            tool_id=tool.id,
            number=version.number + 1 if version else 1,
            question_set=questions.NEWEST,
            content=content,
            fingerprint=mark,
            because=because,
            published_at=clock.now(),
        )
        session.add(version)
        _keep_facets(session, tool, answers)
        emit(session, actor, "catalogue.version_frozen", tool, version=version.number)
    _keep_deadlines(session, tool, content, renewed=settle)
    if settle:
        for notice in listing_queries.notices_of(session, tool.id):
            notice.settled_by = notice.settled_by or version.number
    shelve_tool(session, actor, tool, is_news=is_news)
    return version


def _editions(session: Session, tool: Tool) -> list[dict[str, Any]]:
    prices = {s.edition_id: s for s in queries.schedules_of(session, tool.id)}
    found = []
    for edition in queries.editions_of(session, tool.id):
        price = prices.get(edition.id)
        found.append({
            "id": str(edition.id),
            "name": edition.name,
            "included": edition.included,
            "price": None if price is None else {
                "id": str(price.id),
                "version": price.version,
                "form": str(price.form),
                "terms": price.terms,
                "term_months": price.term_months,
                "valid_until": price.valid_until.isoformat(),
            },
        })  # fmt: skip
    return found


def _keep_facets(session: Session, tool: Tool, answers: said.Answers) -> None:
    wanted = set(said.facets(questions.load(), answers))
    for row in session.exec(select(ListingFacet).where(ListingFacet.tool_id == tool.id)):
        if (row.question, row.value) in wanted:
            wanted.discard((row.question, row.value))
        else:
            session.delete(row)
    for question, value in sorted(wanted):
        facet = ListingFacet(org_id=tool.org_id, tool_id=tool.id, question=question, value=value)
        session.add(facet)


def _keep_deadlines(
    session: Session, tool: Tool, content: Mapping[str, Any], *, renewed: bool
) -> None:
    """A day that stays keeps its warnings; a new day begins with none."""
    today = listing_queries.today()
    wanted = listing_rules.deadlines(questions.load(), content["answers"], today)
    for edition in content["editions"]:
        if edition["price"]:
            wanted[f"price:{edition['id']}"] = date.fromisoformat(edition["price"]["valid_until"])
    kept = {d.what: d for d in listing_queries.deadlines_of(session, tool.id)}
    if "listing" in kept and not renewed:
        wanted["listing"] = kept["listing"].ends_on
    for what, ends_on in wanted.items():
        deadline = kept.pop(what, None)
        if deadline is None:
            deadline = ListingDeadline(
                org_id=tool.org_id, tool_id=tool.id, what=what, ends_on=ends_on
            )
            session.add(deadline)
        elif deadline.ends_on != ends_on:
            deadline.ends_on, deadline.warned_days = ends_on, listing_rules.NOT_WARNED
    for gone in kept.values():
        session.delete(gone)
