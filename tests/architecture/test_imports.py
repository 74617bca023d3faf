"""Who may import whom. See marketplace/features.py."""

import ast
from pathlib import Path

import pytest

from marketplace.features import FEATURES

PACKAGE = Path("marketplace")
#: Inside a feature data flows this way; a part may only know those before it.
INSIDE = ("rules", "models", "policy", "queries", "service", "forms", "views", "api", "jobs")
#: What other features may see of a feature.
SHARED = {"rules", "models", "queries", "service", "login"}
#: Joins the parts together, so it may know all of them.
ASSEMBLY = {"app", "cli", "config", "features"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imports(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def home_of(path):
    return path.relative_to(PACKAGE).parts[0]


def wrong_way(path, source):
    """What a module imports from below, from a private part, or into core."""
    home = home_of(path)
    for name in imports(source):
        package, _, rest = name.partition(".")
        other, _, module = rest.partition(".")
        if package != "marketplace" or other in ("core", home) or not rest:
            continue
        if home == "core":
            if path.stem != "commands" or other not in ASSEMBLY:
                yield f"core must not know {name}"
        elif other in ASSEMBLY:
            yield f"{home} must not know how the site is assembled: {name}"
        elif FEATURES.index(other) > FEATURES.index(home):
            yield f"{home} may not import {name} from below"
        elif module.split(".")[0] not in SHARED:
            yield f"{name} is private to {other}"


def against_the_flow(path, source):
    home = f"marketplace.{home_of(path)}."
    for name in imports(source):
        part = name.removeprefix(home).split(".")[0] if name.startswith(home) else ""
        if part in INSIDE and INSIDE.index(part) > INSIDE.index(path.stem):
            yield f"{path} imports {part}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_features_read_upwards_only(path):
    assert list(wrong_way(path, path.read_text())) == []


@pytest.mark.parametrize("path", [p for p in MODULES if p.stem in INSIDE], ids=str)
def test_inside_a_feature_data_flows_one_way(path):
    assert list(against_the_flow(path, path.read_text())) == []


def test_every_folder_is_a_feature_with_a_place_in_the_order():
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}

    assert folders == {"core", *FEATURES}


ONLY_IN = {
    "stripe": ("payments/gateway.py",),
    "typst": ("core/pdf.py",),
    "huey": ("core/jobs.py",),
    "smtplib": ("core/mail.py",),
    "flask_security": ("accounts/",),
    "flask": ("views.py", "views/", "api.py", "login.py", "commands.py", "core/"),
    "sqlmodel": ("models.py", "queries.py", "service.py", "jobs.py", "login.py", "core/"),
}
#: A subject that outgrew one file keeps its part's name: `member_service.py`, `join_views.py`.
PARTS = ("models", "queries", "service", "views", "jobs", "forms", "rules", "policy")


def belongs(path, places):
    text = str(path.relative_to(PACKAGE))
    return any(place in text if place.endswith("/") else text.endswith(place) for place in places)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_libraries_stay_where_they_belong(path):
    libraries = {name.split(".")[0] for name in imports(path.read_text())}

    strays = [
        lib for lib, homes in ONLY_IN.items() if lib in libraries and not belongs(path, homes)
    ]

    assert strays == [], f"{strays} do not belong in {path}"


RULES = [p for p in MODULES if p.stem == "rules" or home_of(p) == "pricing"]
IMPURE = {"flask", "sqlmodel", "sqlalchemy", "os", "random", "time", "requests"}


@pytest.mark.parametrize("path", [p for p in RULES if p.stem != "commands"], ids=str)
def test_rules_are_pure(path):
    names = set(imports(path.read_text()))

    assert {n.split(".")[0] for n in names} & IMPURE == set()
    assert not [n for n in names if n.startswith("marketplace.core.clock")]
