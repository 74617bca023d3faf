"""The HTTP server: keys, versions, idempotency by Stripe's rule, troubles, events on their way."""

import hashlib
import hmac
import html
import json
import queue
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.fake_stripe import calls, pages
from tests.fake_stripe.state import API_VERSION, DAY, Refused, State

#: What a test and the demonstration sign in with; neither opens anything elsewhere.
KEY = "sk_test_thisIsTheStandInForStripeOnThisMachine"
SECRET = "whsec_theStandInForStripeOnThisMachine"
#: Seconds before each new try of an event that was not taken.
RETRIES = (1, 3, 10, 30, 60, 300)


def read_form(text: str) -> tuple[dict[str, Any], list[str]]:
    """`line_items[0][price_data][currency]=usd` as nested values, and the names it has."""
    found: dict[str, Any] = {}
    names = []
    for name, value in parse_qsl(text, keep_blank_values=True):
        parts = name.replace("]", "").split("[")
        names.append(".".join("*" if p.isdigit() or p == "" else p for p in parts))
        here = found
        for part in parts[:-1]:
            here = here.setdefault(part, {})
        here[parts[-1] or str(len(here))] = value
    return _with_lists(found), names


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(one) for key, one in value.items()}
    return list(inner.values()) if inner and all(k.isdigit() for k in inner) else inner


def sign(payload: str, secret: str, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class FakeStripe:
    """`with FakeStripe() as stripe:` serves on a free port of 127.0.0.1 until the end.

    Events wait in `state.events` until `deliver` posts them; with `webhook` they are posted by
    themselves, tried again until they are taken. `trouble` makes every call go wrong: `500`,
    `garbage`, `slow` (seconds in `slowness`), `down`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        now: Callable[[], float] = time.time,
        key: str = KEY,
        secret: str = SECRET,
        webhook: str | None = None,
        path: Path | None = None,
        settle_seconds: int | None = None,
    ) -> None:
        self.state = State(now, path=path)
        self.key, self.secret, self.webhook = key, secret, webhook
        self.trouble, self.slowness = "", 0.0
        self.requests: list[tuple[str, str]] = []
        self.busy: set[str] = set()
        #: The demonstration cannot wait for days: this many seconds stand for them.
        self.settle_seconds = settle_seconds
        handler = type("Handler", (_Handler,), {"fake": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.waiting: queue.Queue[tuple[float, int, int, dict[str, Any]]] = queue.PriorityQueue()
        self.stopped = threading.Event()

    def __enter__(self) -> "FakeStripe":
        self.start()
        return self

    def __exit__(self, *_problem: object) -> None:
        self.stop()

    def start(self) -> None:
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        if self.webhook:
            self.state.heard.append(self._line_up)
            threading.Thread(target=self._post_for_ever, daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    # -- events ------------------------------------------------------------------------------

    def signed(
        self, event: dict[str, Any], *, secret: str | None = None, at: int | None = None
    ) -> tuple[str, dict[str, str]]:
        """The body of an event and the headers it comes with."""
        body = json.dumps(event).replace("{here}", self.url)
        at = self.state.now() if at is None else at
        signature = sign(body, secret or self.secret, at)
        return body, {"Stripe-Signature": signature, "Content-Type": "application/json"}

    def deliveries(
        self, *, times: int = 1, shuffle: int | None = None, lose: Iterable[str] = ()
    ) -> list[dict[str, Any]]:
        """Everything that has happened, each `times` times, in an order that `shuffle` seeds,
        without the kinds in `lose`."""
        lost = set(lose)
        found = [event for event in self.state.events if event["type"] not in lost] * times
        if shuffle is not None:
            random.Random(shuffle).shuffle(found)
        return found

    def _line_up(self, event: dict[str, Any], tries: int = 0, wait: float = 0.2) -> None:
        self.waiting.put((time.monotonic() + wait, id(event) % 2**31, tries, event))

    def _post_for_ever(self) -> None:
        while not self.stopped.is_set():
            if self.settle_seconds is not None:
                self._hurry()
            self.state.tick()
            try:
                at, _tie, tries, event = self.waiting.get(timeout=0.5)
            except queue.Empty:
                continue
            if at > time.monotonic():
                self.waiting.put((at, _tie, tries, event))
                time.sleep(0.1)
            elif not self._post(event) and tries < len(RETRIES):
                self._line_up(event, tries + 1, RETRIES[tries])

    def _hurry(self) -> None:
        """What would take days is due after `settle_seconds`."""
        with self.state.lock:
            soon = self.state.now() + (self.settle_seconds or 0)
            for step in self.state.due:
                step["at"] = min(step["at"], soon)

    def _post(self, event: dict[str, Any]) -> bool:
        body, headers = self.signed(event)
        asked = urllib.request.Request(str(self.webhook), body.encode(), headers)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return bool(answer.status < 300)
        except (OSError, urllib.error.URLError):
            return False

    # -- calls -------------------------------------------------------------------------------

    def answer(
        self, method: str, path: str, body: str, headers: Any
    ) -> tuple[int, dict[str, str], str]:
        self.requests.append((method, path))
        if self.trouble == "slow":
            time.sleep(self.slowness)
        if self.trouble == "500":
            error = {"error": {"type": "api_error", "message": "An error occurred."}}
            return 500, {}, json.dumps(error)
        if self.trouble == "garbage":
            return 200, {}, "<html>not what you asked for"
        try:
            self._check(headers)
            status, replayed, answer = self._once(method, path, body, headers)
            extra = {"Idempotent-Replayed": "true"} if replayed else {}
            return status, extra, json.dumps(answer).replace("{here}", self.url)
        except Refused as refusal:
            return refusal.status, {}, json.dumps(refusal.body)

    def _check(self, headers: Any) -> None:
        if headers.get("Authorization") != f"Bearer {self.key}":
            raise Refused("Invalid API Key provided", status=401)
        if headers.get("Stripe-Version") != API_VERSION:
            raise Refused(f"This service speaks {API_VERSION} only.", status=400)

    def _once(self, method: str, path: str, body: str, headers: Any) -> tuple[int, bool, Any]:
        """The same key and the same request get the same answer; other parameters are an error,
        and so is a second request while the first is at work (docs.stripe.com/api/idempotent)."""
        key = headers.get("Idempotency-Key") if method == "POST" else None
        parts = urlsplit(path)
        print_ = hashlib.sha256(f"{method} {parts.path} {body}".encode()).hexdigest()
        if key is not None:
            with self.state.lock:
                if kept := self.state.answers.get(key):
                    if kept[0] != print_:
                        raise Refused(
                            "Keys for idempotent requests can only be used with the same "
                            "parameters they were first used with.",
                            kind="idempotency_error",
                        )
                    return kept[1], True, kept[2]
                if key in self.busy:
                    raise Refused(
                        "There is currently another in-progress request using this key.",
                        status=409,
                        kind="idempotency_error",
                        code="idempotency_key_in_use",
                    )
                self.busy.add(key)
        try:
            params, names = read_form(body if method == "POST" else parts.query)
            known, made, ids = calls.find(method, parts.path)
            calls.check_params(names, known)
            with self.state.lock:
                self.state.tick()
                answer = self.state.seen(made(self.state, params, ids))
                if key is not None:
                    self.state.answers[key] = [print_, 200, json.loads(json.dumps(answer))]
                if method == "POST":
                    self.state.save()
            return 200, False, answer
        finally:
            self.busy.discard(key or "")

    # -- the pages that a person sees --------------------------------------------------------

    def page(self, path: str) -> tuple[int, dict[str, str], str]:
        parts = urlsplit(path)
        try:
            if parts.path.startswith("/pay/"):
                return 200, {}, pages.checkout(self.state, parts.path.split("/")[2])
            if parts.path.startswith("/join/"):
                back = dict(parse_qsl(parts.query)).get("back", "")
                return 200, {}, pages.joining(self.state, parts.path.split("/")[2], back)
            if parts.path == "/":
                return 200, {}, pages.dashboard(self.state)
        except Refused as refusal:
            return 404, {}, html.escape(str(refusal))
        return 404, {}, "There is no such page."

    def press(self, path: str, body: str) -> tuple[int, dict[str, str], str]:
        """A button on one of those pages."""
        typed = dict(parse_qsl(body))
        parts = urlsplit(path).path.strip("/").split("/")
        try:
            to = self._do(parts, typed)
        except Refused as refusal:
            return 409, {}, html.escape(str(refusal))
        return 303, {"Location": to}, ""

    def _do(self, parts: list[str], typed: dict[str, str]) -> str:
        state = self.state
        if parts[0] == "pay":
            session = state.complete(parts[1], typed.get("how", ""))
            if session["status"] == "open":
                return f"/pay/{parts[1]}?refused=1"
            return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
        if parts[0] == "join":
            state.finish_account(parts[1])
            return typed.get("back") or "/"
        if parts[0] == "days":
            state.pass_time(int(typed.get("days", 1)) * DAY)
        elif parts[0] == "refund":
            state.refund(parts[1], int(typed["cents"]))
        elif parts[0] == "dispute":
            state.dispute(parts[1])
        elif parts[0] == "close":
            state.close_dispute(parts[1], won=typed.get("won") == "1")
        else:
            raise Refused("There is no such button.")
        return "/"


class _Handler(BaseHTTPRequestHandler):
    fake: FakeStripe
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.fake.trouble == "down":
            self.close_connection = True
            return
        if self.path.startswith("/v1/"):
            status, extra, text = self.fake.answer(method, self.path, body, self.headers)
            kind = "application/json"
        else:
            serve = self.fake.press(self.path, body) if method == "POST" else None
            status, extra, text = serve or self.fake.page(self.path)
            kind = "text/html; charset=utf-8"
        content = text.encode()
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Request-Id", f"req_{len(self.fake.requests):08}")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        """Nobody reads it."""
