"""The week ahead by letter: what needs a district, and what changed in its consortia."""

from datetime import date, timedelta

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as accounts_service
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import LetterKind, Role
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.home import agenda_queries, digest_queries, letters, rules
from marketplace.home.models import Digest
from marketplace.outreach import queries as outreach

READERS = (Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER)
#: In one run; the next one is a minute later.
AT_ONCE = 50
NEWS = 20


def write_weeks_ahead(session: Session, actor: Actor) -> int:
    """Write each district's week ahead once; answers how many letters that were.

    A district is locked while it is written to, so two workers never write twice.
    """
    require(actor, "home.write_weeks_ahead")
    now, letters = clock.now(), 0
    for zone in digest_queries.zones(session):
        week = rules.week_to_write(now, zone)
        if week is None or letters >= AT_ONCE:
            continue
        for district in digest_queries.waiting(session, zone, week, AT_ONCE):
            letters += _write(session, district, week)
    return letters


def _write(session: Session, district: Organization, week: date) -> int:
    now, today = clock.now(), clock.today(district.time_zone)
    found = agenda_queries.agenda(session, district, today, now)
    since = now - timedelta(days=7)
    circles = [org.id for _, org in found.memberships]
    news = outreach.public_news(session, circles, limit=NEWS, since=since)
    readers = []
    if found.tasks or news:
        people = accounts.letter_readers(session, [district.id], READERS, LetterKind.DIGEST)
        readers = people.get(district.id, [])
    for reader in readers:
        accounts_service.send_stoppable(
            session,
            reader,
            LetterKind.DIGEST,
            *letters.week_ahead(district, found.tasks, news, today),
        )
    session.add(Digest(org_id=district.id, week=week, letters=len(readers), written_at=now))
    session.flush()
    return len(readers)
