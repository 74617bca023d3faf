"""The public calculator: nothing is stored, so downloads are the same form sent once more."""

import json
from typing import Any

from flask import Response, render_template, request

from marketplace.accounts.login import reckonings
from marketplace.core import web
from marketplace.costs import bill_rules, calculator_rules, rules
from marketplace.costs.calculator_rules import Answer
from marketplace.costs.forms import MethodSplitForm
from marketplace.costs.shared_views import bp
from marketplace.pricing.rules import schedule_warnings

#: Rows of the answer on the page; the download has all of them.
ROWS = 50
#: Up to so many districts, every method is worked out beside the chosen one.
MOST_COMPARED = 100

EXAMPLE = {
    "kind": "volume",
    "bands": "1, 16.00\n2500, 13.50\n5000, 11.25",
    "method": "proportional",
    "equal_percent": "30",
    "rest": "per_pupil",
    "members": (
        "name, seats, pupils, limit\n"
        "Maple Valley, 620, 640\n"
        "Cedar Falls, 1150, 1310\n"
        "Pine Ridge, 210, 96, 4000.00\n"
        "Oak Hollow, 480, 845"
    ),
    "seed": "our consortium, 2027-28",
}


@bp.route("/open/method/split", methods=["GET", "POST"])
@reckonings
def method_split() -> Any:
    form = MethodSplitForm(data=EXAMPLE)
    found = None
    if form.validate_on_submit():
        found = calculator_rules.answer(form.typed())
        form.refuse_all(found.problems)
        if found.split and (then := request.form.get("then")) in ("csv", "json"):
            return _inputs(found) if then == "json" else _bills(found)
    lines = _lines(found) if found and found.split else []
    page = render_template(
        "costs/method_split.html",
        form=form,
        found=found if lines else None,
        lines=lines,
        rows=ROWS,
        compared=_compared(found) if found and lines else [],
        warnings=schedule_warnings(found.schedule)[:5] if found and found.schedule else [],
        caps=rules.MOST_BY_METHOD,
        most=rules.MOST_ON_A_PAGE,
        certificate=_certificate(found) if found and lines else [],
    )
    return page, 422 if form.errors else 200


def _lines(found: Answer) -> list[bill_rules.Bill]:
    assert found.split is not None
    return bill_rules.bills(found.split.shares, found.split.alone, found.members, {})


def _certificate(found: Answer) -> list[str]:
    assert found.split is not None
    return bill_rules.certificate_words(found.split.certificate, {})


def _compared(found: Answer) -> list[bill_rules.Compared]:
    if len(found.members) > MOST_COMPARED:
        return []
    assert found.schedule is not None
    assert found.terms is not None
    return bill_rules.compare(found.schedule, found.members, found.terms, found.seed)


HEADER = ("id", "seats", "pupils", "bill_cents", "alone_cents", "saves_cents", "bill_dollars")


def _bills(found: Answer) -> Response:
    return web.csv_response(
        "split",
        HEADER,
        (
            (
                line.id,
                line.seats,
                "" if line.pupils is None else line.pupils,
                line.cents,
                line.alone_cents,
                line.saves_cents,
                f"{line.cents // 100}.{line.cents % 100:02}",
            )
            for line in _lines(found)
        ),
    )


def _inputs(found: Answer) -> Response:
    """What `marketplace split` reads, so that anybody can check the page."""
    return Response(
        json.dumps(calculator_rules.as_document(found), indent=1, ensure_ascii=False),
        mimetype="application/json",
        headers={"Content-Disposition": 'attachment; filename="split.json"'},
    )
