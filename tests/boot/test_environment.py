"""When the environment is made, when it is left alone, and when it is thrown away first."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from boot import environment, installer
from boot.stop import CannotStart, IndexUnreachable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "uv.lock").write_text("version = 1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    return tmp_path


@pytest.fixture
def installs(project, monkeypatch):
    """Stands in for uv: writes down what was asked and puts the programs there."""
    asked = []

    def install(root, groups, python, exact):
        asked.append((groups, exact))
        folder = root / ".venv" / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("python", "marketplace", *(environment.WITNESSES[g] for g in groups)):
            (folder / name).touch()

    monkeypatch.setattr(installer, "install", install)
    return asked


def test_a_second_start_installs_nothing(project, installs):
    environment.prepare(project, [])
    environment.prepare(project, [])

    assert installs == [([], False)]


@pytest.mark.parametrize("file", ["uv.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_file_is_installed_again(project, installs, file):
    environment.prepare(project, [])
    (project / file).write_text("changed\n")

    environment.prepare(project, [])

    assert len(installs) == 2


def test_another_python_is_installed_for_again(project, installs, monkeypatch):
    environment.prepare(project, [])
    monkeypatch.setattr(environment.platform, "python_version", lambda: "3.99.0")

    environment.prepare(project, [])

    assert len(installs) == 2


def test_the_tests_add_their_groups_and_the_demo_never_removes_them(project, installs):
    environment.prepare(project, [])
    environment.prepare(project, ["test"])
    environment.prepare(project, [])
    (project / "uv.lock").write_text("changed\n")
    environment.prepare(project, [])

    assert [groups for groups, _ in installs] == [[], ["test"], ["test"]]


def test_an_environment_made_by_hand_keeps_what_was_put_into_it(project, installs):
    by_hand = project / ".venv" / "by-hand"
    by_hand.parent.mkdir()
    by_hand.touch()

    environment.prepare(project, [])

    assert installs == [([], False)]
    assert by_hand.exists()


def test_an_environment_that_lost_a_program_is_made_again(project, installs):
    environment.prepare(project, ["test"])
    environment.program(project, "pytest").unlink()

    environment.prepare(project, ["test"])

    assert len(installs) == 2


def test_an_interrupted_environment_is_thrown_away_and_made_again(project, installs):
    leftover = project / ".venv" / "half-installed"
    leftover.parent.mkdir()
    leftover.touch()
    environment.unfinished(project).parent.mkdir()
    environment.unfinished(project).touch()

    environment.prepare(project, [])

    assert not leftover.exists()
    assert not environment.unfinished(project).exists()
    assert environment.is_ready(project, [])


def test_a_moved_project_gets_a_new_environment(project, installs, tmp_path_factory):
    environment.prepare(project, [])
    moved = tmp_path_factory.mktemp("elsewhere") / "with a space"
    project.rename(moved)

    assert not environment.is_ready(moved, [])
    environment.prepare(moved, [])
    assert environment.is_ready(moved, [])


def test_a_failed_install_leaves_the_mark_so_the_next_run_starts_from_nothing(project, monkeypatch):
    monkeypatch.setattr(installer, "install", failing_with(CannotStart("disk full")))

    with pytest.raises(CannotStart):
        environment.prepare(project, [])

    assert environment.unfinished(project).exists()


def test_without_a_network_a_working_environment_is_kept(project, installs, monkeypatch):
    environment.prepare(project, [])
    monkeypatch.setattr(installer, "install", failing_with(IndexUnreachable("no network")))

    with pytest.raises(IndexUnreachable):
        environment.prepare(project, ["test"])

    assert environment.is_ready(project, [])


def test_a_damaged_stamp_counts_as_none(project, installs):
    environment.prepare(project, [])
    environment.stamp_path(project).write_text("{half")

    assert not environment.is_ready(project, [])


def test_a_second_process_waits_for_the_first(project):
    waiter = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from boot.environment import only_one\n"
        "with only_one(Path(sys.argv[2])): print('in')"
    )
    with environment.only_one(project):
        second = subprocess.Popen(
            [sys.executable, "-c", waiter, str(ROOT), str(project)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = second.stderr.readline()
        still_waiting = second.poll() is None

    out, _ = second.communicate(timeout=20)
    assert "waiting" in said
    assert still_waiting
    assert out == "in\n"


def test_the_lock_is_free_after_its_holder_is_killed(project):
    holder = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from boot.environment import only_one\n"
        "with only_one(Path(sys.argv[2])): print('in', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", holder, str(ROOT), str(project)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with first:
        assert first.stdout.readline() == "in\n"
        first.kill()

    with (project / ".uv" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def failing_with(refusal):
    def install(root, groups, python, exact):
        raise refusal

    return install
