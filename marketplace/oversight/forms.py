"""What people type about incidents."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from marketplace.core import uploads
from marketplace.core.errors import RuleBroken
from marketplace.core.web import Form
from marketplace.oversight.rules import LONGEST_WORDS

LONG = Length(max=LONGEST_WORDS, message="Use 2,000 letters at most.")


class ReportIncidentForm(Form):
    once_key: Any = HiddenField()
    words = TextAreaField(
        "What happened", [InputRequired("Say what happened, as far as you know."), LONG]
    )
    happened_on = DateField("When it happened", [Optional()])
    vendor_knew_on = DateField("When the vendor knew", [Optional()])


class ProposeConfirmationForm(Form):
    public_words = TextAreaField(
        "What everybody may read",
        [InputRequired("Write what everybody may read."), LONG],
        description="Plain facts: what, when, whose data. No names of people.",
    )
    evidence_words = TextAreaField(
        "What the proof is", [InputRequired("Say what the proof is."), LONG]
    )
    exposes_students = BooleanField("Student data was exposed (this caps the grade)")
    file = FileField("The proof", description="PDF, picture or Office file, up to 10 MB.")
    checked: uploads.CheckedFile

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        sent = self.file.data
        try:
            if not sent or not getattr(sent, "filename", ""):
                raise RuleBroken("Choose the file that proves it.")
            content = sent.stream.read(uploads.LARGEST_BYTES + 1)
            self.checked = uploads.check(sent.filename, content)
        except RuleBroken as refusal:
            self.file.errors = [*self.file.errors, str(refusal)]
            return False
        return fine


class AnswerIncidentForm(Form):
    words = TextAreaField("Your answer", [InputRequired("Write your answer."), LONG])


class DismissIncidentForm(Form):
    why = TextAreaField("Why not", [InputRequired("Say in a sentence why."), LONG])


class ProposeLateNoticeForm(Form):
    proves = TextAreaField(
        "What proves it", [InputRequired("Say what proves it: which day the vendor knew."), LONG]
    )


class CloseIncidentForm(Form):
    done = TextAreaField(
        "What was done", [InputRequired("Say what was done, in a sentence or two."), LONG]
    )


class PressForm(Form):
    """A button with nothing to type."""
