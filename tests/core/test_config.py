"""A wrong setting stops the start with one line that names it."""

import os
import stat
import subprocess
import sys

import pytest
from click.testing import CliRunner
from flask import request, session
from flask.sessions import SecureCookieSessionInterface

from marketplace import config
from marketplace.app import create_app
from marketplace.cli import main
from marketplace.core import db

KEY = "0123456789abcdef0123456789abcdef"
PRODUCTION = {"MODE": "production", "SECRET_KEYS": KEY, "PUBLIC_URL": "https://c.example.org"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODE", "prod"),
        ("DATABASE_URL", "mysql://somewhere/x"),
        ("DATABASE_URL", "sqlite:relative.db"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("MIGRATION_DATABASE_URL", "postgresql://owner@host/name"),  # DATABASE_URL is SQLite
        ("DATABASE_URL", "postgresql+asyncpg://somewhere/x"),
        ("DATABASE_URL", "postgresql://somewhere:port/x"),
        ("REPLICA_URLS", "postgresql://one/x,oracle://two/x"),
        ("QUEUE_URL", "amqp://somewhere"),
        ("PUBLIC_URL", "commons.example.org"),
        ("PUBLIC_URL", "ftp://commons.example.org"),
        ("PUBLIC_URL", "https://commons.example.org/somewhere"),
        ("PUBLIC_URL", "https://commons.example.org:port"),
        ("SMTP_URL", "mail.example.org:25"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example.org:99999"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@b.org, c@d.org"),
        ("SITE_NAME", "Commons\nBcc: everybody@example.org"),
        ("SITE_PROXIES", "many"),
        ("SITE_PROXIES", "-1"),
        ("PAGE_CACHE", "perhaps"),
        ("SECRET_KEY", KEY),
        ("CHECKPOINT_KEY", "x"),
        ("CHECKPOINT_KEYS", "short"),
        ("CHECKPOINT_KEYS", "A" * 43 + "=," + "A" * 43 + "="),
        ("DATABASE_URI", "sqlite:///x.db"),
        ("SMTP_HOST", "mail.example.org"),
        ("STRIPE_KEY", "sk_test"),
        ("STRIPE_SECRET_KEY", "pk_test_0123456789"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_0123456789,secret"),
        ("STRIPE_API_BASE", "ftp://127.0.0.1"),
        ("MAIL_SENDER", "a@b.org"),
        ("VAR", "/proc/nowhere"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(monkeypatch, name, value):
    for good, setting in {**PRODUCTION, "MODE": "demo"}.items():
        if good != "SECRET_KEYS":
            monkeypatch.setenv(good, setting)
    monkeypatch.setenv(name, value)

    answer = CliRunner().invoke(main, ["jobs", "run-due"])

    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith(name)
    assert answer.stderr.count("\n") == 1


TEST = {"STRIPE_SECRET_KEY": "sk_test_0123456789", "STRIPE_WEBHOOK_SECRET": "whsec_0123456789"}
LIVE = TEST | {"STRIPE_SECRET_KEY": "sk_live_0123456789"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (TEST | {"STRIPE_WEBHOOK_SECRET": ""}, "WEBHOOK_SECRETS is missing"),
        (TEST | {"STRIPE_SECRET_KEY": ""}, "SECRET_KEY is missing"),
        (LIVE | {"MODE": "demo"}, "only production may use it"),
        (LIVE | {"STRIPE_API_BASE": "http://127.0.0.1:1"}, "sent to Stripe only"),
    ],
)
def test_keys_of_stripe_are_whole_and_live_ones_stay_in_production(settings, words):
    with pytest.raises(config.BadSettings, match=words):
        config.load(**PRODUCTION | settings)
    secrets = config.load(**PRODUCTION | LIVE, STRIPE_WEBHOOK_SECRETS=["whsec_theNewerOne"])
    assert len(secrets["STRIPE_WEBHOOK_SECRETS"]) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"SECRET_KEYS": ""},
        {"SECRET_KEYS": "short"},
        {"SECRET_KEYS": f"{KEY},short"},
        {"SECRET_KEYS": "secret" * 8},
        {"PUBLIC_URL": "http://commons.example.org"},
    ],
    ids=str,
)
def test_production_refuses_what_is_unsafe(monkeypatch, changes):
    for name, value in {**PRODUCTION, **changes}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(config.BadSettings, match=next(iter(changes))):
        config.load()


def test_production_starts_with_good_settings(monkeypatch):
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)

    assert config.load()["SECRET_KEYS"] == [KEY]


def test_the_command_itself_says_one_line_and_stops(tmp_path):
    command = [sys.executable, "-m", "marketplace", "migrate"]
    if not (config.PACKAGE / "__main__.py").exists():
        command = [sys.executable, "-c", "from marketplace.cli import main; main()", "migrate"]
    environment = {**os.environ, "VAR": str(tmp_path), "SITE_PROXIES": "many"}

    ran = subprocess.run(command, capture_output=True, text=True, env=environment)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("SITE_PROXIES: ")
    assert ran.stderr.count("\n") == 1


def test_a_misspelt_setting_in_code_is_refused_too():
    with pytest.raises(config.BadSettings, match="DATABASE"):
        config.load(MODE="test", DATABASE="sqlite:///x.db")


def test_the_demonstration_keeps_a_secret_of_its_own(tmp_path):
    first, second = (config.load(MODE="demo", VAR=tmp_path) for _ in range(2))

    for name in ("SECRET_KEYS", "CHECKPOINT_KEYS"):
        assert first[name] == second[name]
    assert len(first["SECRET_KEYS"][0]) >= 48
    assert [len(key) for key in first["CHECKPOINT_KEYS"]] == [32]
    kept = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert kept == {"secret": 0o600, "checkpoint-key": 0o600}


def test_production_signs_nothing_without_a_key_of_its_own(tmp_path):
    key = "A" * 43 + "="
    assert config.load(**PRODUCTION, VAR=tmp_path)["CHECKPOINT_KEYS"] == []
    assert config.load(**PRODUCTION, CHECKPOINT_KEYS=key)["CHECKPOINT_KEYS"] == [bytes(32)]


def test_all_processes_of_one_release_have_the_same_name():
    assert config.load(MODE="test")["BUILD"] == config.fingerprint_of_code()
    assert config.load(MODE="test", BUILD="2027.1")["BUILD"] == "2027.1"


@pytest.fixture
def start(tmp_path):
    apps = []

    def start(**settings):
        app = create_app(MODE="test", VAR=tmp_path, **settings)
        app.add_url_rule("/who", "who", view_func=lambda: session.get("who", "nobody"))
        app.add_url_rule(
            "/me", "me", view_func=lambda: f"{request.remote_addr} {request.scheme} {request.host}"
        )
        apps.append(app)
        return app

    yield start
    for app in apps:
        db.dispose(app)


def test_after_a_change_of_keys_old_sessions_are_read_until_the_key_goes(start):
    old, new = "old key" * 6, "new key" * 6
    signer = SecureCookieSessionInterface().get_signing_serializer(start(SECRET_KEYS=[old]))
    cookie = signer.dumps({"who": "Ada"})

    def who(*keys):
        client = start(SECRET_KEYS=list(keys)).test_client()
        client.set_cookie("session", cookie)
        return client.get("/who").text

    assert (who(old), who(new, old), who(new)) == ("Ada", "Ada", "nobody")


@pytest.mark.parametrize("host", ["evil.example", "commons.example.org.evil.example", "", "a b"])
def test_only_our_own_host_is_believed(start, host):
    client = start(PUBLIC_URL="http://commons.example.org").test_client()

    assert client.get("/me", headers={"Host": "commons.example.org"}).status_code == 200
    assert client.get("/me", headers={"Host": host}).status_code == 400


def test_forwarded_addresses_are_believed_only_from_as_many_proxies_as_said(start):
    forwarded = {
        "X-Forwarded-For": "6.6.6.6, 203.0.113.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
    }

    without = start().test_client().get("/me", headers=forwarded)
    behind_one = start(SITE_PROXIES=1).test_client()

    assert without.text == "127.0.0.1 http localhost"
    assert behind_one.get("/me", headers=forwarded).status_code == 400
    forwarded["X-Forwarded-Host"] = "127.0.0.1"
    assert behind_one.get("/me", headers=forwarded).text == "203.0.113.9 https 127.0.0.1"
