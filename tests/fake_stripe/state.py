"""What the service remembers, and how its objects move: intents, charges, balance, events."""

import copy
import itertools
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHAPES = json.loads(Path(__file__).with_name("shapes.json").read_text())
DAY = 86_400
#: Business days that a bank payment takes; here every day is one.
BANK_DAYS = 4
DISPUTE_FEE = 1_500
API_VERSION = "2026-10-28.endive"


class Refused(Exception):
    """An error as Stripe answers it."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "error": {"type": kind, "message": message, "code": code, "param": param},
        }


def bank_fee(cents: int) -> int:
    """ACH debit: 0.8 %, at most $5 (stripe.com/pricing)."""
    return min((cents * 8 + 500) // 1000, 500)


def card_fee(cents: int) -> int:
    """Cards: 2.9 % and 30 cents."""
    return (cents * 29 + 500) // 1000 + 30


class State:
    """All objects by id. Every public method is one step, done under one lock."""

    def __init__(
        self, now: Callable[[], float] = time.time, *, path: Path | None = None, tag: str = ""
    ) -> None:
        self.lock = threading.RLock()
        self.ahead, self._now, self.path, self.tag = 0, now, path, tag
        self.objects: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.due: list[dict[str, Any]] = []
        self.answers: dict[str, Any] = {}
        self.numbers = itertools.count(1)
        self.heard: list[Callable[[dict[str, Any]], None]] = []
        if path and path.exists():
            self._load(json.loads(path.read_text()))

    # -- keeping -----------------------------------------------------------------------------

    def _load(self, kept: dict[str, Any]) -> None:
        for name in ("ahead", "objects", "events", "due", "answers"):
            setattr(self, name, kept[name])
        self.numbers = itertools.count(kept["number"])

    def save(self) -> None:
        if self.path is None:
            return
        with self.lock:
            number = next(self.numbers)
            kept = {
                n: getattr(self, n) for n in ("ahead", "objects", "events", "due", "answers")
            } | {"number": number}
            draft = self.path.with_suffix(".new")
            draft.write_text(json.dumps(kept))
            draft.replace(self.path)

    # -- small parts -------------------------------------------------------------------------

    def now(self) -> int:
        return int(self._now()) + self.ahead

    def id(self, prefix: str) -> str:
        return f"{prefix}_{self.tag}{next(self.numbers):08}"

    def make(self, kind: str, prefix: str, **facts: Any) -> dict[str, Any]:
        made = copy.deepcopy(SHAPES[kind]) | {"id": self.id(prefix), "created": self.now()} | facts
        if "livemode" in made:
            made["livemode"] = False
        unknown = set(made) - set(SHAPES[kind])
        assert not unknown, f"{kind} has no {unknown}"
        self.objects[made["id"]] = made
        return made

    def get(self, kind: str, id_: str) -> dict[str, Any]:
        found = self.objects.get(id_)
        if found is None or found["object"] != kind:
            raise Refused(
                f"No such {kind}: '{id_}'", status=404, code="resource_missing", param="id"
            )
        return found

    def emit(self, kind: str, about: dict[str, Any], account: str | None = None) -> dict[str, Any]:
        event = copy.deepcopy(SHAPES["event"]) | {
            "id": self.id("evt"),
            "created": self.now(),
            "livemode": False,
            "api_version": API_VERSION,
            "type": kind,
            "data": {"object": copy.deepcopy(about)},
            "pending_webhooks": 1,
        }
        if account:
            event["account"] = account
        self.events.append(event)
        for hear in self.heard:
            hear(event)
        return event

    def entry(self, kind: str, cents: int, fee: int, source: str) -> dict[str, Any]:
        return self.make(
            "balance_transaction",
            "txn",
            amount=cents,
            fee=fee,
            net=cents - fee,
            currency="usd",
            source=source,
            type=kind,
            description=None,
            reporting_category=kind,
            available_on=self.now() + 2 * DAY,
            status="pending",
        )

    def balance_cents(self) -> int:
        entries = [o for o in self.objects.values() if o["object"] == "balance_transaction"]
        return sum(entry["net"] for entry in entries)

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [o for o in self.objects.values() if o["object"] == kind]

    # -- the clock ---------------------------------------------------------------------------

    def pass_time(self, seconds: int) -> None:
        with self.lock:
            self.ahead += seconds
            self.tick()

    def tick(self) -> None:
        """Do what has fallen due by now."""
        with self.lock:
            now = self.now()
            ready = [step for step in self.due if step["at"] <= now]
            self.due = [step for step in self.due if step["at"] > now]
            for step in ready:
                getattr(self, step["do"])(*step["with"])
            for session in self.all("checkout.session"):
                if session["status"] == "open" and session["expires_at"] <= now:
                    self.expire(session["id"])
            if ready:
                self.save()

    def later(self, seconds: int, do: str, *args: Any) -> None:
        self.due.append({"at": self.now() + seconds, "do": do, "with": list(args)})

    # -- paying ------------------------------------------------------------------------------

    def intent(self, **facts: Any) -> dict[str, Any]:
        made = self.make("payment_intent", "pi", status="requires_payment_method", **facts)
        made["client_secret"] = f"{made['id']}_secret_x"
        return made

    def charge(self, intent: dict[str, Any], kind: str, status: str) -> dict[str, Any]:
        made = self.make(
            "charge",
            "py" if kind == "us_bank_account" else "ch",
            amount=intent["amount"],
            amount_captured=intent["amount"] if status == "succeeded" else 0,
            captured=status == "succeeded",
            currency=intent["currency"],
            metadata=intent["metadata"],
            paid=status == "succeeded",
            payment_intent=intent["id"],
            payment_method_details={"type": kind},
            status=status,
        )
        intent["latest_charge"] = made["id"]
        return made

    def _succeed(self, intent: dict[str, Any], charge: dict[str, Any]) -> None:
        is_bank = charge["payment_method_details"]["type"] == "us_bank_account"
        cents = intent["amount"]
        fee = bank_fee(cents) if is_bank else card_fee(cents)
        entry = self.entry("payment" if is_bank else "charge", cents, fee, charge["id"])
        charge |= {
            "status": "succeeded",
            "paid": True,
            "captured": True,
            "amount_captured": cents,
            "balance_transaction": entry["id"],
        }
        intent |= {"status": "succeeded", "amount_received": cents, "processing": None}
        self.emit("charge.succeeded", charge)
        self.emit("payment_intent.succeeded", intent)

    def _fail(self, intent: dict[str, Any], charge: dict[str, Any], code: str, why: str) -> None:
        charge |= {"status": "failed", "failure_code": code, "failure_message": why, "paid": False}
        kind = charge["payment_method_details"]["type"]
        intent |= {
            "status": "requires_payment_method",
            "processing": None,
            "last_payment_error": {
                "type": "card_error" if kind == "card" else "invalid_request_error",
                "code": code,
                "message": why,
                "charge": charge["id"],
            },
        }
        self.emit("charge.failed", charge)
        self.emit("payment_intent.payment_failed", intent)

    def confirm(self, intent: dict[str, Any], kind: str, *, works: bool) -> None:
        """Pay an intent by card, which answers at once, or by bank, which takes days."""
        if kind == "card":
            charge = self.charge(intent, kind, "pending")
            if works:
                self._succeed(intent, charge)
            else:
                self._fail(intent, charge, "card_declined", "Your card was declined.")
            return
        charge = self.charge(intent, kind, "pending")
        intent |= {"status": "processing", "last_payment_error": None}
        self.emit("payment_intent.processing", intent)
        self.emit("charge.pending", charge)
        self.later(BANK_DAYS * DAY, "settle" if works else "bounce", intent["id"], charge["id"])

    def settle(self, intent_id: str, charge_id: str) -> None:
        intent, charge = self.objects[intent_id], self.objects[charge_id]
        self._succeed(intent, charge)
        self._tell_session(intent, "checkout.session.async_payment_succeeded", "paid")

    def bounce(self, intent_id: str, charge_id: str) -> None:
        intent, charge = self.objects[intent_id], self.objects[charge_id]
        why = "The customer's account has insufficient funds to cover this payment."
        self._fail(intent, charge, "insufficient_funds", why)
        self._tell_session(intent, "checkout.session.async_payment_failed", "unpaid")

    def _tell_session(self, intent: dict[str, Any], kind: str, paid: str) -> None:
        for session in self.all("checkout.session"):
            if session["payment_intent"] == intent["id"]:
                session["payment_status"] = paid
                self.emit(kind, self.seen(session))

    # -- checkout ----------------------------------------------------------------------------

    def complete(self, session_id: str, how: str) -> dict[str, Any]:
        """The customer pays on the hosted page: `works` or `fails`, by what the session offers."""
        with self.lock:
            session = self.get("checkout.session", session_id)
            if session["status"] != "open":
                raise Refused("This Checkout Session is no longer open.", code="session_not_open")
            kind = session["payment_method_types"][0]
            intent = self.objects.get(session["payment_intent"] or "") or self.intent(
                amount=session["amount_total"],
                currency=session["currency"],
                payment_method_types=session["payment_method_types"],
                metadata=session.get("_intent_metadata") or {},
                **{"transfer_group": None},
            )
            session["payment_intent"] = intent["id"]
            self.confirm(intent, kind, works=how == "works")
            if kind == "card" and how != "works":
                self.save()
                return session  # it stays open: another card may work
            session["status"] = "complete"
            session["payment_status"] = "paid" if kind == "card" else "unpaid"
            self.emit("checkout.session.completed", self.seen(session))
            self.save()
            return session

    def seen(self, session: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in session.items() if not k.startswith("_")}

    def expire(self, session_id: str) -> dict[str, Any]:
        with self.lock:
            session = self.get("checkout.session", session_id)
            if session["status"] != "open":
                raise Refused(
                    'Only Checkout Sessions with a status in ["open"] can be expired. This '
                    f"Checkout Session has a status of {session['status']}."
                )
            session |= {"status": "expired", "url": None}
            self.emit("checkout.session.expired", self.seen(session))
            return session

    # -- money that goes back ----------------------------------------------------------------

    def refund(self, charge_id: str, cents: int, **facts: Any) -> dict[str, Any]:
        with self.lock:
            charge = self.get("charge", charge_id)
            left = charge["amount_captured"] - charge["amount_refunded"]
            if charge["status"] != "succeeded" or not 0 < cents <= left:
                raise Refused(
                    f"Refund amount (${cents / 100:.2f}) is greater than unrefunded amount on "
                    f"charge (${left / 100:.2f})",
                    param="amount",
                )
            is_bank = charge["payment_method_details"]["type"] == "us_bank_account"
            made = self.make(
                "refund",
                "pyr" if is_bank else "re",
                amount=cents,
                charge=charge_id,
                payment_intent=charge["payment_intent"],
                currency=charge["currency"],
                status="pending" if is_bank else "succeeded",
                **facts,
            )
            entry = self.entry("payment_refund" if is_bank else "refund", -cents, 0, made["id"])
            made["balance_transaction"] = entry["id"]
            charge["amount_refunded"] += cents
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            self.emit("refund.created", made)
            self.emit("charge.refunded", charge)
            if is_bank:
                self.later(BANK_DAYS * DAY, "refund_arrives", made["id"])
            self.save()
            return made

    def refund_arrives(self, refund_id: str) -> None:
        refund = self.objects[refund_id]
        if refund["status"] == "pending":
            refund["status"] = "succeeded"
            self.emit("refund.updated", refund)

    def fail_refund(self, refund_id: str) -> None:
        with self.lock:
            refund = self.get("refund", refund_id)
            refund |= {"status": "failed"}
            self.objects[refund["charge"]]["amount_refunded"] -= refund["amount"]
            self.entry("refund_failure", refund["amount"], 0, refund_id)
            self.emit("refund.updated", refund)
            self.emit("refund.failed", refund)

    def dispute(self, charge_id: str, reason: str = "general") -> dict[str, Any]:
        with self.lock:
            charge = self.get("charge", charge_id)
            made = self.make(
                "dispute",
                "dp",
                amount=charge["amount"] - charge["amount_refunded"],
                charge=charge_id,
                payment_intent=charge["payment_intent"],
                currency=charge["currency"],
                reason=reason,
                status="needs_response",
                is_charge_refundable=False,
            )
            charge["disputed"] = True
            entry = self.entry("adjustment", -made["amount"], DISPUTE_FEE, made["id"])
            made["balance_transactions"] = [entry]
            self.emit("charge.dispute.created", made)
            self.emit("charge.dispute.funds_withdrawn", made)
            self.save()
            return made

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        with self.lock:
            made = self.get("dispute", dispute_id)
            if made["status"] in ("won", "lost"):
                raise Refused("This dispute is already closed.")
            made["status"] = "won" if won else "lost"
            if won:
                entry = self.entry("adjustment", made["amount"], -DISPUTE_FEE, dispute_id)
                made["balance_transactions"] = [*made["balance_transactions"], entry]
            self.emit("charge.dispute.closed", made)
            if won:
                self.emit("charge.dispute.funds_reinstated", made)
            self.save()

    # -- accounts and transfers --------------------------------------------------------------

    def finish_account(self, account_id: str) -> None:
        with self.lock:
            account = self.get("account", account_id)
            account |= {
                "details_submitted": True,
                "charges_enabled": True,
                "payouts_enabled": True,
                "capabilities": {"transfers": "active"},
            }
            self.emit("account.updated", account, account_id)
            self.save()

    def transfer(self, cents: int, destination: str, **facts: Any) -> dict[str, Any]:
        with self.lock:
            account = self.get("account", destination)
            if (account["capabilities"] or {}).get("transfers") != "active":
                raise Refused(
                    "Your destination account needs to have at least one of the following "
                    "capabilities enabled: transfers",
                    code="insufficient_capabilities_for_transfer",
                )
            if cents > self.balance_cents():
                raise Refused(
                    "You have insufficient available funds in your Stripe account.",
                    code="balance_insufficient",
                )
            made = self.make(
                "transfer",
                "tr",
                amount=cents,
                currency="usd",
                destination=destination,
                balance_transaction=None,
                **facts,
            )
            made["balance_transaction"] = self.entry("transfer", -cents, 0, made["id"])["id"]
            self.emit("transfer.created", made)
            self.save()
            return made

    def reverse_transfer(self, transfer_id: str, cents: int, **facts: Any) -> dict[str, Any]:
        with self.lock:
            transfer = self.get("transfer", transfer_id)
            if cents > transfer["amount"] - transfer["amount_reversed"]:
                raise Refused("Reversal amount is greater than unreversed amount.", param="amount")
            made = self.make(
                "transfer_reversal", "trr", amount=cents, transfer=transfer_id, **facts
            )
            made["balance_transaction"] = self.entry("transfer_refund", cents, 0, made["id"])["id"]
            transfer["amount_reversed"] += cents
            transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
            self.emit("transfer.reversed", transfer)
            self.save()
            return made
