"""Listings from a file: uploaded, looked at, then begun or filled in as drafts."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.catalogue import imports, listing_queries, queries, questions, service
from marketplace.catalogue.listing_models import ListingImport
from marketplace.catalogue.listing_service import answer_questions
from marketplace.catalogue.rules import fold
from marketplace.catalogue.spreadsheets import Table
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit


def start_import(session: Session, actor: Actor, *, name: str, table: Table) -> ListingImport:
    """Keep what was read from a file until its owner has looked at it."""
    vendor = accounts.get_organization(session, actor.home)
    require(actor, "catalogue.start_import", vendor)
    header, rows = table
    begun = ListingImport(
        org_id=vendor.id, name=name, header=header, rows=rows, uploaded_at=clock.now()
    )
    session.add(begun)
    session.flush()
    emit(session, actor, "catalogue.import_started", begun, rows=len(rows))
    return begun


def run_import(
    session: Session,
    actor: Actor,
    import_id: UUID,
    *,
    columns: Mapping[int, str],
    only_good: bool = False,
) -> ListingImport:
    """Make drafts of the rows, all or (only when asked) the good ones; doing it twice does it
    once. A row that names a listing of the vendor fills in its answers."""
    wanted = listing_queries.own_import(session, import_id, lock=True)
    require(actor, "catalogue.run_import", wanted)
    if wanted.done_at:
        return wanted
    imports.check_columns(columns)
    listed = {fold(tool.name): tool for tool in queries.listings_of(session, wanted.org_id)}
    rows = imports.examine(
        wanted.header, wanted.rows, columns, questions.load(), listing_queries.today(), listed
    )
    good = [row for row in rows if row.is_good]
    if len(good) < len(rows) and not only_good:
        raise RuleBroken("Some rows have problems. Mend the file, or import only the good rows.")
    if not good:
        raise RuleBroken("No row is good. Mend the file and bring it again.")
    for row in good:
        tool = listed.get(fold(row.answers["name"]))
        if tool is None:
            tool = service.start_listing(
                session, actor, name=row.answers["name"], summary=row.answers["summary"]
            )
            wanted.added += 1
        else:
            wanted.changed += 1
        answer_questions(session, actor, tool.id, row.answers)
    wanted.left_out = len(rows) - len(good)
    wanted.done_at = clock.now()
    emit(
        session, actor, "catalogue.import_done", wanted, added=wanted.added, changed=wanted.changed
    )
    return wanted
