"""What people type about consortia: founding, asking, inviting, filing a paper."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from marketplace.consortia.rules import INSTRUMENT_WORDS, SCOPE_WORDS, SHAPE_WORDS
from marketplace.core.web import ZONE_WORDS, Form

SHORT = Length(max=120, message="Use 120 letters at most.")


class NameForm(Form):
    """First step of a founding: what it is called and for."""

    name = StringField("Name", [InputRequired("Enter a name."), SHORT])
    purpose = TextAreaField(
        "Purpose",
        [InputRequired("Say what it is for."), Length(max=600, message="Use 600 letters at most.")],
        description="One or two plain sentences. They stand on its public page.",
    )
    time_zone = SelectField(
        "Time zone",
        choices=dict(ZONE_WORDS),
        description="All deadlines of the consortium are set in this zone.",
    )


class ShapeForm(Form):
    """Second step: the legal shape, and who holds the money where somebody does."""

    legal_shape = RadioField(
        "Legal shape",
        choices={shape.value: f"{name}. {words}" for shape, (name, words) in SHAPE_WORDS.items()},
        validators=[InputRequired("Choose a legal shape.")],
        description="Chosen once and never mixed. Ask your counsel which one fits your state.",
    )
    fiscal_agent = SelectField(
        "Fiscal agent",
        validators=[Optional()],
        description="Only for pooled cash: who holds the money.",
    )
    successor = SelectField(
        "Successor of the fiscal agent",
        validators=[Optional()],
        description="Only for pooled cash: who takes over if the fiscal agent stops.",
    )


class AskToJoinForm(Form):
    words = TextAreaField(
        "A word to the lead agency",
        [Length(max=1_000, message="Use 1,000 letters at most.")],
    )
    accept_by_laws = BooleanField("We have read the by-laws and accept them")


class AnswerInvitationForm(Form):
    accept_by_laws = BooleanField("We have read the by-laws and accept them")


class InviteDistrictForm(Form):
    district = StringField(
        "District",
        [InputRequired("Enter a name or a LEAID."), SHORT],
        description="Its name or its 7-digit LEAID.",
    )
    words = TextAreaField(
        "A word to the district",
        [Length(max=1_000, message="Use 1,000 letters at most.")],
    )


class FileInstrumentForm(Form):
    kind = SelectField(
        "Kind of paper",
        choices={kind.value: words for kind, words in INSTRUMENT_WORDS.items()},
    )
    covers = SelectField(
        "What may be bought under it",
        choices={scope.value: words for scope, words in SCOPE_WORDS.items()},
        default="software",
    )
    signer_name = StringField("Who signed", [InputRequired("Enter who signed."), SHORT])
    signer_title = StringField(
        "Title of the signer", [InputRequired("Enter the title, such as Superintendent."), SHORT]
    )
    signed_on = DateField("Signed on", [InputRequired("Enter the day it was signed.")])
    board_date = DateField("Board approved it on", [Optional()])
    scope = TextAreaField(
        "Its words on what it covers",
        [
            InputRequired("Say what the paper covers."),
            Length(max=1_000, message="Use 1,000 letters at most."),
        ],
        description="Such as “Joint purchase of classroom software”.",
    )
    starts_on = DateField("In force from", [InputRequired("Enter its first day.")])
    ends_on = DateField("In force until", [InputRequired("Enter its last day.")])
    file = FileField("The signed PDF", description="Up to 10 MB.")


def _whole(text: Any) -> int:
    said = str(text or "")
    return int(said) if said.isdecimal() and said.isascii() and len(said) < 10 else 0


class AcceptByLawsForm(Form):
    """A district's yes to the version it has read."""

    version = HiddenField()
    accept_by_laws = BooleanField("We have read the by-laws and accept them")

    @property
    def number(self) -> int:
        return _whole(self.version.data)


class NameVotersForm(Form):
    voter = SelectField("Votes for us", validators=[InputRequired("Choose who votes.")])
    alternate = SelectField("Stands in", description="Votes when the first one cannot.")


class RevisionForm(Form):
    """A button that is about the draft as it was read."""

    revision = HiddenField()

    @property
    def number(self) -> int:
        return _whole(self.revision.data)


class OfferOfficeForm(Form):
    to = SelectField("Who takes over", validators=[InputRequired("Choose who takes over.")])
    successor = SelectField(
        "Who follows the new one",
        validators=[Optional()],
        description="Only for the fiscal agent: who takes over if the new one stops.",
    )
    words = TextAreaField(
        "A word to the agency",
        [Length(max=1_000, message="Use 1,000 letters at most.")],
    )


class NameObserverForm(Form):
    observer = StringField(
        "District, agency or funder",
        [InputRequired("Enter a name or a LEAID."), Length(max=200, message="Use 200 letters.")],
        description="Its whole name, or the LEAID of a district.",
    )
    words = TextAreaField(
        "Why does it read along?",
        [Length(max=500, message="Use 500 letters at most.")],
    )


class PressForm(Form):
    """A button with nothing to type."""
