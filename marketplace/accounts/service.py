"""What can be done to people and organizations: one function per use case."""

from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from marketplace.accounts import letters, queries, rules, security, stop_links
from marketplace.accounts.models import Affiliation, Membership, Organization, User
from marketplace.accounts.rules import FOUNDER_ROLES, OrganizationKind, Role
from marketplace.core import clock, mail
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit

#: How other features write a letter that people may stop.
send_stoppable = stop_links.send_stoppable


def found_organization(
    session: Session,
    actor: Actor,
    *,
    kind: OrganizationKind,
    name: str,
    slug: str | None = None,
    leaid: str | None = None,
    city: str | None = None,
    state: str | None = None,
    time_zone: str = "America/Chicago",
) -> Organization:
    """A new tenant; a district can exist only once per LEAID."""
    require(actor, "accounts.found_organization", kind)
    _check_new(session, leaid)
    organization = Organization(
        kind=kind,
        slug=_free_slug(session, slug or rules.slug_of(name)),
        name=name,
        leaid=leaid,
        city=city,
        state=state,
        time_zone=time_zone,
        founded_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(organization)
    except IntegrityError:  # somebody founded it in this very moment
        raise RuleBroken(
            "Somebody has just signed up an organization like this one. Try again."
        ) from None
    emit(
        session,
        actor,
        "accounts.organization_founded",
        _Owned(organization),
        kind=str(kind),
    )
    return organization


def _check_new(session: Session, leaid: str | None) -> None:
    if leaid and session.exec(select(Organization).where(Organization.leaid == leaid)).first():
        raise RuleBroken("This district is already here. Ask its administrator to invite you.")


class _Owned:
    """An organization as the subject of an event: it owns itself."""

    def __init__(self, organization: Organization) -> None:
        self.id = self.org_id = organization.id


def _free_slug(session: Session, wanted: str) -> str:
    query = select(Organization.slug).where(col(Organization.slug).startswith(wanted))
    taken = set(session.exec(query))
    if wanted not in taken:
        return wanted
    return next(f"{wanted}-{n}" for n in range(2, 10_000) if f"{wanted}-{n}" not in taken)


def add_person(
    session: Session,
    actor: Actor,
    *,
    name: str,
    email: str,
    password: str | None = None,
) -> User:
    """A person who can sign in once their address is confirmed."""
    require(actor, "accounts.sign_up")
    email = email.strip()
    rules.check_email(email)
    hashed = security.new_hash(password, email) if password is not None else None
    if queries.user_by_email(session, email):
        raise _has_account()
    return _new_person(session, name, email, hashed)


def _new_person(session: Session, name: str, email: str, hashed: str | None) -> User:
    user = User(
        name=" ".join(name.split()),
        email=email,
        email_key=rules.email_key(email),
        password=hashed,
        fs_uniquifier=uuid4().hex,
        create_datetime=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:  # the same address, in this very moment
        raise _has_account() from None
    return user


def _has_account() -> RuleBroken:
    return RuleBroken("There is already an account with this address. Sign in instead.", "email")


def confirm_person(session: Session, actor: Actor, user: User) -> None:
    """The operator of the machine vouches for an address (example data, commands)."""
    require(actor, "accounts.confirm_person", user)
    user.confirmed_at = user.confirmed_at or clock.now()


def sign_up(
    session: Session,
    actor: Actor,
    *,
    kind: OrganizationKind,
    org_name: str,
    leaid: str | None = None,
    city: str | None = None,
    state: str | None = None,
    time_zone: str | None = None,
    person_name: str,
    email: str,
    password: str,
) -> User:
    """An organization with its first person, who gets a letter to confirm the address.

    An address that already has an account gets a letter saying so, and nothing is founded.
    Whoever signs up sees the same in both cases, so nobody learns who has an account; and
    the slow part, the hash, comes first, outside any lock.
    """
    require(actor, "accounts.sign_up", kind)
    email = email.strip()
    rules.check_email(email)
    hashed = security.new_hash(password, email)
    _check_new(session, leaid)
    if known := queries.user_by_email(session, email, lock=True):
        if queries.mailbox_is_quiet(session, known.email, clock.now()):
            mail.send(session, *letters.already_here(known))
        return known
    user = _new_person(session, person_name, email, hashed)
    organization = found_organization(
        session,
        actor,
        kind=kind,
        name=" ".join(org_name.split()),
        leaid=leaid,
        city=city,
        state=state,
        time_zone=time_zone or rules.zone_of_state(state),
    )
    found_with(session, actor, user, organization)
    mail.send(session, *letters.confirm(user, organization))
    return user


def give_role(
    session: Session, actor: Actor, user: User, organization: Organization, role: Role
) -> None:
    """Let a person hold a role; holding it already changes nothing."""
    require(actor, "accounts.give_role", organization)
    rules.check_role(organization.kind, role)
    _hold(session, user.id, organization, role)
    emit(
        session,
        actor,
        "accounts.role_given",
        _Owned(organization),
        role=str(role),
        user=str(user.id),
    )


def _hold(session: Session, user_id: UUID, organization: Organization, role: Role) -> None:
    query = select(Membership).where(
        Membership.user_id == user_id,
        Membership.org_id == organization.id,
        Membership.role == role,
    )
    if held := session.exec(query).one_or_none():
        held.ended_at = None
        return
    session.add(Membership(user_id=user_id, org_id=organization.id, role=role, since=clock.now()))


def pass_role(
    session: Session, actor: Actor, org_id: UUID, role: Role, to_org_id: UUID
) -> list[User]:
    """A role goes from all who hold it here to the administrators of another organization, at
    once: who belongs to that one keeps it, and open invitations to the role are void."""
    organization = queries.get_organization(session, org_id, lock=True)
    require(actor, "accounts.pass_role", organization)
    takers = queries.people_with_role(session, to_org_id, Role.ADMINISTRATOR)
    if not takers:
        raise RuleBroken("That organization has no administrator who could take this over.")
    for membership in queries.memberships_with_role(session, org_id, role):
        if not queries.belongs(session, membership.user_id, to_org_id):
            membership.ended_at = clock.now()
            facts = {"role": str(role), "user": str(membership.user_id)}
            emit(session, actor, "accounts.role_removed", membership, **facts)
    for invitation in queries.waiting_invitations(session, org_id, clock.now()):
        if invitation.role == role:
            invitation.withdrawn_at = clock.now()
    for taker in takers:
        give_role(session, actor, taker, organization, role)
    return takers


def found_with(session: Session, actor: Actor, user: User, organization: Organization) -> None:
    """The person who founds an organization holds its first roles and acts for it."""
    require(actor, "accounts.found_organization", organization.kind)
    for role in FOUNDER_ROLES[organization.kind]:
        _hold(session, user.id, organization, role)
    user.acting_for = user.acting_for or organization.id


def affiliate(session: Session, actor: Actor, org_id: UUID, circle_id: UUID) -> None:
    """From now on the organization reads the circle's rows (a member joins its consortium)."""
    require(actor, "accounts.affiliate")
    session.merge(Affiliation(org_id=org_id, circle_id=circle_id))


def part(session: Session, actor: Actor, org_id: UUID, circle_id: UUID) -> None:
    """The organization leaves the circle and reads its rows no more."""
    require(actor, "accounts.affiliate")
    query = select(Affiliation).where(
        Affiliation.org_id == org_id, Affiliation.circle_id == circle_id
    )
    if tie := session.exec(query).one_or_none():
        session.delete(tie)
