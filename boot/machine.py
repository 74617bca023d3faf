"""Questions about the machine that are worth asking before the long work."""

import errno
import os
import socket
from pathlib import Path

from boot.stop import CannotStart

OLDEST_PYTHON = (3, 11)
DEFAULT_PORT = 8000


def check_python(version: "tuple[int, ...]") -> None:
    if version[:2] < OLDEST_PYTHON:
        raise CannotStart(
            "Python {}.{} is too old: install Python 3.11 or newer and run this with it, "
            "for example: python3.11 manage.py demo".format(*version[:2])
        )


def check_system(name: str) -> None:
    if name != "posix":
        raise CannotStart("Windows is not supported directly: run this inside WSL.")


def check_writable(folder: Path) -> None:
    if not os.access(str(folder), os.W_OK | os.X_OK):
        raise CannotStart(
            f"Nothing can be written in {folder}: "
            "copy the project to a folder of your own, or make this one writable."
        )


def check_place_for_data(root: Path) -> None:
    """The demo keeps its database, mail and queue under var/."""
    data = root / "var"
    check_writable(data if data.exists() else root)


def port_in(arguments: "list[str]") -> "int | None":
    """The port asked for; None when it is not a number, which the command itself explains."""
    asked = str(DEFAULT_PORT)
    for position, word in enumerate(arguments):
        if word == "--port":
            asked = "".join(arguments[position + 1 : position + 2])
        elif word.startswith("--port="):
            asked = word[len("--port=") :]
    return int(asked) if asked.isdecimal() and int(asked) < 65536 else None


def check_port(port: int) -> None:
    trouble = why_closed(port)
    if trouble:
        raise CannotStart(
            f"Port {port} {trouble}. "
            f"Choose another: python3 manage.py demo --port {next_open(port + 1)}"
        )


def why_closed(port: int) -> str:
    """Why nobody can listen on this port of 127.0.0.1; empty when somebody can."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # Without this a port that was closed a minute ago would look taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as refusal:
            taken = refusal.errno == errno.EADDRINUSE
            return "is taken by another program" if taken else "may not be used by you"
    return ""


def next_open(port: int) -> int:
    candidates = range(max(port, DEFAULT_PORT), 65536)
    return next((other for other in candidates if not why_closed(other)), DEFAULT_PORT)
