"""Organizations, roles and e-mail addresses: the words and what may be combined."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.accounts.letter_rules import LetterKind as LetterKind
from marketplace.accounts.states import STATES
from marketplace.core.errors import RuleBroken

INVITATION_LASTS = timedelta(days=14)
INVITATIONS_WAITING = 50
CONFIRM_WITHIN = timedelta(days=5)
RESET_WITHIN = timedelta(hours=2)
LETTERS_PER_HOUR = 3  # to one address: nobody's mailbox is flooded through our forms
SHORTEST_PASSWORD = 15  # NIST SP 800-63B-4: single-factor passwords of 15 or more characters
LONGEST_PASSWORD = 200
#: Letters and digits of passwords that are tried first and long enough to be allowed.
COMMON_PASSWORDS = frozenset(
    [
        "passwordpassword",
        "passwordpassword1",
        "password12345678",
        "thisismypassword",
        "mypasswordispassword",
        "letmeinletmein1",
        "welcomewelcome1",
        "changemechangeme",
        "adminadminadmin",
        "iloveyouiloveyou",
        "correcthorsebatterystaple",
        "qwertyuiopasdfgh",
        "qwertyuiop123456",
        "1qaz2wsx3edc4rfv",
        "123456789012345",
        "1234567890123456",
        "12345678901234567890",
        "abcdefghijklmnop",
        "abcdefghijklmnopqrstuvwxyz",
    ]
)


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
    OBSERVER = "observer"
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
        Role.OBSERVER,
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


#: Whoever holds one of these may give and take roles in that organization.
GIVES_ROLES = (Role.ADMINISTRATOR, Role.CONVENER, Role.OPERATOR)

ROLE_WORDS: dict[Role, str] = {
    Role.ADMINISTRATOR: "Administrator",
    Role.BUYER: "Buyer",
    Role.APPROVER: "Approver",
    Role.DATA_STEWARD: "Data steward",
    Role.AI_SUPERVISOR: "AI supervisor",
    Role.VIEWER: "Viewer",
    Role.LISTING_EDITOR: "Listing editor",
    Role.FINANCE: "Finance",
    Role.PROGRAMME_OFFICER: "Program officer",
    Role.CONVENER: "Convener",
    Role.FISCAL_AGENT: "Fiscal agent",
    Role.VOTER: "Voter",
    Role.ALTERNATE: "Alternate voter",
    Role.REVIEWER: "Reviewer",
    Role.OBSERVER: "Observer: reads, never votes",
    Role.OPERATOR: "Operator",
}
KIND_WORDS: dict[OrganizationKind, str] = {
    OrganizationKind.DISTRICT: "School district",
    OrganizationKind.SERVICE_AGENCY: "Service agency",
    OrganizationKind.VENDOR: "Vendor",
    OrganizationKind.FUNDER: "Funder",
    OrganizationKind.CONSORTIUM: "Consortium",
    OrganizationKind.OPERATOR: "Operator of this site",
}

#: The people of the example world, by address; shown on the sign-in page in demo mode only.
DEMO_PASSWORD = "district-commons-demo"
DEMO_ACCOUNTS: dict[str, str] = {
    "buyer@demo.test": "buys for a small district",
    "approver@demo.test": "approves for the same district",
    "lead@demo.test": "leads a consortium",
    "agent@demo.test": "keeps a consortium's money",
    "vendor@demo.test": "lists tools and takes orders",
    "reviewer@demo.test": "reviews tools",
    "second-reviewer@demo.test": "checks the first review",
    "funder@demo.test": "gives grants",
    "operator@demo.test": "runs this site",
    "second-operator@demo.test": "confirms what the first operator began",
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


def check_email(address: str) -> None:
    """One plain mailbox that letters reach: ASCII, no spaces, a dot in the domain.

    254 characters is the longest address SMTP carries (RFC 5321, erratum 1690).
    """
    local, at, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not set(address) & set(' ",;:<>()[]\\')
    whole = local and at and "@" not in local and "." in domain.strip(".")
    if not (plain and whole) or len(address) > 254 or ".." in address or domain.startswith("."):
        raise RuleBroken("Enter an e-mail address like name@district.org.", "email")


def check_password(password: str, *, told_to_all: Iterable[str], field: str = "password") -> None:
    """Length is what counts, so there are no rules about which characters (NIST SP 800-63B-4).

    Refused are a few that are tried first, one character over and over, and what anybody
    knows: `told_to_all` holds the person's address and the name of the site.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise RuleBroken(
            f"Use at least {SHORTEST_PASSWORD} characters. Four or five random words work well.",
            field,
        )
    if len(password) > LONGEST_PASSWORD:
        raise RuleBroken(f"Use at most {LONGEST_PASSWORD} characters.", field)
    bare = _bare(password)
    if bare in COMMON_PASSWORDS or len(set(bare)) < 4:
        raise RuleBroken("This password is easy to guess. Choose another one.", field)
    known = {_bare(part) for words in told_to_all for part in (words, words.partition("@")[0])}
    if bare.rstrip("0123456789") in {k.rstrip("0123456789") for k in known} - {""}:
        raise RuleBroken("Do not use your e-mail address or the name of this site.", field)


def _bare(text: str) -> str:
    """Letters and digits only, in one form: 'District-Commons' -> 'districtcommons'."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def masked(address: str) -> str:
    """'maria@maple.org' -> 'm***@maple.org': enough to know one's own, not to write to it."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def zone_of_state(state: str | None) -> str:
    """The IANA zone most of a state keeps; Central when the state is not known."""
    return STATES[state][1] if state in STATES else "America/Chicago"


def check_removal(role: Role, holders: int) -> None:
    """Somebody must stay who can give roles: `holders` counts those with this role now."""
    if role in GIVES_ROLES and holders <= 1:
        raise RuleBroken(
            f"This is the last {ROLE_WORDS[role].lower()} here. Give somebody else the role first."
        )


def slug_of(name: str) -> str:
    """'Three Rivers ESC' -> 'three-rivers-esc'; at most 60 characters."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    return "-".join(words)[:60].strip("-") or "organization"


def check_invitation(
    accepted_at: datetime | None,
    withdrawn_at: datetime | None,
    expires_at: datetime,
    now: datetime,
) -> None:
    """An invitation works once, until it expires or is withdrawn."""
    if accepted_at is not None:
        raise RuleBroken("This invitation was already used. Ask for a new one.")
    if withdrawn_at is not None:
        raise RuleBroken("This invitation was withdrawn. Ask for a new one.")
    if now >= expires_at:
        raise RuleBroken("This invitation has expired. Ask for a new one.")
