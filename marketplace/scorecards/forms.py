"""Forms around a card: a duty done, an accessibility report."""

from datetime import date

from wtforms import DateField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from marketplace.core import web
from marketplace.scorecards import queries


class MarkTaskForm(web.Form):
    done_on = DateField("Done on", validators=[Optional()])

    def day(self) -> date:
        return self.done_on.data or queries.today()


class FileReportForm(web.Form):
    content = TextAreaField(
        "The report, as OpenACR YAML",
        validators=[
            InputRequired("Paste the whole report."),
            Length(max=1_000_000, message="The report is longer than 1,000,000 letters."),
        ],
    )
