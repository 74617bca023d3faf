"""Forms made from the question set: a field for each question, read as an import reads it."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    FileField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.catalogue import answers as said
from marketplace.catalogue.listing_rules import CHANGE_WORDS, ChangedMeanwhile
from marketplace.catalogue.questions import Question, Section
from marketplace.catalogue.rules import GRADES
from marketplace.core import uploads
from marketplace.core.errors import RuleBroken
from marketplace.core.web import Form

#: A listing has no page without these, so even a draft keeps them.
NEVER_EMPTY = ("name", "summary")


class ManyField(SelectMultipleField):
    """Several of a fixed list, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AnswersForm(Form):
    """The questions of one section. `seen` carries the mark of each answer that was shown."""

    asked: tuple[Question, ...] = ()
    today: date
    seen: Any = HiddenField()

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        self.values: dict[str, Any] = {}
        self.new_files: dict[str, uploads.CheckedFile] = {}
        for question in self.asked:
            for name, read in ((question.key, self._read), (f"file_{question.key}", self._look)):
                try:
                    if name in self:
                        read(question, self[name])
                except RuleBroken as refusal:
                    self[name].errors = [*self[name].errors, str(refusal)]
                    fine = False
        return fine

    def _read(self, question: Question, field: Any) -> None:
        value = said.read(question, field.data or "", self.today)
        if value is None and question.key in NEVER_EMPTY:
            raise RuleBroken(question.required)
        self.values[question.key] = value

    def _look(self, question: Question, field: Any) -> None:
        if field.data and getattr(field.data, "filename", ""):
            content = field.data.stream.read(uploads.LARGEST_BYTES + 1)
            self.new_files[question.key] = uploads.check(field.data.filename, content)

    def ticked(self, prefix: str) -> list[str]:
        names = [(q.key, f"{prefix}_{q.key}") for q in self.asked]
        return [key for key, name in names if name in self and self[name].data]

    @property
    def marks(self) -> dict[str, str]:
        """What the writer saw; nothing that is not ours is believed."""
        try:
            found = json.loads(self.seen.data or "")
        except ValueError:
            return {}
        if not isinstance(found, dict):
            return {}
        return {str(k): v for k, v in found.items() if isinstance(v, str)}

    def show_marks(self, answers: said.Answers) -> None:
        marks = {q.key: said.mark_of_value(said.value_of(answers, q.key)) for q in self.asked}
        self.seen.raw_data, self.seen.data = None, json.dumps(marks)

    def refuse(self, refusal: RuleBroken) -> None:
        if isinstance(refusal, ChangedMeanwhile):
            self.changed_meanwhile = True
            for key, words in refusal.fields.items():
                self[key].errors = [*self[key].errors, words]
        else:
            super().refuse(refusal)

    def take_in(self, answers: said.Answers) -> None:
        """After somebody else saved: what this writer left alone shows what is there now, and
        saving again means: I have seen theirs."""
        marks = self.marks
        for question in self.asked:
            typed = self.values.get(question.key)
            if marks.get(question.key) == said.mark_of_value(typed):
                self[question.key].data = said.typed_again(
                    question, said.value_of(answers, question.key)
                )
        self.show_marks(answers)


def answers_form(section: Section, answers: said.Answers, today: date) -> AnswersForm:
    asked = said.asked_of(section, answers)
    fields: dict[str, Any] = {"asked": tuple(asked), "today": today}
    for question in asked:
        fields[question.key] = _field(question)
        answer = answers.get(question.key, {})
        if question.evidence:
            fields[f"file_{question.key}"] = FileField(f"File for: {question.label}")
        if answer.get("file"):
            fields[f"drop_{question.key}"] = BooleanField(f"Remove {answer['file']['name']}")
        if question.months and said.value_of(answers, question.key) is not None:
            fields[f"still_{question.key}"] = BooleanField("Still true today")
    data = {q.key: said.typed_again(q, said.value_of(answers, q.key)) for q in asked}
    form: AnswersForm = type("AnswersForm", (AnswersForm,), fields)(data=data)
    if not form.is_submitted():
        form.show_marks(answers)
    return form


def _field(question: Question) -> Any:
    match question.type:
        case "choice" | "yes_no":
            options = question.options or {"yes": "Yes", "no": "No"}
            choices = _choices(options)
            if not question.required:
                choices.append(SelectChoice("", "Not answered"))
            return RadioField(question.label, choices=choices, validate_choice=False)
        case "many":
            return ManyField(
                question.label, choices=_choices(question.options), validate_choice=False
            )
        case "grade":
            choices = [
                SelectChoice("", "Choose"),
                *_choices({str(k): w for k, w in GRADES.items()}),
            ]
            return SelectField(question.label, choices=choices, validate_choice=False)
        case "long" | "lines" | "priced":
            return TextAreaField(question.label)
    return StringField(question.label)


def _choices(words: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


class CopyAnswersForm(Form):
    source = SelectField("Copy from", [InputRequired("Choose a listing.")])
    sections: Any = ManyField("Which parts")


class AnnounceChangeForm(Form):
    once_key: Any = HiddenField()
    kind = RadioField(
        "What changes",
        [InputRequired("Choose what changes.")],
        choices=_choices({str(kind): words for kind, words in CHANGE_WORDS.items()}),
    )
    words = TextAreaField(
        "What changes, in plain sentences",
        [InputRequired("Say what changes, in plain sentences.")],
        filters=[said.plain],
    )
    takes_effect_on = DateField(
        "From which day", [InputRequired("Enter a date, such as 2027-06-30.")]
    )

    def validate_words(self, field: Any) -> None:
        said.check_length(field.data or "", 2000)


class StartImportForm(Form):
    file = FileField("CSV or Excel file")

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        upload = self.file.data
        try:
            if not upload or not getattr(upload, "filename", ""):
                raise RuleBroken("Choose a file.")
            content = upload.stream.read(uploads.LARGEST_BYTES + 1)
            self.checked = uploads.check(upload.filename, content, ("csv", "txt", "xlsx"))
        except RuleBroken as refusal:
            self.file.errors = [*self.file.errors, str(refusal)]
            return False
        return fine


class RunImportForm(Form):
    pass


class FollowToolForm(Form):
    pass
