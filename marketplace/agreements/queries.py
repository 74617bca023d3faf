"""What may be asked about agreements, their products and the districts that joined them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from marketplace.accounts.models import Organization
from marketplace.agreements import rules
from marketplace.agreements.join_rules import Offer
from marketplace.agreements.models import Agreement, AgreementClause, AgreementProduct, Join
from marketplace.agreements.rules import AgreementState
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Edition, Tool
from marketplace.catalogue.rules import fold
from marketplace.core import clock
from marketplace.core.errors import NotFound
from marketplace.scorecards import queries as scorecards


def today() -> date:
    """A last day counts until it has ended everywhere in the country."""
    return clock.today("Pacific/Honolulu")


def get_agreement(session: Session, agreement_id: UUID, *, lock: bool = False) -> Agreement:
    query = select(Agreement).where(Agreement.id == agreement_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such agreement.")
    return found


def filed_with(session: Session, org_id: UUID, once_key: str) -> Agreement | None:
    """What the same form filed before."""
    query = select(Agreement).where(Agreement.org_id == org_id, Agreement.once_key == once_key)
    return session.exec(query).one_or_none()


def agreement_state(agreement: Agreement) -> AgreementState:
    """The state of an agreement today."""
    return rules.state_of(
        offer_present=agreement.offer_present,
        offer_until=agreement.offer_until,
        ends_on=agreement.ends_on,
        is_withdrawn=agreement.withdrawn_at is not None,
        is_superseded=agreement.superseded_by is not None,
        today=today(),
    )


def join_state(join: Join) -> rules.JoinState:
    return rules.join_state(
        ends_on=join.ends_on, is_acknowledged=join.acknowledged_on is not None, today=today()
    )


def offers_listed(state: str = "", tool_id: UUID | None = None) -> Any:
    """The query behind the public list: open standing offers, the longest-lasting first."""
    query = (
        select(Agreement, Organization)
        .join(Organization, col(Organization.id) == Agreement.org_id)
        .where(
            col(Agreement.offer_present),
            col(Agreement.withdrawn_at).is_(None),
            col(Agreement.superseded_by).is_(None),
            Agreement.ends_on >= today(),
            col(Agreement.offer_until) >= today(),
        )
        .order_by(col(Agreement.ends_on).desc(), col(Agreement.id))
    )
    if state:
        query = query.where(Agreement.state == state.upper())
    if tool_id:
        named = select(AgreementProduct.agreement_id).where(AgreementProduct.tool_id == tool_id)
        query = query.where(col(Agreement.id).in_(named))
    return query


def agreements_of_district(session: Session, org_id: UUID) -> list[Agreement]:
    query = select(Agreement).where(Agreement.org_id == org_id)
    return list(session.exec(query.order_by(col(Agreement.filed_at).desc()).limit(500)))


def agreements_of_vendor(session: Session, vendor_id: UUID) -> list[Agreement]:
    query = select(Agreement).where(Agreement.vendor_id == vendor_id)
    return list(session.exec(query.order_by(col(Agreement.filed_at).desc()).limit(500)))


def products_of(
    session: Session, agreement_ids: Iterable[UUID]
) -> dict[UUID, list[AgreementProduct]]:
    """The products each agreement names, in one query."""
    wanted = set(agreement_ids)
    if not wanted:
        return {}
    query = select(AgreementProduct).where(col(AgreementProduct.agreement_id).in_(wanted))
    found: dict[UUID, list[AgreementProduct]] = {}
    for product in session.exec(query.order_by(col(AgreementProduct.id))):
        found.setdefault(product.agreement_id, []).append(product)
    return found


# -- joins -----------------------------------------------------------------------------------


def get_join(session: Session, join_id: UUID, *, lock: bool = False) -> Join:
    query = select(Join).where(Join.id == join_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such notice.")
    return found


def join_of(session: Session, agreement_id: UUID, org_id: UUID, tool_id: UUID) -> Join | None:
    query = select(Join).where(
        Join.agreement_id == agreement_id, Join.org_id == org_id, Join.tool_id == tool_id
    )
    return session.exec(query).one_or_none()


def joins_of_district(session: Session, org_id: UUID) -> list[Join]:
    query = select(Join).where(Join.org_id == org_id)
    return list(session.exec(query.order_by(col(Join.sent_on).desc(), col(Join.id)).limit(500)))


def joins_of_vendor(session: Session, vendor_id: UUID) -> list[tuple[Join, Organization]]:
    """The vendor's inbox: what waits for an answer first, then the newest."""
    query = (
        select(Join, Organization)
        .join(Organization, col(Organization.id) == Join.org_id)
        .where(Join.vendor_id == vendor_id)
        .order_by(col(Join.acknowledged_on).is_not(None), col(Join.sent_on).desc(), col(Join.id))
        .limit(500)
    )
    return [(join, district) for join, district in session.exec(query)]


def districts_joined(session: Session, agreement_id: UUID) -> list[UUID]:
    query = select(Join.org_id).where(Join.agreement_id == agreement_id).distinct()
    return sorted(session.exec(query))


def with_joined_counts(listed: Any) -> Any:
    """A list's query, with how many districts joined each agreement as a third column."""
    joined = (
        select(func.count(func.distinct(Join.org_id)))
        .where(Join.agreement_id == Agreement.id)
        .correlate(Agreement)
        .scalar_subquery()
    )
    return listed.add_columns(joined)


def joined_counts(session: Session, agreement_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many districts joined each agreement."""
    query = (
        select(Join.agreement_id, func.count(func.distinct(Join.org_id)))
        .where(col(Join.agreement_id).in_(set(agreement_ids)))
        .group_by(col(Join.agreement_id))
    )
    return dict(session.exec(query).all())


def districts_covered(session: Session, tool_id: UUID) -> set[UUID]:
    """Districts with an agreement in force that names the tool: their own or a joined one."""
    own = (
        select(Agreement.org_id)
        .join(AgreementProduct, col(AgreementProduct.agreement_id) == Agreement.id)
        .where(AgreementProduct.tool_id == tool_id, Agreement.ends_on >= today())
    )
    joined = select(Join.org_id).where(Join.tool_id == tool_id, Join.ends_on >= today())
    return {*session.exec(own), *session.exec(joined)}


# -- clauses ---------------------------------------------------------------------------------


def bound_by(session: Session, agreement_id: UUID, org_id: UUID) -> Agreement | Join:
    """How a district is bound by an agreement: it filed it, or it joined it."""
    own = select(Agreement).where(Agreement.id == agreement_id, Agreement.org_id == org_id)
    joined = select(Join).where(Join.agreement_id == agreement_id, Join.org_id == org_id).limit(1)
    found = session.exec(own).one_or_none() or session.exec(joined).one_or_none()
    if found is None:
        raise NotFound("There is no such agreement.")
    return found


def clauses_looked_for(
    session: Session, agreement_id: UUID, org_id: UUID
) -> dict[str, AgreementClause]:
    query = select(AgreementClause).where(
        AgreementClause.agreement_id == agreement_id, AgreementClause.org_id == org_id
    )
    return {row.clause: row for row in session.exec(query)}


def clauses_in_force(
    session: Session, org_id: UUID, tool_id: UUID
) -> list[tuple[AgreementClause, Agreement]]:
    """What a district found in each agreement that binds a tool's vendor to it today: its own,
    and those it joined once the vendor has acknowledged the copy. Latest look last."""
    own = (
        select(AgreementProduct.agreement_id)
        .join(Agreement, col(Agreement.id) == AgreementProduct.agreement_id)
        .where(
            AgreementProduct.tool_id == tool_id,
            Agreement.org_id == org_id,
            col(Agreement.superseded_by).is_(None),
        )
    )
    joined = select(Join.agreement_id).where(
        Join.tool_id == tool_id,
        Join.org_id == org_id,
        Join.ends_on >= today(),
        col(Join.acknowledged_on).is_not(None),
    )
    query = (
        select(AgreementClause, Agreement)
        .join(Agreement, col(Agreement.id) == AgreementClause.agreement_id)
        .where(
            AgreementClause.org_id == org_id,
            or_(col(Agreement.id).in_(own), col(Agreement.id).in_(joined)),
            Agreement.effective_on <= today(),
            Agreement.ends_on >= today(),
        )
        .order_by(col(AgreementClause.is_there), col(AgreementClause.looked_at))
    )
    return [(clause, agreement) for clause, agreement in session.exec(query)]


# -- what the checks are made from -----------------------------------------------------------


def offer_of(agreement: Agreement, products: Iterable[AgreementProduct]) -> Offer:
    """A stored agreement as the eight checks read it."""
    withdrawn = agreement.withdrawn_at
    return Offer(
        state=agreement.state,
        effective_on=agreement.effective_on,
        ends_on=agreement.ends_on,
        offer_present=agreement.offer_present,
        offer_until=agreement.offer_until,
        products=frozenset(
            (str(p.tool_id), str(p.edition_id) if p.edition_id else None) for p in products
        ),
        data_elements=frozenset(agreement.data_elements),
        modifications=agreement.modifications,
        ai_addendum=agreement.ai_addendum,
        withdrawn_on=withdrawn.date() if withdrawn else None,
        is_superseded=agreement.superseded_by is not None,
    )


def changes_since(
    session: Session, agreement: Agreement, tool: Tool, vendor: Organization
) -> list[str]:
    """What changed since the agreement took effect, a sentence each (check J7)."""
    changes = []
    if fold(agreement.provider) != fold(vendor.name):
        changes.append(
            f"The paper names “{agreement.provider}”, and the vendor is “{vendor.name}” here. "
            "Ask who is bound now."
        )
    for day, words in catalogue.changes_announced(session, tool.id, agreement.effective_on):
        changes.append(f"On {rules.day_words(day)} the vendor announced: {words[:160]}")
    for day, words in scorecards.card_changes_since(session, tool.id, agreement.effective_on):
        changes.append(f"On {rules.day_words(day)}: {words}")
    for day, words in scorecards.law_changes_since(
        session, tool.id, agreement.state, agreement.signed_on, today()
    ):
        changes.append(f"The law changed on {rules.day_words(day)}: {words}")
    return changes


@dataclass(frozen=True)
class Named:
    """A product of an agreement in words."""

    tool: Tool
    edition: str | None

    @property
    def words(self) -> str:
        return f"{self.tool.name}, {self.edition}" if self.edition else self.tool.name


def edition_names(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    wanted = {key for key in ids if key}
    if not wanted:
        return {}
    query = select(Edition).where(col(Edition.id).in_(wanted))
    return {edition.id: edition.name for edition in session.exec(query)}
