"""Consortia and their members: legal shapes, states, and what an instrument must say."""

from enum import StrEnum


class LegalShape(StrEnum):
    """Chosen at founding and never mixed."""

    PIGGYBACK = "piggyback"
    JOINT = "joint"
    POOLED_CASH = "pooled_cash"


class ConsortiumStatus(StrEnum):
    FORMING = "forming"
    CONSTITUTED = "constituted"


class MemberStatus(StrEnum):
    INVITED = "invited"
    REQUESTED = "requested"
    ACTIVE = "active"
    ENDED = "ended"


class InstrumentKind(StrEnum):
    INTERLOCAL_AGREEMENT = "interlocal_agreement"
    LETTER_OF_AGENCY = "letter_of_agency"
    MEMORANDUM = "memorandum"
    RESOLUTION = "resolution"
