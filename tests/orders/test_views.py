"""The pages of orders: who sees them, what they say, and that sums lead to their rows."""

import io
import re

import pypdf
import pytest
from flask_login import login_user

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.consortia.rules import LegalShape
from marketplace.core import clock, db, tenancy
from marketplace.core.panels import panels
from marketplace.ledger import queries as books
from marketplace.orders import pending_queries, queries
from tests.conftest import on_sqlite
from tests.orders.conftest import press

pytestmark = on_sqlite


@pytest.fixture
def world(make, people):
    """One billed order, its people, and the addresses of each desk."""
    district = make.district("Maple Hollow")
    consortium = make.consortium(name="River Pool")
    order = make.order(district, consortium=consortium, po_number="2027-118")
    invoice = make.invoice(order)
    desks = {
        "district": f"/d/{district.leaid}",
        "vendor": f"/v/{order.agreed['vendor']['slug']}",
        "consortium": f"/c/{order.agreed['consortium']['slug']}",
    }
    return {
        "district": district,
        "consortium": consortium,
        "order": order,
        "invoice": invoice,
        "people": people(order),
        "desks": desks,
    }


def pages_of(world, purchase_order_id):
    """Every address of this world, by desk."""
    order, invoice, desks = world["order"], world["invoice"], world["desks"]
    shared = [
        f"/orders/{order.id}",
        f"/invoices/{invoice.id}",
        f"/invoices/{invoice.id}.pdf",
        f"/purchase-orders/{purchase_order_id}",
        f"/purchase-orders/{purchase_order_id}.pdf",
    ]
    own = {
        "district": ["/orders", "/orders.csv", "/ledger", "/ledger.csv"],
        "vendor": ["/orders", "/orders.csv", f"/invoices/{invoice.id}/payment"],
        "consortium": ["/money", "/money.csv", f"/invoices/{invoice.id}/payment"],
    }
    return {side: [desks[side] + page for page in shared + own[side]] for side in desks}


def confirm_all(read, client, desk, invoice):
    """A second person agrees to what waits."""
    for pending in read(pending_queries.pending_of, invoice.id):
        page = f"{desk}/invoices/{invoice.id}"
        sent = press(client, page, f"{desk}/pending-payments/{pending.id}/confirm")
        assert sent.status_code == 302


SITS_AT = {"buyer": "district", "viewer": "district", "second finance": "vendor"}
SITS_AT |= {"agent": "consortium", "convener": "consortium"}


@pytest.mark.parametrize("role", SITS_AT)
def test_each_side_opens_its_own_desk_and_no_other(world, client_for, read, role):
    purchase_order = read(queries.purchase_order_of, world["order"].id)
    client = client_for(world["people"][role])

    for side, pages in pages_of(world, purchase_order.id).items():
        for url in pages:
            expected = 200 if side == SITS_AT[role] else 404
            assert client.get(url).status_code == expected, url


def test_other_districts_vendors_and_leads_find_nothing(make, world, client_for, read):
    purchase_order = read(queries.purchase_order_of, world["order"].id)
    neighbour = make.district()
    make.member(world["consortium"], neighbour)
    elsewhere = make.consortium()
    others = [
        make.buyer(neighbour),
        make.buyer(make.district()),
        make.person(make.vendor(), Role.FINANCE, Role.ADMINISTRATOR),
        make.convener(elsewhere),
        make.person(make.funder(), Role.ADMINISTRATOR),
    ]

    for person in others:
        client = client_for(person)
        for pages in pages_of(world, purchase_order.id).values():
            for url in pages:
                assert client.get(url).status_code == 404, url


def test_my_own_desk_shows_no_neighbours_papers(make, world, client_for, read):
    """Members share a scope, so a neighbour's papers are asked for at one's own desk."""
    purchase_order = read(queries.purchase_order_of, world["order"].id)
    neighbour = make.district()
    make.member(world["consortium"], neighbour)
    client = client_for(make.buyer(neighbour))
    own = f"/d/{neighbour.leaid}"

    for page in (
        f"/orders/{world['order'].id}",
        f"/orders/{world['order'].id}/purchase-order",
        f"/invoices/{world['invoice'].id}",
        f"/invoices/{world['invoice'].id}.pdf",
        f"/purchase-orders/{purchase_order.id}",
    ):
        assert client.get(own + page).status_code == 404, page
    assert "Maple Hollow" not in client.get(own + "/orders").text


def test_a_stranger_is_asked_to_sign_in(app, world):
    for url in ("/orders", "/ledger", f"/invoices/{world['invoice'].id}"):
        answer = app.test_client().get(world["desks"]["district"] + url)
        assert answer.status_code == 302
        assert "/sign-in" in answer.location


def test_a_convener_who_acts_for_the_lead_agency_sees_the_money(make, world, client_for):
    client = client_for(make.convener(world["consortium"]))

    page = client.get(world["desks"]["consortium"] + "/money").text

    assert "Maple Hollow" in page
    assert "$1,125.01" in page


# -- the story -----------------------------------------------------------------------------------


def test_from_po_to_paid_by_hand(make, client_for, people, read):
    district = make.district("Maple Hollow")
    order = make.order(district, po_number="")
    who = people(order)
    here, there = f"/d/{district.leaid}", f"/v/{order.agreed['vendor']['slug']}"
    circle = f"/c/{order.agreed['consortium']['slug']}"
    buyer, finance = client_for(who["buyer"]), client_for(who["finance"])

    assert "Needs a PO" in buyer.get(f"{here}/orders").text
    refused = buyer.send(f"{here}/orders/{order.id}/purchase-order", number=" ")
    assert refused.status_code == 422
    assert "Enter the PO number" in refused.text
    buyer.send(f"{here}/orders/{order.id}/purchase-order", number="2027-118")
    assert "Ready to bill" in finance.get(f"{there}/orders").text
    sent = finance.send(f"{there}/orders/{order.id}/invoice")
    invoice = read(queries.invoice_of, order.id)
    assert sent.location == f"{there}/invoices/{invoice.id}"

    facts = {"means": "check", "reference": "10442", "paid_on": "2026-11-16"}
    form = f"{circle}/invoices/{invoice.id}/payment"
    agent = client_for(who["agent"])
    too_much = agent.send(form, **facts, amount_cents="2,000.00", once_key="a")
    assert too_much.status_code == 422
    assert "Only $1,125.01 is open" in too_much.text
    assert 'value="10442"' in too_much.text
    paid = agent.send(form, **facts, amount_cents="$1,125.01", once_key="b")
    assert paid.status_code == 302
    assert "Waits for a second person" in buyer.get(f"{here}/invoices/{invoice.id}").text
    confirm_all(read, buyer, here, invoice)

    assert "paid in full" in buyer.get(f"{here}/invoices/{invoice.id}").text
    assert ">Paid" in buyer.get(f"{here}/orders").text


def test_the_same_payment_form_sent_twice_counts_once(world, client_for, read):
    agent = client_for(world["people"]["agent"])
    form = f"{world['desks']['consortium']}/invoices/{world['invoice'].id}/payment"
    facts = {"means": "ach", "reference": "77", "paid_on": "2026-11-16", "once_key": "k"}

    answers = [agent.send(form, **facts, amount_cents="10.00") for _ in range(2)]

    assert [a.status_code for a in answers] == [302, 302]
    waiting = read(pending_queries.pending_of, world["invoice"].id)
    assert [pending.amount_cents for pending in waiting] == [1000]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("amount_cents", "ten", "Enter dollars and cents"),
        ("amount_cents", "-5", "Enter dollars and cents"),
        ("amount_cents", "0", "above zero"),
        ("means", "cash", "Not a valid choice"),
        ("reference", "", "Enter its number"),
        ("paid_on", "soon", "such as 2027-01-15"),
        ("paid_on", "2026-11-17", "in the future"),
    ],
)
def test_a_bad_payment_form_says_why_and_saves_nothing(
    world, client_for, read, field, value, words
):
    agent = client_for(world["people"]["agent"])
    form = f"{world['desks']['consortium']}/invoices/{world['invoice'].id}/payment"
    facts = {
        "means": "check",
        "reference": "1",
        "paid_on": "2026-11-16",
        "amount_cents": "1",
        "once_key": "k",
    }

    answer = agent.send(form, **(facts | {field: value}))

    assert answer.status_code == 422
    assert words in answer.text
    assert "There is a problem" in answer.text
    assert read(queries.payments_of, world["invoice"].id) == []


def test_all_ready_invoices_are_checked_then_issued(make, client_for, people):
    consortium = make.consortium()
    districts = [make.district() for _ in range(2)]
    for district in districts:
        make.member(consortium, district)
    pool = make.cleared_pool(consortium, districts, po_number="1")
    order = make.orders(pool)[0]
    finance = client_for(people(order)["finance"])
    there = f"/v/{order.agreed['vendor']['slug']}"

    assert "Issue 2 invoices" in finance.get(f"{there}/orders").text
    finance.send(f"{there}/pools/{pool.id}/invoices")

    page = finance.get(f"{there}/orders").text
    assert "No. 1" in page
    assert "No. 2" in page
    assert finance.get(f"{there}/pools/{pool.id}/invoices").status_code == 302


def test_pooled_cash_is_paid_out_by_the_fiscal_agent_on_a_page(make, client_for, people, read):
    consortium = make.consortium(
        legal_shape=LegalShape.POOLED_CASH, fiscal_agent_id=make.agency().id
    )
    invoice = make.invoice(make.order(consortium=consortium))
    who = people(invoice)
    circle = f"/c/{invoice.printed['consortium']['slug']}"
    vendor = invoice.printed["vendor"]["slug"]
    facts = {"means": "ach", "reference": "1", "paid_on": "2026-11-16"}
    agent = client_for(who["agent"])
    agent.send(
        f"{circle}/invoices/{invoice.id}/payment", **facts, amount_cents="500.00", once_key="a"
    )
    desk = f"/d/{invoice.printed['district']['leaid']}"
    confirm_all(read, client_for(who["buyer"]), desk, invoice)

    assert client_for(who["convener"]).get(f"{circle}/vendors/{vendor}/payment").status_code == 403
    sent = agent.send(
        f"{circle}/vendors/{vendor}/payment", **facts, amount_cents="500.00", once_key="b"
    )

    assert sent.status_code == 302
    owed = read(books.balance_of, consortium.org_id, f"payable:{vendor}")
    assert owed == -(112_501 - 50_000)
    assert "$625.01" in agent.get(f"{circle}/money").text


def test_the_lead_tries_again_for_what_was_held_back(make, client_for, read):
    consortium = make.consortium()
    early, late = make.district(), make.district("Late ISD")
    make.member(consortium, early)
    member = make.member(consortium, late, instrument=False)
    pool = make.cleared_pool(consortium, [early, late])
    order = make.orders(pool)[0]
    convener = client_for(make.convener(consortium))
    money = f"/c/{order.agreed['consortium']['slug']}/money"

    assert "Late ISD" in convener.get(money).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', convener.get(money).text)[1]
    make.instrument(member)
    convener.post(
        f"/c/{order.agreed['consortium']['slug']}/pools/{pool.id}/orders",
        data={"csrf_token": token},
    )

    assert "No order yet" not in convener.get(money).text
    assert len(read(queries.orders_of_pool, pool.id)) == 2


# -- sums, papers and panels ---------------------------------------------------------------------


def test_my_ledger_adds_up_to_the_books(world, client_for, read):
    agent = client_for(world["people"]["agent"])
    facts = {"means": "check", "reference": "9", "paid_on": "2026-11-16", "once_key": "k"}
    agent.send(
        f"{world['desks']['consortium']}/invoices/{world['invoice'].id}/payment",
        **facts,
        amount_cents="100.01",
    )
    buyer, desk = client_for(world["people"]["buyer"]), world["desks"]["district"]
    confirm_all(read, buyer, desk, world["invoice"])

    page = client_for(world["people"]["buyer"]).get(world["desks"]["district"] + "/ledger").text

    slug = world["order"].agreed["consortium"]["slug"]
    assert "Orders minus payments equal the books" in page
    assert f'href="/open/ledger/{slug}/1"' in page
    assert f'href="/open/ledger/{slug}/2"' in page
    assert "Invoice 1, check 9" in page
    leaid = world["district"].leaid
    held = read(books.balance_of, world["consortium"].org_id, f"receivable:{leaid}")
    assert held == 112_501 - 10_001
    assert "$1,025.00" in page
    csv = client_for(world["people"]["buyer"]).get(world["desks"]["district"] + "/ledger.csv").text
    assert csv.splitlines()[1].endswith(",0.00,100.01,1025.00,2,,")


def test_empty_desks_say_the_next_step(make, client_for):
    district, vendor = make.district(), make.vendor()

    buyer = client_for(make.buyer(district))
    assert "No orders yet" in buyer.get(f"/d/{district.leaid}/orders").text
    assert "Nothing owed" in buyer.get(f"/d/{district.leaid}/ledger").text
    seller = client_for(make.person(vendor, Role.FINANCE))
    assert "No orders yet" in seller.get(f"/v/{vendor.slug}/orders").text


def pdf_of(answer):
    reader = pypdf.PdfReader(io.BytesIO(answer.data))
    return reader, " ".join("".join(page.extract_text() for page in reader.pages).split())


def test_the_invoice_pdf_is_tagged_and_says_what_the_page_says(world, client_for):
    client = client_for(world["people"]["buyer"])
    url = f"{world['desks']['district']}/invoices/{world['invoice'].id}.pdf"

    answer = client.get(url)

    reader, text = pdf_of(answer)
    assert answer.mimetype == "application/pdf"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.metadata.title.startswith("Invoice 1 from")
    for said in ("Maple Hollow", "2027-118", "$1,125.01", "Jul 1, 2027", "receivable:"):
        assert said in text, said
    assert world["invoice"].printed["check"]["hash"] in text.replace(" ", "")
    with clock.frozen(clock.now().replace(year=2028)):
        assert client.get(url).data == answer.data


def test_each_payment_has_a_receipt_with_the_seal_of_its_entry(make, world, client_for, read):
    invoice, desks, who = world["invoice"], world["desks"], world["people"]
    agent, buyer = client_for(who["agent"]), client_for(who["buyer"])
    form = f"{desks['consortium']}/invoices/{invoice.id}/payment"
    for reference, amount in (("10442", "1,000.00"), ("10443", "125.01")):
        facts = {"means": "check", "reference": reference, "amount_cents": amount}
        sent = agent.send(form, **facts, paid_on="2026-11-16", once_key=reference)
        assert sent.status_code == 302
        confirm_all(read, client_for(who["convener"]), desks["consortium"], invoice)
    first, second = sorted(read(queries.payments_of, invoice.id), key=lambda p: p.ledger_seq)

    page = buyer.get(f"{desks['district']}/payments/{first.id}").text
    answer = buyer.get(f"{desks['district']}/payments/{first.id}.pdf")
    reader, text = pdf_of(answer)

    assert f"/payments/{first.id}" in buyer.get(f"{desks['district']}/invoices/{invoice.id}").text
    for said in ("$1,000.00", "Check 10442", "Maple Hollow", "$125.01", "2027-118"):
        assert said in page, said
        assert said in text, said
    seal = f"{first.ledger_seq}:{first.ledger_hash}"
    assert seal in page
    assert seal in text.replace(" ", "")
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    with clock.frozen(clock.now().replace(year=2028)):
        assert buyer.get(f"{desks['district']}/payments/{first.id}.pdf").data == answer.data
    assert "$0.00" in agent.get(f"{desks['consortium']}/payments/{second.id}").text

    neighbour = make.district()
    make.member(world["consortium"], neighbour)
    stranger = client_for(make.buyer(neighbour))
    for desk in (f"/d/{neighbour.leaid}", *desks.values()):
        assert stranger.get(f"{desk}/payments/{first.id}").status_code == 404
        assert stranger.get(f"{desk}/payments/{first.id}.pdf").status_code == 404


def test_the_purchase_order_pdf_names_both_parties_and_the_contract(world, client_for, read):
    purchase_order = read(queries.purchase_order_of, world["order"].id)
    client = client_for(world["people"]["second finance"])

    answer = client.get(f"{world['desks']['vendor']}/purchase-orders/{purchase_order.id}.pdf")

    reader, text = pdf_of(answer)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    for said in ("Purchase order 2027-118", "Maple Hollow", "River Pool", "interlocal agreement"):
        assert said in text, said


def test_text_typed_by_people_is_printed_and_not_run(make, client_for, people):
    district = make.district('Maple #panic("x") $y$ <b>')
    order = make.order(district, po_number="#1 *bold* $2$")
    invoice = make.invoice(order)
    client = client_for(people(order)["buyer"])

    _reader, text = pdf_of(client.get(f"/d/{district.leaid}/invoices/{invoice.id}.pdf"))

    assert '#panic("x") $y$ <b>' in text.replace("”", '"').replace("“", '"')
    assert "#1 *bold* $2$" in text


def test_lists_take_the_same_queries_however_long(make, app, client_for, count_queries):
    consortium = make.consortium()
    districts = [make.district() for _ in range(12)]
    for district in districts:
        make.member(consortium, district)
    convener = make.convener(consortium)
    client = client_for(convener)
    few = make.orders(make.cleared_pool(consortium, districts[:2], po_number="1"))
    money = f"/c/{few[0].agreed['consortium']['slug']}/money"

    with count_queries() as before:
        client.get(money)
    make.orders(make.cleared_pool(consortium, districts, po_number="2"))
    with count_queries() as after:
        page = client.get(money)

    assert len(after) == len(before) <= 16
    assert len(page.data) < 60_000


@pytest.mark.parametrize("side", ["district", "vendor", "consortium"])
def test_the_homes_above_get_a_panel_with_sums(app, world, side):
    role = {"district": "buyer", "vendor": "finance", "consortium": "convener"}[side]
    slot = {
        "district": "home.district",
        "vendor": "catalogue.vendor_home",
        "consortium": "consortia.console",
    }[side]
    with app.test_request_context(), tenancy.everyone("test"):
        login_user(world["people"][role])
        subject = {
            "district": world["district"],
            "vendor": accounts.get_organization(db.session(), world["order"].vendor_id),
            "consortium": world["consortium"],
        }[side]
        filled = panels(slot, subject)

    assert "$1,125.01" in filled


def test_the_vendors_home_says_which_terms_end_when(client_for, make, world):
    page = client_for(world["people"]["finance"]).get(world["desks"]["vendor"] + "/").text
    rival = client_for(make.person(make.vendor(), Role.ADMINISTRATOR))

    ahead = page.split("Renewals ahead")[1].split("</ul>")[0]
    assert "Jun 29, 2028:" in ahead
    assert "1 order ends, 100 seats" in ahead
    assert rival.get(world["desks"]["vendor"] + "/").status_code == 404
