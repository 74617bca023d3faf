"""Every page is behind sign-in or named public here."""

import re

import pytest

from marketplace.app import create_app

#: Pages strangers may open. Adding one is a decision that shows in review.
PUBLIC: set[str] = {
    "accounts.accept_invitation",
    "accounts.ask_confirmation",
    "accounts.ask_reset",
    "accounts.choose_sign_up",
    "accounts.confirm_email",
    "accounts.demo_sign_in",
    "accounts.set_password",
    "accounts.sign_in",
    "accounts.sign_out",
    "accounts.sign_up",
    "accounts.sign_up_sent",
    "accounts.stop_letters",
    "agreements.agreement",
    "agreements.agreements",
    "agreements.agreements_csv",
    "agreements.agreements_json",
    "catalogue.compare",
    "catalogue.compare_xlsx",
    "catalogue.evidence",
    "catalogue.history",
    "catalogue.tool",
    "catalogue.tool_json",
    "catalogue.tools",
    "catalogue.tools_atom",
    "catalogue.tools_csv",
    "catalogue.tools_json",
    "catalogue.vendor",
    "catalogue.version",
    "consortia.by_laws",
    "consortia.by_laws_json",
    "consortia.by_laws_pdf",
    "consortia.consortia",
    "consortia.consortia_csv",
    "consortia.consortia_json",
    "consortia.consortium",
    "costs.method_split",
    "costs.shares",
    "decisions.decision",
    "decisions.decisions",
    "decisions.decisions_csv",
    "decisions.decisions_json",
    "decisions.minutes",
    "dissolution.end",
    "directory.district",
    "directory.districts",
    "directory.districts_csv",
    "directory.districts_json",
    "directory.find_district",
    "directory.sign_up_district",
    "home.accessibility",
    "home.calendar_feed",
    "home.front",
    "home.help",
    "home.help_board_packet",
    "home.help_checks",
    "home.help_contact",
    "home.help_pools",
    "home.help_split",
    "home.privacy",
    "home.robots",
    "home.security",
    "home.security_txt",
    "home.sitemap",
    "ledger.account",
    "ledger.books",
    "ledger.books_checks",
    "ledger.checkpoint",
    "ledger.checks",
    "ledger.checks_json",
    "ledger.entry",
    "ledger.export",
    "ledger.growth_json",
    "ledger.prepare_export",
    "ledger.prepared",
    "ledger.prepared_file",
    "ledger.proof",
    "ledger.proof_json",
    "ledger.proof_verifier",
    "ledger.search",
    "ledger.search_csv",
    "ledger.search_json",
    "ledger.trial_balance",
    "ledger.verifier",
    "outreach.consortium_feed",
    "outreach.pool_feed",
    "operations.healthz",
    "operations.letter",
    "operations.metrics",
    "operations.outbox",
    "operations.readyz",
    "operations.status",
    "oversight.incident",
    "oversight.incidents",
    "oversight.incidents_csv",
    "oversight.incidents_json",
    "payments.stripe_webhook",
    "pools.clearing_json",
    "pools.dates_ics",
    "pools.pool",
    "pools.pools",
    "pools.pools_csv",
    "pools.pools_json",
    "pools.shares_csv",
    "pools.shares_json",
    "reviews.document",
    "reviews.method_reviews",
    "reviews.review_history",
    "scorecards.family",
    "scorecards.label_svg",
    "scorecards.method",
    "scorecards.privacy",
    "scorecards.receipt_card",
    "scorecards.receipt_json",
    "scorecards.rubric_json",
    "scorecards.score_json",
    "programmes.public_programme",
    "uptake.districts_reached",
    "uptake.districts_reached_csv",
    "uptake.districts_reached_json",
    "uptake.funder",
    "uptake.funder_missing_csv",
    "uptake.funder_report",
    "uptake.funder_report_csv",
    "uptake.funders",
    "uptake.funnel",
    "uptake.funnel_csv",
    "uptake.funnel_json",
    "uptake.funnel_xlsx",
    "uptake.open_books",
    "uptake.open_books_csv",
    "uptake.open_books_json",
    "uptake.open_data",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return create_app(MODE="test", VAR=tmp_path_factory.mktemp("var"))


def is_behind_sign_in(view):
    """flask-login's decorator leaves its mark in the closure of what it wraps."""
    while view is not None:
        if "login_required" in getattr(view, "__qualname__", "") or _guards(view):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def _guards(view):
    code = getattr(view, "__code__", None)
    return code is not None and "unauthorized" in code.co_names


def test_every_page_is_behind_sign_in_or_named_public(site):
    unguarded = {
        endpoint for endpoint, view in site.view_functions.items() if not is_behind_sign_in(view)
    }

    assert unguarded == PUBLIC


def test_a_stranger_is_sent_to_sign_in_without_touching_the_database(site):
    client = site.test_client()
    for rule in site.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        url = re.sub(r"<[^>]+>", "00000000-0000-0000-0000-000000000000", rule.rule)
        for method in rule.methods & {"GET", "POST"}:
            status = client.open(url, method=method).status_code
            assert status in (302, 400, 401, 404), f"{method} {rule.rule} answered {status}"
