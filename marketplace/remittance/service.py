"""Read bank statements, and link their lines to the bills they pay."""

from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import Session, select

from marketplace.accounts import queries as accounts
from marketplace.core import clock, files, uploads
from marketplace.core.access import Actor, require
from marketplace.core.errors import RuleBroken
from marketplace.core.events import emit
from marketplace.remittance import ofx_rules, queries, rules
from marketplace.remittance.link_service import (
    ignore_line,
    match_line,
    match_sure_lines,
    undo_line,
)
from marketplace.remittance.models import BankAccount, BankFile, BankLine
from marketplace.remittance.rules import Column, DateOrder, FileKind, Line, LineState

__all__ = [
    "choose_columns",
    "ignore_line",
    "import_statement",
    "match_line",
    "match_sure_lines",
    "undo_line",
]
#: Rows in one statement to the database.
AT_ONCE = 500


def import_statement(
    session: Session, actor: Actor, org_id: UUID, *, account_name: str, name: str, content: bytes
) -> BankFile:
    """Keep a statement and read it, if its columns are known from an earlier one.

    The same file again is found and imports nothing; lines that another file brought are kept
    once. Raises RuleBroken at `file` or `account_name` when it cannot be read.
    """
    organization = accounts.get_organization(session, org_id)
    require(actor, "remittance.import_statement", organization)
    text = rules.decoded(content)
    kind = rules.kind_of(text)
    account = _account(session, org_id, account_name)
    kept = uploads.CheckedFile(uploads.clean_name(name, kind.value), f"text/{kind.value}", content)
    if same := queries.same_file(session, account.id, kept.fingerprint):
        return same
    statement = ofx_rules.read(text) if kind is FileKind.OFX else None
    if statement is None:
        rules.rows_of(text)  # refused now rather than on the next page
    else:
        _check_account(account, statement.account_ending)
    stored = files.store(session, actor, org_id, kept)
    session.flush()
    found = BankFile(
        org_id=org_id,
        account_id=account.id,
        file_id=stored.id,
        name=kept.name,
        kind=kind,
        fingerprint=kept.fingerprint,
        uploaded_at=clock.now(),
        uploaded_by=actor.user_id,
    )
    session.add(found)
    session.flush()
    if statement is not None:
        _keep_lines(session, found, statement.lines)
    else:
        _read_as_before(session, account, found, text)
    emit(session, actor, "remittance.statement_imported", found, new_lines=found.new_lines)
    return found


def _account(session: Session, org_id: UUID, typed: str) -> BankAccount:
    """The account of that name, made when it is new; locked, so that two files wait in turn."""
    name = " ".join(typed.split())
    if not name or len(name) > 60:
        raise RuleBroken("Give the account a name of at most 60 letters.", "account_name")
    query = select(BankAccount).where(BankAccount.org_id == org_id, BankAccount.name == name)
    account = session.exec(query.with_for_update()).one_or_none()
    if account is None:
        account = BankAccount(org_id=org_id, name=name, made_at=clock.now())
        session.add(account)
        session.flush()
    return account


def _check_account(account: BankAccount, ending: str) -> None:
    if account.ending and ending and account.ending != ending:
        raise RuleBroken(
            f"This file is of the account ending in {ending}, but “{account.name}” ends in "
            f"{account.ending}. Choose the other account.",
            "account_name",
        )
    account.ending = account.ending or ending


def _read_as_before(session: Session, account: BankAccount, found: BankFile, text: str) -> None:
    """A CSV file with the headings of the last one is read like it."""
    rows = rules.rows_of(text)
    known = account.columns
    if known is None or known["header"] != rows[0]:
        return
    columns = {Column(name): place for name, place in known["columns"].items()}
    try:
        lines = rules.lines_of_csv(rows, columns, DateOrder(known["date_order"]))
    except RuleBroken:
        return  # the bank changed something: the next page asks
    _keep_lines(session, found, lines)


def choose_columns(
    session: Session,
    actor: Actor,
    bank_file_id: UUID,
    *,
    columns: Mapping[Column, int],
    date_order: DateOrder,
) -> BankFile:
    """Say what the columns of a CSV file are; remembered for the next file of the account."""
    found = queries.get_file(session, bank_file_id, lock=True)
    require(actor, "remittance.choose_columns", found)
    if found.read_at is not None:
        return found
    account = queries.account_by_id(session, found.account_id, lock=True)
    rows = rules.rows_of(rules.decoded(files.get_file(session, found.file_id).content))
    lines = rules.lines_of_csv(rows, columns, date_order)
    account.columns = {
        "header": rows[0],
        "columns": {column.value: place for column, place in columns.items()},
        "date_order": date_order.value,
    }
    session.add(account)
    _keep_lines(session, found, lines)
    emit(session, actor, "remittance.statement_read", found, new_lines=found.new_lines)
    return found


def _keep_lines(session: Session, found: BankFile, lines: list[Line]) -> None:
    """The lines this account has not had; the caller holds the lock on the account."""
    known = queries.known_keys(session, found.account_id)
    new = [line for line in lines if line.key not in known]
    rows = [
        {
            "id": uuid4(),
            "org_id": found.org_id,
            "account_id": found.account_id,
            "bank_file_id": found.id,
            "posted_on": line.posted_on,
            "cents": line.cents,
            "text": line.text,
            "number": line.number,
            "check_number": line.check,
            "key": line.key,
            "state": LineState.OPEN if line.cents > 0 else LineState.OUT,
            "tries": 0,
        }
        for line in new
    ]
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(BankLine), rows[start : start + AT_ONCE])
    found.lines, found.new_lines, found.read_at = len(lines), len(new), clock.now()
    session.add(found)
    session.flush()
