"""Law lines: what a tool's card says about each duty of federal and state law.

Four results: meets, gap, unknown, your task; a duty that does not concern this product says so.
A vendor's word alone never meets a requirement, and what is unknown is never shown as good.
The packs are our own words, not legal advice, and dated; none is signed off by counsel unless
the pack says by whom.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from marketplace.core.errors import RuleBroken
from marketplace.scorecards.card_rules import Card
from marketplace.scorecards.rubric_rules import LEVELS, Rubric, exact
from marketplace.scorecards.score_rules import Result


class Meets(StrEnum):
    MEETS = "meets"
    GAP = "gap"
    UNKNOWN = "unknown"
    YOUR_TASK = "your_task"
    NOT_CONCERNED = "not_concerned"


#: For each result: word, kind of tag, icon (a shape of its own), letter.
RESULT_WORDS = {
    Meets.MEETS: ("Meets", "good", "ok", "M"),
    Meets.GAP: ("Gap", "bad", "no", "G"),
    Meets.UNKNOWN: ("Unknown", "", "dot", "U"),
    Meets.YOUR_TASK: ("Your task", "info", "cur", "T"),
    Meets.NOT_CONCERNED: ("Does not apply", "", "dot", "–"),
}
FEDERAL = "US"
NOT_LOADED = "The law of this state is not loaded here. Ask your counsel."
UNSIGNED = "No lawyer has signed off these lines yet. They are our own words, not legal advice."
OWES_WORDS = {"vendor": "The vendor", "district": "Your district", "both": "Both"}


@dataclass(frozen=True)
class Requirement:
    id: str
    owes: str
    plain: str
    cite: str
    #: Read in the statute or a reliable copy; otherwise paragraph, date or reading is unchecked.
    is_verified: bool
    tests: tuple[tuple[str, Any, int], ...] = ()
    clauses: tuple[str, ...] = ()
    task: str = ""
    export: str = ""
    when: Mapping[str, Any] | None = None
    has_own_date: bool = False


@dataclass(frozen=True)
class Pack:
    state: str
    law: str
    requirements: tuple[Requirement, ...]
    watch: tuple[str, ...] = ()
    signed_by: str = ""


@dataclass(frozen=True)
class Packs:
    version: str
    as_of: date
    by_state: Mapping[str, Pack]


@dataclass(frozen=True)
class Clause:
    """What was found when somebody looked for a clause in a district's signed agreement."""

    is_there: bool
    #: (title, page or clause, SHA-256) of the agreement.
    proof: tuple[str, str, str]


@dataclass(frozen=True)
class LawLine:
    requirement: Requirement
    result: Meets
    #: Why, in one sentence each.
    reasons: tuple[str, ...]
    #: (title, page or clause, SHA-256) of the documents that prove it.
    proofs: tuple[tuple[str, str, str], ...] = ()
    due_on: date | None = None
    done_on: date | None = None


# -- reading ---------------------------------------------------------------------------------


def parse_packs(document: Mapping[str, Any], rubric: Rubric) -> Packs:
    """Raises `RuleBroken` with one line for each requirement that names what is not there."""
    states = {key: value for key, value in document.items() if key.isupper() and len(key) == 2}
    packs = {FEDERAL: Pack(FEDERAL, "Federal law", _requirements(document["federal"]))}
    for state, said in states.items():
        packs[state] = Pack(
            state,
            said["law"],
            _requirements(said["requirements"]),
            tuple(said.get("watch", ())),
            said.get("signed_by", ""),
        )
    problems = [p for pack in packs.values() for p in _problems(pack, rubric)]
    if problems:
        raise RuleBroken("\n".join(problems))
    return Packs(str(document["packs_version"]), document["as_of"], packs)


def _requirements(written: Iterable[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(
            id=r["id"],
            owes=r["owes"],
            plain=r["plain"],
            cite=r["cite"],
            is_verified=r["confidence"] == "sure",
            # Never less than a paper, whatever a pack says: a word alone meets nothing.
            tests=tuple(
                (t["c"], exact(t["min"]), max(2, LEVELS.index(t["ev"]))) for t in r.get("test", ())
            ),
            clauses=tuple(r.get("clauses", ())),
            task=r.get("task", ""),
            export=r.get("export", ""),
            when=r.get("when"),
            has_own_date="date_rule" in r,
        )
        for r in written
    )


def _problems(pack: Pack, rubric: Rubric) -> Iterator[str]:
    for requirement in pack.requirements:
        for criterion, _, _ in requirement.tests:
            if criterion not in rubric.by_id:
                yield f"{requirement.id}: it tests {criterion}, which the rubric does not ask."
        for fact in requirement.when or ():
            if fact not in rubric.facts:
                yield f"{requirement.id}: there is no fact “{fact}”."
        if not (requirement.tests or requirement.clauses or requirement.task):
            yield f"{requirement.id}: it has nothing to test and no task."


# -- judging ---------------------------------------------------------------------------------


def law_lines(
    pack: Pack,
    rubric: Rubric,
    card: Card | None,
    result: Result | None,
    *,
    clauses: Mapping[str, Clause] | None = None,
    tasks_done: Mapping[str, date] | None = None,
    ada_on: date | None = None,
    in_doubt: str = "",
) -> list[LawLine]:
    """Every requirement of a pack for one card.

    `clauses`: which clauses were looked for in the district's agreement, and found or not;
    what only asks for clauses needs no card, since the agreement itself proves it.
    `in_doubt`: why the card cannot be relied on now (stopped, expired); then nothing meets.
    """
    return [
        _line(
            requirement,
            rubric,
            card,
            result,
            clauses or {},
            (tasks_done or {}).get(requirement.id),
            ada_on if requirement.has_own_date else None,
            in_doubt,
        )
        for requirement in pack.requirements
    ]


def _line(
    requirement: Requirement,
    rubric: Rubric,
    card: Card | None,
    result: Result | None,
    clauses: Mapping[str, Clause],
    done_on: date | None,
    due_on: date | None,
    in_doubt: str,
) -> LawLine:
    facts = card.facts if card else {}
    if card and any(facts.get(k) != v for k, v in (requirement.when or {}).items()):
        return LawLine(requirement, Meets.NOT_CONCERNED, ("It does not concern this product.",))
    if requirement.task and not requirement.tests:
        said = "Your district does this itself. The tool’s card cannot do it for you."
        return LawLine(requirement, Meets.YOUR_TASK, (said,), done_on=done_on)
    found: list[tuple[Meets, str]] = []
    if requirement.tests:
        if card is None or result is None:
            said = "The tool is not reviewed."
            return LawLine(requirement, Meets.UNKNOWN, (said,), due_on=due_on)
        found = [_test(test, rubric, card, result) for test in requirement.tests]
    found += [_clause(clause, clauses) for clause in requirement.clauses]
    asked = [(meets, why) for meets, why in found if meets is not Meets.NOT_CONCERNED]
    verdict = _verdict([meets for meets, _ in asked])
    reasons = [why for meets, why in asked if meets is verdict]
    if in_doubt and requirement.tests and verdict is Meets.MEETS:
        verdict, reasons = Meets.UNKNOWN, [in_doubt]
    proofs = _proofs(requirement, card, clauses) if verdict is Meets.MEETS else ()
    return LawLine(requirement, verdict, tuple(dict.fromkeys(reasons)), proofs, due_on)


def _verdict(found: list[Meets]) -> Meets:
    """The weakest test decides; one known gap is a gap whatever else is unknown."""
    if not found:
        return Meets.NOT_CONCERNED
    for weakest in (Meets.GAP, Meets.UNKNOWN):
        if weakest in found:
            return weakest
    return Meets.MEETS


def _test(
    test: tuple[str, Any, int], rubric: Rubric, card: Card, result: Result
) -> tuple[Meets, str]:
    key, minimum, level = test
    criterion = rubric.by_id[key]
    state = result.states.get(key)
    if state is None:
        return Meets.NOT_CONCERNED, f"{key} does not apply to this product."
    answer = card.answers.get(key)
    if state != "answered" or answer is None or answer.option is None:
        return Meets.UNKNOWN, f"{criterion.title} ({key}): {STATE_WORDS[state].lower()}."
    option = criterion.options[answer.option]
    if option.points < minimum:
        return Meets.GAP, f"{criterion.title} ({key}): {option.label}."
    if result.levels[key] < level:
        word = "the vendor says so, but no paper shows it"
        if answer.level >= level:
            word = "the paper that showed it has run out"
        return Meets.UNKNOWN, f"{criterion.title} ({key}): {word}."
    return Meets.MEETS, f"{criterion.title} ({key}): {option.label}."


#: How an answer that is none is said.
STATE_WORDS = {
    "answered": "Answered",
    "declined": "The vendor would not answer",
    "not_found": "We looked and found nothing",
    "lapsed": "The proof has run out",
    "not_looked_at": "Not looked at",
}


#: The clauses that a law asks for in the agreement itself, in words.
CLAUSE_WORDS = {
    "ownership": "records stay the district’s",
    "purpose_limit": "use only for the service",
    "pupil_work": "pupils can keep their work",
    "parent_review": "parents can see and correct",
    "review_correct": "families can see and correct",
    "security": "how data is kept safe",
    "breach_notice": "notice of a breach",
    "breach": "what happens after a breach",
    "breach_cost": "who pays for a breach",
    "non_retention": "nothing is kept at the end",
    "no_ads": "no ads aimed at pupils",
    "data_types": "kinds of data listed",
    "service": "the service described",
    "school_official": "vendor acts as a school official",
    "deletion": "how data is deleted",
    "posting": "the agreement is posted",
    "end_of_contract": "data gone at the end",
    "governing_law": "which state’s law governs",
}


def _clause(clause: str, clauses: Mapping[str, Clause]) -> tuple[Meets, str]:
    words = CLAUSE_WORDS.get(clause, clause.replace("_", " "))
    if clause not in clauses:
        return Meets.UNKNOWN, f"Clause on {words}: nobody has looked for it in your agreement."
    if not clauses[clause].is_there:
        return Meets.GAP, f"Clause on {words}: it is not in your agreement."
    return Meets.MEETS, f"Clause on {words}: found in your agreement."


def _proofs(
    requirement: Requirement, card: Card | None, clauses: Mapping[str, Clause]
) -> tuple[tuple[str, str, str], ...]:
    """The agreement first, once with all its places; then what the card cites."""
    places: dict[tuple[str, str], list[str]] = {}
    for clause in requirement.clauses:
        title, where, document = clauses[clause].proof
        places.setdefault((title, document), []).append(where)
    found = [
        (title, ", ".join(dict.fromkeys(where)), document)
        for (title, document), where in places.items()
    ]
    for key, _, _ in requirement.tests:
        answer = card.answers.get(key) if card else None
        found += proofs_of(answer.written if answer else {})
    return tuple(dict.fromkeys(found))


def proofs_of(written: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(title, page or clause, SHA-256) of each document behind an answer."""
    proof = written.get("proof")
    some = proof if isinstance(proof, list) else [proof] if proof else []
    return [(p.get("title", "Document"), p["where"], p["document"]) for p in some]
