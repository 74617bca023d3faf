"""The words and rules of demand pools. Plain values in, plain values out."""

from enum import StrEnum


class PoolStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    FILL_UP = "fill_up"
    CLEARED = "cleared"
    ORDERED = "ordered"
    CLOSED = "closed"
    LAPSED = "lapsed"


class Rung(StrEnum):
    """The commitment ladder; each rung needs more paper."""

    INTEREST = "interest"
    INTENT = "intent"
    BOARD_APPROVED = "board_approved"
    COMMITTED = "committed"


#: Only these rungs count towards a price tier (rule 4 of the product).
COUNTING_RUNGS = (Rung.BOARD_APPROVED, Rung.COMMITTED)
