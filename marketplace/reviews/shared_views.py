"""What the pages of reviews share: the blueprint, the scope, and who is let in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint
from flask_login import login_required

from marketplace.accounts import login
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.core import access, db, tenancy, uploads
from marketplace.core.access import Actor
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.reviews import evidence_rules, recheck_rules, rules, watch_rules
from marketplace.reviews.evidence_rules import Audience, DocumentKind
from marketplace.reviews.evidence_service import Paper
from marketplace.reviews.forms import EvidenceForm

bp = Blueprint("reviews", __name__)
WHY = "a review is the work of people of several organizations; the policy decides who sees what"


@bp.record_once
def give_words(state: Any) -> None:
    state.app.jinja_env.globals["review_words"] = rules
    state.app.jinja_env.globals["evidence_words"] = evidence_rules
    state.app.jinja_env.globals["watch_words"] = watch_rules
    state.app.jinja_env.globals["again_words"] = recheck_rules.AGAIN_WORDS


def past_the_scope(view: Callable[..., Any]) -> Callable[..., Any]:
    """Signed in, and reading across organizations: every view below asks the policy itself."""

    @login_required
    @wraps(view)
    def seen(*args: Any, **kwargs: Any) -> Any:
        with tenancy.everyone(WHY):
            return view(*args, **kwargs)

    return seen


def only(action: str, subject: Any = None) -> Actor:
    """Who may; to everybody else the page does not exist."""
    actor = login.current_actor()
    if not access.can(actor, action, subject):
        raise NotFound("There is no such page.")
    return actor


def own_tool(slug: str, tool_slug: str, action: str) -> tuple[Organization, Tool, Actor]:
    """The vendor acted for and one of its tools."""
    session, actor = db.session(), login.current_actor()
    vendor = accounts.organization_by_slug(session, OrganizationKind.VENDOR, slug)
    if actor.org_id != vendor.id:
        raise NotFound("There is no such vendor.")
    tool = catalogue.own_tool(session, vendor.id, tool_slug)
    access.require(actor, action, _OfVendor(tool))
    return vendor, tool, actor


class _OfVendor:
    def __init__(self, tool: Tool) -> None:
        self.vendor_id = tool.org_id


def sent_file(form: Any) -> uploads.CheckedFile | None:
    """The file as it may be kept; what is wrong with it stands at its field."""
    sent = form.file.data
    if not sent or not getattr(sent, "filename", ""):
        form.refuse(RuleBroken("Choose a file.", "file"))
        return None
    try:
        return uploads.check(sent.filename, sent.read())
    except RuleBroken as refusal:
        form.refuse(refusal)
        return None


def paper_of(form: EvidenceForm) -> Paper | None:
    if form.captured_on.data is None:
        form.refuse(RuleBroken("Enter the day.", "captured_on"))
        return None
    return Paper(
        title=form.title.data or "",
        kind=DocumentKind(form.kind.data),
        captured_on=form.captured_on.data,
        audience=Audience(form.audience.data),
        period_ended_on=form.period_ended_on.data,
        expires_on=form.expires_on.data,
        source_url=(form.source_url.data or "").strip(),
    )
