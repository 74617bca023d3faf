"""Health for machines, the state of the site for people, the console for the operator."""

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    url_for,
)
from flask_login import login_required
from prometheus_client import generate_latest

from marketplace.accounts import login
from marketplace.core import db, events, jobs, mail, web
from marketplace.core.access import require
from marketplace.operations import queries, service
from marketplace.operations.forms import TryAgainForm

bp = Blueprint("operations", __name__)


@bp.get("/healthz")
def healthz() -> Any:
    """This process answers. Asks nothing of anything else."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def readyz() -> Any:
    checks = _checks()
    ready = all(check.ok for check in checks if check.is_vital)
    answer = {check.name: {"ok": check.ok, "words": check.words} for check in checks}
    return jsonify(ready=ready, checks=answer), 200 if ready else 503


def _checks() -> list[queries.Check]:
    checks = queries.readiness(current_app.extensions["engine"])
    if all(check.ok for check in checks):
        checks.append(queries.state_of_books(db.session()))
    return checks


@bp.get("/metrics")
def metrics() -> Any:
    return Response(generate_latest(), mimetype="text/plain; version=0.0.4")


@bp.get("/status")
def status() -> Any:
    checks = _checks()
    work = queries.waiting(db.session())
    return render_template("operations/status.html", checks=checks, work=work)


@bp.get("/outbox")
def outbox() -> Any:
    """In the demonstration letters go nowhere, so everybody may read them here."""
    _only_in_the_demo()
    letters = mail.newest_letters(db.session())
    return render_template("operations/outbox.html", letters=letters)


@bp.get("/outbox/<uuid:letter_id>")
def letter(letter_id: UUID) -> Any:
    _only_in_the_demo()
    found = queries.get_letter(db.session(), letter_id)
    return render_template("operations/letter.html", letter=found)


def _only_in_the_demo() -> None:
    if current_app.config["MODE"] != "demo":
        abort(404)


@bp.get("/admin/")
@login_required
def admin() -> Any:
    require(login.current_actor(), "operations.admin")
    session = db.session()
    return render_template(
        "operations/admin.html",
        organizations=queries.counts_by_kind(session),
        people=queries.people_count(session),
        work=queries.waiting(session),
        timed=sorted(jobs.timed_jobs()),
    )


@bp.get("/admin/jobs")
@login_required
def waiting_work() -> Any:
    require(login.current_actor(), "operations.waiting_work")
    return _waiting_work(TryAgainForm())


@bp.post("/admin/jobs")
@login_required
def try_again() -> Any:
    form = TryAgainForm()
    actor = login.current_actor()
    require(actor, "operations.try_again")
    event_id, subscriber = form.event_id.data or 0, form.subscriber.data or ""
    if form.submitted(lambda writer: service.try_again(writer, actor, event_id, subscriber)):
        flash("The job is back in the queue.")
        return redirect(url_for(".waiting_work"))
    return _waiting_work(form)


def _waiting_work(form: TryAgainForm) -> Any:
    dead = events.dead_letters(db.session())
    return web.form_page("operations/waiting_work.html", form, dead=dead)
