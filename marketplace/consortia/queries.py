"""What others may ask about consortia, their members and their papers."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization, User
from marketplace.accounts.rules import OrganizationKind
from marketplace.consortia import rules
from marketplace.consortia.models import ByLaws, Consortium, FoundingDraft, Instrument, Member
from marketplace.consortia.rules import InstrumentScope, MemberStatus, NamesPublic, Refusal
from marketplace.core.access import Actor, can
from marketplace.core.errors import NotFound
from marketplace.core.tenancy import in_scope
from marketplace.directory import queries as directory

# -- consortia -------------------------------------------------------------------------------


def consortium_by_slug(session: Session, slug: str) -> tuple[Organization, Consortium]:
    """A consortium and its organization; outside one's scope it does not exist."""
    query = (
        select(Organization, Consortium)
        .join(Consortium, col(Consortium.org_id) == Organization.id)
        .where(Organization.slug == slug)
    )
    found = session.exec(query).first()
    if found is None:
        raise NotFound("There is no such consortium.")
    return found[0], found[1]


def consortium_of(session: Session, org_id: UUID, *, lock: bool = False) -> Consortium:
    """The founding facts of the consortium that is this organization."""
    query = select(Consortium).where(Consortium.org_id == org_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("There is no such consortium.")
    return found


def founding_draft(
    session: Session, org_id: UUID, user_id: UUID, *, lock: bool = False
) -> FoundingDraft | None:
    """The answers a person has given so far to found a consortium for an organization."""
    query = select(FoundingDraft).where(
        FoundingDraft.org_id == org_id, FoundingDraft.user_id == user_id
    )
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def consortia_listed(words: str = "", state: str = "") -> Any:
    """The query behind the public list: name and founding facts, by name."""
    query = (
        select(Organization, Consortium)
        .join(Consortium, col(Consortium.org_id) == Organization.id)
        .order_by(col(Organization.name), col(Organization.id))
    )
    for word in words.split()[:8]:
        like = f"%{word.lower()}%"
        query = query.where(
            or_(
                func.lower(Organization.name).like(like),
                func.lower(Consortium.purpose).like(like),
                func.lower(Organization.city).like(like),
            )
        )
    if state:
        query = query.where(Organization.state == state.upper())
    return query


def led_by(session: Session, org_id: UUID) -> list[tuple[Organization, Consortium]]:
    """The consortia whose lead agency this organization is, by name."""
    query = (
        select(Organization, Consortium)
        .join(Consortium, col(Consortium.org_id) == Organization.id)
        .where(Consortium.lead_agency_id == org_id)
        .order_by(col(Organization.name))
    )
    return [(org, consortium) for org, consortium in session.exec(query)]


def member_counts(session: Session, org_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many active members each consortium has."""
    query = (
        select(Member.org_id, func.count())
        .where(col(Member.org_id).in_(org_ids), Member.status == MemberStatus.ACTIVE)
        .group_by(col(Member.org_id))
    )
    return dict(session.exec(query).all())


# -- members ---------------------------------------------------------------------------------


def member(
    session: Session, org_id: UUID, district_id: UUID, *, lock: bool = False
) -> Member | None:
    """What a district is to a consortium, if anything."""
    query = select(Member).where(Member.org_id == org_id, Member.district_id == district_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).one_or_none()


def get_member(session: Session, org_id: UUID, district_id: UUID, *, lock: bool = False) -> Member:
    found = member(session, org_id, district_id, lock=lock)
    if found is None:
        raise NotFound("There is no such member.")
    return found


def active_members(session: Session, org_id: UUID) -> list[Member]:
    query = (
        select(Member)
        .where(Member.org_id == org_id, Member.status == MemberStatus.ACTIVE)
        .order_by(col(Member.active_since), col(Member.id))
    )
    return list(session.exec(query))


def members_listed(org_id: UUID, *statuses: MemberStatus) -> Any:
    """The query behind lists of members: member and district, by name."""
    query = (
        select(Member, Organization)
        .join(Organization, col(Organization.id) == Member.district_id)
        .where(Member.org_id == org_id)
        .order_by(col(Organization.name), col(Organization.id))
    )
    return query.where(col(Member.status).in_(statuses)) if statuses else query


def members_in_scope(org_id: UUID) -> Any:
    """`members_listed` for the lead's own desk, where the list is counted as a subquery."""
    return members_listed(org_id).where(in_scope(Member))


def waiting_for_an_answer(session: Session, org_id: UUID) -> list[tuple[Member, Organization]]:
    """Districts that asked to join and were not answered, the longest wait first."""
    query = (
        select(Member, Organization)
        .join(Organization, col(Organization.id) == Member.district_id)
        .where(
            Member.org_id == org_id,
            Member.status == MemberStatus.REQUESTED,
            col(Member.approved_at).is_(None),
        )
        .order_by(col(Member.asked_at), col(Member.id))
        .limit(20)
    )
    return [(found, org) for found, org in session.exec(query)]


def memberships_of(session: Session, district_id: UUID) -> list[tuple[Member, Organization]]:
    """Every consortium a district belongs to, is invited to or has asked to join."""
    query = (
        select(Member, Organization)
        .join(Organization, col(Organization.id) == Member.org_id)
        .where(Member.district_id == district_id, Member.status != MemberStatus.ENDED)
        .order_by(col(Organization.name))
    )
    return [(found, org) for found, org in session.exec(query)]


def newcomer(session: Session, org_id: UUID, district_id: UUID) -> dict[str, Any]:
    """What the by-laws may ask of a district that wants to join: its state, the consortium's,
    and its pupils as far as the directory knows them."""
    orgs = accounts.organizations_by_id(session, {org_id, district_id})
    leaid = orgs[district_id].leaid or ""
    known = directory.districts_by_leaid(session, [leaid]).get(leaid)
    return {
        "state": orgs[district_id].state,
        "consortium_state": orgs[org_id].state,
        "pupils": known.pupils if known else None,
    }


def districts_called(session: Session, words: str, limit: int = 6) -> list[Organization]:
    """Districts on this site by LEAID or by a part of their name."""
    words = words.strip()
    query = select(Organization).where(Organization.kind == OrganizationKind.DISTRICT)
    if len(words) == 7 and words.isdecimal():
        query = query.where(Organization.leaid == words)
    else:
        for word in words.split()[:8]:
            query = query.where(func.lower(Organization.name).like(f"%{word.lower()}%"))
    return list(session.exec(query.order_by(col(Organization.name)).limit(limit)))


# -- by-laws ---------------------------------------------------------------------------------


def by_laws_in_force(session: Session, org_id: UUID) -> ByLaws:
    """The version of the by-laws in force; its `choices` are what the members decided."""
    query = (
        select(ByLaws)
        .join(Consortium, col(Consortium.org_id) == ByLaws.org_id)
        .where(ByLaws.org_id == org_id, ByLaws.version == Consortium.by_laws_version)
    )
    return _by_laws(session.exec(query).one_or_none())


def sees_names(session: Session, actor: Actor, consortium: Consortium) -> bool:
    """May this reader learn which districts are members and in a pool? Anybody, or, where the
    by-laws in force say so, members and their lead agency only."""
    if can(actor, "consortia.see_names", consortium):
        return True
    choices = by_laws_in_force(session, consortium.org_id).choices
    return choices.names is NamesPublic.EVERYBODY


def by_laws_version(session: Session, org_id: UUID, version: int) -> ByLaws:
    """One version that is or was in force; a pool that froze it still finds it."""
    query = select(ByLaws).where(
        ByLaws.org_id == org_id, ByLaws.version == version, col(ByLaws.adopted_at).is_not(None)
    )
    return _by_laws(session.exec(query).one_or_none())


def _by_laws(found: ByLaws | None) -> ByLaws:
    if found is None:
        raise NotFound("There is no such version of the by-laws.")
    return found


def by_laws_versions(session: Session, org_id: UUID) -> list[ByLaws]:
    """Every version that is or was in force, the newest first."""
    query = (
        select(ByLaws)
        .where(ByLaws.org_id == org_id, col(ByLaws.adopted_at).is_not(None))
        .order_by(col(ByLaws.version).desc())
    )
    return list(session.exec(query))


def by_laws_draft(session: Session, org_id: UUID, *, lock: bool = False) -> ByLaws | None:
    """The next version while it is written or voted on."""
    query = select(ByLaws).where(ByLaws.org_id == org_id, col(ByLaws.adopted_at).is_(None))
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def members_to_accept(session: Session, org_id: UUID) -> list[tuple[Member, Organization]]:
    """Active members who have not accepted the last major change, by name."""
    query = (
        members_listed(org_id, MemberStatus.ACTIVE)
        .join(Consortium, col(Consortium.org_id) == Member.org_id)
        .where(
            or_(
                col(Member.accepted_by_laws_version).is_(None),
                col(Member.accepted_by_laws_version) < Consortium.accept_from_version,
            )
        )
    )
    return [(found, org) for found, org in session.exec(query)]


def member_accepts_in_force(session: Session, org_id: UUID, district_id: UUID) -> bool:
    """Has the district accepted the by-laws in force, or a version that only minor changes
    separate from it? False for who is no member."""
    query = (
        select(Member.accepted_by_laws_version, Consortium.accept_from_version)
        .join(Consortium, col(Consortium.org_id) == Member.org_id)
        .where(Member.org_id == org_id, Member.district_id == district_id)
    )
    found = session.exec(query).one_or_none()
    return found is not None and rules.accepts(*found)


def why_not_commit(
    session: Session,
    org_id: UUID,
    district_id: UUID,
    *,
    today: date,
    starts_on: date,
    ends_on: date,
    buys: InstrumentScope = InstrumentScope.AI_TOOLS,
) -> Refusal | None:
    """May this district commit now to a term from `starts_on` to `ends_on`? None when it may;
    else the first thing missing, whose sentence is `rules.REFUSAL_WORDS[...]`.

    It must be an active member, accept the by-laws in force, and have a paper signed by
    `today`, in force for the whole term, whose scope covers what is bought.
    """
    found = member(session, org_id, district_id)
    active = found is not None and found.status is MemberStatus.ACTIVE
    papers = session.exec(
        _covering(today, ends_on, starts_on)
        .with_only_columns(col(Instrument.covers))
        .where(Instrument.org_id == org_id, Instrument.district_id == district_id)
    )
    return rules.why_not_commit(
        is_active=active,
        accepts_by_laws=active and member_accepts_in_force(session, org_id, district_id),
        papers=papers,
        buys=buys,
    )


# -- instruments -----------------------------------------------------------------------------


def instruments_of(session: Session, member_id: UUID) -> list[Instrument]:
    """The papers of one member, newest first."""
    query = (
        select(Instrument)
        .where(Instrument.member_id == member_id)
        .order_by(col(Instrument.filed_at).desc(), col(Instrument.id))
    )
    return list(session.exec(query))


def get_instrument(session: Session, instrument_id: UUID, *, lock: bool = False) -> Instrument:
    query = select(Instrument).where(Instrument.id == instrument_id)
    found = session.exec(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NotFound("There is no such document.")
    return found


def instrument_in_force(
    session: Session,
    org_id: UUID,
    district_id: UUID,
    signed_by: date,
    until: date,
    since: date | None = None,
    buys: InstrumentScope = InstrumentScope.AI_TOOLS,
) -> Instrument | None:
    """The paper signed by `signed_by` that runs (from `since`) until `until` and covers what is
    bought; the longest one."""
    query = (
        _covering(signed_by, until, since, buys)
        .where(Instrument.org_id == org_id, Instrument.district_id == district_id)
        .order_by(col(Instrument.ends_on).desc(), col(Instrument.signed_on), col(Instrument.id))
    )
    return session.exec(query).first()


def districts_with_instrument(
    session: Session,
    org_id: UUID,
    signed_by: date,
    until: date,
    since: date | None = None,
    as_of: datetime | None = None,
) -> set[UUID]:
    """Active members whose paper covers the whole time, in one query.

    `as_of` asks about a moment in the past: who has left since was a member then, and a paper
    filed since was not there yet.
    """
    member = col(Member.status) == MemberStatus.ACTIVE
    query = (
        _covering(signed_by, until, since)
        .with_only_columns(col(Instrument.district_id))
        .join(Member, col(Member.id) == Instrument.member_id)
        .where(Instrument.org_id == org_id)
        .distinct()
    )
    if as_of is not None:
        member = or_(member, col(Member.ended_at) > as_of)
        query = query.where(Instrument.filed_at <= as_of)
    return set(session.exec(query.where(member)).all())


def instruments_in_force(
    session: Session,
    org_id: UUID,
    signed_by: date,
    until: date,
    *,
    buys: InstrumentScope = InstrumentScope.AI_TOOLS,
) -> dict[UUID, Instrument]:
    """`instrument_in_force` for every district of a consortium, in one query; by the same rule
    as `why_not_commit` a paper whose scope does not cover what is bought is none."""
    query = (
        _covering(signed_by, until, None, buys)
        .where(Instrument.org_id == org_id)
        .order_by(
            col(Instrument.ends_on), col(Instrument.signed_on).desc(), col(Instrument.id).desc()
        )
    )
    return {paper.district_id: paper for paper in session.exec(query)}


def _covering(
    signed_by: date, until: date, since: date | None, buys: InstrumentScope | None = None
) -> Any:
    """`rules.covers`, asked of the database; and whose scope covers what is bought."""
    query = select(Instrument).where(Instrument.signed_on <= signed_by, Instrument.ends_on >= until)
    if buys is not None:
        scopes = [scope for scope in InstrumentScope if buys in rules.COVERED[scope]]
        query = query.where(col(Instrument.covers).in_(scopes))
    return query.where(Instrument.starts_on <= since) if since else query


def latest_instruments(session: Session, org_id: UUID) -> dict[UUID, Instrument]:
    """For each district the paper that runs longest, for the lead's overview."""
    query = select(Instrument).where(Instrument.org_id == org_id).order_by(col(Instrument.ends_on))
    return {paper.district_id: paper for paper in session.exec(query)}


def due_to_begin(session: Session, today: date) -> list[Member]:
    """Members who wait only for the first day of their instrument."""
    query = (
        select(Member)
        .join(Consortium, col(Consortium.org_id) == Member.org_id)
        .join(Instrument, col(Instrument.member_id) == Member.id)
        .where(
            col(Member.status).in_((MemberStatus.INVITED, MemberStatus.REQUESTED)),
            col(Member.approved_at).is_not(None),
            col(Member.accepted_by_laws_version) >= Consortium.accept_from_version,
            Instrument.starts_on <= today,
            Instrument.ends_on >= today,
        )
        .distinct()
        .limit(500)
    )
    return list(session.exec(query))


def papers_ending(session: Session, today: date) -> list[Instrument]:
    """The last papers of active members that end within half a year and may need a reminder.

    A paper that a longer one follows needs none.
    """
    later = aliased(Instrument)
    follows = (
        select(later.id)
        .where(
            later.member_id == Instrument.member_id,
            later.ends_on > Instrument.ends_on,
        )
        .exists()
    )
    query = (
        select(Instrument)
        .join(Member, col(Member.id) == Instrument.member_id)
        .where(
            Member.status == MemberStatus.ACTIVE,
            Instrument.ends_on >= today,
            Instrument.ends_on <= today + timedelta(days=max(rules.REMIND_DAYS)),
            Instrument.reminded_days > min(rules.REMIND_DAYS),
            ~follows,
        )
        .order_by(col(Instrument.ends_on), col(Instrument.id))
        .limit(500)
    )
    return list(session.exec(query))


def terms_ending(session: Session, today: date) -> list[UUID]:
    """Consortia whose term ends within half a year and that may need a warning."""
    query = (
        select(Consortium.org_id)
        .where(
            Consortium.status != rules.ConsortiumStatus.DISSOLVED,
            col(Consortium.runs_until) >= today,
            col(Consortium.runs_until) <= today + timedelta(days=max(rules.REMIND_DAYS)),
            or_(
                col(Consortium.term_reminded_days).is_(None),
                col(Consortium.term_reminded_days) > min(rules.REMIND_DAYS),
            ),
        )
        .order_by(col(Consortium.runs_until), col(Consortium.id))
        .limit(500)
    )
    return list(session.exec(query))


def leaving_by(session: Session, today: date) -> list[Member]:
    """Members whose notice has run out: their last day was before today."""
    query = select(Member).where(
        Member.status == MemberStatus.ACTIVE,
        col(Member.leaves_on).is_not(None),
        col(Member.leaves_on) < today,
    )
    return list(session.exec(query))


def people(session: Session, ids: Collection[UUID]) -> list[User]:
    """The active people with these ids, by name."""
    query = select(User).where(col(User.id).in_(ids), col(User.active)).order_by(col(User.name))
    return list(session.exec(query)) if ids else []


def person(session: Session, user_id: UUID) -> User:
    return session.exec(select(User).where(User.id == user_id)).one()
