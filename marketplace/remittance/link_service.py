"""Link a line of a statement to the bills it pays, ignore it, or undo either."""

from collections.abc import Mapping
from uuid import UUID

from sqlmodel import Session

from marketplace.accounts import queries as accounts
from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.core.errors import NotFound, RuleBroken
from marketplace.core.events import emit
from marketplace.orders import queries as orders
from marketplace.orders import service as payments
from marketplace.orders.models import PendingPayment
from marketplace.remittance import matching_rules, queries
from marketplace.remittance.matching_rules import Matcher, Seen
from marketplace.remittance.models import BankLine, LineMatch
from marketplace.remittance.rules import LineState

#: Lines that are linked in one go; the rest by pressing the button again.
SURE_AT_ONCE = 200


def match_line(
    session: Session,
    actor: Actor,
    line_id: UUID,
    parts: Mapping[UUID, int],
    *,
    keep_rest: bool = False,
) -> BankLine:
    """Say which bills a line pays, and how much of it each: the parts add up to the line.

    A payment that somebody else wrote down for the same sum is confirmed by the statement.
    Otherwise one is written down, and a second person confirms it. The same parts again
    change nothing. Raises RuleBroken when the parts do not add up or a bill takes less.
    """
    line = queries.get_line(session, line_id, lock=True)
    require(actor, "remittance.match_line", line)
    matched = queries.matches_of(session, [line.id]).get(line.id, [])
    if line.state is LineState.LINKED:
        if {match.invoice_id: match.cents for match in matched} == dict(parts):
            return line
        raise RuleBroken("This line is linked already. Undo that first.")
    _check_open(line)
    matching_rules.check_parts(parts, line.cents)
    line.tries += 1
    for invoice_id, cents in sorted(parts.items()):
        pending, found_written = _payment(session, actor, line, invoice_id, cents, keep_rest)
        session.add(
            LineMatch(
                org_id=line.org_id,
                line_id=line.id,
                invoice_id=invoice_id,
                pending_id=pending.id,
                cents=cents,
                found_written=found_written,
            )
        )
    _close(session, actor, line, LineState.LINKED)
    emit(session, actor, "remittance.line_linked", line, parts=len(parts))
    return line


def _check_open(line: BankLine) -> None:
    if line.state is LineState.OUT:
        raise RuleBroken("Money went out on this line, so it pays no invoice.")
    if line.state is LineState.IGNORED:
        raise RuleBroken("This line is ignored. Undo that first.")


def _payment(
    session: Session, actor: Actor, line: BankLine, invoice_id: UUID, cents: int, keep_rest: bool
) -> tuple[PendingPayment, bool]:
    """The payment of one part, and whether it was written down before."""
    invoice = orders.get_invoice(session, invoice_id, lock=True)
    if invoice.issuer_id != line.org_id:
        raise NotFound("There is no such invoice.")  # the money came to another account
    seen = _seen(line)
    for pending in orders.payments_waiting_on(session, invoice.id):
        fits = pending.amount_cents == cents and pending.recorded_by != actor.user_id
        if fits and (not seen.check or pending.reference.lstrip("0") == seen.check):
            payments.confirm_payment(session, actor, pending.id)
            return pending, True
    pending = payments.record_payment(
        session,
        actor,
        invoice.id,
        means=matching_rules.means_of(seen),
        reference=line.check_number or line.number[:40] or f"Bank {line.key[:8]}",
        amount_cents=cents,
        paid_on=line.posted_on,
        once_key=f"bank:{line.id}:{invoice.id}:{line.tries}",
        same_check=True,
        keep_rest=keep_rest,
    )
    return pending, False


def _seen(line: BankLine) -> Seen:
    return Seen(line.cents, line.text, line.check_number)


def match_sure_lines(session: Session, actor: Actor, org_id: UUID) -> int:
    """Link every open line whose first suggestion is sure and fits exactly; how many.

    A bill is taken once: a second line for it waits for a person to look.
    """
    organization = accounts.get_organization(session, org_id)
    require(actor, "remittance.match_sure_lines", organization)
    matcher = Matcher(queries.open_bills(session, org_id).bills)
    taken: set[UUID] = set()
    done = 0
    for line in session.exec(queries.lines(org_id, LineState.OPEN)).all():
        suggested = matcher.suggest(_seen(line))
        if not suggested or not suggested[0].is_sure or _ties(suggested):
            continue
        parts = {bill.invoice_id: cents for bill, cents in suggested[0].parts}
        if taken & parts.keys():
            continue
        try:
            with session.begin_nested():
                match_line(session, actor, line.id, parts)
        except RuleBroken:
            continue  # such as a month that is closed: a person looks at it
        taken |= parts.keys()
        done += 1
        if done == SURE_AT_ONCE:
            break
    return done


def _ties(suggested: list[matching_rules.Suggestion]) -> bool:
    return len(suggested) > 1 and suggested[0].strength == suggested[1].strength


def ignore_line(session: Session, actor: Actor, line_id: UUID) -> BankLine:
    """Money that pays no invoice here: interest, a transfer between own accounts."""
    line = queries.get_line(session, line_id, lock=True)
    require(actor, "remittance.ignore_line", line)
    if line.state is LineState.IGNORED:
        return line
    if line.state is not LineState.OPEN:
        raise RuleBroken("Only a line that is still to do can be ignored.")
    _close(session, actor, line, LineState.IGNORED)
    emit(session, actor, "remittance.line_ignored", line)
    return line


def undo_line(session: Session, actor: Actor, line_id: UUID) -> BankLine:
    """Open a line again; what was written down for it and still waits is taken back.

    Raises RuleBroken once a payment of it is confirmed: that stands in the books.
    """
    line = queries.get_line(session, line_id, lock=True)
    require(actor, "remittance.undo_line", line)
    if line.state in (LineState.OPEN, LineState.OUT):
        return line
    for match in queries.matches_of(session, [line.id]).get(line.id, []):
        if match.found_written:
            raise RuleBroken(
                "This line confirmed a payment that now stands in the books. If it is wrong, "
                "ask the lead agency to propose a correction."
            )
        payments.undo_payment(session, actor, match.pending_id)
        session.delete(match)
    line.state, line.closed_at, line.closed_by = LineState.OPEN, None, None
    session.add(line)
    session.flush()
    emit(session, actor, "remittance.line_undone", line)
    return line


def _close(session: Session, actor: Actor, line: BankLine, state: LineState) -> None:
    line.state, line.closed_at, line.closed_by = state, clock.now(), actor.user_id
    session.add(line)
    session.flush()
