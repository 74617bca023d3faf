"""How a card reads: the lines of the label, a parent's five answers, a vendor's next steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from marketplace.scorecards.card_rules import Answer, Card
from marketplace.scorecards.law_rules import STATE_WORDS
from marketplace.scorecards.rubric_rules import LEVELS, Criterion, Rubric
from marketplace.scorecards.score_rules import RANKS, Result, Sheet, score

#: The lines of the Privacy Facts label, by heading: (words, question).
LABEL = (
    ("What it takes from students", (
        ("Only what is needed", "DC-02"),
        ("No face, voice or place tracking", "DC-03"),
        ("No outside trackers", "DC-05"),
    )),
    ("What it does with it", (
        ("Trains no AI on it", "AI-01"),
        ("Sells nothing", "US-02"),
        ("No ads aimed at students", "US-03"),
        ("Names who else gets it", "US-04"),
    )),
    ("Control and safety", (
        ("A person decides", "TO-03"),
        ("Erased when the school asks", "RD-02"),
        ("Tells us about a breach", "SE-06"),
        ("Encrypted", "SE-02"),
        ("Usable with disabilities", "EQ-01"),
    )),
)  # fmt: skip
#: What a parent asks first: (question in words, criteria that answer it, yes, partly, no).
PARENT = (
    ("Is my child’s information sold or used for ads?", ("US-02", "US-03"),
     "No.", "Mostly not, but the promise has gaps.", "It may be."),
    ("Is my child’s work used to train AI?", ("AI-01",),
     "No.", "Only in some cases.", "It may be."),
    ("Does a person, not a computer, decide about my child?", ("TO-03",),
     "Yes. A person must decide.", "Yes, as a rule of the company.", "Not always."),
    ("Is it kept safe, and will the school hear of a leak?", ("SE-02", "SE-06"),
     "Yes. It is locked, and the school hears within days.", "In part.", "We cannot say so."),
    ("Can it be seen, fixed and erased?", ("RT-01", "RD-02"),
     "Yes. Ask your school.", "In part. Ask your school.", "Not in time, or not at all."),
)  # fmt: skip
#: A fact that makes a question moot, in words.
MOOT = {"AI-01": "This tool uses no AI."}
GRADE_SHAPES = {"A": "ok", "B": "ok", "C": "mid", "D": "mid", "E": "no", "NR": "dot"}
GRADE_KINDS = {"A": "good", "B": "good", "C": "warn", "D": "warn", "E": "bad", "NR": ""}


@dataclass(frozen=True)
class Fact:
    """One line: words, mark (an icon, and so a shape), short word, and the answer in full."""

    words: str
    mark: str
    short: str
    detail: str
    criterion: str


@dataclass(frozen=True)
class Spoken:
    question: str
    answer: str
    mark: str
    basis: str


@dataclass(frozen=True)
class Step:
    """What evidence would raise what."""

    criterion: Criterion
    now: str
    needs: str
    gain_tenths: int
    grade: str
    rises: bool


@dataclass(frozen=True)
class Lapse:
    on: date
    criterion: Criterion
    becomes: str


def mark_of(criterion: Criterion, card: Card, result: Result) -> tuple[str, str]:
    """(icon, word) of an answer: full points, some, none, or not known."""
    answer = card.answers.get(criterion.id)
    if result.states[criterion.id] != "answered" or answer is None or answer.option is None:
        return "dot", "Not known"
    points = criterion.options[answer.option].points
    if result.levels[criterion.id] < 2 and points > 0:
        return "mid", "Says so"
    if points == 1:
        return "ok", "Yes"
    return ("mid", "In part") if points > 0 else ("no", "No")


def answer_words(criterion: Criterion, card: Card, result: Result) -> str:
    answer = card.answers.get(criterion.id)
    if answer is None or answer.option is None:
        return STATE_WORDS[result.states[criterion.id]]
    label = criterion.options[answer.option].label
    return f"{label} (proof has run out)" if result.states[criterion.id] == "lapsed" else label


def label_lines(rubric: Rubric, card: Card, result: Result) -> list[tuple[str, list[Fact]]]:
    found = []
    for heading, lines in LABEL:
        facts = []
        for words, key in lines:
            if key in result.states:
                criterion = rubric.by_id[key]
                mark, short = mark_of(criterion, card, result)
                facts.append(Fact(words, mark, short, answer_words(criterion, card, result), key))
        found.append((heading, facts))
    return found


def spoken(rubric: Rubric, card: Card, result: Result) -> list[Spoken]:
    """Five answers for a parent, in words of grade 8 or below."""
    found = []
    for question, keys, yes, partly, no in PARENT:
        asked = [rubric.by_id[key] for key in keys if key in result.states]
        if not asked:
            found.append(Spoken(question, MOOT.get(keys[0], "It does not apply."), "ok", ""))
            continue
        marks = {mark_of(c, card, result)[0] for c in asked}
        levels = min(result.levels[c.id] for c in asked)
        if "no" in marks:
            mark, words = "no", no
        elif "dot" in marks:
            mark, words = "dot", "We do not know. We do not guess."
        elif marks == {"ok"}:
            mark, words = "ok", yes
        elif levels < 2:
            mark, words = "mid", f"The company says: {yes[0].lower()}{yes[1:]} We saw no proof."
        else:
            mark, words = "mid", partly
        found.append(Spoken(question, words, mark, _basis(mark, levels)))
    return found


def _basis(mark: str, level: int) -> str:
    if mark == "dot":
        return "Nobody has shown us an answer that still counts."
    return {
        0: "Nobody has shown us an answer that still counts.",
        1: "The company told us. Nobody has shown us a paper.",
        2: "Two people read the paper that says so.",
        3: "Two people checked it themselves.",
    }[level]


def shared_questions(
    rubrics: Sequence[Rubric], results: Sequence[Result]
) -> list[tuple[str, list[Criterion]]]:
    """The questions that apply to every card in the same revision, by domain of the first."""
    first = rubrics[0]
    found = []
    for domain in first.domains:
        asked = [
            criterion
            for criterion in domain.criteria
            if all(
                criterion.id in result.states
                and criterion.id in rubric.by_id
                and rubric.by_id[criterion.id].rev == criterion.rev
                and rubric.by_id[criterion.id].options == criterion.options
                for rubric, result in zip(rubrics, results, strict=True)
            )
        ]
        if asked:
            found.append((domain.name, asked))
    return found


def next_steps(rubric: Rubric, card: Card, most: int = 12) -> list[Step]:
    """What a vendor can show that raises the score most, one question at a time."""
    now = score(rubric, card)
    steps = []
    for key, state in now.states.items():
        criterion, answer = rubric.by_id[key], card.answers.get(key)
        best = criterion.best
        if answer is not None and answer.option is not None and state == "answered":
            options = [(answer.option, min(now.levels[key] + 1, 3)), (best.id, now.levels[key])]
        else:
            options = [(best.id, 2)]
        for option, level in options:
            if answer and (option, level) == (answer.option, now.levels[key]):
                continue
            better = score(rubric, _with(card, key, option, level))
            if gain := better.score.tenths - now.score.tenths:
                steps.append(
                    Step(
                        criterion,
                        answer_words(criterion, card, now),
                        _needs(criterion, answer.option if answer else None, option, level),
                        gain,
                        better.grade,
                        RANKS[better.grade] < RANKS[now.grade],
                    )
                )
    steps.sort(key=lambda step: (not step.rises, -step.gain_tenths, step.criterion.id))
    return steps[:most]


def _with(card: Card, key: str, option: str, level: int) -> Card:
    answers = dict(card.answers)
    written = {"answer": option, "evidence": LEVELS[level], "dated": card.as_of}
    answers[key] = Answer(option, None, level, card.as_of, None, written)
    return replace(card, answers=answers)


def _needs(criterion: Criterion, now: str | None, option: str, level: int) -> str:
    papers = ", or ".join(criterion.evidence[:2])
    if option == now:
        how = "a check by a reviewer" if level == 3 else "a paper"
        return f"The same answer with {how}: {papers}."
    return f"{criterion.options[option].label}. Shown by {papers}."


def lapses(rubric: Rubric, card: Card) -> list[Lapse]:
    """When each piece of evidence loses weight, soonest first."""
    day = card.as_of.toordinal()
    found = []
    for line in Sheet(rubric, card).lines:
        for on in (line.lowered_on, line.void_on):
            if line.level and day < on < 10**7 and line.level_on(on) < line.level_on(on - 1):
                name = rubric.levels[LEVELS[line.level_on(on)]][0]
                becomes = name if line.level_on(on) else "nothing"
                found.append(Lapse(date.fromordinal(on), line.criterion, becomes))
    return sorted(found, key=lambda lapse: (lapse.on, lapse.criterion.id))
