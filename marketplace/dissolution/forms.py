"""What people type to end a consortium: why, and its name."""

from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace.core.web import Form
from marketplace.dissolution.rules import LONGEST_WORDS


class NameForm(Form):
    name = StringField(
        "Type the name of the consortium",
        [InputRequired("Type the name."), Length(max=200, message="Use 200 letters at most.")],
        description="This cannot be undone.",
    )


class DeclareForm(NameForm):
    words = TextAreaField(
        "Why does it end?",
        [
            InputRequired("Say in a few words why."),
            Length(max=LONGEST_WORDS, message=f"Use {LONGEST_WORDS:,} letters at most."),
        ],
    )


class PressForm(Form):
    """A button with nothing to type."""
