"""Documents and who may see them; watched policies; what a change of the tool puts in doubt."""

from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.catalogue import listing_service
from marketplace.catalogue.listing_rules import ChangeKind
from marketplace.core import clock, jobs
from marketplace.core.access import NOBODY
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.reviews import evidence_queries, fetching, queries, service
from marketplace.reviews.evidence_models import WatchedPolicy
from marketplace.reviews.evidence_rules import Audience
from marketplace.reviews.watch_rules import Decision
from marketplace.scorecards import queries as scorecards
from tests.conftest import NOW, on_sqlite
from tests.reviews.conftest import PAPER, text_file

pytestmark = on_sqlite
POLICY = b"We keep records for 30 days.\nWe never sell them.\n"


def watched(case, url=""):
    policy = case.do(
        case.operator, service.watch_policy, case.tool.id, title="Privacy policy", url=url
    )
    capture(case, policy, POLICY)
    return policy


def capture(case, policy, content, user=None):
    return case.do(
        user or case.operator, service.capture_policy, policy.id, content=content,
        media_type="text/plain",
    )  # fmt: skip


def test_only_a_text_that_nobody_accepted_before_asks_for_a_decision(case, see, look):
    case.published()
    policy = watched(case)
    capture(case, policy, POLICY.replace(b" ", b"   "))
    capture(case, policy, POLICY.replace(b"We", b"- WE"))
    assert see(evidence_queries.changes_waiting) == []
    with pytest.raises(NotAllowed):
        capture(case, policy, b"We sell.", case.ada)

    longer = capture(case, policy, POLICY.replace(b"30", b"900"))
    again = capture(case, policy, POLICY.replace(b"30", b"900") + b"\n")
    assert (again.id, longer.change["topics"]) == (longer.id, ["retention"])
    [(waiting, _, _)] = see(evidence_queries.changes_waiting)
    assert waiting.id == longer.id
    assert any("a policy has changed" in x.subject for x in look.exec(select(Letter)))
    with pytest.raises(RuleBroken, match="in a sentence why"):
        case.do(case.dana, service.decide_change, longer.id, decision=Decision.ACCEPTED, why=" ")
    case.do(case.dana, service.decide_change, longer.id, decision=Decision.ACCEPTED, why="Fine.")
    case.do(case.ben, service.decide_change, longer.id, decision=Decision.REOPENED, why="No.")
    assert capture(case, policy, POLICY.replace(b"30", b"900")).decision is Decision.ACCEPTED
    # Back to the first text, which was accepted too: no new alert.
    assert capture(case, policy, POLICY).decision is Decision.ACCEPTED


def test_after_thirty_days_what_it_touches_is_read_again(case, app, see):
    review = case.published()
    policy = watched(case)
    change = capture(case, policy, POLICY.replace(b"never", b"may"))
    from tests.reviews.test_service import pass_time  # noqa: PLC0415

    pass_time(app, NOW + timedelta(days=29))
    assert see(queries.reopened, review.id) == {}
    pass_time(app, NOW + timedelta(days=30, minutes=1))

    found = see(evidence_queries.get_capture, change.id)
    assert (found.decision, found.decided_by_id) == (Decision.REOPENED, None)
    assert set(see(queries.reopened, review.id)) == {"US-02", "US-03"}


def test_a_new_model_voids_the_tests_of_the_old_one(case, deliver, see, make):
    review = case.published()
    for kind, once in ((ChangeKind.MODEL, "a"), (ChangeKind.PRICE, "b")):
        case.do(
            case.editor, listing_service.announce_change, case.tool.id, kind=kind,
            words="A newer one.", takes_effect_on=NOW.date(), once_key=once,
        )  # fmt: skip
    deliver()
    deliver()

    doubted = see(queries.reopened, review.id)
    assert {case.rubric.by_id[q].ttl for q in doubted} == {"behaviour"}
    assert all(row.is_void for row in doubted.values())
    card, standing = see(scorecards.card_of, case.tool.id)
    assert (card.version, scorecards.document_of(card)["model_changed_on"]) == (2, "2026-11-16")
    assert standing.expires_on == review.expires_on  # a further card holds no longer


def test_who_may_see_a_document(case, see, app, make):
    """Public, for districts, for reviewers: and always the vendor and the operator."""
    from marketplace.accounts import login  # noqa: PLC0415
    from marketplace.core import db, tenancy  # noqa: PLC0415

    papers = {
        audience: case.do(
            case.editor, service.file_evidence, case.tool.id, text_file(f"For {audience}"),
            service.Paper(**PAPER.__dict__ | {"audience": audience}),
        )
        for audience in Audience
    }  # fmt: skip
    other = make.person(make.vendor(), Role.LISTING_EDITOR)
    people = {"buyer": case.buyer, "ada": case.ada, "editor": case.editor, "other": other}
    with app.app_context(), tenancy.everyone("test"), db.transaction() as session:
        actors = {name: login.actor_for(session, user) for name, user in people.items()}
    actors["nobody"] = NOBODY

    def readers(audience):
        paper = papers[audience]
        may = evidence_queries.may_read
        return {name for name, actor in actors.items() if may(actor, paper, case.vendor.id)}

    assert readers(Audience.PUBLIC) == {"buyer", "ada", "editor", "other", "nobody"}
    assert readers(Audience.DISTRICTS) == {"buyer", "ada", "editor"}
    assert readers(Audience.REVIEWERS) == {"ada", "editor"}


def test_the_watch_asks_once_a_day_and_an_upload_does_as_well(case, app, see, monkeypatch):
    policy = watched(case, "https://vendor.example/privacy")
    pages = {"text": b"<p>We may sell records.</p>"}
    asked = []

    def fetch(url):
        asked.append(url)
        if not pages["text"]:
            raise fetching.CouldNotFetch("The page answered with number 404.", "url")
        return fetching.Page(url, "text/html", pages["text"])

    monkeypatch.setattr(fetching, "fetch", fetch)

    def work(days):
        with clock.frozen(NOW + timedelta(days=days)), app.app_context():
            return jobs.run_due()["reviews.look_at_policies"]

    assert [work(0), work(1), work(1)] == [0, 1, 0]
    assert len(see(evidence_queries.captures_of, policy.id)) == 2
    pages["text"] = b""
    work(2)
    [row] = see(lambda s: list(s.exec(select(WatchedPolicy))))
    assert (row.failures, row.problem) == (1, "The page answered with number 404.")
    assert (len(asked), row.try_at) == (2, NOW + timedelta(days=3))
