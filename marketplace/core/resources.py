"""Where templates, migrations and static files are, in a checkout and in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def _folder(name: str) -> Path:
    beside = PACKAGE.parent / name
    return beside if beside.is_dir() and (PACKAGE.parent / "wsgi.py").exists() else PACKAGE / name


TEMPLATES = _folder("templates")
MIGRATIONS = _folder("migrations")
STATIC = _folder("static")
DOCS = _folder("docs")
