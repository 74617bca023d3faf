"""The three consortia: name, legal shape, purpose and by-laws."""

from dataclasses import dataclass

from marketplace.consortia.rules import (
    Choices,
    ConflictRule,
    FeePayer,
    InstrumentKind,
    LeaveAt,
    LegalShape,
)
from seed.roster import HIGH_PLAINS, OHIO_RIVER, TWIN_TIERS


@dataclass(frozen=True)
class Charter:
    region: str
    name: str
    shape: LegalShape
    paper: InstrumentKind
    founded: int  # days from today
    purpose: str
    by_laws: str
    choices: Choices


CHARTERS = (
    Charter(
        TWIN_TIERS,
        "Twin Tiers Learning Consortium",
        LegalShape.POOLED_CASH,
        InstrumentKind.INTERLOCAL_AGREEMENT,
        -488,
        "Small districts on both sides of the New York–Pennsylvania line buy learning tools "
        "together and keep one set of books.",
        "Money. Members pay the fiscal agent, who pays the vendor. The fiscal agent pays out "
        "only what has come in, and publishes every entry.",
        Choices(fee_bps=200, fee_payer=FeePayer.VENDOR),
    ),
    Charter(
        OHIO_RIVER,
        "Ohio River Schools Purchasing Consortium",
        LegalShape.JOINT,
        InstrumentKind.RESOLUTION,
        -484,
        "Districts along the river in Ohio, West Virginia and Kentucky ask for one bid with all "
        "their seats, and each signs its own contract.",
        "Contracts. The lead agency asks for bids. Each district signs with the vendor and pays "
        "it directly. No member answers for the debts of another.\n\n"
        "Privacy. Two data stewards of member districts read every tool before a pool opens.",
        Choices(drop_free_days=7, term_years=10, notice_days=30, leave_at=LeaveAt.AFTER_NOTICE),
    ),
    Charter(
        HIGH_PLAINS,
        "High Plains Technology Cooperative",
        LegalShape.PIGGYBACK,
        InstrumentKind.LETTER_OF_AGENCY,
        -476,
        "Districts of Nebraska and Kansas, and guests from other states, buy on contracts that "
        "were already bid with the right to share them.",
        "Contracts. We use contracts that another public body has bid and that say others may "
        "join. Each district checks its own state’s rule and signs for itself.\n\n"
        "Guests. A district from another state may join where its law allows it.",
        Choices(notice_days=90, conflict=ConflictRule.COUNTED),
    ),
)
