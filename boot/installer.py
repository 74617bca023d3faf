"""Finds or installs uv at one exact version and lets it install what uv.lock says."""

import os
import shutil
import ssl
import subprocess
from pathlib import Path

from boot.stop import CannotStart, IndexUnreachable

UV_VERSION = "0.13.9"
SIGNS_OF_NO_NETWORK = (
    "error sending request",
    "dns error",
    "failed to lookup",
    "Failed to establish a new connection",
    "Name or service not known",
    "Temporary failure in name resolution",
    "Connection refused",
    "ConnectTimeoutError",
    "Network is unreachable",
)


def install(root: Path, groups: "list[str]", python: str, exact: bool) -> None:
    settings = settings_for_tools(root, python)
    uv = find_uv(root, settings) or install_uv(root, python, settings)
    mirror = mirror_in(settings, python)
    if mirror:
        install_from_mirror(root, uv, groups, settings, mirror)
    else:
        run(root, [uv, "sync", "--locked", *group_options(groups), *keep(exact)], settings)


def keep(exact: bool) -> "list[str]":
    """An environment somebody made by hand keeps whatever else was put into it."""
    return [] if exact else ["--inexact"]


def group_options(groups: "list[str]") -> "list[str]":
    return ["--no-default-groups"] + [f"--group={group}" for group in groups]


def install_from_mirror(
    root: Path, uv: str, groups: "list[str]", settings: "dict[str, str]", mirror: str
) -> None:
    """uv.lock names the addresses of pypi.org; elsewhere the versions and hashes are kept."""
    listed = str(root / ".uv" / "locked.txt")
    python = str(root / ".venv" / "bin" / "python")
    here = {**settings, "UV_DEFAULT_INDEX": mirror, "UV_PYTHON": python}
    run(
        root,
        [uv, "export", "--frozen", "--no-emit-project", *group_options(groups), "-o", listed],
        settings,
    )
    run(root, [uv, "venv", "--allow-existing", str(root / ".venv")], settings)
    run(root, [uv, "pip", "install", "--require-hashes", "-r", listed], here)
    run(root, [uv, "pip", "install", "--no-deps", "-e", "."], here)


def mirror_in(settings: "dict[str, str]", python: str) -> str:
    """The package index this machine is told to use instead of pypi.org; empty when none."""
    names = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
    index = next((settings[name] for name in names if settings.get(name)), "") or asked(
        [python, "-m", "pip", "config", "get", "global.index-url"], settings
    )
    return "" if "//pypi.org/" in index else index


def settings_for_tools(root: Path, python: str) -> "dict[str, str]":
    settings = {
        **os.environ,
        "UV_PYTHON": python,  # otherwise uv probes every Python it can find
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PROJECT_ENVIRONMENT": str(root / ".venv"),
        "PIP_USER": "0",  # pip refuses --target together with a configured --user
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    settings.pop("VIRTUAL_ENV", None)
    share_certificates(settings)
    if not has_cache_folder(settings):
        settings.setdefault("UV_CACHE_DIR", str(root / "var" / "cache" / "uv"))
        settings.setdefault("PIP_CACHE_DIR", str(root / "var" / "cache" / "pip"))
    if settings.get("PYTHONDONTWRITEBYTECODE"):
        settings.setdefault("UV_COMPILE_BYTECODE", "1")  # else every start would compile everything
    return settings


def share_certificates(settings: "dict[str, str]") -> None:
    """pip and uv read different names for the same thing: a company's own certificates."""
    for_pip = settings.get("PIP_CERT") or settings.get("REQUESTS_CA_BUNDLE")
    for_uv = settings.get("SSL_CERT_FILE")
    if for_uv and not for_pip:
        settings["PIP_CERT"] = for_uv
    elif for_pip and not for_uv:
        settings["SSL_CERT_FILE"] = for_pip
    elif not for_uv and ssl.get_default_verify_paths().cafile:
        settings.setdefault("UV_SYSTEM_CERTS", "1")  # what the machine trusts, not only uv's list


def has_cache_folder(settings: "dict[str, str]") -> bool:
    home = settings.get("HOME")
    named = settings.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home else "")
    if not named:
        return False
    folder = Path(named)
    while not folder.exists():
        folder = folder.parent
    return os.access(str(folder), os.W_OK | os.X_OK)


def find_uv(root: Path, settings: "dict[str, str]") -> str:
    for candidate in (str(own_uv(root)), shutil.which("uv") or ""):
        if candidate and version_of(candidate, settings) == UV_VERSION:
            return candidate
    return ""


def version_of(uv: str, settings: "dict[str, str]") -> str:
    return "".join(asked([uv, "--version"], settings).split()[1:2])


def own_uv(root: Path) -> Path:
    return root / ".uv" / UV_VERSION / "bin" / "uv"


def install_uv(root: Path, python: str, settings: "dict[str, str]") -> str:
    """`pip --target` works where Python is managed by the system and has no `ensurepip`."""
    place, parts = own_uv(root).parent.parent, root / ".uv" / "parts"
    shutil.rmtree(str(parts), ignore_errors=True)
    shutil.rmtree(str(place), ignore_errors=True)
    options = ["--quiet", "--target", str(parts), f"uv=={UV_VERSION}"]
    run(root, [*installing_program(python, settings), "install", *options], settings)
    parts.rename(place)  # at once, so a half-installed uv is never taken for a whole one
    return str(own_uv(root))


def installing_program(python: str, settings: "dict[str, str]") -> "list[str]":
    if asked([python, "-m", "pip", "--version"], settings):
        return [python, "-m", "pip"]
    other_uv = shutil.which("uv")
    if other_uv:
        return [other_uv, "pip"]
    raise CannotStart(
        "pip is missing: install it (Debian and Ubuntu: apt-get install python3-pip), "
        f"or install uv {UV_VERSION}, and run this again."
    )


def asked(command: "list[str]", settings: "dict[str, str]") -> str:
    """What a program answers; empty when it is absent, broken or fails."""
    try:
        answer = subprocess.run(
            command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return ""
    return answer.stdout.decode(errors="replace").strip() if answer.returncode == 0 else ""


def run(root: Path, command: "list[str]", settings: "dict[str, str]") -> None:
    log = root / ".uv" / "install.log"
    with log.open("wb") as output:
        status = subprocess.call(
            command, env=settings, cwd=str(root), stdout=output, stderr=subprocess.STDOUT
        )
    if status:
        raise refusal(log.read_text(errors="replace"), log)


def refusal(output: str, log: Path) -> CannotStart:
    if "certificate" in output.lower():
        return IndexUnreachable(
            "The package index shows a certificate this machine does not trust: set SSL_CERT_FILE "
            f"to your network's certificate bundle and run this again. Details: {log}"
        )
    if any(sign in output for sign in SIGNS_OF_NO_NETWORK):
        return IndexUnreachable(
            "The package index could not be reached, and a first start needs it: check the network "
            f"(proxy: HTTPS_PROXY, mirror: PIP_INDEX_URL) and run this again. Details: {log}"
        )
    if "No space left on device" in output:
        return CannotStart("The disk is full: free about 1 GB and run this again.")
    lines = [line.strip() for line in output.splitlines()]
    told = next((line for line in lines if line.lower().startswith("error")), "no reason given")
    return CannotStart(f"The packages could not be installed ({told}). The whole output: {log}")
