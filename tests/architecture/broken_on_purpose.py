"""Break each promise of the house on purpose and see that its test notices.

    python -m tests.architecture.broken_on_purpose

Works on a copy of the checkout; prints one line per promise; exit status 1 if any test
looked away. Run it after changing tests/architecture.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Breach:
    """Text added at the end of a file (or put in the place of `instead_of`) and who must notice."""

    promise: str
    file: str
    text: str
    noticed_by: str
    instead_of: str | None = None


BREACHES = (
    Breach(
        "features are imported from above only",
        "marketplace/accounts/queries.py",
        "from marketplace.pools import rules as _below\n",
        "test_imports.py::test_features_read_upwards_only",
    ),
    Breach(
        "inside a feature data flows one way",
        "marketplace/pools/rules.py",
        "from marketplace.pools import models as _later\n",
        "test_imports.py::test_inside_a_feature_data_flows_one_way",
    ),
    Breach(
        "rules are pure",
        "marketplace/pools/rules.py",
        "import random\n",
        "test_imports.py::test_rules_are_pure",
    ),
    Breach(
        "libraries have one home",
        "marketplace/orders/service.py",
        "import typst\n",
        "test_imports.py::test_libraries_stay_where_they_belong",
    ),
    Breach(
        "only the edge commits",
        "marketplace/accounts/service.py",
        "def _sly(session):\n    session.commit()\n",
        "test_house_rules.py::test_only_the_edge_commits",
    ),
    Breach(
        "only the clock tells time",
        "marketplace/accounts/service.py",
        "from datetime import datetime as _d\n_now = lambda: _d.now()\ndatetime = _d\n"
        "_then = lambda: datetime.now()\n",
        "test_house_rules.py::test_only_the_clock_knows_the_time",
    ),
    Breach(
        "nobody reads around the scope",
        "marketplace/accounts/queries.py",
        "def _around(session, key):\n    return session.get(User, key)\n",
        "test_house_rules.py::test_nobody_reads_around_the_scope",
    ),
    Breach(
        "money is whole cents",
        "marketplace/pools/models.py",
        "class Wrong(OwnedByOrg, table=True):\n"
        "    id: UUID = Field(primary_key=True)\n    price: float = 0.0\n",
        "test_house_rules.py::test_money_is_whole_cents",
    ),
    Breach(
        "times are aware",
        "marketplace/pools/models.py",
        "from sqlalchemy import DateTime as _D\n"
        "class Wrong(OwnedByOrg, table=True):\n"
        "    id: UUID = Field(primary_key=True)\n    at: datetime = Field(sa_type=_D)\n",
        "test_house_rules.py::test_every_timestamp_is_aware",
    ),
    Breach(
        "every table is owned or excused",
        "marketplace/accounts/models.py",
        "class Wrong(SQLModel, table=True):\n    id: UUID = Field(primary_key=True)\n",
        "test_house_rules.py::test_every_table_has_an_owner_or_a_reason",
    ),
    Breach(
        "keys point upwards",
        "marketplace/accounts/models.py",
        "class Wrong(OwnedByOrg, table=True):\n    id: UUID = Field(primary_key=True)\n"
        '    pool_id: UUID = Field(foreign_key="pool.id")\n',
        "test_house_rules.py::test_foreign_keys_point_upwards",
    ),
    Breach(
        "relations stay inside a feature",
        "marketplace/pools/models.py",
        "from sqlmodel import Relationship as _R\n"
        "from marketplace.catalogue.models import Tool as _T\n"
        "class Wrong(OwnedByOrg, table=True):\n    id: UUID = Field(primary_key=True)\n"
        '    tool_id: UUID = Field(foreign_key="tool.id")\n    tool: _T = _R()\n',
        "test_house_rules.py::test_relationships_stay_inside_one_feature",
    ),
    Breach(
        "every use case asks",
        "marketplace/accounts/service.py",
        "def open_door(session, actor):\n    return actor\n",
        "test_house_rules.py::test_every_use_case_asks_for_permission",
    ),
    Breach(
        "permissions equal the agreed sentences",
        "marketplace/accounts/policy.py",
        'access.declare({"accounts.anything": [[anyone]]})\n',
        "test_house_rules.py::test_permissions_read_as_agreed",
    ),
    Breach(
        "every page is behind sign-in or named public",
        "marketplace/operations/views.py",
        '@bp.get("/backdoor")\ndef backdoor():\n    return "come in"\n',
        "test_pages.py::test_every_page_is_behind_sign_in_or_named_public",
    ),
    Breach(
        "templates mirror views",
        "templates/operations/orphan.html",
        "<p>Nobody shows me.</p>\n",
        "test_house_rules.py::test_templates_mirror_views",
    ),
    Breach(
        "migrations match the models",
        "marketplace/pools/models.py",
        '    forgotten: str = ""\n    closes_at: datetime',
        "test_migrations.py::test_autogenerate_finds_nothing",
        instead_of="    closes_at: datetime",
    ),
)


def noticed(breach: Breach, copy: Path) -> bool:
    path = copy / breach.file
    before = path.read_text() if path.exists() else None
    if breach.instead_of:
        if breach.instead_of not in (before or ""):
            raise LookupError(f"{breach.file} no longer says {breach.instead_of!r}")
        path.write_text((before or "").replace(breach.instead_of, breach.text, 1))
    else:
        path.write_text((before or "") + "\n" + breach.text)
    try:
        file, name = breach.noticed_by.split("::")
        command = [sys.executable, "-m", "pytest", f"tests/architecture/{file}", "-k", name,
                   "-q", "-x", "-p", "no:randomly", "-W", "ignore"]  # fmt: skip
        answer = subprocess.run(command, cwd=copy, capture_output=True, text=True)
        return answer.returncode == 1 and name in answer.stdout
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)


def main() -> int:
    unseen = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        leave = shutil.ignore_patterns(".venv", ".uv", ".git", "var", "__pycache__", ".*_cache")
        shutil.copytree(HERE, copy, ignore=leave)
        for breach in BREACHES:
            seen = noticed(breach, copy)
            unseen += not seen
            print(f"{'noticed' if seen else 'NOT NOTICED'}: {breach.promise}", flush=True)
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
