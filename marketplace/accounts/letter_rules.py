"""Letters that people may stop, one kind at a time. What binds somebody always comes."""

from enum import StrEnum


class LetterKind(StrEnum):
    DIGEST = "digest"
    REMINDERS = "reminders"
    MESSAGES = "messages"


#: What each kind is called, and what it brings.
LETTER_WORDS: dict[LetterKind, tuple[str, str]] = {
    LetterKind.DIGEST: (
        "The week ahead",
        "On Mondays: what needs your district, and what changed in its consortia.",
    ),
    LetterKind.REMINDERS: (
        "Reminders from your lead agency",
        "A paper, a seat count or a purchase order that is still missing.",
    ),
    LetterKind.MESSAGES: (
        "Messages from your lead agency",
        "News for all members of a consortium.",
    ),
}
