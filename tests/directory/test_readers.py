"""Small files in the shape of the federal ones: what each cell means, and what is refused."""

import pytest

from marketplace.core.errors import RuleBroken
from marketplace.directory.readers import read_file
from tests.directory import samples
from tests.directory.samples import edge, edge_row, own, saipe, workbook, zipped


def only(reading):
    assert reading.rejected == []
    ((_, facts),) = reading.rows.values()
    return facts


def reasons(reading):
    return [(rejected.row, rejected.reason) for rejected in reading.rejected]


# -- NCES EDGE -------------------------------------------------------------------------------


def test_edge_is_recognised_and_gives_the_place_with_its_year(read):
    reading = read("whatever.bin", edge(edge_row("0100005", "MAPLE VALLEY LOCAL")))

    facts = only(reading)
    assert (reading.kind, reading.vintage, reading.read) == ("edge", "2018-19", 1)
    assert facts["leaid"] == "0100005"
    assert facts["name"] == "Maple Valley Local"
    assert (facts["latitude"], facts["longitude"]) == ("39.33", "-82.1")
    assert (facts["locale"], facts["place_year"]) == ("42", "2018-19")


def test_edge_cells_that_say_not_applicable_are_missing(read):
    facts = only(read("edge.xlsx", edge(edge_row(STREET="N", CNTY="-2", LOCALE="†", LAT=-2.0))))

    assert [facts[c] for c in ("street", "county_fips", "locale", "latitude")] == [None] * 4


def test_bad_rows_are_listed_with_number_and_reason_and_the_rest_is_read(read):
    reading = read(
        "edge.xlsx",
        edge(
            edge_row("3900001"),
            edge_row("390002"),
            edge_row("3900003", STATE="ZZ"),
            edge_row("3900001", "Again"),
            edge_row("3900005", LOCALE="44"),
            edge_row("3900006", SCHOOLYEAR="soon"),
            edge_row("3900007"),
        ),
    )

    assert list(reading.rows) == ["3900001", "3900007"]
    assert reading.read == 7
    assert reasons(reading) == [
        (3, "district ID “390002” is not 7 digits (check for a lost leading zero)"),
        (4, "“ZZ” is not a state"),
        (5, "district 3900001 is already in row 2"),
        (6, "“44” is not a locale code"),
        (7, "year “soon” is not like 2018-19 or 2023"),
    ]


def test_a_district_id_that_became_a_number_is_refused_rather_than_guessed(read):
    reading = read("edge.xlsx", edge(edge_row(100005.0), edge_row("0100006")))

    assert list(reading.rows) == ["0100006"]
    assert "lost leading zero" in reasons(reading)[0][1]


# -- Census SAIPE ----------------------------------------------------------------------------


def test_saipe_takes_its_year_from_the_title_and_joins_the_two_parts_of_the_id(read):
    row = ["AL", "01", "00190", "Alabaster City School District", 34832, 6631, 702]

    reading = read("x.xls", saipe(row, title="2020 Poverty Estimates for School districts"))

    facts = only(reading)
    assert (reading.kind, reading.vintage) == ("saipe", "2020")
    assert facts["leaid"] == "0100190"
    assert (facts["children"], facts["children_in_poverty"]) == (6631, 702)
    assert (facts["poverty_year"], facts["poverty_source"]) == ("2020", "Census SAIPE")


def test_saipe_parts_that_became_numbers_get_their_zeros_back(read):
    facts = only(read("x.xls", saipe(["PR", 72, 30, "Puerto Rico", "3220113", 418422, 209505])))

    assert (facts["leaid"], facts["state"]) == ("7200030", "PR")


def test_zero_children_is_zero_not_missing(read):
    facts = only(read("x.xls", saipe(["OH", "39", "00001", "Empty Valley", 12, 0, 0])))

    assert (facts["children"], facts["children_in_poverty"]) == (0, 0)


def test_more_poor_children_than_children_is_refused(read):
    reading = read("x.xls", saipe(["OH", "39", "00001", "Odd", 12, 5, 6]))

    assert reasons(reading) == [(4, "6 children in poverty are more than all 5")]


def test_saipe_without_a_year_is_refused(write, read):
    with pytest.raises(RuleBroken, match="does not say which year"):
        read("x.xls", saipe(["OH", "39", "00001", "A", 1, 1, 1], title="Poverty"))


# -- ELSI ------------------------------------------------------------------------------------

EXPORT_HEADER = [
    "Agency Name",
    "State Name [District] Latest available year",
    "Agency ID - NCES Assigned [District] Latest available year",
    "State Agency ID [District] 2019-20",
    "Total Students All Grades (Excludes AE) [District] 2019-20",
]


def test_an_elsi_export_named_xls_is_read_by_its_content(read):
    rows = [
        ["ELSI Export"],
        [],
        EXPORT_HEADER,
        ["ZURICH ELEM", "Montana", "3028910", "MT-0034", "–"],
        ["ZERO ELEM", "Montana", "3028911", "†", 0],
        [],
        ["– indicates that the data are missing."],
    ]

    reading = read("export.xls", workbook(rows))

    assert (reading.kind, reading.vintage, reading.read) == ("elsi", "2019-20", 2)
    facts = [facts for _, facts in reading.rows.values()]
    assert [f["pupils"] for f in facts] == [None, 0]
    assert [f["pupils_year"] for f in facts] == [None, "2019-20"]
    assert [f["state_agency_id"] for f in facts] == ["MT-0034", None]


def test_the_csv_form_of_an_export_guards_its_ids_with_formulas(read):
    lines = ["ELSI Export", ",".join(EXPORT_HEADER), 'A,Ohio,"=""0100005""",OH-1,"1,204"', ""]

    facts = only(read("export.csv", "\n".join(lines).encode()))

    assert (facts["leaid"], facts["pupils"]) == ("0100005", 1204)


def test_a_joined_table_states_the_year_of_each_column_in_its_ending(read):
    text = (
        "district_id,district,enroll_24,expend_per_pupil_22\n"
        "1700105,A-C Central,328,17729\n"
        "6000030,American Samoa,NA,NA\n"
    )

    reading = read("any.csv", text.encode())

    facts, missing = (facts for _, facts in reading.rows.values())
    assert (reading.kind, reading.vintage) == ("elsi", "2023-24")
    assert (facts["pupils"], facts["pupils_year"]) == (328, "2023-24")
    assert (facts["spending_per_pupil_cents"], facts["spending_year"]) == (17_729_00, "2021-22")
    assert (missing["pupils"], missing["pupils_year"]) == (None, None)


def test_a_lunch_share_above_everyone_is_refused(read):
    text = (
        "district_id,school,enroll_d,frl_enroll_d,pct_frl\n"
        "0100005,6,5956,2401,0.403\n"
        "2200321,1,152,213,1.401\n"
        "0401710,13,NA,3376,NA\n"
    )

    reading = read("frl.csv", text.encode())

    assert (reading.kind, reading.vintage) == ("elsi", "2021-22")
    assert reading.rows["0100005"][1]["frl_bps"] == 4030
    assert reading.rows["0401710"][1]["frl_bps"] is None
    assert reasons(reading) == [(3, "free or reduced-price share “1.401” is above 1")]


# -- NCES CWIFT ------------------------------------------------------------------------------

CWIFT = (
    "LEAID\tLEA_NAME\tST_NAME\tLEA_CWIFTEST\tLEA_CWIFTSE\n"
    '3500900\tESPAÑOLA "VALLEY\tNew Mexico\t0.868\t0.012\n'
    "0100005\tAlbertville City\tAlabama\t1\t0.004\n"
    "0100006\tNot measured\tAlabama\t-2\t-2\n"
).encode("iso-8859-1")


def test_cwift_is_tab_separated_latin_text_and_takes_its_year_from_the_published_name(read):
    reading = read("EDGE_ACS_CWIFT2021_LEA2122.txt", CWIFT)

    facts, one, missing = (facts for _, facts in reading.rows.values())
    assert (reading.kind, reading.vintage, reading.read) == ("cwift", "2021", 3)
    assert facts["name"] == 'Española "Valley'
    assert (facts["teacher_wage_index_bps"], facts["teacher_wage_error_bps"]) == (8680, 120)
    assert one["teacher_wage_index_bps"] == 10_000
    assert (missing["teacher_wage_index_bps"], missing["wages_year"]) == (None, None)


def test_cwift_under_another_name_has_no_year_and_says_so(read):
    reading = read("wages.txt", CWIFT)

    assert reading.vintage == ""
    assert reading.rows["0100005"][1]["wages_year"] == ""


# -- our own CSV -----------------------------------------------------------------------------


def test_our_own_csv_keeps_year_and_source_of_each_figure(read):
    line = "0100005,Maple,2023-24,,Maple,AL,42,2018-19,0,2023-24,ELSI,600,120,2023"

    reading = read("districts.csv", own(line))

    facts = only(reading)
    assert (reading.kind, reading.vintage) == ("own", "2023-24")
    assert (facts["pupils"], facts["pupils_year"], facts["pupils_source"]) == (0, "2023-24", "ELSI")
    assert facts["street"] is None


def test_a_figure_without_a_year_is_refused(read):
    line = "0100005,Maple,2023-24,,Maple,AL,42,2018-19,310,,ELSI,,,"

    assert reasons(read("districts.csv", own(line))) == [(2, "pupils has no year")]


# -- files that are no directory -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.csv", b" \n", "is empty"),
        ("cut.xlsx", edge(edge_row())[:-40], "cut off or damaged"),
        ("cut.csv", own("0100005,Maple,2023")[:-1], "is cut off in line 2"),
        ("quote.csv", own('0100005,"Maple'), "may be cut off"),
        ("other.csv", b"a,b\n1,2\n", "is not a file we know"),
        ("header.csv", own(), "no districts below"),
        ("image.png", b"\x89PNG\r\n\x1a\n\x00\x00", "neither a spreadsheet nor text"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 700, "cut off or damaged"),
        ("archive.xlsx", zipped({"notes.txt": "hello"}), "not a spreadsheet we can read"),
        ("bomb.xlsx", zipped({"xl/worksheets/sheet1.xml": " " * 40_000_000}), "would unpack to"),
    ],
)
def test_a_file_that_cannot_be_read_gives_one_clear_line(read, name, content, problem):
    with pytest.raises(RuleBroken, match=problem) as refusal:
        read(name, content)

    assert "\n" not in str(refusal.value)
    assert name in str(refusal.value)


def test_an_encrypted_workbook_is_refused(read):
    content = bytearray(edge(edge_row()))
    for at in _central_entries(content):
        content[at + 8] |= 1

    with pytest.raises(RuleBroken, match="is encrypted"):
        read("secret.xlsx", bytes(content))


def test_a_workbook_wrapped_with_a_password_is_refused(read):
    wrapped = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
    wrapped += "EncryptedPackage".encode("utf-16-le").ljust(512, b"\x00")

    with pytest.raises(RuleBroken, match="is encrypted"):
        read("secret.xlsx", wrapped)


def _central_entries(content):
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        yield at
        at = content.find(b"PK\x01\x02", at + 1)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(RuleBroken, match="cannot be read"):
        read_file(tmp_path / "nowhere.csv")


# -- the real files --------------------------------------------------------------------------


@samples.needs_shared_data
@pytest.mark.parametrize(
    ("path", "kind", "vintage", "read_rows", "rejected"),
    [
        (samples.EDGE_FILE, "edge", "2018-19", 19_840, 0),
        (samples.SAIPE_FILE, "saipe", "2023", 13_144, 0),
        (samples.ELSI_EXPORT, "elsi", "2019-20", 19_390, 0),
        (samples.ELSI / "nces_data_24.csv", "elsi", "2023-24", 13_379, 0),
        (samples.ELSI / "nces_pct_frl.csv", "elsi", "2021-22", 14_625, 5),
        (
            samples.SHARED / "urban-ccd-directory-pa-2021" / "pa_directory_2022.csv",
            *("ccd", "2021-22", 500, 0),
        ),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_published_files_are_read_whole(path, kind, vintage, read_rows, rejected):
    reading = read_file(path)

    assert (reading.kind, reading.vintage, reading.read) == (kind, vintage, read_rows)
    assert len(reading.rejected) == rejected
    assert len(reading.rows) == read_rows - rejected


@samples.needs_shared_data
@pytest.mark.parametrize("path", [samples.EDGE_FILE, samples.SAIPE_FILE], ids=lambda p: p.name)
@pytest.mark.parametrize("left", [0.001, 0.3, 0.9, 0.999])
def test_a_published_file_cut_off_anywhere_is_refused(path, left, read):
    content = path.read_bytes()

    with pytest.raises(RuleBroken):
        read(path.name, content[: int(len(content) * left)])


@samples.needs_shared_data
@pytest.mark.parametrize(
    "path",
    [
        samples.SHARED / "nces-boundary-attrs-2017-18" / "schooldistrict_sy1718_tl18.dbf",
        samples.SHARED / "nces-boundary-attrs-2017-18" / "touching_districts.csv",
        samples.SHARED / "urban-ccd-directory-pa-2021" / "pa_directory_2022.Rds",
    ],
    ids=lambda p: p.name,
)
def test_other_federal_files_are_refused_in_one_line(path):
    with pytest.raises(RuleBroken, match="we know"):
        read_file(path)
