"""Public pages of consortia: the directory, founding one, and its own page."""

from dataclasses import replace
from typing import Any

from flask import Response, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.consortia import (
    by_laws_views,
    console_views,
    district_views,
    founding_views,
    handover_queries,
    handover_views,
    history_views,
    observer_queries,
    observer_views,
    queries,
    rules,
)
from marketplace.consortia.models import ByLaws
from marketplace.consortia.rules import MemberStatus
from marketplace.consortia.shared_views import PUBLIC, bp, public
from marketplace.core import db, files, page_cache, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.directory import queries as directory
from marketplace.ledger import queries as ledger

#: The lead's and the districts' pages register themselves on the same blueprint.
__all__ = [
    "bp",
    "by_laws_views",
    "console_views",
    "district_views",
    "founding_views",
    "handover_views",
    "history_views",
    "observer_views",
]

ROWS = 20
ROWS_IN_A_FILE = 10_000


@bp.app_template_global("consortium_words")
def consortium_words() -> dict[str, Any]:
    return {
        "shape": rules.SHAPE_WORDS,
        "instrument": rules.INSTRUMENT_WORDS,
        "scope": rules.SCOPE_WORDS,
        "dissolution": rules.DISSOLUTION_WORDS,
        "leftover": rules.LEFTOVER_WORDS,
    }


@bp.app_template_global("clauses_of")
def clauses_of(by_laws: ByLaws) -> list[Any]:
    """By-laws in words, clause by clause."""
    return rules.clauses(by_laws.choices)


def _asked() -> tuple[Any, dict[str, str]]:
    asked = {name: request.args.get(name, "").strip()[:100] for name in ("q", "state")}
    state = asked["state"] if len(asked["state"]) == 2 else ""
    return queries.consortia_listed(asked["q"], state), asked


@bp.get("/consortia")
@page_cache.public_page
def consortia() -> Any:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        query, asked = _asked()
        page = web.paged(session, query, ROWS)
        counts = queries.member_counts(session, [org.id for org, _ in page.items])
        leads = accounts.organizations_by_id(session, {c.lead_agency_id for _, c in page.items})
        return render_template(
            "consortia/consortia.html",
            page=page,
            counts=counts,
            leads=leads,
            asked=asked,
            query=request.query_string.decode(),
            may_found=can(current_actor(), "consortia.found_consortium"),
        )


HEADER = ("name", "state", "lead_agency", "legal_shape", "status", "members", "founded_on", "page")


def _told() -> list[dict[str, Any]]:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = session.exec(_asked()[0].limit(ROWS_IN_A_FILE)).all()
        counts = queries.member_counts(session, [org.id for org, _ in found])
        leads = accounts.organizations_by_id(session, {c.lead_agency_id for _, c in found})
    return [
        dict(
            zip(
                HEADER,
                (
                    org.name,
                    org.state or "",
                    leads[c.lead_agency_id].name,
                    str(c.legal_shape),
                    str(c.status),
                    counts.get(org.id, 0),
                    c.founded_on.isoformat(),
                    url_for(".consortium", slug=org.slug),
                ),
            )
        )
        for org, c in found
    ]


@bp.get("/consortia.csv")
@page_cache.public_page
def consortia_csv() -> Any:
    return web.csv_response("consortia", HEADER, [list(row.values()) for row in _told()])


@bp.get("/consortia.json")
@page_cache.public_page
def consortia_json() -> Any:
    return web.json_response(consortia=_told(), at_most=ROWS_IN_A_FILE)


@bp.get("/consortia/<slug>")
@page_cache.public_page
def consortium(slug: str) -> Any:
    session, actor = db.session(), current_actor()
    organization, founding = public(slug)
    with tenancy.everyone(PUBLIC):
        page = web.paged(session, queries.members_listed(organization.id, MemberStatus.ACTIVE))
        names_shown = queries.sees_names(session, actor, founding)
        if not names_shown:
            page = replace(page, items=[])
        handovers = handover_queries.handovers_done(session, organization.id)
        named = {founding.lead_agency_id, founding.fiscal_agent_id, founding.successor_id} - {None}
        named |= {side for each in handovers for side in (each.from_id, each.to_id)}
        mine = None
        if actor.org_kind == "district":
            mine = queries.member(session, organization.id, actor.home)
        return render_template(
            "consortia/consortium.html",
            organization=organization,
            consortium=founding,
            names=accounts.organizations_by_id(session, named),
            page=page,
            handovers=handovers,
            observers=observer_queries.observers(session, organization.id),
            observing_people=observer_queries.observing_people(session, organization.id),
            inside=can(actor, "consortia.see_names", founding),
            names_shown=names_shown,
            books=ledger.find_head(session, organization.id),
            facts=directory.districts_by_leaid(session, [org.leaid for _, org in page.items]),
            shape=rules.SHAPE_WORDS[founding.legal_shape],
            by_laws=queries.by_laws_in_force(session, organization.id),
            mine=mine,
            my_leaid=actor.leaid,
            papers=queries.instruments_of(session, mine.id) if mine else [],
            may_ask=can(actor, "consortia.ask_to_join"),
            leads=can(actor, "consortia.console", founding),
        )


@bp.get("/c/<slug>/instruments/<uuid:instrument_id>.pdf")
@login_required
def instrument_file(slug: str, instrument_id: Any) -> Any:
    """The signed paper, for its district and the lead agency."""
    session, actor = db.session(), current_actor()
    organization, _ = public(slug)
    with tenancy.everyone("the policy decides who reads a signed paper"):
        paper = queries.get_instrument(session, instrument_id)
        if paper.org_id != organization.id or not can(actor, "consortia.instrument_file", paper):
            raise NotFound("There is no such document.")
        stored = files.get_file(session, paper.file_id)
    return Response(
        stored.content,
        mimetype="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="membership.pdf"'},
    )
