"""The application over the world: send requests as anybody, see what they changed."""

import re
from collections import Counter
from io import BytesIO

from pypdf import PdfReader
from sqlalchemy import event, select
from sqlmodel import SQLModel

from marketplace.core import tenancy

CHANGING = re.compile(rb'nonce="[^"]*"|name="csrf_token"[^>]*value="[^"]*"|nonce-[\w-]+')


class Site:
    def __init__(self, app, world, client_for, restore):
        self.app, self.world, self._client_for, self._restore = app, world, client_for, restore
        self._clients = {}
        self._written = []
        event.listen(app.extensions["engine"], "before_cursor_execute", self._note_writing)
        self._before = self.dump()
        app.config["PROPAGATE_EXCEPTIONS"] = False  # a failure is an answer like any other: 500

    # -- people ------------------------------------------------------------------------------

    def client(self, user):
        """The browser of a person; `None` is a stranger."""
        key = user.fs_uniquifier if user else None
        if key not in self._clients:
            client = self._client_for(user) if user else self.app.test_client()
            page = client.get("/account/security" if user else "/sign-in").text
            client.token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
            self._clients[key] = client
        return self._clients[key]

    def get(self, user, url):
        return self.client(user).get(url, buffered=True)

    def post(self, user, url, fields, token=None):
        client = self.client(user)
        sent = {"csrf_token": client.token if token is None else token, **fields}
        sent = {name: value for name, value in sent.items() if value is not None}
        return client.post(url, data=sent, buffered=True)

    # -- routes ------------------------------------------------------------------------------

    def rules(self, method):
        """Every route that takes the method, by its rule."""
        found = [rule for rule in self.app.url_map.iter_rules() if method in rule.methods]
        return sorted(found, key=lambda rule: rule.rule)

    def url(self, rule, **values):
        with self.app.test_request_context():
            url = rule.build(values, append_unknown=False)
        assert url is not None, f"{rule.rule} cannot be built from {values}"
        return url[1]

    # -- what stands in the database ---------------------------------------------------------

    def restore(self):
        """As it was in the beginning."""
        self._restore()
        self._clients = {}
        self._written.clear()

    def dump(self):
        """Every row of every table, as text."""
        with (
            tenancy.everyone("the tests compare whole databases"),
            self.app.extensions["engine"].connect() as connection,
        ):
            return {
                name: Counter(
                    tuple((column, repr(value)) for column, value in row._mapping.items())
                    for row in connection.execute(select(table))
                )
                for name, table in SQLModel.metadata.tables.items()
            }

    def changes(self):
        """What has changed since the beginning or `restore`; cheap while nothing was written."""
        if not self._written:
            return {}
        self._written.clear()
        self._now = self.dump()
        return changes(self._before, self._now)

    def _note_writing(self, _connection, _cursor, sql, *_rest):
        if sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            self._written.append(sql)


def changes(before, after):
    """table -> (rows that are gone or were changed, rows that are new or as changed)."""
    return {
        name: (before[name] - after[name], after[name] - before[name])
        for name in before
        if before[name] != after[name]
    }


def body(answer):
    """What was answered, without what differs between any two answers."""
    return CHANGING.sub(b"", answer.data)


def text(answer):
    """All a person can read in an answer, whatever its format."""
    if answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-1.7\n%\x80"):
        pages = PdfReader(BytesIO(answer.data)).pages
        return "\n".join(page.extract_text() for page in pages).lower()
    return answer.data.decode("utf-8", "replace").lower()
