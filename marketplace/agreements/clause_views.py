"""Which clauses of the law stand in a district's agreement, and what that proves."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask_login import login_required

from marketplace.accounts.login import current_actor
from marketplace.agreements import clause_service, queries, rules
from marketplace.agreements.forms import clauses_form, clauses_typed
from marketplace.agreements.shared_views import PUBLIC, bp, names_of, own_desk
from marketplace.core import db, tenancy, web
from marketplace.core.access import require
from marketplace.scorecards import queries as scorecards
from marketplace.scorecards.rules import CLAUSE_WORDS, Clause


@bp.route("/d/<leaid>/agreements/<uuid:agreement_id>/clauses", methods=["GET", "POST"])
@login_required
def look_for_clauses(leaid: str, agreement_id: UUID) -> Any:
    district = own_desk(leaid, "", "There is no such agreement.")
    session, actor = db.session(), current_actor()
    require(
        actor, "agreements.look_for_clauses", queries.bound_by(session, agreement_id, district.id)
    )
    with tenancy.everyone(PUBLIC):
        agreement = queries.get_agreement(session, agreement_id)
    asked = scorecards.clauses_asked(agreement.state)
    words = {key: CLAUSE_WORDS[key] for key in asked}
    form = clauses_form(words, queries.clauses_looked_for(session, agreement_id, district.id))
    if form.submitted(
        lambda writer: clause_service.look_for_clauses(
            writer, actor, agreement_id, clauses_typed(form, asked)
        )
    ):
        flash("Kept. The law lines of the tool use it now.", "good")
        return redirect(url_for(".district_agreements", leaid=leaid))
    return web.form_page(
        "agreements/look_for_clauses.html",
        form,
        district=district,
        agreement=agreement,
        vendor=names_of([agreement.vendor_id])[agreement.vendor_id],
        asked=asked,
    )


@scorecards.finds_clauses
def clauses_in_agreements(session: Any, district_id: UUID, tool_id: UUID) -> Mapping[str, Clause]:
    """For the law lines: each clause with the agreement as its proof."""
    with tenancy.everyone(PUBLIC):
        found = queries.clauses_in_force(session, district_id, tool_id)
    return {
        row.clause: Clause(
            row.is_there,
            (
                f"{rules.FAMILY_WORDS[agreement.family]}, {agreement.version}",
                row.locator,
                agreement.fingerprint,
            ),
        )
        for row, agreement in found
    }
