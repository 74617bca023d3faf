"""File an executed agreement, join a standing offer, acknowledge a join, withdraw an offer.

Nothing here drafts, fills in or signs a form: what is stored was signed elsewhere.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.agreements import join_rules, queries, rules
from marketplace.agreements.join_rules import Check, Wish
from marketplace.agreements.models import Agreement, AgreementProduct, Join
from marketplace.agreements.rules import Family
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import AIUse
from marketplace.core import clock, files, tenancy
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.core.uploads import CheckedFile
from marketplace.scorecards import queries as scorecards

PUBLIC = "a standing offer is open to the districts of its state"


@dataclass(frozen=True)
class Paper:
    """What the signed agreement says. `products` are (tool, edition or None)."""

    family: Family
    version: str
    state: str
    provider: str
    products: frozenset[tuple[UUID, UUID | None]]
    data_elements: frozenset[str]
    signed_on: date
    effective_on: date
    ends_on: date
    offer_present: bool
    district_signer: str
    vendor_signer: str
    ai_addendum: bool = False
    offer_until: date | None = None
    offer_conditions: str = ""
    modifications: str = ""
    registry_url: str = ""


def file_agreement(
    session: Session,
    actor: Actor,
    vendor_id: UUID,
    paper: Paper,
    file: CheckedFile,
    *,
    once_key: str,
    replaces: UUID | None = None,
) -> Agreement:
    """Keep a signed agreement of the actor's district; the same form again files nothing."""
    district = accounts.get_organization(session, actor.home)
    require(actor, "agreements.file_agreement", district)
    if earlier := queries.filed_with(session, actor.home, once_key):
        return earlier
    rules.check_can_file(
        state=paper.state,
        signed_on=paper.signed_on,
        effective_on=paper.effective_on,
        ends_on=paper.ends_on,
        offer_present=paper.offer_present,
        offer_until=paper.offer_until,
        products=paper.products,
        data_elements=paper.data_elements,
        today=clock.today(district.time_zone),
    )
    _check_products(session, vendor_id, paper.products)
    replaced = _replaced(session, actor, vendor_id, replaces)
    stored = files.store(session, actor, actor.home, file)
    session.flush()
    said = {name: getattr(paper, name) for name in PAPER_COLUMNS}
    agreement = Agreement(
        org_id=actor.home,
        vendor_id=vendor_id,
        data_elements=_in_order(paper.data_elements),
        file_id=stored.id,
        fingerprint=file.fingerprint,
        once_key=once_key,
        filed_at=clock.now(),
        filed_by=actor.person,
        **said,
    )
    try:
        with session.begin_nested():
            session.add(agreement)
    except IntegrityError:  # the same form, twice at once
        raise RuleBroken("This form was sent twice. The agreement is on file already.") from None
    session.add_all(
        AgreementProduct(
            org_id=actor.home,
            agreement_id=agreement.id,
            vendor_id=vendor_id,
            tool_id=tool,
            edition_id=edition,
        )
        for tool, edition in sorted(paper.products, key=str)
    )
    if replaced:
        replaced.superseded_by = agreement.id
    session.flush()
    emit(session, actor, "agreements.filed", agreement, vendor=str(vendor_id))
    return agreement


#: What a paper and the row that keeps it have in common.
PAPER_COLUMNS = tuple(
    name for name in Paper.__dataclass_fields__ if name not in ("products", "data_elements")
)


def _check_products(
    session: Session, vendor_id: UUID, products: Collection[tuple[UUID, UUID | None]]
) -> None:
    tools = catalogue.tools_by_id(session, {tool for tool, _ in products})
    for tool_id, edition_id in products:
        tool = tools.get(tool_id)
        if tool is None or tool.org_id != vendor_id:
            raise RuleBroken("One of the products is not of this vendor.", "products")
        if edition_id and edition_id not in {
            edition.id for edition in catalogue.editions_of(session, tool_id)
        }:
            raise RuleBroken("One of the editions is no longer listed.", "products")


def _replaced(
    session: Session, actor: Actor, vendor_id: UUID, replaces: UUID | None
) -> Agreement | None:
    if replaces is None:
        return None
    older = queries.get_agreement(session, replaces, lock=True)
    if older.org_id != actor.home or older.vendor_id != vendor_id:
        raise NotFound("There is no such agreement.")
    if older.superseded_by is not None:
        raise RuleBroken("A newer agreement already took its place.", "replaces")
    return older


def _in_order(data_elements: Collection[str]) -> list[str]:
    return [key for key in rules.DATA_ELEMENTS if key in data_elements]


def withdraw_offer(session: Session, actor: Actor, agreement_id: UUID, reason: str) -> Agreement:
    """The vendor, or the district that filed it, says that nobody may join any more.

    Who has joined stays joined; they are told.
    """
    with tenancy.everyone("the vendor of an agreement may end its standing offer"):
        agreement = queries.get_agreement(session, agreement_id, lock=True)
        require(actor, "agreements.withdraw_offer", agreement)
        rules.check_can_withdraw(queries.agreement_state(agreement), reason)
        agreement.withdrawn_at = clock.now()
        agreement.withdrawn_by, agreement.withdrawn_because = actor.org_id, reason.strip()
        session.flush()
    emit(session, actor, "agreements.offer_withdrawn", agreement)
    return agreement


# -- joining ---------------------------------------------------------------------------------


def checks_of(
    session: Session,
    actor: Actor,
    agreement: Agreement,
    tool: Tool,
    *,
    edition_id: UUID | None,
    data_elements: Collection[str],
    until: date | None = None,
) -> tuple[Check, ...]:
    """The eight checks for the actor's district, as things stand today."""
    require(actor, "agreements.can_we_join", agreement)
    district = accounts.get_organization(session, actor.home)
    vendor = accounts.get_organization(session, agreement.vendor_id)
    with tenancy.everyone(PUBLIC):
        products = queries.products_of(session, [agreement.id]).get(agreement.id, [])
        changes = queries.changes_since(session, agreement, tool, vendor)
    wish = Wish(
        state=district.state or "",
        tool=str(tool.id),
        edition=str(edition_id) if edition_id else None,
        data_elements=frozenset(data_elements),
        uses_ai=tool.ai_use is not AIUse.NONE,
        until=until,
    )
    offer = queries.offer_of(agreement, products)
    looked_on = scorecards.law_changes().as_of
    return join_rules.join_checks(offer, wish, changes, queries.today(), law_as_of=looked_on)


@dataclass(frozen=True)
class SentCopy:
    """What a district says about the copy that it signed itself and sent."""

    signer: str
    signed_on: date
    sent_on: date
    sent_to: str


def record_join(
    session: Session,
    actor: Actor,
    agreement_id: UUID,
    tool_id: UUID,
    copy: SentCopy,
    file: CheckedFile,
    *,
    edition_id: UUID | None,
    data_elements: Collection[str],
    until: date | None = None,
) -> Join:
    """Keep that the actor's district signed its own copy and sent it to the vendor.

    The agreement's row is locked, so an offer is joined before it is withdrawn or not at all.
    """
    with tenancy.everyone(PUBLIC):
        agreement = queries.get_agreement(session, agreement_id, lock=True)
        require(actor, "agreements.record_join", agreement)
        district = accounts.get_organization(session, actor.home)
        tool = catalogue.tool_by_id(session, tool_id)
    if earlier := queries.join_of(session, agreement.id, actor.home, tool.id):
        if earlier.fingerprint == file.fingerprint:
            return earlier  # the same form, sent twice
        on = rules.day_words(earlier.sent_on)
        raise RuleBroken(f"Your district sent its copy on {on} already.")
    if agreement.org_id == actor.home:
        raise RuleBroken("This is your district’s own agreement. It needs no joining.")
    rules.check_known_elements(data_elements)
    checks = checks_of(
        session,
        actor,
        agreement,
        tool,
        edition_id=edition_id,
        data_elements=data_elements,
        until=until,
    )
    join_rules.check_may_join(checks)
    rules.check_can_send(
        agreement_signed_on=agreement.signed_on,
        signed_on=copy.signed_on,
        sent_on=copy.sent_on,
        today=clock.today(district.time_zone),
    )
    stored = files.store(session, actor, actor.home, file)
    session.flush()
    join = Join(
        org_id=actor.home,
        agreement_id=agreement.id,
        vendor_id=agreement.vendor_id,
        tool_id=tool.id,
        edition_id=edition_id,
        data_elements=_in_order(data_elements),
        checks=[{"code": c.code, "passed": c.passed, "reason": c.reason} for c in checks],
        sent_by=actor.person,
        recorded_at=clock.now(),
        file_id=stored.id,
        fingerprint=file.fingerprint,
        ends_on=agreement.ends_on,
        **asdict(copy),
    )
    session.add(join)
    session.flush()
    emit(session, actor, "agreements.join_sent", join, vendor=str(agreement.vendor_id))
    return join


def acknowledge_join(
    session: Session, actor: Actor, join_id: UUID, *, name: str, acknowledged_on: date
) -> Join:
    """The vendor says that it has the district's signed copy; again changes nothing."""
    with tenancy.everyone("the vendor answers a notice that a district owns"):
        join = queries.get_join(session, join_id, lock=True)
        require(actor, "agreements.acknowledge_join", join)
        if join.acknowledged_on is not None:
            return join
        vendor = accounts.get_organization(session, join.vendor_id)
        rules.check_can_acknowledge(
            sent_on=join.sent_on,
            acknowledged_on=acknowledged_on,
            today=clock.today(vendor.time_zone),
        )
        join.acknowledged_on, join.acknowledged_name = acknowledged_on, name.strip()
        join.acknowledged_by, join.acknowledged_at = actor.person, clock.now()
        session.flush()
    emit(session, actor, "agreements.join_acknowledged", join, vendor=str(join.vendor_id))
    return join
