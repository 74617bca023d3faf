"""How the start-up refuses: one line that says what is wrong and what to do."""


class CannotStart(Exception):
    """Its text is the one line shown to the person; the exit status is 1."""


class IndexUnreachable(CannotStart):
    """Nothing was downloaded, so nothing was changed either."""
