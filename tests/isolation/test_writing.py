"""Whoever belongs to Alpha changes nothing of Bravo's, whatever they send."""

import pytest

from tests.architecture.test_pages import PUBLIC
from tests.conftest import on_postgresql, on_sqlite
from tests.isolation import routes
from tests.isolation.doors import DOORS
from tests.isolation.test_reading import ROLES, leaks

#: They hold the pens: on PostgreSQL these are enough.
WRITERS = ("convener", "vendor-administrator", "district-buyer")


def doors(site):
    return [(rule, DOORS[rule.rule]) for rule in site.rules("POST")]


@on_sqlite
def test_every_unsafe_route_is_a_door(site):
    unsafe = {r.rule for m in ("POST", "PUT", "PATCH", "DELETE") for r in site.rules(m)}

    missing = unsafe - DOORS.keys()
    assert not missing, f"Say in tests/isolation/doors.py who may send what: {sorted(missing)}"
    assert DOORS.keys() <= unsafe


def try_what_is_bravos(site, world, roles):
    problems, sent = [], 0
    for who in roles:
        user = world.a.people[who]
        for rule, door in doors(site):
            if rule.endpoint in PUBLIC or routes.is_open_to_others(rule):
                continue
            if not routes.arguments(rule):
                continue
            for foreign, _, _ in routes.foreign_addresses(rule, world.a, world.b):
                url = site.url(rule, **foreign)
                answer = site.post(user, url, door.fields(world.b))
                sent += 1
                said = f"{who}: {url} ({rule.endpoint}): {answer.status_code}"
                if answer.status_code == 400 or answer.status_code >= 500:
                    problems.append(said)
                if leaks(answer):
                    problems.append(f"{said} shows {leaks(answer)}")
                if changed := site.changes():
                    problems.append(f"{said} changed {sorted(changed)}")
                    site.restore()
    assert problems == []
    return sent


@on_sqlite
@pytest.mark.parametrize("who", ROLES)
def test_nobody_of_alpha_changes_anything_of_bravos(site, world, who):
    assert try_what_is_bravos(site, world, [who]) > 60


@on_postgresql
def test_nobody_of_alpha_changes_anything_of_bravos_on_postgresql(site, world):
    assert try_what_is_bravos(site, world, WRITERS) > 150


@on_sqlite
def test_what_is_open_to_others_is_written_in_their_own_name(site, world):
    """A district of Alpha may ask Bravo's consortium, or commit to its pool: as itself only.

    And ids of Bravo's in the body of a form about oneself reach nothing of Bravo's.
    """
    problems, wrote = [], set()
    theirs = {repr(org.id) for org in organizations(world.b)}
    mine = {repr(org.id) for org in organizations(world.a)}
    for who in ROLES:
        user = world.a.people[who]
        for rule, door in doors(site):
            if rule.endpoint in PUBLIC:
                continue
            if routes.arguments(rule) and not routes.is_open_to_others(rule):
                continue
            url = site.url(rule, **routes.values_of(rule, world.b))
            fields = door.fields(world.b)
            if rule.endpoint == "pools.join_seats":
                fields["rung"] = "interest"  # as far as a district outside may go
            answer = site.post(user, url, fields)
            if answer.status_code >= 500:
                problems.append(f"{who}: {url}: {answer.status_code}")
            changed = site.changes()
            for table, (gone, new) in changed.items():
                wrote.add(rule.endpoint)
                problems += [
                    f"{who}: {url} changed a row of Bravo's: {table} {row}"
                    for row in gone
                    if theirs & {text for _, text in row}
                ]
                problems += [
                    f"{who}: {url} wrote in Bravo's name: {table} {row}"
                    for row in new
                    if dict(row).get("org_id") in theirs and table != "event"
                    if not mine & {text for _, text in row}
                ]
                problems += [
                    f"{who}: {url} wrote for another district: {table} {row}"
                    for row in new
                    if dict(row).get("district_id") in theirs
                ]
            if changed or answer.status_code == 302:
                site.restore()

    assert problems == []
    assert {"consortia.ask_to_join", "pools.join_seats", "accounts.invite"} <= wrote


def organizations(t):
    return (
        *(t.district, t.neighbour, t.asking, t.invited, t.outsider, t.vendor, t.funder, t.agency),
        *(t.consortium_org, t.cash_org, t.forming_org),
    )


@on_sqlite
@pytest.mark.parametrize("who", ["neighbour", "district-viewer", "reviewer", "vendor-finance-2"])
def test_inside_bravo_each_role_does_only_what_is_its_own(site, world, who):
    """One tenant is no free-for-all: the same forms from a colleague without the role."""
    user = world.b.people[who]
    fine = {
        "neighbour": routes.OPEN_TO_OTHERS,
        # Everybody of a district may say something and keep searches for themselves.
        "district-viewer": (
            *("catalogue.comment_shortlist", "catalogue.save_search", "oversight.report_incident"),
        ),
        # Reviewers of any consortium may do these, each in their own name.
        "reviewer": ("reviews.step_aside", "reviews.stop_tool", "reviews.decide_change"),
        "vendor-finance-2": (
            "orders.issue_invoice",
            "orders.issue_ready_invoices",
            *("orders.record_refund", "orders.record_payment", "orders.undo_payment"),
            *("orders.use_credit", "orders.return_credit"),
            *("remittance.import_statement", "remittance.choose_columns"),
            *("remittance.match_line", "remittance.match_sure_lines"),
            *("remittance.ignore_line", "remittance.undo_line"),
            *("payments.ask_refund", "payments.connect"),
            "oversight.report_incident",
            *("renewals.say_use", "renewals.answer_use", "renewals.file_certificate"),
        ),
    }.get(who, ())
    # A member files its own paper, and may propose how to split as any other member may.
    # It asks for itself in a term, and consents in its own name.
    itself = {"/consortia/<slug>/instrument", "/c/<slug>/cost-method", *routes.OWN_IN_A_TERM}
    itself |= {f"/consortia/<slug>/decisions/{each}" for each in ("new", "<int:number>/remark")}
    own = itself if who == "neighbour" else set()
    problems = []
    for rule, door in doors(site):
        if rule.endpoint in PUBLIC or not set(routes.arguments(rule)) - routes.NOBODYS:
            continue
        if rule.endpoint in fine or rule.rule in own or rule.endpoint.startswith("accounts."):
            continue
        answer = site.post(
            user, site.url(rule, **routes.values_of(rule, world.b)), door.fields(world.b)
        )
        if changed := site.changes():
            problems.append(f"{rule.rule}: {answer.status_code} changed {sorted(changed)}")
            site.restore()

    assert problems == []
