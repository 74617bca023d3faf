"""From a signed-in browser to an `Actor`, and the scope its requests run in."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import flask_security
from flask import Flask, current_app, g, redirect, request, url_for
from flask import session as cookie
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError, RequestRedirect

from marketplace.accounts import queries, security
from marketplace.accounts.limit_views import reckonings, requests_for_letters
from marketplace.accounts.models import Organization, User
from marketplace.accounts.queries import Identity
from marketplace.accounts.rules import Role
from marketplace.core import clock, db, tenancy
from marketplace.core.access import NOBODY, Actor

#: The district's sign-up and the public calculator live in other features.
__all__ = ["reckonings", "requests_for_letters"]

#: Pages that make no sense just after signing in.
NOT_NEXT = {"accounts.sign_in", "accounts.sign_out", "accounts.confirm_email"}


def init_app(app: Flask) -> None:
    manager = security.init_app(app).login_manager
    manager.user_loader(load_user)
    manager.request_loader(None)
    manager.unauthorized_handler(_ask_to_sign_in)
    app.before_request(_open_scope)
    app.context_processor(_viewer)


def load_user(uniquifier: str) -> User | None:
    return queries.user_by_uniquifier(db.session(), uniquifier)


def _ask_to_sign_in() -> Any:
    """A stranger at a closed page signs in first, and then sees that page."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=wanted))


def sign_in(user: User) -> None:
    """Start a session of its own: nothing of the one before, planted or not, lives on."""
    _start_anew()
    flask_security.login_user(user, remember=False)
    wrote_now()


def sign_out() -> None:
    flask_security.logout_user()
    _start_anew()


def _start_anew() -> None:
    cookie.clear()
    g.pop("csrf_token", None)
    forget_identity()


def wrote_now() -> None:
    """Whoever has just written reads the primary for a while."""
    cookie["wrote_at"] = int(clock.now().timestamp())


def next_url(asked: str | None) -> str | None:
    """The page of ours that `next=` names, built anew from our own routes, or None.

    Nothing of what was asked for is passed on as it came, so no spelling of another
    site's address (`//evil`, `/\\evil`, tabs, credentials) can come out again.
    """
    if not asked or len(asked) > 2_000 or not asked.startswith("/") or not asked.isprintable():
        return None
    try:
        parts = urlsplit(asked)
        if parts.scheme or parts.netloc or "\\" in asked:
            return None
        endpoint, values = current_app.url_map.bind("localhost").match(parts.path, method="GET")
        built = url_for(endpoint, **values)
    except (HTTPException, RequestRedirect, BuildError, ValueError):
        return None
    if endpoint in NOT_NEXT or not built.startswith("/") or built.startswith("//"):
        return None
    query = urlencode(parse_qsl(parts.query))
    return f"{built}?{query}" if query else built


def _open_scope() -> None:
    if request.endpoint is None or "_user_id" not in cookie:
        return
    tenancy.open_scope(current_actor().scope)


def current_identity() -> Identity | None:
    """Who is signed in, read once per request."""
    if "person" not in g:  # `g.identity` belongs to Flask-Principal
        user = current_user._get_current_object() if current_user else None
        g.person = queries.identity(db.session(), user) if isinstance(user, User) else None
    identity: Identity | None = g.person
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
        "consortium": _desk_of(organization),
        "service_agency": "/account",
        "operator": "/admin/",
    }[organization.kind]


def _desk_of(consortium: Organization) -> str:
    """The convener's console, the fiscal agent's money page, everybody else's public page."""
    identity = current_identity()
    held = identity.roles if identity else frozenset()
    if (Role.CONVENER, consortium.id) in held:
        return f"/c/{consortium.slug}/"
    if (Role.FISCAL_AGENT, consortium.id) in held:
        return f"/c/{consortium.slug}/money"
    return f"/consortia/{consortium.slug}"


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
    for name in ("person", "actor", "_login_user"):
        g.pop(name, None)


def actor_for(session: Any, user: User, org_id: UUID | None = None) -> Actor:
    """The actor a person is, in tests, seeds and jobs."""
    identity = queries.identity(session, user)
    chosen = org_id or user.acting_for
    organization = identity.organizations.get(chosen) if chosen else None
    return actor_of(identity, organization or next(iter(identity.organizations.values()), None))
