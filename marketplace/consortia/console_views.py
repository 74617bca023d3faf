"""The lead agency's desk: members and their papers, requests, invitations."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import queries, service
from marketplace.consortia.forms import InviteDistrictForm, PressForm
from marketplace.consortia.models import Consortium, Instrument, Member
from marketplace.consortia.rules import ConsortiumStatus, MemberStatus, accepts
from marketplace.consortia.shared_views import PUBLIC, bp, led
from marketplace.core import clock, db, panels, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import RuleBroken
from marketplace.directory import queries as directory


@bp.get("/c/<slug>/")
@login_required
def console(slug: str) -> Any:
    session, actor = db.session(), current_actor()
    organization, consortium = queries.consortium_by_slug(session, slug)
    if actor.org_id == organization.id and not can(actor, "consortia.console", consortium):
        return redirect(url_for(".consortium", slug=slug))  # reviewers and voters have no desk
    organization, consortium = led(slug, "consortia.console")
    page = web.paged(session, queries.members_in_scope(organization.id))
    papers = queries.latest_instruments(session, organization.id)
    today = clock.today(organization.time_zone)
    convenes = can(actor, "consortia.member", consortium)
    lines = [
        (
            member,
            district,
            papers.get(district.id),
            _standing(consortium, member, papers.get(district.id), today),
        )
        for member, district in page.items
    ]
    return render_template(
        "consortia/console.html",
        organization=organization,
        consortium=consortium,
        page=page,
        lines=lines,
        active=queries.member_counts(session, [organization.id]).get(organization.id, 0),
        convenes=convenes,
        waiting=queries.waiting_for_an_answer(session, organization.id) if convenes else [],
        forming=convenes and consortium.status is ConsortiumStatus.FORMING,
        press=PressForm(),
    )


@panels.fill("accounts.account")
def consortia_of_agency(organization: Organization) -> str | None:
    """A service agency has no pages of its own; this says what it can do next."""
    if organization.kind is not OrganizationKind.SERVICE_AGENCY:
        return None
    with tenancy.everyone(PUBLIC):
        found = queries.led_by(db.session(), organization.id)
    return render_template(
        "consortia/_agency_card.html",
        organization=organization,
        led=found,
        may_found=can(current_actor(), "consortia.found_consortium"),
    )


def _standing(
    consortium: Consortium, member: Member, paper: Instrument | None, today: Any
) -> tuple[str, str, str]:
    """One tag for a member: kind, words, icon; the first thing that is missing."""
    if member.status is MemberStatus.ENDED:
        return ("", "Ended", "dot")
    if member.status is MemberStatus.REQUESTED and member.approved_at is None:
        return ("warn", "Asks to join", "mid")
    if not accepts(member.accepted_by_laws_version, consortium.accept_from_version):
        return ("warn", "By-laws not accepted", "clock")
    if paper is None:
        return ("warn", "Paper missing", "doc")
    if paper.ends_on < today:
        return ("bad", "Paper has ended", "no")
    if member.status is MemberStatus.ACTIVE:
        return ("good", "Active", "ok")
    return ("info", "Starts " + web.day(paper.starts_on), "clock")


@bp.post("/c/<slug>/constitute")
@login_required
def constitute(slug: str) -> Any:
    organization, _ = led(slug, "consortia.constitute")
    if PressForm().submitted(
        lambda writer: service.constitute(writer, current_actor(), organization.id)
    ):
        flash("The consortium is constituted. It can open pools now.", "success")
    return redirect(url_for(".console", slug=slug))


@bp.route("/c/<slug>/invite", methods=["GET", "POST"])
@login_required
def invite_district(slug: str) -> Any:
    organization, consortium = led(slug, "consortia.invite_district")
    form = InviteDistrictForm(data={"district": request.args.get("leaid", "")})

    def invite(writer: Any) -> Organization:
        district = _called(writer, form.district.data or "")
        service.invite_district(
            writer, current_actor(), organization.id, district.id, form.words.data or ""
        )
        return district

    if form.submitted(invite):
        flash(f"{form.result.name} is invited. It gets an e-mail with the by-laws.", "success")
        return redirect(url_for(".console", slug=slug))
    return web.form_page(
        "consortia/invite_district.html", form, organization=organization, consortium=consortium
    )


def _called(session: db.Session, words: str) -> Organization:
    """The one district that is meant; otherwise what to type instead."""
    found = queries.districts_called(session, words)
    exact = [org for org in found if org.name.casefold() == words.strip().casefold()]
    if len(found) == 1 or len(exact) == 1:
        return exact[0] if exact else found[0]
    if found:
        names = "; ".join(f"{org.name}, {org.state} ({org.leaid})" for org in found[:5])
        raise RuleBroken(f"Several districts have that name. Enter a LEAID: {names}.", "district")
    if known := directory.districts_by_leaid(session, [words.strip()]):
        name = next(iter(known.values())).name
        raise RuleBroken(
            f"{name} has not signed up yet. Ask it to sign up here, then invite it.", "district"
        )
    raise RuleBroken(
        "No district on this site has that name or LEAID. It must sign up first.", "district"
    )


@bp.get("/c/<slug>/members/<leaid>")
@login_required
def member(slug: str, leaid: str) -> Any:
    session = db.session()
    organization, consortium = led(slug, "consortia.member")
    district = accounts.organization_by_leaid(session, leaid)
    found = queries.get_member(session, organization.id, district.id)
    papers = queries.instruments_of(session, found.id)
    today = clock.today(organization.time_zone)
    return render_template(
        "consortia/member.html",
        organization=organization,
        consortium=consortium,
        district=district,
        member=found,
        papers=papers,
        standing=_standing(consortium, found, papers[0] if papers else None, today),
        facts=directory.districts_by_leaid(session, [leaid]).get(leaid),
        press=PressForm(),
    )


@bp.post("/c/<slug>/members/<leaid>/approve")
@login_required
def approve_request(slug: str, leaid: str) -> Any:
    organization, _ = led(slug, "consortia.member")
    district = accounts.organization_by_leaid(db.session(), leaid)
    queries.get_member(db.session(), organization.id, district.id)
    form = PressForm()
    if form.submitted(
        lambda writer: service.approve_request(
            writer, current_actor(), organization.id, district.id
        )
    ):
        active = form.result.status is MemberStatus.ACTIVE
        words = "is a member now." if active else "is a member once its paper is in force."
        flash(f"{district.name} {words}", "success")
    return redirect(url_for(".member", slug=slug, leaid=leaid))


@bp.route("/c/<slug>/members/<leaid>/end", methods=["GET", "POST"])
@login_required
def end_membership(slug: str, leaid: str) -> Any:
    organization, _ = led(slug, "consortia.member")
    district = accounts.organization_by_leaid(db.session(), leaid)
    found = queries.get_member(db.session(), organization.id, district.id)
    form = PressForm()
    if form.submitted(
        lambda writer: service.end_membership(writer, current_actor(), organization.id, district.id)
    ):
        flash(f"{district.name} is out. Its papers stay on file.")
        return redirect(url_for(".console", slug=slug))
    return web.form_page(
        "consortia/end_membership.html",
        form,
        organization=organization,
        district=district,
        member=found,
    )
