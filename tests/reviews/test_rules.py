"""The rules alone: the draw, settling, silence, working days, changes of a text, addresses."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.reviews import evidence_rules, fetch_rules, holidays, rules, watch_rules
from marketplace.reviews.evidence_rules import DocumentKind
from marketplace.reviews.rules import Found, Level, Source, State
from marketplace.reviews.watch_rules import Decision, Topic

NOW = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)


@given(st.sets(st.text("ABC-0123", min_size=1), max_size=60), st.text(max_size=8))
def test_a_quarter_of_the_rest_is_drawn_whatever_the_order(others, seed):
    drawn = rules.second_reading(["GATE"], sorted(others), seed)

    assert drawn == rules.second_reading(["GATE"], sorted(others, reverse=True), seed)
    rest = [q for q in drawn if q != "GATE"]
    assert len(drawn) == 1 + len(rest) == 1 - (-len(others) // 4)
    assert set(rest) <= others


def test_another_seed_draws_others():
    others = [f"Q-{n}" for n in range(36)]
    draws = {tuple(rules.second_reading([], others, str(seed))) for seed in range(20)}
    assert len(draws) == 20


def says(option, level=Level.E1):
    return Found(State.ANSWERED, option, level)


def test_what_two_readings_come_to():
    first = {"G": says("a", Level.E3), "H": says("a"), "I": says("b"), "X": says("a", Level.E3)}
    second = {"G": says("a", Level.E3), "H": says("b")}
    settled, differ = rules.settle(first, second, ["G", "H", "I"])

    assert settled == {
        "G": (says("a", Level.E3), Source.AGREED),
        "X": (says("a", Level.E2), Source.FIRST),  # checked by one alone is not checked
    }
    assert differ == ["H", "I"]


def test_silence_of_thirty_days_is_a_no():
    asked = NOW - timedelta(days=30)
    assert rules.silent(State.NOT_FOUND, asked, False, NOW) is State.DECLINED
    assert (
        rules.silent(State.NOT_FOUND, asked + timedelta(seconds=1), False, NOW) is State.NOT_FOUND
    )
    assert rules.silent(State.NOT_FOUND, asked, True, NOW) is State.NOT_FOUND
    assert rules.silent(State.ANSWERED, asked, False, NOW) is State.ANSWERED


def test_agreement_counts_by_question():
    assert rules.agreement([("A", True), ("A", False), ("B", True)]) == {"A": (1, 2), "B": (1, 1)}


@pytest.mark.parametrize(
    ("begin", "days", "end"),
    [
        (date(2026, 11, 16), 10, date(2026, 12, 1)),  # over Thanksgiving, Nov 26
        (date(2026, 12, 18), 10, date(2027, 1, 5)),  # over Christmas and New Year's Day
        (date(2026, 7, 2), 1, date(2026, 7, 6)),  # July 4 is a Saturday: Friday is closed
        (date(2027, 7, 2), 1, date(2027, 7, 6)),  # July 4 is a Sunday: Monday is closed
        (date(2026, 11, 14), 1, date(2026, 11, 16)),
    ],
)
def test_working_days(begin, days, end):
    assert holidays.working_days_after(begin, days) == end


def test_holidays_that_are_not_loaded_are_not_guessed():
    with pytest.raises(LookupError, match="not loaded for 2033"):
        holidays.working_days_after(date(2032, 12, 28), 10)
    # New Year's Day of 2028 is a Saturday, so it is kept on the last day of 2027.
    per_year = {y: sum(d.year == y for d in holidays.federal()) for y in (2026, 2027, 2028)}
    assert per_year == {2026: 11, 2027: 12, 2028: 10}


def test_reminders_once_each():
    day = date(2026, 12, 1)
    steps = [rules.reminder_due(day, day - timedelta(days=n), (7, 2), 9_999) for n in (8, 7, 1, -1)]
    assert steps == [None, 7, 2, None]
    assert rules.reminder_due(day, day - timedelta(days=3), (7, 2), 7) is None


# -- documents -------------------------------------------------------------------------------


def test_what_a_document_must_say():
    day, check = date(2026, 11, 16), evidence_rules.check_document
    check(DocumentKind.POLICY, "Policy", day, None, None, day)
    for kind, title, period, ends, field in (
        (DocumentKind.POLICY, " ", None, None, "title"),
        (DocumentKind.CONTRACT, "DPA", None, None, "expires_on"),
        (DocumentKind.CONTRACT, "DPA", None, day, "expires_on"),
        (DocumentKind.AUDIT, "SOC 2", None, None, "period_ended_on"),
        (DocumentKind.AUDIT, "SOC 2", day + timedelta(days=1), None, "period_ended_on"),
    ):
        with pytest.raises(RuleBroken) as refused:
            check(kind, title, day, period, ends, day)
        assert refused.value.field == field
    assert evidence_rules.counts_from(DocumentKind.AUDIT, day, date(2026, 6, 30)).month == 6


# -- watching --------------------------------------------------------------------------------

POLICY = """Privacy policy
Last updated: March 3, 2026
• We keep records for 30 days.
We don’t sell student data.
© 2026 Fieldnotes"""


def prints(text):
    return watch_rules.prints(text.encode(), text)


def test_three_prints_tell_bytes_spaces_and_looks_apart():
    first = prints(POLICY)
    wider = prints(POLICY.replace(" ", "  "))
    assert (wider.raw != first.raw, wider.spaced, wider.shown) == (True, first.spaced, first.shown)
    looks = POLICY.replace("’", "'").replace("•", "-")
    restyled = prints(looks.replace("March 3", "May 9").replace("2026 F", "2027 F"))
    assert restyled.spaced != first.spaced
    assert restyled.shown == first.shown
    assert prints(POLICY.replace("30 days", "90 days")).shown != first.shown


def test_a_page_is_read_as_its_words():
    page = (
        b"<!doctype html><head><title>x</title></head><p>We  keep <b>it</b>.</p><script>1</script>"
    )
    assert watch_rules.words_of(page, "text/html") == "We keep it."
    assert watch_rules.words_of(b"\xff plain", "text/plain") == "\ufffd plain"


@pytest.mark.parametrize(
    ("sentence", "topics"),
    [
        ("Our sub-processors are listed here.", {Topic.SUB_PROCESSORS}),
        ("We may use inputs to train models.", {Topic.TRAINING}),
        ("We may sell data.", {Topic.SELLING}),
        ("We disclose records to affiliates.", {Topic.SHARING}),
        ("Logs are deleted after 90 days.", {Topic.RETENTION}),
        ("A child under 13 needs consent.", {Topic.MINORS}),
        ("Our office has moved to Ohio.", {Topic.REST}),
    ],
)
def test_changes_are_sorted_by_what_they_are_about(sentence, topics):
    change = watch_rules.change_between(POLICY, f"{POLICY}\n{sentence}")
    assert (set(change.topics), len(change.added), change.removed) == (topics, 1, ())
    reordered = watch_rules.change_between("One two. Three four.", "Three four. One two.")
    assert (reordered.added, reordered.removed, reordered.topics) == ((), (), ())


def test_without_a_decision_what_matters_is_read_again():
    assert watch_rules.default_decision([Topic.REST]) is Decision.ACCEPTED
    assert watch_rules.default_decision([Topic.REST, Topic.SELLING]) is Decision.REOPENED


# -- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "::1", "::",
        "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1",
        "2001:db8::1", "::127.0.0.1", "fec0::1", "100::1", "not an address", "",
    ],
)  # fmt: skip
def test_what_is_not_public_is_never_asked(address):
    assert not fetch_rules.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_addresses(address):
    assert fetch_rules.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/x", "file:///etc/passwd", "gopher://example.org", "javascript:alert(1)",
        "https://user:secret@example.org/", "https://@example.org/", "https://example.org:8443/",
        "http://example.org:22/", "https:///x", "//example.org", "example.org", "",
        "https://exa mple.org", "https://example.org/\tx", "https://[::1", "http://example.org:x/",
    ],
)  # fmt: skip
def test_addresses_that_are_refused(url):
    with pytest.raises(RuleBroken):
        fetch_rules.check_url(url)


def test_addresses_as_they_are_asked():
    asked = fetch_rules.check_url("https://Exämple.org/a?b=c#d")
    assert asked == ("https", "xn--exmple-cua.org", 443, "/a?b=c")
    assert fetch_rules.redirected("https://a.org/x/y", "../z") == "https://a.org/z"
    with pytest.raises(RuleBroken, match="away from https"):
        fetch_rules.redirected("https://a.org/", "http://a.org/")
