"""The world itself: complete, marked, and every route known."""

from sqlalchemy import JSON, LargeBinary, String, select
from sqlmodel import SQLModel

from marketplace.core import tenancy
from tests.conftest import on_sqlite
from tests.isolation import routes
from tests.isolation.world import SECRET_LIMIT, SECRET_PRICE

#: Text of an organization that needs no mark, and why.
PUBLIC_TEXT = {
    "emergency_stop.reason": "why a tool is stopped is public",
    "emergency_stop.ended_because": "why a stop ended is public",
    "evidence_document.title": "titles are public but for reviewers' own papers",
    "policy_capture": "policies are public texts of vendors, and so is what was decided",
    "watched_policy": "addresses of public pages",
    "funnel_release": "masked figures that are public",
    "programme": "programmes of funders are public",
    "programme_version": "what a programme says, and why it changed, is public",
    "grant_award": "grants stand in the open books, and their facts are federal data",
    "grant_movement.lines": "ids and amounts of grants",
    "restricted_fund": "codes of accounts of the public books",
    "review": "who signed, facts, the rubric and, once published, the seed are public",
    "review_appeal": "appeals and their decisions are public",
    "review_decision": "what was decided is public once published, and shown to the vendor before",
    "review_reopening": "what is in doubt is public",
    "review_seat": "who sat where, and why they left, is public",
    "review_standing": "who stepped aside, and why, is public",
    "incident_step": "the timeline is public; its words are confirmed or the vendor's own",
    "agreement.withdrawn_because": "why an offer ended is public",
    "agreement.offer_conditions": "the conditions of a standing offer are public",
    "affiliation": "who belongs to which consortium is public",
    "alembic_version": "belongs to nobody",
    "district": "federal data",
    "event": "the audit trail: names of events and ids, shown on no page",
    "issuer_counter": "a number",
    "ledger_account": "the books are public",
    "ledger_balance": "the books are public",
    "ledger_check": "the books are public",
    "ledger_checkpoint": "the books are public",
    "ledger_export": "the books are public",
    "ledger_export_asker": "holds ids only",
    "ledger_export_piece": "the books are public",
    "ledger_key": "public keys",
    "ledger_receipt": "number and hash of an entry of the public books",
    "ledger_entry": "the books are public",
    "ledger_head": "the books are public",
    "ledger_openness": "what the by-laws say stands beside the books",
    "correction_run.legs": "account codes and amounts, as in the books themselves",
    "ledger_txn": "the books are public",
    "proposed_entry.legs": "account codes and amounts, as in the books themselves",
    "proposed_entry.ref": "as it will stand in the public books",
    "by_laws": "what is in force is public; the words of the draft are marked",
    "decision": "questions and counts are public",
    "observer.words": "why an organization reads along is public",
    "dissolution.words": "why a consortium ends is public",
    "elector": "who voted how, and why not, is public",
    "consortium": "purpose and by-laws stand on the consortium's public page",
    "organization": "names, places and addresses of organizations are public",
    "allocation": "seats and shares of a cleared pool are public",
    "agent_order.printed": "parties, and seats and shares of a cleared pool",
    "change_notice": "a change is announced to everybody",
    "listing_version": "what was published is public",
    "accessibility_report": "a report that is filed is public",
    "scorecard": "what was published is public",
    "scorecard_correction": "stands beside a public card",
    "scorecard_incident": "stands on the tool's public page",
    "scorecard_score": "follows from a public card",
    "scorecard_standing": "follows from a public card",
    "scorecard_stop": "stands beside a public card",
    "shelf_row": "only what is published stands on the shelf",
    "listing_facet": "what was published is public",
    "listing_deadline": "follows from what was published",
    "edition.name": "of the published tool; the hidden tools' are marked",
    "edition.included": "of the published tool; the hidden tools' are marked",
}
#: Columns that hold a code, a key or a derived value rather than words of the tenant.
STRUCTURAL = {
    "handover.books_hash",
    "handover.held",
    "dissolution.books_hash",
    "dissolution.figures",
    "evidence_document.sha256",
    "evidence_document.source_url",
    "incident.fingerprint",
    "gap_acceptance.gaps",
    "agreement.data_elements",
    "agreement_clause.clause",
    "agreement.fingerprint",
    "agreement.state",
    "agreement_join.acknowledged_name",
    "agreement_join.data_elements",
    "agreement_join.fingerprint",
    "cost_proposal.bought",
    "cost_proposal.inputs",
    "cost_proposal.inputs_sha256",
    "cost_proposal.method",
    "cost_proposal.result",
    "pool.slug",
    "pool.split_method",
    "pool.status",
    "pool.terms",
    "pool.time_zone",
    "tool.slug",
    "tool.privacy_grade",
    "tool.no_gap_in",
    "law_task.requirement",
    "listing_draft.question_set",
    "listing_import.header",
    "tool.subjects",
    "tool.subject_keys",
    "tool.suspended_because",
    "vendor_profile.about",
    "vendor_profile.city",
    "vendor_profile.state",
    "vendor_profile.website",
    "purchase.ledger_hash",
    "invoice.ledger_hash",
    "payment.held_in",
    "stripe_account.account_id",
    "stripe_entry.id",
    "stripe_entry.kind",
    "payment.ledger_hash",
    "payment_return.ledger_hash",
    "user_account.fs_uniquifier",
    "user_account.password",
    "invitation.token_hash",
    "stored_file.media_type",
    "stored_file.fingerprint",
    "commitment.leaid",
    "interest.leaid",
    "purchase.leaid",
    "price_schedule.terms",
    "delivery.subscriber",
    "credit_note.ledger_hash",
    "bank_account.columns",
    "bank_account.ending",
    "bank_file.fingerprint",
    "bank_line.key",
    "held_credit.ledger_hash",
    "held_credit.return_hash",
    "held_credit.return_key",
    "credit_note.refund_hash",
    "leaving_consent.leaid",
    "renewal_answer.leaid",
    "term_request.leaid",
    "true_up_run.figures",
    "usage_count.leaid",
}
#: Filled by other jobs of the site than those the world runs.
EMPTY_HERE = {"letter", "vendor_payment", "limit", "query", "stripe_event", "stripe_transfer"}


def is_marked(value):
    return "zqb-" in str(value) or str(SECRET_LIMIT["b"]) in str(value)


@on_sqlite
def test_every_kind_of_private_text_of_bravo_is_marked(site):
    """A new text column is marked in world.py or named public here, with its reason."""
    unmarked = []
    with (
        tenancy.everyone("the tests look at every row"),
        site.app.extensions["engine"].connect() as connection,
    ):
        for table in SQLModel.metadata.sorted_tables:
            if table.name in PUBLIC_TEXT or table.name in EMPTY_HERE:
                continue
            rows = connection.execute(select(table)).mappings().all()
            for column in table.columns:
                name = f"{table.name}.{column.name}"
                is_text = type(column.type) in (JSON, LargeBinary) or isinstance(
                    column.type, String
                )
                if not is_text or hasattr(column.type, "enums") or column.foreign_keys:
                    continue
                if name in STRUCTURAL or name in PUBLIC_TEXT:
                    continue
                if not any(is_marked(row[column.name]) for row in rows):
                    unmarked.append(name)

    assert unmarked == []


def test_marks_and_numbers_of_the_two_are_told_apart():
    assert SECRET_LIMIT["a"] != SECRET_LIMIT["b"]
    assert SECRET_PRICE["a"] != SECRET_PRICE["b"]


@on_sqlite
def test_every_parameter_of_every_route_names_an_object_of_a_tenant(site, world):
    """A new route fails here until somebody says what stands behind its parameters."""
    problems = []
    for rule in site.rules("GET") + site.rules("POST"):
        try:
            site.url(rule, **routes.values_of(rule, world.b))
        except LookupError as problem:
            problems.append(str(problem))

    assert problems == []


@on_sqlite
def test_what_is_said_about_routes_is_still_true(site):
    """Nothing in the tables is about a route that is gone."""
    rules = [*site.rules("GET"), *site.rules("POST")]
    endpoints, addresses = {r.endpoint for r in rules}, {r.rule for r in rules}

    assert routes.OPEN_TO_OTHERS.keys() <= endpoints
    assert endpoints >= routes.BY_SECRET
    assert routes.OPEN_RULES.keys() | {rule for rule, _ in routes.SPECIAL} <= addresses
    unused = [
        (prefix, name)
        for prefix, name in routes.VALUES
        if not any(r.rule.startswith(prefix) and name in r.arguments for r in rules)
    ]
    assert unused == []
