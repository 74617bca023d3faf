"""Colleagues: inviting them, letting them in, taking roles back, and whom one acts for."""

import secrets
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import letters, queries, rules, service
from marketplace.accounts.models import Invitation, Organization, User
from marketplace.accounts.rules import GIVES_ROLES, INVITATION_LASTS, Role
from marketplace.core import clock, mail
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotAllowed, NotFound, RuleBroken
from marketplace.core.events import emit


def act_for(session: Session, actor: Actor, org_id: UUID) -> Organization:
    """From now on the person acts for this organization of theirs."""
    if all(org_id != held_in for _, held_in in actor.roles):
        raise NotFound("There is no such organization.")
    organization = queries.get_organization(session, org_id)
    require(actor, "accounts.act_for", organization)
    queries.get_user(session, actor.user_id, lock=True).acting_for = organization.id
    return organization


def invite(session: Session, actor: Actor, org_id: UUID, *, email: str, role: Role) -> Invitation:
    """Ask somebody in by letter; an earlier invitation to the same role is replaced."""
    organization = queries.get_organization(session, org_id, lock=True)
    require(actor, "accounts.invite", organization)
    rules.check_role(organization.kind, role)
    email = email.strip()
    rules.check_email(email)
    known = queries.user_by_email(session, email)
    if known and queries.holds(session, known.id, org_id, role):
        raise RuleBroken("This person holds that role already.", "email")
    waiting = queries.waiting_invitations(session, org_id, clock.now())
    for earlier in waiting:
        if earlier.role == role and rules.email_key(earlier.email) == rules.email_key(email):
            earlier.withdrawn_at = clock.now()
    if len(waiting) >= rules.INVITATIONS_WAITING:
        raise RuleBroken("Many invitations are still open. Withdraw some of them first.")
    if not queries.mailbox_is_quiet(session, email, clock.now()):
        raise RuleBroken("This address had several letters just now. Try again in an hour.")
    inviter = queries.get_user(session, actor.user_id)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        org_id=org_id,
        email=email,
        role=role,
        token_hash=queries.token_hash(token),
        invited_by=inviter.id,
        invited_at=clock.now(),
        expires_at=clock.now() + INVITATION_LASTS,
    )
    session.add(invitation)
    session.flush()
    mail.send(session, *letters.invitation(invitation, organization, inviter.name, token))
    emit(session, actor, "accounts.person_invited", invitation, role=str(role))
    return invitation


def withdraw_invitation(session: Session, actor: Actor, org_id: UUID, invitation_id: UUID) -> None:
    organization = queries.get_organization(session, org_id)
    require(actor, "accounts.withdraw_invitation", organization)
    invitation = queries.get_invitation(session, org_id, invitation_id)
    if invitation.accepted_at is not None:
        raise RuleBroken("This person has joined in the meantime. Remove the role instead.")
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = clock.now()
        emit(session, actor, "accounts.invitation_withdrawn", invitation)


def accept_invitation(
    session: Session,
    actor: Actor,
    token: str,
    *,
    name: str | None = None,
    password: str | None = None,
) -> User:
    """Join by the secret of a letter: as who is signed in, or as a new person.

    The letter reached the invited mailbox, so a new person's address is proved by it. Whoever
    has an account signs in first; a different account is turned away.
    """
    require(actor, "accounts.accept_invitation")
    invitation = queries.invitation_by_token(session, token, lock=True)
    rules.check_invitation(
        invitation.accepted_at, invitation.withdrawn_at, invitation.expires_at, clock.now()
    )
    user = _who_joins(session, actor, invitation, name, password)
    organization = queries.get_organization(session, invitation.org_id)
    service.give_role(session, Actor.system(), user, organization, invitation.role)
    user.acting_for = organization.id
    invitation.accepted_at, invitation.accepted_by = clock.now(), user.id
    emit(session, actor, "accounts.invitation_accepted", invitation, role=str(invitation.role))
    return user


def _who_joins(
    session: Session, actor: Actor, invitation: Invitation, name: str | None, password: str | None
) -> User:
    known = queries.user_by_email(session, invitation.email, lock=True)
    if actor.user_id is not None:
        if known is None or known.id != actor.user_id:
            raise NotAllowed(
                f"This invitation is for {rules.masked(invitation.email)}. "
                f"Sign out, then open the link again."
            )
        return known
    if known is not None:
        raise RuleBroken("There is an account with this address. Sign in to accept.")
    if not name or not name.strip():
        raise RuleBroken("Enter your name.", "name")
    user = service.add_person(
        session, actor, name=name, email=invitation.email, password=password or ""
    )
    service.confirm_person(session, Actor.system(), user)
    return user


def remove_role(session: Session, actor: Actor, org_id: UUID, membership_id: UUID) -> None:
    """Take a role back, at once. The organization is locked, so two cannot remove each other."""
    organization = queries.get_organization(session, org_id, lock=True)
    require(actor, "accounts.remove_role", organization)
    membership = queries.get_membership(session, org_id, membership_id)
    rules.check_removal(membership.role, queries.holders(session, org_id, *GIVES_ROLES))
    membership.ended_at = clock.now()
    facts = {"role": str(membership.role), "user": str(membership.user_id)}
    emit(session, actor, "accounts.role_removed", membership, **facts)
