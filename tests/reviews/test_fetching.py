"""The fetcher against a server on loopback, with the rule about addresses handed in."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from flask import g

from marketplace.core.errors import RuleBroken
from marketplace.reviews import fetch_rules, fetching
from tests.conftest import on_sqlite


class Vendor(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append((self.headers["Host"], self.path))
        getattr(self, f"_{self.path.split('?')[0].strip('/')}")()

    def _send(self, status, content=b"", **headers):
        self.send_response(status)
        for name, value in {"Content_Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def _policy(self):
        self._send(200, b"<p>We keep it.</p>")

    def _moved(self):
        self._send(302, Location="/policy?v=2")

    def _circle(self):
        self._send(302, Location="/circle")

    def _inside(self):
        self._send(302, Location="http://inside.example/policy")

    def _large(self):
        self._send(200, b"x" * (fetch_rules.MOST_BYTES + 1))

    def _gone(self):
        self._send(404)

    def _picture(self):
        self._send(200, b"\x89PNG", Content_Type="image/png")

    def _drip(self):
        self.send_response(200)
        for _ in range(50):
            time.sleep(0.05)
            try:
                self.wfile.write(b"X")
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, *_words):
        pass


@pytest.fixture
def vendor():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(vendor):
    """Every name leads to the server, but for `inside.example`; loopback counts as public."""
    port = vendor.server_address[1]
    looked_up = []

    def check_url(url):
        scheme, host, _, path = fetch_rules.check_url(url)
        return scheme, host, port, path

    def look_up(host, _port):
        looked_up.append(host)
        return ["10.1.2.3"] if host == "inside.example" else ["127.0.0.1"]

    def run(path, **changed):
        rules = {"check_url": check_url, "look_up": look_up}
        rules["is_public"] = lambda address: address == "127.0.0.1"
        return fetching.fetch(f"http://vendor.example{path}", **rules | changed)

    run.looked_up = looked_up
    return run


def test_a_page_comes_from_the_address_that_was_judged(fetch, vendor):
    page = fetch("/policy")

    assert (page.media_type, page.content) == ("text/html", b"<p>We keep it.</p>")
    assert fetch.looked_up == ["vendor.example"]  # once, and never again by the connection
    assert vendor.asked[0] == (f"vendor.example:{vendor.server_address[1]}", "/policy")


def test_each_redirect_is_judged_anew(fetch, vendor):
    assert urlsplit(fetch("/moved").url).query == "v=2"
    with pytest.raises(RuleBroken, match="not on the public Internet"):
        fetch("/inside")
    with pytest.raises(RuleBroken, match="without end"):
        fetch("/circle")
    assert len(vendor.asked) == 2 + 1 + fetch_rules.MOST_REDIRECTS + 1


def test_one_private_answer_among_public_ones_is_enough_to_refuse(fetch, vendor):
    with pytest.raises(RuleBroken, match="not on the public Internet"):
        fetch("/policy", look_up=lambda *_: ["127.0.0.1", "10.1.2.3"])
    with pytest.raises(RuleBroken, match="not on the public Internet"):
        fetch("/policy", is_public=fetch_rules.is_public)
    with pytest.raises(RuleBroken, match="No such site"):
        fetch("/policy", look_up=lambda *_: (_ for _ in ()).throw(OSError()))
    assert vendor.asked == []


def test_what_is_too_large_too_slow_or_no_text(fetch, monkeypatch):
    with pytest.raises(RuleBroken, match="larger than 2 MB"):
        fetch("/large")
    with pytest.raises(RuleBroken, match="number 404"):
        fetch("/gone")
    with pytest.raises(RuleBroken, match="no text"):
        fetch("/picture")
    monkeypatch.setattr(fetch_rules, "WHOLE_SECONDS", 0.3)
    begun = time.monotonic()
    with pytest.raises(RuleBroken):
        fetch("/drip")
    assert time.monotonic() - begun < 2


@on_sqlite
def test_no_page_is_asked_for_while_a_transaction_is_open(app, fetch):
    with app.app_context():
        g.writer = object()
        with pytest.raises(RuntimeError, match="while a transaction is open"):
            fetch("/policy")
        g.writer = None
