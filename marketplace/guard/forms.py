"""What a person types when a district accepts the gaps of a card."""

from typing import Any

from wtforms import HiddenField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace.core.web import Form
from marketplace.guard.rules import LONGEST_WORDS


class AcceptGapsForm(Form):
    #: The keys of the gaps that stood on the page.
    seen: Any = HiddenField()
    words = TextAreaField(
        "Why your district accepts this",
        [
            InputRequired("Say in your own words why your district accepts this."),
            Length(max=LONGEST_WORDS, message="Use 2,000 letters at most."),
        ],
        description="What you do about each gap, such as “Teachers switch voice off.”",
    )
