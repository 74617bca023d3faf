"""Every route that changes something: who of Bravo's may, and what they send.

The same table serves every test of writing: what the rightful person sends and gets is what
the others send too, so that nobody is turned away for a slip in the form. A new unsafe route
fails `test_every_unsafe_route_is_a_door` until it stands here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from marketplace.accounts import security, stop_links
from marketplace.consortia.by_laws_forms import typed
from marketplace.consortia.by_laws_rules import Choices
from marketplace.core import clock, links
from tests.isolation import grants
from tests.isolation.reviews import FACTS
from tests.isolation.world import PASSWORD
from tests.scorecards.conftest import REPORT

NEW_PASSWORD = "another slow walk in the rain"
PAPER = b"%PDF-1.7 a new signed paper"


@dataclass(frozen=True)
class Door:
    who: str | None
    fields: Callable[[Any], dict[str, Any]] = lambda t: {}
    #: Parts of the address made on the spot, such as signed links.
    address: Callable[[Any], dict[str, Any]] | None = None
    #: Sent twice it does something twice, on purpose; the reason.
    again: str = ""
    #: It changes nothing that is stored.
    stores: bool = True


def _paper(_t):
    return {
        "kind": "interlocal_agreement",
        "signer_name": "Pat Lee",
        "signer_title": "Superintendent",
        "signed_on": "2026-11-01",
        "board_date": "",
        "covers": "software",
        "scope": "Joint purchase of software",
        "starts_on": "2026-11-01",
        "ends_on": "2031-06-30",
        "file": (BytesIO(PAPER), "signed.pdf"),
    }


def _by_laws(_t):
    said = {**typed(Choices(notice_days=45)), "text": "", "seen": "1"}
    return {
        name: "y" if value is True else value for name, value in said.items() if value is not False
    }


def _plan(t):
    return {
        "price_schedule": str(t.schedule.id),
        "title": "Next year",
        "purpose": "Read more.",
        "closes_day": "2027-01-15",
        "closes_time": "23:59",
        "term_starts_on": "2027-07-01",
        "term_ends_on": "2028-06-30",
        "pay_by": "2027-08-01",
        "threshold": "",
        "fill_up_days": "2",
    }


def _seats(_t):
    return {
        "seats": "140",
        "tolerance": "0",
        "limit": "9,500.00",
        "rung": "committed",
        "survey_closed_on": "",
        "board_date": "",
        "board_minute": "",
        "po_number": "PO-2027-9",
    }


def _payment(t):
    return {
        "means": "check",
        "reference": "CHK 4711",
        "paid_on": "2026-11-16",
        "amount_cents": "50.00",
        "once_key": f"once-{t.letter}",
    }


def _statement(_t):
    text = b"Date,Description,Amount\n2026-11-16,Interest,1.00"
    return {"account_name": "Savings", "file": (BytesIO(text), "nov.csv")}


def _columns(_t):
    columns = {"date": "0", "text": "1", "check": "2", "amount": "3", "date_order": "year_first"}
    return columns | {"money_in": "", "money_out": "", "number": ""}


def _one_part(t, bill="invoice"):
    invoice = getattr(t, bill).id
    return {"invoice": str(invoice), f"part-{invoice}": "5.00"}


def _ask_refund(t):
    return {
        "amount_cents": "10.00",
        "reason": "Paid twice.",
        "once_key": f"refund-online-{t.letter}",
    }


def _settle(_t):
    return {"do": "close", "note": "The bank says it is theirs."}


def _price(_t):
    return {
        "kind": "volume",
        "total": "",
        "platform_fee": "",
        "minimum": "",
        "cap": "",
        "term_months": "12",
        "valid_until": "2027-06-30",
        "from_1": "1",
        "price_1": "15.00",
        "seen_edits": "0",
    }


def _person(_t):
    return {
        "org_name": "A new company",
        "state": "OH",
        "person_name": "New Person",
        "email": "new.person@example.org",
        "password": NEW_PASSWORD,
    }


def _proposal(t):
    return {
        "price": f"price:{t.schedule.id}",
        "method": "equal",
        "equal_percent": "30",
        "rest": "per_pupil",
        f"seats-{t.district.leaid}": "30",
        "words": "The same for all.",
        "once_key": f"zq{t.letter}-proposal",
        "do": "store",
    }


def _correction(t):
    return {
        "lines-0-account": f"receivable:{t.district.leaid}",
        "lines-0-debit": "10.00",
        "lines-1-account": "fee:administration",
        "lines-1-credit": "10.00",
        "reason": "The bill named the wrong account.",
    }


def _facts(_t):
    return {name: {True: "yes"}.get(value, value) for name, value in FACTS.items()} | {"why": ""}


def _found(_t):
    return {
        "option": "a",
        "level": "E1",
        "document": "",
        "locator": "",
        "quote": "",
        "dated": "2026-11-01",
        "expires_on": "",
        "words": "",
    }


def _words(t):
    return {"question": "US-01", "words": "Which clause?", "once_key": f"zq{t.letter}-words"}


def _evidence(_t):
    return {
        "file": (BytesIO(PAPER), "audit.pdf"),
        "title": "Audit report",
        "kind": "policy",
        "captured_on": "2026-11-01",
        "period_ended_on": "",
        "expires_on": "",
        "source_url": "",
        "audience": "public",
    }


def _by_hand(t):
    return {
        "district": t.district.leaid,
        "name": "administration",
        "amount": "10.00",
        "effective_on": clock.now().date().isoformat(),
        "about": "",
        "reason": "The board voted this fee in October.",
    }


def _refund(t):
    return _payment(t) | {"once_key": f"refund-{t.letter}"}


def _certificate(_t):
    return {"deleted_on": "2026-11-10", "file": (BytesIO(PAPER), "deleted.pdf")}


def _next_pool(t):
    return _plan(t) | {"title": "The year after", "term_starts_on": "2027-02-01"}


LETTER_AGAIN = "a letter may be asked for again when it did not come"


def _agreement(t):
    return {
        "family": "ndpa",
        "version": "2.1",
        "state": "OH",
        "provider": t.vendor.name,
        "products": str(t.tool.id),
        "data_elements": "name_student",
        "signed_on": "2026-10-01",
        "effective_on": "2026-10-01",
        "ends_on": "2029-09-30",
        "offer_present": "no",
        "ai_addendum": "yes",
        "district_signer": "Pat Lee",
        "vendor_signer": "Sam Doe",
        "once_key": f"zq{t.letter}-new-agreement",
        "file": (BytesIO(PAPER), "signed.pdf"),
    }


def _sent_copy(t):
    return {
        "product": f"{t.tool.id}:{t.edition.id}",
        "data_elements": "name_student",
        "signer": "Pat Lee",
        "signed_on": "2026-11-10",
        "sent_to": "privacy@example.org",
        "sent_on": "2026-11-12",
        "file": (BytesIO(PAPER), "copy.pdf"),
    }


DOORS = {
    # accounts
    "/account/act-for": Door("convener", lambda t: {"org_id": str(t.consortium_org.id)}),
    "/account/password": Door(
        "district-buyer", lambda t: {"current": PASSWORD, "password": NEW_PASSWORD}
    ),
    "/account/people/<uuid:membership_id>/remove-role": Door("district-administrator"),
    "/account/people/invitations/<uuid:invitation_id>/withdraw": Door("district-administrator"),
    "/account/people/invite": Door(
        "district-administrator",
        lambda t: {"email": f"new-{t.letter}@example.org", "role": "viewer"},
        again="the newer invitation takes the place of the older: see test_invitations.py",
    ),
    "/account/security/sign-out-everywhere": Door("district-buyer"),
    "/confirm": Door(None, lambda t: {"email": t.people["unconfirmed"].email}, again=LETTER_AGAIN),
    "/confirm/<token>": Door(
        None,
        address=lambda t: {"token": security.confirmation_token(t.people["unconfirmed"])},
    ),
    "/invite/<token>": Door(None, lambda t: {"name": "A guest", "password": NEW_PASSWORD}),
    "/reset": Door(None, lambda t: {"email": t.people["convener"].email}, again=LETTER_AGAIN),
    "/reset/<token>": Door(
        None,
        lambda t: {"password": NEW_PASSWORD},
        address=lambda t: {"token": security.reset_token(t.people["convener"])},
    ),
    "/sign-in": Door(
        None,
        lambda t: {"email": t.people["convener"].email, "password": PASSWORD},
        stores=False,
    ),
    "/sign-in/demo": Door(None, lambda t: {"email": "buyer@demo.test"}, stores=False),
    "/sign-out": Door("district-buyer", stores=False),
    "/sign-up/<any('vendor', 'funder', 'service-agency'):kind>": Door(
        None, _person, again="the person who has an account already is told so by letter"
    ),
    "/sign-up/district/<leaid>": Door(None, _person),
    # the operator
    "/admin/jobs": Door(
        "operator",
        lambda t: {"event_id": str(t.event.id), "subscriber": "consortia.write_welcome"},
    ),
    "/admin/listings/<tool_slug>/take-up": Door("operator"),
    "/admin/listings/<tool_slug>/publish": Door("operator", lambda t: {"seen_edits": "0"}),
    "/admin/listings/<tool_slug>/send-back": Door("operator", lambda t: {"reason": "Say more."}),
    "/admin/listings/<tool_slug>/suspend": Door("operator", lambda t: {"reason": "Not true."}),
    # catalogue
    "/v/<slug>/listings/new": Door(
        "vendor-listing_editor", lambda t: {"name": "One more", "summary": "In one line."}
    ),
    "/v/<slug>/profile": Door(
        "vendor-administrator",
        lambda t: {
            "about": "We write software.",
            "website": "https://vendor.example.org",
            "city": "Columbus",
            "state": "OH",
            "billing_email": "bills@example.org",
            "remit_to": "1 Main Street",
        },
    ),
    "/v/<slug>/listings/<tool_slug>/questions/<section>": Door(
        "vendor-listing_editor", lambda t: {"subprocessors": "A host, hosting, United States"}
    ),
    "/v/<slug>/listings/<tool_slug>/copy": Door(
        "vendor-listing_editor", lambda t: {"source": str(t.submitted.id), "sections": "data"}
    ),
    "/v/<slug>/listings/<tool_slug>/announce": Door(
        "vendor-listing_editor",
        lambda t: {
            "kind": "model",
            "words": "A newer model.",
            "takes_effect_on": "2027-01-15",
            "once_key": f"once-{t.letter}",
        },
    ),
    "/v/<slug>/listings/import": Door(
        "vendor-listing_editor",
        lambda t: {"file": (BytesIO(b"Name,Summary\nOne,Two\n"), "tools.csv")},
        again="a file may be brought again; nothing is listed before it was looked at",
    ),
    "/v/<slug>/listings/import/<uuid:import_id>": Door(
        "vendor-listing_editor", lambda t: {"column_0": "name", "column_1": "summary"}
    ),
    "/d/<leaid>/tools/<slug>/duties/<requirement>": Door(
        "district-buyer", lambda t: {"done_on": "2026-11-02"}
    ),
    "/v/<vendor>/listings/<tool_slug>/accessibility": Door(
        "vendor-listing_editor", lambda t: {"content": REPORT.replace("Reader", "Writer")}
    ),
    "/d/<leaid>/searches/new": Door("district-buyer", lambda t: {"by_mail": "y"}),
    "/d/<leaid>/searches/<uuid:search_id>/drop": Door("district-buyer"),
    "/d/<leaid>/shortlists/new": Door(
        "district-buyer", lambda t: {"title": "Math for grade 5", "seats": "120"}
    ),
    "/d/<leaid>/shortlists/add/<slug>": Door(
        "district-buyer", lambda t: {"shortlist": "new", "title": "One more list"}
    ),
    "/d/<leaid>/shortlists/<uuid:shortlist_id>/remove": Door(
        "district-buyer", lambda t: {"tool": str(t.tool.id)}
    ),
    "/d/<leaid>/shortlists/<uuid:shortlist_id>/comment": Door(
        "district-buyer",
        lambda t: {"tool": "", "words": "We like it.", "once_key": f"once-{t.letter}"},
    ),
    "/d/<leaid>/shortlists/<uuid:shortlist_id>/decide": Door(
        "district-buyer",
        lambda t: {"tool": str(t.tool.id), "why": "It fits.", "seen_decisions": "1"},
    ),
    "/tools/<slug>/follow": Door("district-buyer"),
    "/tools/<slug>/unfollow": Door("neighbour"),
    "/v/<slug>/listings/<tool_slug>/editions/new": Door(
        "vendor-listing_editor",
        lambda t: {"name": "New edition", "included": "All", "seen_edits": "0"},
    ),
    "/v/<slug>/listings/<tool_slug>/editions/<uuid:edition_id>": Door(
        "vendor-listing_editor",
        lambda t: {"name": "Renamed edition", "included": "All", "seen_edits": "0"},
    ),
    "/v/<slug>/listings/<tool_slug>/editions/<uuid:edition_id>/price": Door(
        "vendor-listing_editor", _price
    ),
    "/v/<slug>/listings/<tool_slug>/submit": Door("vendor-listing_editor"),
    # consortia
    "/consortia/new/<step>": Door(
        "convener",
        lambda t: {
            "name": "One more consortium",
            "purpose": "Buy together.",
            "time_zone": "America/New_York",
        },
    ),
    "/consortia/new/check": Door("convener"),
    "/c/<slug>/by-laws": Door("convener", _by_laws),
    "/c/<slug>/by-laws/adopt": Door("convener", lambda t: {"revision": "1"}),
    "/c/<slug>/by-laws/discard": Door("convener", lambda t: {"revision": "1"}),
    "/consortia/<slug>/by-laws/accept": Door(
        "district-buyer", lambda t: {"version": "1", "accept_by_laws": "y"}
    ),
    "/consortia/<slug>/ask": Door(
        "outsider", lambda t: {"words": "Please.", "accept_by_laws": "y"}
    ),
    "/consortia/<slug>/answer": Door("invited", lambda t: {"accept_by_laws": "y"}),
    "/consortia/<slug>/instrument": Door("district-buyer", _paper),
    "/consortia/<slug>/leave": Door("district-buyer"),
    "/consortia/<slug>/hand-overs/<uuid:handover_id>": Door("district-administrator"),
    "/c/<slug>/hand-over/<office>": Door(
        "agency-agent",
        lambda t: {"to": str(t.district.id), "successor": str(t.agency.id), "words": "Please."},
    ),
    "/consortia/<slug>/voters": Door(
        "district-buyer",
        lambda t: {"voter": str(t.people["district-administrator"].id), "alternate": ""},
    ),
    # decisions
    "/consortia/<slug>/decisions/new": Door(
        "convener",
        lambda t: {
            "kind": "pick_tool",
            "subject": f"pick_tool:{t.tool.id}",
            "title": "Shall we?",
            "words": "Because.",
            "closes_day": "2026-12-20",
            "closes_time": "17:00",
            "once_key": f"zq{t.letter}-d",
        },
    ),
    "/consortia/<slug>/decisions/<int:number>/vote": Door(
        "district-buyer", lambda t: {"choice": "yes", "district": ""}
    ),
    "/consortia/<slug>/decisions/<int:number>/conflict": Door(
        "district-buyer", lambda t: {"conflict": "We own a part of it."}
    ),
    "/consortia/<slug>/decisions/<int:number>/proxy": Door(
        "district-buyer", lambda t: {"to": str(t.neighbour.id), "proxy": "We are away."}
    ),
    "/consortia/<slug>/decisions/<int:number>/remark": Door(
        "district-buyer", lambda t: {"words": "We agree.", "once_key": f"zq{t.letter}-r"}
    ),
    "/c/<slug>/observers": Door(
        "convener", lambda t: {"observer": t.outsider.leaid, "words": "They may join next year."}
    ),
    "/c/<slug>/observers/<uuid:observer_id>/end": Door("convener"),
    "/c/<slug>/constitute": Door("convener"),
    "/c/<slug>/invite": Door(
        "convener", lambda t: {"district": t.outsider.leaid, "words": "Join us."}
    ),
    "/c/<slug>/members/<leaid>/approve": Door("convener"),
    "/c/<slug>/members/<leaid>/end": Door("convener"),
    "/c/<slug>/members/<leaid>/instrument": Door("convener", _paper),
    # ledger
    "/open/ledger/<slug>/prepare.<ending>": Door(None),
    # pools
    "/c/<slug>/pools/new": Door("convener", _plan),
    "/c/<slug>/pools/<pool_slug>/change": Door("convener", _plan),
    "/c/<slug>/pools/<pool_slug>/open": Door("convener"),
    "/c/<slug>/pools/<pool_slug>/fill-up": Door("convener", lambda t: {"fill_up_days": "3"}),
    "/c/<slug>/pools/<pool_slug>/ask-to-clear": Door("convener"),
    "/c/<slug>/pools/<pool_slug>/clear": Door("convener"),
    "/c/<slug>/pools/<pool_slug>/extend": Door(
        "convener",
        lambda t: {"closes_day": "2026-12-20", "closes_time": "23:59", "fill_up_days": "0"},
    ),
    "/c/<slug>/pools/<pool_slug>/lower": Door("convener", lambda t: {"threshold": "150"}),
    "/c/<slug>/pools/<pool_slug>/release": Door("convener"),
    "/pools/<consortium>/<slug>/join/seats": Door("district-buyer", _seats),
    "/pools/<consortium>/<slug>/join/contacts": Door(
        "district-buyer",
        lambda t: {"contact_name": "Pat Lee", "contact_email": "pat@example.org"},
    ),
    "/pools/<consortium>/<slug>/join/check": Door(
        "district-buyer", lambda t: {"key": f"zq{t.letter}-one-use-key"}
    ),
    "/pools/<consortium>/<slug>/withdraw": Door("district-buyer"),
    # costs
    "/open/method/split": Door(
        None,
        lambda t: {
            "kind": "per_seat",
            "bands": "1, 16.00",
            "method": "proportional",
            "members": "Maple, 620",
        },
        stores=False,
    ),
    "/c/<slug>/cost-method": Door("convener", _proposal),
    "/c/<slug>/cost-method/<uuid:proposal_id>/withdraw": Door("convener"),
    # letters
    "/account/letters": Door("district-buyer", lambda t: {"kinds": ["digest"]}),
    "/letters/stop/<token>": Door(
        None,
        address=lambda t: {
            "token": links.seal(stop_links.STOP, t.people["district-buyer"].id.hex, "digest")
        },
    ),
    "/c/<slug>/messages/new": Door(
        "convener",
        lambda t: {"subject": "We meet", "text": "In May.", "once_key": f"zq{t.letter}-m"},
    ),
    "/c/<slug>/remind": Door(
        "convener",
        lambda t: {
            "pool": t.order_pools["new"].slug,
            "standing": "needs_po",
            "districts": [str(t.district.id)],
            "subject": "Your PO",
            "text": "Please issue it.",
            "once_key": f"zq{t.letter}-r",
        },
    ),
    # demand
    "/d/<leaid>/interests/add/<slug>": Door(
        "district-buyer",
        lambda t: {
            "seats": "140",
            "school_year": "2026",
            "budget": "2,400.00",
            "contact_name": "Pat Lee",
            "contact_email": "pat@example.org",
        },
    ),
    "/d/<leaid>/interests/<uuid:interest_id>/withdraw": Door("district-buyer"),
    # the books
    "/c/<slug>/books/close": Door("fiscal-agent", lambda t: {"through_on": "2026-10-31"}),
    "/c/<slug>/books/<int(min=1, max=9223372036854775807):seq>/correct": Door(
        "convener", _correction
    ),
    "/c/<slug>/books/post/<act>": Door("convener", _by_hand),
    "/c/<slug>/books/entries/<uuid:entry_id>/approve": Door("fiscal-agent"),
    "/c/<slug>/books/entries/<uuid:entry_id>/refuse": Door("fiscal-agent"),
    "/c/<slug>/books/runs/<uuid:run_id>/approve": Door("fiscal-agent"),
    "/c/<slug>/books/runs/<uuid:run_id>/refuse": Door("fiscal-agent"),
    # the purchase guard
    "/d/<leaid>/gaps/<slug>": Door(
        "district-buyer", lambda t: {"words": "We ask yearly.", "seen": "EQ-02:declined"}
    ),
    # incidents
    "/tools/<slug>/report-incident": Door(
        "district-buyer",
        lambda t: {"words": "It was open.", "once_key": f"zq{t.letter}-new-report"},
    ),
    "/v/<slug>/incidents/<uuid:incident_id>/answer": Door(
        "vendor-listing_editor", lambda t: {"words": "We closed it."}
    ),
    "/admin/incidents/<uuid:incident_id>/propose": Door(
        "operator",
        lambda t: {
            "public_words": "Names were open.",
            "evidence_words": "A screenshot.",
            "exposes_students": "",
            "file": (BytesIO(PAPER), "proof.pdf"),
        },
        again="another proof may be put on file until a second person agrees",
    ),
    "/admin/incidents/<uuid:incident_id>/confirm": Door("operator"),
    "/admin/incidents/<uuid:incident_id>/dismiss": Door("operator", lambda t: {"why": "No."}),
    "/admin/incidents/<uuid:incident_id>/late": Door(
        "operator",
        lambda t: {"proves": "They knew on May 2."},
        again="the proof may be changed until a second person agrees",
    ),
    "/admin/incidents/<uuid:incident_id>/late/confirm": Door("operator"),
    "/admin/incidents/<uuid:incident_id>/close": Door("operator", lambda t: {"done": "Gone."}),
    # agreements
    "/d/<leaid>/agreements/new/<slug>": Door("district-buyer", _agreement),
    "/agreements/<uuid:agreement_id>/join": Door("outsider", _sent_copy),
    "/d/<leaid>/agreements/<uuid:agreement_id>/clauses": Door(
        "district-buyer", lambda t: {"ownership": "yes", "ownership-where": "II.1"}
    ),
    "/d/<leaid>/agreements/<uuid:agreement_id>/withdraw": Door(
        "district-buyer", lambda t: {"reason": "It was replaced."}
    ),
    "/v/<slug>/agreements/<uuid:agreement_id>/withdraw": Door(
        "vendor-listing_editor", lambda t: {"reason": "We were sold."}
    ),
    "/v/<slug>/join-notices/<uuid:join_id>/acknowledge": Door(
        "vendor-listing_editor", lambda t: {"name": "Sam Doe", "acknowledged_on": "2026-11-16"}
    ),
    # reviews
    "/admin/reviews/open/<tool_slug>": Door("operator"),
    "/admin/reviews/<uuid:review_id>": Door(
        "operator", lambda t: {"person": str(t.people["reader-5"].id), "seat": "settles"}
    ),
    "/admin/reviews/watch/<tool_slug>": Door(
        "operator", lambda t: {"title": "Terms", "url": "https://example.org/terms"}
    ),
    "/admin/reviews/policies/<uuid:policy_id>/capture": Door(
        "operator", lambda t: {"file": (BytesIO(b"We sell nothing now."), "policy.txt")}
    ),
    "/reviews/<uuid:review_id>/facts": Door("reader-1", _facts),
    "/reviews/<uuid:review_id>/questions/<question>": Door("reader-1", _found),
    "/reviews/<uuid:review_id>/settle/<question>": Door(
        "reader-3", lambda t: _found(t) | {"why": "Clause 4 says so."}
    ),
    "/reviews/<uuid:review_id>/take": Door("reader-1"),
    "/reviews/<uuid:review_id>/hand-in": Door("reader-1"),
    "/reviews/<uuid:review_id>/publish": Door("reader-3"),
    "/reviews/<uuid:review_id>/words": Door("reader-1", _words),
    "/reviews/<uuid:review_id>/evidence": Door("reader-1", _evidence),
    "/reviews/step-aside/<slug>": Door("reader-5", lambda t: {"tie": "family", "words": "Kin."}),
    "/reviews/stop/<slug>": Door("reader-5", lambda t: {"reason": "Names are open to all."}),
    "/reviews/changes/<uuid:capture_id>": Door(
        "reader-5", lambda t: {"decision": "accepted", "why": "Only the address."}
    ),
    "/reviews/appeals/<uuid:appeal_id>": Door(
        "reader-4", lambda t: {"outcome": "upheld", "why": "The agreement says it."}
    ),
    "/tools/<slug>/appeal": Door("district-buyer", lambda t: _words(t) | {"question": "US-02"}),
    "/v/<slug>/reviews/<tool_slug>/ask": Door("vendor-listing_editor"),
    "/v/<slug>/reviews/<tool_slug>/answers/<domain>": Door(
        "vendor-listing_editor",
        lambda t: {"US-01": "a", "US-01-words": "Clause 4"},
        again="saving again counts as another edit",
    ),
    "/v/<slug>/reviews/<tool_slug>/hecvat": Door(
        "vendor-listing_editor", lambda t: {"export": "DPAI-07,Yes\nPDAT-02,No"}
    ),
    "/v/<slug>/reviews/<tool_slug>/sign": Door(
        "vendor-listing_editor",
        lambda t: {"officer_name": "Pat Lee", "officer_title": "CEO", "signed_on": "2026-11-16"},
    ),
    "/v/<slug>/reviews/<tool_slug>/words": Door("vendor-listing_editor", _words),
    "/v/<slug>/reviews/<tool_slug>/evidence": Door("vendor-listing_editor", _evidence),
    "/v/<slug>/reviews/<tool_slug>/check": Door("vendor-listing_editor"),
    # renewals
    "/d/<leaid>/terms/<consortium>/<pool_slug>/join": Door(
        "neighbour",
        lambda t: {"seats": "30", "starts_on": "2027-09-01", "once_key": f"once-{t.letter}-join"},
    ),
    "/d/<leaid>/terms/<consortium>/<pool_slug>/seats/<uuid:batch_id>": Door(
        "district-buyer", lambda t: {"seats": "10", "once_key": f"once-{t.letter}-seats"}
    ),
    "/d/<leaid>/terms/<consortium>/<pool_slug>/leave": Door(
        "neighbour",
        lambda t: {
            "starts_on": "2026-11-25",
            "reason": "Our school closes in December.",
            "once_key": f"once-{t.letter}-leave",
        },
    ),
    "/d/<leaid>/terms/<consortium>/<pool_slug>/answer": Door(
        "district-buyer", lambda t: {"answer": "fewer", "seats": "40", "words": "Money is short."}
    ),
    "/d/<leaid>/term-requests/<uuid:request_id>/take-back": Door("district-buyer"),
    "/d/<leaid>/term-requests/<uuid:request_id>/consent": Door(
        "neighbour",
        lambda t: {"signer_name": "Pat Lee", "signer_title": "Head", "rise_cents": "0"},
    ),
    "/d/<leaid>/seats-in-use/<uuid:pool_id>": Door("district-buyer", lambda t: {"used": "75"}),
    "/v/<vendor>/seats-in-use/<uuid:pool_id>/<leaid>": Door(
        "vendor-finance", lambda t: {"used": "75"}
    ),
    "/d/<leaid>/counts/<uuid:count_id>": Door("district-buyer", lambda t: {"agree": "yes"}),
    "/v/<vendor>/counts/<uuid:count_id>": Door("vendor-finance", lambda t: {"agree": "yes"}),
    "/d/<leaid>/exit/<uuid:order_id>/certificate": Door("district-buyer", _certificate),
    "/v/<vendor>/exit/<uuid:order_id>/certificate": Door("vendor-finance", _certificate),
    "/c/<consortium>/term-requests/<uuid:request_id>/join": Door("convener"),
    "/c/<consortium>/term-requests/<uuid:request_id>/leave": Door("convener"),
    "/c/<consortium>/term-requests/<uuid:request_id>/refuse": Door(
        "convener", lambda t: {"reason": "The vendor has no seats left."}
    ),
    "/c/<consortium>/terms/<pool_slug>/batches/new": Door(
        "convener", lambda t: {"starts_on": "2026-11-28", "ask_until": "2026-11-27"}
    ),
    "/c/<consortium>/batches/<uuid:batch_id>/place": Door("convener"),
    "/c/<consortium>/terms/<pool_slug>/true-up": Door("convener"),
    "/c/<consortium>/true-ups/<uuid:run_id>/approve": Door("convener"),
    "/c/<consortium>/true-ups/<uuid:run_id>/refuse": Door("convener"),
    "/c/<consortium>/terms/<pool_slug>/renew": Door("convener", _next_pool),
    # programmes
    "/f/<slug>/programmes/new": Door("funder-administrator", grants.programme_form),
    "/f/<slug>/programmes/<programme>/change": Door("funder-administrator", grants.change_form),
    "/f/<slug>/programmes/<programme>/award/<uuid:pool_id>": Door(
        "funder-administrator", grants.award_form
    ),
    "/f/<slug>/programmes/<programme>/move/<act>": Door("funder-administrator", grants.money_form),
    "/f/<slug>/movements/<uuid:movement_id>/approve": Door("funder-programme_officer"),
    "/f/<slug>/movements/<uuid:movement_id>/refuse": Door("funder-programme_officer"),
    "/c/<slug>/grants/<uuid:movement_id>/approve": Door("convener"),
    "/c/<slug>/grants/<uuid:movement_id>/refuse": Door("convener"),
    "/c/<consortium>/terms/<pool_slug>/vote": Door(
        "convener",
        lambda t: {
            "closes_day": "2026-11-25",
            "closes_time": "17:00",
            "words": "It is used every day.",
            "once_key": f"zq{t.letter}-vote",
        },
    ),
    # dissolution
    "/consortia/<slug>/end/declare": Door(
        "convener", lambda t: {"words": "We are done.", "name": t.lead_ends_org.name}
    ),
    "/consortia/<slug>/end/share": Door("convener"),
    "/consortia/<slug>/end/approve": Door("convener"),
    "/consortia/<slug>/end/dissolve": Door("convener", lambda t: {"name": t.at_zero_org.name}),
    # payments
    "/d/<leaid>/invoices/<uuid:invoice_id>/pay": Door(
        "district-buyer",
        lambda t: {"means": "debit", "amount_cents": "50.00", "once_key": f"pay-{t.letter}"},
    ),
    "/d/<leaid>/online-payments/<uuid:attempt_id>/continue": Door("district-buyer"),
    "/d/<leaid>/online-payments/<uuid:attempt_id>/cancel": Door("district-buyer"),
    "/v/<vendor>/online-payments/<uuid:attempt_id>/refund": Door("vendor-finance", _ask_refund),
    "/c/<consortium>/online-payments/<uuid:attempt_id>/refund": Door("convener", _ask_refund),
    "/v/<vendor>/refunds/<uuid:back_id>/decision": Door(
        "vendor-finance", lambda t: {"allowed": "no"}
    ),
    "/c/<consortium>/refunds/<uuid:back_id>/decision": Door(
        "convener", lambda t: {"allowed": "no"}
    ),
    "/v/<vendor>/payouts/connect": Door("vendor-finance"),
    "/c/<consortium>/at-stripe/connect": Door("fiscal-agent"),
    "/c/<consortium>/at-stripe/findings/<uuid:finding_id>": Door("fiscal-agent", _settle),
    "/admin/stripe/findings/<uuid:finding_id>": Door("operator", _settle),
    "/admin/stripe/payments/<uuid:attempt_id>/remit": Door(
        "operator", lambda t: {"reference": "WIRE 12"}
    ),
    "/webhooks/stripe": Door(None, stores=False),
    # orders
    "/c/<consortium>/credit-notes/<uuid:note_id>/refund": Door("convener", _refund),
    "/v/<vendor>/credit-notes/<uuid:note_id>/refund": Door("vendor-finance", _refund),
    "/d/<leaid>/purchasing": Door("district-administrator", lambda t: {"alone_up_to": "5,000.00"}),
    "/d/<leaid>/purchase-order-requests/<uuid:request_id>": Door("district-administrator"),
    "/d/<leaid>/purchase-order-requests/<uuid:request_id>/refuse": Door(
        "district-administrator", lambda t: {"words": "The wrong fund"}
    ),
    # remittance
    **{
        f"{desk}/bank/{what}": Door(who, fields)
        for desk, who, bill in (
            ("/c/<consortium>", "fiscal-agent", "cash_invoice"),
            ("/v/<vendor>", "vendor-finance", "invoice"),
        )
        for what, fields in (
            ("import", _statement),
            ("files/<uuid:bank_file_id>", _columns),
            ("lines/<uuid:line_id>", partial(_one_part, bill=bill)),
            ("lines/<uuid:line_id>/ignore", lambda t: {}),
            ("lines/<uuid:line_id>/undo", lambda t: {}),
            ("sure-lines", lambda t: {}),
        )
    },
    "/d/<leaid>/charge-codes": Door(
        "district-buyer",
        lambda t: {"applies_to": "all", "function_code": "2230", "object_code": "735"},
        again="the same choice is stored anew with its time",
    ),
    "/c/<consortium>/invoices/<uuid:invoice_id>/payment": Door("convener", _payment),
    "/d/<leaid>/invoices/<uuid:invoice_id>/payment": Door("district-buyer", _payment),
    "/v/<vendor>/invoices/<uuid:invoice_id>/payment": Door("vendor-finance", _payment),
    "/c/<consortium>/held-credits/<uuid:held_id>/return": Door("convener", _refund),
    "/v/<vendor>/held-credits/<uuid:held_id>/return": Door("vendor-finance", _refund),
    "/d/<leaid>/invoices/<uuid:invoice_id>/board-date": Door(
        "district-buyer", lambda t: {"meets_on": "2026-12-08"}
    ),
    **{
        f"{desk}/{what}": Door(who, fields)
        for desk, who in (
            ("/c/<consortium>", "convener"),
            ("/d/<leaid>", "district-buyer"),
            ("/v/<vendor>", "vendor-finance"),
        )
        for what, fields in (
            ("payments-waiting/confirm", lambda t: {"pending": str(t.pending.id)}),
            ("pending-payments/<uuid:pending_id>/confirm", lambda t: {}),
            ("pending-payments/<uuid:pending_id>/undo", lambda t: {}),
            ("held-credits/<uuid:held_id>/use", lambda t: {}),
        )
    },
    "/c/<consortium>/orders/<uuid:order_id>/invoice": Door("fiscal-agent"),
    "/v/<vendor>/orders/<uuid:order_id>/invoice": Door("vendor-finance"),
    "/v/<vendor>/pools/<uuid:pool_id>/invoices": Door("vendor-finance"),
    "/c/<consortium>/pools/<uuid:pool_id>/orders": Door("convener"),
    "/c/<consortium>/vendors/<vendor_slug>/payment": Door("fiscal-agent", _payment),
    "/d/<leaid>/orders/<uuid:order_id>/purchase-order": Door(
        "district-buyer", lambda t: {"number": "PO 2027-17"}
    ),
}
