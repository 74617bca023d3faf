"""Checks every night, a signed checkpoint every day, letters about both, and long exports."""

import gzip
from collections.abc import Iterable
from datetime import date
from threading import Lock
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core import clock, db, jobs, mail, signing
from marketplace.core.access import Actor
from marketplace.core.events import Event, on
from marketplace.core.web import day, link_to
from marketplace.ledger import (
    checkpoint_queries,
    desk_queries,
    export_queries,
    exports,
    hand_queries,
    proof_rules,
    proof_service,
)
from marketplace.ledger.correction_rules import RunStatus
from marketplace.ledger.hand_rules import RECIPES, Act
from marketplace.ledger.models import CorrectionRun, ProposedEntry
from marketplace.ledger.proof_models import LedgerExport

#: Entries of one round; more wait for the next minute, so that other work is not held up.
ENTRIES_AT_ONCE = 200_000
LEAD = (Role.CONVENER, Role.FISCAL_AGENT)
DISTRICT = (Role.BUYER, Role.ADMINISTRATOR)
_checking = Lock()


@jobs.timed
def check_the_books(session: Session) -> int:
    """What is due is read in a snapshot first: the books stay open for writers meanwhile."""
    if not _checking.acquire(blocking=False):
        return 0  # another thread of this process is still at it
    try:
        found = dict(_check_what_is_due())
    finally:
        _checking.release()
    actor, host = Actor.system(), signing.site_host()
    for org_id in sorted(found):
        slug = accounts.get_organization(session, org_id).slug
        proof_service.record_check(session, actor, org_id, found[org_id])
        proof_service.publish_checkpoint(
            session,
            actor,
            org_id,
            found[org_id],
            origin=proof_rules.origin(host, slug),
            private_keys=signing.private_keys(),
        )
    return len(found)


def _check_what_is_due() -> Iterable[tuple[UUID, checkpoint_queries.Checked]]:
    left, now = ENTRIES_AT_ONCE, clock.now()
    with db.snapshot() as reader:
        for org_id, size, last in checkpoint_queries.books_by_check(reader):
            due = proof_rules.check_is_due(
                last.checked_at if last else None, last.ok if last else True, now
            )
            if due and left > 0:
                left -= size
                yield org_id, checkpoint_queries.full_check(reader, org_id)


# -- letters ---------------------------------------------------------------------------------


@on("ledger.check_failed")
def alarm_the_operator(session: Session, event: Event) -> None:
    books = accounts.get_organization(session, event.subject_id)
    check = checkpoint_queries.last_checks(session).get(books.id)
    problems = check.problems[:10] if check else []
    _write_to_operators(
        session,
        f"The books of {books.name} do not hold",
        "The nightly check found this:",
        "\n".join(f"- {problem}" for problem in problems),
        "Every public page about money says so until a check passes again. Do not post by hand. "
        "Compare with a backup: docs/running.md, “Backups”.",
        link_to("ledger.checks"),
    )


@on("ledger.check_recovered")
def give_the_all_clear(session: Session, event: Event) -> None:
    books = accounts.get_organization(session, event.subject_id)
    _write_to_operators(
        session,
        f"The books of {books.name} hold again",
        "A full check has passed. The red band is gone.",
        link_to("ledger.checks"),
    )


def _write_to_operators(session: Session, subject: str, *lines: str) -> None:
    for operator in accounts.organizations_of_kind(session, OrganizationKind.OPERATOR):
        for person in accounts.people_with_role(session, operator.id, Role.OPERATOR):
            text = "\n\n".join([f"Dear {person.name},", *lines])
            mail.send(session, person.email, subject, text + "\n")


@on("ledger.checkpoint_published")
def mail_the_checkpoint(session: Session, event: Event) -> None:
    """Copies that we cannot change: weekly to the lead and the fiscal agent, monthly to every
    district that holds a receipt. Each day's checkpoint is on the page of checks."""
    today = date.fromisoformat(event.facts["day"])
    books = accounts.get_organization(session, event.subject_id)
    checkpoint = checkpoint_queries.get_checkpoint(session, books.id, today)
    earlier = checkpoint_queries.last_day_before(session, books.id, today)
    lines = (
        f"On {day(today)} the books of {books.name} had {checkpoint.size:,} entries. Keep this "
        "letter. With it anybody can show that none of them was changed later, even by us.",
        f"Newest entry, number and hash:\n{checkpoint.size}:{checkpoint.head_hash}",
        f"Signed checkpoint:\n\n{checkpoint.note}",
        "How to check: " + link_to("ledger.books_checks", slug=books.slug),
    )
    if proof_rules.first_of_week(today, earlier):
        _write_to(session, books.id, LEAD, books, lines)
    if proof_rules.first_of_month(today, earlier):
        for member in checkpoint_queries.members_with_receipts(session, books.id):
            _write_to(session, member, DISTRICT, books, lines)


def _write_to(
    session: Session,
    org_id: UUID,
    roles: tuple[Role, ...],
    books: Organization,
    lines: tuple[str, ...],
) -> None:
    for person in accounts.people_with_role(session, org_id, *roles):
        text = "\n\n".join([f"Dear {person.name},", *lines])
        mail.send(session, person.email, f"Checkpoint of the books of {books.name}", text + "\n")


@on("ledger.entry_proposed")
def ask_for_an_approval(session: Session, event: Event) -> None:
    entry = hand_queries.get_proposed(session, event.subject_id)
    what = f"an entry by hand in the books of {{}}: “{RECIPES[Act(entry.act)].title}”"
    _ask_a_second_person(session, entry, what, "ledger.proposed_entry", entry_id=entry.id)


@on("ledger.correction_proposed")
def ask_for_an_approval_of_a_correction(session: Session, event: Event) -> None:
    run = desk_queries.get_run(session, event.subject_id)
    what = f"a correction of entry {run.seq:,} in the books of {{}}"
    _ask_a_second_person(session, run, what, "ledger.correction_run", run_id=run.id)


def _ask_a_second_person(
    session: Session,
    waiting: ProposedEntry | CorrectionRun,
    what: str,
    endpoint: str,
    **where: UUID,
) -> None:
    """Everybody else at the desk, as long as nobody has decided; the amount stays on the page."""
    if waiting.status is not RunStatus.PROPOSED:
        return
    books = accounts.get_organization(session, waiting.org_id)
    author = accounts.get_user(session, waiting.proposed_by)
    page = link_to(endpoint, slug=books.slug, **where)
    for person in accounts.people_with_role(session, books.id, *LEAD):
        if person.id != author.id:
            mail.send(
                session,
                person.email,
                f"Please look: something waits in the books of {books.name}",
                f"Dear {person.name},\n\n{author.name} proposed {what.format(books.name)}. Nothing "
                "is posted before a second person agrees. Read the reason and the lines, then "
                f"approve it or turn it down:\n\n{page}\n",
            )


# -- long exports ----------------------------------------------------------------------------


@jobs.timed
def write_exports(session: Session) -> int:
    """The next piece of the oldest export that is not ready; read before anything is locked."""
    with db.snapshot() as reader:
        export = export_queries.oldest_unfinished(reader)
        if export is not None:
            upto = min(export.done + proof_service.PIECE, export.size)
            text = _piece(reader, export, upto).encode()
    done = 0
    if export is not None:
        done = proof_service.add_piece(
            session,
            Actor.system(),
            export.id,
            after=export.done,
            upto=upto,
            content=gzip.compress(text, 6, mtime=0),
            length=len(text),
        )
    return done + proof_service.drop_old_exports(session, Actor.system())


def _piece(reader: Session, export: LedgerExport, upto: int) -> str:
    form, books = exports.Format(export.form), accounts.get_organization(reader, export.org_id)
    entries = export_queries.sealed(reader, books.id, after=export.done, upto=upto)
    cover = export_queries.cover(reader, books.id, books.name) if not export.done else None
    return "".join(exports.write(form, cover, entries))


@on("ledger.export_finished")
def tell_who_asked(session: Session, event: Event) -> None:
    export = export_queries.get_export(session, event.subject_id)
    books = accounts.get_organization(session, export.org_id)
    assert export.expires_at is not None
    for user_id in export_queries.askers(session, export.id):
        person = accounts.get_user(session, user_id)
        mail.send(
            session,
            person.email,
            f"Your file of the books of {books.name} is ready",
            f"Dear {person.name},\n\nThe file has {export.size:,} entries. It stays until "
            f"{day(export.expires_at)}:\n\n{link_to('ledger.prepared', export_id=export.id)}\n",
        )
