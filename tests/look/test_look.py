"""The look: every macro says what it must, and what every page loads stays small and strict."""

import re
from types import SimpleNamespace

import pytest
import wtforms
from werkzeug.datastructures import MultiDict
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from tests.look.conftest import ROOT, TEMPLATES, VIEWER

STATIC = ROOT / "static"
TEMPLATE_FILES = sorted(TEMPLATES.rglob("*.html"))
LADDER = [
    (1, "$16.00", None, False),
    (2500, "$13.50", None, True),
    (5000, "$11.25", None, False),
    (8000, "$9.75", None, False),
]


class Everything(wtforms.Form):
    seats = wtforms.IntegerField(
        "Seats", [NumberRange(1, 1240, "Enter a whole number from 1 to 1,240")]
    )
    email = wtforms.EmailField("Work email", [InputRequired("Enter your work email")])
    shape = wtforms.RadioField(
        "Legal shape",
        [InputRequired("Choose a legal shape")],
        choices=[SelectChoice("joint", "Joint"), SelectChoice("piggyback", "Piggyback")],
    )
    grades = wtforms.SelectMultipleField(
        "Grades", choices=[SelectChoice("k", "K"), SelectChoice("1", "1")]
    )
    funding = wtforms.SelectField("Funding", choices=[SelectChoice("general", "General fund")])
    board_on = wtforms.DateField("Board date")
    paper = wtforms.FileField("Signed paper")
    why = wtforms.TextAreaField("Why", description="One or two sentences.")
    may_sign = wtforms.BooleanField("I may sign for my district")
    secret = wtforms.HiddenField()

    def hidden_tag(self) -> str:
        return ""


@pytest.fixture
def refused() -> Everything:
    form = Everything(MultiDict({"seats": "12400", "grades": "k", "funding": "general"}))
    assert not form.validate()
    form.form_errors.append("This pool is closed, so it takes no more seats.")
    return form


def field(render, form, call: str) -> str:
    source = '{% from "_macros/forms.html" import field %}{{ field(form.' + call + ") }}"
    return render(source, form=form)


# -- the base page ---------------------------------------------------------------------------


def base(render, **values) -> str:
    return render(
        '{% extends "base.html" %}{% set section = "pools" %}{% block title %}Pools{% endblock %}'
        "{% block content %}<h1>Pools</h1>{% endblock %}",
        **values,
    )


def test_a_stranger_may_sign_in_or_up_from_the_header_and_the_phone_menu(render):
    page = base(render)

    assert page.count('href="/sign-in"') == 2
    assert page.count('href="/sign-up"') == 2
    assert "/account" not in page


def test_somebody_signed_in_sees_whom_they_act_for(render):
    page = base(render, viewer=VIEWER)

    assert '<b aria-hidden="true">MV</b><span>Maple Valley USD</span>' in page
    assert page.count('href="/account"') == 2
    assert "/sign-in" not in page


def test_the_section_of_the_page_is_marked_in_the_menu(render):
    marked = re.findall(r'<a href="(\S+)" aria-current="page"', base(render))

    assert marked == ["/pools", "/pools"]


def test_the_strip_says_when_the_data_is_an_example(render):
    assert "Example data." in base(render)
    assert "Example data." not in base(render, demo_mode=False)


def test_flashed_messages_are_read_out_and_escaped(render):
    def flashed(with_categories=False):
        return [("success", "Saved <b>now</b>")]

    page = base(render, get_flashed_messages=flashed)

    assert 'class="flash good" role="status"' in page
    assert "Saved &lt;b&gt;now&lt;/b&gt;" in page


def test_the_title_of_a_refused_form_says_so_first(render, refused):
    assert "<title>Error: Pools – District Commons</title>" in base(render, form=refused)
    assert "<title>Pools – District Commons</title>" in base(render, form=Everything())


def test_no_link_of_the_base_page_is_empty(render):
    assert 'href="#"' not in base(render)


def problem_page(env, status: int) -> str:
    return env.get_template("errors/problem.html").render(
        title="Something is wrong", message="Please read on.", status=status, request_id="r-1"
    )


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500])
def test_a_problem_page_says_what_happened_and_where_to_go(env, status):
    page = problem_page(env, status)

    assert f"Code {status}" in page
    assert "Please read on." in page
    assert page.count("<h1>") == 1
    assert '<a class="btn" href="/">' in page


def test_a_problem_page_gives_a_number_to_report_but_two_404s_are_the_same(env):
    assert "r-1" in problem_page(env, 500)
    assert "r-1" not in problem_page(env, 404)


# -- forms -----------------------------------------------------------------------------------


def test_a_refused_field_ties_hint_audience_and_message_to_its_input(render, refused):
    html = field(render, refused, 'seats, hint="Until January 15.", who_sees="consortium"')

    assert 'aria-describedby="seats-hint seats-who seats-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'value="12400"' in html
    assert "Members of your consortium can see this." in html
    assert 'id="seats-error">Enter a whole number from 1 to 1,240</p>' in html


def test_a_field_in_order_carries_no_alarm(render, refused):
    html = field(render, refused, "funding")

    assert "aria-invalid" not in html
    assert '<label for="funding">Funding</label>' in html


def test_the_hint_may_come_with_the_form(render):
    html = field(render, Everything(), "why")

    assert 'aria-describedby="why-hint"' in html
    assert "One or two sentences." in html


@pytest.mark.parametrize("name, kind", [("shape", "radio"), ("grades", "checkbox")])
def test_choices_are_a_fieldset_with_a_legend(render, refused, name, kind):
    html = field(render, refused, name)

    assert f'<fieldset id="{name}"' in html
    assert "<legend>" in html
    assert html.count(f'type="{kind}"') == 2


def test_what_was_ticked_stays_ticked(render, refused):
    assert 'value="k" checked' in field(render, refused, "grades")


def test_the_summary_lists_each_problem_and_leads_to_its_field(render, refused):
    html = render(
        '{% from "_macros/forms.html" import error_summary %}{{ error_summary(form) }}',
        form=refused,
    )

    assert 'tabindex="-1"' in html
    assert "<li>This pool is closed, so it takes no more seats.</li>" in html
    assert '<a href="#seats">Enter a whole number from 1 to 1,240</a>' in html
    assert '<a href="#shape-0">Choose a legal shape</a>' in html
    assert 'id="shape-0"' in field(render, refused, "shape")


def test_there_is_no_summary_without_problems(render):
    html = render(
        '{% from "_macros/forms.html" import error_summary %}{{ error_summary(form) }}',
        form=Everything(),
    )

    assert html.strip() == ""


# -- parts and tables ------------------------------------------------------------------------


def test_the_last_crumb_is_the_page_itself(render):
    html = render(
        '{% from "_macros/parts.html" import crumbs %}'
        '{{ crumbs([("Pools", "/pools"), ("Lumen", None)]) }}'
    )

    assert '<a href="/pools">Pools</a>' in html
    assert '<span aria-current="page">Lumen</span>' in html


def test_a_tag_never_shows_a_mark_without_words(render):
    html = render('{% from "_macros/parts.html" import tag %}{{ tag("good", "Paid", "ok") }}')

    assert html == (
        '<span class="tag good"><svg aria-hidden="true"><use href="#ok"/></svg>Paid</span>'
    )


def test_a_total_leads_to_its_rows(render):
    html = render(
        '{% from "_macros/parts.html" import kpis %}{{ kpis(rows) }}',
        rows=[("Paid", "$48.00", "of $60.00", "/open/ledger"), ("Districts", "7", None, None)],
    )

    assert '<a href="/open/ledger">$48.00</a>' in html
    assert '<dd class="num">7</dd></div>' in html


def test_tasks_say_their_state_in_words(render):
    html = render(
        '{% from "_macros/parts.html" import tasks %}{{ tasks(rows) }}',
        rows=[
            {"state": "done", "text": "Agree on seats"},
            {"state": "now", "text": "Board vote", "status": "Dec 8", "url": "/vote"},
            {"state": "later", "text": "Pay"},
        ],
    )

    assert re.findall(r">(Done|Dec 8|Not yet)</span>", html) == ["Done", "Dec 8", "Not yet"]
    assert '<a href="/vote">Board vote</a>' in html


def test_the_current_step_is_named(render):
    html = render(
        '{% from "_macros/parts.html" import steps %}{{ steps(["Seats", "Check", "Sent"], 2) }}'
    )

    assert 'class="on" aria-current="step">2. Check' in html
    assert html.count("(done)") == 1


def test_filters_are_a_plain_get_form_that_keeps_the_choice(render):
    html = render(
        '{% from "_macros/parts.html" import filters, filter_select %}'
        '{% call filters("/tools") %}'
        '{{ filter_select("state", "State", [("", "All"), ("OH", "Ohio")], "OH") }}{% endcall %}'
    )

    assert 'action="/tools" method="get"' in html
    assert '<option value="OH" selected>Ohio</option>' in html


def test_books_that_do_not_add_up_are_never_shown_green(render):
    source = '{% from "_macros/parts.html" import check_badge %}{{ check_badge(ok, "Checked") }}'

    assert "tag good" in render(source, ok=True)
    assert "tag bad" in render(source, ok=False)


def test_the_pager_offers_only_pages_that_exist(render):
    source = '{% from "_macros/tables.html" import pager %}{{ pager(page, "tools") }}'
    last = SimpleNamespace(number=3, pages=3, total=1240, prev_url="/tools?page=2", next_url=None)
    only = SimpleNamespace(number=1, pages=1, total=4, prev_url=None, next_url=None)

    assert "Page 3 of 3, 1,240 tools" in render(source, page=last)
    assert "Next page" not in render(source, page=last)
    assert render(source, page=only).strip() == ""


# -- charts ----------------------------------------------------------------------------------


def chart(render, call: str, **values) -> str:
    name = call.split("(")[0]
    source = '{% from "_macros/charts.html" import ' + name + " %}{{ " + call + " }}"
    return render(source, **values)


CHARTS = {
    "bars": 'bars([("Licenses", 3400, "$34.00", "/l"), ("Few", None, "", None)], "Money", "Paid.")',
    "stacked_bar": 'stacked_bar([("Rural", 61, "61"), ("City", 5, "5")], "By locale", "Now.")',
    "step_line": "step_line([(1, 1600), (2500, 1350), (5000, 1125)], 4180)",
    "tile_map": 'tile_map({"OH": 14, "IL": 1}, "Where", "By state.", "/open?state={}")',
    "dot_plot": 'dot_plot([12, 20, 20, 30, 52], "Saved", "One dot each.")',
}


@pytest.mark.parametrize("call", CHARTS.values(), ids=CHARTS)
def test_every_chart_is_a_figure_with_a_title_and_a_table(render, call):
    html = chart(render, call)

    assert html.strip().startswith("<figure")
    assert "<figcaption><h" in html
    assert "<table>" in html
    assert "<caption" in html


@pytest.mark.parametrize("name", ["stacked_bar", "step_line", "dot_plot"])
def test_a_drawn_chart_is_told_in_words(render, name):
    assert re.search(r'role="img" aria-label="[^"]{20,}"', chart(render, CHARTS[name]))


def test_a_hidden_bar_looks_hidden_and_shows_no_number(render):
    html = chart(render, CHARTS["bars"])

    assert "url(#hid)" in html
    assert html.count("Hidden") == 2


def test_the_map_has_a_tile_for_every_state_and_a_link_where_there_is_something(render):
    html = chart(render, CHARTS["tile_map"])

    assert len(re.findall(r'<li class="s-[A-Z]{2}">', html)) == 51
    assert 'href="/open?state=OH"' in html
    assert "Ohio, 14 districts" in html
    assert "Illinois, 1 district<" in html
    assert html.count("<a ") == 2


def test_an_empty_map_and_an_empty_plot_stand_too(render):
    assert len(re.findall("<li class=", chart(render, 'tile_map({}, "Where")'))) == 51
    assert "Nothing to show yet." in chart(render, 'dot_plot([], "Saved")')


def test_the_middle_of_an_even_number_of_dots_is_between_the_two(render):
    assert "Middle: 25%" in chart(render, 'dot_plot([10, 20, 30, 40], "Saved")')


def test_the_pool_meter_says_seats_and_steps_in_words(render):
    html = chart(render, "pool_meter(3355, 825, 8000, ladder)", ladder=LADDER)

    assert "3,355 seats committed and 825 waiting for a board vote" in html
    assert 'width="41.94%"' in html
    assert html.count("<li") == 4 + 2
    assert "up to 2,499 seats" in html
    assert "from 5,000 · then $9.75" in html


def test_a_crowded_ladder_and_an_empty_pool_are_drawn_without_overlap(render):
    crowded = [(1, "$3.00", None, True), (10, "$2.00", None, False), (20, "$1.00", None, False)]

    html = chart(render, "pool_meter(0, 0, 1000, ladder)", ladder=crowded)

    assert "lad" not in re.findall(r'class="chart (\w+)"', html)
    assert html.count("<b ") == 3


def test_the_dot_of_the_pool_sits_on_its_own_price(render):
    html = chart(render, "step_line([(1, 1600), (2500, 1350)], 2500)")

    [dot] = re.findall(r'<circle[^>]*cy="([\d.]+)"', html)
    assert f'y1="{dot}" y2="{dot}" stroke="#0F5257" stroke-width="4"' in html
    assert "$13.50" in html


def test_names_are_escaped_in_charts(render):
    html = chart(
        render, "bars(rows, 'T')", rows=[("<script>", 1, "1", '"><b>'), ("b", 0, "0", None)]
    )

    assert "<script>" not in html
    assert '"><b>' not in html


# -- weight and strictness -------------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern, most", [("*.css", 25_000), ("*.js", 20_000), ("fonts/*.woff2", 80_000)]
)
def test_what_every_page_loads_is_light(pattern, most):
    files = list(STATIC.glob(pattern))

    assert files
    assert sum(file.stat().st_size for file in files) <= most


@pytest.mark.parametrize("file", TEMPLATE_FILES, ids=lambda f: str(f.relative_to(TEMPLATES)))
def test_no_template_needs_an_exception_from_the_content_policy(file):
    text = file.read_text()

    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(src|href)=[\"']https?://[^\"']*\.(js|css|woff2?)", text)


@pytest.mark.parametrize("file", TEMPLATE_FILES, ids=lambda f: str(f.relative_to(TEMPLATES)))
def test_no_template_has_an_empty_link(file):
    assert 'href="#"' not in file.read_text()
    assert 'href=""' not in file.read_text()


def test_the_stylesheet_asks_nothing_of_other_hosts():
    assert re.findall(r"url\((?!fonts/)", (STATIC / "app.css").read_text()) == []


def test_the_stylesheet_has_as_many_closing_as_opening_braces():
    css = (STATIC / "app.css").read_text()

    assert css.count("{") == css.count("}")


def test_every_icon_that_is_drawn_is_in_the_sprite():
    drawn = set()
    for file in TEMPLATE_FILES:
        drawn |= set(re.findall(r'icon\("(\w+)"', file.read_text()))
    sprite = set(re.findall(r'symbol id="(\w+)"', (TEMPLATES / "_macros/icons.html").read_text()))

    assert drawn <= sprite
