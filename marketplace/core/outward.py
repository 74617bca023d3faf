"""What a feature needs before it speaks to another service: its settings, and no open locks."""

from typing import Any

from flask import current_app

from marketplace.core import db


def settings(prefix: str) -> dict[str, Any]:
    """The settings whose names begin so, as the site was started with them."""
    return {name: value for name, value in current_app.config.items() if name.startswith(prefix)}


def check_nothing_is_open() -> None:
    """Raises RuntimeError while a transaction is open: nobody waits for the network in one."""
    db.outside_transactions()
