"""Where templates, migrations and static files are, in a checkout and in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent
IN_CHECKOUT = (PACKAGE.parent / "wsgi.py").exists()
#: Where what the site writes belongs: the checkout, else where the command was called.
HOME = PACKAGE.parent if IN_CHECKOUT else Path.cwd()


def _folder(name: str) -> Path:
    return PACKAGE.parent / name if IN_CHECKOUT else PACKAGE / name


TEMPLATES = _folder("templates")
MIGRATIONS = _folder("migrations")
STATIC = _folder("static")
DOCS = _folder("docs")
