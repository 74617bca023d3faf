"""Papers drafted from a card: what a district must hand out or post, with what is known.

A draft says only what the card says, names the proof of each line, and leaves a marked blank
where nothing is known. It never says that a law is met.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from marketplace.scorecards.card_rules import Card
from marketplace.scorecards.law_rules import STATE_WORDS, proofs_of
from marketplace.scorecards.rubric_rules import LEVELS, Rubric
from marketplace.scorecards.score_rules import Result

BLANK = "Not known yet. Ask the vendor before you post this."


@dataclass(frozen=True)
class Line:
    label: str
    words: str
    source: str = ""
    is_blank: bool = False


@dataclass(frozen=True)
class Part:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Paper:
    kind: str
    title: str
    lead: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...]

    @property
    def blanks(self) -> int:
        return sum(line.is_blank for part in self.parts for line in part.lines)


@dataclass(frozen=True)
class Kind:
    title: str
    state: str
    lead: str
    #: (heading, [(label, question of the rubric)]).
    parts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    cite: str
    is_verified: bool = True


#: From state-packs: `export` of NY-2, IL-3 and IL-5, CO-1 and CO-4, CT-4; and the family notice.
KINDS: dict[str, Kind] = {
    "ny_supplemental_information": Kind(
        "Supplemental information for the parents’ bill of rights",
        "NY",
        "What 8 NYCRR 121.3(c) asks a district to post for each contract that shares student data.",
        (
            ("What the data is used for", (("Purposes", "DC-01"), ("Limit to those", "US-01"))),
            ("Who else gets it", (("Subcontractors and their duties", "US-04"),)),
            ("How long, and what happens at the end", (("At the end of the contract", "RD-03"),)),
            ("How to challenge what is wrong", (("See it and correct it", "RT-01"),)),
            (
                "Where and how it is kept",
                (("Where it is stored", "US-06"), ("Encryption", "SE-02")),
            ),
        ),
        "8 NYCRR 121.3(c)(1)-(6)",
    ),
    "il_website_posting": Kind(
        "Website posting for this operator",
        "IL",
        "What 105 ILCS 85/27(a) asks a school to post about each operator.",
        (
            ("Data elements", (("Every element, with its reason", "DC-01"),)),
            (
                "Operator and agreement",
                (("Signed agreement", "AC-01"), ("Control of the records", "AC-02")),
            ),
            ("Subcontractors", (("Who else handles the data", "US-04"),)),
            ("What parents can do", (("See, copy and correct", "RT-01"), ("Delete", "RD-02"))),
            ("Breaches", (("Past incidents", "SE-07"), ("When we are told", "SE-06"))),
        ),
        "105 ILCS 85/27(a)",
    ),
    "il_subcontractor_list": Kind(
        "Third parties and affiliates that receive student data",
        "IL",
        "The list that 105 ILCS 85/15(6) asks the operator to keep current.",
        (("The list", (("Who else handles the data", "US-04"), ("Where", "US-06"))),),
        "105 ILCS 85/15(6)",
    ),
    "co_data_elements": Kind(
        "Data elements, purpose, use and sharing",
        "CO",
        "What C.R.S. 22-16-108(1) asks a provider to give in a form the district can post.",
        (
            ("What is collected", (("Every element, with its reason", "DC-01"),)),
            (
                "Learning purpose and use",
                (("School purpose only", "US-01"), ("AI training", "AI-01")),
            ),
            ("Sharing", (("Who else handles the data", "US-04"),)),
            ("Changes", (("Notice of changes", "AC-03"),)),
        ),
        "C.R.S. 22-16-108(1)-(2)",
    ),
    "co_contract_list": Kind(
        "Entry in the list of contract providers",
        "CO",
        "What C.R.S. 22-16-107 asks a district to post: each provider, with the contract.",
        (
            (
                "The contract",
                (("Signed agreement", "AC-01"), ("Use of the data", "US-01"), ("Erasure", "RD-02")),
            ),
        ),
        "C.R.S. 22-16-107(1)(b), (2)",
    ),
    "ct_notice": Kind(
        "Notice to families of a signed contract",
        "CT",
        "Sent and posted after a contract that shares student information is signed.",
        (
            (
                "What the contract covers",
                (("Signed agreement", "AC-01"), ("What is collected", "DC-01")),
            ),
            (
                "What it promises",
                (
                    ("School purpose only", "US-01"),
                    ("Security", "SE-02"),
                    ("Breach notice", "SE-06"),
                    ("Erasure", "RD-02"),
                ),
            ),
        ),
        "Conn. Gen. Stat. 10-234bb",
        is_verified=False,
    ),
    "parent_notice": Kind(
        "Notice to parents and guardians",
        "",
        "Our school uses this tool. This page says what it does with your child’s information.",
        (
            ("What it takes", (("What is collected", "DC-01"), ("Only what is needed", "DC-02"))),
            (
                "What is done with it",
                (
                    ("Used to train AI", "AI-01"),
                    ("Sold", "US-02"),
                    ("Ads", "US-03"),
                    ("Who else sees it", "US-04"),
                ),
            ),
            ("Who decides", (("People, not the computer", "TO-03"), ("Saying no", "RT-04"))),
            ("How long it is kept", (("End date", "RD-01"), ("Delete on request", "RD-02"))),
            ("What you can ask for", (("See it and correct it", "RT-01"), ("Complain", "RT-05"))),
        ),
        "",
    ),
}


def kinds_for(state: str | None) -> list[str]:
    """The papers a district of this state can have drafted; the notice to parents always."""
    return [kind for kind, about in KINDS.items() if about.state in ("", state or "")]


def draft(
    kind: str,
    rubric: Rubric,
    card: Card,
    result: Result,
    *,
    tool: str,
    vendor: str,
    district: str,
    version: int,
    today: date,
    warnings: Sequence[str] = (),
) -> Paper:
    """The paper for one tool and one district. Raises `KeyError` for a kind there is not."""
    about = KINDS[kind]
    parts = [
        Part(
            "Who",
            (Line("School district", district), Line("Tool", tool), Line("Company", vendor)),
        )
    ]
    for title, asked in about.parts:
        lines = [_line(label, key, rubric, card, result) for label, key in asked]
        if known := tuple(line for line in lines if line is not None):
            parts.append(Part(title, known))
    notes = [*warnings]
    if about.cite:
        notes.append(f"Drafted for {about.cite}. Have your counsel read it before you post it.")
    if not about.is_verified:
        notes.append("Paragraph or reading not verified: check the law before you rely on it.")
    notes.append(f"From scorecard version {version}, rubric {rubric.version}, as of {today}.")
    return Paper(kind, f"{about.title}: {tool}", about.lead, tuple(parts), tuple(notes))


def _line(label: str, key: str, rubric: Rubric, card: Card, result: Result) -> Line | None:
    state = result.states.get(key)
    if state is None:
        return None
    answer = card.answers.get(key)
    if state != "answered" or answer is None or answer.option is None:
        return Line(label, f"{STATE_WORDS[state]}. {BLANK}", is_blank=True)
    words = rubric.by_id[key].options[answer.option].label
    name, _ = rubric.levels[LEVELS[result.levels[key]]]
    proofs = [f"{title}, {where}" for title, where, _ in proofs_of(answer.written)]
    return Line(label, f"{words}.", "; ".join([name, *proofs]))
