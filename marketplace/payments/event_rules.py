"""What Stripe's objects say, as plain values: only these fields are believed, the rest is kept.

Every reader takes the JSON of one object and raises RuleBroken when a field it needs is
missing or of another kind; nothing here asks anybody or changes anything.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from marketplace.core.errors import RuleBroken
from marketplace.payments.rules import AttemptState, BackKind, BackState

Said = Mapping[str, Any]


class EventSaid(NamedTuple):
    id: str
    kind: str
    livemode: bool
    account: str
    created: int
    about: dict[str, Any]


class PaymentSaid(NamedTuple):
    """What a session or intent says about one attempt; money in cents."""

    attempt_id: UUID | None
    session_id: str
    intent_id: str
    charge_id: str
    state: AttemptState
    cents: int
    currency: str
    problem: str


class BackSaid(NamedTuple):
    """A refund or a dispute, and which of ours it is."""

    kind: BackKind
    ours: UUID | None
    id: str
    intent_id: str
    charge_id: str
    cents: int
    currency: str
    state: BackState
    reason: str


class EntrySaid(NamedTuple):
    """One line of Stripe's balance; cents, positive came in."""

    id: str
    kind: str
    cents: int
    fee_cents: int
    source: str
    created: int


def _text(said: Said, name: str) -> str:
    value = said.get(name)
    if value is None:
        return ""
    if isinstance(value, Mapping):
        value = value.get("id")
    if not isinstance(value, str) or len(value) > 255:
        raise RuleBroken(f"{name} is not what Stripe sends")
    return value


def _cents(said: Said, name: str) -> int:
    value = said.get(name)
    if type(value) is not int or abs(value) > 10**12:
        raise RuleBroken(f"{name} is not a number of cents")
    return value


def ours(said: Said, name: str) -> UUID | None:
    """One of our ids, where we wrote it beside the object."""
    metadata = said.get("metadata")
    try:
        return UUID(str(metadata[name])) if isinstance(metadata, Mapping) else None
    except (KeyError, ValueError):
        return None


def read_event(said: Said) -> EventSaid:
    """The envelope. Raises RuleBroken when it is none."""
    data = said.get("data")
    about = data.get("object") if isinstance(data, Mapping) else None
    livemode, created = said.get("livemode"), said.get("created")
    if not isinstance(about, dict) or type(livemode) is not bool or type(created) is not int:
        raise RuleBroken("this is no event of Stripe")
    event_id, kind = _text(said, "id"), _text(said, "type")
    if not event_id.startswith("evt_") or not kind:
        raise RuleBroken("this is no event of Stripe")
    return EventSaid(event_id, kind, livemode, _text(said, "account"), created, about)


def read_session(said: Said) -> PaymentSaid:
    """A checkout session. Done and unpaid means that a bank takes its days."""
    status, paid = str(said.get("status")), str(said.get("payment_status"))
    state = {
        ("open", "unpaid"): AttemptState.OPEN,
        ("expired", "unpaid"): AttemptState.EXPIRED,
        ("complete", "unpaid"): AttemptState.PROCESSING,
        ("complete", "paid"): AttemptState.PAID,
    }.get((status, paid))
    if state is None:
        raise RuleBroken(f"a session that is {status} and {paid} is not known here")
    return PaymentSaid(
        ours(said, "attempt"),
        _text(said, "id"),
        _text(said, "payment_intent"),
        "",
        state,
        _cents(said, "amount_total"),
        _text(said, "currency"),
        "",
    )


_INTENT_STATES = {
    "processing": AttemptState.PROCESSING,
    "requires_action": AttemptState.PROCESSING,
    "succeeded": AttemptState.PAID,
    "canceled": AttemptState.EXPIRED,
}


def read_intent(said: Said) -> PaymentSaid:
    """A payment intent. A refused card leaves its page open; a bank that refuses is the end."""
    error = said.get("last_payment_error")
    problem = str(error.get("message") or "")[:300] if isinstance(error, Mapping) else ""
    kinds = said.get("payment_method_types") or []
    state = _INTENT_STATES.get(str(said.get("status")))
    if state is None:
        failed = problem and "us_bank_account" in kinds
        state = AttemptState.FAILED if failed else AttemptState.OPEN
    took = state is AttemptState.PAID
    return PaymentSaid(
        ours(said, "attempt"),
        "",
        _text(said, "id"),
        _text(said, "latest_charge"),
        state,
        _cents(said, "amount_received" if took else "amount"),
        _text(said, "currency"),
        problem,
    )


_REFUND_STATES = {
    "pending": BackState.OUT,
    "requires_action": BackState.OUT,
    "succeeded": BackState.FINAL,
    "failed": BackState.UNDONE,
    "canceled": BackState.UNDONE,
}


def read_refund(said: Said) -> BackSaid:
    state = _REFUND_STATES.get(str(said.get("status")))
    if state is None:
        raise RuleBroken(f"a refund that is {said.get('status')} is not known here")
    return BackSaid(
        BackKind.REFUND,
        ours(said, "refund"),
        _text(said, "id"),
        _text(said, "payment_intent"),
        _text(said, "charge"),
        _cents(said, "amount"),
        _text(said, "currency"),
        state,
        _text(said, "reason") or "Made at Stripe",
    )


def read_dispute(said: Said) -> BackSaid | None:
    """A dispute; None for a mere warning, which moves no money."""
    status = str(said.get("status"))
    if status.startswith("warning"):
        return None
    state = {"won": BackState.UNDONE, "lost": BackState.FINAL}.get(status, BackState.OUT)
    return BackSaid(
        BackKind.DISPUTE,
        None,
        _text(said, "id"),
        _text(said, "payment_intent"),
        _text(said, "charge"),
        _cents(said, "amount"),
        _text(said, "currency"),
        state,
        _text(said, "reason").replace("_", " "),
    )


def read_entry(said: Said) -> EntrySaid:
    return EntrySaid(
        _text(said, "id"),
        _text(said, "type"),
        _cents(said, "amount"),
        _cents(said, "fee"),
        _text(said, "source"),
        _cents(said, "created"),
    )


def is_ready(account: Said) -> bool:
    """Whether money can be sent on to a connected account."""
    can = account.get("capabilities")
    active = isinstance(can, Mapping) and can.get("transfers") == "active"
    return active and account.get("payouts_enabled") is True
