"""What stands for each part of an address: for every parameter of every route, whose object.

A new route with a new kind of parameter fails `values_of` until it is added here: that is
the moment to think about who may see what is behind it.
"""

from uuid import UUID

from tests.isolation.world import UNCLAIMED

#: (beginning of the rule, name of the parameter) -> the tenant's own value.
#: The longest beginning that fits wins; "" fits every rule.
VALUES = {
    ("/account", "invitation_id"): lambda t: t.invitation.id,
    ("/account", "membership_id"): lambda t: t.membership.id,
    ("/admin/listings", "tool_slug"): lambda t: t.submitted.slug,
    ("/c/", "act"): lambda t: "fee-of-district",
    ("/c/", "consortium"): lambda t: t.consortium_org.slug,
    ("/c/", "entry_id"): lambda t: t.proposed_entry.id,
    ("/admin/incidents", "incident_id"): lambda t: t.incident.id,
    ("/open/incidents/", "incident_id"): lambda t: t.incident.id,
    ("/v/", "incident_id"): lambda t: t.incident.id,
    ("/agreements/", "agreement_id"): lambda t: t.agreement.id,
    ("/d/", "agreement_id"): lambda t: t.private_agreement.id,
    ("/v/", "agreement_id"): lambda t: t.private_agreement.id,
    ("/d/", "join_id"): lambda t: t.own_join.id,
    ("/v/", "join_id"): lambda t: t.join.id,
    ("/c/", "message_id"): lambda t: t.message.id,
    ("/c/", "instrument_id"): lambda t: t.instrument.id,
    ("/c/", "leaid"): lambda t: t.district.leaid,
    ("/c/", "pool_slug"): lambda t: t.draft_pool.slug,
    ("/c/", "proposal_id"): lambda t: t.proposal.id,
    ("/c/", "run_id"): lambda t: t.correction.id,
    ("/c/", "seq"): lambda t: 1,
    ("/c/", "slug"): lambda t: t.consortium_org.slug,
    ("/c/", "office"): lambda t: "fiscal_agent",
    ("/consortia/", "handover_id"): lambda t: t.handover.id,
    ("/consortia/", "leaid"): lambda t: t.district.leaid,
    ("/c/", "observer_id"): lambda t: t.observer.id,
    ("/c/", "vendor_slug"): lambda t: t.vendor.slug,
    ("/consortia/", "slug"): lambda t: t.consortium_org.slug,
    ("/consortia/new/", "step"): lambda t: "name",
    ("/consortia/", "number"): lambda t: 1,
    ("/consortia/<slug>/decisions/<int:number>/minutes.pdf", "number"): lambda t: 2,
    ("/d/", "leaid"): lambda t: t.district.leaid,
    ("/districts/", "leaid"): lambda t: t.district.leaid,
    ("/f/", "slug"): lambda t: t.funder.slug,
    ("/f/", "act"): lambda t: "receive",
    ("/f/", "programme"): lambda t: t.programme.slug,
    ("/f/", "movement_id"): lambda t: t.award_movement.id,
    ("/f/", "award_id"): lambda t: t.grant.id,
    ("/d/", "award_id"): lambda t: t.grant.id,
    ("/c/", "movement_id"): lambda t: t.cash_movement.id,
    ("/funders/", "programme"): lambda t: t.programme.slug,
    ("/funders/", "slug"): lambda t: t.funder.slug,
    ("/open/checks/", "slug"): lambda t: t.consortium_org.slug,
    ("/open/exports/", "export_id"): lambda t: t.book_export.id,
    ("/open/ledger/", "code"): lambda t: f"receivable:{t.district.leaid}",
    ("/open/ledger/", "ending"): lambda t: "jsonl",
    ("/open/ledger/", "seq"): lambda t: 1,
    ("/open/ledger/", "slug"): lambda t: t.consortium_org.slug,
    ("/outbox/", "letter_id"): lambda t: UUID(int=0),
    ("/pools/", "consortium"): lambda t: t.consortium_org.slug,
    ("/pools/", "leaid"): lambda t: t.district.leaid,
    ("/pools/", "slug"): lambda t: t.pool.slug,
    ("/sign-up/", "kind"): lambda t: "vendor",
    ("/sign-up/district/", "leaid"): lambda t: t.district.leaid,
    ("/admin/reviews", "review_id"): lambda t: t.reviews["reading"].id,
    ("/admin/reviews", "tool_slug"): lambda t: t.tool.slug,
    ("/admin/reviews", "policy_id"): lambda t: t.policy.id,
    ("/reviews/", "review_id"): lambda t: t.reviews["reading"].id,
    ("/reviews/", "question"): lambda t: "US-01",
    ("/reviews/", "appeal_id"): lambda t: t.appeal.id,
    ("/reviews/", "capture_id"): lambda t: t.capture.id,
    ("/reviews/stop", "slug"): lambda t: t.tool.slug,
    ("/reviews/step-aside", "slug"): lambda t: t.vendor.slug,
    ("/tools/", "document_id"): lambda t: t.document.id,
    ("/v/", "domain"): lambda t: "US",
    ("/d/", "interest_id"): lambda t: t.interest.id,
    ("/d/", "search_id"): lambda t: t.saved_search.id,
    ("/d/", "shortlist_id"): lambda t: t.shortlist.id,
    ("/d/", "slug"): lambda t: t.tool.slug,
    ("/d/", "kind"): lambda t: "parent_notice",
    ("/d/", "requirement"): lambda t: "US-6",
    ("/tools/", "version"): lambda t: 2,
    ("/tools/", "slug"): lambda t: t.tool.slug,
    ("/tools/", "file_id"): lambda t: t.evidence.id,
    ("/tools/", "number"): lambda t: 1,
    ("/v/", "ending"): lambda t: "csv",
    ("/v/", "import_id"): lambda t: t.listing_import.id,
    ("/v/", "section"): lambda t: "data",
    ("/v/", "edition_id"): lambda t: t.draft_edition.id,
    ("/v/", "slug"): lambda t: t.vendor.slug,
    ("/v/", "tool_slug"): lambda t: t.draft.slug,
    ("/v/", "vendor"): lambda t: t.vendor.slug,
    ("/vendors/", "slug"): lambda t: t.vendor.slug,
    ("", "agent_order_id"): lambda t: t.agent_order.id,
    ("/c/<consortium>/true-ups", "run_id"): lambda t: t.run.id,
    ("/c/<consortium>/terms/", "pool_slug"): lambda t: t.term_pool.slug,
    ("/c/<consortium>/batches/", "batch_id"): lambda t: t.batch.id,
    ("/c/<consortium>/term-requests/", "request_id"): lambda t: t.leave_request.id,
    ("/d/<leaid>/term", "batch_id"): lambda t: t.batch.id,
    ("/d/<leaid>/term", "consortium"): lambda t: t.consortium_org.slug,
    ("/d/<leaid>/term", "pool_slug"): lambda t: t.term_pool.slug,
    ("/d/<leaid>/term", "request_id"): lambda t: t.leave_request.id,
    ("/d/<leaid>/exit/", "order_id"): lambda t: t.term_order.id,
    ("/v/<vendor>/exit/", "order_id"): lambda t: t.term_order.id,
    ("/d/<leaid>/seats-in-use/", "pool_id"): lambda t: t.term_pool.id,
    ("/v/<vendor>/seats-in-use/", "pool_id"): lambda t: t.term_pool.id,
    ("/v/<vendor>/seats-in-use/", "leaid"): lambda t: t.district.leaid,
    ("/d/", "count_id"): lambda t: t.count.id,
    ("/v/", "count_id"): lambda t: t.own_count.id,
    ("", "certificate_id"): lambda t: t.certificate.id,
    ("", "note_id"): lambda t: t.credit.id,
    ("", "invoice_id"): lambda t: t.invoice.id,
    ("", "order_id"): lambda t: t.orders["ready"].id,
    ("", "payment_id"): lambda t: t.payment.id,
    ("", "pending_id"): lambda t: t.pending.id,
    ("/d/<leaid>/purchase-order-requests/", "request_id"): lambda t: t.request.id,
    ("/c/<consortium>/bank", "consortium"): lambda t: t.cash_org.slug,
    ("/c/", "bank_file_id"): lambda t: t.agents_file.id,
    ("/v/", "bank_file_id"): lambda t: t.bank_file.id,
    ("/c/", "line_id"): lambda t: t.agents_line.id,
    ("/v/", "line_id"): lambda t: t.bank_line.id,
    ("", "held_id"): lambda t: t.held.id,
    ("", "attempt_id"): lambda t: t.attempt.id,
    ("/v/<vendor>/online-payments/", "attempt_id"): lambda t: t.paid_attempt.id,
    ("/c/<consortium>/online-payments/", "attempt_id"): lambda t: t.paid_attempt.id,
    ("/admin/stripe/payments/", "attempt_id"): lambda t: t.paid_attempt.id,
    ("", "back_id"): lambda t: t.back.id,
    ("", "finding_id"): lambda t: t.finding.id,
    ("/c/<consortium>/at-stripe/findings/<uuid:finding_id>", "consortium"): (
        lambda t: t.cash_org.slug
    ),
    ("/c/<consortium>/at-stripe/connect", "consortium"): lambda t: t.cash_org.slug,
    ("/d/<leaid>/invoices/<uuid:invoice_id>/pay", "invoice_id"): lambda t: t.cash_invoice.id,
    ("", "pool_id"): lambda t: t.order_pools["ready"].id,
    ("", "purchase_order_id"): lambda t: t.purchase_order.id,
    ("", "token"): lambda t: t.token,
}
_JOIN = "/d/<leaid>/terms/<consortium>/<pool_slug>/join"
_LEAVE = "/d/<leaid>/terms/<consortium>/<pool_slug>/leave"
_CONSENT = "/d/<leaid>/term-requests/<uuid:request_id>/consent"
#: What each member of a consortium may send about itself in a term.
OWN_IN_A_TERM = (_JOIN, _LEAVE, _CONSENT)
#: Where a rule needs an object in another state than the one above.
SPECIAL = {
    **{
        (f"/admin/incidents/<uuid:incident_id>/{step}", "incident_id"): (
            lambda t: t.confirmed_incident.id
        )
        for step in ("late", "late/confirm", "close")
    },
    ("/d/<leaid>/gaps/<slug>", "slug"): lambda t: t.gapped.slug,
    ("/c/<slug>/constitute", "slug"): lambda t: t.forming_org.slug,
    ("/consortia/<slug>/end", "slug"): lambda t: t.at_zero_org.slug,
    ("/consortia/<slug>/end/declare", "slug"): lambda t: t.lead_ends_org.slug,
    ("/consortia/<slug>/end/share", "slug"): lambda t: t.sharing_org.slug,
    ("/consortia/<slug>/end/approve", "slug"): lambda t: t.approving_org.slug,
    ("/consortia/<slug>/end/dissolve", "slug"): lambda t: t.at_zero_org.slug,
    ("/c/<slug>/members/<leaid>/approve", "leaid"): lambda t: t.asking.leaid,
    ("/c/<slug>/pools/<pool_slug>/ask-to-clear", "pool_slug"): lambda t: t.due_pool.slug,
    ("/c/<slug>/pools/<pool_slug>/clear", "pool_slug"): lambda t: t.asked_pool.slug,
    ("/c/<slug>/pools/<pool_slug>/extend", "pool_slug"): lambda t: t.short_pool.slug,
    ("/c/<slug>/pools/<pool_slug>/fill-up", "pool_slug"): lambda t: t.pool.slug,
    ("/c/<slug>/pools/<pool_slug>/lower", "pool_slug"): lambda t: t.short_pool.slug,
    ("/c/<slug>/pools/<pool_slug>/release", "pool_slug"): lambda t: t.short_pool.slug,
    ("/c/<consortium>/agent-orders/<uuid:agent_order_id>", "consortium"): (
        lambda t: t.cash_org.slug
    ),
    ("/c/<consortium>/orders/<uuid:order_id>/invoice", "consortium"): lambda t: t.cash_org.slug,
    ("/c/<slug>/hand-over/<office>", "slug"): lambda t: t.cash_org.slug,
    ("/consortia/<slug>/by-laws/accept", "slug"): lambda t: t.cash_org.slug,
    ("/c/<consortium>/orders/<uuid:order_id>/invoice", "order_id"): (
        lambda t: t.orders["cash_ready"].id
    ),
    ("/c/<consortium>/pools/<uuid:pool_id>/orders", "pool_id"): lambda t: t.held_pool.id,
    ("/c/<consortium>/vendors/<vendor_slug>/payment", "consortium"): lambda t: t.cash_org.slug,
    ("/d/<leaid>/orders/<uuid:order_id>/purchase-order", "order_id"): (
        lambda t: t.orders["new"].id
    ),
    ("/pools/<consortium>/<slug>/clearing.json", "slug"): lambda t: t.cleared_pool.slug,
    ("/admin/listings/<tool_slug>/suspend", "tool_slug"): lambda t: t.tool.slug,
    ("/v/<slug>/listings/<tool_slug>/announce", "tool_slug"): lambda t: t.tool.slug,
    ("/admin/reviews/open/<tool_slug>", "tool_slug"): lambda t: t.unreviewed.slug,
    ("/reviews/<uuid:review_id>/hand-in", "review_id"): lambda t: t.reviews["read"].id,
    ("/reviews/<uuid:review_id>/settle/<question>", "review_id"): lambda t: (
        t.reviews["settling"].id
    ),
    ("/reviews/<uuid:review_id>/publish", "review_id"): lambda t: t.reviews["checked"].id,
    ("/v/<slug>/reviews/<tool_slug>", "tool_slug"): lambda t: t.answering.slug,
    ("/v/<slug>/reviews/<tool_slug>/ask", "tool_slug"): lambda t: t.unreviewed.slug,
    ("/v/<slug>/reviews/<tool_slug>/answers/<domain>", "tool_slug"): lambda t: t.answering.slug,
    ("/v/<slug>/reviews/<tool_slug>/hecvat", "tool_slug"): lambda t: t.drafting.slug,
    ("/v/<slug>/reviews/<tool_slug>/sign", "tool_slug"): lambda t: t.answering.slug,
    ("/v/<slug>/reviews/<tool_slug>/words", "tool_slug"): lambda t: t.answering.slug,
    ("/v/<slug>/reviews/<tool_slug>/evidence", "tool_slug"): lambda t: t.answering.slug,
    ("/v/<slug>/reviews/<tool_slug>/check", "tool_slug"): lambda t: t.checking.slug,
    ("/c/<consortium>/bank/lines/<uuid:line_id>/undo", "line_id"): lambda t: t.agents_linked.id,
    ("/v/<vendor>/bank/lines/<uuid:line_id>/undo", "line_id"): lambda t: t.linked_line.id,
    ("/sign-up/district/<leaid>", "leaid"): lambda t: UNCLAIMED,
    (_JOIN, "leaid"): lambda t: t.neighbour.leaid,
    (_JOIN, "pool_slug"): lambda t: t.order_pools["ready"].slug,
    (_LEAVE, "leaid"): lambda t: t.neighbour.leaid,
    (_CONSENT, "leaid"): lambda t: t.neighbour.leaid,
    ("/c/<consortium>/term-requests/<uuid:request_id>/join", "request_id"): (
        lambda t: t.late_request.id
    ),
}
#: Parts of an address that name no object of anybody.
NOBODYS = {
    *("code", "ending", "kind", "number", "section", "seq", "letter_id", "requirement", "version"),
    *("domain", "question", "step", "act", "office"),
}
#: What nobody has, in the shape of each kind of value.
UNKNOWN_UUID = UUID(int=0)
UNKNOWN = {"leaid": "0000000", "code": "receivable:0000000", "seq": 999_999}

#: Signed-in pages about something public, open to the organizations of others on purpose.
#: Whatever is written there must be the writer's own row.
OPEN_TO_OTHERS = {
    "agreements.agreement_file": "any district may read a paper with a standing offer",
    "agreements.can_we_join": "any district may ask whether a standing offer fits it",
    "agreements.file_agreement": "any district may file what it signed with the maker of a tool",
    "agreements.record_join": "any district of the state may join a standing offer",
    "programmes.award_grants": "any funder may help the shares of any cleared pool",
    "oversight.report_incident": "any district may report an incident of a public tool",
    "guard.accept_gaps": "any district may accept the gaps of a public card",
    "catalogue.follow_tool": "any district may follow a public tool",
    "catalogue.shortlist_tool": "any district may put a public tool on a list of its own",
    "catalogue.unfollow_tool": "any district may follow a public tool",
    "scorecards.check_tool": "any district may ask whether it can use a public tool",
    "scorecards.mark_task": "any district may mark its own duties about a public tool",
    "scorecards.paper": "any district may have papers drafted about a public tool",
    "scorecards.paper_pdf": "any district may have papers drafted about a public tool",
    "consortia.answer_invitation": "any district may be invited by any consortium",
    "consortia.ask_to_join": "any district may ask to join any consortium",
    "consortia.leave_consortium": "a member leaves from the consortium's public page",
    "reviews.appeal_review": "any district may appeal a public answer, in its own name",
    "reviews.decide_change": "reviewers of any consortium watch policies for everybody",
    "reviews.step_aside": "a reviewer says something about themselves and a public vendor",
    "reviews.stop_tool": "reviewers of any consortium may ask for a stop of a public tool",
    "demand.demand_csv": "members read the demand for a public tool, in sums of five districts",
    "demand.demand_json": "members read the demand for a public tool, in sums of five districts",
    "demand.demand_map": "members read the demand for a public tool, in sums of five districts",
    "demand.show_interest": "any district may be interested in a public tool",
    "pools.join": "any district may say that it is interested in a public pool",
    "pools.join_check": "any district may say that it is interested in a public pool",
    "pools.join_contacts": "any district may say that it is interested in a public pool",
    "pools.join_seats": "any district may say that it is interested in a public pool",
    "pools.join_sent": "any district may say that it is interested in a public pool",
    "pools.withdraw_commitment": "a district takes back what it said about a public pool",
}
#: The same for single rules of an endpoint that has others.
OPEN_RULES = {
    "/consortia/new/<step>": "whoever may found answers for its own organization",
    "/consortia/<slug>/instrument": "a member files its own paper",
}

#: Pages that whoever holds the secret of a letter may open: tried in test_invitations.py.
BY_SECRET = {
    "accounts.accept_invitation",
    "accounts.confirm_email",
    "accounts.set_password",
    "accounts.stop_letters",
    "home.calendar_feed",
}


def is_open_to_others(rule):
    return rule.endpoint in OPEN_TO_OTHERS or rule.rule in OPEN_RULES


def value(rule, name, tenant):
    if known := SPECIAL.get((rule.rule, name)):
        return known(tenant)
    fitting = [
        (prefix, known)
        for (prefix, parameter), known in VALUES.items()
        if parameter == name and rule.rule.startswith(prefix)
    ]
    if not fitting:
        raise LookupError(
            f"{rule.rule} ({rule.endpoint}) has a parameter <{name}> that nobody has classified. "
            f"Add it to VALUES in tests/isolation/routes.py: which object of a tenant is it?"
        )
    return max(fitting, key=lambda pair: len(pair[0]))[1](tenant)


def arguments(rule):
    return sorted(rule.arguments - set(rule.defaults or {}))


def values_of(rule, tenant):
    """The address of a tenant's own object."""
    return {name: value(rule, name, tenant) for name in arguments(rule)}


def unknown(name, example):
    if isinstance(example, UUID):
        return UNKNOWN_UUID
    return UNKNOWN.get(name, "no-such-thing")


def foreign_addresses(rule, mine, theirs):
    """Every way to put an object of theirs into an address: all of it, or behind one of mine.

    Each comes with the same address in which the foreign parts name nothing at all.
    """
    owned = [name for name in arguments(rule) if name not in NOBODYS]
    their, my = values_of(rule, theirs), values_of(rule, mine)
    for first_mine in range(len(owned)):
        # Outer parts come first in an address: /c/<slug>/members/<leaid>.
        order = sorted(owned, key=lambda name: rule.rule.index(f"{name}>"))
        kept = set(order[:first_mine])
        foreign = {n: my[n] if n in kept else their[n] for n in their}
        missing = {
            n: my[n] if n in kept else (their[n] if n in NOBODYS else unknown(n, their[n]))
            for n in their
        }
        yield foreign, missing, bool(kept)
    if len(owned) > 1:  # an object of mine behind their door
        order = sorted(owned, key=lambda name: rule.rule.index(f"{name}>"))
        outer = order[0]
        foreign = my | {outer: their[outer]}
        yield foreign, my | {outer: unknown(outer, their[outer])}, False
