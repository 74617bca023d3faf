"""What a webhook costs, and a storm of them: `marketplace bench payments`.

The cost is a ratio to a bare JSON route that writes the same body to a file and waits for the
disk, measured in turns in the same run. The storm sends every event ten times in a shuffled
order to worker processes that are killed, while the database is stopped the hard way; Stripe's
rule (what was not answered is sent again) is all that helps.
"""

import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from flask import Flask, request
from sqlmodel import Session, select

from bench.ledger import durable_server
from bench.ledger_posts import at_least, ratio
from marketplace.accounts.login import actor_for
from marketplace.accounts.models import Organization
from marketplace.app import create_app
from marketplace.core import clock, db, migrate, tenancy
from marketplace.core.access import Actor
from marketplace.ledger import queries as books
from marketplace.orders.models import Invoice
from marketplace.orders.rules import PaymentMeans
from marketplace.payments import event_service, queries, service
from marketplace.payments.models import PaymentAttempt

SAMPLES, PACED, A_SECOND = 150, 250, 50
EVENTS, TIMES, WORKERS, CRASHES = 500, 10, 4, 3
KILLS = 40
KEYS = ["only for the benchmark, long enough to pass"]


def run() -> list[dict[str, Any]]:
    with world() as (server, app, url, folder, stripe):
        return [*_accepting(app, stripe, folder), *storm(server, app, url, folder, stripe)]


@contextmanager
def world() -> Iterator[tuple[Any, Flask, str, Path, Any]]:
    """A durable PostgreSQL, the site on it, and the stand-in for Stripe."""
    from tests.fake_stripe import FakeStripe  # noqa: PLC0415  comes with the tests

    with durable_server() as (server, url, _site_url), tempfile.TemporaryDirectory() as place:
        app = _app(url, Path(place))
        migrate.migrate(app.extensions["engine"])
        yield server, app, url, Path(place), FakeStripe()
        db.dispose(app)


def _app(url: str, folder: Path) -> Flask:
    from tests.fake_stripe import KEY, SECRET  # noqa: PLC0415  as above

    return create_app(
        MODE="test",
        VAR=folder,
        DATABASE_URL=url,
        SECRET_KEYS=KEYS,
        STRIPE_SECRET_KEY=KEY,
        STRIPE_WEBHOOK_SECRETS=[SECRET],
        STRIPE_API_BASE="http://127.0.0.1:9",
    )


def _paid(app: Flask, stripe: Any, wanted: int, *, more: bool) -> dict[Any, int]:
    """Bills paid by card at Stripe, until there are so many events; what must be open of each.
    With `more` a third is refunded in part and a third disputed."""
    from tests.factories import Factory  # noqa: PLC0415  as above

    ends: dict[Any, int] = {}
    with Session(app.extensions["engine"], expire_on_commit=False) as session:
        make = Factory(app, session)
        consortium = make.consortium()
        while len(stripe.state.events) < wanted:
            n = len(ends)
            order = make.order(make.district(), consortium=consortium, po_number=f"{n}")
            bill = make.invoice(order)
            owing = select(Organization).where(Organization.id == bill.org_id)
            buyer = make.buyer(session.exec(owing).one())
            attempt = _attempt(app, buyer, bill, f"{stripe.state.tag}{n}-{wanted}")
            charge = _pay(stripe, attempt)
            ends[bill.id] = _back(stripe, charge, bill, n) if more else 0
    return ends


def _attempt(app: Flask, buyer: Any, bill: Invoice, key: str) -> PaymentAttempt:
    with app.app_context(), tenancy.everyone("benchmark"), db.transaction() as session:
        return service.start_payment(
            session,
            actor_for(session, buyer),
            bill.id,
            means=PaymentMeans.CARD,
            amount_cents=bill.total_cents,
            once_key=key,
            livemode=False,
        )


def _pay(stripe: Any, attempt: PaymentAttempt) -> dict[str, Any]:
    ours = {"attempt": str(attempt.id)}
    made = stripe.state.make(
        "checkout.session",
        "cs_test",
        status="open",
        payment_status="unpaid",
        amount_total=attempt.amount_cents + attempt.fee_cents,
        currency="usd",
        payment_method_types=["card"],
        payment_intent=None,
        expires_at=stripe.state.now() + 80_000,
        metadata=ours,
    )
    made["_intent_metadata"] = ours
    stripe.state.complete(made["id"], "works")
    charge: dict[str, Any] = stripe.state.all("charge")[-1]
    return charge


def _back(stripe: Any, charge: dict[str, Any], bill: Invoice, n: int) -> int:
    if n % 3 == 0:
        stripe.state.refund(charge["id"], 1_000 + n)
        stripe.state.refund(charge["id"], 7)
        return 1_007 + n
    if n % 3 == 1:
        dispute = stripe.state.dispute(charge["id"])
        stripe.state.close_dispute(dispute["id"], won=n % 2 == 0)
        return 0 if n % 2 == 0 else bill.total_cents
    return 0


# -- one at a time -------------------------------------------------------------------------------


def _accepting(app: Flask, stripe: Any, folder: Path) -> list[dict[str, Any]]:
    _paid(app, stripe, (SAMPLES + PACED) * 3, more=False)
    paying = [e for e in stripe.state.events if e["type"] == "payment_intent.succeeded"]
    kept = [e for e in stripe.state.events if e["type"] == "charge.succeeded"]
    site, bare = app.test_client(), _bare(folder).test_client()
    took: dict[str, list[float]] = {"bare": [], "kept": [], "site": []}
    for client in (site, bare):  # what is made at the first request only
        body, headers = stripe.signed(kept.pop())
        client.post("/webhooks/stripe", data=body, headers=headers)
    for event, other in zip(paying[:SAMPLES], kept):
        for name, client, said in (
            ("bare", bare, event),
            ("kept", site, other),
            ("site", site, event),
        ):
            body, headers = stripe.signed(said)
            began = clock.stopwatch()
            answer = client.post("/webhooks/stripe", data=body, headers=headers)
            took[name].append(clock.stopwatch() - began)
            assert answer.status_code == 200, answer.text
    paced = _paced(site, stripe, paying[SAMPLES:])
    middle = {name: statistics.median(times) for name, times in took.items()}
    against = f"bare JSON route and one fsync: {middle['bare'] * 1000:.1f} ms"
    return [
        ratio("webhook taken: verified and committed", middle["kept"] / middle["bare"], 2, against),
        ratio("webhook that books a payment", middle["site"] / middle["bare"], 2, against),
        ratio(f"p99 at {A_SECOND} a second", paced * 1000, 250, f"{PACED} in a row", "ms"),
    ]


def _bare(folder: Path) -> Flask:
    bare = Flask("bare")

    @bare.post("/webhooks/stripe")
    def take() -> str:
        said = json.loads(request.get_data())
        with open(folder / "bare.jsonl", "ab") as file:
            file.write(json.dumps(said).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return ""

    return bare


def _paced(client: Any, stripe: Any, events: list[Any]) -> float:
    """The 99th of 100 in seconds, counted from when each was due."""
    began, took = clock.stopwatch(), []
    for n, event in enumerate(events[:PACED]):
        due = began + n / A_SECOND
        time.sleep(max(due - clock.stopwatch(), 0))
        body, headers = stripe.signed(event)
        client.post("/webhooks/stripe", data=body, headers=headers)
        took.append(clock.stopwatch() - due)
    return sorted(took)[int(len(took) * 0.99)]


# -- the storm -----------------------------------------------------------------------------------


def work(url: str, folder: str, pipe: Any) -> None:
    """A worker process: takes an event, answers when it is safe; it may be killed at any moment."""
    client = _app(url, Path(folder)).test_client()
    pipe.send("ready")
    while True:
        body, headers = pipe.recv()
        try:
            status = client.post("/webhooks/stripe", data=body, headers=headers).status_code
        except Exception:
            status = 500  # the database is away
        pipe.send(status)


class Worker:
    """One process and the thread that feeds it; a new process when the old one is killed."""

    def __init__(self, url: str, folder: str, waiting: "Queue[Any]", tally: dict[str, int]) -> None:
        self.arguments, self.waiting, self.tally = (url, folder), waiting, tally
        self.process: Any = None

    def feed(self) -> None:
        self._begin()
        while True:
            try:
                delivery = self.waiting.get(timeout=1)
            except Empty:
                break
            try:
                self.pipe.send(delivery)
                status = self.pipe.recv()
            except (EOFError, OSError):
                self.tally["cut off"] += 1
                self.waiting.put(delivery)
                self._begin()
                continue
            if status != 200:
                self.tally["refused"] += 1
                self.waiting.put(delivery)
                time.sleep(0.05)
            else:
                self.tally["taken"] += 1
        self.process.kill()

    def _begin(self) -> None:
        context = get_context("spawn")
        while True:
            self.pipe, theirs = context.Pipe()
            self.process = context.Process(target=work, args=(*self.arguments, theirs), daemon=True)
            self.process.start()
            theirs.close()
            try:
                self.pipe.recv()
            except (EOFError, OSError):
                continue
            return


def storm(
    server: Any, app: Flask, url: str, folder: Path, stripe: Any, *, events: int = EVENTS
) -> list[dict[str, Any]]:
    first = len(stripe.state.events)
    wanted = _paid(app, stripe, first + events, more=True)
    sent = stripe.state.events[first:] * TIMES
    dice = random.Random(1)
    dice.shuffle(sent)
    waiting: Queue[Any] = Queue()
    for event in sent:
        waiting.put(stripe.signed(event))
    db.dispose(app)
    tally = {"taken": 0, "refused": 0, "cut off": 0, "kills": 0, "crashes": 0}
    workers = [Worker(url, str(folder), waiting, tally) for _ in range(WORKERS)]
    threads = [threading.Thread(target=worker.feed) for worker in workers]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.02)
        done = tally["taken"] / len(sent)
        if tally["kills"] < KILLS and done > (tally["kills"] + 1) / (KILLS + 2):
            dice.choice(workers).process.kill()
            tally["kills"] += 1
        if tally["crashes"] < CRASHES and done > (tally["crashes"] + 1) / (CRASHES + 2):
            server.stop("immediate")
            server.start()
            tally["crashes"] += 1
    return _told(app, wanted, len(sent), tally)


def _told(
    app: Flask, wanted: dict[Any, int], sent: int, tally: dict[str, int]
) -> list[dict[str, Any]]:
    late, parked = clock.now(), 0
    for minutes in (2, 10, 60):
        parked += _apply_parked(app, late + timedelta(minutes=minutes))
    with Session(app.extensions["engine"]) as session, tenancy.everyone("benchmark"):
        bills = [b for b in session.exec(select(Invoice)) if b.id in wanted]
        less = sum(1 for bill in bills if bill.open_cents > wanted[bill.id])
        more = sum(1 for bill in bills if bill.open_cents < wanted[bill.id])
        problems = sum(
            len(books.verify(session, one).problems) for one in {b.consortium_id for b in bills}
        )
    faults = f"{tally['kills']} workers killed, {tally['crashes']} crashes of the database"
    tries = f"{tally['refused']} refused and {tally['cut off']} cut off, sent again"
    return [
        at_least("storm: deliveries", tally["taken"], sent, f"{faults}; {tries}", "deliveries"),
        at_least("storm: crashes of the database", tally["crashes"], CRASHES, faults, "crashes"),
        ratio("storm: bills that miss money", less, 0, f"{len(wanted)} bills", "bills"),
        ratio("storm: bills with too much", more, 0, f"{parked} events were early", "bills"),
        ratio("storm: problems of chain and sums", problems, 0, "verify", "problems"),
    ]


def _apply_parked(app: Flask, when: datetime) -> int:
    with (
        clock.frozen(when),
        app.app_context(),
        tenancy.everyone("benchmark"),
        db.transaction() as session,
    ):
        waiting = queries.parked_events(session, clock.now(), limit=10_000)
        for event_id in waiting:
            event_service.apply_parked(session, Actor.system(), event_id)
    return len(waiting)
