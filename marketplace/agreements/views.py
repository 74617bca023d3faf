"""Public pages of agreements: the standing offers a district can take, and each one's facts."""

from typing import Any
from uuid import UUID

from flask import render_template, request, url_for
from flask_login import login_required

from marketplace.accounts.login import current_actor
from marketplace.agreements import (
    clause_views,
    district_views,
    join_views,
    queries,
    rules,
    vendor_views,
)
from marketplace.agreements.shared_views import (
    PUBLIC,
    bp,
    named_products,
    names_of,
    readable,
    stored_pdf,
)
from marketplace.catalogue import queries as catalogue
from marketplace.core import db, page_cache, panels, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import NotFound

#: The districts' and the vendors' pages register themselves on the same blueprint.
__all__ = ["bp", "clause_views", "district_views", "join_views", "vendor_views"]

ROWS_IN_A_FILE = 5_000


def _asked() -> tuple[Any, dict[str, str]]:
    asked = {name: request.args.get(name, "").strip()[:100] for name in ("state", "tool")}
    tool_id = None
    if asked["tool"]:
        tool_id = catalogue.known_tool(db.session(), asked["tool"]).id
    state = asked["state"] if len(asked["state"]) == 2 else ""
    return queries.offers_listed(state, tool_id), asked


@bp.get("/agreements")
@page_cache.public_page
def agreements() -> Any:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        try:
            query, asked = _asked()
        except NotFound:
            query, asked = queries.offers_listed("--"), {"state": "", "tool": ""}
        page = web.paged(session, query, 20)
        found = [agreement for agreement, _ in page.items]
        counts = queries.joined_counts(session, [agreement.id for agreement in found])
    return render_template(
        "agreements/agreements.html",
        page=page,
        counts=counts,
        products=named_products(found),
        vendors=names_of(agreement.vendor_id for agreement in found),
        asked=asked,
        query=request.query_string.decode(),
    )


HEADER = (
    *("vendor", "products", "family", "version", "state", "signed_by_district"),
    *("effective_on", "ends_on", "offer_until", "data_elements", "ai_terms", "modified"),
    *("districts_joined", "sha256", "page"),
)


def _told() -> list[dict[str, Any]]:
    session = db.session()
    with tenancy.everyone(PUBLIC):
        found = session.exec(_asked()[0].limit(ROWS_IN_A_FILE)).all()
        counts = queries.joined_counts(session, [agreement.id for agreement, _ in found])
    products = named_products([agreement for agreement, _ in found])
    vendors = names_of(agreement.vendor_id for agreement, _ in found)
    return [
        dict(
            zip(
                HEADER,
                (
                    vendors[a.vendor_id].name,
                    "; ".join(named.words for named in products.get(a.id, [])),
                    str(a.family),
                    a.version,
                    a.state,
                    district.name,
                    a.effective_on.isoformat(),
                    a.ends_on.isoformat(),
                    a.offer_until.isoformat() if a.offer_until else "",
                    " ".join(a.data_elements),
                    a.ai_addendum,
                    bool(a.modifications),
                    counts.get(a.id, 0),
                    a.fingerprint,
                    url_for(".agreement", agreement_id=a.id),
                ),
            )
        )
        for a, district in found
    ]


@bp.get("/agreements.csv")
@page_cache.public_page
def agreements_csv() -> Any:
    return web.csv_response("agreements", HEADER, [list(row.values()) for row in _told()])


@bp.get("/agreements.json")
@page_cache.public_page
def agreements_json() -> Any:
    return web.json_response(agreements=_told(), at_most=ROWS_IN_A_FILE)


@bp.get("/agreements/<uuid:agreement_id>")
def agreement(agreement_id: UUID) -> Any:
    """The facts of one agreement; the file and the signers only for those who may read it."""
    actor = current_actor()
    found = readable(agreement_id, "agreements.agreement")
    with tenancy.everyone(PUBLIC):
        joined = queries.joined_counts(db.session(), [found.id]).get(found.id, 0)
    names = names_of([found.org_id, found.vendor_id, found.withdrawn_by])
    return render_template(
        "agreements/agreement.html",
        agreement=found,
        district=names[found.org_id],
        vendor=names[found.vendor_id],
        names=names,
        products=named_products([found]).get(found.id, []),
        joined=joined,
        may_read=can(actor, "agreements.agreement_file", found),
        sees_signers=can(actor, "agreements.see_signers", found),
        may_join=can(actor, "agreements.can_we_join", found) and actor.org_id != found.org_id,
        withdraw_url=_withdraw_url(actor, found, names),
    )


def _withdraw_url(actor: Any, found: Any, names: Any) -> str | None:
    if found.withdrawn_at or not can(actor, "agreements.withdraw_offer", found):
        return None
    if actor.org_kind == "vendor":
        slug = names[found.vendor_id].slug
        return url_for(".withdraw_offer", slug=slug, agreement_id=found.id)
    return url_for(".withdraw_offer", leaid=actor.leaid, agreement_id=found.id)


@bp.get("/agreements/<uuid:agreement_id>/file")
@login_required
def agreement_file(agreement_id: UUID) -> Any:
    return stored_pdf(readable(agreement_id, "agreements.agreement_file").file_id)


# -- on pages further up ---------------------------------------------------------------------


@panels.fill("catalogue.tool")
def agreements_of_tool(tool: Any) -> str | None:
    """On a tool's page: the agreements a district can adopt."""
    session, actor = db.session(), current_actor()
    with tenancy.everyone(PUBLIC):
        listed = queries.with_joined_counts(queries.offers_listed(tool_id=tool.id))
        found = session.exec(listed.limit(6)).all()
    return render_template(
        "agreements/_tool_agreements.html",
        tool=tool,
        found=found[:5],
        more=len(found) > 5,
        words=rules.FAMILY_WORDS,
        district=actor.leaid if actor.org_kind == "district" else None,
    )
