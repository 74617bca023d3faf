"""Forms around a card: a duty done, an accessibility report."""

from datetime import date

from flask_wtf.file import FileField
from wtforms import DateField, TextAreaField
from wtforms.validators import Length, Optional

from marketplace.core import web
from marketplace.core.errors import RuleBroken
from marketplace.scorecards import acr_rules, queries


class MarkTaskForm(web.Form):
    done_on = DateField("Done on", validators=[Optional()])

    def day(self) -> date:
        return self.done_on.data or queries.today()


class FileReportForm(web.Form):
    file = FileField("The report, as an OpenACR file (YAML or JSON)")
    content = TextAreaField(
        "Or its text",
        validators=[
            Optional(),
            Length(max=1_000_000, message="The report is longer than 1,000,000 letters."),
        ],
    )

    def sent(self) -> tuple[bytes, str]:
        """What was sent, and the field it came in by: the chosen file goes before the text."""
        chosen = self.file.data
        if chosen and getattr(chosen, "filename", ""):
            return chosen.stream.read(acr_rules.MOST_BYTES + 1), "file"
        if not (self.content.data or "").strip():
            raise RuleBroken("Choose the file, or paste the whole report.", "file")
        return (self.content.data or "").encode(), "content"
