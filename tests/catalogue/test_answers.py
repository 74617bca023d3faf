"""The question set and the answers to it: pure rules."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue import answers as said
from marketplace.catalogue import listing_rules, questions
from marketplace.catalogue.listing_rules import ChangedMeanwhile, ChangeKind
from marketplace.catalogue.questions import BadQuestions
from marketplace.core.errors import RuleBroken

TODAY = date(2026, 11, 16)
ASKED = questions.load()


def read(key, typed):
    return said.read(ASKED.by_key[key], typed, TODAY)


def given_answers(**values):
    return {key: {"value": value, "on": "2026-11-16"} for key, value in values.items()}


# -- the set ---------------------------------------------------------------------------------


def test_the_question_set_asks_what_districts_need_to_know():
    keys = set(ASKED.by_key)

    assert {"ai_models", "ai_decides", "ai_people", "ai_training", "ai_age_limit"} <= keys
    assert {"ai_limits", "ai_bias", "ai_changed_on", "integrations", "offline"} <= keys
    assert {"insurance", "viability", "exit_formats", "deletion_certificate"} <= keys
    assert {"essa_tier", "study_link", "tiny_floor_cents", "mid_term_join"} <= keys
    assert {"service_lines", "training_lines", "renewal_cap_percent"} <= keys


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        ({"key": "a", "type": "riddle", "label": "A"}, "no type"),
        ({"key": "a", "type": "choice", "label": "A"}, "options"),
        ({"key": "a", "type": "text", "label": "A", "who": "spies"}, "nobody"),
        ({"key": "a", "type": "text", "label": "A", "touched": ["weather"]}, "no such change"),
        ({"key": "a", "type": "text", "label": "A", "only_if": {"b": ["x"]}}, "before it"),
        ({"key": "fee", "type": "dollars", "label": "A"}, "cents"),
        ({"key": "a", "type": "text", "label": "A", "hint": "?"}, "hint"),
    ],
)
def test_a_wrong_question_is_named(question, problem):
    sections = [{"key": "s", "title": "S", "help": "", "questions": [question]}]

    with pytest.raises(BadQuestions, match=problem):
        questions.parse({"version": "x", "sections": sections})


def test_every_word_of_the_set_reads_at_grade_8_or_below():
    """Flesch-Kincaid over all the help of the set, with a rough count of syllables."""
    text = " ".join(f"{q.label}. {q.help}" for q in ASKED) + " ".join(
        s.help for s in ASKED.sections
    )
    words = [w for w in "".join(c if c.isalpha() else " " for c in text).split() if w]
    sentences = max(1, sum(text.count(mark) for mark in ".?!:;"))
    syllables = sum(_syllables(word.lower()) for word in words)

    assert 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59 <= 8


def _syllables(word):
    groups = sum(
        c in "aeiouy" and (i == 0 or word[i - 1] not in "aeiouy") for i, c in enumerate(word)
    )
    return max(1, groups - (word.endswith("e") and groups > 1))


# -- what is typed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("name", "  Reading \t Coach ", "Reading Coach"),
        ("description", "One.\r\n\r\nTwo.\x07", "One.\n\nTwo."),
        ("languages", "English\n\n Spanish ", ["English", "Spanish"]),
        ("subjects", "Math; reading and writing", ["reading", "math"]),
        ("subjects", ["math"], ["math"]),
        ("lowest_grade", "pre-k", -1),
        ("ai_training", "Yes", "yes"),
        ("deletion_certificate", "no", False),
        ("exit_days", "1,000", 1000),
        ("tiny_floor_cents", "$250", 25_000),
        ("training_lines", "Half a day: $1,200.00", [{"what": "Half a day", "cents": 120_000}]),
        ("insurance_until", "2027-06-30", "2027-06-30"),
        ("website", "https://a.example/b?c=d", "https://a.example/b?c=d"),
        ("website", "", None),
        ("subjects", [], None),
        ("name", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_answers_are_read_by_the_type_of_their_question(key, typed, value):
    assert read(key, typed) == value


@pytest.mark.parametrize(
    ("key", "typed", "words"),
    [
        ("summary", "x" * 161, "161 letters"),
        ("description", "x" * 10_485_760, "10,485,760 letters"),
        ("languages", "x\n" * 21, "21 lines"),
        ("languages", "x" * 41, "Line 1"),
        ("website", "javascript:alert(1)", "https://"),
        ("website", "https://user:pass@evil.example", "https://"),
        ("subjects", ["alchemy"], "not one of the answers"),
        ("lowest_grade", "13", "Pre-K to 12"),
        ("tiny_floor_cents", "-1", "below zero"),
        ("tiny_floor_cents", "1000000000000", "at most"),
        ("training_lines", "Half a day: $-1", "Line 1: A price cannot be below zero."),
        ("training_lines", "Half a day", "a colon, and its price"),
        ("exit_days", "3651", "0 to 3,650"),
        ("exit_days", "-1", "whole number"),
        ("insurance_until", "2026-11-16", "has passed"),
        ("insurance_until", "30.6.2027", "such as 2027-06-30"),
        ("insurance_until", "9999-01-01", "1990 to 2099"),
        ("ai_changed_on", "2026-11-17", "still to come"),
        ("deletion_certificate", "maybe", "yes or no"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_question(key, typed, words):
    with pytest.raises(RuleBroken, match=words) as refusal:
        read(key, typed)

    assert refusal.value.field == key


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", " =cmd|' /C calc'!A0", "+A1", "-(1)", "＝1"])
def test_what_a_spreadsheet_would_run_is_refused(cell):
    with pytest.raises(RuleBroken, match="formula"):
        said.check_no_formula(cell)


@pytest.mark.parametrize("cell", ["-5", "+1 555 010 10", "A = B", "- a dash", "e@mail.example"])
def test_what_only_looks_like_a_formula_is_taken(cell):
    said.check_no_formula(cell)


TEXTS = st.text(max_size=120)


@given(question=st.sampled_from(list(ASKED)), typed=TEXTS)
def test_whatever_is_typed_is_read_or_refused_in_words_and_stays_the_same(question, typed):
    try:
        value = said.read(question, typed, TODAY)
    except RuleBroken:
        return

    assert said.checked(question, value, TODAY) == value
    assert all(isinstance(line, str) and line for line in said.lines_of(question, value))


@pytest.mark.parametrize(
    ("key", "value"),
    [("ai_use", "telepathy"), ("tiny_floor_cents", -1), ("name", " padded "), ("name", "x" * 81)],
)
def test_a_value_that_no_text_gives_is_not_stored(key, value):
    with pytest.raises(RuleBroken):
        said.checked(ASKED.by_key[key], value, TODAY)


# -- what follows from answers ---------------------------------------------------------------


def test_questions_about_ai_are_asked_only_of_tools_with_ai():
    section = ASKED.section("ai")

    assert said.progress(section, given_answers(ai_use="none")) == (1, 2)
    assert said.progress(section, given_answers(ai_use="generative"))[1] == 10


def test_the_difference_names_the_question_with_both_answers():
    before = given_answers(name="Coach", chromebook="all")
    after = given_answers(name="Coach", chromebook="none")

    [change] = said.changes(ASKED, before, after)

    assert (change.question.key, change.before, change.after) == (
        "chromebook",
        ["Everything works"],
        ["Does not work"],
    )


def test_facets_hold_one_folded_row_for_each_value():
    rows = said.facets(ASKED, given_answers(languages=["Español"], integrations=["lti", "google"]))

    assert rows == [("integrations", "google"), ("integrations", "lti"), ("languages", "espanol")]


# -- two editors -----------------------------------------------------------------------------


def marks(**values):
    return {key: said.mark_of_value(value) for key, value in values.items()}


def test_what_only_one_editor_changed_is_kept():
    stored = given_answers(name="Theirs", website="https://a.example")
    typed = {"name": "Seen", "website": "https://mine.example"}
    seen = marks(name="Seen", website="https://a.example")

    assert listing_rules.settle(ASKED, stored, typed, seen) == {"website": "https://mine.example"}


def test_what_both_changed_is_refused_with_the_words_of_the_other():
    with pytest.raises(ChangedMeanwhile) as refusal:
        listing_rules.settle(
            ASKED, given_answers(name="Theirs"), {"name": "Mine"}, marks(name="Seen")
        )

    assert "“Theirs”" in refusal.value.fields["name"]


VALUES = st.sampled_from(["a", "b", "c", None])


@given(seen=VALUES, stored=VALUES, typed=VALUES)
def test_no_editor_ever_overwrites_what_they_have_not_seen(seen, stored, typed):
    try:
        written = listing_rules.settle(
            ASKED,
            given_answers(name=stored) if stored else {},
            {"name": typed},
            marks(name=seen),
        )
    except ChangedMeanwhile:
        assert len({seen, stored, typed}) == 3
        return

    result = written.get("name", stored)
    assert result in ((typed,) if seen == stored else (stored,))


# -- what runs out ---------------------------------------------------------------------------


def test_warnings_come_at_90_60_and_30_days_once_each():
    ends_on = date(2027, 2, 14)  # 90 days after today

    assert listing_rules.warning_due(ends_on, date(2026, 11, 15), 9999) is None
    assert listing_rules.warning_due(ends_on, TODAY, 9999) == 90
    assert listing_rules.warning_due(ends_on, TODAY, 90) is None
    assert listing_rules.warning_due(ends_on, date(2026, 12, 16), 90) == 60
    assert listing_rules.warning_due(ends_on, date(2027, 2, 1), 90) == 30
    assert listing_rules.warning_due(ends_on, date(2027, 2, 15), 9999) is None


def test_a_listing_holds_for_a_year_and_some_answers_for_less():
    answers = given_answers(insurance_until="2027-01-31", ai_training="never", name="Coach")

    assert listing_rules.deadlines(ASKED, answers, date(2028, 2, 29)) == {
        "listing": date(2029, 2, 28),
        "insurance_until": date(2027, 1, 31),
        "ai_training": date(2027, 11, 16),
    }


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 60))
def test_months_later_is_never_more_than_four_days_off_the_day_of_the_month(day, months):
    later = listing_rules.months_after(day, months)

    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert 0 <= day.day - later.day <= 3


def test_each_kind_of_change_re_opens_the_answers_it_touches():
    assert "ai_training" in listing_rules.reopened(ASKED, ChangeKind.MODEL)
    assert "subprocessors" in listing_rules.reopened(ASKED, ChangeKind.SUB_PROCESSOR)
    assert "tiny_floor_cents" in listing_rules.reopened(ASKED, ChangeKind.PRICE)
    assert all(listing_rules.reopened(ASKED, kind) for kind in ChangeKind)
    assert "name" not in listing_rules.reopened(ASKED, ChangeKind.OWNERSHIP)


@pytest.mark.parametrize(
    ("day", "field"), [(date(2028, 1, 1), "takes_effect_on"), (date(2026, 7, 1), "takes_effect_on")]
)
def test_a_notice_names_a_day_not_too_far_off(day, field):
    listing_rules.check_notice("New model.", date(2026, 12, 1), TODAY)
    with pytest.raises(RuleBroken) as refusal:
        listing_rules.check_notice("New model.", day, TODAY)

    assert refusal.value.field == field
