"""The public pages, through the real stack."""

import pytest

from tests.directory.samples import edge, edge_row, own

CSV_LINE = (
    "3904480,Springfield City,2023-24,1 Main St,Springfield,OH,13,2018-19,7100,2023-24,ELSI,"
    "9000,2500,2023"
)


@pytest.fixture
def client(app, take_in):
    take_in("districts.csv", own(CSV_LINE))
    take_in("edge.xlsx", edge(edge_row("2512345", "Springfield", CITY="Springfield", STATE="MA")))
    return app.test_client()


def test_a_search_lists_districts_with_year_and_source(client):
    page = client.get("/districts?q=spring feild")

    assert page.status_code == 200
    assert "Springfield City" in page.text
    assert "7,100" in page.text
    assert "2023-24, ELSI" in page.text
    assert "These come closest" in page.text


def test_a_state_alone_lists_its_districts(client):
    page = client.get("/districts?state=MA")

    assert "Springfield" in page.text
    assert "Springfield City" not in page.text


def test_an_unknown_figure_is_said_not_shown_as_zero(client):
    page = client.get("/districts/2512345")

    assert "Not known" in page.text
    assert "No source has it yet" in page.text


def test_nothing_found_says_the_next_step(client):
    page = client.get("/districts?q=zzzzqqq")

    assert page.status_code == 200
    assert "try the city or the 7-digit NCES ID" in page.text


def test_suggestions_are_small_json(client):
    answer = client.get("/districts.json?q=3904480").json

    assert answer["total"] == 1
    assert answer["results"] == [
        {
            "leaid": "3904480",
            "name": "Springfield City",
            "city": "Springfield",
            "state": "OH",
            "pupils": 7100,
            "pupils_year": "2023-24",
            "label": "Springfield City",
            "note": "Springfield, OH · 7,100 pupils",
            "url": "/districts/3904480",
        }
    ]


def test_suggestions_can_lead_to_the_sign_up(client):
    answer = client.get("/districts.json?q=3904480&for=sign-up").json

    assert answer["results"][0]["url"] == "/sign-up/district/3904480"


def test_the_csv_has_every_figure_with_its_year(client):
    header, row = client.get("/districts.csv?q=3904480").text.splitlines()

    line = dict(zip(header.split(","), row.split(","), strict=True))
    assert (line["leaid"], line["pupils"], line["pupils_year"]) == ("3904480", "7100", "2023-24")


def test_the_page_of_a_district_shows_facts_with_their_sources(client):
    page = client.get("/districts/3904480")

    assert page.status_code == 200
    assert "27.8%" in page.text
    assert "City, small" in page.text
    assert "High need" in page.text
    assert "Small: fewer" not in page.text
    assert 'href="/sign-up/district/3904480"' in page.text


def test_a_readable_address_leads_to_the_one_kept(client):
    answer = client.get("/districts/3904480-springfield-city")

    assert (answer.status_code, answer.location) == (301, "/districts/3904480")


@pytest.mark.parametrize("leaid", ["9999999", "x", "3904480x", "39044801"])
def test_an_unknown_district_is_not_found(client, leaid):
    assert client.get(f"/districts/{leaid}").status_code == 404


def test_a_page_past_the_end_begins_again(client):
    assert "1 to 1 of 1" in client.get("/districts?q=3904480&page=9").text


def test_a_long_list_is_paged_with_few_queries(app, take_in, queries_counted):
    take_in("edge.xlsx", edge(*(edge_row(f"39{n:05}", f"Maple {n:03}") for n in range(60))))
    client = app.test_client()

    with queries_counted() as asked:
        page = client.get("/districts?q=maple&page=3")

    assert page.text.count("/districts/39") == 10
    assert "51 to 60 of 60" in page.text
    assert 'rel="prev"' in page.text
    assert 'rel="next"' not in page.text
    assert len(asked) <= 2
    assert len(page.data) < 60_000
