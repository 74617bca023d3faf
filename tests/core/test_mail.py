"""Letters leave after the change that wrote them, once, and wait while the post is closed."""

import email
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from sqlmodel import select

from marketplace.core import clock, db, mail
from marketplace.core.mail import Letter
from tests.conftest import on_postgresql, on_sqlite


class PostOffice:
    """A real SMTP server that keeps what it is given, or refuses it."""

    def __init__(self):
        self.received, self.open = [], True

    async def handle_DATA(self, _server, _session, envelope):
        if not self.open:
            return "451 Come back later"
        message = email.message_from_bytes(envelope.content, policy=default)
        self.received.append((envelope.rcpt_tos, message))
        return "250 Kept"


@pytest.fixture
def post_office(app):
    office = PostOffice()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    app.config["SMTP_URL"] = f"smtp://127.0.0.1:{port}"
    yield office
    controller.stop()


@pytest.fixture
def write(app):
    def write(recipient="ada@example.org", subject="Your pool closed", text="Hello.\n"):
        with app.app_context(), db.transaction() as session:
            mail.send(session, recipient, subject, text)

    return write


@pytest.fixture
def post(app):
    def post(after=timedelta()):
        with app.app_context(), clock.frozen(clock.now() + after):
            return mail.post_letters()

    return post


def test_a_letter_arrives_as_it_was_written(write, post, post_office):
    write(text="Dear Ada,\n\nthe price is 1,350 ¢ – good.\n")

    assert post() == 1
    ((recipients, message),) = post_office.received
    assert recipients == ["ada@example.org"]
    assert message["To"] == "ada@example.org"
    assert message["From"] == "District Commons <no-reply@districtcommons.example>"
    assert message["Subject"] == "Your pool closed"
    assert message["Date"].datetime == clock.now()
    assert message["Message-ID"].endswith("@127.0.0.1>")
    assert (
        message.get_content().replace("\r\n", "\n") == "Dear Ada,\n\nthe price is 1,350 ¢ – good.\n"
    )


def test_a_letter_waits_while_the_post_is_closed(write, post, post_office, look):
    post_office.open = False
    write()

    assert post() == 0
    letter = look.exec(select(Letter)).one()
    assert (letter.attempts, letter.sent_at) == (1, None)
    assert "Come back later" in letter.problem

    post_office.open = True
    assert post() == 0  # not at once again
    assert post(timedelta(minutes=1)) == 1
    assert post(timedelta(hours=1)) == 0
    assert len(post_office.received) == 1


@on_sqlite
def test_an_hour_without_a_mail_server_loses_nothing(app, write, post, post_office):
    address, app.config["SMTP_URL"] = app.config["SMTP_URL"], "smtp://127.0.0.1:9"
    write()
    for minute in range(60):
        assert post(timedelta(minutes=minute)) == 0

    app.config["SMTP_URL"] = address

    assert post(timedelta(minutes=100)) == 1


@on_sqlite
def test_in_the_end_it_is_given_up(app, write, post, look):
    app.config["SMTP_URL"] = "smtp://127.0.0.1:9"
    write()
    for day in range(12):
        post(timedelta(days=day))

    assert look.exec(select(Letter.attempts)).one() == mail.GIVE_UP_AFTER


@pytest.mark.parametrize(
    "recipient",
    ["ada@example.org\nBcc: eve@example.org", "ada@example.org, eve@example.org", "nobody", ""],
)
@on_sqlite
def test_a_bad_address_harms_no_other_letter_and_reaches_nobody_else(
    write, post, post_office, recipient
):
    write(recipient=recipient)
    write()

    assert post() == 1
    assert [recipients for recipients, _ in post_office.received] == [["ada@example.org"]]


@on_sqlite
def test_a_subject_cannot_add_headers(write, post, post_office):
    write(subject="Hello\r\nBcc: eve@example.org\r\n\r\nBuy now")

    assert post() == 1
    ((recipients, message),) = post_office.received
    assert recipients == ["ada@example.org"]
    assert message["Subject"] == "Hello Bcc: eve@example.org Buy now"
    assert message["Bcc"] is None


@on_postgresql
def test_two_workers_at_once_send_each_letter_once(app, write, post_office, look):
    for i in range(12):
        write(subject=f"Letter {i}")
    moment = clock.now()

    def work():
        with app.app_context(), clock.frozen(moment):
            return mail.post_letters()

    with ThreadPoolExecutor(2) as pool:
        sent = [job.result() for job in [pool.submit(work), pool.submit(work)]]

    assert sum(sent) == 12
    subjects = sorted(message["Subject"] for _, message in post_office.received)
    assert subjects == sorted(f"Letter {i}" for i in range(12))
    assert {letter.attempts for letter in look.exec(select(Letter))} == {1}


def test_others_may_write_while_a_mail_server_is_spoken_to(app, write, post, monkeypatch):
    """A slow mail server must not hold up the site, which has one writer on SQLite."""
    write()
    written = []

    def slow_server(_letter):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(write, subject="Meanwhile").result(timeout=5)
        written.append(True)

    monkeypatch.setattr(mail, "_hand_over", slow_server)

    assert post() == 1
    assert written == [True]


def test_a_worker_that_dies_half_way_leaves_the_letter_to_another(
    write, post, post_office, monkeypatch
):
    def die(_letter):
        raise SystemExit

    write()
    with monkeypatch.context() as patch:
        patch.setattr(mail, "_hand_over", die)
        with pytest.raises(SystemExit):
            post()

    assert post() == 0
    assert post(mail.CLAIMED_FOR) == 1


@on_sqlite
def test_without_a_mail_server_letters_go_to_a_folder(app, write, post, tmp_path):
    write()

    assert post() == 1
    (path,) = (tmp_path / "outbox").glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert (message["To"], message["Subject"]) == ("ada@example.org", "Your pool closed")
    assert message.get_content() == "Hello.\n"
