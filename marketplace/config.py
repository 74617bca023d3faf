"""Settings from the environment, checked when the site starts."""

import binascii
import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from marketplace.core.resources import HOME, PACKAGE, STATIC, TEMPLATES

#: Settings are read under these names only; a near miss stops the start.
PREFIXES = (
    "STRIPE_",
    "SMTP_",
    "OIDC_",
    "DATABASE_",
    "MIGRATION_",
    "REPLICA_",
    "SECRET_",
    "QUEUE_",
    "SITE_",
    "MAIL_",
    "PUBLIC_",
    "SCAN_",
    "CHECKPOINT_",
)
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg", "postgres")
Mode = Literal["demo", "production", "test"]


class BadSettings(Exception):
    """Which setting is wrong and why, in one line."""


def _check_database(url: str) -> str:
    scheme = urlsplit(url).scheme
    if scheme not in DATABASES or (scheme == "sqlite" and not re.match("sqlite:///[^:]", url)):
        raise ValueError("must be sqlite:///path/of/a/file.db or postgresql://user@host/name")
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError("is not a well-formed database address") from None
    return url


def _check_port(url: str) -> None:
    try:
        urlsplit(url).port  # noqa: B018  reading it checks it
    except ValueError:
        raise ValueError("has a port that is not a number up to 65535") from None


def _read_key(key: str) -> bytes:
    try:
        private = b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        private = b""
    if len(private) != 32:
        raise ValueError("must be 32 random bytes in base64: see docs/running.md")
    return private


@cache
def fingerprint_of_code() -> str:
    """Names what is running; the same in every process and on every machine that runs it."""
    digest = sha256()
    for folder, ending in ((PACKAGE, "*.py"), (TEMPLATES, "*.html"), (STATIC, "*.css")):
        for path in sorted(folder.rglob(ending)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


class Settings(BaseSettings):
    """See docs/running.md for what each one does."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=True, env_ignore_empty=True)

    MODE: Mode = "production"
    VAR: Path = HOME / "var"
    DATABASE_URL: str = ""
    #: Who owns the tables, where the site itself signs in as somebody who does not.
    MIGRATION_DATABASE_URL: str = ""
    REPLICA_URLS: Annotated[list[str], NoDecode] = []
    SECRET_KEYS: Annotated[list[str], NoDecode] = []
    #: Sign the daily checkpoints; newest first, and both while one takes over from another.
    CHECKPOINT_KEYS: Annotated[list[str], NoDecode] = []
    QUEUE_URL: str = ""
    REDIS_URL: str = ""
    SITE_NAME: str = "District Commons"
    PUBLIC_URL: str = "http://127.0.0.1:8000"
    SMTP_URL: str = ""
    MAIL_FROM: str = "no-reply@districtcommons.example"
    #: Without it the site takes checks and transfers only, and says so.
    STRIPE_SECRET_KEY: str = ""
    STRIPE_WEBHOOK_SECRET: str = ""
    #: Several, while one takes over from another; joined with STRIPE_WEBHOOK_SECRET.
    STRIPE_WEBHOOK_SECRETS: Annotated[list[str], NoDecode] = []
    #: Another address than Stripe's own, for test keys only.
    STRIPE_API_BASE: str = ""
    OIDC_ISSUER: str = ""
    OIDC_CLIENT_ID: str = ""
    OIDC_CLIENT_SECRET: str = ""
    #: How many reverse proxies stand in front and set X-Forwarded-For.
    SITE_PROXIES: int = Field(default=0, ge=0, le=5)
    #: Reads a file on its standard input; 0 clean, 1 infected. Empty: nothing is scanned.
    SCAN_COMMAND: str = ""
    PAGE_CACHE: bool = True
    #: Strangers may see a page this many seconds old; 0 asks the database every time.
    PAGE_CACHE_PAUSE: float = Field(default=1.0, ge=0, le=60)
    RATE_LIMITS: bool | None = None  # None: on, except in tests
    BUILD: str = Field(default_factory=fingerprint_of_code)

    @field_validator(
        "REPLICA_URLS", "SECRET_KEYS", "CHECKPOINT_KEYS", "STRIPE_WEBHOOK_SECRETS", mode="before"
    )
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("CHECKPOINT_KEYS")
    @classmethod
    def _are_keys(cls, value: list[str]) -> list[str]:
        for key in value:
            _read_key(key)
        if len(set(value)) < len(value):
            raise ValueError("holds the same key twice")
        return value

    @field_validator("DATABASE_URL", "MIGRATION_DATABASE_URL")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        return _check_database(value) if value else value

    @field_validator("REPLICA_URLS")
    @classmethod
    def _known_engines(cls, value: list[str]) -> list[str]:
        return [_check_database(url) for url in value]

    @field_validator("QUEUE_URL")
    @classmethod
    def _known_queue(cls, value: str) -> str:
        if not value.startswith(("redis://", "rediss://")):
            return _check_database(value) if value else value
        if find_spec("redis") is None:
            raise ValueError("needs the extra `redis`: uv sync --extra redis")
        return value

    @field_validator("SITE_NAME", "MAIL_FROM")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable() or not value.strip():
            raise ValueError("must be one line of printable characters")
        return value

    @field_validator("MAIL_FROM")
    @classmethod
    def _is_an_email_address(cls, value: str) -> str:
        if not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", value):
            raise ValueError("must be one plain e-mail address")
        return value

    @field_validator("PUBLIC_URL")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        _check_port(value)
        extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        if parts.scheme not in ("http", "https") or not parts.hostname or extra:
            raise ValueError("must be a web address such as https://commons.example.org")
        return value.rstrip("/")

    @field_validator("SMTP_URL")
    @classmethod
    def _is_a_mail_server(cls, value: str) -> str:
        _check_port(value)
        parts = urlsplit(value)
        if value and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError("must be smtp://user:password@host:587 or smtps://…:465")
        return value

    @field_validator("STRIPE_SECRET_KEY")
    @classmethod
    def _is_a_stripe_key(cls, value: str) -> str:
        if value and not re.fullmatch(r"(sk|rk)_(test|live)_\w{10,250}", value):
            raise ValueError("must be a secret or restricted key: sk_test_…, sk_live_…, rk_…")
        return value

    @field_validator("STRIPE_API_BASE")
    @classmethod
    def _is_a_plain_address(cls, value: str) -> str:
        return cls._is_an_address(value) if value else value

    @model_validator(mode="after")
    def _stripe_is_whole(self) -> "Settings":
        """Test and live are never mixed, and a live key is never sent to another address."""
        secrets_ = [self.STRIPE_WEBHOOK_SECRET, *self.STRIPE_WEBHOOK_SECRETS]
        kept = list(dict.fromkeys(secret for secret in secrets_ if secret))
        self.STRIPE_WEBHOOK_SECRETS = kept
        if any(not re.fullmatch(r"whsec_\w{10,250}", secret) for secret in kept):
            raise ValueError("STRIPE_WEBHOOK_SECRETS: each must begin with whsec_")
        if not self.STRIPE_SECRET_KEY:
            if kept or self.STRIPE_API_BASE:
                raise ValueError("STRIPE_SECRET_KEY is missing: the other STRIPE_ settings need it")
            return self
        if not kept:
            raise ValueError("STRIPE_WEBHOOK_SECRETS is missing: without it no payment is noticed")
        if "_live_" in self.STRIPE_SECRET_KEY:
            if self.MODE != "production":
                raise ValueError("STRIPE_SECRET_KEY is a live key: only production may use it")
            if self.STRIPE_API_BASE:
                raise ValueError("STRIPE_API_BASE: a live key is sent to Stripe only")
        return self

    @model_validator(mode="after")
    def _production_is_strict(self) -> "Settings":
        if self.MIGRATION_DATABASE_URL:
            both = (self.DATABASE_URL, self.MIGRATION_DATABASE_URL)
            if any(not url.startswith("postgres") for url in both):
                raise ValueError("MIGRATION_DATABASE_URL is for PostgreSQL, like DATABASE_URL")
            if make_url(both[0]).username in (None, make_url(both[1]).username):
                raise ValueError("MIGRATION_DATABASE_URL must name another user than DATABASE_URL")
        if self.MODE == "production":
            if not self.SECRET_KEYS:
                raise ValueError("SECRET_KEYS is missing: set one of at least 32 characters")
            if min(map(len, self.SECRET_KEYS)) < 32:
                raise ValueError("SECRET_KEYS holds a key shorter than 32 characters")
            if min(len(set(key)) for key in self.SECRET_KEYS) < 10:
                raise ValueError("SECRET_KEYS holds a key that is easy to guess: make a random one")
            if urlsplit(self.PUBLIC_URL).scheme != "https":
                raise ValueError("PUBLIC_URL must begin with https:// in production")
        return self


def load(**overrides: Any) -> dict[str, Any]:
    """The settings as Flask takes them; raises `BadSettings` naming the first problem."""
    _refuse_unknown(overrides)
    try:
        settings = Settings(**overrides)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        words = first["msg"].removeprefix("Value error, ")
        raise BadSettings(words if words.startswith(name) else f"{name}: {words}") from None
    values = settings.model_dump()
    values["VAR"] = Path(values["VAR"]).absolute()
    values["DATABASE_URL"] = values["DATABASE_URL"] or f"sqlite:///{values['VAR']}/commons.db"
    if not values["SECRET_KEYS"]:
        values["SECRET_KEYS"] = [_kept_secret(values["VAR"], "secret", _new_secret)]
    if not values["CHECKPOINT_KEYS"] and values["MODE"] != "production":
        values["CHECKPOINT_KEYS"] = [_kept_secret(values["VAR"], "checkpoint-key", _new_key)]
    values["CHECKPOINT_KEYS"] = [_read_key(key) for key in values["CHECKPOINT_KEYS"]]
    return values


def _new_secret() -> str:
    return secrets.token_urlsafe(48)


def _new_key() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


def _refuse_unknown(overrides: dict[str, Any]) -> None:
    for name in (*os.environ, *overrides):
        near_miss = name in overrides or name.startswith(PREFIXES)
        if near_miss and name not in Settings.model_fields:
            raise BadSettings(f"{name}: unknown setting; see docs/running.md for the names")


def _kept_secret(var: Path, name: str, make: Callable[[], str]) -> str:
    """Demo and tests get random secrets of their own, kept so that they survive a restart."""
    path = var / name
    try:
        var.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_secret(path, make())
        return path.read_text()
    except OSError as problem:
        raise BadSettings(f"VAR: cannot keep data in {var} ({problem.strerror})") from None


def _write_secret(path: Path, secret: str) -> None:
    """Nobody else can read it at any moment, and of two processes the quicker one wins."""
    draft = path.with_name(f"{path.name}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
