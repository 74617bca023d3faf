"""The floor of the page benchmark: Flask, Jinja, one SELECT, about 28 KB of HTML, no more."""

import os

from flask import Flask, g, render_template_string
from sqlalchemy import text

from marketplace.core.db import make_engine

PAGE = """<!doctype html><html lang="en"><head><title>{{ name }}</title></head><body>
<h1>{{ name }}</h1><table>{% for row in rows %}
<tr><th scope="row">{{ row.name }}</th><td>{{ row.state }}</td><td>{{ row.seats }}</td>
<td>{{ row.price }}</td><td><a href="/row/{{ row.id }}">{{ row.name }} in {{ row.state }}</a></td>
<td>{% if row.seats > 500 %}large{% else %}small{% endif %} district, {{ row.note }}</td></tr>
{% endfor %}</table></body></html>"""
ROWS = [
    {
        "id": i,
        "name": f"District number {i}",
        "state": ("OH", "KY", "NE")[i % 3],
        "seats": 97 * i % 1200,
        "price": f"${i * 13 % 900}.{i % 100:02}",
        "note": "seats committed by its board & counted towards the next price step",
    }
    for i in range(105)
]


def create() -> Flask:
    app = Flask(__name__)
    engine = make_engine(os.environ["DATABASE_URL"])
    readers = engine.execution_options(reads_only=True)

    @app.get("/")
    def page() -> str:
        g.connection = readers.connect()
        query = text("SELECT name FROM organization WHERE slug = :slug")
        name = g.connection.execute(query, {"slug": "three-rivers"}).scalar() or "Bare page"
        return render_template_string(PAGE, name=name, rows=ROWS)

    @app.teardown_appcontext
    def close(_error: BaseException | None) -> None:
        if connection := g.pop("connection", None):
            connection.close()

    return app
