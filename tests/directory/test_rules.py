import pytest

from marketplace.directory import rules, spelling


@pytest.mark.parametrize(
    ("pupils", "band"),
    [(0, "<250"), (249, "<250"), (250, "<500"), (999, "<1000"), (1000, "<2500"), (2500, "2500+")],
)
def test_a_district_stands_in_the_band_of_its_enrolment(pupils, band):
    assert rules.size_band(pupils) == band


def test_unknown_enrolment_is_in_no_band_and_not_small():
    assert rules.size_band(None) is None
    assert not rules.is_small(None)


def test_small_ends_at_2500_pupils():
    assert rules.is_small(2_499)
    assert not rules.is_small(2_500)


def test_high_need_begins_at_exactly_a_fifth():
    assert rules.is_high_need(1_000, 200)
    assert not rules.is_high_need(100_000, 19_999)  # 19.999 % rounds to 20 % and is still below


def test_where_no_children_live_there_is_no_poverty_rate():
    assert rules.poverty_bps(0, 0) is None
    assert rules.poverty_bps(None, 5) is None
    assert not rules.is_high_need(0, 0)


def test_no_poor_children_is_a_rate_of_zero():
    assert rules.poverty_bps(500, 0) == 0


def test_locales_have_names():
    assert rules.locale_name("43") == "Rural, remote"
    assert rules.locale_name(None) == "Not known"
    assert rules.is_rural("41")
    assert not rules.is_rural("33")


KNOWN = {"pupils": 300, "pupils_year": "2022-23", "pupils_source": "A"}


def found(pupils, year):
    return {"pupils": pupils, "pupils_year": year, "pupils_source": "B"}


def test_a_newer_figure_replaces_an_older_one_with_its_year_and_source():
    newer = found(310, "2023-24")

    assert rules.changes(KNOWN, newer, ["pupils"]) == newer


def test_an_older_figure_changes_nothing():
    assert rules.changes(KNOWN, found(290, "2021-22"), ["pupils"]) == {}


def test_a_correction_of_the_same_year_is_taken_over():
    assert rules.changes(KNOWN, found(301, "2022-23"), ["pupils"])["pupils"] == 301


def test_a_missing_figure_never_erases_a_known_one():
    assert rules.changes(KNOWN, found(None, None), ["pupils"]) == {}


def test_a_figure_of_unknown_year_gives_way_to_any_year_and_replaces_none():
    unknown = found(290, rules.UNKNOWN_YEAR)

    assert rules.changes(KNOWN, unknown, ["pupils"]) == {}
    assert rules.changes(unknown, KNOWN, ["pupils"]) == KNOWN | {}


@pytest.mark.parametrize(
    ("shouted", "readable"),
    [
        ("AFTON CENTRAL SCHOOL DISTRICT", "Afton Central School District"),
        ("TOMPKINS-SENECA-TIOGA BOCES", "Tompkins-Seneca-Tioga BOCES"),
        ("171 2ND ST", "171 2nd St"),
        ("SPRINGFIELD R-XII", "Springfield R-XII"),
        ("DELAWARE ACADEMY AT DELHI", "Delaware Academy at Delhi"),
        ("McGraw", "McGraw"),
    ],
)
def test_shouted_names_become_readable(shouted, readable):
    assert spelling.readable(shouted) == readable


def test_a_search_key_has_no_capitals_accents_or_spaces():
    assert spelling.search_key("Saint Mary’s – Cañon", "Peñasco") == "stmaryscanon|penasco"


@pytest.mark.parametrize(
    ("typed", "key", "slips"),
    [
        ("springfeild", "springfield", 1),  # swapped
        ("sprinfield", "springfield", 1),  # missing
        ("sprringfield", "springfield", 1),  # too many
        ("sprimgfield", "springfield", 1),  # wrong
        ("springfield", "springfieldlocal", 0),
        ("zanesville", "springfield", 3),  # stopped counting above 2
    ],
)
def test_slips_are_counted(typed, key, slips):
    assert spelling.distance(typed, key, most=2) == slips


def test_names_come_before_cities_and_what_is_too_far_does_not_come():
    keys = ["lincoln|springfield", "springfieldlocal|akron", "zanesville|zanesville"]

    assert spelling.closest("springfeild", keys) == [1, 0]
