"""The only file that speaks to Stripe; everything goes in and out as plain values.

Every call refuses to run while a transaction is open, asks at most twice, waits at most ten
seconds, and carries a key made from one of our own stored rows, so that the same again is the
same at Stripe. Refusals and silence become RuleBroken in words for the person at the screen.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Self
from uuid import UUID

import stripe
import structlog

from marketplace.core import outward
from marketplace.core.errors import NotAllowed, RuleBroken

#: What this code was written for; the SDK of another release asks for the same.
API_VERSION = "2026-10-28.endive"
SECONDS = 10
log = structlog.get_logger(__name__)


class NoAnswer(RuleBroken):
    """Stripe is away, slow or not itself; the same again may well work later."""


class Refused(RuleBroken):
    """Stripe has said no."""


class NoSuchThing(Refused):
    """Stripe does not know what was asked about."""


class Asked(NamedTuple):
    """What a session is made from: all of it is stored beforehand. Money in cents."""

    attempt_id: UUID
    lines: list[tuple[str, int]]
    is_card: bool
    email: str
    back_url: str
    cancel_url: str
    expires_at: datetime


class Gateway:
    def __init__(self, key: str, secrets: Sequence[str], base: str = "") -> None:
        self.livemode = "_live_" in key
        self._secrets = secrets
        self.origin = base or "https://checkout.stripe.com"
        addresses: Any = {"api": base} if base else {}
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses=addresses,
            http_client=stripe.RequestsClient(timeout=SECONDS),
            max_network_retries=1,
        )

    @classmethod
    def here(cls) -> Self | None:
        """The gateway of this site; None where it has no key and takes checks only."""
        said = outward.settings("STRIPE_")
        if not said["STRIPE_SECRET_KEY"]:
            return None
        secrets = tuple(said["STRIPE_WEBHOOK_SECRETS"])
        return _kept(cls, said["STRIPE_SECRET_KEY"], secrets, said["STRIPE_API_BASE"])

    def _ask(self, call: Any, *args: Any, key: str = "", **params: Any) -> dict[str, Any]:
        outward.check_nothing_is_open()
        options = {"idempotency_key": key} if key else {}
        try:
            found = call(*args, params or None, options)
            answer = found.to_dict() if hasattr(found, "to_dict") else None
        except stripe.InvalidRequestError as refusal:
            log.warning("stripe refused", code=refusal.code, param=refusal.param)
            kind = NoSuchThing if refusal.code == "resource_missing" else Refused
            raise kind(f"Stripe said no: {refusal.user_message or refusal.code}") from None
        except stripe.CardError as refusal:
            raise Refused(f"Stripe said no: {refusal.user_message}") from None
        except stripe.AuthenticationError:
            log.error("stripe does not take our key")
            raise NoAnswer(AWAY) from None
        except stripe.IdempotencyError:
            log.error("stripe knows this key with other parameters")
            raise Refused("Stripe knows this payment with other figures. Start again.") from None
        except (stripe.StripeError, ValueError, AttributeError) as problem:
            log.warning("stripe did not answer", problem=type(problem).__name__)
            raise NoAnswer(AWAY) from None
        if not isinstance(answer, dict) or "object" not in answer:
            log.warning("stripe answered something else")
            raise NoAnswer(AWAY)
        return answer

    # -- paying ------------------------------------------------------------------------------

    def create_session(self, asked: Asked) -> dict[str, Any]:
        """A page at Stripe on which this attempt can be paid, once."""
        ours = {"attempt": str(asked.attempt_id)}
        params: dict[str, Any] = {
            "mode": "payment",
            "payment_method_types": ["card" if asked.is_card else "us_bank_account"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": cents,
                        "product_data": {"name": words[:200]},
                    },
                }
                for words, cents in asked.lines
            ],
            "client_reference_id": str(asked.attempt_id),
            "metadata": ours,
            "payment_intent_data": {"metadata": ours},
            "success_url": asked.back_url,
            "cancel_url": asked.cancel_url,
            "expires_at": int(asked.expires_at.timestamp()),
        }
        if asked.email:
            params["customer_email"] = asked.email
        create = self._client.v1.checkout.sessions.create
        return self._ask(create, key=f"session-{asked.attempt_id}", **params)

    def session(self, session_id: str) -> dict[str, Any]:
        retrieve = self._client.v1.checkout.sessions.retrieve
        return self._ask(retrieve, session_id, expand=["payment_intent"])

    def expire_session(self, session_id: str) -> dict[str, Any]:
        """End a session that nobody has paid; raises Refused when somebody has."""
        return self._ask(self._client.v1.checkout.sessions.expire, session_id)

    def intent(self, intent_id: str) -> dict[str, Any]:
        return self._ask(self._client.v1.payment_intents.retrieve, intent_id)

    def charge(self, charge_id: str) -> dict[str, Any]:
        return self._ask(self._client.v1.charges.retrieve, charge_id)

    # -- money that goes back, and on --------------------------------------------------------

    def refund(self, refund_id: UUID, intent_id: str, cents: int) -> dict[str, Any]:
        create = self._client.v1.refunds.create
        return self._ask(
            create,
            key=f"refund-{refund_id}",
            payment_intent=intent_id,
            amount=cents,
            metadata={"refund": str(refund_id)},
        )

    def read_refund(self, stripe_id: str) -> dict[str, Any]:
        return self._ask(self._client.v1.refunds.retrieve, stripe_id)

    def read_dispute(self, stripe_id: str) -> dict[str, Any]:
        return self._ask(self._client.v1.disputes.retrieve, stripe_id)

    def create_account(self, ours: UUID, email: str) -> dict[str, Any]:
        """An account for whoever is to be paid; Stripe asks them itself for what it must know."""
        return self._ask(
            self._client.v1.accounts.create,
            key=f"account-{ours}",
            country="US",
            email=email,
            capabilities={"transfers": {"requested": True}},
            controller={
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "stripe_dashboard": {"type": "express"},
            },
            metadata={"account": str(ours)},
        )

    def account(self, account_id: str) -> dict[str, Any]:
        return self._ask(self._client.v1.accounts.retrieve, account_id)

    def join_url(self, account_id: str, back_url: str) -> str:
        made = self._ask(
            self._client.v1.account_links.create,
            account=account_id,
            type="account_onboarding",
            refresh_url=back_url,
            return_url=back_url,
        )
        return str(made["url"])

    def transfer(self, ours: UUID, account_id: str, cents: int, charge_id: str) -> dict[str, Any]:
        """Send on what a charge brought in, once that money is there."""
        return self._ask(
            self._client.v1.transfers.create,
            key=f"transfer-{ours}",
            amount=cents,
            currency="usd",
            destination=account_id,
            source_transaction=charge_id,
            metadata={"transfer": str(ours)},
        )

    # -- the balance -------------------------------------------------------------------------

    def entries(self, since: int) -> Iterator[dict[str, Any]]:
        """The lines of our balance at Stripe since that second, newest first."""
        after: dict[str, Any] = {}
        while True:
            page = self._ask(
                self._client.v1.balance_transactions.list,
                limit=100,
                created={"gte": since},
                **after,
            )
            yield from page["data"]
            if not page.get("has_more") or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    # -- webhooks ----------------------------------------------------------------------------

    def check_signature(self, body: bytes, header: str, now: float, tolerance: int) -> None:
        """Signed with one of our secrets, within `tolerance` seconds of `now`; else NotAllowed."""
        if not any(_is_signed(body, header, secret) for secret in self._secrets):
            raise NotAllowed("The signature is wrong.")
        at = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
        if abs(now - at) > tolerance:
            raise NotAllowed("The signature is too old.")


AWAY = "Stripe does not answer just now. Nothing was charged. Try again in a few minutes."


def _is_signed(body: bytes, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret))
    except (stripe.SignatureVerificationError, ValueError):
        return False


@lru_cache(maxsize=8)
def _kept(kind: type[Gateway], key: str, secrets: tuple[str, ...], base: str) -> Any:
    """The client is costly to make and keeps its connections: one per set of settings."""
    return kind(key, secrets, base)
