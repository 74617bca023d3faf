"""Whatever is thrown at `split` and `clear`: an answer, or one clear line for each problem."""

import copy
import json
import time

from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.core.errors import RuleBroken
from marketplace.pricing.commands import clear_command, split_command
from marketplace.pricing.documents import clear_document, split_document
from marketplace.pricing.json_text import parse
from tests.pricing.test_commands import DOCUMENT

FULL = DOCUMENT | {
    "method": "hybrid",
    "equal_share": "0.30",
    "rest": "per_pupil",
    "threshold_seats": 2_000,
    "transfers": [
        {"kind": "earmarked", "source": "s", "member": "0100005", "cents": 5},
        {"kind": "pooled", "source": "s", "cents": 5, "members": ["0100005"]},
        {"kind": "cap", "caps": {"0100005": 10**9}},
        {"kind": "cap", "per_pupil_cents": 10**9},
    ],
}
DATED = FULL | {
    "term": {"starts": "2026-07-01", "ends": "2027-06-30"},
    "members": [
        {"id": "A", "seats": 5, "pupils": 7, "starts": "2026-08-01", "ends": "2027-01-01"},
        {"id": "0100005", "seats": 5, "pupils": 9, "changes": [{"on": "2027-01-01", "seats": 8}]},
    ],
}


def deep(depth=900):
    nested = []
    for _ in range(depth):
        nested = [nested]
    return nested


odd = st.sampled_from(
    [None, True, "", "x", "\x1b[31m", "0", [], {}, [[]], 0, -1, 1, 0.5, 1e300, 10**18, 10**400]
    + ["proportional", "equal", "per_pupil", "site", "flat", "graduated", "2027-01-01"]
    + ["9999-12-31", "0001-01-01", deep()]
).map(lambda value: json.loads(json.dumps(value))) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def places(document, path=()):
    """Every spot of a document that could hold something else."""
    keys = document.keys() if isinstance(document, dict) else range(len(document))
    for key in keys:
        yield (*path, key)
        if isinstance(document[key], dict | list):
            yield from places(document[key], (*path, key))


@st.composite
def spoilt(draw):
    """A good document with one to three of its spots changed or taken out."""
    good = draw(st.sampled_from([FULL, DATED]))
    spots = sorted(places(good), key=str)
    document = copy.deepcopy(good)
    for *way, last in draw(st.lists(st.sampled_from(spots), min_size=1, max_size=3)):
        value, kept = draw(odd), draw(st.booleans())
        spot = document
        for key in way:
            if isinstance(spot, dict):
                spot = spot.get(key)
            elif isinstance(spot, list) and isinstance(key, int) and len(spot) > key:
                spot = spot[key]
        if isinstance(spot, dict) and kept:
            spot[last] = value
        elif isinstance(spot, dict):
            spot.pop(last, None)
        elif isinstance(spot, list) and spot:
            spot[-1] = value
    return document


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(spoilt())
def test_a_spoilt_document_is_answered_or_refused_and_never_breaks(document):
    for reckon in (split_document, clear_document):
        try:
            read = parse(json.dumps(document))
            answer = reckon(read)
        except RuleBroken as refusal:
            for problem in str(refusal).split("\n"):
                assert problem.strip()
                assert len(problem) < 500
                assert problem.isprintable()
        else:
            shares = answer.get("split", answer)
            assert sum(shares["shares"].values()) == shares["total_cents"]


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")))
def test_any_bytes_are_read_or_refused(content):
    said = "document:"
    try:
        parse(content)
    except RuleBroken as refusal:
        said = str(refusal)
    assert said.startswith(("document:", "member "))


@settings(max_examples=30, deadline=None)
@given(spoilt(), st.sampled_from([split_command, clear_command]))
def test_the_commands_end_with_0_or_1_and_never_with_a_traceback(document, command):
    runner = CliRunner()
    result = runner.invoke(command, ["-"], input=json.dumps(document))

    assert result.exit_code in (0, 1)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert bool(result.stderr) == (result.exit_code == 1)


def test_150_000_members_are_split_and_200_000_refused_quickly():
    schedule = {"form": "per_seat", "bands": [{"from": 1, "unit_cents": 999}]}
    rows = [{"id": f"{number:07}", "seats": 1 + number % 50} for number in range(200_000)]
    began = time.process_time()

    answer = split_document(parse(json.dumps({"schedule": schedule, "members": rows[:150_000]})))
    refused = CliRunner().invoke(
        split_command, ["-"], input=json.dumps({"schedule": schedule, "members": rows})
    )

    assert len(answer["shares"]) == 150_000
    assert refused.exit_code == 1
    assert len(refused.stderr.splitlines()) == 1
    assert time.process_time() - began < 20
