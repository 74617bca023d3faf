"""A bare Jinja environment with what every page is given: the look without the site."""

from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"

VIEWER = SimpleNamespace(
    name="Ana Ruiz", org_name="Maple Valley USD", initials="MV", home_url="/d/maple-valley"
)


def dollars(cents: int) -> str:
    sign = "−" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def moment(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%b %d, %Y, %H:%M} {zone}"


def day(on: date) -> str:
    return f"{on:%b} {on.day}, {on.year}"


def bare_environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        dollars=dollars,
        dollars0=lambda cents: f"${round(cents / 100):,}",
        number=lambda n: f"{n:,}",
        day=day,
        moment=moment,
        utc=lambda at: f"{at:%H:%M} UTC {at:%b} {at.day}",
        percent=lambda bps: f"{round(bps / 100)}%",
    )
    env.globals.update(
        site_name="District Commons",
        demo_mode=True,
        viewer=None,
        csp_nonce="n0nce",
        static_url=lambda path: f"/static/{path}?v=1",
        get_flashed_messages=lambda with_categories=False: [],
        books_that_do_not_hold=list,
    )
    return env


@pytest.fixture
def env() -> Environment:
    return bare_environment()


@pytest.fixture
def render(env):
    """Render a few lines of template that call a macro."""

    def render(source: str, **values: object) -> str:
        return env.from_string(source).render(**values)

    return render
