"""The one door: `python3 manage.py demo` and `python3 manage.py test`."""

import os
import sys
from pathlib import Path

from boot import checks, environment, machine
from boot.stop import CannotStart

ROOT = Path(os.path.realpath(__file__)).parent
GROUPS_OF_TEST = ["test", "quality", "bench"]
USAGE = """\
python3 manage.py demo [--port 8000] [--fresh]   the whole site, with a made-up world
python3 manage.py test [pytest arguments]        every check; with arguments only these tests
python3 manage.py NAME ...                       any command of `marketplace`; see: manage.py help
"""


def main(arguments: "list[str]") -> int:
    try:
        machine.check_python(tuple(sys.version_info[:2]))
        machine.check_system(os.name)
        return obey(arguments)
    except CannotStart as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def obey(arguments: "list[str]") -> int:
    name, rest = "".join(arguments[:1]), arguments[1:]
    if name in ("", "-h", "--help"):
        print(USAGE, end="", file=sys.stdout if name else sys.stderr)
        return 0 if name else 2
    if name == "demo" and "--help" not in rest:
        machine.check_place_for_data(ROOT)
        check_port_asked_for(rest)
    if name == "test":
        return test(rest)
    environment.prepare(ROOT, [])
    if name == "demo":
        os.chdir(str(ROOT))  # other commands take file names from where the person stands
    return become("marketplace", ["--help"] if name == "help" else arguments)


def check_port_asked_for(arguments: "list[str]") -> None:
    port = machine.port_in(arguments)
    if port:
        machine.check_port(port)


def test(arguments: "list[str]") -> int:
    environment.prepare(ROOT, GROUPS_OF_TEST)
    if not arguments:
        return checks.run_all(ROOT)
    os.chdir(str(ROOT))
    return become("pytest", arguments)


def become(name: str, arguments: "list[str]") -> int:
    """The program takes this process over, so signals and the exit status are its own."""
    program = str(environment.program(ROOT, name))
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
