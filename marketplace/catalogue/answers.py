"""Answers to the question set: read from what was typed, put in words, compared. Pure."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from marketplace.catalogue import prices
from marketplace.catalogue.questions import Question, QuestionSet, Section
from marketplace.catalogue.rules import GRADES, NOT_ANSWERED, fold
from marketplace.core.errors import RuleBroken
from marketplace.core.money import dollars

LONGEST_LINK = 500
#: No answer is longer; what is pasted beyond is not even read.
LONGEST_PASTE = 20_000
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
YES_NO = {"yes": True, "no": False}
_LINK = re.compile(r"https?://[^\s/?#@:]+\.[^\s/?#@:]+(:\d+)?([/?#]\S*)?$", re.IGNORECASE)
#: What a spreadsheet would run: an equals sign, an at sign, or a sign before a name or bracket.
_FORMULA = re.compile(r"\s*([=@＝＠]|[+\-＋－][A-Za-z(=@])")

Answers = Mapping[str, Mapping[str, Any]]


def plain(text: str | None) -> str:
    """Without control characters, which no database and no page wants."""
    kept = (c for c in (text or "").replace("\r\n", "\n") if c in "\n\t" or c.isprintable())
    return "".join(kept).strip()


def one_line(text: str) -> str:
    return " ".join(plain(text).split())


# -- what was typed --------------------------------------------------------------------------


def read(question: Question, typed: str | Sequence[str], today: date) -> Any:
    """The answer as it is stored, None when the question is left open.

    Money is in cents, dates are ISO text; what cannot be read is refused at the question.
    """
    try:
        check_length(_one(typed), max(LONGEST_PASTE, question.most))
        return _READERS[question.type](question, typed, today)
    except RuleBroken as refusal:
        raise RuleBroken(str(refusal), question.key) from None


def _one(typed: str | Sequence[str]) -> str:
    return typed if isinstance(typed, str) else "\n".join(typed)


def check_length(text: str, most: int) -> str:
    if len(text) > most:
        raise RuleBroken(f"This is {len(text):,} letters long. Keep it to {most:,} letters.")
    return text


def _text(question: Question, typed: str | Sequence[str], _today: date) -> str | None:
    return check_length(one_line(_one(typed)), question.most) or None


def _long(question: Question, typed: str | Sequence[str], _today: date) -> str | None:
    return check_length(plain(_one(typed)), question.most) or None


def _items(typed: str | Sequence[str]) -> list[str]:
    return [item for line in plain(_one(typed)).split("\n") if (item := one_line(line))]


def _lines(question: Question, typed: str | Sequence[str], _today: date) -> list[str] | None:
    items = _items(typed)
    if len(items) > question.most:
        raise RuleBroken(f"This is {len(items):,} lines. Keep it to {question.most}.")
    for number, item in enumerate(items, start=1):
        if len(item) > question.longest:
            raise RuleBroken(
                f"Line {number} is {len(item):,} letters long. Keep it to {question.longest}."
            )
    return items or None


def _link(_question: Question, typed: str | Sequence[str], _today: date) -> str | None:
    text = check_length(_one(typed).strip(), LONGEST_LINK)
    if text and not _LINK.match(text):
        raise RuleBroken("Enter a web address that starts with https://")
    return text or None


def _pick(question: Question, said: str) -> str:
    """By its key, or by its words as a spreadsheet may have them."""
    wanted = fold(said)
    for key, words in question.options.items():
        if said == key or wanted in (fold(key), fold(words)):
            return key
    raise RuleBroken(f"“{said[:60]}” is not one of the answers. Choose one that is listed.")


def _choice(question: Question, typed: str | Sequence[str], _today: date) -> str | None:
    said = one_line(_one(typed))
    return _pick(question, said) if said else None


def _many(question: Question, typed: str | Sequence[str], _today: date) -> list[str] | None:
    said = re.split(r"[;\n]", typed) if isinstance(typed, str) else typed
    picked = {_pick(question, word) for each in said if (word := one_line(each))}
    return [key for key in question.options if key in picked] or None


def _yes_no(_question: Question, typed: str | Sequence[str], _today: date) -> bool | None:
    said = fold(_one(typed))
    if said and said not in YES_NO:
        raise RuleBroken("Choose yes or no.")
    return YES_NO.get(said)


def _grade(_question: Question, typed: str | Sequence[str], _today: date) -> int | None:
    said = fold(_one(typed))
    if not said:
        return None
    for grade, words in GRADES.items():
        if said in (str(grade), fold(words)):
            return grade
    raise RuleBroken("Choose a grade from Pre-K to 12.")


def _date(question: Question, typed: str | Sequence[str], today: date) -> str | None:
    said = _one(typed).strip()
    if not said:
        return None
    try:
        day = date.fromisoformat(said[:10] if said[10:] in ("", " 00:00:00", "T00:00:00") else said)
    except ValueError:
        raise RuleBroken("Enter a date such as 2027-06-30.") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise RuleBroken("Enter a date from 1990 to 2099.")
    if question.dates == "past" and day > today:
        raise RuleBroken("This day is still to come. Enter today or an earlier day.")
    if question.dates == "future" and day <= today:
        raise RuleBroken("This day has passed. Enter a later day.")
    return day.isoformat()


def _whole(question: Question, typed: str | Sequence[str], _today: date) -> int | None:
    said = _one(typed).strip().removesuffix("%").replace(",", "").removesuffix(".0")
    if not said:
        return None
    if not re.fullmatch(r"\d{1,9}", said, re.ASCII) or int(said) > question.most:
        raise RuleBroken(f"Enter a whole number from 0 to {question.most:,}.")
    return int(said)


def _dollars(_question: Question, typed: str | Sequence[str], _today: date) -> int | None:
    said = _one(typed).strip()
    return prices.read_dollars(said, prices.HIGHEST_UNIT_CENTS) if said else None


def _priced(
    question: Question, typed: str | Sequence[str], today: date
) -> list[dict[str, Any]] | None:
    found = []
    for number, line in enumerate(_lines(question, typed, today) or [], start=1):
        what, colon, price = line.rpartition(":")
        try:
            if not colon or not what.strip():
                raise RuleBroken("Write what it is, a colon, and its price.")
            found.append({
                "what": what.strip(),
                "cents": prices.read_dollars(price, prices.HIGHEST_UNIT_CENTS),
            })  # fmt: skip
        except RuleBroken as refusal:
            raise RuleBroken(f"Line {number}: {refusal}") from None
    return found or None


_READERS: dict[str, Any] = {
    "text": _text,
    "long": _long,
    "lines": _lines,
    "link": _link,
    "choice": _choice,
    "many": _many,
    "yes_no": _yes_no,
    "grade": _grade,
    "date": _date,
    "whole": _whole,
    "dollars": _dollars,
    "priced": _priced,
}


def checked(question: Question, value: Any, today: date) -> Any:
    """The value, if it is what `read` makes of some text: whoever calls, only such are stored."""
    if value is None:
        return None
    again = read(question, typed_again(question, value), today)
    if again != value and question.type != "many":  # of several, only the order may differ
        raise RuleBroken("This answer cannot be read.", question.key)
    return again


def check_no_formula(typed: str) -> None:
    """A cell of somebody's file that a spreadsheet would run when it is opened again."""
    if _FORMULA.match(typed):
        raise RuleBroken(
            f"This begins with “{typed.strip()[0]}”, which a spreadsheet runs as a formula. "
            "Write it as plain words."
        )


def typed_again(question: Question, value: Any) -> Any:
    """A stored answer as it stands in the box of a form; `read` gives it back."""
    if value is None:
        return [] if question.type == "many" else ""
    match question.type:
        case "lines":
            return "\n".join(value)
        case "many":
            return list(value)
        case "yes_no":
            return "yes" if value else "no"
        case "dollars":
            return f"{value // 100}.{value % 100:02}"
        case "priced":
            return "\n".join(f"{line['what']}: {dollars(line['cents'])}" for line in value)
    return str(value)


# -- what is stored --------------------------------------------------------------------------


def value_of(answers: Answers, key: str) -> Any:
    return answers.get(key, {}).get("value")


def mark_of_value(value: Any) -> str:
    """A short mark of an answer, so that a form can say which answer its writer saw."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:12]


def fingerprint(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def is_asked(question: Question, answers: Answers) -> bool:
    """Some questions only follow from the answer to another."""
    return all(value_of(answers, key) in wanted for key, wanted in question.only_if.items())


def lines_of(question: Question, value: Any) -> list[str]:
    """A stored answer in words, one or more lines; nothing when it was left open."""
    if value is None:
        return []
    match question.type:
        case "lines":
            return list(value)
        case "many":
            return [question.options.get(key, key) for key in value]
        case "choice":
            return [question.options.get(value, value)]
        case "yes_no":
            return ["Yes" if value else "No"]
        case "grade":
            return [GRADES[value]]
        case "dollars":
            return [dollars(value)]
        case "priced":
            return [f"{line['what']}: {dollars(line['cents'])}" for line in value]
        case "date":
            day = date.fromisoformat(value)
            return [f"{day:%b} {day.day}, {day.year}"]
        case "whole":
            return [f"{value:,} {question.suffix}".strip()]
        case "long":
            return [part for part in value.split("\n") if part.strip()]
    return [str(value)]


@dataclass(frozen=True)
class Said:
    """One question with its answer, ready to be read."""

    question: Question
    lines: list[str]
    answered_on: date | None = None
    file: Mapping[str, Any] | None = None

    @property
    def words(self) -> str:
        return "; ".join(self.lines) or NOT_ANSWERED


def said(question: Question, answers: Answers) -> Said:
    answer = answers.get(question.key, {})
    day = answer.get("on")
    return Said(
        question,
        lines_of(question, answer.get("value")),
        date.fromisoformat(day) if day else None,
        answer.get("file"),
    )


def asked_of(section: Section, answers: Answers) -> list[Question]:
    return [question for question in section.questions if is_asked(question, answers)]


def progress(section: Section, answers: Answers) -> tuple[int, int]:
    """(answered, asked) of a section."""
    asked = asked_of(section, answers)
    return sum(value_of(answers, q.key) is not None for q in asked), len(asked)


def missing(questions: QuestionSet, answers: Answers) -> list[tuple[Section, Question]]:
    """The questions that must be answered before a listing can be sent, still open."""
    return [
        (section, question)
        for section in questions.sections
        for question in asked_of(section, answers)
        if question.required and value_of(answers, question.key) is None
    ]


@dataclass(frozen=True)
class Change:
    """A question whose answer differs between two versions."""

    question: Question
    before: list[str]
    after: list[str]


def changes(questions: QuestionSet, before: Answers, after: Answers) -> list[Change]:
    """In the order the questions are asked; a file that was exchanged counts."""
    found = []
    for question in questions:
        old, new = said(question, before), said(question, after)
        old_lines, new_lines = _with_file(old), _with_file(new)
        if old_lines != new_lines:
            found.append(Change(question, old_lines, new_lines))
    return found


def _with_file(one: Said) -> list[str]:
    return [*one.lines, *([f"File: {one.file['name']}"] if one.file else [])]


def facets(questions: QuestionSet, answers: Answers) -> list[tuple[str, str]]:
    """(question, value) for everything buyers may filter by; lists give one pair for each."""
    found = []
    for question in questions:
        value = value_of(answers, question.key)
        if question.facet and question.who == "public" and value is not None:
            values: Iterable[Any] = value if isinstance(value, list) else [value]
            found += [(question.key, fold(str(each))[:80]) for each in values]
    return sorted(set(found))
