"""What people type in a review."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from flask_wtf.file import FileField
from wtforms import (
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from marketplace.core.web import Form
from marketplace.reviews import evidence_rules, rules, watch_rules
from marketplace.reviews.evidence_models import EvidenceDocument
from marketplace.reviews.rules import Found, Level, Seat, State
from marketplace.scorecards.rules import Criterion, Domain, Rubric

SHORT = Length(max=200, message="Use 200 letters at most.")
LONG = Length(max=rules.LONGEST_WORDS, message=f"Use {rules.LONGEST_WORDS:,} letters at most.")
NO_ANSWER = {str(s): rules.STATE_WORDS[s] for s in (State.NOT_FOUND, State.DECLINED)}
YES_NO = {"yes": "Yes", "no": "No"}


class PressForm(Form):
    """A button with nothing to type."""


class _Once(Form):
    once_key = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.once_key.data:
            self.once_key.data = uuid4().hex

    @property
    def key(self) -> str:
        """Made with the form, so that a second click says it once."""
        return (self.once_key.data or "")[:64]


# -- the vendor ------------------------------------------------------------------------------


def facts_form(rubric: Rubric, facts: dict[str, Any]) -> Form:
    """What the product is and does, one question for each fact of the rubric."""
    fields: dict[str, Any] = {"seen_edits": HiddenField()}
    for name, words in rubric.facts.items():
        values = rubric.fact_values[name]
        choices = (
            YES_NO
            if set(values) == {True, False}
            else {str(v): str(v).capitalize() for v in values}
        )
        label = words if choices is YES_NO else "Does it influence decisions about students"
        fields[name] = RadioField(
            f"{label[0].upper()}{label[1:]}?", [Optional()], choices=choices, validate_choice=False,
            default=_shown(facts.get(name)),
        )  # fmt: skip
    return type("FactsForm", (Form,), fields)()


def confirm_form(rubric: Rubric, facts: dict[str, Any]) -> Form:
    """The vendor's facts, for a reviewer to confirm or put right."""
    asked = type(facts_form(rubric, facts))
    why = TextAreaField(
        "Why a fact is otherwise",
        [LONG],
        description="Only where you put one right. Name where you saw it.",
    )
    return type("ConfirmFactsForm", (asked,), {"why": why})()


def _shown(value: Any) -> str | None:
    return {True: "yes", False: "no", None: None}.get(value, str(value))


def facts_typed(form: Form, rubric: Rubric) -> dict[str, Any]:
    said = {"yes": True, "no": False}
    return {name: said.get(form[name].data, form[name].data) for name in rubric.facts}


def answers_form(domain: Domain, applicable: Iterable[Criterion], answers: dict[str, Any]) -> Form:
    """The questions of one domain that apply to the product."""
    fields: dict[str, Any] = {"seen_edits": HiddenField()}
    for criterion in applicable:
        if criterion.domain != domain.id:
            continue
        said = answers.get(criterion.id, {})
        choices = {option.id: option.label for option in criterion.options.values()}
        choices |= {"": "Not answered yet", str(State.DECLINED): "We will not answer this"}
        fields[criterion.id] = RadioField(
            f"{criterion.id}. {criterion.question}", [Optional()], choices=choices,
            default=said.get("option", ""), validate_choice=False,
        )  # fmt: skip
        fields[f"{criterion.id}-words"] = TextAreaField(
            "Where a reviewer finds the proof", [LONG], default=said.get("words", "")
        )
    return type("AnswersForm", (Form,), fields)()


def answers_typed(form: Form) -> dict[str, dict[str, str]]:
    return {
        name: {"option": form[name].data or "", "words": form[f"{name}-words"].data or ""}
        for name in form._fields
        if f"{name}-words" in form._fields
    }


class PrefillForm(Form):
    export = TextAreaField(
        "Question ids and answers",
        validators=[
            InputRequired("Paste the lines of your HECVAT."),
            Length(max=400_000, message="The export is longer than 400,000 letters."),
        ],
    )


class SignForm(Form):
    officer_name = StringField("Name of the officer who signs", [SHORT])
    officer_title = StringField("Title", [SHORT], description="Such as chief executive.")
    signed_on = DateField("Day of signing", [Optional()])


class WordsForm(_Once):
    question = SelectField("Question", validate_choice=False)
    words = TextAreaField("What you want to say", [LONG])

    def ask_about(self, questions: Iterable[Criterion]) -> None:
        self.question.choices = [(c.id, f"{c.id}. {c.title}") for c in questions]


class EvidenceForm(Form):
    file = FileField("The document", description="PDF, PNG, JPEG, Word, Excel, CSV or text.")
    title = StringField("Name", [SHORT])
    kind = SelectField(
        "Kind", choices={k.value: words for k, words in evidence_rules.KIND_WORDS.items()}
    )
    captured_on = DateField("Day it was taken or signed", [Optional()])
    period_ended_on = DateField(
        "Last day of the time it looked at", [Optional()], description="Only for an audit."
    )
    expires_on = DateField("Last day it holds", [Optional()], description="For an agreement.")
    source_url = StringField("Where it stands on the web", [Optional(), SHORT])
    audience = SelectField(
        "Who may see it",
        choices={a.value: words for a, words in evidence_rules.AUDIENCE_WORDS.items()},
    )


# -- reviewers -------------------------------------------------------------------------------


class FoundForm(Form):
    """One question: the answer, how well it is shown, and where."""

    option = RadioField("What you found", [Optional()], validate_choice=False)
    level = RadioField(
        "How well it is shown",
        [Optional()],
        choices={str(level): f"{level}. {words}" for level, words in rules.LEVEL_WORDS.items()},
        default=str(Level.E1),
    )
    document = SelectField("Document", validate_choice=False)
    locator = StringField("Page or clause", [SHORT])
    quote = TextAreaField(
        "The sentence that says so", description=f"Up to {rules.LONGEST_QUOTE} letters."
    )
    dated = DateField("Day of the proof", [Optional()])
    expires_on = DateField("Last day it holds", [Optional()], description="Only where it ends.")
    words = TextAreaField("Note", [LONG])

    def ask(self, criterion: Criterion, documents: Iterable[EvidenceDocument]) -> None:
        options = {o.id: o.label for o in criterion.options.values()}
        self.option.choices = list((options | NO_ANSWER).items())
        self.document.choices = [("", "None"), *((str(d.id), d.title) for d in documents)]

    def show(self, found: Found) -> None:
        answered = found.state is State.ANSWERED
        self.option.data = found.option if answered else str(found.state)
        self.level.data = str(found.level)
        self.document.data = str(found.document_id or "")
        self.locator.data, self.quote.data = found.locator, found.quote
        self.dated.data, self.expires_on.data = found.dated, found.expires_on
        self.words.data = found.words

    @property
    def found(self) -> Found:
        """What was typed; an unknown answer or document is refused by the rules."""
        said = self.option.data or ""
        state = State(said) if said in NO_ANSWER else State.ANSWERED
        return Found(
            state=state,
            option=said if state is State.ANSWERED else "",
            level=Level(self.level.data) if self.level.data in Level.__members__ else Level.E0,
            document_id=_uuid(self.document.data),
            locator=(self.locator.data or "").strip(),
            quote=(self.quote.data or "").strip(),
            words=(self.words.data or "").strip(),
            dated=self.dated.data,
            expires_on=self.expires_on.data,
        )


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


class SettleForm(FoundForm):
    why = TextAreaField("Why this answer holds", [LONG])


class AppealDecisionForm(FoundForm):
    outcome = RadioField(
        "Decision",
        choices={str(o): words for o, words in rules.OUTCOME_WORDS.items()},
        validate_choice=False,
    )
    why = TextAreaField("Reason", [LONG])


class StepAsideForm(Form):
    tie = RadioField(
        "What ties you to this vendor", choices={str(t): w for t, w in rules.TIE_WORDS.items()}
    )
    words = StringField("In your own words", [Optional(), Length(max=500)])


class StopForm(Form):
    reason = TextAreaField("What makes it an emergency", [LONG])


class ChangeForm(Form):
    decision = RadioField(
        "What it means", choices={str(d): w for d, w in watch_rules.DECISION_WORDS.items()}
    )
    why = TextAreaField("Reason", [LONG])


class AppealForm(WordsForm):
    words = TextAreaField("What is wrong, and how you know", [LONG])


# -- the operator ----------------------------------------------------------------------------


class AssignForm(Form):
    person = SelectField("Reviewer", validate_choice=False)
    seat = SelectField("Part", choices={str(s): w for s, w in rules.SEAT_WORDS.items()})

    @property
    def seat_typed(self) -> Seat:
        return Seat(self.seat.data)

    @property
    def person_typed(self) -> UUID | None:
        return _uuid(self.person.data)


class WatchForm(Form):
    title = StringField("Name of the document", [SHORT])
    url = StringField("Address", [Optional(), Length(max=1_000)], description="https://…")
    file = FileField("Or its text of today", description="PDF is not read: save it as text.")
