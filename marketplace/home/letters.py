"""The words of the week ahead, as `mail.send` takes them."""

from datetime import date

from marketplace.accounts.models import Organization
from marketplace.core import web
from marketplace.core.mail import site_address
from marketplace.home import rules
from marketplace.home.rules import Task
from marketplace.outreach.queries import News


def week_ahead(
    district: Organization, tasks: list[Task], news: list[News], today: date
) -> tuple[str, str]:
    """Subject and text: one list of what needs you, one of what changed, one link a line."""
    due = rules.before_friday(tasks, today)
    soon = f"{_things(due)} before Friday" if due else "your week"
    lines = [f"{district.name}, week of {web.day(today)}", "", "NEEDS YOU"]
    for task in tasks:
        when = f" (by {web.day(task.due)})" if task.due else ""
        lines += [f"- {task.text}{when}", f"  {site_address()}{task.url}"]
    if not tasks:
        lines.append("Nothing is due.")
    lines += ["", "CHANGED"]
    for each in news:
        lines += [f"- {each.words}", f"  {site_address()}{each.path}"]
    if not news:
        lines.append("Nothing in your consortia.")
    return f"{district.name}: {soon}", "\n".join(lines) + "\n"


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"
