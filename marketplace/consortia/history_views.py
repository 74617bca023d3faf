"""One member's history: for the members, their lead and observers, and for the member itself."""

from contextlib import suppress
from typing import Any

from flask import render_template
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.consortia import history_queries, queries
from marketplace.consortia.handover_rules import OFFICE_WORDS, Office
from marketplace.consortia.history_rules import step_in_words
from marketplace.consortia.models import Consortium, History, Member
from marketplace.consortia.shared_views import WHY, bp, public
from marketplace.core import db, tenancy
from marketplace.core.access import can
from marketplace.core.errors import NotFound


@bp.get("/consortia/<slug>/members/<leaid>")
@login_required
def member_history(slug: str, leaid: str) -> Any:
    session, actor = db.session(), current_actor()
    organization, consortium = public(slug)
    district, found = _member_called(organization, leaid)
    with tenancy.everyone(WHY):
        return render_template(
            "consortia/member_history.html",
            organization=organization,
            consortium=consortium,
            district=district,
            member=found,
            steps=[
                (event.occurred_at, step_in_words(event.name, event.facts))
                for event in history_queries.steps_of(session, found.id)
            ],
            papers=queries.instruments_of(session, found.id),
            reads_papers=can(actor, "consortia.instrument_file", found),
            offices=_offices(session, consortium, district),
            history=History(consortium, organization, district, found),
        )


def _member_called(organization: Organization, leaid: str) -> tuple[Organization, Member]:
    """Whoever may not read it finds nothing, whether the district is a member or not."""
    session = db.session()
    with tenancy.everyone(WHY), suppress(NotFound):
        district = accounts.organization_by_leaid(session, leaid)
        found = queries.get_member(session, organization.id, district.id)
        if can(current_actor(), "consortia.member_history", found):
            return district, found
    raise NotFound("There is no such member.")


def _offices(session: db.Session, consortium: Consortium, district: Organization) -> list[Any]:
    """Since when, and which: an office it has held from the founding has that day."""
    passed = history_queries.offices_passed(session, consortium.org_id, district.id)
    told: list[tuple[Any, str]] = [
        (
            each.answered_at,
            f"{'Took over as' if each.to_id == district.id else 'Handed over as'} "
            f"{OFFICE_WORDS[each.office]}",
        )
        for each in passed
    ]
    for office in Office:
        if consortium.holder_of(office) == district.id and not any(
            each.office is office for each in passed
        ):
            told.insert(0, (consortium.founded_on, f"Is the {OFFICE_WORDS[office]}"))
    return told
