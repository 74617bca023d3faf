"""The small parts: files, time, money, permissions, panels, static addresses."""

import contextlib
from datetime import UTC, date, datetime
from hashlib import sha256
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from marketplace.core import access, clock, db, files, panels, tenancy, uploads
from marketplace.core.access import NOBODY, Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.money import dollars, split_cents, whole_dollars
from marketplace.core.static_files import static_url
from tests.conftest import on_sqlite

# -- files -----------------------------------------------------------------------------------

PDF = b"%PDF-1.7 small"


@pytest.fixture
def store(app, make):
    district = make.district()

    def store(name, content):
        with app.app_context(), tenancy.scoped_to([district.id]), db.transaction() as session:
            return files.store_pdf(session, Actor.system(), district.id, name, content, "signed")

    return store


def test_a_pdf_is_kept_as_it_came(store, app, look):
    stored = store("By-laws.pdf", PDF)

    found = files.get_file(look, stored.id)
    assert (found.name, found.content, found.size) == ("By-laws.pdf", PDF, len(PDF))
    assert found.fingerprint == sha256(PDF).hexdigest()
    with pytest.raises(NotFound):
        files.get_file(look, uuid4())


@on_sqlite
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<svg onload=alert(1)>", "not a PDF"),
        (b" %PDF-1.7", "not a PDF"),
        (b"%PDF-" + b"x" * 10_000_000, "larger than 10 MB"),
    ],
    ids=["empty", "svg", "late", "large"],
)
def test_anything_else_is_refused_at_its_field(store, look, content, words):
    with pytest.raises(RuleBroken, match=words) as refusal:
        store("x.pdf", content)

    assert refusal.value.field == "signed"
    assert look.exec(select(files.StoredFile)).all() == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("By-laws 2027.pdf", "By-laws 2027.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\Ada\\Signed.PDF", "Signed.pdf"),
        ('a"b\r\nSet-Cookie: x=1.pdf', "abSet-Cookie x=1.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("nul\0.pdf", "nul.pdf"),
        ("..", "document.pdf"),
        ("", "document.pdf"),
        ("é" * 500 + ".pdf", "é" * 116 + ".pdf"),
    ],
)
def test_names_of_files_are_harmless(sent, kept):
    assert uploads.clean_name(sent, "pdf") == kept


# -- time ------------------------------------------------------------------------------------


def test_time_stands_still_and_goes_on_even_after_an_error():
    outer = clock.now()
    moment = datetime(2027, 1, 16, 5, 59, tzinfo=UTC)

    with contextlib.suppress(ZeroDivisionError), clock.frozen(moment):
        assert clock.now() == moment
        raise ZeroDivisionError

    assert clock.now() == outer


@pytest.mark.parametrize(
    ("zone", "day"), [("America/Chicago", 15), ("America/New_York", 16), ("UTC", 16)]
)
def test_a_day_is_the_day_of_its_zone(zone, day):
    with clock.frozen(datetime(2027, 1, 16, 5, 59, tzinfo=UTC)):
        assert clock.today(zone) == date(2027, 1, day)


# -- money -----------------------------------------------------------------------------------

weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=60).filter(any)
totals = st.integers(-(10**12), 10**12)


@given(totals, weights)
def test_shares_add_up_and_are_within_a_cent(total, weights):
    shares = split_cents(total, weights)

    assert sum(shares) == total
    for share, weight in zip(shares, weights):
        assert abs(share * sum(weights) - total * weight) < sum(weights)


@given(totals, weights)
def test_equal_weights_differ_by_a_cent_at_most_and_nothing_weighs_nothing(total, weights):
    shares = split_cents(total, weights)

    for weight in set(weights):
        same = [share for share, other in zip(shares, weights) if other == weight]
        assert max(same) - min(same) <= 1
        assert same == sorted(same, reverse=True)  # ties go to the earlier
        assert weight or set(same) == {0}


@pytest.mark.parametrize("weights", [[], [0, 0], [3, -1]])
def test_there_must_be_something_to_split_by(weights):
    with pytest.raises(ValueError, match="weights"):
        split_cents(100, weights)


def test_money_in_words():
    assert [dollars(cents) for cents in (0, 5, 1234567, -50)] == [
        "$0.00", "$0.05", "$12,345.67", "−$0.50",
    ]  # fmt: skip
    assert [whole_dollars(cents) for cents in (49, 50, -1234567)] == ["$0", "$1", "−$12,346"]


# -- permissions -----------------------------------------------------------------------------


@pytest.fixture
def policy(monkeypatch):
    monkeypatch.setattr(access, "_policy", {})
    return access.declare


def is_even(_actor, subject):
    return subject % 2 == 0


def test_any_line_opens_when_all_of_it_is_true(policy):
    policy({"t.count_it": [[access.signed_in, is_even], [access.is_system]]})
    ada = Actor(user_id=uuid4())

    assert access.can(ada, "t.count_it", 2)
    assert access.can(Actor.system(), "t.count_it", 3)
    assert not access.can(ada, "t.count_it", 3)
    assert not access.can(NOBODY, "t.count_it", 2)
    with pytest.raises(NotAllowed, match="You may not count it here"):
        access.require(ada, "t.count_it", 3)
    with pytest.raises(KeyError):
        access.can(ada, "t.unheard_of")


@pytest.mark.parametrize("lines", [[], [[]], [[is_even], []]])
def test_a_line_without_a_condition_is_refused(policy, lines):
    with pytest.raises(ValueError, match="let everybody in"):
        policy({"t.oops": lines})


def test_an_action_is_declared_once(policy):
    policy({"t.one": [[access.anyone]]})

    with pytest.raises(ValueError, match="twice"):
        policy({"t.one": [[access.is_system]]})


def test_a_role_counts_only_where_it_is_held():
    ours, theirs = uuid4(), uuid4()
    roles = frozenset({("buyer", ours), ("operator", theirs)})
    ada = Actor(user_id=uuid4(), org_id=ours, org_kind="district", roles=roles)

    assert ada.acts_as("buyer")
    assert not ada.acts_as("operator")
    assert not access.is_operator(ada, None)
    assert not NOBODY.acts_as("buyer")
    assert ada.scope == {ours}
    assert NOBODY.scope == frozenset()
    with pytest.raises(NotAllowed):
        _ = NOBODY.home


# -- panels and static addresses -------------------------------------------------------------


def test_panels_stand_in_the_order_they_were_declared_and_are_not_escaped_twice(monkeypatch):
    monkeypatch.setattr(panels, "_panels", {})
    panels.fill("t.page")(lambda subject: f"<b>{subject}</b>")
    panels.fill("t.page")(lambda _subject: None)
    panels.fill("t.page")(lambda _subject: "<i>second</i>")

    assert panels.panels("t.page", 1) == "<b>1</b><i>second</i>"
    assert panels.panels("t.other", 1) == ""


def test_the_address_of_a_static_file_names_its_content():
    url = static_url("app.css")

    assert url == static_url("app.css")
    assert url.split("?v=")[1] != static_url("app.js").split("?v=")[1]
    with pytest.raises(FileNotFoundError):
        static_url("no-such-file.css")
