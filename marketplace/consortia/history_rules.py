"""The history of a membership, in words: each thing that happened to it, never taken away."""

from collections.abc import Mapping
from typing import Any

#: Events about a member that belong to its history, and what each means for a reader.
STEPS: dict[str, str] = {
    "consortia.district_invited": "Invited",
    "consortia.invitation_accepted": "Accepted the invitation and the by-laws",
    "consortia.district_asked": "Asked to join and accepted the by-laws",
    "consortia.request_approved": "Was let in",
    "consortia.member_joined": "Became an active member",
    "consortia.by_laws_accepted": "Accepted version {version} of the by-laws",
    "consortia.voters_named": "Named who votes for it",
    "consortia.notice_given": "Gave notice; its last day is {leaves_on}",
    "consortia.notice_taken_back": "Took its notice back",
    "consortia.member_left": "Left, or was turned down",
}


def step_in_words(name: str, facts: Mapping[str, Any]) -> str:
    """'Accepted version 3 of the by-laws'; a fact of old that is not there is left out."""
    words = STEPS[name]
    try:
        return words.format(**facts)
    except KeyError:
        return words.partition(";")[0].replace(" {version} of", "")
