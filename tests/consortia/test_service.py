"""From founding to leaving: who joins when, and with which paper."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from marketplace.accounts import queries as accounts
from marketplace.accounts.rules import Role
from marketplace.consortia import queries, service
from marketplace.consortia.by_laws_rules import Choices, LeaveAt
from marketplace.consortia.rules import (
    ConsortiumStatus,
    InstrumentKind,
    LegalShape,
    MemberStatus,
)
from marketplace.core import clock, jobs, mail, tenancy
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import Event
from tests.conftest import NOW, on_sqlite

TODAY = NOW.date()


def across(use_case):
    """As the page does when the row belongs to an organization one is not part of yet."""

    def run(session, actor, *args, **kwargs):
        with tenancy.everyone("asked of a consortium from outside"):
            result = use_case(session, actor, *args, **kwargs)
            session.flush()
        return result

    return run


def paper(**changes):
    said = {
        "kind": InstrumentKind.INTERLOCAL_AGREEMENT,
        "signer_name": "Pat Lee",
        "signer_title": "Superintendent",
        "signed_on": TODAY - timedelta(days=3),
        "scope": "Joint purchase of software",
        "starts_on": TODAY,
        "ends_on": date(2030, 6, 30),
        "file_name": "agreement.pdf",
        "file_bytes": b"%PDF-1.7 signed",
    }
    return service.Paper(**said | changes)


FOUNDING = {
    "name": "Three Rivers Schools",
    "purpose": "Small districts buy together.",
    "legal_shape": LegalShape.JOINT,
    "text": "We meet twice a year.",
}


def test_an_agency_founds_a_consortium_and_convenes_it(make, act, look):
    agency = make.agency()
    lead = make.person(agency, Role.ADMINISTRATOR)

    consortium = act(lead, across(service.found_consortium), **FOUNDING)

    assert consortium.status is ConsortiumStatus.FORMING
    assert consortium.lead_agency_id == agency.id
    organization = accounts.get_organization(look, consortium.org_id)
    assert organization.slug == "three-rivers-schools"
    actor = accounts.identity(look, lead)
    assert (Role.CONVENER, consortium.org_id) in actor.roles
    assert consortium.org_id in actor.circles[agency.id]


def test_a_buyer_or_a_vendor_founds_nothing(make, act):
    district = make.district()
    for person in (make.buyer(district), make.person(make.vendor(), Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowed):
            act(person, across(service.found_consortium), **FOUNDING)


def test_the_same_name_is_founded_once(make, act):
    lead = make.person(make.agency(), Role.ADMINISTRATOR)
    act(lead, across(service.found_consortium), **FOUNDING)

    with pytest.raises(RuleBroken, match="already founded"):
        act(lead, across(service.found_consortium), **FOUNDING)


def test_a_consortium_never_takes_the_address_of_the_founding_page(make, act, look):
    lead = make.person(make.agency(), Role.ADMINISTRATOR)

    consortium = act(lead, across(service.found_consortium), **FOUNDING | {"name": "New"})

    assert accounts.get_organization(look, consortium.org_id).slug == "new-consortium"


@pytest.mark.parametrize(
    "shape, named", [(LegalShape.POOLED_CASH, False), (LegalShape.JOINT, True)]
)
def test_a_fiscal_agent_belongs_to_pooled_cash_only(make, act, shape, named):
    lead = make.person(make.agency(), Role.ADMINISTRATOR)
    agent = make.agency().id if named else None

    with pytest.raises(RuleBroken, match="fiscal agent"):
        act(
            lead,
            across(service.found_consortium),
            **FOUNDING | {"legal_shape": shape, "fiscal_agent_id": agent},
        )


def test_an_invited_district_is_active_once_by_laws_and_paper_are_there(make, act, look):
    consortium, district = make.consortium(), make.district()
    convener, head = make.convener(consortium), make.person(district, Role.ADMINISTRATOR)
    org = consortium.org_id

    act(convener, service.invite_district, org, district.id)
    act(head, across(service.answer_invitation), org, join=True, accept_by_laws=True)
    assert queries.member(look, org, district.id).status is MemberStatus.INVITED
    act(head, across(service.file_instrument), org, district.id, paper())

    look.rollback()
    assert queries.member(look, org, district.id).status is MemberStatus.ACTIVE
    assert org in accounts.identity(look, head).circles[district.id]


def test_a_district_that_asks_waits_for_the_lead(make, act, look):
    consortium, district = make.consortium(), make.district()
    convener, head = make.convener(consortium), make.buyer(district)
    org = consortium.org_id

    act(head, across(service.ask_to_join), org, accept_by_laws=True, words="We teach reading.")
    act(head, across(service.file_instrument), org, district.id, paper())
    assert queries.member(look, org, district.id).status is MemberStatus.REQUESTED
    act(convener, service.approve_request, org, district.id)

    look.rollback()
    assert queries.member(look, org, district.id).status is MemberStatus.ACTIVE


def test_nobody_joins_without_accepting_the_by_laws(make, act):
    consortium, district = make.consortium(), make.district()
    head = make.buyer(district)

    with pytest.raises(RuleBroken, match="by-laws"):
        act(head, across(service.ask_to_join), consortium.org_id, accept_by_laws=False)


def test_asking_twice_or_being_asked_twice_is_refused(make, act):
    consortium, district, other = make.consortium(), make.district(), make.district()
    convener, head = make.convener(consortium), make.buyer(district)
    act(head, across(service.ask_to_join), consortium.org_id, accept_by_laws=True)
    act(convener, service.invite_district, consortium.org_id, other.id)

    with pytest.raises(RuleBroken, match="already asked"):
        act(head, across(service.ask_to_join), consortium.org_id, accept_by_laws=True)
    with pytest.raises(RuleBroken, match="already invited"):
        act(convener, service.invite_district, consortium.org_id, other.id)


def test_two_active_members_constitute_a_consortium(make, act, look):
    consortium = make.consortium(status=ConsortiumStatus.FORMING)
    convener, org = make.convener(consortium), consortium.org_id
    seen = []
    for _ in range(2):
        district = make.district()
        head = make.buyer(district)
        act(convener, service.invite_district, org, district.id)
        act(head, across(service.answer_invitation), org, join=True, accept_by_laws=True)
        act(convener, service.file_instrument, org, district.id, paper())
        look.rollback()
        seen.append(queries.consortium_of(look, org).status)

    assert seen == [ConsortiumStatus.FORMING, ConsortiumStatus.CONSTITUTED]


def test_a_member_of_the_lead_who_does_not_convene_cannot_constitute(make, act):
    consortium = make.consortium(status=ConsortiumStatus.FORMING)
    district = make.district()
    member = make.buyer(district)
    make.affiliation(district, make.org_of(consortium))

    with pytest.raises(NotAllowed):
        act(member, service.constitute, consortium.org_id)
    act(make.convener(consortium), service.constitute, consortium.org_id)


def test_a_paper_that_starts_later_makes_a_member_on_that_day(app, make, act, look):
    consortium, district = make.consortium(), make.district()
    convener, head, org = make.convener(consortium), make.buyer(district), consortium.org_id
    act(convener, service.invite_district, org, district.id)
    act(head, across(service.answer_invitation), org, join=True, accept_by_laws=True)
    act(
        head,
        across(service.file_instrument),
        org,
        district.id,
        paper(starts_on=TODAY + timedelta(days=10)),
    )
    assert queries.member(look, org, district.id).status is MemberStatus.INVITED

    with clock.frozen(NOW + timedelta(days=11)), app.app_context():
        assert jobs.run_due()["consortia.begin_due"] == 1
        assert jobs.run_due()["consortia.begin_due"] == 0

    look.rollback()
    assert queries.member(look, org, district.id).status is MemberStatus.ACTIVE


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"signed_on": TODAY + timedelta(days=1)}, "signed_on"),
        ({"board_date": TODAY}, "board_date"),
        ({"ends_on": TODAY}, "ends_on"),
        ({"starts_on": date(2020, 7, 1), "ends_on": date(2021, 6, 30)}, "ends_on"),
        ({"file_bytes": b"a picture"}, "file"),
    ],
)
def test_a_paper_that_cannot_be_right_is_refused_at_its_field(make, act, changes, field):
    consortium, district = make.consortium(), make.district()
    make.member(consortium, district, instrument=False)

    with pytest.raises(RuleBroken) as refusal:
        act(
            make.buyer(district),
            service.file_instrument,
            consortium.org_id,
            district.id,
            paper(**changes),
        )
    assert refusal.value.field == field


def test_a_district_cannot_file_for_another(make, act):
    consortium, district, other = make.consortium(), make.district(), make.district()
    make.member(consortium, district)
    make.member(consortium, other)

    with pytest.raises(NotAllowed):
        act(
            make.buyer(other),
            service.file_instrument,
            consortium.org_id,
            district.id,
            paper(),
        )


def test_an_instrument_must_be_signed_before_and_run_for_the_whole_term(make, look):
    consortium, district = make.consortium(), make.district()
    member = make.member(consortium, district, instrument=False)
    make.instrument(
        member,
        signed_on=date(2026, 10, 1),
        starts_on=date(2026, 11, 1),
        ends_on=date(2027, 12, 31),
    )
    ask = [consortium.org_id, district.id]

    force = queries.instrument_in_force
    assert force(look, *ask, signed_by=date(2026, 10, 1), until=date(2027, 12, 31))
    assert not force(look, *ask, signed_by=date(2026, 9, 30), until=date(2027, 12, 31))
    assert not force(look, *ask, signed_by=date(2026, 10, 1), until=date(2028, 1, 1))
    assert not force(look, *ask, signed_by=TODAY, since=date(2026, 10, 31), until=date(2027, 6, 30))


NOTICE = Choices(notice_days=60, leave_at=LeaveAt.AFTER_NOTICE)


def test_a_member_leaves_after_its_notice_and_its_papers_stay(app, make, act, look):
    consortium, district = make.consortium(choices=NOTICE), make.district()
    member, head = make.member(consortium, district), make.buyer(district)

    for _ in range(2):
        given = act(head, service.leave_consortium, consortium.org_id)
        assert given.leaves_on == TODAY + timedelta(days=60)
    act(head, service.take_notice_back, consortium.org_id)
    act(head, service.leave_consortium, consortium.org_id)
    due(app, "consortia.end_due", NOW + timedelta(days=60))
    assert queries.member(look, consortium.org_id, district.id).status is MemberStatus.ACTIVE
    for _ in range(2):
        due(app, "consortia.end_due", NOW + timedelta(days=62))

    look.rollback()
    assert queries.member(look, consortium.org_id, district.id).status is MemberStatus.ENDED
    assert district.id not in accounts.identity(look, head).circles
    assert len(queries.instruments_of(look, member.id)) == 1


def test_a_stranger_finds_no_consortium_from_its_own_scope(make, act):
    consortium, stranger = make.consortium(), make.convener(make.consortium())

    with pytest.raises(NotFound):
        act(stranger, service.constitute, consortium.org_id)
    with pytest.raises(NotFound):
        act(stranger, service.invite_district, consortium.org_id, make.district().id)


def due(app, name, at):
    with clock.frozen(at), app.app_context():
        return jobs._run_timed(name, jobs.timed_jobs()[name])


@on_sqlite
def test_a_paper_that_ends_is_reminded_of_once_at_each_of_its_days(app, make, look, deliver):
    consortium, district = make.consortium(), make.district()
    convener, head = make.convener(consortium), make.buyer(district)
    member = make.member(consortium, district, instrument=False)
    make.instrument(member, ends_on=TODAY + timedelta(days=200))

    sent = [
        due(app, "consortia.remind_due", NOW + timedelta(days=after))
        for after in (10, 30, 30, 115, 145, 175, 176, 199, 220)
    ]
    with clock.frozen(NOW + timedelta(days=230)):
        deliver()

    assert sent == [0, 1, 0, 1, 1, 1, 0, 0, 0]
    letters = [letter.recipient for letter in mail.newest_letters(look)]
    assert sorted(letters) == sorted([convener.email, head.email] * 4)
    make.instrument(member, ends_on=TODAY + timedelta(days=100))
    assert due(app, "consortia.remind_due", NOW + timedelta(days=80)) == 0  # a longer one follows


def test_everybody_concerned_gets_a_letter(app, make, act, look, deliver):
    consortium, district = make.consortium(), make.district()
    convener, head, org = make.convener(consortium), make.buyer(district), consortium.org_id

    act(head, across(service.ask_to_join), org, accept_by_laws=True)
    act(convener, service.approve_request, org, district.id)
    act(head, across(service.file_instrument), org, district.id, paper())
    act(convener, service.end_membership, org, district.id)
    deliver()
    deliver()

    letters = [(letter.recipient, letter.subject) for letter in mail.newest_letters(look)]
    name, district_name = make.org_of(consortium).name, district.name
    assert sorted(letters) == sorted(
        [
            (convener.email, f"{district_name} asks to join {name}"),
            (head.email, f"{name} says yes to your district"),
            (head.email, f"Your district is a member of {name}"),
            (convener.email, f"{district_name} is no longer in {name}"),
        ]
    )
    names = set(look.exec(select(Event.name)))
    assert "consortia.member_joined" in names
