"""A card's public pages: the label, every answer with its proof, the receipt, the method."""

import json
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import Response, render_template, request
from markupsafe import Markup

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import STATES
from marketplace.catalogue.models import Tool
from marketplace.core import db, page_cache, panels, web
from marketplace.core.errors import NotFound
from marketplace.scorecards import document_rules, queries, reading_queries, rules, view_rules
from marketplace.scorecards.models import WHOLE_TOOL, Scorecard, ScorecardScore
from marketplace.scorecards.reading_queries import Reading
from marketplace.scorecards.shared_views import bp, tool_and_reading


@panels.fill("catalogue.tool_label")
def label_of_tool(tool: Tool) -> str | None:
    reading = reading_queries.reading_of(db.session(), tool)
    return None if reading is None else _label(tool, reading)


def _label(tool: Tool, reading: Reading) -> str:
    lines = view_rules.label_lines(reading.rubric, reading.card, reading.result)
    return render_template("scorecards/_label.html", tool=tool, it=reading, lines=lines)


@panels.fill("catalogue.tool_aside")
def check_of_tool(tool: Tool) -> str | None:
    """For a district that is signed in: the way to its own page about the tool."""
    leaid = login.current_actor().leaid
    if leaid is None or tool.published_at is None:
        return None
    return render_template("scorecards/_check.html", tool=tool, leaid=leaid)


@panels.fill("catalogue.compare")
def shared_questions(tools: list[Tool]) -> str | None:
    """Side by side, only questions that every card answers in the same revision."""
    found = reading_queries.readings_of(db.session(), tools)
    if len(found) < 2:
        return None
    compared = [(tool, found[tool.id]) for tool in tools if tool.id in found]
    return render_template(
        "scorecards/_compare.html",
        compared=compared,
        left_out=[tool.name for tool in tools if tool.id not in found],
        shared=view_rules.shared_questions(
            [r.rubric for _, r in compared], [r.result for _, r in compared]
        ),
    )


@bp.get("/tools/<slug>/privacy")
@page_cache.public_page
def privacy(slug: str) -> Any:
    session = db.session()
    tool, vendor, reading = tool_and_reading(slug)
    state = _state()
    cards = queries.cards_of(session, tool.id) if reading else []
    ids = [card.id for card in cards]
    return render_template(
        "scorecards/privacy.html",
        tool=tool,
        vendor=vendor,
        it=reading,
        label=Markup(_label(tool, reading)) if reading else "",
        answers=_answers(reading) if reading else "",
        law=reading_queries.law_of(reading, state),
        packs=reading_queries.packs(),
        state=state,
        states=[code for code in reading_queries.packs().by_state if code != "US"],
        state_names=STATES,
        cards=cards,
        scores=queries.scores_of(session, ids) if ids else [],
        corrections=queries.corrections_of(session, ids) if ids else [],
        stops=queries.stops_of(session, ids) if ids else [],
        incidents=_shown_incidents(tool) if reading else [],
        reports=reading_queries.reports_of(session, tool.id),
    )


def _state() -> str | None:
    """The state asked for, else that of the district acted for."""
    asked = request.args.get("state", "").upper()[:2]
    if asked in STATES:
        return asked
    actor = login.current_actor()
    if actor.leaid is None:
        return None
    return accounts.organization_by_leaid(db.session(), actor.leaid).state


def _shown_incidents(tool: Tool) -> list[Any]:
    today = queries.today()
    return [
        incident
        for incident in queries.incidents_of(db.session(), tool.id)
        if incident.closed_at is None
        or rules.incident_shown_until(incident.closed_at.date()) >= today
    ]


def _answers(reading: Reading) -> Markup:
    """Every question of a card; what is frozen is rendered once for each day."""
    return _rendered(reading.row.id, reading.result.input_sha256, reading)


class _Kept:
    """Answers as HTML by card and inputs, so that a page does not render sixty of them anew."""

    pages: dict[tuple[UUID, str], Markup] = {}
    most = 64


def _rendered(card_id: UUID, inputs: str, reading: Reading) -> Markup:
    key = (card_id, inputs)
    if key not in _Kept.pages:
        if len(_Kept.pages) >= _Kept.most:
            _Kept.pages.clear()
        _Kept.pages[key] = Markup(render_template("scorecards/_answers.html", it=reading))
    return _Kept.pages[key]


@bp.get("/tools/<slug>/family")
@page_cache.public_page
def family(slug: str) -> Any:
    """For parents: five answers in words, no sign-in."""
    tool, vendor, reading = tool_and_reading(slug)
    spoken = reading and view_rules.spoken(reading.rubric, reading.card, reading.result)
    return render_template(
        "scorecards/family.html", tool=tool, vendor=vendor, it=reading, spoken=spoken
    )


@bp.get("/tools/<slug>/label.svg")
@page_cache.public_page
def label_svg(slug: str) -> Response:
    """The badge: shape, letter and words, with a text alternative inside."""
    tool, _, reading = tool_and_reading(slug)
    picture = render_template(
        "scorecards/label.svg",
        tool=tool,
        stands=reading.standing if reading else rules.not_reviewed(tool.name),
        letter=_letter(reading),
    )
    return Response(picture, mimetype="image/svg+xml")


def _letter(reading: Reading | None) -> str:
    if reading is None:
        return "?"
    if reading.standing.is_stopped or reading.standing.is_expired:
        return "!"
    return reading.standing.grade


# -- as data ---------------------------------------------------------------------------------


@bp.get("/tools/<slug>/score.json")
@page_cache.public_page
def score_json(slug: str) -> Any:
    """How the tool stands now, with the addresses of every receipt."""
    tool, _, reading = tool_and_reading(slug)
    session = db.session()
    cards = {card.id: card for card in queries.cards_of(session, tool.id)}
    stands = reading.standing if reading else rules.not_reviewed(tool.name)
    drop = stands.next_drop
    return web.json_response(
        tool=tool.slug,
        grade=stands.grade if reading else None,
        words=stands.words,
        is_expired=stands.is_expired,
        is_stopped=stands.is_stopped,
        has_open_incident=stands.has_open_incident,
        version=stands.version,
        published_on=stands.published_on and stands.published_on.isoformat(),
        expires_on=stands.expires_on and stands.expires_on.isoformat(),
        next_drop=drop and {"on": drop.on.isoformat(), "grade": drop.grade},
        score=reading.result.document() if reading else None,
        receipts=[
            _address(tool, cards[score.card_id], score.number)
            for score in queries.scores_of(session, list(cards))
        ],
    )


def _address(tool: Tool, card: Scorecard, number: int) -> str:
    return f"/tools/{tool.slug}/receipts/{card.version}/{number}.json"


@bp.get("/tools/<slug>/receipts/<int:version>/<int:number>.json")
@page_cache.public_page
def receipt_json(slug: str, version: int, number: int) -> Any:
    """What was scored, under which rubric, as of when, and what came out."""
    tool, card, score = _receipt(slug, version, number)
    return web.json_response(
        tool=tool.slug,
        product=card.product,
        version=card.version,
        number=score.number,
        cause=str(score.cause),
        rubric=card.rubric_version,
        rubric_sha256=card.rubric_sha256,
        as_of=score.as_of.isoformat(),
        input_sha256=score.input_sha256,
        card=f"/tools/{tool.slug}/receipts/{version}/{number}/card.json",
        outputs=score.outputs,
        reviewers=card.reviewers,
        published_at=card.published_at.isoformat(),
    )


@bp.get("/tools/<slug>/receipts/<int:version>/<int:number>/card.json")
@page_cache.public_page
def receipt_card(slug: str, version: int, number: int) -> Response:
    """The inputs, byte for byte as hashed; `marketplace scorecard score` reads them."""
    _, card, score = _receipt(slug, version, number)
    rubric = queries.rubric(card.rubric_version)
    inputs = rules.from_canonical(card.inputs, rubric)
    text = rules.canonical(inputs.at(score.as_of, frozenset(score.incidents)))
    return Response(text, mimetype="application/json")


def _receipt(slug: str, version: int, number: int) -> tuple[Tool, Scorecard, ScorecardScore]:
    tool, _, _ = tool_and_reading(slug)
    key = request.args.get("edition", WHOLE_TOOL)
    card = queries.card_version(db.session(), tool.id, version, key)
    for score in queries.scores_of(db.session(), [card.id]):
        if score.number == number:
            return tool, card, score
    raise NotFound("There is no such receipt.")


@bp.get("/open/method/scorecard")
@page_cache.public_page
def method() -> Any:
    """Weights, constants and limits of the score, said plainly."""
    rubric = queries.rubric()
    shares = [int(multiplier * 100) for multiplier in rubric.multipliers]
    return render_template(
        "scorecards/method.html",
        rubric=rubric,
        packs=reading_queries.packs(),
        levels=list(zip([name for name, _ in rubric.levels.values()], shares, strict=True)),
    )


@bp.get("/open/method/scorecard/rubric.json")
@page_cache.public_page
def rubric_json() -> Response:
    """The rubric in force, whole."""
    text = json.dumps(queries.rubric().document, default=str, ensure_ascii=False)
    return Response(text, mimetype="application/json")


@lru_cache(maxsize=1)
def paper_titles() -> dict[str, str]:
    return {kind: about.title for kind, about in document_rules.KINDS.items()}
