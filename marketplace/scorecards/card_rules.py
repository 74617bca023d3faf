"""A card: what was answered about one product, on which evidence; read from plain data.

Reading refuses a card with one line for each problem, so nothing of a bad card is ever used.
`canonical` is the text whose SHA-256 a receipt names.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.scorecards.rubric_rules import LEVELS, STATES, Rubric

#: What re-scores a card from outside it.
INCIDENTS = ("open_exposure", "security_in_doubt", "concealed")
_ANSWER_KEYS = {
    "answer",
    "state",
    "evidence",
    "dated",
    "expires",
    "proof",
    "readings",
    "reply",
    "asked_on",
}
_CARD_KEYS = {
    "product",
    "note",
    "as_of",
    "rubric",
    "facts",
    "answers",
    "incidents",
    "model_changed_on",
}
_PROOF_KEYS = {"document", "title", "where", "quote", "link", "who"}
LONGEST_QUOTE = 300


class BadCard(RuleBroken):
    """The card cannot be used; `problems` has one line for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Answer:
    """An option chosen on evidence, or why there is none (`state`)."""

    option: str | None
    state: str | None
    level: int = 0
    dated: date | None = None
    expires: date | None = None
    #: As it was written: proof, both reviewers' readings, the vendor's reply.
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Card:
    product: str
    as_of: date
    rubric: str
    facts: Mapping[str, Any]
    answers: Mapping[str, Answer]
    #: Which of `INCIDENTS` hold.
    incidents: frozenset[str] = frozenset()
    #: Tests of behaviour from before this day count no more.
    model_changed_on: date | None = None
    note: str = ""

    def at(self, as_of: date, incidents: frozenset[str] | None = None) -> "Card":
        """The same card on another day, or with other incidents."""
        return replace(
            self, as_of=as_of, incidents=self.incidents if incidents is None else incidents
        )


def read_card(
    document: Any, rubric: Rubric, *, as_of: date | None = None, needs_proof: bool = False
) -> Card:
    """The card of a plain document, scored as of its own date or `as_of`.

    `needs_proof`: every answer on paper or checked must name its document (SHA-256) and the
    page or clause, as a card must before it is published. Raises `BadCard`.
    """
    if not isinstance(document, Mapping):
        raise BadCard(["The card is not a mapping of “facts” and “answers”."])
    document = _with_days(document)
    on = as_of or document.get("as_of")
    if type(on) is not date:
        raise BadCard(["as_of: it is not a date such as 2026-11-21."])
    problems = list(_card_problems(document, rubric, on))
    answers: dict[str, Answer] = {}
    written = document.get("answers")
    for key, said in (written if isinstance(written, Mapping) else {}).items():
        faults = list(_answer_problems(str(key), said, rubric, on, needs_proof))
        problems += [f"{key}: {fault}" for fault in faults]
        if not faults:
            answers[key] = _answer(said)
    if problems:
        raise BadCard(problems)
    return Card(
        product=str(document.get("product", "")),
        note=str(document.get("note", "")),
        as_of=on,
        rubric=rubric.version,
        facts=dict(document["facts"]),
        answers=answers,
        incidents=frozenset(document.get("incidents", ())),
        model_changed_on=document.get("model_changed_on"),
    )


def _with_days(document: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no dates, so a day may also be written as the text 2026-11-21."""
    days = {key: _day(document[key]) for key in ("as_of", "model_changed_on") if key in document}
    answers = document.get("answers")
    if isinstance(answers, Mapping):
        days["answers"] = {key: _answer_with_days(said) for key, said in answers.items()}
    return {**document, **days}


def _answer_with_days(said: Any) -> Any:
    if not isinstance(said, Mapping):
        return said
    return {key: _day(v) if key in ("dated", "expires") else v for key, v in said.items()}


def _day(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _answer(said: Mapping[str, Any]) -> Answer:
    option = said.get("answer")
    return Answer(
        option=None if option is None else str(option),
        state=said.get("state"),
        level=LEVELS.index(said["evidence"]) if option is not None else 0,
        dated=said.get("dated"),
        expires=said.get("expires"),
        written=said,
    )


def _card_problems(document: Mapping[str, Any], rubric: Rubric, on: date) -> Iterator[str]:
    for key in document.keys() - _CARD_KEYS:
        yield f"{key}: a card has no such part."
    if str(document.get("rubric", rubric.version)) != rubric.version:
        yield f"rubric: the card was made for {document['rubric']}, not for {rubric.version}."
    facts = document.get("facts")
    if not isinstance(facts, Mapping):
        yield "facts: they are missing."
        facts = {}
    for name in rubric.facts.keys() - facts.keys() if facts else ():
        yield f"facts: “{name}” is missing."
    for name, value in facts.items():
        if name not in rubric.facts:
            yield f"facts: there is no fact “{name}”."
        elif not any(type(value) is type(v) and value == v for v in rubric.fact_values[name]):
            allowed = ", ".join(str(v).lower() for v in rubric.fact_values[name])
            yield f"facts: “{name}” is “{value}”, and may be {allowed}."
    if not isinstance(document.get("answers"), Mapping):
        yield "answers: they are missing."
    incidents = document.get("incidents", ())
    if not isinstance(incidents, (list, tuple)) or not set(incidents) <= set(INCIDENTS):
        yield f"incidents: a list of {', '.join(INCIDENTS)}."
    changed = document.get("model_changed_on")
    if changed is not None and (type(changed) is not date or changed > on):
        yield f"model_changed_on: it is not a date up to {on}."


def _answer_problems(
    key: str, said: Any, rubric: Rubric, on: date, needs_proof: bool
) -> Iterator[str]:
    criterion = rubric.by_id.get(key)
    if criterion is None:
        yield "there is no such question in this rubric."
        return
    if not isinstance(said, Mapping):
        yield "write an answer with its evidence, or a state."
        return
    for name in said.keys() - _ANSWER_KEYS:
        yield f"an answer has no part “{name}”."
    option, state = said.get("answer"), said.get("state")
    if (option is None) == (state is None):
        yield "write either an answer or a state."
    elif state is not None:
        if state not in STATES:
            yield f"“{state}” is not a state. It may be {', '.join(STATES)}."
    elif str(option) not in criterion.options:
        yield f"there is no answer “{option}”. It may be {', '.join(criterion.options)}."
    elif said.get("evidence") not in LEVELS:
        yield f"“{said.get('evidence')}” is not a level of evidence. It may be {', '.join(LEVELS)}."
    else:
        yield from _evidence_problems(said, on, needs_proof)


def _evidence_problems(said: Mapping[str, Any], on: date, needs_proof: bool) -> Iterator[str]:
    dated, expires = said.get("dated"), said.get("expires")
    if type(dated) is not date:
        yield "its evidence has no date such as 2026-09-15."
    elif dated > on:
        yield f"its evidence is dated {dated}, which is after {on}."
    elif expires is not None and (type(expires) is not date or expires < dated):
        yield "its evidence runs out before it was made, or on no date."
    proof = said.get("proof")
    if proof is None:
        if needs_proof and said["evidence"] in ("E2", "E3"):
            yield "its evidence has no document with a page or clause."
        return
    for one in proof if isinstance(proof, list) else [proof]:
        yield from _proof_problems(one)


def _proof_problems(proof: Any) -> Iterator[str]:
    if not isinstance(proof, Mapping) or proof.keys() - _PROOF_KEYS:
        yield f"a proof has the parts {', '.join(sorted(_PROOF_KEYS))}."
        return
    if not re.fullmatch(r"[0-9a-f]{64}", str(proof.get("document", ""))):
        yield "its document is not named by the SHA-256 of its file."
    if not str(proof.get("where", "")).strip():
        yield "its evidence does not say on which page or in which clause."
    if len(str(proof.get("quote", ""))) > LONGEST_QUOTE:
        yield f"its quote is longer than {LONGEST_QUOTE} letters."
    if not str(proof.get("link", "https://")).startswith(("https://", "http://")):
        yield "its link does not begin with https://."


# -- the receipt -----------------------------------------------------------------------------


def canonical(card: Card) -> str:
    """The inputs of a score as one text: JSON, keys sorted, no spaces, dates as ISO text.

    What holds no value (no incidents, no changed model) is left out.
    """
    inputs: dict[str, Any] = {
        "answers": {key: answer.written for key, answer in card.answers.items()},
        "as_of": card.as_of,
        "facts": card.facts,
        "rubric": card.rubric,
    }
    if card.incidents:
        inputs["incidents"] = sorted(card.incidents)
    if card.model_changed_on:
        inputs["model_changed_on"] = card.model_changed_on
    return json.dumps(inputs, sort_keys=True, separators=(",", ":"), default=str)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def from_canonical(text: str, rubric: Rubric) -> Card:
    """The card of a text that `canonical` wrote: it was checked before, so it is only read."""
    document = _with_days(json.loads(text))
    return Card(
        product=document.get("product", ""),
        as_of=document["as_of"],
        rubric=rubric.version,
        facts=document["facts"],
        answers={key: _answer(said) for key, said in document["answers"].items()},
        incidents=frozenset(document.get("incidents", ())),
        model_changed_on=document.get("model_changed_on"),
    )
