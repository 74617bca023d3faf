"""What every page shares: forms, refusals, lists, downloads and the words of dates."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    render_template,
    request,
    stream_with_context,
)
from flask_wtf import FlaskForm
from sqlalchemy import func
from sqlmodel import Session, select
from werkzeug.exceptions import HTTPException

from marketplace.core import db, tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.money import dollars, whole_dollars
from marketplace.core.resources import STATIC

PAGE_SIZE = 50

# -- forms -----------------------------------------------------------------------------------


class Form(FlaskForm):
    """Every form: CSRF-protected, filled from the request, errors in plain words."""

    def refuse(self, refusal: RuleBroken) -> None:
        """Show a broken rule at its field, or above the form when it concerns no single one."""
        if refusal.field in self._fields:
            field = self._fields[refusal.field]
            field.errors = [*field.errors, str(refusal)]
        else:
            self.form_errors.append(str(refusal))

    def submitted(self, use_case: Callable[[Session], Any]) -> bool:
        """Run `use_case` in one transaction when what was sent is valid; tell whether it held.

        A broken rule goes to the form, so the page is shown again with all that was typed.
        """
        return self.validate_on_submit() and self.keep(use_case)

    def keep(self, use_case: Callable[[Session], Any]) -> bool:
        """Run `use_case` in one transaction, whatever else the form says."""
        try:
            with db.transaction() as writer:
                self.result = use_case(writer)
        except RuleBroken as refusal:
            self.refuse(refusal)
            return False
        return True


_signed: list[Callable[..., Any]] = []


def signed_by_its_sender(view: Callable[..., Any]) -> Callable[..., Any]:
    """A machine sends this, with a signature over all of it; it has no form and no token."""
    _signed.append(view)
    return view


def signed_views() -> list[Callable[..., Any]]:
    return _signed


#: Of a text that is far too long, so much is shown again.
SHOWN_AGAIN = 20_000


def form_page(template: str, form: FlaskForm, **context: Any) -> tuple[str, int]:
    """The page of a form: 422 when something typed is refused, 200 before."""
    for field in form if form.errors else ():
        if isinstance(field.data, str) and len(field.data) > SHOWN_AGAIN:
            field.data = field.data[:SHOWN_AGAIN]
    return render_template(template, form=form, **context), 422 if form.errors else 200


# -- lists -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """One page of a list and the addresses of its neighbours."""

    items: Sequence[Any]
    number: int
    size: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def prev_url(self) -> str | None:
        return _here(page=self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        return _here(page=self.number + 1) if self.number < self.pages else None

    @property
    def first_row(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last_row(self) -> int:
        return min(self.number * self.size, self.total)


def _here(**changes: Any) -> str:
    arguments = {
        **request.args.to_dict(flat=False),
        **{k: [v] for k, v in changes.items()},
    }
    return f"{request.path}?{urlencode(arguments, doseq=True)}"


def page_number() -> int:
    number = request.args.get("page", "1")
    return min(max(int(number), 1), 100_000) if number.isdecimal() and len(number) < 7 else 1


def paged(reader: Session, query: Any, size: int = PAGE_SIZE) -> Page:
    """Run `query` for the page asked for (`?page=`), with the count of all: two queries."""
    total = reader.scalar(_counting(query)) or 0
    number = min(page_number(), max(1, -(-total // size)))
    items = reader.exec(query.limit(size).offset((number - 1) * size)).all()
    return Page(items, number, size, total)


def _counting(query: Any) -> Any:
    unordered = query.order_by(None)
    if query._group_by_clauses or query._distinct:
        return select(func.count()).select_from(unordered.subquery())
    return unordered.with_only_columns(func.count(), maintain_column_froms=True)


def paged_list(rows: Sequence[Any], size: int = PAGE_SIZE) -> Page:
    """The same for rows that are in memory already."""
    number = min(page_number(), max(1, -(-len(rows) // size)))
    return Page(rows[(number - 1) * size : number * size], number, size, len(rows))


# -- downloads -------------------------------------------------------------------------------

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


ROWS_IN_A_BLOCK = 500


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """A CSV download; text that a spreadsheet would run as a formula is disarmed."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return Response(
        text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def streamed_csv(
    name: str,
    header: Sequence[str],
    rows: Callable[[], Iterable[Sequence[Any]]],
    reason: str,
) -> Response:
    """The same for any number of rows: written while it is sent (see `streamed_response`)."""

    def blocks() -> Iterator[str]:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(header)
        for number, row in enumerate(rows(), 1):
            writer.writerow([harmless(cell) for cell in row])
            if number % ROWS_IN_A_BLOCK == 0:
                yield text.getvalue()
                text.seek(0)
                text.truncate()
        yield text.getvalue()

    return streamed_response(f"{name}.csv", "text/csv", blocks, reason)


def harmless(cell: Any) -> Any:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    if not isinstance(cell, str) or not cell.startswith(_FORMULA_STARTS):
        return cell
    return cell if _NUMBER.fullmatch(cell) else f"'{cell}"


def streamed_response(
    name: str, mimetype: str, blocks: Callable[[], Iterator[Any]], reason: str
) -> Response:
    """A download written while it is sent. `blocks` is called when the request has ended, and
    reads across organizations for this reason; nothing else runs in that scope."""

    def sent() -> Iterator[Any]:
        left = blocks()
        try:
            while True:
                with tenancy.everyone(reason):
                    block = next(left, None)
                if block is None:
                    return
                yield block
        finally:
            db.forget_session()

    return Response(
        stream_with_context(sent()),
        mimetype=mimetype,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def workbook_response(name: str, rows: Iterable[Sequence[str]]) -> Response:
    """An XLSX download of plain text: nothing in it is a formula or a link."""
    import xlsxwriter  # noqa: PLC0415  only downloads need it

    content = io.BytesIO()
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, plain) as book:
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet()
        sheet.set_column(0, 8, 36)
        sheet.freeze_panes(1, 1)
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                sheet.write_string(y, x, cell[:32_000], bold if not y or not x else wrapped)
    return Response(
        content.getvalue(),
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="{name}.xlsx"'},
    )


def json_response(**document: Any) -> Response:
    return jsonify(document)


def pdf_response(name: str, content: bytes) -> Response:
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )


def file_response(name: str, media_type: str, content: bytes) -> Response:
    """A file that somebody sent us: saved, never shown as part of the site."""
    response = Response(content, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; frame-ancestors 'none'; sandbox"
    )
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


# -- addresses -------------------------------------------------------------------------------


def link_to(endpoint: str, **values: Any) -> str:
    """The full address of a page, for letters: our own host, whatever a request called it."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return f"{current_app.config['PUBLIC_URL']}{path}"


# -- words of numbers and dates --------------------------------------------------------------

ZONE_WORDS = {
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Mountain",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "America/Puerto_Rico": "Atlantic",
}


def day(value: date) -> str:
    """date(2027, 1, 15) -> 'Jan 15, 2027'."""
    return f"{value:%b} {value.day}, {value.year}"


def moment(value: datetime, zone: str) -> str:
    """'Jan 15, 2027, 11:59 p.m. Central', in the owner's zone."""
    local = value.astimezone(ZoneInfo(zone))
    half = "a.m." if local.hour < 12 else "p.m."
    words = ZONE_WORDS.get(zone, zone)
    return f"{day(local)}, {local.hour % 12 or 12}:{local.minute:02} {half} {words}"


def utc(value: datetime) -> str:
    """'05:59 UTC, Jan 16, 2027'."""
    value = value.astimezone(UTC)
    return f"{value:%H:%M} UTC, {day(value)}"


def number(value: int) -> str:
    return f"{value:,}"


def percent(bps: int) -> str:
    """Basis points -> '61%', halves up."""
    return f"{(bps + 50) // 100}%"


FILTERS = {
    "dollars": dollars,
    "dollars0": whole_dollars,
    "day": day,
    "moment": moment,
    "utc": utc,
    "number": number,
    "percent": percent,
}

# -- refusals --------------------------------------------------------------------------------

STATUS = {NotFound: 404, NotAllowed: 403, RuleBroken: 409}
TITLES = {
    400: "We could not read that request",
    403: "This is not open to you",
    404: "Page not found",
    405: "That does not work here",
    409: "That cannot be done now",
    413: "That is too large",
    422: "Something typed needs a change",
    429: "Too many tries",
    500: "Something went wrong on our side",
    503: "We cannot save or read right now",
}
WORDS = {
    400: "The page may have been open too long. Go back, reload it and try again.",
    404: "It may have moved, or you may need to sign in with another account to see it.",
    405: "This address does not take that kind of request.",
    413: "Files may be up to 10 MB, and pasted text a little less.",
    429: "Wait a minute, then try again.",
    500: "Nothing was half-saved. Try again; if it happens twice, tell us the request number.",
    503: "Our database is away or full. Nothing was half-saved. Wait a minute, then look"
    " whether it is there, and try again.",
}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
    for error, status in STATUS.items():
        app.register_error_handler(error, _refusal(status))
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(500, _unforeseen)
    app.before_request(_refuse_nul)


def _refusal(status: int) -> Callable[[Exception], Any]:
    # An unknown object and another tenant's object give the same page, byte for byte.
    return lambda error: problem(status, None if status == 404 else str(error))


def _http_problem(error: HTTPException) -> Any:
    if error.response is not None:
        return error.response
    page, status = problem(error.code or 500)
    kept = [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
    return page, status, kept  # such as Allow and Retry-After


def _unforeseen(error: Exception) -> Any:
    if db.is_away(getattr(error, "original_exception", None)):
        page, status = _told(503)
        return page, status, {"Retry-After": "60"}
    return _told(500)


def _told(status: int) -> Any:
    try:
        db.forget_session()
        return problem(status)
    except Exception:  # the page itself needs the database, which may be what failed
        return Response((STATIC / "500.html").read_bytes(), mimetype="text/html"), status


def _refuse_nul() -> None:
    """No text has it, and PostgreSQL cannot keep it."""
    typed = (request.path, *request.args.values(), *request.form.values())
    if any("\0" in text for text in typed):
        abort(400)


def problem(status: int, message: str | None = None) -> tuple[Any, int]:
    """The error page, or its JSON for a `.json` or `/api/` address."""
    title = TITLES.get(status, "That did not work")
    words = message or WORDS.get(status, "Go back and try again.")
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        answer = jsonify(type="about:blank", title=title, status=status, detail=words)
        answer.mimetype = "application/problem+json"
        return answer, status
    page = render_template(
        "errors/problem.html",
        title=title,
        message=words,
        status=status,
        request_id=g.get("request_id") if status >= 500 else None,
    )
    return page, status
