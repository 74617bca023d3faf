"""The two commands and everything that is passed on."""

import subprocess
import sys
from pathlib import Path

import pytest

import manage
from boot import checks, environment

ROOT = Path(__file__).parents[2]


@pytest.fixture
def prepared(monkeypatch):
    """The environment counts as ready; what would take this process over is written down."""
    prepared, became = [], []
    monkeypatch.setattr(environment, "prepare", lambda root, groups: prepared.append(groups))
    monkeypatch.setattr(
        manage, "become", lambda name, arguments: became.append((name, arguments)) or 7
    )
    return prepared, became


@pytest.mark.parametrize(
    "arguments",
    [
        ["demo", "--port", "0", "--fresh"],
        ["migrate"],
        ["directory", "import", "a file.csv", "--json"],
        ["seed", "--help"],
    ],
)
def test_a_command_of_the_site_gets_its_arguments_unchanged(prepared, arguments):
    groups, became = prepared

    assert manage.main(arguments) == 7

    assert groups == [[]]
    assert became == [("marketplace", arguments)]


def test_help_lists_the_commands_of_the_site(prepared):
    _, became = prepared

    manage.main(["help"])

    assert became == [("marketplace", ["--help"])]


def test_with_arguments_test_runs_only_those_tests(prepared, monkeypatch, tmp_path):
    groups, became = prepared
    monkeypatch.chdir(tmp_path)

    assert manage.main(["test", "tests/boot", "-k", "port"]) == 7

    assert groups == [["test", "quality", "bench"]]
    assert became == [("pytest", ["tests/boot", "-k", "port"])]
    assert Path.cwd() == ROOT


def test_without_arguments_test_runs_every_step(prepared, monkeypatch):
    monkeypatch.setattr(checks, "run_all", lambda root: 5)

    assert manage.main(["test"]) == 5

    assert [name for name, _ in checks.STEPS] == [
        "lint",
        "format",
        "types",
        "dependencies",
        "templates",
        "tests",
    ]


@pytest.mark.parametrize(("arguments", "status"), [([], 2), (["--help"], 0)])
def test_without_a_command_the_usage_is_shown(arguments, status):
    run = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == status
    assert "manage.py demo" in run.stdout + run.stderr


def test_an_old_python_gets_one_line_and_status_one(monkeypatch, capsys):
    monkeypatch.setattr(manage.sys, "version_info", (3, 6, 15, "final", 0))

    assert manage.main(["demo"]) == 1

    shown = capsys.readouterr().err
    assert shown.startswith("Python 3.6 is too old")
    assert shown.count("\n") == 1


def test_the_program_takes_the_process_over_with_arguments_status_and_all(tmp_path):
    program = tmp_path / ".venv" / "bin" / "marketplace"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "<%s>" "$$" "$@"\nexit 3\n')
    program.chmod(0o755)
    caller = (
        "import sys; sys.path.insert(0, sys.argv[1]); import manage; from pathlib import Path\n"
        "manage.ROOT = Path(sys.argv[2]); manage.become('marketplace', ['a b', '--', '-x'])"
    )

    run = subprocess.Popen(
        [sys.executable, "-c", caller, str(ROOT), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )

    shown, _ = run.communicate(timeout=20)
    assert shown == f"<{run.pid}><a b><--><-x>"
    assert run.returncode == 3


@pytest.fixture
def steps(tmp_path, monkeypatch):
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    for name, status in (("good", 0), ("bad", 1)):
        (folder / name).write_text(f"#!/bin/sh\necho {name} ran\nexit {status}\n")
        (folder / name).chmod(0o755)

    def use(*names):
        monkeypatch.setattr(checks, "STEPS", [(name, [name]) for name in names])
        return tmp_path

    return use


def test_a_failed_step_fails_the_whole_but_the_later_ones_still_run(steps, capfd):
    assert checks.run_all(steps("bad", "good")) == 1

    shown = capfd.readouterr().out
    assert "good ran" in shown
    assert "FAILED bad" in shown


def test_all_steps_green_is_green(steps, capfd):
    assert checks.run_all(steps("good", "good")) == 0

    assert "FAILED" not in capfd.readouterr().out
