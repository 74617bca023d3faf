"""What people type to come in, and what administrators type to let others in."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from wtforms import (
    EmailField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.accounts.letter_rules import LETTER_WORDS
from marketplace.accounts.models import Organization
from marketplace.accounts.rules import LONGEST_PASSWORD, ROLE_WORDS, SHORTEST_PASSWORD, Role
from marketplace.accounts.states import STATES
from marketplace.core.web import Form

PASSWORD_HINT = (
    f"At least {SHORTEST_PASSWORD} characters. Four or five random words work well; "
    f"no digits or signs are asked for."
)


def _needed(words: str, longest: int = 200) -> list[Any]:
    return [InputRequired(words), Length(max=longest, message=f"Use at most {longest} characters.")]


def email_field(label: str = "Work e-mail") -> Any:
    return EmailField(label, _needed("Enter an e-mail address.", 254))


def new_password_field(label: str = "Password") -> Any:
    return PasswordField(
        label,
        [
            InputRequired("Enter a password."),
            Length(
                min=SHORTEST_PASSWORD,
                message=f"Use at least {SHORTEST_PASSWORD} characters.",
            ),
            Length(max=LONGEST_PASSWORD, message=f"Use at most {LONGEST_PASSWORD} characters."),
        ],
        description=PASSWORD_HINT,
    )


class ButtonForm(Form):
    """A button and nothing to type."""


class LettersForm(Form):
    kinds = SelectMultipleField(
        "Letters I want",
        choices={kind.value: f"{name}. {brings}" for kind, (name, brings) in LETTER_WORDS.items()},
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class SignInForm(Form):
    email = email_field("E-mail")
    password: Any = PasswordField("Password", [InputRequired("Enter your password.")])


class DemoSignInForm(Form):
    email: Any = StringField("E-mail", [InputRequired("Choose an account.")])


class SignUpForm(Form):
    org_name: Any = StringField("Name of the organization", _needed("Enter its name."))
    state: Any = SelectField(
        "State",
        choices=[SelectChoice("", "Choose a state")]
        + [SelectChoice(code, name) for code, (name, _) in STATES.items()],
        validators=[InputRequired("Choose a state.")],
    )
    person_name: Any = StringField("Your name", _needed("Enter your name."))
    email = email_field()
    password = new_password_field()


class EmailForm(Form):
    email = email_field("E-mail")


class SetPasswordForm(Form):
    password = new_password_field("New password")


class ChangePasswordForm(Form):
    current: Any = PasswordField(
        "Current password", [InputRequired("Enter your current password.")]
    )
    password = new_password_field("New password")


class AcceptInvitationForm(Form):
    name: Any = StringField("Your name", _needed("Enter your name."))
    password = new_password_field()


class InviteForm(Form):
    email = email_field()
    role: Any = SelectField("Role", validators=[InputRequired("Choose a role.")])

    def offer(self, roles: Iterable[Role]) -> None:
        """The roles that exist in the organization."""
        self.role.choices = [SelectChoice(str(role), ROLE_WORDS[role]) for role in roles]


class ActForForm(Form):
    org_id: Any = RadioField("Organization", validators=[InputRequired("Choose an organization.")])

    def offer(self, organizations: Iterable[Organization]) -> None:
        """The organizations one holds a role in."""
        self.org_id.choices = [SelectChoice(str(org.id), org.name) for org in organizations]

    @property
    def chosen(self) -> UUID:
        return UUID(self.org_id.data)
