"""What a lead types to its members."""

from typing import Any
from uuid import uuid4

from wtforms import HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.core.web import Form
from marketplace.outreach.rules import LONGEST_SUBJECT, LONGEST_TEXT


class WriteForm(Form):
    """`once_key` makes a second click harmless; "preview" shows the letter and sends nothing."""

    subject = StringField(
        "Subject",
        [
            InputRequired("Enter a subject."),
            Length(max=LONGEST_SUBJECT, message=f"Use {LONGEST_SUBJECT} letters at most."),
        ],
    )
    text = TextAreaField(
        "Text",
        [
            InputRequired("Write what the districts should know."),
            Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} letters at most."),
        ],
    )
    once_key = HiddenField(validators=[Length(max=64)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.once_key.data:
            self.once_key.data = uuid4().hex


class WriteMessageForm(WriteForm):
    pass


class RemindForm(WriteForm):
    districts = SelectMultipleField(
        "Who gets it",
        validators=[InputRequired("Choose at least one district.")],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
