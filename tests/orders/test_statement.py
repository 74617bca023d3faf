"""A district's statement: ages, commitments apart from money, charge codes, and its PDF."""

import csv
import io
from datetime import date, timedelta

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.rules import Role
from marketplace.core import clock
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.ledger.correction_service import close_period
from marketplace.ledger.rules import PostingKind
from marketplace.orders import charge_codes, charge_service, list_queries, statement_rules
from marketplace.orders.rules import PaymentMeans
from marketplace.orders.statement_rules import Age
from marketplace.pools.rules import Rung
from tests.conftest import NOW, on_sqlite
from tests.orders.conftest import pay

# -- rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "old"),
    [
        (0, Age.CURRENT), (29, Age.CURRENT), (30, Age.DAYS_30), (59, Age.DAYS_30),
        (60, Age.DAYS_60), (89, Age.DAYS_60), (90, Age.DAYS_90), (900, Age.DAYS_90),
    ],
)  # fmt: skip
def test_the_age_of_a_bill_counts_from_its_day(days, old):
    today = date(2026, 11, 16)
    assert statement_rules.age(today - timedelta(days=days), today) is old
    assert statement_rules.age(None, today) is Age.NOT_BILLED


bills = st.lists(st.tuples(st.sampled_from(Age), st.integers(0, 10**12)), max_size=30)


@given(bills)
def test_the_ages_add_up_to_all_that_is_open(found):
    shown = statement_rules.aging(found)

    assert list(shown) == list(Age)
    assert sum(shown.values()) == sum(cents for _age, cents in found)


def test_what_orders_do_not_explain_is_named_apart():
    by_kind = {
        PostingKind.SPLIT_BILLED: 100,
        PostingKind.PAYMENT_RECEIVED: -60,
        PostingKind.WRITE_OFF: -40,
    }
    assert statement_rules.other_cents(by_kind) == -40


def test_the_handbook_lists_each_code_once_and_the_usual_ones_first():
    functions, objects = charge_codes.codes("function"), charge_codes.codes("object")

    assert (len(functions), len(objects)) == (65, 154)
    assert next(iter(functions)) == "2230"
    assert functions["2230"] == "Instruction-Related Technology"
    assert objects["735"] == "Technology Software"
    assert charge_codes.words("object", "735") == "735 Technology Software"
    assert charge_codes.words("object", "999") == "999"


# -- charge codes --------------------------------------------------------------------------------

CODES = {"function_code": "2230", "object_code": "735"}


def choose(act, user, district, applies_to="all", **codes):
    use_case = charge_service.choose_charge_codes
    return act(user, use_case, district.id, applies_to=applies_to, **(CODES | codes))


def test_the_choice_is_remembered_and_the_last_one_counts(make, act, look):
    order = make.order()
    district = make._organization(order.org_id)
    buyer, tool = make.buyer(district), order.agreed["tool"]["slug"]

    choose(act, buyer, district, object_code="650")
    choose(act, buyer, district)
    choose(act, buyer, district, tool, function_code="1000")

    chosen = list_queries.charge_codes(look, district.id)
    assert statement_rules.charged_to(tool, chosen) == ("1000", "735")
    assert statement_rules.charged_to("another", chosen) == ("2230", "735")
    assert statement_rules.charged_to(None, {}) == ("", "")


def test_only_the_buyer_chooses_and_only_from_the_list(make, act):
    order = make.order()
    district = make._organization(order.org_id)
    buyer = make.buyer(district)

    for user in (make.person(district, Role.VIEWER), make.buyer(make.district())):
        with pytest.raises(NotAllowed):
            choose(act, user, district)
    for wrong in ({"function_code": "9999"}, {"object_code": ""}):
        with pytest.raises(RuleBroken):
            choose(act, buyer, district, **wrong)
    with pytest.raises(RuleBroken, match="that you have ordered"):
        choose(act, buyer, district, "some-other-tool")
    assert choose(act, buyer, district).edition == charge_codes.EDITION


# -- pages ---------------------------------------------------------------------------------------


@pytest.fixture
def world(make, people):
    district = make.district("Maple Hollow")
    consortium = make.consortium(name="River Pool")
    order = make.order(district, consortium=consortium, po_number="2027-118")
    make.invoice(order)
    pool = make.pool(consortium, title="Next year")
    make.commitment(pool, district, seats=77, rung=Rung.BOARD_APPROVED, limit_cents=900_000)
    return {
        "district": district,
        "consortium": consortium,
        "people": people(order),
        "own": f"/d/{district.leaid}",
        "lead": f"/c/{order.agreed['consortium']['slug']}",
        "tool": order.agreed["tool"]["slug"],
    }


@on_sqlite
def test_the_statement_says_what_is_open_and_keeps_commitments_apart(world, client_for):
    client = client_for(world["people"]["buyer"])

    page = client.get(world["own"] + "/ledger").text
    assert "Orders minus payments equal the books" in page
    assert page.count("$1,125.01") > 3
    promised = page.split('id="promised"')[1].split("</section>")[0]
    assert "Next year" in promised
    assert "$9,000.00" in promised
    assert "$9,000.00" not in page.replace(promised, "")
    with clock.frozen(NOW + timedelta(days=61)):
        later = client.get(world["own"] + "/ledger").text
    assert f'href="#{Age.CURRENT}">$1,125.01' in page
    assert f'href="#{Age.DAYS_60}">$1,125.01' in later
    for anchor in (Age.CURRENT, "rows", "open"):
        assert f'id="{anchor}"' in page


@on_sqlite
def test_the_lead_sees_the_statement_of_its_member_and_nobody_else_does(world, client_for, make):
    leaid, people = world["district"].leaid, world["people"]
    address = f"{world['lead']}/ledger/{leaid}"

    for who in ("agent", "convener"):
        page = client_for(people[who]).get(address)
        assert page.status_code == 200
        assert "Statement of Maple Hollow" in page.text
        assert "Charge codes" not in page.text
    strangers = [people["finance"], make.buyer(make.district()), people["buyer"]]
    for user in strangers:
        assert client_for(user).get(address).status_code == 404
        assert client_for(user).get(f"{address}.pdf").status_code == 404
    agent = client_for(people["agent"])
    assert agent.get(f"{world['lead']}/ledger/0000000").status_code == 404
    other = make.district()
    assert agent.get(f"{world['lead']}/ledger/{other.leaid}").status_code == 404


@on_sqlite
def test_the_statement_is_a_tagged_pdf_with_every_total(world, client_for):
    for user, address in (
        ("buyer", f"{world['own']}/ledger.pdf"),
        ("agent", f"{world['lead']}/ledger/{world['district'].leaid}.pdf"),
    ):
        answer = client_for(world["people"][user]).get(address)
        reader = pypdf.PdfReader(io.BytesIO(answer.data))
        text = " ".join(page.extract_text() for page in reader.pages)

        assert answer.mimetype == "application/pdf"
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert "Statement of Maple Hollow" in reader.metadata.title
        for word in ("$1,125.01", "Current, up to 29 days", "Next year", "$9,000.00"):
            assert word in text


@on_sqlite
def test_the_codes_go_from_the_form_into_each_line_of_the_file(world, client_for):
    client = client_for(world["people"]["buyer"])
    address = world["own"] + "/charge-codes"

    refused = client.send(address, applies_to="all", function_code="", object_code="735")
    assert refused.status_code == 422
    assert "Choose a function code." in refused.text
    assert client.send(address, applies_to=world["tool"], **CODES).status_code == 302

    assert "735 Technology Software" in client.get(world["own"] + "/ledger").text
    file = client.get(world["own"] + "/ledger.csv").text
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [(row["Function"], row["Object"]) for row in rows] == [("2230", "735")] * len(rows)
    assert rows


@on_sqlite
def test_a_viewer_reads_the_statement_but_chooses_no_codes(world, client_for):
    client = client_for(world["people"]["viewer"])

    assert "Your buyer chooses them" in client.get(world["own"] + "/ledger").text
    assert client.get(world["own"] + "/charge-codes").status_code == 403


@on_sqlite
def test_the_statement_needs_the_same_few_queries_however_many_orders(
    world, client_for, make, count_queries
):
    client, address = client_for(world["people"]["buyer"]), world["own"] + "/ledger"
    client.get(address)
    with count_queries() as few:
        client.get(address)
    for _ in range(3):
        pool = make.cleared_pool(world["consortium"], [world["district"]], po_number=f"PO {_}")
        for order in make.orders(pool):
            make.invoice(order)
        make.commitment(make.pool(world["consortium"]), world["district"])
    with count_queries() as many:
        page = client.get(address)

    assert page.text.count("Invoice ") > 3
    assert len(few) == len(many) < 25


@on_sqlite
def test_open_books_show_commitments_apart_from_every_sum(world, app):
    page = app.test_client().get(f"/open/ledger/{world['lead'].split('/')[2]}").text

    promised = page.split('id="promised"')[1].split("</section>")[0]
    assert "Next year" in promised
    assert ">77<" in promised
    assert "$9,000.00" not in page


def test_a_payment_dated_in_a_closed_month_is_refused_at_its_date(make, act, people):
    with clock.frozen(NOW - timedelta(days=45)):
        order = make.order(po_number="PO-9")
        invoice, who = make.invoice(order), people(order)
    act(who["agent"], close_period, order.consortium_id, date(2026, 10, 31))
    facts = {"means": PaymentMeans.CHECK, "reference": "12", "amount_cents": 10_00}

    with pytest.raises(RuleBroken, match="closed for October 2026") as refusal:
        act(
            who["agent"],
            pay,
            invoice.id,
            **facts,
            paid_on=date(2026, 10, 30),
            once_key="k1",
        )

    assert refusal.value.field == "paid_on"
    paid = act(
        who["agent"],
        pay,
        invoice.id,
        **facts,
        paid_on=date(2026, 11, 2),
        once_key="k2",
    )
    assert paid.amount_cents == 10_00
