"""By-laws that keep the names of members from outsiders are kept on every public page."""

from datetime import timedelta

from marketplace.consortia.by_laws_rules import Choices, NamesPublic
from marketplace.consortia.rules import Majority
from marketplace.core import clock, jobs
from marketplace.decisions.models import Decision, Elector
from tests.conftest import on_sqlite
from tests.pools.crowd import LATER, joined

SECRET = ("Hidden Hollow", "3998765")


@on_sqlite
def test_only_members_learn_who_is_in(app, make, client_for, address):
    consortium = make.consortium(name="Quiet River", choices=Choices(names=NamesPublic.MEMBERS))
    slug = make.org_of(consortium).slug
    hidden = make.district(SECRET[0], leaid=SECRET[1])
    make.member(consortium, hidden)
    _, buyer = joined(make, consortium)
    open_pool, cleared = make.pool(consortium), make.pool(consortium, title="Cleared")
    for pool in (open_pool, cleared):
        make.commitment(pool, hidden, 100)
    leaving = client_for(make.buyer(hidden)).get(f"/consortia/{slug}/leave").text
    assert "With and without your district" in leaving
    assert "Hidden Hollow, you" in leaving
    decision = _vote(make, consortium, hidden)
    pages = [
        f"/consortia/{slug}",
        f"/consortia/{slug}/decisions/{decision.number}",
        *(address(open_pool, page) for page in ("", "/shares", "/shares.csv", "/shares.json")),
    ]
    stranger, member = app.test_client(), client_for(buyer)

    for page in pages:
        text = stranger.get(page).text
        assert not [secret for secret in SECRET if secret in text], page
        assert SECRET[0] in member.get(page).text, page
    assert "2 active members" in stranger.get(pages[0]).text
    assert "1 district, 100 seats" in stranger.get(address(open_pool)).text
    (share,) = stranger.get(address(open_pool, "/shares.json")).json["shares"]
    assert (share["district"], share["seats"]) == ("A member", 100)

    with clock.frozen(LATER + timedelta(days=30)), app.app_context():
        jobs.run_due()
    for page in ("", "/clearing.json", "/shares.csv"):
        text = stranger.get(address(cleared, page)).text
        assert not [secret for secret in SECRET if secret in text], page


def _vote(make, consortium, district):
    decision = make.save(
        Decision(
            org_id=consortium.org_id,
            number=1,
            kind="pick_tool",
            title="Which tool?",
            words="Choose.",
            opened_at=clock.now(),
            opened_by_id=make.convener(consortium).id,
            closes_at=clock.now() + timedelta(days=9),
            time_zone="America/New_York",
            by_laws_version=1,
            quorum_percent=50,
            majority=Majority.MORE_THAN_HALF,
            conflict="counted",
            proxies=True,
            once_key="one",
        )
    )
    make.save(
        Elector(org_id=consortium.org_id, decision_id=decision.id, district_id=district.id, votes=1)
    )
    return decision
