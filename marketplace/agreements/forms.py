"""What people type about agreements. The signed PDF is looked into before anything is stored."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.accounts.rules import STATES
from marketplace.agreements.rules import DATA_ELEMENTS, FAMILY_WORDS
from marketplace.core import uploads
from marketplace.core.errors import RuleBroken
from marketplace.core.web import Form

SHORT = Length(max=120, message="Use 120 letters at most.")
LONG = Length(max=2_000, message="Use 2,000 letters at most.")
YES_NO = [SelectChoice("yes", "Yes"), SelectChoice("no", "No")]


class TicksField(SelectMultipleField):
    """Several of a list, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def _data_elements(label: str) -> Any:
    choices = [SelectChoice(key, words) for key, words in DATA_ELEMENTS.items()]
    return TicksField(label, choices=choices)


class SignedPdfForm(Form):
    """A form with a signed PDF: `checked` holds it once the form is valid."""

    file = FileField("The signed PDF", description="Up to 10 MB.")
    checked: uploads.CheckedFile

    def validate(self, extra_validators: Any = None) -> bool:
        fine = super().validate(extra_validators)
        sent = self.file.data
        try:
            if not sent or not getattr(sent, "filename", ""):
                raise RuleBroken("Choose the signed PDF.")
            content = sent.stream.read(uploads.LARGEST_BYTES + 1)
            self.checked = uploads.check(sent.filename, content, ("pdf",))
        except RuleBroken as refusal:
            self.file.errors = [*self.file.errors, str(refusal)]
            return False
        return fine


class FileAgreementForm(SignedPdfForm):
    once_key: Any = HiddenField()
    family = SelectField(
        "Kind of agreement", choices=[SelectChoice(str(k), w) for k, w in FAMILY_WORDS.items()]
    )
    version = StringField(
        "Version",
        [InputRequired("Enter the version, such as 2.1."), SHORT],
        description="As printed on the form, such as “2.1” or “1.5, January 2025”.",
    )
    state = SelectField(
        "State whose law it follows",
        choices=[SelectChoice(code, name) for code, (name, _) in STATES.items()],
    )
    provider = StringField(
        "Vendor, as the paper names it", [InputRequired("Enter the name on the paper."), SHORT]
    )
    products = TicksField(
        "Products it names", description="As listed in the agreement. Tick the edition if it says."
    )
    data_elements = _data_elements("Data schedule")
    signed_on = DateField("Signed by both on", [InputRequired("Enter the day it was signed.")])
    effective_on = DateField("First day", [InputRequired("Enter its first day.")])
    ends_on = DateField("Last day", [InputRequired("Enter its last day.")])
    offer_present = RadioField(
        "Is there a standing offer (often Exhibit E)?",
        [InputRequired("Say whether there is a standing offer.")],
        choices=YES_NO,
    )
    offer_until = DateField("Last day of the offer", [Optional()])
    offer_conditions = TextAreaField("Conditions of the offer", [LONG])
    modifications = TextAreaField(
        "Changes to the form", [LONG], description="In your own words. Leave empty if none."
    )
    ai_addendum = RadioField(
        "Does it have AI terms (an AI addendum or schedule)?",
        [InputRequired("Say whether it has AI terms.")],
        choices=YES_NO,
    )
    district_signer = StringField(
        "Who signed for your district", [InputRequired("Enter name and title."), SHORT]
    )
    vendor_signer = StringField(
        "Who signed for the vendor", [InputRequired("Enter name and title."), SHORT]
    )
    registry_url = StringField(
        "Link to a registry entry",
        [Optional(), Length(max=300), Regexp(r"https?://\S+", message="Enter a web address.")],
    )
    replaces = SelectField("Takes the place of", [Optional()])


LOOKED = {"": "Not looked for yet", "yes": "It is there", "no": "It is not there"}


def clauses_form(asked: Mapping[str, str], found: Mapping[str, Any]) -> Form:
    """For each clause {key: words}: is it there, and where. `found`: rows kept before."""
    fields: dict[str, Any] = {}
    for key, words in asked.items():
        row = found.get(key)
        said = "" if row is None else "yes" if row.is_there else "no"
        fields[key] = RadioField(
            f"{words[0].upper()}{words[1:]}", [Optional()], choices=LOOKED,
            default=said,
        )  # fmt: skip
        fields[f"{key}-where"] = StringField(
            "Page or clause", [Optional(), SHORT], default=row.locator if row else ""
        )
    return type("ClausesForm", (Form,), fields)()


def clauses_typed(form: Form, asked: Iterable[str]) -> dict[str, tuple[bool, str]]:
    return {
        key: (form[key].data == "yes", form[f"{key}-where"].data or "")
        for key in asked
        if form[key].data
    }


class CopyFields(SignedPdfForm):
    signer = StringField(
        "Who signed for your district", [InputRequired("Enter name and title."), SHORT]
    )
    signed_on = DateField("Signed on", [InputRequired("Enter the day it was signed.")])
    sent_to = StringField(
        "Sent to",
        [InputRequired("Enter whom you sent it to."), SHORT],
        description="The person or the mailbox at the vendor.",
    )
    sent_on = DateField("Sent on", [InputRequired("Enter the day you sent it.")])


class AcknowledgeJoinForm(Form):
    name = StringField("Your name and title", [InputRequired("Enter name and title."), SHORT])
    acknowledged_on = DateField(
        "Received on", [InputRequired("Enter the day you received the signed copy.")]
    )


class WithdrawOfferForm(Form):
    reason = TextAreaField(
        "Why the offer ends", [InputRequired("Say in a sentence why the offer ends."), LONG]
    )


class WishFields(Form):
    """What a district means to use and to send."""

    product = SelectField("Product", [InputRequired("Choose the product.")])
    data_elements = _data_elements("Data you mean to send")
    until = DateField("Last day of your use", [Optional()])


class CanWeJoinForm(WishFields):
    """Asked by GET: nothing is stored."""

    class Meta:
        csrf = False


class RecordJoinForm(CopyFields, WishFields):
    """The copy that was signed and sent, with what was checked before."""
