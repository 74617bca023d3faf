"""Words, prices as typed and as read, and what a listing must have."""

from datetime import date
from types import SimpleNamespace
from uuid import uuid4

import pytest

from marketplace.catalogue import compare, prices, rules
from marketplace.catalogue.finding_queries import Filters
from marketplace.catalogue.rules import AIUse, ScheduleForm, ToolStatus
from marketplace.core.errors import RuleBroken
from marketplace.pricing.rules import price_extras, schedule_from_json

PARTS = {
    "unanswered": [],
    "is_sold": True,
    "editions": 1,
    "editions_without_price": [],
    "billing_email": "a@b.org",
    "remit_to": "1 Main Street",
}


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("13.50", 1350), ("$1,234.5", 123450), (" 16 ", 1600), ("0", 0), ("$ 2", 200)],
)
def test_dollars_are_read_as_people_write_them(typed, cents):
    assert prices.read_dollars(typed) == cents


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("-1", "below zero"),
        ("(5.00)", "below zero"),
        ("1.234,50", "such as 13.50"),
        ("1e5", "such as 13.50"),
        ("12.345", "such as 13.50"),
        ("١٢", "such as 13.50"),
        ("12,34", "such as 13.50"),
        ("", "such as 13.50"),
        ("1000000000000", "at most"),
    ],
)
def test_an_unclear_price_is_refused_in_words(typed, words):
    with pytest.raises(RuleBroken, match=words):
        prices.read_dollars(typed)


def test_bands_are_read_into_the_exact_json_of_pricing():
    terms, problems = prices.read_terms(
        ScheduleForm.VOLUME, [("", "16"), ("2,500", "$13.50"), ("", "")], platform_fee="500"
    )

    assert problems == {}
    assert schedule_from_json(terms).to_json() == {
        "form": "volume",
        "platform_fee_cents": 50_000,
        "minimum_cents": 0,
        "cap_cents": None,
        "bands": [{"from": 1, "unit_cents": 1600}, {"from": 2500, "unit_cents": 1350}],
    }


def test_a_vendors_leave_to_combine_licenses_is_kept_and_said():
    bands = [("1", "1"), ("11", "9")]
    terms, _ = prices.read_terms(ScheduleForm.GRADUATED, bands, combinable=True)
    alone, _ = prices.read_terms(ScheduleForm.GRADUATED, bands)

    schedule = schedule_from_json(terms)

    assert schedule.to_json()["combinable"] is True
    assert prices.cost_of(schedule, 30) == 3_000
    assert "Several licenses may be combined" in price_extras(schedule)[0]
    assert prices.cost_of(schedule_from_json(alone), 30) == 19_000
    assert price_extras(schedule_from_json(alone)) == []


@pytest.mark.parametrize(
    ("form", "bands", "field", "words"),
    [
        ("volume", [("1", "16"), ("500", "")], "price_2", "Band 2: Enter the price"),
        ("volume", [("1", "16"), ("", "9")], "from_2", "from how many seats"),
        ("site", [("1", "16"), ("", "9")], "from_2", "from how many pupils"),
        ("volume", [("1", "16"), ("1", "9")], "from_2", "above the band before it"),
        ("graduated", [("10", "16")], "from_1", "starts at 1"),
        ("volume", [("1", "free")], "price_1", "such as 13.50"),
        ("volume", [("1", "1000000.01")], "price_1", "at most"),
        ("volume", [("many", "9")], "from_1", "whole number"),
        ("volume", [], "price_1", "Enter the price"),
        ("per_seat", [("1", "16"), ("9", "9")], "price_2", "only one band"),
        ("site", [("1", "0")], "price_1", "at least one cent"),
        ("flat", [], "total", "flat price"),
    ],
)
def test_a_wrong_band_is_explained_at_its_own_field(form, bands, field, words):
    _, problems = prices.read_terms(ScheduleForm(form), bands)

    assert words in problems[field]


def test_a_cap_below_the_minimum_is_refused_at_the_cap():
    _, problems = prices.read_terms(ScheduleForm.PER_SEAT, [("1", "9")], minimum="100", cap="99.99")

    assert problems.keys() == {"cap"}


def test_what_is_read_without_problems_can_always_be_priced():
    for form in ScheduleForm:
        bands = [("1", "16"), ("500", "9")] if form != "per_seat" else [("1", "16")]
        terms, problems = prices.read_terms(form, bands, total="100", minimum="5", cap="900")

        assert not problems
        assert len(prices.preview(schedule_from_json(terms))) == 4


def test_an_offer_ends_after_today_and_within_five_years():
    today = date(2026, 11, 16)
    prices.check_offer(12, date(2027, 6, 30), today)
    for term, until in ((0, date(2027, 6, 30)), (12, today), (12, date(2032, 1, 1))):
        with pytest.raises(RuleBroken):
            prices.check_offer(term, until, today)


def test_a_range_names_the_lowest_and_the_highest_price():
    volume = schedule_from_json(
        {
            "form": "volume",
            "bands": [{"from": 1, "unit_cents": 1600}, {"from": 9, "unit_cents": 975}],
        }
    )
    flat = schedule_from_json({"form": "flat", "total_cents": 500_000})

    assert prices.price_range([volume]) == "$9.75 to $16.00 a seat"
    assert prices.price_range([volume, flat]) == "$9.75 to $16.00 a seat or $5,000.00 in all"
    assert prices.price_range([]) == ""
    assert prices.lowest_seat_cents([volume, flat]) == 975
    assert prices.lowest_seat_cents([flat]) is None


def test_the_preview_is_what_a_sensible_buyer_pays():
    cliff = schedule_from_json(
        {
            "form": "volume",
            "bands": [{"from": 1, "unit_cents": 1000}, {"from": 500, "unit_cents": 300}],
        }
    )

    assert prices.preview(cliff) == [
        (50, 50_000, 1000),
        (200, 150_000, 750),
        (500, 150_000, 300),
        (2000, 600_000, 300),
    ]


def test_grades_and_subjects_read_as_words():
    assert rules.grade_words(-1, 5) == "Pre-K–5"
    assert rules.grade_words(3, 3) == "3"
    assert rules.subject_words(["math", "science"]) == "Math, Science"


def test_folding_forgets_case_and_accents():
    assert rules.fold("  Éclair STRASSE ") == rules.fold("eclair straße")


def test_a_complete_listing_lacks_nothing():
    assert rules.missing_parts(**PARTS) == []


@pytest.mark.parametrize(
    "gap",
    [
        {"unanswered": ["About the tool: Subjects."]},
        {"editions": 0},
        {"editions_without_price": ["K–2"]},
        {"billing_email": ""},
        {"remit_to": " "},
    ],
)
def test_each_gap_is_named_once(gap):
    assert len(rules.missing_parts(**PARTS | gap)) == 1


def test_an_open_source_tool_with_services_by_the_line_needs_no_edition():
    assert rules.missing_parts(**PARTS | {"is_sold": False, "editions": 0}) == []


def test_only_a_draft_or_a_listing_taken_down_is_sent():
    rules.check_can_submit(ToolStatus.DRAFT, [])
    rules.check_can_submit(ToolStatus.SUSPENDED, [])
    with pytest.raises(RuleBroken):
        rules.check_can_submit(ToolStatus.PUBLISHED, [])
    with pytest.raises(RuleBroken, match="AI use"):
        rules.check_can_submit(ToolStatus.DRAFT, ["AI use"])


def test_unknown_filters_count_as_not_asked():
    asked = {"grade": "99", "subject": "x'; --", "ai": "lots", "pool": "maybe", "sort": "best"}

    assert Filters.of(asked) == Filters()
    assert Filters.of({"grade": "k"}).grade == 0


def listed(**answers):
    fields = {
        "id": uuid4(),
        "org_id": uuid4(),
        "status": ToolStatus.PUBLISHED,
        "open_pools": 0,
        "ai_use": AIUse.NONE,
        "ai_facts": ["None."],
        "lowest_grade": 0,
        "highest_grade": 5,
        "subjects": ["math"],
        "languages": [],
        "runs_on": "",
        "works_with": "",
        "suspended_because": "",
        "privacy_grade": None,
    }
    return SimpleNamespace(**fields | answers)


def test_only_differing_rows_stay_when_asked():
    tools = [listed(), listed(highest_grade=8)]

    groups, hidden = compare.only_differing(compare.compare(tools, {}, {}, None))

    assert [row.question for group in groups for row in group.rows] == ["Grades"]
    assert hidden == 10


def test_the_lowest_cost_is_marked_once_and_never_for_a_withdrawn_tool():
    cheap, dear = listed(), listed()
    gone = listed(status=ToolStatus.SUSPENDED)
    terms = lambda cents: [  # noqa: E731
        schedule_from_json({"form": "per_seat", "bands": [{"from": 1, "unit_cents": cents}]})
    ]
    in_force = {cheap.id: terms(900), dear.id: terms(1100), gone.id: terms(100)}

    cells = compare.costs([dear, cheap, gone], in_force, 10)

    assert [cell.text for cell in cells] == ["$110.00", "$90.00", compare.WITHDRAWN]
    assert [cell.lowest for cell in cells] == [False, True, False]
