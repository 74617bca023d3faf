"""Importing on both engines: what is added, what gives way, what never changes twice."""

import json

import pytest
from click.testing import CliRunner
from sqlmodel import select

from marketplace.core import db
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from marketplace.directory import commands, queries, service
from tests.directory import samples
from tests.directory.samples import edge, edge_row, own, saipe


def counts(done):
    return done.added, done.updated, done.unchanged, len(done.rejected)


def test_the_operator_imports_a_file(make, act, look, write):
    act(make.operator(), service.import_file, write("edge.xlsx", edge(edge_row("0100005"))))

    district = queries.get_district(look, "0100005")
    assert district.name == "Maple Valley Local"
    assert (district.locale, district.place_year) == ("42", "2018-19")
    assert (district.pupils, district.children) == (None, None)


def test_nobody_else_may_import(make, act, look, write):
    buyer = make.buyer(make.district())

    with pytest.raises(NotAllowed):
        act(buyer, service.import_file, write("edge.xlsx", edge(edge_row("0100005"))))

    with pytest.raises(NotFound):
        queries.get_district(look, "0100005")


def test_a_second_import_changes_nothing(take_in, look):
    file = edge(edge_row("0100005"), edge_row("0100006"), edge_row("x"))

    assert counts(take_in("edge.xlsx", file)) == (2, 0, 0, 1)
    assert counts(take_in("edge.xlsx", file)) == (0, 0, 2, 1)

    events = look.exec(select(Event).where(Event.name == "directory.imported")).all()
    assert [event.facts["added"] for event in events] == [2]


def test_facts_of_several_files_come_together_with_their_own_years(take_in, look):
    take_in("edge.xlsx", edge(edge_row("0100190")))
    take_in("x.xls", saipe(["AL", "01", "00190", "Alabaster City", 34832, 6631, 702]))

    district = queries.get_district(look, "0100190")
    assert (district.place_year, district.poverty_year) == ("2018-19", "2023")
    assert (district.children, district.children_in_poverty) == (6631, 702)
    assert (district.name, district.name_year) == ("Alabaster City", "2023")
    assert district.street == "12 Main St"


def test_an_older_year_never_overwrites_a_newer_one(take_in, look):
    row = ["AL", "01", "00190", "Alabaster City", 1, 600, 60]
    take_in("new.xls", saipe([*row[:5], 700, 70]))

    done = take_in("old.xls", saipe(row, title="2020 Poverty Estimates for School districts"))

    assert counts(done) == (0, 0, 1, 0)
    assert queries.get_district(look, "0100190").children == 700


def test_a_newer_year_without_a_figure_leaves_the_last_one(take_in, look):
    take_in("a.csv", b"district_id,district,enroll_23\n0100005,Maple,310\n")

    take_in("b.csv", b"district_id,district,enroll_24\n0100005,Maple,NA\n")

    district = queries.get_district(look, "0100005")
    assert (district.pupils, district.pupils_year) == (310, "2022-23")


def test_zero_pupils_is_a_figure(take_in, look):
    take_in("a.csv", b"district_id,district,enroll_24\n0100005,Maple,0\n")

    assert queries.get_district(look, "0100005").pupils == 0


def test_a_district_that_no_file_has_named_is_rejected_with_its_row(take_in):
    file = b"district_id,school,enroll_d,frl_enroll_d,pct_frl\n0100005,6,5956,2401,0.403\n"

    done = take_in("frl.csv", file)

    assert [(r.row, r.reason) for r in done.rejected] == [
        (2, "district 0100005 is not in the directory yet, and this file does not name it")
    ]


def test_a_broken_file_changes_nothing(take_in, look):
    take_in("edge.xlsx", edge(edge_row("0100005")))

    with pytest.raises(RuleBroken):
        take_in(
            "cut.csv", own("0100006,Oak,2023-24,,Oak,AL,42,2018-19,1,2023-24,x,,,", "01000")[:-1]
        )

    assert queries.stats(look)["districts"] == 1


def test_the_directory_in_numbers(take_in, look):
    take_in("edge.xlsx", edge(edge_row("0100005", STATE="AL"), edge_row("3900001", LOCALE="N")))
    take_in("x.xls", saipe(["OH", "39", "00001", "Maple", 9, 100, 20]))

    assert queries.stats(look) == {
        "districts": 2,
        "by_state": {"AL": 1, "OH": 1},
        "by_locale": {"42": 1},
        "children": 100,
        "children_in_poverty": 20,
    }


def test_districts_are_found_by_their_ids(take_in, look):
    take_in("edge.xlsx", edge(edge_row("0100005"), edge_row("0100006")))

    assert queries.districts_by_leaid(look, ["0100006", "9999999"]).keys() == {"0100006"}


# -- search ----------------------------------------------------------------------------------


@pytest.fixture
def known(take_in):
    take_in(
        "edge.xlsx",
        edge(
            edge_row("3904480", "Springfield City", CITY="Springfield"),
            edge_row("2512345", "Springfield", CITY="Springfield", STATE="MA", LOCALE="12"),
            edge_row("3500900", "Española Municipal Schools", CITY="ESPANOLA", STATE="NM"),
            edge_row("3904611", "Clark County ESC", CITY="Springfield"),
            edge_row("4201999", "St. Marys Area SD", CITY="Saint Marys", STATE="PA"),
            edge_row("2000007", "Smith Center USD 237", CITY="Smith Center", STATE="KS"),
        ),
    )


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("typed", "leaids"),
    [
        ("springfield", ["2512345", "3904480", "3904611"]),
        ("SPRING FIELD", ["2512345", "3904480", "3904611"]),
        ("springfield oh", ["3904480", "3904611"]),
        ("springfield, Massachusetts", ["2512345"]),
        ("espanola", ["3500900"]),
        ("ESPAÑOLA", ["3500900"]),
        ("saint mary's", ["4201999"]),
        ("3904", ["3904611", "3904480"]),
        ("0100005", []),
        ("smith center 237", ["2000007"]),
        ("%", []),
        ("", []),
    ],
)
def test_search_by_name_city_state_or_id(look, typed, leaids):
    found = queries.search(look, typed)

    assert [district.leaid for district in found.districts] == leaids
    assert found.total == len(leaids)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("typed", ["Spring feild", "sprinfield", "Springfeld city", "smth center"])
def test_a_mistyped_name_finds_the_closest_and_says_so(look, typed):
    found = queries.search(look, typed)

    assert found.is_close
    wanted = "2000007" if typed.startswith("sm") else "3904480"
    assert wanted in [district.leaid for district in found.districts]


@pytest.mark.usefixtures("known")
def test_what_is_nothing_like_any_district_finds_nothing(look):
    assert queries.search(look, "zzzzqqq").districts == []


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("typed", "most"), [("springfield", 1), ("Spring feild", 2)])
def test_a_search_takes_at_most_two_queries(look, typed, most, queries_counted):
    with queries_counted() as asked:
        queries.search(look, typed)

    assert len(asked) <= most


# -- the commands and the real files ---------------------------------------------------------


@samples.needs_shared_data
def test_the_published_files_import_and_import_again(app, look):
    files = (samples.EDGE_FILE, samples.SAIPE_FILE, samples.ELSI_EXPORT)
    expected = {
        samples.EDGE_FILE: (19_840, 0, 0, 0),
        samples.SAIPE_FILE: (75, 13_069, 0, 0),
        samples.ELSI_EXPORT: (219, 19_171, 0, 0),
    }
    for again in (False, True):
        for path in files:
            with app.app_context(), db.transaction() as session:
                done = service.import_file(session, Actor.system(), path)
            read = done.read
            assert counts(done) == ((0, 0, read, 0) if again else expected[path])

    numbers = queries.stats(look)
    assert numbers["districts"] == 19_840 + 75 + 219
    assert numbers["by_locale"]["43"] == 2_699
    assert (numbers["children"], numbers["children_in_poverty"]) == (54_737_416, 8_348_289)


def test_the_commands_print_one_json_document(app, write, monkeypatch):
    monkeypatch.setattr(commands, "open_app", lambda: app)
    path = write("edge.xlsx", edge(edge_row("0100005"), edge_row("bad")))

    imported = CliRunner().invoke(commands.directory, ["import", str(path), "--json"])
    numbers = CliRunner().invoke(commands.directory, ["stats", "--json"])

    document = json.loads(imported.stdout)
    assert document.pop("rejected")[0]["row"] == 3
    assert document == {
        "kind": "edge",
        "vintage": "2018-19",
        "read": 2,
        "added": 1,
        "updated": 0,
        "unchanged": 0,
    }
    assert json.loads(numbers.stdout)["districts"] == 1
