"""Tools and their listings: the words, the states, what must be filled in."""

from enum import StrEnum


class ToolStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


class AIUse(StrEnum):
    """How much a tool relies on AI, in the words buyers filter by."""

    NONE = "none"
    PREDICTIVE = "predictive"
    GENERATIVE = "generative"


class ScheduleForm(StrEnum):
    """The forms of a price schedule (see marketplace/pricing)."""

    FLAT = "flat"
    PER_SEAT = "per_seat"
    GRADUATED = "graduated"
    VOLUME = "volume"
    SITE = "site"
