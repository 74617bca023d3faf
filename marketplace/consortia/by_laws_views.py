"""By-laws on the web: for everybody to read and print, for the lead to change, for members to
accept."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.consortia import queries, rules, service
from marketplace.consortia.by_laws_forms import ByLawsForm, chosen, typed
from marketplace.consortia.by_laws_rules import canonical
from marketplace.consortia.by_laws_words import clauses
from marketplace.consortia.change_rules import Change, change_between
from marketplace.consortia.forms import AcceptByLawsForm, RevisionForm
from marketplace.consortia.models import ByLaws
from marketplace.consortia.rules import ConsortiumStatus
from marketplace.consortia.shared_views import PUBLIC, WHY, bp, led, public
from marketplace.core import clock, db, page_cache, pdf, tenancy, web
from marketplace.core.access import require
from marketplace.core.errors import NotFound


def _asked(org_id: Any) -> ByLaws:
    """The version of `?version=`, else the one in force."""
    number = request.args.get("version", "")
    if not number:
        return queries.by_laws_in_force(db.session(), org_id)
    if not number.isdecimal() or len(number) > 6:
        raise NotFound("There is no such version of the by-laws.")
    return queries.by_laws_version(db.session(), org_id, int(number))


@bp.get("/consortia/<slug>/by-laws")
@page_cache.public_page
def by_laws(slug: str) -> Any:
    organization, consortium = public(slug)
    with tenancy.everyone(PUBLIC):
        shown = _asked(organization.id)
        versions = queries.by_laws_versions(db.session(), organization.id)
    return render_template(
        "consortia/by_laws.html",
        organization=organization,
        consortium=consortium,
        by_laws=shown,
        versions=versions,
    )


@bp.get("/consortia/<slug>/by-laws.json")
@page_cache.public_page
def by_laws_json(slug: str) -> Any:
    """The very text whose SHA-256 is the fingerprint."""
    organization, _ = public(slug)
    with tenancy.everyone(PUBLIC):
        shown = _asked(organization.id)
    response = web.json_response()
    response.set_data(canonical(shown.choices, shown.text))
    return response


@bp.get("/consortia/<slug>/by-laws.pdf")
@page_cache.public_page
def by_laws_pdf(slug: str) -> Any:
    organization, consortium = public(slug)
    with tenancy.everyone(PUBLIC):
        shown = _asked(organization.id)
        named = (consortium.lead_agency_id, consortium.fiscal_agent_id, consortium.successor_id)
        names = accounts.organizations_by_id(db.session(), {each for each in named if each})

    def name_of(org_id: Any) -> str | None:
        return names[org_id].name if org_id else None

    adopted_at = shown.adopted_at or shown.changed_at
    content = pdf.render(
        "by_laws",
        consortium=organization.name,
        purpose=consortium.purpose,
        shape=list(rules.SHAPE_WORDS[consortium.legal_shape]),
        lead=name_of(consortium.lead_agency_id),
        agent=name_of(consortium.fiscal_agent_id),
        successor=name_of(consortium.successor_id),
        founded_on=consortium.founded_on.isoformat(),
        version=shown.version,
        in_force=shown.version == consortium.by_laws_version,
        adopted_on=clock.day_of(adopted_at, organization.time_zone).isoformat(),
        clauses=[[clause.title, list(clause.sentences)] for clause in clauses(shown.choices)],
        text=[part for part in shown.text.splitlines() if part.strip()],
        fingerprint=shown.fingerprint,
    )
    return web.pdf_response(f"by-laws-{slug}-{shown.version}", content)


@bp.route("/c/<slug>/by-laws", methods=["GET", "POST"])
@login_required
def save_by_laws(slug: str) -> Any:
    organization, consortium = led(slug, "consortia.save_by_laws")
    session = db.session()
    in_force = queries.by_laws_in_force(session, organization.id)
    draft = queries.by_laws_draft(session, organization.id)
    start = draft or in_force
    form = ByLawsForm(
        data=typed(start.choices) | {"text": start.text, "seen": draft.revision if draft else 0}
    )
    if form.submitted(
        lambda writer: service.save_by_laws(
            writer,
            current_actor(),
            organization.id,
            chosen(form, in_force.choices),
            form.text.data or "",
            form.seen_revision,
        )
    ):
        return redirect(url_for(".check_by_laws", slug=slug))
    crossed = _crossed(form, draft, in_force)
    return web.form_page(
        "consortia/save_by_laws.html",
        form,
        organization=organization,
        consortium=consortium,
        draft=draft,
        crossed=crossed,
        writer=_writer(draft) if crossed else "",
    )


def _crossed(form: ByLawsForm, draft: ByLaws | None, in_force: ByLaws) -> Change | None:
    """What somebody else has put into the draft since this writer opened it, against what is
    typed; saving again is then a choice made with open eyes."""
    revision = draft.revision if draft else 0
    if not form.errors or form.seen_revision == revision:
        return None
    theirs = draft or in_force
    form.seen.data = str(revision)
    form.seen.raw_data = None
    try:
        mine = chosen(form, in_force.choices)
    except (TypeError, ValueError):  # what is typed is not whole yet; its own messages say so
        mine = in_force.choices
    return change_between(mine, theirs.choices, form.text.data or "", theirs.text)


def _writer(draft: ByLaws | None) -> str:
    if draft is None or draft.changed_by_id is None:
        return "Somebody else"
    return queries.person(db.session(), draft.changed_by_id).name


def _draft_of(slug: str, action: str) -> tuple[Any, Any, ByLaws, ByLaws]:
    organization, consortium = led(slug, action)
    session = db.session()
    draft = queries.by_laws_draft(session, organization.id)
    if draft is None:
        raise NotFound("There is no draft of the by-laws.")
    return organization, consortium, queries.by_laws_in_force(session, organization.id), draft


@bp.get("/c/<slug>/by-laws/check")
@login_required
def check_by_laws(slug: str) -> Any:
    *_, draft = _draft_of(slug, "consortia.check_by_laws")
    return _checked(RevisionForm(data={"revision": draft.revision}), slug)


def _checked(form: RevisionForm, slug: str) -> Any:
    organization, consortium, in_force, draft = _draft_of(slug, "consortia.check_by_laws")
    change = change_between(in_force.choices, draft.choices, in_force.text, draft.text)
    forming = consortium.status is ConsortiumStatus.FORMING
    return web.form_page(
        "consortia/check_by_laws.html",
        form,
        organization=organization,
        consortium=consortium,
        draft=draft,
        change=change,
        may_adopt=bool(change.differences) and (forming or not change.is_major),
        members=queries.member_counts(db.session(), [organization.id]).get(organization.id, 0),
    )


@bp.post("/c/<slug>/by-laws/adopt")
@login_required
def adopt_by_laws(slug: str) -> Any:
    organization, _ = led(slug, "consortia.adopt_by_laws")
    form = RevisionForm()
    if form.submitted(
        lambda writer: service.adopt_by_laws(writer, current_actor(), organization.id, form.number)
    ):
        flash(f"Version {form.result.version} of the by-laws is in force.", "success")
        return redirect(url_for(".by_laws", slug=slug))
    return _checked(form, slug)


@bp.post("/c/<slug>/by-laws/discard")
@login_required
def discard_by_laws(slug: str) -> Any:
    organization, _ = led(slug, "consortia.discard_by_laws")
    form = RevisionForm()
    if form.submitted(
        lambda writer: service.discard_by_laws(writer, current_actor(), organization.id)
    ):
        flash("The draft is gone. The by-laws in force stay as they are.")
        return redirect(url_for(".console", slug=slug))
    return _checked(form, slug)


@bp.route("/consortia/<slug>/by-laws/accept", methods=["GET", "POST"])
@login_required
def accept_by_laws(slug: str) -> Any:
    """What has changed since the version this district accepted, and its yes to it."""
    actor = current_actor()
    organization, consortium = public(slug)
    session = db.session()
    if actor.org_id is None:  # who speaks for nobody is a stranger here
        raise NotFound("There is no such member.")
    with tenancy.everyone(WHY):
        member = queries.get_member(session, organization.id, actor.home)
        require(actor, "consortia.accept_by_laws", member)
        in_force = queries.by_laws_in_force(session, organization.id)
        change = None
        if member.accepted_by_laws_version is not None:
            before = queries.by_laws_version(
                session, organization.id, member.accepted_by_laws_version
            )
            change = change_between(before.choices, in_force.choices, before.text, in_force.text)
    form = AcceptByLawsForm(data={"version": in_force.version})

    def accept(writer: Any) -> Any:
        rules.check_by_laws_accepted(form.accept_by_laws.data)
        with tenancy.everyone(WHY):
            member = service.accept_by_laws(writer, actor, organization.id, form.number)
            writer.flush()
            return member

    if form.submitted(accept):
        flash("Your district has accepted the by-laws in force.", "success")
        return redirect(url_for(".consortium", slug=slug))
    form.version.data = str(in_force.version)
    form.version.raw_data = None
    return web.form_page(
        "consortia/accept_by_laws.html",
        form,
        organization=organization,
        consortium=consortium,
        by_laws=in_force,
        member=member,
        change=change,
        accepted=member.accepted_by_laws_version,
    )
