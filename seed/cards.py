"""What buyers do about the gaps of a tool's scorecard before they commit."""

from marketplace.core.access import Actor
from marketplace.guard import queries as guard
from marketplace.guard import service as guard_service
from seed.diary import Diary

WHY = "Two of our teachers tried it with a screen reader. We ask the vendor again next fall."


def accept_gaps(diary: Diary, district: Actor, listing_key: str) -> None:
    """What a buyer does before it commits, where the card has gaps."""
    tool, _ = diary.tools[listing_key]
    waiting = guard.open_gaps(diary.session, tool.id, district.home)
    if waiting:
        guard_service.accept_gaps(
            diary.session, district, tool.id, words=WHY, seen=[gap.key for gap in waiting]
        )
