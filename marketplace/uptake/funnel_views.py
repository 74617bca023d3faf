"""The funnel for everyone: a release at a time, as a page and in files that hold the same."""

import json
from typing import Any

from flask import render_template, request

from marketplace.core import db, web
from marketplace.core.errors import NotFound
from marketplace.core.page_cache import public_page
from marketplace.uptake import funnel_queries
from marketplace.uptake.funnel_rules import (
    ALL,
    PARTS,
    SHORT_WORDS,
    STEP_WORDS,
    Gap,
    Key,
    Step,
    gap,
    values_of,
    words_of,
)
from marketplace.uptake.models import FunnelRelease
from marketplace.uptake.shared_views import bp

#: The question of each part: which group, against which other one.
PART_WORDS = {"place": "Kind of place", "size": "Size of district", "poverty": "Poverty"}
GAPS = (
    ("poverty", "q4", "q1", "districts with the most poverty", "those with the least"),
    ("place", "rural", "city", "rural districts", "city districts"),
    ("size", "under-250", "2500-up", "districts under 250 pupils", "those from 2,500 pupils on"),
)
COLUMNS = ("state", "part", "group", "districts_there_are", *(step.name.lower() for step in Step))
#: What each column means, beside the figures in the workbook.
DICTIONARY = (
    ("state", "Postal code, or “all”."),
    ("part", "What the group is of: place, size, poverty; “all” is every district."),
    ("group", "The group, in words."),
    ("districts_there_are", "Districts on the newest federal list of the state."),
    *((step.name.lower(), f"{STEP_WORDS[step]}: came so far or further.") for step in Step),
    ("(empty)", "Hidden or none: fewer than five districts, or next to such a figure."),
)


@bp.get("/open/funnel")
@public_page
def funnel() -> Any:
    release = funnel_queries.latest(db.session())
    if release is None:
        return render_template("uptake/funnel.html", release=None, state=ALL)
    state = _state(release)
    there, steps = release.figures["there"], release.figures["steps"]
    whole = str(Key(state))
    return render_template(
        "uptake/funnel.html",
        release=release,
        state=state,
        states=_states(release),
        there=there[whole],
        steps=[(STEP_WORDS[s], n) for s, n in zip(Step, steps[whole], strict=True)],
        parts=[(PART_WORDS[part], _table(release, state, part)) for part in PARTS],
        gaps=[(many, few, _gap(release, state, *keys)) for *keys, many, few in GAPS],
        step_words=SHORT_WORDS,
        ordered=Step.ORDERED - 1,
    )


@bp.get("/open/funnel.csv")
def funnel_csv() -> Any:
    """Every figure of the release, whatever state the page shows: a filter tells no more."""
    found = _asked()
    return web.csv_response(f"funnel-{found.number}", COLUMNS, _rows(found))


@bp.get("/open/funnel.xlsx")
def funnel_xlsx() -> Any:
    found = _asked()
    rows = [[str("" if cell is None else cell) for cell in row] for row in _rows(found)]
    about = [["Column", "What it means"], *map(list, DICTIONARY)]
    about += [["Release", f"{found.number}, made {found.made_at:%Y-%m-%d}"]]
    about += [["Fingerprint (SHA-256)", found.fingerprint]]
    return web.workbook_response(f"funnel-{found.number}", [list(COLUMNS), *rows, [], *about])


@bp.get("/open/funnel.json")
def funnel_json() -> Any:
    """The release exactly as it is kept: its SHA-256 over sorted keys is the fingerprint."""
    found = _asked()
    return web.json_response(
        release=found.number,
        made_at=found.made_at.isoformat(),
        years=found.years,
        fingerprint=found.fingerprint,
        figures=json.loads(json.dumps(found.figures, sort_keys=True)),
    )


def _asked() -> FunnelRelease:
    """The release with the number that is asked for, else the newest."""
    asked = request.args.get("release", "")
    session = db.session()
    if asked:
        number = int(asked) if asked.isdecimal() and asked.isascii() and len(asked) < 9 else 0
        found = funnel_queries.release_by_number(session, number)
    else:
        found = funnel_queries.latest(session)
    if found is None:
        raise NotFound("There is no such release.")
    return found


def _states(release: FunnelRelease) -> list[str]:
    keys = [Key(*key.split("|")) for key in release.figures["there"]]
    return [key.state for key in keys if key.part == ALL and key.state != ALL]


def _state(release: FunnelRelease) -> str:
    asked = request.args.get("state", "").upper()
    return asked if asked in _states(release) else ALL


def _table(
    release: FunnelRelease, state: str, part: str
) -> list[tuple[str, int, list[int | None]]]:
    """(group, districts there are, how many came to each step); groups that exist."""
    there, steps = release.figures["there"], release.figures["steps"]
    keys = [(value, str(Key(state, part, value))) for value in values_of(part)]
    return [(words_of(part, value), there[key], steps[key]) for value, key in keys if there[key]]


def _gap(release: FunnelRelease, state: str, part: str, one: str, other: str) -> Gap | None:
    """How much more often one group ordered than the other; None where either is hidden."""
    there, steps = release.figures["there"], release.figures["steps"]
    keys = [str(Key(state, part, value)) for value in (one, other)]
    came = [steps[key][Step.ORDERED - 1] for key in keys]
    if came[0] is None or came[1] is None:
        return None
    return gap(came[0], there[keys[0]], came[1], there[keys[1]])


def _rows(release: FunnelRelease) -> list[tuple[Any, ...]]:
    rows = []
    for text, steps in release.figures["steps"].items():
        key = Key(*text.split("|"))
        group = "All districts" if key.part == ALL else words_of(key.part, key.value)
        rows.append((key.state, key.part, group, release.figures["there"][text], *steps))
    return rows
