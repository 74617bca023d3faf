"""What a lead agency writes to its members: a reminder to some, a message to all."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as accounts_service
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import LetterKind, Role
from marketplace.consortia import queries as consortia
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.events import emit
from marketplace.outreach import letters, queries, rules
from marketplace.outreach.models import Message, MessageKind, MessageTo
from marketplace.outreach.rules import Standing
from marketplace.pools.models import Pool

READERS = (Role.ADMINISTRATOR, Role.BUYER)


def remind(
    session: Session,
    actor: Actor,
    org_id: UUID,
    *,
    pool: Pool | None,
    standing: Standing,
    district_ids: Collection[UUID],
    subject: str,
    text: str,
    once_key: str,
) -> Message:
    """One letter to each reader of the chosen districts, who must still stand where they stood.

    The same `once_key` again sends nothing and answers what was sent.
    """
    consortium = consortia.consortium_of(session, org_id, lock=True)
    require(actor, "outreach.remind", consortium)
    if sent := queries.message_of_form(session, org_id, once_key):
        return sent
    rules.check_words(subject, text)
    organization = accounts.get_organization(session, org_id)
    today = clock.today(organization.time_zone)
    lines = queries.roll(session, consortium, pool, today)
    there = {line.district.id: line.district for line in lines if line.standing is standing}
    rules.check_someone(district_ids, there)
    chosen = [there[district_id] for district_id in there if district_id in set(district_ids)]
    return _send(
        session, actor, organization, chosen, MessageKind.REMINDER,
        subject, text, once_key, standing=standing.value, pool=pool,
    )  # fmt: skip


def write_message(
    session: Session, actor: Actor, org_id: UUID, *, subject: str, text: str, once_key: str
) -> Message:
    """A letter to the readers of every active member; the same `once_key` again sends nothing."""
    consortium = consortia.consortium_of(session, org_id, lock=True)
    require(actor, "outreach.write_message", consortium)
    if sent := queries.message_of_form(session, org_id, once_key):
        return sent
    rules.check_words(subject, text)
    members = consortia.active_members(session, org_id)
    found = accounts.organizations_by_id(session, [member.district_id for member in members])
    rules.check_someone(found, found)
    organization = accounts.get_organization(session, org_id)
    chosen = sorted(found.values(), key=lambda district: (district.name, district.id))
    return _send(session, actor, organization, chosen, MessageKind.MESSAGE, subject, text, once_key)


def _send(
    session: Session,
    actor: Actor,
    organization: Organization,
    districts: Sequence[Organization],
    kind: MessageKind,
    subject: str,
    text: str,
    once_key: str,
    standing: str = "",
    pool: Pool | None = None,
) -> Message:
    message = Message(
        org_id=organization.id,
        kind=kind,
        standing=standing,
        pool_id=pool.id if pool else None,
        subject=" ".join(subject.split()),
        text=text.strip(),
        sent_at=clock.now(),
        sent_by_id=actor.person,
        once_key=once_key,
    )
    session.add(message)
    session.flush()
    letter_kind = LetterKind.REMINDERS if kind is MessageKind.REMINDER else LetterKind.MESSAGES
    people = accounts.letter_readers(
        session, [district.id for district in districts], READERS, letter_kind
    )
    sender = accounts.get_user(session, actor.person)
    for district in districts:
        readers = people.get(district.id, [])
        for reader in readers:
            accounts_service.send_stoppable(
                session, reader, letter_kind,
                f"{organization.name}: {message.subject}",
                letters.letter(message.text, sender.name, organization, district, pool),
            )  # fmt: skip
        session.add(
            MessageTo(
                org_id=organization.id,
                message_id=message.id,
                district_id=district.id,
                letters=len(readers),
            )
        )
    emit(session, actor, f"outreach.{kind.value}_sent", message, districts=len(districts))
    return message
