"""Where Stripe tells what has happened: checked, stored and done in one transaction."""

import json
from typing import Any

import structlog
from flask import abort, request

from marketplace.core import clock, db, tenancy, web
from marketplace.core.access import Actor
from marketplace.core.errors import NotAllowed, RuleBroken
from marketplace.payments import event_rules, event_service, rules
from marketplace.payments.desk_views import STRIPE, bp
from marketplace.payments.gateway import Gateway

log = structlog.get_logger(__name__)


@bp.post("/webhooks/stripe")
@web.signed_by_its_sender
def stripe_webhook() -> Any:
    """200: taken, or here before, whatever its kind. 400: not for us, so it is not believed.
    Anything else (500, 503) undoes all of it, and Stripe sends it again for three days."""
    gateway = Gateway.here()
    if gateway is None:
        return "This site takes no payments by Stripe.\n", 404
    if (request.content_length or 0) > rules.LARGEST_BODY:
        abort(413)
    body = request.get_data()
    try:
        header = request.headers.get("Stripe-Signature", "")
        now = clock.now().timestamp()
        gateway.check_signature(body, header, now, rules.TOLERANCE_SECONDS)
        said = event_rules.read_event(_json(body))
        with tenancy.everyone(STRIPE), db.transaction() as writer:
            event_service.take_event(writer, Actor.system(), said, livemode=gateway.livemode)
    except (NotAllowed, RuleBroken) as refusal:
        log.warning("webhook refused", why=str(refusal))
        return f"{refusal}\n", 400
    return "", 200


def _json(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise RuleBroken("this is no event of Stripe")
    return said
