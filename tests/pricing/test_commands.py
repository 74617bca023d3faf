"""`marketplace split` and `marketplace clear` as an outsider runs them."""

import json

import pytest
from click.testing import CliRunner

from marketplace.pricing.commands import clear_command, split_command

MEMBER = {"id": "0100005", "seats": 620, "pupils": 640, "limit_cents": 951_141, "tolerance": 50}
DOCUMENT = {
    "schedule": {
        "form": "volume",
        "platform_fee_cents": 0,
        "minimum_cents": 0,
        "cap_cents": None,
        "bands": [
            {"from": 1, "unit_cents": 1_600},
            {"from": 2_500, "unit_cents": 1_350},
            {"from": 5_000, "unit_cents": 1_125},
        ],
    },
    "members": [MEMBER, {"id": "0100006", "seats": 1_780, "pupils": 1_500}],
    "method": "proportional",
    "seed": "consortium|2027-28",
}


@pytest.fixture
def run(tmp_path):
    def run(command, document, *options):
        file = tmp_path / "pool.json"
        if isinstance(document, bytes):
            file.write_bytes(document)
        else:
            file.write_text(document if isinstance(document, str) else json.dumps(document))
        return CliRunner().invoke(command, [str(file), *options])

    return run


def changed(**fields):
    return DOCUMENT | fields


def members(*rows):
    return changed(members=list(rows))


def test_split_prints_the_published_keys(run):
    result = run(split_command, DOCUMENT, "--json")

    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["total_cents"] == 2_500 * 1_350
    assert answer["purchase"] == {"seats_bought": 2_500, "seats_needed": 2_400}
    assert answer["shares"] == {"0100005": 871_875, "0100006": 2_503_125}
    assert answer["alone"] == {"0100005": 992_000, "0100006": 2_848_000}
    assert answer["certificate"] == {
        "kind": "average_price",
        "individually_rational": True,
        "core": True,
        "joiner_never_raises": True,
        "blocking": None,
    }


def test_the_method_on_the_command_line_wins(run):
    answer = json.loads(run(split_command, DOCUMENT, "--method", "equal", "--json").stdout)

    assert answer["shares"] == {"0100005": 1_687_500, "0100006": 1_687_500}
    assert answer["certificate"]["blocking"] == {
        "members": ["0100005"],
        "would_save_cents": 1_687_500 - 992_000,
    }


def test_clear_prints_the_published_keys(run):
    answer = json.loads(run(clear_command, DOCUMENT, "--json").stdout)

    assert list(answer)[:9] == [
        "members",
        "dropped",
        "seats",
        "tolerance_paid",
        "spare",
        "spare_left",
        "lapsed",
        "split",
        "rounds",
    ]
    assert answer["spare"] == {"0100005": 50, "0100006": 0}
    assert (answer["spare_left"], answer["lapsed"], answer["rounds"]) == (50, False, 1)


def test_without_json_a_person_can_read_it(run):
    split = run(split_command, DOCUMENT).stdout
    cleared = run(
        clear_command, members(MEMBER | {"limit_cents": 800_000}, *DOCUMENT["members"][1:])
    )

    assert "Total $33,750.00 for 2,500 seats, 100 of them spare" in split
    assert "0100005   $8,718.75   $9,920.00  $1,201.25" in split
    assert "Nobody pays more than alone: yes" in split
    assert "0100005 was dropped at $14.06 a seat because its limit is $12.90" in cleared.stdout


def test_a_blocking_group_and_a_lapsed_pool_can_be_read_too(run):
    unfair = run(split_command, DOCUMENT, "-m", "equal").stdout
    lapsed = run(clear_command, changed(threshold_seats=9_000)).stdout

    assert "This group would save $6,955.00 on its own: 0100005" in unfair
    assert "Nobody is billed." in lapsed


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("{", "document: is not JSON (line 1, column 2"),
        (b"\xff\xfe", "document: is not UTF-8 text (byte 1)"),
        ("[" * 100_000, "document: is nested too deeply"),
        ('{"members": [{"id": "A", "seats": NaN}]}', "document: NaN is not a number"),
        ('{"members": ' + "9" * 5_000 + "}", "too many digits"),
        ([], "document: must be an object"),
        (b"", "document: is empty"),
        (b" \n", "document: is empty"),
        ('{"members": [], "members": [5]}', 'the key "members" is written 2 times'),
        (
            '{"members": [{"id": "A", "seats": 5, "seats": 50}]}',
            'member "A": the key "seats" is written 2 times',
        ),
        (changed(method="hybrid", equal_share=[[]]), "equal_share: must be a decimal"),
        (changed(schedule={"form": {}}), "schedule.form: must be one of"),
        (changed(term=5), "term: must be an object"),
        (
            changed(term={"starts": "2027-02-29", "ends": "2027-03-01"}),
            "term.starts: must be a day",
        ),
        (changed(term={"starts": "2027-03-02", "ends": "2027-03-01"}), "term: The term ends"),
        (members(MEMBER | {"starts": "2027-01-01"}), '"starts" needs the dates of the whole'),
        (changed(transfers={}), "transfers: must be a list"),
        (changed(transfers=[{"kind": "gift"}]), "transfers, number 1: must be an object whose"),
        (changed(transfers=[{"kind": "pooled", "cents": -5}]), '"cents" must be a whole number'),
        (
            changed(transfers=[{"kind": "earmarked", "cents": 5, "member": "X"}]),
            '"X" is not the id of a member',
        ),
        (changed(transfers=[{"kind": "cap"}]), 'a cap needs either "caps"'),
        (changed(schedule={"form": "volume", "bands": []}), "schedule.bands: needs at least one"),
        (changed(method="lottery"), "method: 'lottery' is unknown"),
        (changed(method=7), "method: must be a word"),
        (changed(method="hybrid"), "equal_share: a hybrid split needs it"),
        (changed(method="hybrid", equal_share="0.3", rest="x"), "rest: 'x' is unknown"),
        (changed(seed=["x"]), "seed: must be text"),
        (changed(threshold_seats="many"), "threshold_seats: must be a whole number"),
        (changed(members=[]), "members: must list at least one"),
        (changed(members={"A": 5}), "members: must list at least one"),
        (members(5), "members, number 1: must be an object"),
        (members({"seats": 5}), 'members, number 1: "id" must be text'),
        (members({"id": "\ud800", "seats": 5}), 'members, number 1: "id" must be text'),
        (members({"id": "A"}), 'member "A": seats are missing.'),
        (members({"id": "A", "seats": 0}), 'member "A": seats must be a whole number from 1'),
        (members({"id": "A", "seats": -4}), "not -4."),
        (members({"id": "A", "seats": 2.5}), "not 2.5."),
        (members({"id": "A", "seats": 1e999}), "document: Infinity is not a number"),
        (members({"id": "A", "seats": 10**12}), "from 1 to 10,000,000"),
        (members({"id": "A", "seats": True}), "not true."),
        (members({"id": "A", "seats": 5, "limit_cents": -1}), "limit_cents must be"),
        (members({"id": "A", "seats": 5, "tolerance": "x"}), "tolerance must be"),
        (members({"id": "A", "seats": 5, "pupils": -1}), "pupils must be"),
        (members(MEMBER, MEMBER), 'member "0100005": is listed 2 times'),
        (
            members({"id": "A", "seats": 5}) | {"method": "per_pupil"},
            'member "A": pupils are missing',
        ),
        (
            changed(schedule={"form": "per_seat", "bands": [{"from": 1, "unit_cents": 10**15}]}),
            "total: is above 10^17 cents",
        ),
    ],
)
@pytest.mark.parametrize("command", [split_command, clear_command])
def test_bad_input_is_one_clear_line_and_exit_status_1(run, command, document, problem):
    result = run(command, document)

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_every_problem_has_its_own_line(run):
    bad = changed(
        schedule={"form": "volume"},
        method="lottery",
        members=[{"id": "A", "seats": 0}, {"id": "B"}],
    )

    result = run(split_command, bad)

    assert len(result.stderr.splitlines()) == 4


def test_too_many_members_are_refused_at_once(run):
    crowd = [{"id": f"{number:07}", "seats": 1} for number in range(200_000)]

    result = run(split_command, changed(members=crowd))

    assert result.exit_code == 1
    assert result.stderr == ("members: lists 200,000; at most 150,000 can be reckoned at once.\n")


def test_a_flood_of_problems_is_cut_short(run):
    result = run(split_command, members(*({"id": f"{n}", "seats": 0} for n in range(500))))

    assert result.stderr.splitlines()[-1] == "… and 400 more like these."


def test_wrong_usage_is_exit_status_2(run):
    assert run(split_command, DOCUMENT, "--colour").exit_code == 2
    assert CliRunner().invoke(clear_command, ["no-such-file.json"]).exit_code == 2


def test_a_directory_and_a_file_without_leave_are_refused_in_one_line(tmp_path):
    result = CliRunner().invoke(split_command, [str(tmp_path)])

    assert result.exit_code == 1
    assert result.stderr == f"{tmp_path}: is a directory; name the JSON file in it.\n"


def test_a_dash_reads_standard_input():
    result = CliRunner().invoke(split_command, ["-", "--json"], input=json.dumps(DOCUMENT))

    assert json.loads(result.stdout)["total_cents"] == 2_500 * 1_350


TERM = {"starts": "2026-07-01", "ends": "2027-06-30"}
SEAT = {"form": "per_seat", "bands": [{"from": 1, "unit_cents": 1_200}]}


def test_a_term_with_a_late_joiner_is_split_by_time_slices(run):
    late = {"id": "B", "seats": 300, "starts": "2026-11-16"}
    document = {"schedule": SEAT, "term": TERM, "members": [{"id": "A", "seats": 10}, late]}

    answer = json.loads(run(split_command, document, "--json").stdout)

    assert answer["shares"] == answer["alone"] == {"A": 12_000, "B": 223_890}
    assert answer["certificate"]["kind"] == "average_price"
    assert [(s["days"], s["seats_needed"]) for s in answer["slices"]] == [(138, 10), (227, 310)]
    assert "2026-11-16 to 2027-06-30 (227 days): 310 seats" in run(split_command, document).stdout


def test_changes_of_seats_are_read_and_checked(run):
    changes = [{"on": "2026-11-16", "seats": 300}, {"on": "2027-06-30", "seats": 0}]
    row = {"id": "A", "seats": 5, "changes": changes}
    document = {"schedule": SEAT, "term": TERM, "members": [row]}

    answer = json.loads(run(split_command, document, "--json").stdout)
    refused = run(split_command, document | {"members": [row | {"ends": "2027-01-01"}]})

    assert answer["total_cents"] == round((138 * 5 + 226 * 300) * 1_200 / 365)
    assert "the change on 2027-06-30 must come after 2026-11-16" in refused.stderr
    assert run(clear_command, document).exit_code == 1


def test_grants_and_caps_are_lines_after_the_split(run):
    transfers = [
        {"kind": "earmarked", "source": "Title I", "member": "0100005", "cents": 900_000},
        {"kind": "pooled", "source": "State", "cents": 500_000},
        {"kind": "cap", "source": "By-law 7", "caps": {"0100006": 2_500_000}},
    ]

    document = changed(transfers=transfers)
    answer = json.loads(run(split_command, document, "--json").stdout)

    assert answer["shares"] == {"0100005": 871_875, "0100006": 2_503_125}
    first, second, third = answer["transfers"]
    assert (first["lines"], first["left_cents"]) == ({"0100005": -871_875}, 28_125)
    assert second["lines"] == {"0100006": -500_000}
    assert third["lines"] == {}
    assert answer["net"] == {"0100005": 0, "0100006": 2_003_125}
    assert "Title I (earmarked)" in run(split_command, document).stdout


def test_licences_are_named_where_several_are_cheaper(run):
    packs = {
        "form": "graduated",
        "platform_fee_cents": 100,
        "combinable": True,
        "bands": [{"from": 1, "to": 10, "unit_cents": 50}, {"from": 11, "unit_cents": 900}],
    }
    document = {"schedule": packs, "members": [{"id": "A", "seats": 35}]}

    answer = json.loads(run(split_command, document, "--json").stdout)

    assert answer["purchase"]["licences"] == [{"seats": 10, "count": 3}, {"seats": 5, "count": 1}]
    assert "3 × a license of 10 seats" in run(split_command, document).stdout
