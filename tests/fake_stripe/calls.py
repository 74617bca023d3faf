"""The calls of the API: which parameters each takes, and what it answers."""

from collections.abc import Callable
from typing import Any

from tests.fake_stripe.state import DAY, Refused, State

Params = dict[str, Any]
Call = Callable[[State, Params, list[str]], dict[str, Any]]
#: (method, address with * for an id) -> (parameters it knows, the call)
CALLS: dict[tuple[str, str], tuple[set[str], Call]] = {}
METADATA = {"metadata.*", "expand.*"}


def call(method: str, path: str, *params: str) -> Callable[[Call], Call]:
    def add(made: Call) -> Call:
        CALLS[method, path] = ({*params, *METADATA}, made)
        return made

    return add


def find(method: str, path: str) -> tuple[set[str], Call, list[str]]:
    parts = path.strip("/").split("/")
    for (known, pattern), (params, made) in CALLS.items():
        wanted = pattern.strip("/").split("/")
        if known == method and len(wanted) == len(parts):
            ids = [p for p, w in zip(parts, wanted) if w == "*"]
            if all(w in ("*", p) for p, w in zip(parts, wanted)):
                return params, made, ids
    raise Refused(f"Unrecognized request URL ({method}: {path}).", status=404)


def check_params(typed: list[str], known: set[str]) -> None:
    for name in typed:
        if name not in known and f"{name.rpartition('.')[0]}.*" not in known:
            raise Refused(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )


def cents(params: Params, name: str = "amount") -> int:
    try:
        value = int(params[name])
    except KeyError:
        raise Refused(
            f"Missing required param: {name}.", code="parameter_missing", param=name
        ) from None
    except ValueError:
        raise Refused(f"Invalid integer: {params[name]}", param=name) from None
    if value < 1:
        raise Refused(
            "This value must be greater than or equal to 1.",
            code="parameter_invalid_integer",
            param=name,
        )
    if value > 99_999_999_99:
        raise Refused("Amount must be no more than $99,999,999.99", code="amount_too_large")
    return value


def _usd(currency: Any) -> str:
    if currency != "usd":
        raise Refused(f"This account takes usd only, not {currency}.", param="currency")
    return "usd"


# -- customers and payment methods ---------------------------------------------------------------


@call("POST", "/v1/customers", "email", "name", "description")
def create_customer(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    return state.make("customer", "cus", **params)


@call("GET", "/v1/customers/*")
def get_customer(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    return state.get("customer", ids[0])


@call("POST", "/v1/payment_methods", "type", "us_bank_account.*", "card.*", "billing_details.*")
def create_method(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    kind = params.get("type")
    if kind not in ("card", "us_bank_account"):
        raise Refused(f"Invalid type: {kind}", param="type")
    return state.make("payment_method", "pm", type=kind, customer=None)


@call("POST", "/v1/payment_methods/*/attach", "customer")
def attach_method(state: State, params: Params, ids: list[str]) -> dict[str, Any]:
    customer = state.get("customer", params.get("customer", ""))
    method = state.get("payment_method", ids[0])
    method["customer"] = customer["id"]
    return method


@call("POST", "/v1/setup_intents", "customer", "payment_method_types.*", "payment_method")
def create_setup(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    return state.make("setup_intent", "seti", status="requires_confirmation", **params)


@call("POST", "/v1/setup_intents/*/confirm", "payment_method")
def confirm_setup(state: State, params: Params, ids: list[str]) -> dict[str, Any]:
    made = state.get("setup_intent", ids[0])
    made |= {"status": "succeeded"} | params
    state.emit("setup_intent.succeeded", made)
    return made


# -- intents and sessions ------------------------------------------------------------------------


@call("POST", "/v1/payment_intents", "amount", "currency", "customer", "payment_method_types.*")
def create_intent(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    params |= {"amount": cents(params), "currency": _usd(params.get("currency"))}
    made = state.intent(**params)
    state.emit("payment_intent.created", made)
    return made


@call("GET", "/v1/payment_intents/*")
def get_intent(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    return state.get("payment_intent", ids[0])


@call("POST", "/v1/payment_intents/*/confirm", "payment_method")
def confirm_intent(state: State, params: Params, ids: list[str]) -> dict[str, Any]:
    made = state.get("payment_intent", ids[0])
    method = state.get("payment_method", params.get("payment_method", ""))
    if made["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise Refused("This PaymentIntent's status does not allow it.", code="unexpected_state")
    state.confirm(made, method["type"], works=True)
    return made


@call("POST", "/v1/payment_intents/*/cancel")
def cancel_intent(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    made = state.get("payment_intent", ids[0])
    if made["status"] in ("succeeded", "processing", "canceled"):
        raise Refused("This PaymentIntent cannot be canceled.", code="unexpected_state")
    made |= {"status": "canceled", "canceled_at": state.now()}
    state.emit("payment_intent.canceled", made)
    return made


@call(
    "POST",
    "/v1/checkout/sessions",
    "mode",
    "success_url",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "expires_at",
    "payment_method_types.*",
    "line_items.*.quantity",
    "line_items.*.price_data.*",
    "line_items.*.price_data.product_data.*",
    "payment_intent_data.*",
    "payment_intent_data.metadata.*",
)
def create_session(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    if params.get("mode") != "payment":
        raise Refused("This account knows mode payment only.", param="mode")
    total = 0
    for line in params.get("line_items") or []:
        price = line["price_data"]
        _usd(price.get("currency"))
        total += cents(price, "unit_amount") * int(line.get("quantity", 1))
    if total < 50:
        raise Refused("Amount must be at least 50 cents.", code="amount_too_small")
    kinds = params.get("payment_method_types") or []
    if len(kinds) != 1 or kinds[0] not in ("card", "us_bank_account"):
        raise Refused(f"Invalid payment_method_types: {kinds}", param="payment_method_types")
    expires_at = int(params.get("expires_at") or state.now() + DAY)
    ahead = expires_at - state.now()
    if ahead < 1_740 or ahead > DAY + 60:
        raise Refused(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "
            "Session creation.",
            param="expires_at",
        )
    made = state.make(
        "checkout.session",
        "cs_test",
        mode="payment",
        amount_total=total,
        amount_subtotal=total,
        currency="usd",
        client_reference_id=params.get("client_reference_id"),
        customer_email=params.get("customer_email"),
        success_url=params.get("success_url"),
        cancel_url=params.get("cancel_url"),
        metadata=params.get("metadata") or {},
        payment_method_types=kinds,
        expires_at=expires_at,
        payment_intent=None,
        payment_status="unpaid",
        status="open",
    )
    made["url"] = f"{{here}}/pay/{made['id']}"
    made["_intent_metadata"] = (params.get("payment_intent_data") or {}).get("metadata") or {}
    return made


@call("GET", "/v1/checkout/sessions/*")
def get_session(state: State, params: Params, ids: list[str]) -> dict[str, Any]:
    found = dict(state.get("checkout.session", ids[0]))
    if "payment_intent" in (params.get("expand") or []) and found["payment_intent"]:
        found["payment_intent"] = state.objects[found["payment_intent"]]
    return found


@call("POST", "/v1/checkout/sessions/*/expire")
def expire_session(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    return state.expire(ids[0])


# -- charges, refunds, disputes ------------------------------------------------------------------


@call("GET", "/v1/charges/*")
def get_charge(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    return state.get("charge", ids[0])


@call("POST", "/v1/refunds", "charge", "payment_intent", "amount", "reason")
def create_refund(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    charge_id = params.get("charge")
    if intent_id := params.get("payment_intent"):
        charge_id = state.get("payment_intent", intent_id)["latest_charge"]
    facts = {"metadata": params.get("metadata") or {}, "reason": params.get("reason")}
    return state.refund(charge_id or "", cents(params), **facts)


@call("GET", "/v1/refunds/*")
def get_refund(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    return state.get("refund", ids[0])


@call("GET", "/v1/disputes/*")
def get_dispute(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    return state.get("dispute", ids[0])


# -- accounts, transfers, the balance ------------------------------------------------------------


@call(
    "POST",
    "/v1/accounts",
    "country",
    "email",
    "business_type",
    "business_profile.*",
    "controller.*",
    "controller.fees.*",
    "controller.losses.*",
    "controller.stripe_dashboard.*",
    "capabilities.transfers.*",
)
def create_account(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    return state.make(
        "account",
        "acct",
        email=params.get("email"),
        metadata=params.get("metadata") or {},
        capabilities={"transfers": "inactive"},
        charges_enabled=False,
        payouts_enabled=False,
        details_submitted=False,
    )


@call("GET", "/v1/accounts/*")
def get_account(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    return state.get("account", ids[0])


@call("POST", "/v1/account_links", "account", "type", "refresh_url", "return_url")
def create_account_link(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    account = state.get("account", params.get("account", ""))
    return {
        "object": "account_link",
        "created": state.now(),
        "expires_at": state.now() + 300,
        "url": f"{{here}}/join/{account['id']}?back={params.get('return_url', '')}",
    }


@call(
    "POST",
    "/v1/transfers",
    "amount",
    "currency",
    "destination",
    "source_transaction",
    "transfer_group",
    "description",
)
def create_transfer(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    _usd(params.get("currency"))
    facts = {
        name: params.get(name) for name in ("source_transaction", "transfer_group", "description")
    } | {"metadata": params.get("metadata") or {}}
    return state.transfer(cents(params), params.get("destination", ""), **facts)


@call("GET", "/v1/transfers/*")
def get_transfer(state: State, _params: Params, ids: list[str]) -> dict[str, Any]:
    return state.get("transfer", ids[0])


@call("POST", "/v1/transfers/*/reversals", "amount", "description")
def reverse_transfer(state: State, params: Params, ids: list[str]) -> dict[str, Any]:
    facts = {"metadata": params.get("metadata") or {}}
    return state.reverse_transfer(ids[0], cents(params), **facts)


@call("GET", "/v1/balance_transactions", "created.gte", "limit", "starting_after", "source", "type")
def list_entries(state: State, params: Params, _ids: list[str]) -> dict[str, Any]:
    """Newest first, as Stripe lists them."""
    found = sorted(
        state.all("balance_transaction"), key=lambda e: (e["created"], e["id"]), reverse=True
    )
    since = int((params.get("created") or {}).get("gte", 0))
    found = [entry for entry in found if entry["created"] >= since]
    for name in ("source", "type"):
        if name in params:
            found = [entry for entry in found if entry[name] == params[name]]
    if after := params.get("starting_after"):
        places = [entry["id"] for entry in found]
        if after not in places:
            raise Refused(f"No such balance transaction: '{after}'", param="starting_after")
        found = found[places.index(after) + 1 :]
    limit = int(params.get("limit", 10))
    return {
        "object": "list",
        "url": "/v1/balance_transactions",
        "data": found[:limit],
        "has_more": len(found) > limit,
    }


@call("GET", "/v1/balance")
def get_balance(state: State, _params: Params, _ids: list[str]) -> dict[str, Any]:
    part = {"amount": state.balance_cents(), "currency": "usd", "source_types": {}}
    return {"object": "balance", "livemode": False, "available": [part], "pending": []}
