"""What is asked of the machine before the long work, and how it is refused."""

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from boot import machine
from boot.stop import CannotStart

ROOT = Path(__file__).parents[2]
STARTUP_FILES = [ROOT / "manage.py", *sorted((ROOT / "boot").glob("*.py"))]


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("file", STARTUP_FILES, ids=lambda file: file.name)
def test_an_old_python_can_read_the_start_up_files(file):
    ast.parse(file.read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("file", STARTUP_FILES, ids=lambda file: file.name)
def test_the_start_up_files_import_only_the_standard_library(file):
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported <= set(sys.stdlib_module_names) | {"boot"}


@pytest.mark.parametrize("version", [(3, 6), (3, 10)])
def test_an_old_python_is_refused_with_its_version_and_the_one_needed(version):
    with pytest.raises(CannotStart, match=rf"^Python 3\.{version[1]} is too old: .*3\.11"):
        machine.check_python(version)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_supported_python_is_accepted(version):
    machine.check_python(version)


def test_windows_is_sent_to_wsl_and_posix_is_not():
    machine.check_system("posix")
    with pytest.raises(CannotStart, match="WSL"):
        machine.check_system("nt")


def test_a_taken_port_is_refused_and_a_free_one_is_offered(taken_port):
    with pytest.raises(CannotStart) as refusal:
        machine.check_port(taken_port)

    line = str(refusal.value)
    offered = int(line.rsplit(" ", 1)[1])
    assert line.startswith(f"Port {taken_port} is taken")
    assert "--port" in line
    assert offered != taken_port
    machine.check_port(offered)


def test_the_demo_says_so_in_one_line_and_fails_before_the_long_work(taken_port):
    run = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "demo", f"--port={taken_port}"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith(f"Port {taken_port} is taken")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "port"),
    [
        ([], 8000),
        (["--fresh"], 8000),
        (["--port", "9001", "--fresh"], 9001),
        (["--port=9002"], 9002),
        (["--port"], None),
        (["--port", "abc"], None),
        (["--port", "70000"], None),
    ],
)
def test_the_port_is_read_as_the_demo_will_read_it(arguments, port):
    assert machine.port_in(arguments) == port


def test_a_folder_that_cannot_be_written_is_refused_by_name(tmp_path, monkeypatch):
    machine.check_place_for_data(tmp_path)  # a folder of one's own is fine

    # Root may write anywhere, so the answer of the system is replaced.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(CannotStart, match=r"Nothing can be written in .*copy the project"):
        machine.check_place_for_data(tmp_path)


def test_the_place_for_data_is_var_when_it_exists(tmp_path, monkeypatch):
    (tmp_path / "var").mkdir()
    asked = []
    monkeypatch.setattr(os, "access", lambda path, mode: asked.append(path) or True)

    machine.check_place_for_data(tmp_path)

    assert asked == [str(tmp_path / "var")]
