"""The first operator of a site is made at the machine, not on a page."""

from click.testing import CliRunner

from marketplace.cli import main
from tests.conftest import on_sqlite

PASSWORD = "a long enough password"


def run(monkeypatch, app, *arguments):
    monkeypatch.setenv("VAR", str(app.config["VAR"]))
    monkeypatch.setenv("DATABASE_URL", app.config["DATABASE_URL"])
    monkeypatch.setenv("MODE", "test")
    return CliRunner().invoke(main, ["operator", *arguments])


@on_sqlite
def test_an_operator_is_made_and_opens_the_console(app, monkeypatch):
    answer = run(monkeypatch, app, "ann@x.org", "--name", "Ann Lee", "--password", PASSWORD)
    client = app.test_client()

    signed_in = client.send("/sign-in", email="ann@x.org", password=PASSWORD)

    assert (answer.exit_code, signed_in.location) == (0, "/admin/")
    assert client.get("/admin/").status_code == 200


@on_sqlite
def test_a_short_password_is_refused_in_one_line(app, monkeypatch):
    answer = run(monkeypatch, app, "ann@x.org", "--name", "Ann Lee", "--password", "short")

    assert answer.exit_code == 1
    assert len(answer.stderr.strip().splitlines()) == 1
    assert (
        app.test_client().send("/sign-in", email="ann@x.org", password="short").status_code == 422
    )


@on_sqlite
def test_the_same_address_twice_is_refused(app, monkeypatch):
    arguments = ("ann@x.org", "--name", "Ann Lee", "--password", PASSWORD)
    run(monkeypatch, app, *arguments)

    assert run(monkeypatch, app, *arguments).exit_code == 1
