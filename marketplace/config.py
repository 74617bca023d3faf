"""Settings from the environment, checked when the site starts."""

import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from marketplace.core.resources import HOME

#: Settings are read under these names only; a near miss stops the start.
PREFIXES = (
    "STRIPE_",
    "SMTP_",
    "OIDC_",
    "DATABASE_",
    "REPLICA_",
    "SECRET_",
    "QUEUE_",
    "SITE_",
)
Mode = Literal["demo", "production", "test"]


class BadSettings(Exception):
    """Which setting is wrong and why, in one line."""


class Settings(BaseSettings):
    """See docs/running.md for what each one does."""

    model_config = SettingsConfigDict(extra="ignore", case_sensitive=True)

    MODE: Mode = "production"
    VAR: Path = HOME / "var"
    DATABASE_URL: str = ""
    REPLICA_URLS: Annotated[list[str], NoDecode] = []
    SECRET_KEYS: Annotated[list[str], NoDecode] = []
    QUEUE_URL: str = ""
    REDIS_URL: str = ""
    SITE_NAME: str = "District Commons"
    PUBLIC_URL: str = "http://127.0.0.1:8000"
    SMTP_URL: str = ""
    MAIL_FROM: str = "no-reply@districtcommons.example"
    STRIPE_SECRET_KEY: str = ""
    STRIPE_WEBHOOK_SECRET: str = ""
    STRIPE_API_BASE: str = ""
    OIDC_ISSUER: str = ""
    OIDC_CLIENT_ID: str = ""
    OIDC_CLIENT_SECRET: str = ""
    #: How many reverse proxies stand in front and set X-Forwarded-For.
    SITE_PROXIES: int = Field(default=0, ge=0, le=5)
    PAGE_CACHE: bool = True
    RATE_LIMITS: bool | None = None  # None: on, except in tests
    BUILD: str = Field(default_factory=lambda: secrets.token_hex(4))

    @field_validator("REPLICA_URLS", "SECRET_KEYS", mode="before")
    @classmethod
    def _split_commas(cls, value: Any) -> Any:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @field_validator("DATABASE_URL")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if value and urlsplit(value).scheme.split("+")[0] not in (
            "sqlite",
            "postgresql",
            "postgres",
        ):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value

    @field_validator("PUBLIC_URL")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be a web address such as https://commons.example.org")
        return value.rstrip("/")

    @field_validator("SMTP_URL")
    @classmethod
    def _is_a_mail_server(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("smtp", "smtps"):
            raise ValueError("must start with smtp:// or smtps://")
        return value

    @model_validator(mode="after")
    def _production_is_strict(self) -> "Settings":
        if self.MODE == "production":
            if not self.SECRET_KEYS:
                raise ValueError("SECRET_KEYS is missing: set one of at least 32 characters")
            if min(map(len, self.SECRET_KEYS)) < 32:
                raise ValueError("SECRET_KEYS holds a key shorter than 32 characters")
            if urlsplit(self.PUBLIC_URL).scheme != "https":
                raise ValueError("PUBLIC_URL must begin with https:// in production")
        return self


def load(**overrides: Any) -> dict[str, Any]:
    """The settings as Flask takes them; raises `BadSettings` naming the first problem."""
    _refuse_unknown()
    try:
        settings = Settings(**overrides)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or "Settings"
        words = first["msg"].removeprefix("Value error, ")
        raise BadSettings(words if words.startswith(name) else f"{name}: {words}") from None
    values = settings.model_dump()
    values["VAR"] = Path(values["VAR"]).absolute()
    values["DATABASE_URL"] = values["DATABASE_URL"] or f"sqlite:///{values['VAR']}/commons.db"
    if not values["SECRET_KEYS"]:
        values["SECRET_KEYS"] = [_kept_secret(values["VAR"])]
    return values


def _refuse_unknown() -> None:
    for name in os.environ:
        if name.startswith(PREFIXES) and name not in Settings.model_fields:
            raise BadSettings(f"{name}: unknown setting; see docs/running.md for the names")


def _kept_secret(var: Path) -> str:
    """Demo and tests get a random secret of their own, kept so that sessions survive a restart."""
    path = var / "secret"
    if not path.exists():
        var.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(48))
        path.chmod(0o600)
    return path.read_text()
