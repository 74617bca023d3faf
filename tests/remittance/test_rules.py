"""Reading bank statements, telling lines apart, and which bill a line pays."""

from datetime import date
from uuid import UUID

import pytest

from marketplace.core.errors import RuleBroken
from marketplace.orders.rules import PaymentMeans
from marketplace.remittance import matching_rules, ofx_rules, rules
from marketplace.remittance.matching_rules import Bill, Matcher, Seen, Waits
from marketplace.remittance.rules import Column, DateOrder, FileKind

OFX_1 = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX>
<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20261116<LANGUAGE>ENG
</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<STMTRS><CURDEF>USD
<BANKACCTFROM><BANKID>044000037<ACCTID>000012345678<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261101<DTEND>20261116
<STMTTRN><TRNTYPE>CHECK<DTPOSTED>20261110120000[-5:EST]<TRNAMT>1125.01<FITID>F1<CHECKNUM>0010442
<NAME>MAPLE HOLLOW &amp; CO<MEMO>Deposit</STMTTRN>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261111<TRNAMT>-40.5<FITID>F2<NAME>Fee</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>10.00<DTASOF>20261116</LEDGERBAL></STMTRS></STMTTRNRS>
</BANKMSGSRSV1></OFX>
"""
OFX_2 = """<?xml version="1.0" encoding="UTF-8"?>
<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1</TRNUID><STMTRS><CURDEF>USD</CURDEF>
<BANKACCTFROM><BANKID>0</BANKID><ACCTID>5678</ACCTID><ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>
<BANKTRANLIST><STMTTRN><TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20261110</DTPOSTED>
<TRNAMT>1125.01</TRNAMT><FITID>F1</FITID><PAYEE><NAME>Maple Hollow</NAME></PAYEE></STMTTRN>
</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


def test_both_kinds_of_ofx_give_day_cents_and_number():
    old, new = ofx_rules.read(OFX_1), ofx_rules.read(OFX_2)

    assert rules.kind_of(OFX_1) is rules.kind_of(OFX_2) is FileKind.OFX
    assert (old.account_ending, new.account_ending) == ("5678", "5678")
    first, second = old.lines
    assert first[:5] == (date(2026, 11, 10), 112_501, "MAPLE HOLLOW & CO Deposit", "F1", "10442")
    assert (second.cents, second.text) == (-4_050, "Fee")
    assert new.lines[0][:4] == (date(2026, 11, 10), 112_501, "Maple Hollow", "F1")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<CURDEF>USD", "<CURDEF>EUR", "not in USD"),
        ("<FITID>F2", "", "entry 2 has no FITID"),
        ("<TRNAMT>-40.5", "<TRNAMT>forty", "the amount “forty”"),
        ("<TRNAMT>-40.5", "<TRNAMT>1e9", "the amount"),
        ("<DTPOSTED>20261111", "<DTPOSTED>20261341", "the date"),
        ("</BANKTRANLIST>", "<![CDATA[x]]></BANKTRANLIST>", "declares a document"),
        ("</BANKMSGSRSV1></OFX>", "", "has no end"),
        ("<BANKACCTFROM>", "<CCACCTFROM>", "no bank account"),
        ("<OFX>", "<NOTOFX>", "no <OFX> part"),
    ],
)
def test_ofx_that_is_not_as_it_must_be_is_refused(old, new, words):
    with pytest.raises(RuleBroken, match=words):
        ofx_rules.read(OFX_1.replace(old, new))


CSV = """Posting Date,Description,Check Number,Debit,Credit
11/10/2026,DEPOSIT MAPLE HOLLOW,010442,,"$1,125.01"
11/11/2026,SERVICE FEE,,40.50,
11/12/2026,TRANSFER,,,100
11/12/2026,TRANSFER,,,100
"""


def test_csv_is_read_by_its_headings_and_equal_lines_of_a_day_are_two():
    rows = rules.rows_of(CSV)
    columns = rules.guess(rows[0])
    order = rules.date_order_of(row[0] for row in rows[1:])
    lines = rules.lines_of_csv(rows, columns, order)

    assert [(line.posted_on.day, line.cents, line.check) for line in lines] == [
        (10, 112_501, "10442"),
        (11, -4_050, ""),
        (12, 10_000, ""),
        (12, 10_000, ""),
    ]
    assert len({line.key for line in lines}) == 4
    shorter = rules.lines_of_csv(rows[:4], columns, order)
    assert [line.key for line in shorter] == [line.key for line in lines[:3]]


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("$1,125.01", 112_501),
        ("-40.5", -4_050),
        ("(40.00)", -4_000),
        ("40.00-", -4_000),
        ("-$7", -700),
        ("1,12.00", None),
        ("1.125,01", None),
        ("12e4", None),
        ("", None),
        ("9" * 20, None),
    ],
)
def test_amounts_as_banks_write_them(typed, cents):
    assert rules.cents_of(typed) == cents


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ("31/12/2026,x,,,5", "date_order", "Row 2: “31/12/2026” is no date"),
        ("11/10/2026,x,,,five", "money_in", "Row 2: “five” is no amount"),
        ("11/10/2026,x,,,", "money_in", "no amount"),
    ],
)
def test_a_row_that_cannot_be_read_refuses_the_file_with_its_number(row, field, words):
    rows = rules.rows_of(CSV.splitlines()[0] + "\n" + row)
    with pytest.raises(RuleBroken, match=words) as refusal:
        rules.lines_of_csv(rows, rules.guess(rows[0]), DateOrder.MONTH_FIRST)
    assert refusal.value.field == field


def test_columns_must_name_date_text_and_one_way_of_amounts():
    for columns in ({}, {Column.DATE: 0}, {Column.DATE: 0, Column.AMOUNT: 0, Column.TEXT: 1}):
        with pytest.raises(RuleBroken):
            rules.check_columns(columns, 5)
    with pytest.raises(RuleBroken, match="no such column"):
        rules.check_columns({Column.DATE: 0, Column.AMOUNT: 9, Column.TEXT: 1}, 5)


def bill(n, cents, district="Maple Hollow Local School District", waits=()):
    district_id = UUID(int=sum(map(ord, district)))
    due_on = date(2027, 7, n)
    return Bill(UUID(int=n), n, cents, due_on, district_id, district, f"PO-{n}", waits)


def seen(cents, text="DEPOSIT", check=""):
    return Seen(cents, text, check)


def best(bills, line):
    found = Matcher(bills).suggest(line)
    return ([b.number for b, _ in found[0].parts], found[0].is_sure) if found else None


def test_what_a_line_pays():
    bills = [bill(1, 112_501), bill(2, 50_000), bill(3, 50_000, "Black River Local")]

    assert best(bills, seen(112_501, "MAPLE HOLLOW LSD WARRANT")) == ([1], True)
    assert best(bills, seen(112_501)) == ([1], False)  # the amount alone is never sure
    assert best(bills, seen(50_000, "ACH BLACK RIVER")) == ([3], True)
    assert best(bills, seen(50_000, "INV #0002")) == ([2], True)
    assert best(bills, seen(162_501, "MAPLE HOLLOW")) == ([1, 2], False)
    assert best(bills, seen(70_000, "INVOICE 1 MAPLE HOLLOW")) == ([1], False)
    assert best(bills, seen(3)) is None
    assert best(bills, seen(-112_501, "MAPLE HOLLOW")) is None
    written = bill(4, 0, waits=(Waits(UUID(int=9), 700, "010442"),))
    assert best([written], seen(700, check="10442")) == ([4], True)


def test_how_it_was_paid_and_that_the_parts_add_up():
    assert matching_rules.means_of(seen(1, "CHK 22")) is PaymentMeans.CHECK
    assert matching_rules.means_of(seen(1, "INCOMING WIRE")) is PaymentMeans.WIRE
    assert matching_rules.means_of(seen(1, "CCD STATE OF OH")) is PaymentMeans.ACH
    for parts in ({}, {UUID(int=1): 0}, {UUID(int=1): 99}, {UUID(int=1): 101}):
        with pytest.raises(RuleBroken):
            matching_rules.check_parts(parts, 100)
