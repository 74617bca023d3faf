"""The pages a person meets at the service: the hosted checkout, joining, and its dashboard."""

import html
from typing import Any

from tests.fake_stripe.state import State

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1rem;margin:.25rem .25rem .25rem 0;min-height:44px}}
table{{border-collapse:collapse}}td,th{{text-align:left;padding:.25rem .75rem .25rem 0}}
form{{display:inline}}</style></head><body><main><h1>{title}</h1>
<p>This stands in for Stripe on this machine. No money moves.</p>{body}</main></body></html>"""


def _page(title: str, body: str) -> str:
    return PAGE.format(title=html.escape(title), body=body)


def _dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def _button(action: str, label: str, **fields: Any) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(str(value))}">'
        for name, value in fields.items()
    )
    return (
        f'<form method="post" action="{html.escape(action)}">{hidden}'
        f'<button type="submit">{html.escape(label)}</button></form>'
    )


def checkout(state: State, session_id: str) -> str:
    session = state.get("checkout.session", session_id)
    if session["status"] != "open":
        return _page("This page has expired", "<p>Go back to the site and start again.</p>")
    is_card = session["payment_method_types"] == ["card"]
    works, fails = (
        ("Pay with a card that works", "Pay with a card that is refused")
        if is_card
        else ("Pay from a bank account", "Pay from an account without enough money")
    )
    intent = state.objects.get(session["payment_intent"] or "")
    error = (intent or {}).get("last_payment_error")
    said = f'<p role="alert"><strong>{html.escape(error["message"])}</strong></p>' if error else ""
    action = f"/pay/{session_id}"
    body = (
        said
        + f"<p>{_button(action, works, how='works')}{_button(action, fails, how='fails')}</p>"
        + f'<p><a href="{html.escape(session["cancel_url"] or "/")}">Back</a></p>'
    )
    return _page(f"Pay {_dollars(session['amount_total'])}", body)


def joining(state: State, account_id: str, back: str) -> str:
    state.get("account", account_id)
    button = _button(f"/join/{account_id}", "Everything is filled in", back=back)
    return _page("Tell us about your business", button)


def dashboard(state: State) -> str:
    rows = []
    for charge in reversed(state.all("charge")):
        left = charge["amount"] - charge["amount_refunded"]
        buttons = ""
        if charge["status"] == "succeeded" and left and not charge["disputed"]:
            buttons = _button(f"/refund/{charge['id']}", "Refund", cents=left)
            buttons += _button(f"/dispute/{charge['id']}", "Dispute")
        for dispute in state.all("dispute"):
            if dispute["charge"] == charge["id"] and dispute["status"] not in ("won", "lost"):
                buttons = _button(f"/close/{dispute['id']}", "Dispute is won", won=1)
                buttons += _button(f"/close/{dispute['id']}", "Dispute is lost", won=0)
        kind = charge["payment_method_details"]["type"].replace("_", " ")
        rows.append(
            f'<tr><th scope="row">{charge["id"]}</th><td>{_dollars(charge["amount"])}</td>'
            f"<td>{kind}</td><td>{charge['status']}</td><td>{buttons}</td></tr>"
        )
    days = _button("/days", "Let 5 days pass", days=5)
    body = (
        f"<p>Balance: {_dollars(state.balance_cents())}. {days}</p>"
        f"<table><tbody>{''.join(rows)}</tbody></table>"
    )
    return _page("Dashboard", body)
