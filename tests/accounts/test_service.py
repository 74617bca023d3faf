"""Signing up, inviting and removing, on both engines."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from marketplace.accounts import letters as words
from marketplace.accounts import people_service, queries, service
from marketplace.accounts.models import Membership, Organization, User
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core import clock, db, tenancy
from marketplace.core.access import NOBODY, Actor
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from tests.accounts.conftest import PASSWORD
from tests.conftest import NOW, on_postgresql

LAKE = {
    "kind": OrganizationKind.VENDOR,
    "org_name": "Lakeside  Tools",
    "state": "OH",
    "person_name": "Ana Reyes",
    "email": "ana@lakeside.example",
    "password": PASSWORD,
}


@pytest.fixture
def as_nobody(app):
    """Run a use case as a stranger, the way a public form does."""

    def run(use_case, *args, actor=NOBODY, **kwargs):
        with (
            app.app_context(),
            tenancy.everyone("a secret link stands for the scope"),
            db.transaction() as session,
        ):
            return use_case(session, actor, *args, **kwargs)

    return run


@pytest.fixture
def accept(app, as_nobody):
    def run(token, user=None, **typed):
        actor = NOBODY
        if user:
            actor = Actor(user_id=user.id)
        return as_nobody(people_service.accept_invitation, token, actor=actor, **typed)

    return run


@pytest.fixture
def invited(act, link_in):
    """The token in the letter of an invitation."""

    def run(administrator, organization, email, role=Role.BUYER):
        act(administrator, people_service.invite, organization.id, email=email, role=role)
        return link_in(email, words.INVITED.format(organization.name)).rpartition("/")[2]

    return run


def roles_of(look, organization):
    look.rollback()
    return sorted(str(held.role) for held, _ in look.exec(queries.roles_held(organization.id)))


# -- signing up ------------------------------------------------------------------------------


def test_signing_up_founds_an_organization_with_its_first_person(as_nobody, look, letters):
    user = as_nobody(service.sign_up, **LAKE)

    organization = look.exec(select(Organization)).one()
    assert (organization.name, organization.slug) == ("Lakeside Tools", "lakeside-tools")
    assert organization.time_zone == "America/New_York"
    assert roles_of(look, organization) == ["administrator", "listing_editor"]
    assert (user.acting_for, user.confirmed_at) == (organization.id, None)
    assert PASSWORD not in user.password
    assert [letter.subject for letter in letters(LAKE["email"])] == [words.CONFIRM]


def test_an_address_with_an_account_gets_a_letter_and_founds_nothing(as_nobody, look, letters):
    as_nobody(service.sign_up, **LAKE)

    as_nobody(service.sign_up, **LAKE | {"email": "ANA@lakeside.example", "org_name": "Other"})

    assert [o.name for o in look.exec(select(Organization))] == ["Lakeside Tools"]
    assert len(look.exec(select(User)).all()) == 1
    subjects = {letter.subject for letter in letters(LAKE["email"])}
    assert subjects == {words.CONFIRM, words.ALREADY_HERE}


def test_a_mailbox_gets_at_most_three_letters_an_hour(as_nobody, letters):
    for _ in range(10):
        as_nobody(service.sign_up, **LAKE)
    assert len(letters(LAKE["email"])) == 3

    with clock.frozen(clock.now() + timedelta(minutes=61)):
        as_nobody(service.sign_up, **LAKE)
    assert len(letters(LAKE["email"])) == 4


@pytest.mark.parametrize(
    "typed", [{"email": "ana"}, {"password": "too short"}, {"password": "ana@lakeside.example"}]
)
def test_bad_input_saves_nothing(as_nobody, look, typed):
    with pytest.raises(RuleBroken):
        as_nobody(service.sign_up, **LAKE | typed)

    assert look.exec(select(User)).all() == look.exec(select(Organization)).all() == []


def test_a_district_is_signed_up_once_whoever_asks(as_nobody, look, make):
    make.district(leaid="3904567")
    make.person(email="known@x.org")

    for email in ("known@x.org", "new@x.org"):
        with pytest.raises(RuleBroken, match="already here"):
            as_nobody(
                service.sign_up,
                **LAKE | {"kind": OrganizationKind.DISTRICT, "leaid": "3904567", "email": email},
            )


@on_postgresql
def test_twenty_sign_ups_at_once_make_one_account(as_nobody, look, letters):
    def once(_):
        try:
            as_nobody(service.sign_up, **LAKE)
        except RuleBroken:
            return "refused"

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(once, range(20)))

    assert len(look.exec(select(User)).all()) == len(look.exec(select(Organization)).all()) == 1
    assert len(letters(LAKE["email"])) <= 3


# -- invitations -----------------------------------------------------------------------------


def test_a_new_person_joins_by_invitation_and_is_confirmed_by_it(make, invited, accept, look):
    district = make.district()
    token = invited(make.person(district, Role.ADMINISTRATOR), district, "new@x.org")

    user = accept(token, name="New Person", password=PASSWORD)

    assert (user.email, user.acting_for) == ("new@x.org", district.id)
    assert user.confirmed_at == clock.now()
    assert roles_of(look, district) == ["administrator", "buyer"]


def test_an_invitation_is_used_once(make, invited, accept, look):
    district = make.district()
    token = invited(make.person(district, Role.ADMINISTRATOR), district, "new@x.org")
    user = accept(token, name="New Person", password=PASSWORD)

    with pytest.raises(RuleBroken, match="already used"):
        accept(token, user=user)


def test_a_used_invitation_does_not_bring_back_a_removed_person(make, act, invited, accept, look):
    district = make.district()
    boss = make.person(district, Role.ADMINISTRATOR)
    token = invited(boss, district, "new@x.org")
    user = accept(token, name="New Person", password=PASSWORD)
    look.rollback()
    held = look.exec(select(Membership).where(Membership.user_id == user.id)).one()
    act(boss, people_service.remove_role, district.id, held.id)

    with pytest.raises(RuleBroken, match="already used"):
        accept(token, user=user)

    assert roles_of(look, district) == ["administrator"]


def test_an_invitation_is_for_one_address(make, invited, accept, look):
    district, stranger = make.district(), make.person(email="other@x.org")
    invited_one = make.person(email="new@x.org")
    token = invited(make.person(district, Role.ADMINISTRATOR), district, "NEW@x.org")

    with pytest.raises(NotAllowed, match=r"N\*\*\*@x.org"):
        accept(token, user=stranger)
    with pytest.raises(RuleBroken, match="Sign in"):
        accept(token, name="Impostor", password=PASSWORD)
    accept(token, user=invited_one)

    assert roles_of(look, district) == ["administrator", "buyer"]


def test_an_expired_or_withdrawn_or_unknown_invitation_lets_nobody_in(
    make, act, invited, accept, look
):
    district = make.district()
    boss = make.person(district, Role.ADMINISTRATOR)
    token = invited(boss, district, "new@x.org")

    with (
        clock.frozen(clock.now() + timedelta(days=14)),
        pytest.raises(RuleBroken, match="expired"),
    ):
        accept(token, name="New", password=PASSWORD)
    [waiting] = queries.waiting_invitations(look, district.id, clock.now())
    act(boss, people_service.withdraw_invitation, district.id, waiting.id)
    with pytest.raises(RuleBroken, match="withdrawn"):
        accept(token, name="New", password=PASSWORD)
    with pytest.raises(NotFound):
        accept(token + "x", name="New", password=PASSWORD)

    assert roles_of(look, district) == ["administrator"]


def test_inviting_again_replaces_the_earlier_link(make, invited, accept):
    district = make.district()
    boss = make.person(district, Role.ADMINISTRATOR)
    first = invited(boss, district, "new@x.org")
    with clock.frozen(clock.now() + timedelta(seconds=1)):
        second = invited(boss, district, "new@x.org")

    with pytest.raises(RuleBroken, match="withdrawn"):
        accept(first, name="New", password=PASSWORD)
    assert accept(second, name="New", password=PASSWORD).email == "new@x.org"


@pytest.mark.parametrize("role", [Role.BUYER, Role.APPROVER, Role.VIEWER])
def test_only_administrators_invite_and_remove(make, act, look, role):
    district = make.district()
    make.person(district, Role.ADMINISTRATOR)
    colleague = make.person(district, role)
    held = look.exec(select(Membership).where(Membership.user_id == colleague.id)).one()

    for given in (Role.ADMINISTRATOR, role):
        with pytest.raises(NotAllowed):
            act(colleague, people_service.invite, district.id, email="x@x.org", role=given)
    with pytest.raises(NotAllowed):
        act(colleague, people_service.remove_role, district.id, held.id)


def test_an_administrator_of_one_organization_is_nobody_in_another(make, act, look):
    mine, theirs = make.district(), make.district()
    boss = make.person(mine, Role.ADMINISTRATOR)
    make.person(theirs, Role.ADMINISTRATOR)
    held = look.exec(select(Membership).where(Membership.org_id == theirs.id)).one()

    with pytest.raises(NotAllowed):
        act(boss, people_service.invite, theirs.id, email="x@x.org", role=Role.BUYER)
    with pytest.raises(NotFound):
        act(boss, people_service.remove_role, mine.id, held.id)


def test_a_role_of_another_kind_of_organization_is_refused(make, act):
    district = make.district()
    boss = make.person(district, Role.ADMINISTRATOR)

    with pytest.raises(RuleBroken, match="does not exist"):
        act(boss, people_service.invite, district.id, email="x@x.org", role=Role.OPERATOR)


def test_the_last_administrator_stays_but_the_last_but_one_may_go(make, act, look):
    district = make.district()
    first = make.person(district, Role.ADMINISTRATOR)
    second = make.person(district, Role.ADMINISTRATOR)
    held = {m.user_id: m.id for m in look.exec(select(Membership))}

    act(first, people_service.remove_role, district.id, held[second.id])
    with pytest.raises(RuleBroken, match="last administrator"):
        act(first, people_service.remove_role, district.id, held[first.id])

    assert roles_of(look, district) == ["administrator"]


def test_one_acts_only_for_ones_own_organizations(make, act, look):
    mine, other, foreign = make.district(), make.vendor(), make.district()
    user = make.person(mine, Role.BUYER)
    make.role(user, other, Role.FINANCE)

    act(user, people_service.act_for, other.id)
    with pytest.raises(NotFound):
        act(user, people_service.act_for, foreign.id)

    assert queries.get_user(look, user.id).acting_for == other.id


@on_postgresql
def test_twenty_accepts_at_once_make_one_membership(make, invited, accept, look):
    district = make.district()
    token = invited(make.person(district, Role.ADMINISTRATOR), district, "new@x.org")

    def once(n):
        try:
            with clock.frozen(NOW):  # a thread has a clock of its own
                return accept(token, name=f"New {n}", password=PASSWORD)
        except RuleBroken:
            return None

    with ThreadPoolExecutor(10) as pool:
        came_in = [user for user in pool.map(once, range(20)) if user]

    assert len(came_in) == 1
    assert roles_of(look, district) == ["administrator", "buyer"]
    assert len(look.exec(select(User).where(User.email == "new@x.org")).all()) == 1


@on_postgresql
def test_two_administrators_cannot_remove_each_other_at_once(make, act, look):
    district = make.district()
    first = make.person(district, Role.ADMINISTRATOR)
    second = make.person(district, Role.ADMINISTRATOR)
    held = {m.user_id: m.id for m in look.exec(select(Membership))}

    def remove(pair):
        who, whom = pair
        try:
            act(who, people_service.remove_role, district.id, held[whom.id])
        except (RuleBroken, NotAllowed, NotFound):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(remove, [(first, second), (second, first)]))

    assert sorted(done) == [False, True]
    assert roles_of(look, district) == ["administrator"]
