"""A running site and a browser to walk through it: both widths, with and without JavaScript."""

import contextlib
import os
import shutil
import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from marketplace.core import clock, jobs

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture
def still_clock():
    """Journeys run in real time; only `pass_time` moves on."""


class _Silent(WSGIRequestHandler):
    def log(self, *_arguments):
        """Requests are logged by the site itself."""


@pytest.fixture
def site(app):
    """The application served by threads on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    app.config["PUBLIC_URL"] = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def work():
        """What the worker does every minute."""
        with app.app_context():
            return jobs.run_due()

    def pass_time(moment):
        """Let the worker look at the clock just after `moment`."""
        with clock.frozen(moment + timedelta(seconds=61)):
            return work()

    yield SimpleNamespace(url=app.config["PUBLIC_URL"], work=work, pass_time=pass_time, app=app)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium():
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine: set CHROMIUM or install it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site):
    """`open_page(width=390, javascript=False)`: a person with a browser of their own."""
    with contextlib.ExitStack() as stack:

        def new(width=1280, javascript=True):
            context = chromium.new_context(
                viewport={"width": width, "height": 900},
                java_script_enabled=javascript,
                base_url=site.url,
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.complaints = []
            page.on(
                "console",
                lambda m: page.complaints.append(m.text) if m.type == "error" else None,
            )
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.on(
                "request",
                lambda r: (
                    None
                    if r.url.startswith((site.url, "data:"))
                    else page.complaints.append(f"asks another host: {r.url}")
                ),
            )
            return page

        yield new
