"""Finding and installing uv, and what is said when that does not work."""

import subprocess
import sys
from pathlib import Path

import pytest

from boot import installer
from boot.stop import CannotStart, IndexUnreachable

LOG = Path("/project/.uv/install.log")


def fake_uv(place: Path, version: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"#!/bin/sh\necho 'uv {version} (somewhere)'\n")
    place.chmod(0o755)
    return place


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """No uv on this machine."""
    monkeypatch.setattr(installer.shutil, "which", lambda name: None)
    return tmp_path


def test_uv_of_the_exact_version_is_taken_from_the_machine(alone, monkeypatch):
    uv = fake_uv(alone / "bin" / "uv", installer.UV_VERSION)
    monkeypatch.setattr(installer.shutil, "which", lambda name: str(uv))

    assert installer.find_uv(alone, {}) == str(uv)


def test_uv_of_another_version_is_not_taken(alone, monkeypatch):
    uv = fake_uv(alone / "bin" / "uv", "0.1.0")
    monkeypatch.setattr(installer.shutil, "which", lambda name: str(uv))

    assert installer.find_uv(alone, {}) == ""


@pytest.mark.parametrize("content", ["", "not a program", "#!/bin/sh\nexit 1\n"])
def test_a_broken_uv_is_not_taken(alone, content):
    uv = fake_uv(installer.own_uv(alone), installer.UV_VERSION)
    assert installer.find_uv(alone, {}) == str(uv)

    uv.write_text(content)

    assert installer.find_uv(alone, {}) == ""


def test_a_half_downloaded_uv_is_replaced_by_a_whole_one(alone, monkeypatch):
    half = alone / ".uv" / "parts" / "half"
    half.parent.mkdir(parents=True)
    half.touch()
    monkeypatch.setattr(installer, "installing_program", lambda python, settings: ["pip"])
    monkeypatch.setattr(
        installer,
        "run",
        lambda root, command, settings: fake_uv(
            Path(command[command.index("--target") + 1]) / "bin" / "uv", installer.UV_VERSION
        ),
    )

    uv = installer.install_uv(alone, sys.executable, {})

    assert installer.version_of(uv, {}) == installer.UV_VERSION
    assert not half.parent.exists()


def test_without_pip_and_uv_the_refusal_names_what_to_install(alone, tmp_path):
    no_pip = fake_uv(tmp_path / "python", "").with_name("python")
    no_pip.write_text("#!/bin/sh\nexit 1\n")

    with pytest.raises(CannotStart, match=r"pip is missing.*python3-pip"):
        installer.installing_program(str(no_pip), {})


def test_with_pip_pip_installs_uv(alone, tmp_path):
    python = fake_uv(tmp_path / "python", "")

    assert installer.installing_program(str(python), {}) == [str(python), "-m", "pip"]


@pytest.mark.parametrize(
    ("output", "kind", "said"),
    [
        ("tcp connect error: Connection refused", IndexUnreachable, "could not be reached"),
        ("cause: invalid peer certificate: UnknownIssuer", IndexUnreachable, "SSL_CERT_FILE"),
        ("No space left on device (os error 28)", CannotStart, "disk is full"),
        ("hello\nerror: the lockfile is old\nhint", CannotStart, "error: the lockfile is old"),
        ("", CannotStart, "no reason given"),
    ],
)
def test_a_failed_install_is_explained_in_one_line(output, kind, said):
    refusal = installer.refusal(output, LOG)

    assert type(refusal) is kind
    assert said in str(refusal)
    assert "\n" not in str(refusal)


def test_output_of_a_failing_program_is_kept_in_the_log(tmp_path):
    (tmp_path / ".uv").mkdir()

    with pytest.raises(CannotStart, match="error: no luck"):
        installer.run(tmp_path, ["sh", "-c", "echo error: no luck; exit 2"], {})

    assert (tmp_path / ".uv" / "install.log").read_text() == "error: no luck\n"


def test_caches_go_under_var_when_there_is_no_usable_home(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)

    monkeypatch.setenv("HOME", str(tmp_path))
    assert "UV_CACHE_DIR" not in installer.settings_for_tools(tmp_path, "python")

    monkeypatch.delenv("HOME")
    settings = installer.settings_for_tools(tmp_path, "python")
    assert settings["UV_CACHE_DIR"] == str(tmp_path / "var" / "cache" / "uv")


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ({"SSL_CERT_FILE": "/a"}, {"SSL_CERT_FILE": "/a", "PIP_CERT": "/a"}),
        ({"PIP_CERT": "/b"}, {"SSL_CERT_FILE": "/b", "PIP_CERT": "/b"}),
        (
            {"SSL_CERT_FILE": "/a", "REQUESTS_CA_BUNDLE": "/b"},
            {"SSL_CERT_FILE": "/a", "REQUESTS_CA_BUNDLE": "/b"},
        ),
    ],
)
def test_pip_and_uv_trust_the_same_certificates(given, settings):
    installer.share_certificates(given)

    assert given == settings


@pytest.mark.parametrize(
    ("settings", "mirror"),
    [
        ({"PIP_INDEX_URL": "https://pypi.org/simple/"}, ""),
        ({"PIP_INDEX_URL": "https://mirror.test/simple"}, "https://mirror.test/simple"),
        (
            {"UV_DEFAULT_INDEX": "https://a.test", "PIP_INDEX_URL": "https://b.test"},
            "https://a.test",
        ),
        ({}, ""),
    ],
)
def test_a_mirror_is_used_only_when_the_machine_names_one(settings, mirror):
    assert installer.mirror_in(settings, "/there/is/no/python") == mirror


def test_a_mirror_keeps_the_locked_versions_and_hashes(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(installer, "run", lambda root, command, settings: commands.append(command))

    installer.install_from_mirror(tmp_path, "uv", ["test"], {}, "https://mirror.test/simple")

    assert commands[0][1:3] == ["export", "--frozen"]
    assert "--group=test" in commands[0]
    assert "--require-hashes" in commands[2]


def test_nothing_is_asked_of_a_program_that_is_not_there():
    assert installer.asked(["/there/is/no/program"], {}) == ""
    assert installer.asked(["sh", "-c", "echo hello"], {"PATH": "/usr/bin:/bin"}) == "hello"
    assert subprocess.call(["sh", "-c", "exit 1"]) == 1
    assert installer.asked(["sh", "-c", "echo hello; exit 1"], {"PATH": "/usr/bin:/bin"}) == ""
