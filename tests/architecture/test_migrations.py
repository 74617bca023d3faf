"""The migrations build exactly the schema that the models describe, on both engines."""

import re
from pathlib import Path

from alembic import command

from marketplace.core import migrate
from tests.conftest import on_sqlite

VERSIONS = sorted(Path("migrations/versions").glob("*.py"))


def test_autogenerate_finds_nothing(app):
    assert migrate.differences(app.extensions["engine"]) == []


def test_each_step_can_be_taken_back_and_made_again(app):
    engine = app.extensions["engine"]
    with migrate.changing(engine) as config:
        command.downgrade(config, "base")
    migrate.migrate(engine)

    assert migrate.differences(engine) == []


@on_sqlite
def test_migrating_again_changes_nothing(app):
    migrate.migrate(app.extensions["engine"])

    with app.extensions["engine"].connect() as connection:
        assert migrate.current_revision(connection) == migrate.newest_revision()


def test_revisions_are_numbered_and_linear():
    numbers = [int(path.name[:4]) for path in VERSIONS]
    said = [re.search(r'^down_revision = "?(\w+)"?', p.read_text(), re.M)[1] for p in VERSIONS]

    assert numbers == list(range(1, len(numbers) + 1))
    assert said == ["None", *(f"{n:04}" for n in numbers[:-1])]
