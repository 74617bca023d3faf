"""What the web adds: headers, shared caches, redirects, and scripts in what people type."""

import pytest
from sqlmodel import Session, select

from marketplace.catalogue.models import Tool
from marketplace.consortia.models import ByLaws, Consortium
from marketplace.core import tenancy
from marketplace.pools.models import Commitment, Pool
from tests.architecture.test_pages import PUBLIC
from tests.conftest import on_sqlite
from tests.isolation import routes

pytestmark = on_sqlite
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "{{ 7*7 }}<b onmouseover=alert(1)>",
)
RAW = ("<script>alert", "<img src=x", "<svg/onload", "<b onmouseover", "49<b")
ELSEWHERE = (
    "//evil.example/",
    "/\\evil.example/",
    "/%09/evil.example",
    "/\t/evil.example",
    "/%0a/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "/%2f/evil.example",
    "\\\\evil.example",
    "/account@evil.example",
    " //evil.example",
)


@pytest.mark.parametrize("who", [None, "district-buyer", "convener", "vendor-administrator"])
def test_every_answer_has_the_headers_of_a_careful_site(site, world, who):
    user, problems = world.b.people.get(who), []
    for rule in site.rules("GET"):
        answer = site.get(user, site.url(rule, **routes.values_of(rule, world.b)))
        headers = answer.headers
        policy = headers.get("Content-Security-Policy", "")
        good = (
            "default-src 'none'" in policy
            and "frame-ancestors 'none'" in policy
            and "unsafe" not in policy
            and headers.get("X-Content-Type-Options") == "nosniff"
            and "Referrer-Policy" in headers
        )
        kept = headers.get("Cache-Control", "")
        private = "no-store" in kept or "no-cache" in kept or rule.endpoint in PUBLIC
        if rule.endpoint not in PUBLIC and "private" not in kept:
            private = False
        if not good or not private:
            problems.append(f"{rule.rule}: {answer.status_code} {kept} {policy[:60]}")

    assert problems == []


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_nobody_is_led_away_after_signing_in(site, world, wanted):
    answer = site.client(world.b.people["convener"]).get(
        "/sign-in", query_string={"next": wanted}, buffered=True
    )

    assert answer.status_code == 302
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))
    assert "evil" not in answer.location


def test_what_people_type_is_shown_and_never_run(site, world):
    t, payload = world.b, " ".join(PAYLOADS)
    with (
        tenancy.everyone("the tests plant what people might type"),
        Session(site.app.extensions["engine"]) as session,
    ):
        for tool in session.exec(select(Tool).where(Tool.org_id == t.vendor.id)):
            tool.name = tool.summary = tool.description = tool.review_note = payload
            tool.runs_on = tool.works_with = payload
            tool.ai_facts = tool.languages = [payload]
        for consortium in session.exec(select(Consortium)):
            consortium.purpose = payload
        for by_laws in session.exec(select(ByLaws)):
            by_laws.text = by_laws.why = payload
        for pool in session.exec(select(Pool).where(Pool.org_id == t.consortium.org_id)):
            pool.title = pool.purpose = payload
        for commitment in session.exec(select(Commitment)):
            commitment.contact_name = commitment.po_number = payload
        session.commit()
    problems, shown = [], 0
    for rule in site.rules("GET"):
        if rule.endpoint in routes.BY_SECRET:
            continue
        url = site.url(rule, **routes.values_of(rule, t))
        for who in ("convener", "vendor-administrator", "district-buyer", "operator"):
            answer = site.get(t.people.get(who, world.operator), url)
            if answer.mimetype != "text/html":
                continue
            shown += "alert(1)" in answer.text
            problems += [f"{url} as {who}: {sign}" for sign in RAW if sign in answer.text]
            if answer.status_code >= 500:
                problems.append(f"{url} as {who}: {answer.status_code}")

    assert problems == []
    assert shown > 20
