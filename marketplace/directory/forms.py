"""What the first person of a district types; everything else is known."""

from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from marketplace.accounts.rules import SHORTEST_PASSWORD
from marketplace.core.web import Form


class SignUpDistrictForm(Form):
    person_name = StringField(
        "Your name",
        [InputRequired("Enter your name."), Length(max=200, message="Use at most 200 characters.")],
    )
    email = EmailField(
        "Work e-mail",
        [
            InputRequired("Enter your work e-mail."),
            Length(max=254, message="Use at most 254 characters."),
        ],
    )
    password = PasswordField(
        "Password",
        [
            InputRequired("Enter a password."),
            Length(min=SHORTEST_PASSWORD, message=f"Use at least {SHORTEST_PASSWORD} characters."),
        ],
        description=f"At least {SHORTEST_PASSWORD} characters. Random words work well.",
    )
