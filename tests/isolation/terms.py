"""The terms of one tenant: something of each kind that is asked, counted, settled or answered."""

from datetime import date

from marketplace.consortia.rules import ConflictRule
from marketplace.core import clock
from marketplace.core.access import Actor
from marketplace.core.files import StoredFile
from marketplace.decisions.models import Decision
from marketplace.decisions.rules import DecisionKind, Needed, Outcome
from marketplace.orders import queries as orders
from marketplace.orders import service
from marketplace.orders.models import CreditNote
from marketplace.renewals import request_service, true_up_service
from marketplace.renewals.models import (
    DeletionCertificate,
    LeavingConsent,
    Renewal,
    RenewalAnswer,
    RenewalNotice,
    TermRequest,
)
from marketplace.renewals.rules import Answer, RequestKind

STARTS, ENDS = date(2025, 12, 1), date(2026, 11, 30)
BEGINS = date(2026, 11, 25)


def build(builder):
    make, t = builder.make, builder.t
    term = {"tool": t.tool, "term_starts_on": STARTS, "term_ends_on": ENDS}
    t.term_pool = make.cleared_pool(t.consortium, [t.district, t.neighbour], **term)
    t.late_pool = make.cleared_pool(t.consortium, [t.district], **term)
    with builder.writing() as (session, _):
        placed = service.place_orders(session, Actor.system(), t.term_pool.id).orders
        t.term_order = next(o for o in placed if o.org_id == t.district.id)
        service.place_orders(session, Actor.system(), t.late_pool.id)
        session.flush()
        session.expunge_all()
    _requests(builder)
    _counts(builder)
    _renewal(builder)
    _credit(builder)


def _requests(builder):
    t, mark = builder.t, builder.mark
    with builder.writing(t.people["convener"]) as (session, actor):
        t.batch = request_service.set_batch(
            session, actor, t.term_pool.id, starts_on=BEGINS, ask_until=date(2026, 11, 20)
        )
        session.expunge(t.batch)
    with builder.writing(t.people["neighbour"]) as (session, actor):
        t.late_request = request_service.ask_to_join_late(
            session,
            actor,
            t.late_pool.id,
            seats=30,
            starts_on=BEGINS,
            once_key=mark("late-key"),
            contact_name=mark("late-contact"),
            contact_email=f"{mark('late')}@example.org",
        )
        request_service.ask_for_seats(
            session, actor, t.batch.id, seats=20, once_key=mark("seats-key")
        )
        session.expunge_all()
    asked = {"pool_id": t.term_pool.id, "district_id": t.district.id, "leaid": t.district.leaid}
    t.leave_request = builder.make.save(
        TermRequest(
            org_id=t.consortium.org_id,
            kind=RequestKind.WITHDRAWAL,
            seats=100,
            starts_on=BEGINS,
            reason=mark("reason-to-leave"),
            figures={"refused_because": mark("why-not")},
            once_key=mark("leave-key"),
            asked_at=clock.now(),
            asked_by=t.people["district-buyer"].id,
            **asked,
        )
    )
    builder.make.save(
        LeavingConsent(
            org_id=t.consortium.org_id,
            request_id=t.leave_request.id,
            district_id=t.invited.id,
            leaid=t.invited.leaid,
            signer_name=mark("consent-signer"),
            signer_title=mark("consent-title"),
            rise_cents=1,
            given_at=clock.now(),
        )
    )


def _counts(builder):
    t, mark = builder.t, builder.mark
    with builder.writing(t.people["vendor-finance"]) as (session, actor):
        t.count = true_up_service.say_use(session, actor, t.term_pool.id, t.district.id, used=80)
        session.expunge(t.count)
    with builder.writing(t.people["neighbour"]) as (session, actor):
        t.own_count = true_up_service.say_use(
            session, actor, t.term_pool.id, t.neighbour.id, used=150
        )
        session.expunge(t.own_count)
    with builder.writing(t.people["fiscal-agent"]) as (session, actor):
        t.run = true_up_service.propose_true_up(session, actor, t.late_pool.id)
        session.expunge(t.run)
    builder.set(t.count, dispute=mark("dispute"))


def _renewal(builder):
    make, t, mark = builder.make, builder.t, builder.mark
    whose = {"org_id": t.consortium.org_id, "pool_id": t.late_pool.id}
    make.save(
        RenewalAnswer(
            district_id=t.district.id,
            leaid=t.district.leaid,
            answer=Answer.LEAVE,
            words=mark("renewal-words"),
            answered_at=clock.now(),
            **whose,
        )
    )
    make.save(
        Decision(
            org_id=t.consortium.org_id,
            number=3,
            kind=DecisionKind.RENEW_POOL,
            title="Shall we renew it?",
            words="It is used every day.",
            subject_id=t.term_pool.id,
            opened_at=clock.now(),
            opened_by_id=t.people["convener"].id,
            closes_at=clock.now(),
            time_zone="America/Chicago",
            by_laws_version=1,
            quorum_percent=50,
            majority=Needed.MORE_THAN_HALF,
            conflict=ConflictRule.COUNTED,
            proxies=True,
            closed_at=clock.now(),
            outcome=Outcome.PASSED,
            counted={"present": 2, "base": 2, "yes": 2, "no": 0},
            next_step="Ask the vendor for a price.",
            once_key=f"{t.letter}-renew",
        )
    )
    make.save(RenewalNotice(days=30, sent_at=clock.now(), **whose))
    make.save(Renewal(next_pool_id=t.draft_pool.id, planned_at=clock.now(), **whose))
    content = b"%PDF-1.7 " + mark("certificate").encode()
    stored = make.save(
        StoredFile(
            org_id=t.district.id,
            name=mark("certificate.pdf"),
            media_type="application/pdf",
            size=len(content),
            fingerprint="1" * 64,
            content=content,
            stored_at=clock.now(),
        )
    )
    t.certificate = make.save(
        DeletionCertificate(
            org_id=t.district.id,
            order_id=t.term_order.id,
            consortium_id=t.consortium.org_id,
            vendor_id=t.vendor.id,
            deleted_on=clock.now().date(),
            file_id=stored.id,
            filed_at=clock.now(),
        )
    )


def _credit(builder):
    """One that is still owed back, and one whose refund was recorded."""
    t, mark = builder.t, builder.mark
    order = t.term_order
    with builder.writing() as (session, _):
        order = orders.get_order(session, order.id)
        session.expunge(order)
    row = {
        "org_id": order.org_id,
        "order_id": order.id,
        "pool_id": order.pool_id,
        "consortium_id": order.consortium_id,
        "vendor_id": order.vendor_id,
        "issuer_id": order.vendor_id,
        "issued_at": clock.now(),
        "ledger_seq": order.ledger_seq,
        "ledger_hash": order.ledger_hash,
        "total_cents": 5_000,
    }
    printed = {
        "v": 1,
        "number": 901,
        "issued_on": clock.now().date().isoformat(),
        "why": mark("why-of-the-credit"),
        "total_cents": 5_000,
        "tool": order.agreed["tool"]["name"],
        "pool": order.agreed["pool"],
        "issuer": order.agreed["vendor"],
        "check": {
            "consortium": order.agreed["consortium"]["slug"],
            "seq": order.ledger_seq,
            "hash": order.ledger_hash,
            "account": f"receivable:{order.leaid}",
        },
    } | {name: order.agreed[name] for name in ("district", "vendor", "consortium")}
    t.credit = builder.make.save(
        CreditNote(number=901, once_key=mark("credit-key"), printed=printed, **row)
    )
    builder.make.save(
        CreditNote(
            number=902,
            once_key=mark("credit-key-2"),
            printed=printed | {"number": 902},
            refunded_cents=5_000,
            refund_means="ach",
            refund_reference=mark("refund"),
            refunded_on=clock.now().date(),
            refund_key=mark("refund-key"),
            refund_seq=order.ledger_seq,
            refund_hash=order.ledger_hash,
            **row,
        )
    )
