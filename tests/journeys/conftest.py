"""A running site and a browser to walk through it: both widths, with and without JavaScript."""

import contextlib
import os
import shutil
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import sync_playwright
from sqlmodel import Session, col, select
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from marketplace.accounts import security
from marketplace.accounts.rules import Role
from marketplace.core import clock, jobs, tenancy
from marketplace.core.mail import Letter
from tests.journeys import world
from tests.journeys.walking import KeyboardPerson, Person

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
PASSWORD = "a slow walk round the lake"


@pytest.fixture
def still_clock():
    """Journeys run in real time; only `pass_time` moves on."""


class _Silent(WSGIRequestHandler):
    def log(self, *_arguments):
        """Requests are logged by the site itself."""


class Site:
    """The application served by threads on a port of its own, its worker, its letters."""

    def __init__(self, app):
        self.app, self.ahead = app, timedelta()
        self.server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=_Silent
        )
        # Closing waits for the threads, so that none keeps a database connection open.
        self.server.daemon_threads = False
        self.url = app.config["PUBLIC_URL"] = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def now(self):
        """What time it is on the site."""
        return datetime.now(UTC) + self.ahead

    def today(self, zone="America/Chicago"):
        return self.now().astimezone(ZoneInfo(zone)).date()

    def _serve(self, environ, start_response):
        time = contextlib.ExitStack()
        time.enter_context(clock.frozen(self.now()))
        return ClosingIterator(self.app(environ, start_response), time.close)

    def work(self):
        """What the worker does every minute."""
        with clock.frozen(self.now()), self.app.app_context():
            return jobs.run_due()

    def pass_time(self, moment):
        """Go on to just after `moment`, on every page, and let the worker look at the clock."""
        self.ahead = moment + timedelta(seconds=61) - datetime.now(UTC)
        return self.work()

    # -- what stands in the database ---------------------------------------------------------

    def read(self, query):
        """All rows of a query as they now stand, whoever owns them."""
        engine = self.app.extensions["engine"]
        with Session(engine) as session, tenancy.everyone("test asserts"):
            return list(session.exec(query))

    def letter(self, subject, to):
        """The newest letter to somebody whose subject contains these words."""
        query = select(Letter).where(Letter.recipient == to).order_by(col(Letter.written_at))
        letters = self.read(query)
        [*_, newest] = [x for x in letters if subject in x.subject] or [None]
        assert newest, (subject, to, [x.subject for x in letters])
        return newest


@pytest.fixture
def site(app):
    site = Site(app)
    site.thread.start()
    yield site
    site.server.shutdown()
    site.thread.join()
    site.server.server_close()


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


@pytest.fixture
def visitor(open_page, site):
    """`visitor(width=390, javascript=False)`: somebody nobody knows yet."""

    def come(width=1280, javascript=True, keyboard=False):
        kind = KeyboardPerson if keyboard else Person
        return kind(open_page(width, javascript), site, javascript=javascript)

    return come


@pytest.fixture
def member_of_staff(app, make, visitor):
    """Somebody with an account, signed in by the page: `member_of_staff(vendor, Role.FINANCE)`."""

    def come(organization, *roles, convenes=None, name=None, **browser):
        name = name or f"{roles[0].value.replace('_', ' ').title()} of {organization.name}"
        email = f"{'.'.join(name.lower().split())}@example.org"
        with app.app_context():
            hashed = security.new_hash(PASSWORD, email)
        user = make.person(organization, *roles, email=email, name=name, password=hashed)
        if convenes:
            make.role(user, convenes, Role.CONVENER)
        return visitor(**browser).sign_in(email, PASSWORD)

    return come


@pytest.fixture
def town(make, site):
    """Districts of the directory, a vendor with its tools, a consortium with two members."""
    return world.build(make, site.now())
