"""Each form: only with its own token, only its own fields, and once."""

import itertools
import re

import pytest
from sqlmodel import SQLModel

from tests.conftest import on_postgresql, on_sqlite
from tests.isolation import routes
from tests.isolation.doors import DOORS
from tests.isolation.site import changes

#: What must not happen twice even when two machines are asked at once.
ONCE = (
    "/pools/<consortium>/<slug>/join/check",
    "/d/<leaid>/orders/<uuid:order_id>/purchase-order",
    "/v/<vendor>/orders/<uuid:order_id>/invoice",
    "/v/<vendor>/invoices/<uuid:invoice_id>/payment",
    "/c/<consortium>/vendors/<vendor_slug>/payment",
    "/c/<slug>/invite",
    "/consortia/new/check",
    "/admin/listings/<tool_slug>/publish",
    "/c/<consortium>/pools/<uuid:pool_id>/orders",
    "/c/<slug>/pools/<pool_slug>/clear",
)


@pytest.fixture
def same_chance(monkeypatch):
    """`same_chance()`: from here on, the dice fall as they did the time before."""
    numbers = itertools.count()

    def dice(size):
        return b"".join(next(numbers).to_bytes(8, "big") for _ in range(size // 8 + 1))[:size]

    for name in ("os.urandom", "random._urandom"):
        monkeypatch.setattr(name, dice)

    def again():
        nonlocal numbers
        numbers = itertools.count(1)

    return again


class Visit:
    """The rightful person at a door."""

    def __init__(self, site, world, rule):
        self.site, self.door = site, DOORS[rule]
        self.rule = next(r for r in site.rules("POST") if r.rule == rule)
        self.tenant = world.b
        people = {None: None, "operator": world.operator}
        who = self.door.who
        self.user = people[who] if who in people else world.b.people[who]
        values = routes.values_of(self.rule, world.b)
        if self.door.address:
            with site.app.app_context():
                values |= self.door.address(world.b)
        self.url = site.url(self.rule, **values)

    def send(self, token=None, **extra):
        return self.site.post(self.user, self.url, extra | self.door.fields(self.tenant), token)

    def names_on_the_form(self):
        """The fields that the page of the form shows."""
        page = self.site.get(self.user, self.url).text if "GET" in self.rule.methods else ""
        return set(re.findall(r'name="([\w-]+)"', page)) | self.door.fields(self.tenant).keys()


def refusals(answer):
    return answer.status_code, re.findall(r'class="(?:msg|err)"[^>]*>([^<]+)', answer.text)


def describe(found):
    return {name: (list(gone)[:2], list(new)[:2]) for name, (gone, new) in found.items()}


every_door = pytest.mark.parametrize("rule", sorted(DOORS))


@on_sqlite
@every_door
def test_a_form(site, world, rule, same_chance):
    visit = Visit(site, world, rule)

    # Without its token, with somebody else's, and with one made up: refused, nothing done.
    stranger, owner = site.client(world.a.people["convener"]), site.client(visit.user)
    assert stranger.token != owner.token
    for token in ("", stranger.token, "IjEyMyI.made.up"):
        assert visit.send(token).status_code == 400
    assert site.changes() == {}

    # As its owner sends it, it does its work.
    own_names = visit.names_on_the_form()
    same_chance()
    first = visit.send()
    done = site.changes()
    shown = ("/open/method/split", "/v/<vendor>/listings/<tool_slug>/hecvat")
    expected = {
        "/sign-in/demo": (404,),
        "/webhooks/stripe": (400,),
        **dict.fromkeys(shown, (200,)),
    }.get(rule, (302, 303))
    assert first.status_code in expected, refusals(first)
    assert bool(done) is visit.door.stores, describe(done)
    if not visit.door.stores:
        return
    once = site.dump()

    # Sent again it does nothing more.
    if not visit.door.again:
        again = visit.send()
        assert again.status_code < 500
        assert describe(changes(once, site.dump())) == {}

    # With a field for every column there is, it does the same and no more.
    site.restore()
    site.client(visit.user)
    same_chance()
    assert visit.send(**forged(world, own_names)).status_code == first.status_code
    assert describe(changes(once, site.dump())) == {}


def forged(world, own_names):
    """Every column of every table as a field of the form, but for the form's own."""
    extra = {}
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            if column.name not in own_names:
                extra[column.name] = forgery(world, column)
    assert {"role", "org_id", "status", "total_cents", "user_id"} - own_names <= extra.keys()
    return extra


def forgery(world, column):
    if hasattr(column.type, "enums"):
        return column.type.enums[-1]
    kind = column.type.python_type.__name__
    return {
        "UUID": str(world.a.vendor.id),
        "int": "1",
        "bool": "1",
        "datetime": "2020-01-01T00:00",
        "date": "2020-01-01",
        "dict": "{}",
    }.get(kind, "forged")


@on_postgresql
@pytest.mark.parametrize("rule", ONCE)
def test_sent_twice_on_postgresql_it_is_done_once(site, world, rule):
    visit = Visit(site, world, rule)

    assert visit.send().status_code == 302
    once = site.dump()
    assert site.changes() != {}

    assert visit.send().status_code < 500
    assert describe(changes(once, site.dump())) == {}
