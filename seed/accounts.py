"""The people and organizations of the demonstration world, and the accounts to try it with."""

from flask import current_app
from sqlmodel import Session

from marketplace.accounts import people_service, queries, service
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import (
    DEMO_ACCOUNTS,
    DEMO_PASSWORD,
    FOUNDER_ROLES,
    OrganizationKind,
    Role,
    zone_of_state,
)
from marketplace.core.access import Actor
from marketplace.directory import service as directory_service
from seed import roster
from seed.diary import FIRST_DAY, Diary
from seed.people import name_of
from seed.roster import DATA, DEMO_DISTRICT, Agency, Place
from seed.vendors import VENDORS, Vendor

FUNDERS = (
    ("Sycamore Hollow Foundation", "Columbus", "OH", "funder@demo.test"),
    ("Prairie Lantern Fund", "Lincoln", "NE", "officer@prairie-lantern-fund.demo.test"),
)
#: Whoever holds one of these starts at the consortium's own pages.
LEADING = (Role.CONVENER, Role.FISCAL_AGENT)
#: Data stewards of these member districts read listings for the others.
REVIEWERS = {"reviewer@demo.test": "3622260", "second-reviewer@demo.test": "3626850"}


def are_here(session: Session) -> bool:
    """Whether the world was built already: it is there whole or not at all."""
    return queries.user_by_email(session, "operator@demo.test") is not None


def introduction() -> list[str]:
    longest = max(map(len, DEMO_ACCOUNTS))
    return [
        "Sign in as one of these; the password of each is " + DEMO_PASSWORD,
        *(f"  {email:<{longest}}  {words}" for email, words in DEMO_ACCOUNTS.items()),
    ]


def plan(diary: Diary) -> None:
    diary.later(diary.at(FIRST_DAY), open_the_site)
    diary.later(diary.at(FIRST_DAY, 30), bring_agencies_and_funders)
    for number, vendor in enumerate(VENDORS):
        diary.later(diary.at(FIRST_DAY + number, 60), bring_vendor, vendor, number)
    for number, place in enumerate(roster.everybody()):
        diary.later(
            diary.at(FIRST_DAY + 2 + number // 14, 7 * number), bring_district, place, number
        )
    diary.later(diary.at(FIRST_DAY + 14), bring_colleagues)


def open_the_site(diary: Diary) -> None:
    directory_service.import_file(diary.session, Actor.system(), DATA / "districts.csv")
    site = _found(diary, OrganizationKind.OPERATOR, str(current_app.config["SITE_NAME"]))
    diary.actors["operator"] = _join(diary, site, "operator@demo.test", name_of(901), Role.OPERATOR)
    second = "second-operator@demo.test"
    diary.actors["second-operator"] = _join(diary, site, second, name_of(902), Role.OPERATOR)


def bring_agencies_and_funders(diary: Diary) -> None:
    for number, agency in enumerate(roster.agencies().values(), 910):
        _bring_agency(diary, agency, number)
    for number, (name, city, state, email) in enumerate(FUNDERS, 920):
        funder = _found(diary, OrganizationKind.FUNDER, name, city=city, state=state)
        diary.actors[email] = _join(diary, funder, email, name_of(number))


def _bring_agency(diary: Diary, agency: Agency, number: int) -> None:
    found = _found(
        diary,
        OrganizationKind.SERVICE_AGENCY,
        agency.name,
        city=agency.city,
        state=agency.state,
        time_zone=agency.time_zone,
    )
    diary.organizations[f"agency:{agency.region}"] = found
    leads_the_demo = agency.region == roster.TWIN_TIERS
    email = "lead@demo.test" if leads_the_demo else f"coordinator@{found.slug}.demo.test"
    diary.actors[f"lead:{agency.region}"] = _join(diary, found, email, name_of(number))
    if leads_the_demo:
        diary.actors["agent"] = _join(diary, found, "agent@demo.test", name_of(930), Role.VIEWER)


def bring_vendor(diary: Diary, vendor: Vendor, number: int) -> None:
    found = _found(
        diary, OrganizationKind.VENDOR, vendor.name, city=vendor.city, state=vendor.state
    )
    diary.organizations[f"vendor:{vendor.key}"] = found
    owner = f"owner@{found.slug}.demo.test" if number else "vendor@demo.test"
    diary.actors[f"vendor:{vendor.key}"] = _join(diary, found, owner, name_of(940 + number))
    books = f"billing@{found.slug}.demo.test"
    diary.actors[f"billing:{vendor.key}"] = _join(
        diary, found, books, name_of(950 + number), Role.FINANCE
    )


def bring_district(diary: Diary, place: Place, number: int) -> None:
    found = _found(
        diary,
        OrganizationKind.DISTRICT,
        place.name,
        leaid=place.leaid,
        city=place.city,
        state=place.state,
    )
    diary.organizations[place.leaid] = found
    office = f"office@{place.leaid}.demo.test"
    diary.actors[place.leaid] = _join(diary, found, office, name_of(number))
    diary.contacts[place.leaid] = name_of(number), office


def bring_colleagues(diary: Diary) -> None:
    """The other demo accounts of the demo district, and the reviewers."""
    home = diary.organizations[DEMO_DISTRICT]
    diary.actors["buyer"] = _join(diary, home, "buyer@demo.test", name_of(960), Role.BUYER)
    diary.contacts[DEMO_DISTRICT] = name_of(960), "buyer@demo.test"
    diary.actors["approver"] = _join(diary, home, "approver@demo.test", name_of(961), Role.APPROVER)
    for number, (email, leaid) in enumerate(REVIEWERS.items(), 962):
        district = diary.organizations[leaid]
        diary.actors[email] = _join(diary, district, email, name_of(number), Role.DATA_STEWARD)


def give_role(diary: Diary, key: str, organization: Organization, role: Role) -> None:
    """Somebody who is here already takes on a role elsewhere."""
    actor = diary.actors[key]
    user = queries.get_user(diary.session, actor.user_id)
    service.give_role(diary.session, Actor.system(), user, organization, role)
    diary.actors[key] = _with(actor, organization, role)
    if organization.kind is OrganizationKind.CONSORTIUM and role in LEADING:
        people_service.act_for(diary.session, diary.actors[key], organization.id)


# -- steps shared by all of them -------------------------------------------------------------


def _found(
    diary: Diary,
    kind: OrganizationKind,
    name: str,
    *,
    leaid: str | None = None,
    city: str | None = None,
    state: str | None = None,
    time_zone: str | None = None,
) -> Organization:
    return service.found_organization(
        diary.session,
        Actor.system(),
        kind=kind,
        name=name,
        leaid=leaid,
        city=city,
        state=state,
        time_zone=time_zone or zone_of_state(state),
    )


def _join(diary: Diary, organization: Organization, email: str, name: str, *roles: Role) -> Actor:
    """A person with a confirmed address and these roles; without roles, the founder."""
    user = service.add_person(
        diary.session, Actor.system(), name=name, email=email, password=password_of(email)
    )
    service.confirm_person(diary.session, Actor.system(), user)
    actor = Actor(
        user_id=user.id,
        org_id=organization.id,
        org_kind=organization.kind.value,
        leaid=organization.leaid,
    )
    for role in roles:
        service.give_role(diary.session, Actor.system(), user, organization, role)
    if not roles:
        service.found_with(diary.session, Actor.system(), user, organization)
    for role in roles or FOUNDER_ROLES[organization.kind]:
        actor = _with(actor, organization, role)
    return actor


def password_of(email: str) -> str | None:
    """Only demo accounts can sign in, and not where the site is run for real."""
    known = email in DEMO_ACCOUNTS and current_app.config["MODE"] != "production"
    return DEMO_PASSWORD if known else None


def _with(actor: Actor, organization: Organization, role: Role) -> Actor:
    held = actor.roles | {(str(role), organization.id)}
    return Actor(actor.user_id, actor.org_id, actor.org_kind, actor.leaid, held, actor.circles)
