"""What the operator sends."""

from wtforms import HiddenField, IntegerField
from wtforms.validators import InputRequired

from marketplace.core.web import Form


class TryAgainForm(Form):
    event_id = IntegerField("Event", [InputRequired()])
    subscriber = HiddenField("Job", [InputRequired()])
