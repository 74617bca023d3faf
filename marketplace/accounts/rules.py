"""Organizations, roles and e-mail addresses: the words and what may be combined."""

import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.core.errors import RuleBroken

INVITATION_LASTS = timedelta(days=14)
SHORTEST_PASSWORD = 15  # NIST SP 800-63B-4: single-factor passwords of 15 or more characters


class OrganizationKind(StrEnum):
    DISTRICT = "district"
    SERVICE_AGENCY = "service_agency"
    VENDOR = "vendor"
    FUNDER = "funder"
    CONSORTIUM = "consortium"
    OPERATOR = "operator"


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    BUYER = "buyer"
    APPROVER = "approver"
    DATA_STEWARD = "data_steward"
    AI_SUPERVISOR = "ai_supervisor"
    VIEWER = "viewer"
    LISTING_EDITOR = "listing_editor"
    FINANCE = "finance"
    PROGRAMME_OFFICER = "programme_officer"
    CONVENER = "convener"
    FISCAL_AGENT = "fiscal_agent"
    VOTER = "voter"
    ALTERNATE = "alternate"
    REVIEWER = "reviewer"
    OPERATOR = "operator"


ROLES_OF: dict[OrganizationKind, tuple[Role, ...]] = {
    OrganizationKind.DISTRICT: (
        Role.ADMINISTRATOR,
        Role.BUYER,
        Role.APPROVER,
        Role.DATA_STEWARD,
        Role.AI_SUPERVISOR,
        Role.VIEWER,
    ),
    OrganizationKind.SERVICE_AGENCY: (Role.ADMINISTRATOR, Role.VIEWER),
    OrganizationKind.VENDOR: (Role.ADMINISTRATOR, Role.LISTING_EDITOR, Role.FINANCE),
    OrganizationKind.FUNDER: (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER),
    OrganizationKind.CONSORTIUM: (
        Role.CONVENER,
        Role.FISCAL_AGENT,
        Role.VOTER,
        Role.ALTERNATE,
        Role.REVIEWER,
    ),
    OrganizationKind.OPERATOR: (Role.OPERATOR,),
}
#: The roles of whoever founds an organization of each kind.
FOUNDER_ROLES: dict[OrganizationKind, tuple[Role, ...]] = {
    OrganizationKind.DISTRICT: (Role.ADMINISTRATOR, Role.BUYER),
    OrganizationKind.SERVICE_AGENCY: (Role.ADMINISTRATOR,),
    OrganizationKind.VENDOR: (Role.ADMINISTRATOR, Role.LISTING_EDITOR),
    OrganizationKind.FUNDER: (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER),
    OrganizationKind.CONSORTIUM: (Role.CONVENER,),
    OrganizationKind.OPERATOR: (Role.OPERATOR,),
}


def check_role(kind: OrganizationKind, role: Role) -> None:
    """A role is held only in the kind of organization it exists in."""
    if role not in ROLES_OF[kind]:
        raise RuleBroken("That role does not exist in this kind of organization.", "role")


def email_key(address: str) -> str:
    """One form for every spelling of an address, so that no two accounts share a mailbox.

    NFKC and case folding: `Quac\u212a@x.org` and `quack@x.org` are the same key. Letters go
    only to the address as it was stored, never to a key.
    """
    return unicodedata.normalize("NFKC", address.strip()).casefold()


def slug_of(name: str) -> str:
    """'Three Rivers ESC' -> 'three-rivers-esc'; at most 60 characters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return "-".join(words)[:60].strip("-") or "organization"


def check_invitation(accepted_at: datetime | None, expires_at: datetime, now: datetime) -> None:
    """An invitation works once, until it expires."""
    if accepted_at is not None:
        raise RuleBroken("This invitation was already used. Ask for a new one.")
    if now >= expires_at:
        raise RuleBroken("This invitation has expired. Ask for a new one.")
