"""An invitation lets in one person, once: whoever it names."""

from datetime import timedelta

import pytest

from marketplace.core import clock
from tests.conftest import NOW, on_sqlite
from tests.isolation.doors import NEW_PASSWORD

pytestmark = on_sqlite
GUEST = {"name": "A guest", "password": NEW_PASSWORD}


def url(world):
    return f"/invite/{world.b.token}"


@pytest.mark.parametrize("who", ["district-administrator", "vendor-administrator", "convener"])
def test_somebody_else_who_is_signed_in_cannot_take_it(site, world, who):
    answer = site.post(world.a.people[who], url(world), GUEST)

    assert answer.status_code == 403
    assert site.changes() == {}


def test_it_lets_in_one_person_once(site, world):
    first, second = site.post(None, url(world), GUEST), None
    site._clients.clear()
    once = site.changes()
    second = site.post(None, url(world), GUEST)

    assert (first.status_code, second.status_code) == (302, 409)
    assert len(once["membership"][1]) == 1
    assert site.changes().get("membership", once["membership"]) == once["membership"]


def test_withdrawn_or_old_it_lets_nobody_in(site, world):
    with clock.frozen(NOW + timedelta(days=8)):
        assert site.post(None, url(world), GUEST).status_code == 409
    assert site.changes() == {}

    withdraw = f"/account/people/invitations/{world.b.invitation.id}/withdraw"
    site.post(world.b.people["district-administrator"], withdraw, {})
    site.changes()
    assert site.post(None, url(world), GUEST).status_code == 409
    assert site.changes() == {}


def test_invited_twice_one_invitation_is_open(site, world):
    user = world.b.people["district-administrator"]
    for _ in range(2):
        site.post(user, "/account/people/invite", {"email": "twice@example.org", "role": "viewer"})

    new = [dict(row) for row in site.changes()["invitation"][1]]
    assert [row["withdrawn_at"] for row in new].count("None") == 1
