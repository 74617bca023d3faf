"""What the operator can do to waiting work."""

from sqlmodel import Session

from marketplace.core import events
from marketplace.core.access import Actor, require


def try_again(session: Session, actor: Actor, event_id: int, subscriber: str) -> None:
    """Put a job that was given up back in the queue."""
    require(actor, "operations.try_again")
    events.try_again(session, event_id, subscriber)
