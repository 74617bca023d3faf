"""The `marketplace` command; every feature brings its own sub-commands."""

import sys
from importlib import import_module
from importlib.util import find_spec

import click
from sqlalchemy.exc import OperationalError

from marketplace import config
from marketplace.core.errors import DomainError
from marketplace.features import FEATURES


class OneLine(click.Group):
    """Refusals are one clear line on standard error and exit status 1, never a traceback."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (DomainError, config.BadSettings) as refusal:
            click.echo(str(refusal), err=True)
            sys.exit(1)
        except OperationalError as failure:
            first_line = str(failure.orig).strip().split("\n")[0]
            click.echo(f"The database did not do it: {first_line}", err=True)
            sys.exit(1)


@click.group(cls=OneLine)
def main() -> None:
    """Small school districts buy AI tools together, with the books open."""


for feature in ("core", *FEATURES):
    if find_spec(f"marketplace.{feature}.commands"):
        module = import_module(f"marketplace.{feature}.commands")
        for command in module.COMMANDS:
            main.add_command(command)
