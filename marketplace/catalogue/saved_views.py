"""A person's saved searches."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_login import login_required

from marketplace.accounts import login
from marketplace.catalogue import finding_queries, saved_queries, saved_service
from marketplace.catalogue.finding_forms import DropSearchForm, SaveSearchForm
from marketplace.catalogue.finding_models import asked_of
from marketplace.catalogue.finding_queries import Filters
from marketplace.catalogue.shared_views import bp
from marketplace.catalogue.shortlist_views import own_district
from marketplace.core import db, web


@bp.get("/d/<leaid>/searches")
@login_required
def saved_searches(leaid: str) -> Any:
    district, session = own_district(leaid, "catalogue.saved_searches"), db.session()
    kept = saved_queries.searches_of(session, login.current_actor().user_id, district.id)
    rows = []
    for search in kept:
        filters = Filters.of(asked_of(search))
        rows.append((search, filters, finding_queries.search(session, filters).total))
    return render_template(
        "catalogue/saved_searches.html", district=district, rows=rows, form=DropSearchForm()
    )


@bp.route("/d/<leaid>/searches/new", methods=["GET", "POST"])
@login_required
def save_search(leaid: str) -> Any:
    district = own_district(leaid, "catalogue.save_search")
    actor, form, filters = login.current_actor(), SaveSearchForm(), Filters.of(request.args)
    if not form.is_submitted():
        form.by_mail.data = True
    if form.submitted(
        lambda writer: saved_service.save_search(writer, actor, filters, by_mail=form.by_mail.data)
    ):
        flash("Your search is saved.", "good")
        return redirect(url_for(".saved_searches", leaid=leaid))
    found = finding_queries.search(db.session(), filters)
    return web.form_page(
        "catalogue/save_search.html", form, district=district, filters=filters, total=found.total
    )


@bp.post("/d/<leaid>/searches/<uuid:search_id>/drop")
@login_required
def drop_search(leaid: str, search_id: UUID) -> Any:
    own_district(leaid, "catalogue.saved_searches")
    actor = login.current_actor()
    if DropSearchForm().submitted(lambda w: saved_service.drop_search(w, actor, search_id)):
        flash("Dropped. No more letters about it.", "good")
    return redirect(url_for(".saved_searches", leaid=leaid))
