"""The build machine's run: a browser where it may be installed, then the README's test command."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[2] / ".ci" / "run"
NEEDED = ["bash", "dirname", "env", "mktemp", "rm", "tail"]


@pytest.fixture
def machine(tmp_path):
    """A machine of our own making: only the programs named here exist."""

    def program(name, script):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    for name in NEEDED:
        (tmp_path / name).symlink_to(shutil.which(name))
    program("python3", 'echo "python3 $@"; exit ${TESTS_END_WITH:-0}')
    program("id", "echo 0")
    return program


def ci(tmp_path, **settings):
    return subprocess.run(
        [str(RUN)],
        env={"PATH": str(tmp_path), "TMPDIR": str(tmp_path), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_can_be_run():
    assert os.access(RUN, os.X_OK)


def test_what_is_there_is_used(machine, tmp_path):
    machine("chromium", "")
    machine("hledger", "")
    machine("apt-get", "echo apt-get ran")

    run = ci(tmp_path)

    assert run.returncode == 0
    assert run.stdout == f"{tmp_path}/chromium\n{tmp_path}/hledger\npython3 manage.py test\n"


def test_root_gets_what_is_missing_by_apt_get(machine, tmp_path):
    machine("apt-get", f'echo "$@" >> "{tmp_path}/asked"')

    run = ci(tmp_path)

    assert "chromium: installed" in run.stdout
    assert "python3 manage.py test" in run.stdout
    asked = (tmp_path / "asked").read_text().splitlines()
    assert "update" in asked[0]
    assert asked[1].endswith("chromium")
    assert asked[3].endswith("hledger")


def test_without_root_the_tests_run_without_a_browser_and_the_reason_is_said(machine, tmp_path):
    machine("id", "echo 1000")
    machine("apt-get", "exit 9")

    run = ci(tmp_path)

    assert "needs root and apt-get" in run.stdout
    assert "python3 manage.py test" in run.stdout


def test_a_failed_browser_install_is_shown_and_does_not_stop_the_tests(machine, tmp_path):
    machine("apt-get", "echo no mirror; exit 100")

    run = ci(tmp_path)

    assert "no mirror" in run.stdout
    assert "could not be installed" in run.stdout
    assert "python3 manage.py test" in run.stdout


def test_failed_tests_fail_the_run(machine, tmp_path):
    machine("chromium", "")

    assert ci(tmp_path, TESTS_END_WITH="3").returncode == 3
