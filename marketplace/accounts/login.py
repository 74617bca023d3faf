"""From a signed-in browser to an `Actor`, and the scope its requests run in."""

from typing import Any
from uuid import UUID

from flask import Flask, g, request
from flask import session as cookie
from flask_login import LoginManager, current_user
from sqlmodel import select

from marketplace.accounts import queries
from marketplace.accounts.models import Organization, User
from marketplace.accounts.queries import Identity
from marketplace.core import clock, db, tenancy
from marketplace.core.access import NOBODY, Actor

#: A reader on a replica sees its own writes: it reads the primary this long after one.
PIN_SECONDS = 5


def init_app(app: Flask) -> None:
    manager = LoginManager(app)
    manager.login_view = "accounts.sign_in"
    manager.user_loader(load_user)
    app.before_request(_open_scope)
    app.teardown_request(lambda _error: tenancy.close_scope())
    app.context_processor(_viewer)


def load_user(uniquifier: str) -> User | None:
    query = select(User).where(User.fs_uniquifier == uniquifier, User.active)
    return db.session().exec(query).one_or_none()


def _open_scope() -> None:
    if request.endpoint is None or "_user_id" not in cookie:
        return
    if clock.now().timestamp() - cookie.get("wrote_at", 0) < PIN_SECONDS:
        db.read_own_writes()
    tenancy.open_scope(current_actor().scope)


def current_identity() -> Identity | None:
    """Who is signed in, read once per request."""
    if "identity" not in g:
        user = current_user._get_current_object() if current_user else None
        g.identity = queries.identity(db.session(), user) if isinstance(user, User) else None
    identity: Identity | None = g.identity
    return identity


def current_organization() -> Organization | None:
    """The organization acted for: as chosen last, else the first one joined."""
    identity = current_identity()
    if identity is None:
        return None
    chosen = identity.acting_for
    if chosen in identity.organizations:
        return identity.organizations[chosen]
    return next(iter(identity.organizations.values()), None)


def current_actor() -> Actor:
    if "actor" not in g:
        identity = current_identity()
        g.actor = actor_of(identity, current_organization()) if identity else NOBODY
    return g.actor


def actor_of(identity: Identity, organization: Organization | None) -> Actor:
    if organization is None:
        return Actor(user_id=identity.user_id, roles=identity.roles)
    return Actor(
        user_id=identity.user_id,
        org_id=organization.id,
        org_kind=str(organization.kind),
        leaid=organization.leaid,
        roles=identity.roles,
        circles=identity.circles.get(organization.id, frozenset()),
    )


def home_url(organization: Organization | None) -> str:
    """Where an organization's own pages begin."""
    if organization is None:
        return "/account"
    return {
        "district": f"/d/{organization.leaid}/",
        "vendor": f"/v/{organization.slug}/",
        "funder": f"/f/{organization.slug}/",
        "consortium": f"/c/{organization.slug}/",
        "service_agency": "/account",
        "operator": "/admin/",
    }[organization.kind]


def _viewer() -> dict[str, Any]:
    """What the header of every page shows about the person looking at it."""
    identity = current_identity() if "_user_id" in cookie else None
    if identity is None:
        return {"viewer": None}
    organization = current_organization()
    name = organization.name if organization else identity.name
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    return {
        "viewer": {
            "name": identity.name,
            "org_name": name,
            "initials": initials,
            "home_url": home_url(organization),
            "org_kind": str(organization.kind) if organization else None,
        }
    }


def forget_identity() -> None:
    """Read the signed-in person anew: roles or the organization acted for have changed."""
    for name in ("identity", "actor"):
        g.pop(name, None)


def actor_for(session: Any, user: User, org_id: UUID | None = None) -> Actor:
    """The actor a person is, in tests, seeds and jobs."""
    identity = queries.identity(session, user)
    chosen = org_id or user.acting_for
    organization = identity.organizations.get(chosen) if chosen else None
    return actor_of(identity, organization or next(iter(identity.organizations.values()), None))
