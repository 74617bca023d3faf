"""Clearing day: from frozen inputs to a result that anyone can compute again.

Inputs and result are the JSON documents of `marketplace clear`. Limits are confidential, so
what is published carries a stand-in for each limit: none for whoever stayed, and one cent
below the share that was too much for whoever was dropped. The mechanism drops a district in
the first round in which its share is above its limit, and in every earlier round its share
was at most its limit, so the stand-ins give the same rounds and the same shares.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from marketplace.pricing.rules import Member, Schedule, clear, clearing_as_json, schedule_from_json


def inputs_of(
    terms: dict[str, Any],
    members: Sequence[Member],
    method: str,
    seed: str,
    threshold_seats: int | None,
) -> dict[str, Any]:
    """The document for `marketplace clear`, members by id."""
    return {
        "schedule": terms,
        "members": [
            {
                "id": member.id,
                "seats": member.seats,
                "pupils": member.pupils,
                "limit_cents": member.limit_cents,
                "tolerance": member.tolerance,
            }
            for member in sorted(members, key=lambda member: str(member.id))
        ],
        "method": method,
        "seed": seed,
        "threshold_seats": threshold_seats,
    }


def result_of(inputs: dict[str, Any]) -> dict[str, Any]:
    """What the inputs clear to; nobody committed is a lapse, not a problem."""
    members = [Member(**row) for row in inputs["members"]]
    if not members:
        return {
            "members": [],
            "dropped": [],
            "seats": 0,
            "tolerance_paid": {},
            "spare": {},
            "spare_left": 0,
            "lapsed": True,
            "split": None,
            "rounds": 0,
            "explanation": ["The pool lapses: no district had committed seats."],
        }
    schedule: Schedule = schedule_from_json(inputs["schedule"])
    outcome = clear(schedule, members, inputs["threshold_seats"], inputs["method"], inputs["seed"])
    return clearing_as_json(outcome)


def cleared(inputs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Inputs and result in which nobody pays more than their limit or than alone (rule 4).

    Under a price that rises with size a share can pass the stand-alone cost. Then that cost
    becomes the district's limit, which the returned inputs show, and the pool clears again.
    """
    while True:
        result = result_of(inputs)
        over = {} if result["lapsed"] else _above_alone(result["split"])
        if not over:
            _check(inputs, result)
            return inputs, result
        inputs = inputs | {
            "members": [
                row | {"limit_cents": _lower(row["limit_cents"], over.get(row["id"]))}
                for row in inputs["members"]
            ]
        }


def _above_alone(split: dict[str, Any]) -> dict[str, int]:
    alone = split["alone"]
    return {id_: alone[id_] for id_, share in split["shares"].items() if share > alone[id_]}


def _lower(limit: int | None, other: int | None) -> int | None:
    limits = [cents for cents in (limit, other) if cents is not None]
    return min(limits) if limits else None


def _check(inputs: dict[str, Any], result: dict[str, Any]) -> None:
    """Rule 4 once more, on the very numbers that will be billed."""
    if result["lapsed"]:
        return
    split = result["split"]
    limits = {row["id"]: row["limit_cents"] for row in inputs["members"]}
    for id_, share in split["shares"].items():
        limit = limits[id_]
        if share > split["alone"][id_] or (limit is not None and share > limit):
            raise AssertionError(f"{id_} would pay more than it may")
    if sum(split["shares"].values()) != split["total_cents"]:
        raise AssertionError("the shares do not add up")


def inputs_hash(inputs: dict[str, Any]) -> str:
    """SHA-256 of the inputs as JSON text with sorted keys and no blanks, in hexadecimal."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def published(clearing: dict[str, Any]) -> dict[str, Any]:
    """Inputs and result as everybody may read them: same shares, no limit disclosed.

    The document is itself an input of `marketplace clear`, whose answer is its `result` to the
    last letter. The inputs behind it were frozen on clearing day, and so was the result.
    """
    too_much = {out["id"]: out["share_cents"] for out in clearing["result"]["dropped"]}
    members = [
        row | {"limit_cents": max(too_much[row["id"]] - 1, 0) if row["id"] in too_much else None}
        for row in clearing["inputs"]["members"]
    ]
    return _document(
        clearing,
        clearing["inputs"] | {"members": members},
        "Limits are confidential. Each is replaced by one that gives the same result.",
    )


def in_full(clearing: dict[str, Any]) -> dict[str, Any]:
    """The same with every limit, for the lead agency alone."""
    return _document(clearing, clearing["inputs"], "With limits: keep it to yourselves.")


def _document(clearing: dict[str, Any], inputs: dict[str, Any], note: str) -> dict[str, Any]:
    same = inputs == clearing["inputs"]
    result = clearing["result"] if same else result_of(inputs)
    return {
        "note": note,
        **inputs,
        "inputs_hash": inputs_hash(inputs),
        "left_out": clearing.get("left_out", []),
        "result": result,
    }


def published_words(clearing: dict[str, Any]) -> list[str]:
    """How the pool cleared, in sentences that give away no limit."""
    return [_without_limit(line) for line in clearing["result"]["explanation"]]


def _without_limit(line: str) -> str:
    """'X was dropped at $14.00 a seat because its limit is …' -> the part before 'because'."""
    if " was dropped at " not in line:
        return line
    return line.split(" because ")[0] + " because that is more than it will pay."
