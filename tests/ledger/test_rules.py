"""The words of the books: codes, kinds, lines that cancel, and the text that is sealed."""

import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.ledger import body, rules
from marketplace.ledger.body import FIRST_PREV, Body
from marketplace.ledger.rules import AccountKind, Leg, PostingKind

GOLDEN = (
    '{"v":1,"c":"6f1c2a3e-0000-4000-8000-000000000007","k":"invoice:AL-0001",'
    '"t":"2026-03-02T09:00:00Z","d":"2026-03-01","by":"system","kind":"split_billed",'
    '"ref":"pool:reading-tutor/invoice:AL-0001",'
    '"e":[["receivable:0100005",502550,"USD"],["payable:brightpath",-502550,"USD"]]}'
)
#: Computed apart from our code: printf '\0%s' "$GOLDEN" | sha256sum, then
#: (64 zeros and that digest) | xxd -r -p | sha256sum.
GOLDEN_LEAF = "e8c8bc2fc18a4d5dd3ea0ae1892b31098898232435940b2865dcdf12eaa1edaf"
GOLDEN_HASH = "15aacc1b47665a923df7a4cc67fc4505ec1e188f80b8f11f7d789ca124dd6124"


def entry(**changes) -> Body:
    said = {
        "consortium": "6f1c2a3e-0000-4000-8000-000000000007",
        "key": "invoice:AL-0001",
        "recorded_at": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        "effective_on": date(2026, 3, 1),
        "by": "system",
        "kind": PostingKind.SPLIT_BILLED,
        "ref": "pool:reading-tutor/invoice:AL-0001",
        "legs": (Leg("receivable:0100005", 502550), Leg("payable:brightpath", -502550)),
    }
    return Body(**(said | changes))


names = st.from_regex(r"\A[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}\Z")
leaids = st.from_regex(r"\A[0-9]{7}\Z")
codes = st.one_of(
    st.builds("{}:{}".format, st.sampled_from(["cash", "payable", "grant", "fee"]), names),
    st.builds("{}:{}".format, st.sampled_from(["receivable", "credit"]), leaids),
    st.sampled_from(["rounding", "writeoff"]),
)
amounts = st.integers(-(10**12), 10**12).filter(bool)


@st.composite
def balanced_legs(draw):
    legs = draw(st.lists(st.builds(Leg, codes, amounts), min_size=1, max_size=12))
    left = -sum(leg.cents for leg in legs)
    return (*legs, Leg("rounding", left)) if left else (*legs, *rules.mirror(legs))


bodies = st.builds(
    Body,
    consortium=st.uuids().map(str),
    key=st.from_regex(r"\A[!-~]{1,60}\Z"),
    recorded_at=st.integers(0, 4 * 10**9).map(
        lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
    ),
    effective_on=st.dates(date(1970, 1, 1)),
    by=st.uuids().map(str) | st.just("system"),
    kind=st.sampled_from(PostingKind),
    ref=st.just("pool:reading-tutor/invoice:1"),
    legs=balanced_legs(),
    reverses=st.none() | st.integers(1, 10**9),
)


def test_the_text_of_an_entry_is_the_promised_one():
    assert entry().canonical() == GOLDEN


def test_the_hash_of_the_first_entry_is_the_one_computed_by_hand():
    assert body.leaf_of(GOLDEN) == GOLDEN_LEAF
    assert body.chained(FIRST_PREV, GOLDEN_LEAF) == GOLDEN_HASH
    assert body.chain([GOLDEN]) == [GOLDEN_HASH]


def test_each_hash_seals_all_entries_before_it():
    first, second = body.chain([GOLDEN, GOLDEN])

    assert second == sha256(bytes.fromhex(first) + bytes.fromhex(GOLDEN_LEAF)).hexdigest()
    assert body.chain([GOLDEN.replace("502550", "502551"), GOLDEN])[1] != second


def test_only_a_reversal_names_the_entry_it_cancels():
    assert "reverses" not in json.loads(entry().canonical())
    assert list(json.loads(entry(reverses=4).canonical())) == [*body.KEYS[:-1], "reverses", "e"]


@given(bodies)
def test_a_text_read_back_is_the_same_entry(said):
    assert body.read(said.canonical()) == said
    assert said.canonical().isascii()


@pytest.mark.parametrize(
    "changed",
    [
        GOLDEN.replace('"v":1,', '"v":1, '),
        GOLDEN.replace('"v":1', '"v":2'),
        GOLDEN.replace("502550,", "502550.0,", 1),
        GOLDEN.replace('"by":"system"', '"by":"system","by":"system"'),
        GOLDEN.replace("split_billed", "unheard_of"),
        GOLDEN.replace('"USD"', '"EUR"', 1),
        GOLDEN[:-1],
        "[]",
        "",
    ],
)
def test_a_text_in_any_other_form_is_refused(changed):
    assert body.read(GOLDEN) == entry()
    with pytest.raises(ValueError, match=r"not an entry|canonical"):
        body.read(changed)


def test_a_repeat_may_come_later_and_from_somebody_else():
    later = entry(recorded_at=datetime(2026, 3, 3, tzinfo=UTC), by="another")

    assert later.says_the_same_as(entry())
    assert not entry(effective_on=date(2026, 3, 2)).says_the_same_as(entry())
    assert not entry(legs=rules.mirror(entry().legs)).says_the_same_as(entry())


@pytest.mark.parametrize(
    ("code", "kind", "name"),
    [
        ("cash:main", AccountKind.ASSET, "Cash: main"),
        ("receivable:0100005", AccountKind.ASSET, "Owed by 0100005"),
        ("payable:bright-path", AccountKind.LIABILITY, "Owed to bright path"),
        ("grant:rural-start", AccountKind.LIABILITY, "Grant money not used yet: rural start"),
        ("credit:0100005", AccountKind.LIABILITY, "Credit held for 0100005"),
        ("fee:lead-agency", AccountKind.INCOME, "Fee: lead agency"),
        ("rounding", AccountKind.EXPENSE, "Leftover cents"),
        ("writeoff", AccountKind.EXPENSE, "Given up as uncollectable"),
    ],
)
def test_every_code_has_a_kind_and_a_plain_name(code, kind, name):
    assert (rules.kind_of(code), rules.plain_name(code)) == (kind, name)


def test_the_name_of_the_district_replaces_its_number():
    assert rules.plain_name("receivable:0100005", "Albertville City") == "Owed by Albertville City"


@pytest.mark.parametrize(
    "code",
    ["", "cash", "cash:", "cash:Main", "cash:a b", "receivable:100005", "receivable:01000051",
     "receivable:010000x", "rounding:", "rounding:x", "savings:main", "cash:main\n", "payable:-a"],
)  # fmt: skip
def test_other_codes_are_not_on_the_books(code):
    with pytest.raises(RuleBroken, match="no account"):
        rules.family(code)


def test_lines_that_cancel_are_accepted():
    rules.check_legs([Leg("cash:main", 3), Leg("rounding", -1), Leg("receivable:0100005", -2)])


@pytest.mark.parametrize(
    ("legs", "says"),
    [
        ([], "two lines"),
        ([Leg("cash:main", 0)], "two lines"),
        ([Leg("cash:main", 2), Leg("rounding", -1)], "off by 1 cents"),
        ([Leg("cash:main", 0), Leg("rounding", 0)], "not zero"),
        ([Leg("cash:main", 1.0), Leg("rounding", -1)], "whole number"),
        ([Leg("cash:main", True), Leg("rounding", -1)], "whole number"),
        ([Leg("cash:main", 10**16), Leg("rounding", -(10**16))], "whole number"),
        ([Leg("cash:main", 1), Leg("elsewhere", -1)], "no account"),
    ],
)
def test_other_lines_are_refused(legs, says):
    with pytest.raises(RuleBroken, match=says):
        rules.check_legs(legs)


@given(balanced_legs())
def test_an_entry_and_its_mirror_leave_every_account_as_it_was(legs):
    rules.check_legs(legs)
    both = rules.totals_by_account((*legs, *rules.mirror(legs)))

    assert set(both.values()) == {0}
    assert rules.mirror(rules.mirror(legs)) == legs


def test_keys_and_references_are_plain():
    rules.check_label("invoice:1", "pool:reading-tutor/invoice:AL-0001")
    for key, ref in [("", "pool:a"), ("a b", "pool:a"), ("é", "pool:a"), ("x" * 201, "pool:a"),
                     ("k", ""), ("k", "free words"), ("k", "pool:a/"), ("k", "=a:b")]:  # fmt: skip
        with pytest.raises(RuleBroken):
            rules.check_label(key, ref)


def test_a_reference_is_shown_in_words():
    assert rules.ref_words("pool:reading-tutor/invoice:12") == "Pool reading-tutor, invoice 12"
    assert rules.ref_words("true_up:2027") == "True up 2027"


def test_a_line_is_told_without_debit_and_credit():
    assert rules.effect("receivable:0100005", 5025_50) == "It owes $5,025.50 more"
    assert rules.effect("payable:brightpath", 100) == "$1.00 less is owed"


def test_debts_and_income_count_upwards_for_a_reader():
    assert rules.natural(AccountKind.ASSET, -5) == rules.natural(AccountKind.EXPENSE, -5) == -5
    assert rules.natural(AccountKind.LIABILITY, -5) == rules.natural(AccountKind.INCOME, -5) == 5


def test_an_entry_is_cancelled_once_and_a_reversal_never():
    rules.check_can_reverse(PostingKind.FEE, None)
    with pytest.raises(RuleBroken, match="Entry 7 already"):
        rules.check_can_reverse(PostingKind.FEE, 7)
    with pytest.raises(RuleBroken, match="cannot be cancelled"):
        rules.check_can_reverse(PostingKind.REVERSAL, None)


@pytest.mark.parametrize("kind", PostingKind)
def test_every_kind_is_explained_in_a_sentence(kind):
    assert rules.short_words(kind)
    assert rules.explain(kind).endswith(".")
