"""Terms, bills, certificates in words and the math of a share; no database."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.core.money import LARGEST_CENTS
from marketplace.costs import (
    bill_rules,
    calculator_rules,
    csv_rules,
    math_rules,
    proposal_rules,
    rules,
)
from marketplace.costs.rules import Terms, terms_of
from marketplace.pricing.rules import (
    OFFERED_METHODS,
    Band,
    Blocking,
    Certificate,
    Form,
    Kind,
    Member,
    Method,
    Rest,
    Schedule,
    split,
    split_document,
)

FLAT = Schedule(Form.FLAT, total_cents=4_800_000)
GOLDEN = [Member(n, 1, p) for n, p in zip("abcde", (312, 587, 1140, 96, 845))]
HYBRID = Terms(Method.HYBRID, 3_000, Rest.PER_PUPIL)
BY_FORMULA = [
    Terms(Method.PROPORTIONAL),
    Terms(Method.PER_PUPIL),
    Terms(Method.EQUAL),
    HYBRID,
    Terms(Method.HYBRID, 1_234, Rest.PER_SEAT),
]
MEMBERS = st.lists(
    st.tuples(st.integers(1, 5_000), st.integers(1, 5_000)), min_size=1, max_size=12
).map(lambda sizes: [Member(f"d{n}", s, p) for n, (s, p) in enumerate(sizes)])


# -- terms -------------------------------------------------------------------------------------


def test_every_method_has_its_words_whether_it_is_offered_yet_or_not():
    assert set(rules.METHOD_WORDS) == set(Method)


@pytest.mark.parametrize(
    "typed, bps", [("30", 3_000), (" 12.5 % ", 1_250), ("0", 0), ("100", 10_000)]
)
def test_the_equal_part_is_read_as_a_percent(typed, bps):
    assert terms_of("hybrid", typed, "per_pupil").equal_bps == bps


@pytest.mark.parametrize(
    "typed", ["", "a third", "-1", "101", "NaN", "Infinity", "1e999999", "1.234"]
)
def test_an_equal_part_that_is_none_is_refused_at_its_field(typed):
    with pytest.raises(RuleBroken, match="percent from 0 to 100") as refusal:
        terms_of("hybrid", typed, "per_pupil")

    assert refusal.value.field == "equal_percent"


def test_an_unknown_method_or_rest_is_refused_at_its_field():
    with pytest.raises(RuleBroken) as method:
        terms_of("by hand")
    with pytest.raises(RuleBroken) as rest:
        terms_of("hybrid", "30", "per_acre")

    assert (method.value.field, rest.value.field) == ("method", "rest")


def test_a_hybrid_says_its_parts():
    assert HYBRID.words == "30% equal, the rest by pupils"
    assert HYBRID.for_split() == {
        "method": "hybrid",
        "equal_share": "0.3000",
        "rest": "per_pupil",
    }
    assert "total × 30% ÷ number of districts + total × 70% × your pupils" in HYBRID.formula


def test_too_many_members_for_one_page_are_refused_with_the_way_out():
    with pytest.raises(RuleBroken, match=r"20,001 districts.*marketplace split"):
        rules.check_size(Method.PROPORTIONAL, 20_001)

    rules.check_size(Method.PROPORTIONAL, 20_000, steps=1_000)


@pytest.mark.parametrize("method", [Method.SHAPLEY, Method.EPM])
def test_methods_that_reckon_long_have_smaller_pages(method):
    most, steps = rules.MOST_BY_METHOD[method], rules.MOST_STEPS[method]
    rules.check_size(method, most, steps)

    with pytest.raises(RuleBroken) as crowd:
        rules.check_size(method, most + 1, 1)
    with pytest.raises(RuleBroken) as ladder:
        rules.check_size(method, 1, steps + 1)
    assert (crowd.value.field, ladder.value.field) == ("members", "bands")


def test_a_long_group_is_named_in_part():
    names = {n: f"District {n}" for n in range(12)}

    assert rules.named([1], names) == "District 1"
    assert rules.named([1, 2, 3], names) == "District 1, District 2 and District 3"
    assert rules.named(range(12), names).endswith("District 7 and 4 more")


# -- bills ---------------------------------------------------------------------------------------


def test_the_golden_split_has_its_bills_per_pupil():
    result = bill_rules.reckon(FLAT, GOLDEN, HYBRID, "")
    lines = bill_rules.bills(result.shares, result.alone, GOLDEN, {})

    assert [line.cents for line in lines] == [639_785, 949_852, 1_573_369, 396_242, 1_240_752]
    assert [line.per_pupil_cents for line in lines] == [2_051, 1_618, 1_380, 4_128, 1_468]


def test_a_line_says_what_changes_against_alone_and_today():
    line = bill_rules.Bill("a", "A", 10, 20, cents=900, alone_cents=1_000, now_cents=850)

    assert (line.saves_cents, line.changes_cents, line.per_seat_cents) == (100, 50, 90)
    assert bill_rules.Bill("a", "A", 1, None, 5, 5).per_pupil_cents is None


def test_the_blocking_group_is_named_with_what_it_would_save():
    shown = Certificate(Kind.NONE, False, False, None, Blocking(("a", "b"), 12_345))

    lines = bill_rules.certificate_words(shown, {"a": "Maple", "b": "Oak"})

    assert "Some districts pay more than they would alone." in lines
    assert any("$123.45" in line and "Maple and Oak" in line for line in lines)


def test_nothing_is_claimed_that_was_not_shown():
    lines = bill_rules.certificate_words(Certificate(Kind.NONE, True, False, None), {})

    assert lines[1] == "It was not shown that every group is best off here, so we do not claim it."
    assert len(lines) == 2


@pytest.mark.parametrize("kind", list(Kind))
def test_a_certificate_survives_being_written_down(kind):
    shown = Certificate(kind, True, kind is not Kind.NONE, None, Blocking(("a",), 5))
    written = {
        "kind": kind.value,
        "individually_rational": True,
        "core": shown.core,
        "joiner_never_raises": None,
        "blocking": {"members": ["a"], "would_save_cents": 5},
    }

    assert bill_rules.certificate_of(written) == shown


def test_every_method_on_offer_is_compared_and_what_cannot_be_says_why():
    members = [Member("a", 5, None), Member("b", 7, 9)]

    found = {
        each.terms.method: each for each in bill_rules.compare(FLAT, members, BY_FORMULA[0], "")
    }

    assert set(found) == set(OFFERED_METHODS)
    assert found[Method.PROPORTIONAL].is_chosen
    assert found[Method.PER_PUPIL].problem == "It needs the pupils of every district."
    assert found[Method.PER_PUPIL].verdict[1] == "Not worked out"


# -- the math ------------------------------------------------------------------------------------


def test_the_math_of_the_golden_share():
    result = split(FLAT, GOLDEN, "per_pupil")
    mine = math_rules.my_math(
        result.total_cents, result.shares, result.alone, GOLDEN[0], GOLDEN, BY_FORMULA[1]
    )

    assert mine.put_in == "$48,000.00 × 312 ÷ 2,980 pupils"
    assert mine.exact == "$5,025.50 and 50/149 of a cent"
    assert not mine.pays_odd_cent
    assert mine.share_cents == 502_550


@pytest.mark.parametrize("terms", BY_FORMULA, ids=lambda terms: terms.words)
@given(members=MEMBERS, total=st.integers(0, 10**12))
def test_the_formula_shown_gives_the_bill_within_a_cent_and_adds_up(terms, members, total):
    schedule = Schedule(Form.FLAT, total_cents=total)
    result = bill_rules.reckon(schedule, members, terms, "seed")
    found = math_rules.weights(members, terms)

    exact = {m.id: found.exact_cents(total, m.id) for m in members}
    odd = math_rules.odd_cents(total, found, result.shares)

    assert sum(exact.values()) == total
    assert all(abs(result.shares[m] - exact[m]) < 1 for m in exact)
    assert len(odd.payers) == odd.left
    cut = {m: exact[m] - exact[m].__floor__() for m in exact}
    spared = [cut[m] for m in exact if m not in odd.payers]
    if odd.payers and spared:
        least = min(cut[m] for m in odd.payers)
        assert least >= max(spared)
        assert odd.by_tie is (least == max(spared))


def test_a_whole_share_is_said_to_be_exact():
    assert math_rules.exact_words(Fraction(500_000)) == "$5,000.00 exactly"


def test_methods_without_a_short_formula_show_none():
    assert math_rules.weights(GOLDEN, Terms(Method.SHAPLEY)) is None
    assert math_rules.numbers_put_in(1, GOLDEN[0], GOLDEN, Terms(Method.EPM)) == ""


# -- what is frozen --------------------------------------------------------------------------------


def test_frozen_inputs_are_split_again_to_the_same_bills():
    facts = {m.id: {"name": m.id.upper(), "pupils_year": "2023-24"} for m in GOLDEN}
    inputs = proposal_rules.frozen_inputs(FLAT, GOLDEN, facts, HYBRID, "seed")
    result = bill_rules.reckon(FLAT, GOLDEN, HYBRID, "seed")

    assert split_document(inputs)["shares"] == result.shares
    assert inputs["members"][0]["name"] == "A"


def test_the_fingerprint_follows_the_content_and_not_the_order():
    inputs = {"a": 1, "b": [1, 2]}

    assert proposal_rules.fingerprint(inputs) == proposal_rules.fingerprint({"b": [1, 2], "a": 1})
    assert proposal_rules.fingerprint(inputs) != proposal_rules.fingerprint({"a": 1, "b": [2, 1]})


@pytest.mark.parametrize("method", ["hybrid", "unheard of", "per_pupil"])
def test_a_method_of_today_that_cannot_be_used_is_not_compared(method):
    assert proposal_rules.todays_split(FLAT, [Member("a", 1, None)], method, "") is None


@pytest.mark.parametrize("seats", [{"x": 1}, {"a": -1}, {"a": 10**9}])
def test_only_members_and_sensible_seats_are_frozen(seats):
    with pytest.raises(RuleBroken) as refusal:
        proposal_rules.check_seats(seats, {"a"})

    assert refusal.value.field == "seats"


# -- the calculator --------------------------------------------------------------------------------


def typed(**changed):
    return {
        "kind": "volume",
        "bands": "1, 16.00\n2500, 13.50",
        "method": "proportional",
        "members": "Maple, 620, 640\nCedar, 1150, 1310",
        **changed,
    }


def test_a_sound_form_has_a_split_and_the_document_that_gives_it_again():
    found = calculator_rules.answer(typed(seed="us"))

    assert found.problems == {}
    assert split_document(calculator_rules.as_document(found))["shares"] == found.split.shares


@pytest.mark.parametrize(
    "changed, field",
    [
        ({"kind": "auction"}, "kind"),
        ({"bands": ""}, "bands"),
        ({"bands": "5, 16.00"}, "bands"),
        ({"bands": "1, 16.00\n1, 12.00"}, "bands"),
        ({"kind": "flat"}, "total"),
        ({"kind": "flat", "total": "lots"}, "total"),
        ({"cap": "5", "minimum": "9"}, "minimum"),
        ({"fee": "NaN"}, "fee"),
        ({"method": "by hand"}, "method"),
        ({"method": "hybrid", "rest": "per_pupil", "equal_percent": "x"}, "equal_percent"),
        ({"members": ""}, "members"),
        ({"members": "Maple, 620", "method": "per_pupil"}, "members"),
        ({"seed": "x" * 201}, "seed"),
        ({"kind": "per_seat", "bands": f"1, {LARGEST_CENTS // 100}"}, "members"),
    ],
)
def test_a_problem_stands_at_its_field_and_there_is_no_split(changed, field):
    found = calculator_rules.answer(typed(**changed))

    assert set(found.problems) == {field}
    assert found.split is None


def test_every_problem_is_told_at_once():
    found = calculator_rules.answer(typed(bands="x", members="Maple, many", method=""))

    assert set(found.problems) == {"bands", "members", "method"}


def test_a_thousand_bad_rows_are_a_short_list():
    found = calculator_rules.answer(typed(members="\n".join(f"D{n}, x" for n in range(1_000))))

    assert len(found.problems["members"]) == calculator_rules.MOST_PROBLEMS_SHOWN + 1
    assert found.problems["members"][-1] == "… and 980 more like these."


def test_what_one_page_takes_is_checked_before_anything_is_reckoned():
    text = "\n".join(f"D{n}, 5" for n in range(20_001))

    assert "20,001 districts" in calculator_rules.answer(typed(members=text)).problems["members"][0]


def test_seats_in_the_designer_may_be_empty_or_nothing():
    assert [csv_rules.seats_of(text) for text in ("", " ", "0", "1,200")] == [0, 0, 0, 1_200]
    with pytest.raises(ValueError, match="whole number from 0"):
        csv_rules.seats_of("-1")


def test_site_prices_split_by_the_pupils_of_each():
    schedule = Schedule(Form.SITE, (Band(0, 100_000), Band(1_000, 150_000)))
    result = bill_rules.reckon(
        schedule, [Member("a", 1, 500), Member("b", 1, 2_000)], BY_FORMULA[0], ""
    )

    assert sum(result.shares.values()) == 250_000
