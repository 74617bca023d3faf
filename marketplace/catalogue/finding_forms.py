"""What people of a district type while they choose."""

from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace.catalogue.answers import plain
from marketplace.core.web import Form

NEW_LIST = "new"


class SaveSearchForm(Form):
    by_mail = BooleanField("Write to me when a tool is new or changes, at most once a day")


class DropSearchForm(Form):
    """Only the button."""


def _title(*first: Any) -> Any:
    return StringField("Title", [*first, Length(max=80)], filters=[plain])


class BeginShortlistForm(Form):
    title = _title(InputRequired("Enter a title, such as Reading help for grades 1 to 3."))
    seats = IntegerField(
        "Seats you need",
        [Optional(), NumberRange(1, 1_000_000, "Enter a whole number from 1 to 1,000,000.")],
    )


class ShortlistToolForm(Form):
    shortlist = RadioField("List", validators=[InputRequired("Choose a list.")])
    title = StringField("Title of the new list", [Length(max=80)], filters=[plain])


class DropFromShortlistForm(Form):
    tool = HiddenField()


class CommentShortlistForm(Form):
    tool = SelectField("About")
    words = TextAreaField(
        "Your comment",
        [InputRequired("Write what you think in a sentence or two."), Length(max=2000)],
        filters=[plain],
    )
    once_key = HiddenField(validators=[Length(max=32)])


class DecideShortlistForm(Form):
    tool = RadioField("Your choice", validators=[InputRequired("Choose a tool, or none of them.")])
    why = TextAreaField(
        "Why",
        [
            InputRequired("Write why, in a sentence or two. Boards and auditors ask."),
            Length(max=4000),
        ],
        filters=[plain],
    )
    seen_decisions: Any = HiddenField(filters=[lambda value: _whole(value)])

    def show_state(self, decisions: int) -> None:
        """After a refusal, sending again means: I have seen what was decided meanwhile."""
        self.seen_decisions.raw_data = None
        self.seen_decisions.data = decisions


def _whole(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
