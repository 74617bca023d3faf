"""What people paste: lists of members and price steps, read without a database."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from marketplace.costs import csv_rules
from marketplace.costs.csv_rules import read_bands, read_members
from marketplace.pricing.rules import Band, Member

NAMES = st.text(
    st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x2FF), min_size=1, max_size=20
).filter(lambda name: not name.isdigit())


def told(text):
    return [str(problem) for problem in read_members(text).problems]


@pytest.mark.parametrize("mark", [",", ", ", ";", "; ", "\t"])
def test_commas_semicolons_and_tabs_part_the_columns(mark):
    text = mark.join(("Maple Valley", "620", "640", "4000.50"))

    assert read_members(text).members == [Member("Maple Valley", 620, 640, 400_050)]


def test_pupils_and_limit_may_be_left_out():
    assert read_members("Maple, 620\nOak, 10, 20").members == [
        Member("Maple", 620),
        Member("Oak", 10, 20),
    ]


def test_a_header_says_where_the_columns_stand():
    text = "Seats;Students;District name\n620;640;Maple"

    assert read_members(text).members == [Member("Maple", 620, 640)]


@pytest.mark.parametrize("header", ["name,pupils", "seats,pupils"])
def test_a_header_without_name_or_seats_says_which_one(header):
    assert "The header has no column" in told(f"{header}\nMaple,620")[0]


@pytest.mark.parametrize(
    "line",
    ['Maple,"1,234","2,000"', "Maple;1,234;2,000", "Maple\t1,234\t2,000", "Maple, 1,234, 2,000"],
)
def test_thousands_separators_are_read_where_they_leave_no_doubt(line):
    assert read_members(line).members == [Member("Maple", 1_234, 2_000)]


def test_a_quoted_name_may_hold_the_separator():
    assert read_members('"Lake; Erie, North",620').members == [Member("Lake; Erie, North", 620)]


def test_blank_lines_a_mark_of_bytes_and_windows_line_ends_change_nothing():
    assert read_members("\ufeffMaple,620\r\n\r\n , ,\r\nOak,5\r\n").members == [
        Member("Maple", 620),
        Member("Oak", 5),
    ]


@pytest.mark.parametrize(
    "cells, words",
    [
        ("Oak, many", "not “many”"),
        ("Oak, -4", "Write a whole number from 1 to 10,000,000 for seats"),
        ("Oak, 0", "from 1 to"),
        ("Oak, NaN", "not “NaN”"),
        ("Oak, 1e5", "not “1e5”"),
        ("Oak, 12.5", "not “12.5”"),
        ("Oak, ١٢", "not “١٢”"),
        ("Oak, 99999999999999999999", "from 1 to"),
        ("Oak", "The seats of “Oak” are missing"),
        (", 5", "The name is missing"),
        ("Oak, 5, x", "for pupils"),
        ("Oak, 5, 6, free", "Write the limit in dollars"),
        ("Oak, 5, 6, 99999999999999999", "limit"),
        ("Oak, 5, 6, 7, 8", "There are 5 columns"),
        ("x" * 121 + ", 5", "The name is too long"),
    ],
)
def test_a_bad_row_is_listed_with_its_number_and_how_to_mend_it(cells, words):
    [problem] = told(f"Maple, 620\n\n{cells}\nElm, 7")

    assert problem.startswith("Row 3: ")
    assert words in problem


def test_a_district_listed_twice_is_told_where_it_stands_first():
    assert told("Maple, 620\nOak, 5\nMaple, 7") == [
        "Row 3: “Maple” stands in row 1 already. List it once."
    ]


def test_nothing_pasted_is_a_problem_too():
    assert "Paste at least one district" in told("  \n\n")[0]


def test_two_hundred_thousand_rows_are_refused_in_one_line():
    [problem] = told("\n".join(f"D{n},5" for n in range(200_000)))

    assert problem.startswith("The list has 200,000 rows.")


@given(
    st.lists(
        st.tuples(NAMES, st.integers(1, 10**7), st.integers(0, 10**7)), unique_by=lambda r: r[0]
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_whatever_is_written_as_a_table_is_read_back(rows, mark):
    text = "name,seats,pupils\n".replace(",", mark)
    text += "\n".join(f"{name}{mark}{seats}{mark}{pupils}" for name, seats, pupils in rows)

    reading = read_members(text)

    assert reading.members == [Member(*row) for row in rows]
    assert bool(reading.problems) is not bool(rows)


@given(st.text(max_size=400))
@example('"')
@example('a,"b\nc,1')
def test_no_text_breaks_the_reader_and_every_row_is_read_or_told(text):
    reading = read_members(text)

    assert reading.members or reading.problems
    assert all(problem.words for problem in reading.problems)
    assert len({member.id for member in reading.members}) == len(reading.members)


def test_price_steps_are_a_line_each():
    bands, problems = read_bands("from, price\n1, 16.00\n2,500; $13.5\n5000\t11")

    assert problems == []
    assert bands == [Band(1, 1_600), Band(2_500, 1_350), Band(5_000, 1_100)]


@pytest.mark.parametrize(
    "line, words",
    [("2500", "Write two numbers"), ("x, 5", "for from"), ("5, -1", "Write the price in dollars")],
)
def test_a_bad_price_step_is_listed_with_its_row(line, words):
    _, [problem] = read_bands(f"1, 16.00\n{line}")

    assert str(problem).startswith("Row 2: ")
    assert words in problem.words


@given(st.integers(0, 10**17))
def test_dollars_are_read_to_the_cent(cents):
    text = f"${cents // 100:,}.{cents % 100:02}"

    assert csv_rules.cents(text, "amount") == cents
