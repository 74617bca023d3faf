"""Tools side by side: the same questions asked of each, grouped as a committee reads them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from marketplace.catalogue import answers as said
from marketplace.catalogue import prices, questions, rules
from marketplace.catalogue.answers import Answers
from marketplace.catalogue.models import Tool
from marketplace.catalogue.rules import AI_WORDS, NOT_ANSWERED, NOT_REVIEWED, ToolStatus
from marketplace.core.money import dollars
from marketplace.pricing.rules import Schedule, price_extras

MOST_TOOLS = 4
LARGEST_SEATS = 1_000_000
WITHDRAWN = "No longer offered here"


@dataclass(frozen=True)
class Cell:
    """One answer: the words, a second line, and whether it is the lowest cost of the row."""

    text: str
    sub: str = ""
    lowest: bool = False
    #: An icon beside the words, never instead of them.
    mark: str = ""


@dataclass(frozen=True)
class Row:
    question: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        return len({(cell.text, cell.sub) for cell in self.cells}) > 1


@dataclass(frozen=True)
class Group:
    title: str
    rows: tuple[Row, ...]


Prices = Mapping[UUID, Sequence[Schedule]]


def is_withdrawn(tool: Tool) -> bool:
    return tool.status is not ToolStatus.PUBLISHED


#: What each tool answered, by its id: (question set, answers).
Given = Mapping[UUID, tuple[str, Answers]]
#: Sections that stand in a group that the page has anyway.
_GROUP_OF = {"ai": "AI", "setup": "Set-up", "terms": "Price", "about": "Teaching"}
#: A cell says so many letters; the rest stands on the tool's page.
LONGEST = 160
_MARKS = {True: "ok", False: "no", "tested": "ok", "all": "ok", "never": "ok", "none": "no"}


def compare(
    tools: Sequence[Tool],
    in_force: Prices,
    vendors: Mapping[UUID, str],
    seats: int | None,
    given: Given | None = None,
    may_read: Callable[[str], bool] = lambda who: who == "public",
) -> list[Group]:
    """Every question, one answer for each tool; nobody's silence is filled in.

    `may_read` says which audiences the reader belongs to.
    """
    price = [_each("Price", tools, lambda tool: _price(tool, in_force))]
    if seats:
        price.append(Row(f"Your cost, {seats:,} seats", costs(tools, in_force, seats)))
    price.append(_each("Pools buying it now", tools, lambda tool: Cell(_pools(tool))))
    groups = [
        ("Price", price),
        ("Privacy", [_each("Privacy review", tools, _privacy)]),
        (
            "AI",
            [
                _each("How much AI", tools, lambda tool: Cell(_ai(tool))),
                _each("What the AI does", tools, lambda tool: _said(" ".join(tool.ai_facts))),
            ],
        ),
        (
            "Teaching",
            [
                _each("Grades", tools, lambda tool: Cell(_grades(tool))),
                _each("Subjects", tools, lambda t: _said(rules.subject_words(t.subjects))),
                _each("Languages", tools, lambda tool: _said(", ".join(tool.languages))),
            ],
        ),
        (
            "Set-up",
            [
                _each("Runs on", tools, lambda tool: _said(tool.runs_on)),
                _each("Works with", tools, lambda tool: _said(tool.works_with)),
                _each("Made by", tools, lambda tool: Cell(vendors.get(tool.org_id, ""))),
            ],
        ),
    ]
    rows_of = {title: list(rows) for title, rows in groups}
    for title, more in _asked(tools, given or {}, may_read):
        rows_of.setdefault(title, []).extend(more)
    return [Group(title, tuple(rows)) for title, rows in rows_of.items()]


def _privacy(tool: Tool) -> Cell:
    _, words, icon = rules.PRIVACY_WORDS[tool.privacy_grade or ""]
    return Cell(words if tool.privacy_grade else NOT_REVIEWED, mark=icon)


def _asked(
    tools: Sequence[Tool], given: Given, may_read: Callable[[str], bool]
) -> Iterator[tuple[str, list[Row]]]:
    """The rows of the question set that at least one of the tools answered."""
    for section in questions.load().sections:
        rows = []
        for question in section.questions:
            if question.column or not may_read(question.who):
                continue
            cells = tuple(_answer(tool, question, given) for tool in tools)
            if any(cell.text not in (NOT_ANSWERED, WITHDRAWN) for cell in cells):
                rows.append(Row(question.label, cells))
        if rows:
            yield _GROUP_OF.get(section.key, section.title), rows


def _answer(tool: Tool, question: questions.Question, given: Given) -> Cell:
    if is_withdrawn(tool):
        return Cell(WITHDRAWN)
    _, answers = given.get(tool.id, ("", {}))
    value = said.value_of(answers, question.key)
    if value is None or not said.is_asked(question, answers):
        return Cell(NOT_ANSWERED)
    words = "; ".join(said.lines_of(question, value))
    if len(words) > LONGEST:
        words = words[: LONGEST - 1].rsplit(" ", 1)[0] + " …"
    mark = _MARKS.get(value, "") if isinstance(value, (bool, str)) else ""
    return Cell(words, mark=mark if question.type in ("yes_no", "choice") else "")


def only_differing(groups: Sequence[Group]) -> tuple[list[Group], int]:
    """The rows whose answers differ, and how many were left out."""
    kept = [Group(g.title, tuple(row for row in g.rows if row.differs)) for g in groups]
    before, after = (sum(len(g.rows) for g in some) for some in (groups, kept))
    return [group for group in kept if group.rows], before - after


def costs(tools: Sequence[Tool], in_force: Prices, seats: int) -> tuple[Cell, ...]:
    """What so many seats would cost one district alone; the one lowest cost is marked."""
    amounts = [
        None if is_withdrawn(tool) else prices.cheapest_of(in_force.get(tool.id, ()), seats)
        for tool in tools
    ]
    known = [amount for amount in amounts if amount is not None]
    best = min(known) if len(known) > 1 and known.count(min(known)) == 1 else None
    return tuple(_cost(tool, amount, best) for tool, amount in zip(tools, amounts))


def _cost(tool: Tool, amount: int | None, best: int | None) -> Cell:
    if is_withdrawn(tool):
        return Cell(WITHDRAWN)
    if amount is None:
        return Cell(NOT_ANSWERED)
    lowest = amount == best
    return Cell(dollars(amount), "Lowest, bought alone" if lowest else "bought alone", lowest)


def _each(question: str, tools: Sequence[Tool], answer: object) -> Row:
    return Row(question, tuple(answer(tool) for tool in tools))  # type: ignore[operator]


def _said(text: str) -> Cell:
    return Cell(text or NOT_ANSWERED)


def _price(tool: Tool, in_force: Prices) -> Cell:
    if is_withdrawn(tool):
        return Cell(WITHDRAWN)
    schedules = in_force.get(tool.id, ())
    beside = sorted({said for schedule in schedules for said in price_extras(schedule)})
    return Cell(prices.price_range(schedules) or NOT_ANSWERED, ". ".join(beside))


def _pools(tool: Tool) -> str:
    if tool.open_pools == 1:
        return "1 open pool"
    return f"{tool.open_pools} open pools" if tool.open_pools else "No open pool"


def _ai(tool: Tool) -> str:
    return AI_WORDS[tool.ai_use] if tool.ai_facts else NOT_ANSWERED


def _grades(tool: Tool) -> str:
    return rules.grade_words(tool.lowest_grade, tool.highest_grade)
