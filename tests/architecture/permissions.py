"""The policy table in words: `python -m tests.architecture.permissions > …/permissions.txt`."""

from marketplace.app import create_app
from marketplace.core import access


def sentences():
    """One line an action: who may, in the names of the predicates."""
    return [
        f"{action}: " + " or ".join(" and ".join(c.__name__ for c in line) for line in lines)
        for action, lines in sorted(access.policy().items())
    ]


if __name__ == "__main__":
    create_app(MODE="test")
    print("\n".join(sentences()))
