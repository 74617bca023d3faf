"""From a report to a closed line: two people, a capped grade, and each district told once."""

from datetime import date
from threading import Barrier, Thread

import pytest
from sqlmodel import select

from marketplace.accounts.rules import Role
from marketplace.catalogue.listing_models import ToolFollower
from marketplace.core import clock, db, events, tenancy
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.core.mail import Letter
from marketplace.oversight import queries, service
from marketplace.oversight.models import Incident, IncidentNotice
from marketplace.oversight.rules import IncidentStatus
from marketplace.pools.rules import Rung
from marketplace.scorecards import queries as scorecards
from tests.agreements import build
from tests.conftest import on_postgresql, on_sqlite
from tests.oversight.conftest import PROOF, across


def standing(look, tool):
    look.rollback()
    with tenancy.everyone("test asserts"):
        return scorecards.standing(look, tool)


@on_sqlite
def test_a_report_alone_changes_nothing_and_tells_no_district(make, desk, deliver, look):
    tool = make.tool()
    make.save(ToolFollower(org_id=make.district().id, tool_id=tool.id, since=clock.now()))

    desk.proposed(tool)
    desk.reported(tool, by=desk.ann)
    deliver()

    assert standing(look, tool).grade == "A"
    with tenancy.everyone("test asserts"):
        assert look.exec(select(IncidentNotice)).all() == []
        (first, _) = look.exec(select(Incident)).all()
        assert first.status is IncidentStatus.UNCONFIRMED


def test_two_people_confirm_the_grade_is_capped_and_everybody_who_uses_it_is_told(
    make, desk, act, deliver, look
):
    tool, consortium = make.tool(), make.consortium()
    ordering, committed, following, agreeing, stranger = (make.district() for _ in range(5))
    for district in (ordering, committed):
        make.member(consortium, district)
    make.orders(make.cleared_pool(consortium, [ordering], tool=tool))
    make.commitment(make.pool(consortium, tool), committed, rung=Rung.INTENT)
    make.save(ToolFollower(org_id=following.id, tool_id=tool.id, since=clock.now()))
    build.agreement(make, agreeing, tool)
    people = [make.person(d, Role.DATA_STEWARD) for d in (ordering, committed, following)]
    make.buyer(stranger)

    incident = desk.proposed(tool, vendor_knew_on=date(2026, 11, 10))
    with pytest.raises(RuleBroken, match="Another person"):
        act(desk.ann, across(service.confirm_incident), incident.id)
    act(desk.bo, across(service.confirm_incident), incident.id)
    act(desk.bo, across(service.confirm_incident), incident.id)
    deliver()
    with make.app.app_context(), db.transaction() as session, tenancy.everyone("the worker"):
        assert service.tell_districts(session, Actor.system(), incident.id) == 0

    assert standing(look, tool).grade == "C"
    assert standing(look, tool).has_open_incident
    with tenancy.everyone("test asserts"):
        told = {notice.org_id for notice in look.exec(select(IncidentNotice))}
        subject = f"Confirmed incident: {tool.name}"
        letters = look.exec(select(Letter).where(Letter.subject == subject)).all()
    assert told == {ordering.id, committed.id, following.id, agreeing.id}
    assert {person.email for person in people} <= {letter.recipient for letter in letters}
    assert len(letters) == len({letter.recipient for letter in letters})
    assert "No breach clock is loaded for Ohio" in letters[0].text


@on_sqlite
def test_a_closed_incident_lifts_the_cap_and_proven_late_notice_stops_the_card(
    make, desk, act, look
):
    tool, late = make.tool(), make.tool()
    incident, hidden = desk.confirmed(tool), desk.confirmed(late)

    act(desk.ann, across(service.close_incident), incident.id, "The list is gone.")
    act(desk.ann, across(service.propose_late_notice), hidden.id, "They knew on May 2.")
    with pytest.raises(RuleBroken, match="Another person"):
        act(desk.ann, across(service.confirm_late_notice), hidden.id)
    assert not standing(look, late).blocks_purchase
    act(desk.bo, across(service.confirm_late_notice), hidden.id)

    assert not standing(look, tool).has_open_incident
    assert standing(look, late).blocks_purchase
    with tenancy.everyone("test asserts"):
        kinds = [step.kind for step in queries.steps_of(look, hidden.id)]
    assert kinds == ["reported", "confirmed", "late_notice"]


@on_sqlite
def test_who_may_not(make, desk, act):
    tool = make.tool()
    incident = desk.proposed(tool)
    seller = make.person(make._organization(tool.org_id), Role.ADMINISTRATOR)
    for stranger in (make.buyer(make.district()), seller):
        for use_case, said in (
            (service.confirm_incident, ()),
            (service.dismiss_incident, ("No.",)),
            (service.propose_late_notice, ("Late.",)),
            (service.close_incident, ("Done.",)),
        ):
            with pytest.raises(NotAllowed):
                act(stranger, across(use_case), incident.id, *said)
    other_vendor = make.person(make.vendor(), Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        act(other_vendor, service.report_incident, tool.id, words="Bad.", once_key="x")
    with pytest.raises(NotAllowed):
        act(other_vendor, across(service.answer_incident), incident.id, "We were not.")
    with pytest.raises(NotAllowed):
        act(desk.ann, across(service.answer_incident), incident.id, "For them.")
    assert PROOF.fingerprint == incident.fingerprint or incident.proposed_by is None


@on_postgresql
def test_each_district_is_told_once_by_two_workers_and_by_one_that_dies(
    make, desk, app, look, monkeypatch
):
    """The first worker dies half-way through the letters; then two work at the same time."""
    tool, districts = make.tool(), [make.district() for _ in range(6)]
    for district in districts:
        make.buyer(district)
        make.save(ToolFollower(org_id=district.id, tool_id=tool.id, since=clock.now()))
    incident = desk.confirmed(tool)
    real, written = service._tell, []

    def dies_at_the_third(*args):
        written.append(1)
        if len(written) == 3:
            raise ConnectionError("the worker dies")
        real(*args)

    monkeypatch.setattr(service, "_tell", dies_at_the_third)
    with app.app_context():
        events.deliver()
    look.rollback()
    with tenancy.everyone("test asserts"):
        assert look.exec(select(IncidentNotice)).all() == []
    monkeypatch.setattr(service, "_tell", real)
    start = Barrier(3)

    def work():
        start.wait()
        with (
            app.app_context(),
            db.transaction() as session,
            tenancy.everyone("the worker"),
        ):
            service.tell_districts(session, Actor.system(), incident.id)

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    look.rollback()
    with tenancy.everyone("test asserts"):
        told = [notice.org_id for notice in look.exec(select(IncidentNotice))]
        subject = f"Confirmed incident: {tool.name}"
        letters = look.exec(select(Letter).where(Letter.subject == subject)).all()
    assert sorted(told) == sorted(district.id for district in districts)
    assert len(letters) == len({letter.recipient for letter in letters}) == 6
