"""What people type about decisions: a question, a remark, a vote, a conflict, a proxy."""

from datetime import time
from typing import Any
from uuid import uuid4

from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length

from marketplace.core.web import Form
from marketplace.decisions.rules import (
    ASKED_ELSEWHERE,
    CHOICE_WORDS,
    KIND_WORDS,
    LONGEST_WORDS,
)

WORDS = Length(max=LONGEST_WORDS, message=f"Use {LONGEST_WORDS:,} letters at most.")


class _OnceForm(Form):
    """Carries a one-use key: the same form sent twice does one thing."""

    once_key = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.once_key.data = (self.once_key.data or "")[:64] or uuid4().hex


class OpenDecisionForm(_OnceForm):
    kind = SelectField(
        "What is it about?",
        choices={
            kind.value: words for kind, words in KIND_WORDS.items() if kind not in ASKED_ELSEWHERE
        },
    )
    subject = SelectField(
        "What exactly?",
        description="The price, tool, split, district or draft that is voted on.",
    )
    title = StringField(
        "The question",
        [InputRequired("Write the question."), Length(max=150, message="Use 150 letters at most.")],
        description="One sentence that is answered with yes or no.",
    )
    words = TextAreaField("Why?", [InputRequired("Say why in a few words."), WORDS])
    closes_day = DateField("Last day to vote", [InputRequired("Enter the last day.")])
    closes_time = TimeField("At what time?", [InputRequired("Enter a time.")], default=time(17, 0))


class RemarkForm(_OnceForm):
    words = TextAreaField("What do you say?", [InputRequired("Write it in a few words."), WORDS])


class VoteForm(Form):
    choice = SelectField(
        "Your vote", choices={choice.value: words for choice, words in CHOICE_WORDS.items()}
    )
    district = HiddenField()


class ConflictForm(Form):
    conflict = TextAreaField(
        "What is your interest?",
        [InputRequired("Say what it is."), WORDS],
        description="Such as “our superintendent’s family owns a part of this vendor”.",
    )


class ProxyForm(Form):
    to = SelectField("Which district votes for you?")
    proxy = TextAreaField("Why?", [InputRequired("Say why in a few words."), WORDS])
