"""A district's pages: ask to join, answer an invitation, file the paper, leave."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.consortia import member_service, queries, service
from marketplace.consortia.forms import (
    AnswerInvitationForm,
    AskToJoinForm,
    FileInstrumentForm,
    NameVotersForm,
    PressForm,
)
from marketplace.consortia.models import ByLaws, Member
from marketplace.consortia.rules import InstrumentKind, InstrumentScope, MemberStatus, last_day
from marketplace.consortia.service import Paper
from marketplace.consortia.shared_views import PUBLIC, WHY, across, bp, led, public
from marketplace.core import clock, db, tenancy, web
from marketplace.core.access import Actor, can, require
from marketplace.core.errors import NotFound


def _my_member(actor: Actor, org_id: Any, action: str) -> Member:
    if actor.org_id is None:  # who speaks for nobody is a stranger here
        raise NotFound("There is no such member.")
    with tenancy.everyone(WHY):
        member = queries.get_member(db.session(), org_id, actor.home)
    require(actor, action, member)
    return member


def _by_laws(org_id: Any) -> ByLaws:
    with tenancy.everyone(PUBLIC):
        return queries.by_laws_in_force(db.session(), org_id)


def _to_page(slug: str) -> Any:
    return redirect(url_for(".consortium", slug=slug))


@bp.route("/consortia/<slug>/ask", methods=["GET", "POST"])
@login_required
def ask_to_join(slug: str) -> Any:
    actor = current_actor()
    organization, consortium = public(slug)
    require(actor, "consortia.ask_to_join")
    form = AskToJoinForm()
    if form.submitted(
        lambda writer: across(
            writer,
            service.ask_to_join,
            actor,
            organization.id,
            accept_by_laws=form.accept_by_laws.data,
            words=form.words.data or "",
        )
    ):
        flash("Your request is with the lead agency. File your signed paper now.", "success")
        return redirect(url_for(".file_instrument", slug=slug))
    return web.form_page(
        "consortia/ask_to_join.html",
        form,
        organization=organization,
        consortium=consortium,
        by_laws=_by_laws(organization.id),
    )


@bp.route("/consortia/<slug>/answer", methods=["GET", "POST"])
@login_required
def answer_invitation(slug: str) -> Any:
    actor = current_actor()
    organization, consortium = public(slug)
    member = _my_member(actor, organization.id, "consortia.answer_invitation")
    if member.status is not MemberStatus.INVITED:
        return _to_page(slug)
    form = AnswerInvitationForm()
    join = "decline" not in request.form
    if form.submitted(
        lambda writer: across(
            writer,
            service.answer_invitation,
            actor,
            organization.id,
            join=join,
            accept_by_laws=form.accept_by_laws.data,
        )
    ):
        if not join:
            flash("You have declined the invitation.")
            return _to_page(slug)
        if form.result.status is MemberStatus.ACTIVE:
            flash("Your district is a member now.", "success")
            return _to_page(slug)
        flash("The by-laws are accepted. File your signed paper now.", "success")
        return redirect(url_for(".file_instrument", slug=slug))
    return web.form_page(
        "consortia/answer_invitation.html",
        form,
        organization=organization,
        consortium=consortium,
        by_laws=_by_laws(organization.id),
        member=member,
    )


@bp.route("/consortia/<slug>/instrument", methods=["GET", "POST"])
@bp.route("/c/<slug>/members/<leaid>/instrument", methods=["GET", "POST"])
@login_required
def file_instrument(slug: str, leaid: str | None = None) -> Any:
    """The district files its own paper; the lead agency files one for a district."""
    actor = current_actor()
    if leaid is None:
        organization, _ = public(slug)
        member = _my_member(actor, organization.id, "consortia.file_instrument")
        district_id = actor.home
        after = url_for(".consortium", slug=slug)
    else:
        organization, _ = led(slug, "consortia.member")
        district_id = accounts.organization_by_leaid(db.session(), leaid).id
        member = queries.get_member(db.session(), organization.id, district_id)
        after = url_for(".member", slug=slug, leaid=leaid)
    if member.status is MemberStatus.ENDED:
        raise NotFound("This membership has ended.")
    form = FileInstrumentForm()
    if form.submitted(
        lambda writer: across(
            writer, service.file_instrument, actor, organization.id, district_id, _paper(form)
        )
    ):
        flash("The paper is on file.", "success")
        return redirect(after)
    return web.form_page(
        "consortia/file_instrument.html",
        form,
        organization=organization,
        district=accounts.get_organization(db.session(), district_id),
        back=after,
        by_lead=leaid is not None,
    )


def _paper(form: Any) -> Paper:
    sent = form.file.data
    return Paper(
        kind=InstrumentKind(form.kind.data),
        covers=InstrumentScope(form.covers.data),
        signer_name=form.signer_name.data or "",
        signer_title=form.signer_title.data or "",
        signed_on=form.signed_on.data,
        board_date=form.board_date.data,
        scope=form.scope.data or "",
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        file_name=getattr(sent, "filename", "") or "",
        file_bytes=sent.read() if hasattr(sent, "read") else b"",
    )


@bp.route("/consortia/<slug>/voters", methods=["GET", "POST"])
@login_required
def name_voters(slug: str) -> Any:
    actor = current_actor()
    organization, _ = public(slug)
    member = _my_member(actor, organization.id, "consortia.name_voters")
    if member.status is not MemberStatus.ACTIVE:
        return _to_page(slug)
    named = {"voter": str(member.voter_id or ""), "alternate": str(member.alternate_id or "")}
    form = NameVotersForm(data=named)
    people = accounts.people_with_role(db.session(), actor.home, *member_service.VOTERS)
    form.voter.choices = [(str(each.id), each.name) for each in people]
    form.alternate.choices = [("", "Nobody yet"), *form.voter.choices]
    if form.submitted(
        lambda writer: across(
            writer,
            service.name_voters,
            actor,
            organization.id,
            UUID(form.voter.data),
            UUID(form.alternate.data) if form.alternate.data else None,
        )
    ):
        flash("Your voter is named. Who votes for which district is public.", "success")
        return _to_page(slug)
    return web.form_page("consortia/name_voters.html", form, organization=organization)


@bp.route("/consortia/<slug>/leave", methods=["GET", "POST"])
@login_required
def leave_consortium(slug: str) -> Any:
    actor = current_actor()
    organization, _ = public(slug)
    member = _my_member(actor, organization.id, "consortia.leave_consortium")
    if member.status is MemberStatus.ENDED or not can(actor, "consortia.leave_consortium", member):
        return _to_page(slug)
    form = PressForm()
    stays = "stay" in request.form
    use_case = service.take_notice_back if stays else service.leave_consortium
    if form.submitted(lambda writer: across(writer, use_case, actor, organization.id)):
        found = form.result
        if stays:
            flash("Your notice is taken back. Your district stays.", "success")
        elif found.leaves_on:
            flash(f"Your notice is given. Your last day is {web.day(found.leaves_on)}.")
        else:
            flash(f"Your district has left {organization.name}. Its papers stay on file.")
        return _to_page(slug)
    choices = _by_laws(organization.id).choices
    return web.form_page(
        "consortia/leave_consortium.html",
        form,
        organization=organization,
        member=member,
        choices=choices,
        last_day=last_day(choices, clock.today(organization.time_zone)),
    )
