"""Writing to members: a reminder to some, a message to all; each is shown before it is sent."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import queries as accounts
from marketplace.accounts.login import current_actor
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import queries as consortia
from marketplace.core import db, web
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.outreach import letters, queries, rules, service
from marketplace.outreach.forms import RemindForm, WriteForm, WriteMessageForm
from marketplace.outreach.roll_views import bp, led, lines_of, pool_asked, standing_asked
from marketplace.outreach.rules import REMINDERS, STANDING_TAGS
from marketplace.pools.models import Pool


@bp.route("/c/<slug>/remind", methods=["GET", "POST"])
@login_required
def remind(slug: str) -> Any:
    """`?pool=…&standing=…`: those who stand there, what they get, and the button that sends it."""
    organization, consortium = led(slug, "outreach.remind")
    pool = pool_asked(organization, queries.pools_of(db.session(), organization.id))
    asked = standing_asked()
    if asked is None or asked not in REMINDERS:
        flash("Choose whom to remind on the roll.")
        return redirect(url_for(".roll", slug=slug))
    there = [line for line in lines_of(organization, consortium, pool) if line.standing is asked]
    closes = web.moment(pool.closes_at, pool.time_zone) if pool else ""
    subject, text = rules.reminder(asked, pool.title if pool else "our next pool", closes)
    form = RemindForm(data={"subject": subject, "text": text})
    form.districts.choices = {str(line.district.id): line.district.name for line in there}
    if not form.is_submitted():
        form.districts.data = [str(line.district.id) for line in there]

    def send(writer: Any) -> Any:
        return service.remind(
            writer,
            current_actor(),
            organization.id,
            pool=pool,
            standing=asked,
            district_ids={UUID(chosen) for chosen in form.districts.data or ()},
            subject=form.subject.data or "",
            text=form.text.data or "",
            once_key=form.once_key.data or "",
        )

    if not _is_preview() and form.submitted(send):
        flash("Your reminder is on its way.", "success")
        return redirect(url_for(".sent", slug=slug, message_id=form.result.id))
    if _is_preview():
        form.validate()
    return web.form_page(
        "outreach/remind.html",
        form,
        organization=organization,
        pool=pool,
        standing=asked,
        words=STANDING_TAGS[asked][1],
        there=there,
        preview=_preview(form, organization, [line.district for line in there], pool),
    )


def _is_preview() -> bool:
    return request.form.get("do") == "preview"


def _preview(
    form: WriteForm,
    organization: Organization,
    districts: Sequence[Organization],
    pool: Pool | None,
) -> tuple[str, str] | None:
    """Subject and text as the first of these districts gets them."""
    if not districts:
        return None
    me = accounts.get_user(db.session(), current_actor().person)
    text = (form.text.data or "")[: rules.LONGEST_TEXT].strip()
    subject = " ".join((form.subject.data or "")[: rules.LONGEST_SUBJECT].split())
    return (
        f"{organization.name}: {subject}",
        letters.letter(text, me.name, organization, districts[0], pool),
    )


@bp.route("/c/<slug>/messages/new", methods=["GET", "POST"])
@login_required
def write_message(slug: str) -> Any:
    organization, _ = led(slug, "outreach.write_message")
    members = consortia.active_members(db.session(), organization.id)
    first = accounts.organizations_by_id(db.session(), [m.district_id for m in members[:1]])
    form = WriteMessageForm()

    def send(writer: Any) -> Any:
        return service.write_message(
            writer,
            current_actor(),
            organization.id,
            subject=form.subject.data or "",
            text=form.text.data or "",
            once_key=form.once_key.data or "",
        )

    if not _is_preview() and form.submitted(send):
        flash("Your message is on its way.", "success")
        return redirect(url_for(".sent", slug=slug, message_id=form.result.id))
    if _is_preview():
        form.validate()
    typed = bool(form.subject.data and form.text.data)
    return web.form_page(
        "outreach/write_message.html",
        form,
        organization=organization,
        members=len(members),
        preview=_preview(form, organization, list(first.values()), None) if typed else None,
    )


@bp.get("/c/<slug>/messages")
@login_required
def messages(slug: str) -> Any:
    organization, _ = led(slug, "outreach.messages")
    page = web.paged(db.session(), queries.messages_listed(organization.id))
    return render_template(
        "outreach/messages.html",
        organization=organization,
        page=page,
        reach=queries.reach(db.session(), page.items),
    )


@bp.get("/c/<slug>/messages/<uuid:message_id>")
@login_required
def sent(slug: str, message_id: UUID) -> Any:
    organization, _ = led(slug, "outreach.messages")
    session = db.session()
    message = queries.message(session, organization.id, message_id)
    return render_template(
        "outreach/sent.html",
        organization=organization,
        message=message,
        reached=queries.reached_by(session, message.id),
        sender=accounts.get_user(session, message.sent_by_id),
    )


@bp.get("/d/<leaid>/messages")
@login_required
def district_messages(leaid: str) -> Any:
    """What lead agencies wrote to this district; letters can be lost, this list is not."""
    organization = accounts.organization_by_leaid(db.session(), leaid)
    if organization.kind is not OrganizationKind.DISTRICT or not can(
        current_actor(), "outreach.district_messages", organization
    ):
        raise NotFound("There is no such district.")
    page = web.paged(db.session(), queries.messages_to(organization.id))
    return render_template("outreach/district_messages.html", organization=organization, page=page)
