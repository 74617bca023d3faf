"""What the domain may refuse. Nothing here knows about HTTP."""


class DomainError(Exception):
    """Base of every refusal."""


class RuleBroken(DomainError):
    """A rule says no; the message is written for the person at the screen.

    `field` names the form field the message belongs to, where there is one.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(DomainError):
    """It does not exist, or the actor may not know that it does."""


class NotAllowed(DomainError):
    """The actor may see it, but not do this to it."""
