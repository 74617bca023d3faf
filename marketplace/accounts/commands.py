"""The first account of a new site: nobody can be invited before somebody is there."""

from typing import Any

import click

from marketplace.accounts import queries, service
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core import db, tenancy
from marketplace.core.access import Actor
from marketplace.core.commands import open_app


@click.command()
@click.argument("email")
@click.option("--name", prompt="Name", help="The person's name.")
@click.password_option(help="At least 15 characters; asked for when it is left out.")
def operator(email: str, name: str, password: str) -> None:
    """Let a person run this site: publish listings, see waiting work."""
    app = open_app()
    actor = Actor.system()
    with app.app_context(), tenancy.everyone("a new site's first account"), db.transaction() as s:
        user = service.add_person(s, actor, name=name, email=email, password=password)
        service.confirm_person(s, actor, user)
        site = _the_site(s, actor, app.config["SITE_NAME"])
        service.give_role(s, actor, user, site, Role.OPERATOR)
        user.acting_for = site.id
    click.echo(f"{name} signs in at {app.config['PUBLIC_URL']}/sign-in as {email}.")


def _the_site(session: Any, actor: Actor, name: str) -> Organization:
    known = queries.organizations_of_kind(session, OrganizationKind.OPERATOR)
    if known:
        return known[0]
    return service.found_organization(session, actor, kind=OrganizationKind.OPERATOR, name=name)


COMMANDS = (operator,)
