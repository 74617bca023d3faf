"""The three consortia: name, legal shape, purpose and by-laws."""

from dataclasses import dataclass

from marketplace.consortia.rules import InstrumentKind, LegalShape
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


_ALWAYS = (
    "Membership. A public school district joins by a signed paper that names its signer, scope "
    "and term. It may leave at the end of any school year with 60 days’ notice; what it has "
    "already ordered stays ordered.\n\n"
    "Votes. Each member has one vote, whatever its size. A vote needs half of the members; a "
    "tie is a no.\n\n"
)
CHARTERS = (
    Charter(
        TWIN_TIERS,
        "Twin Tiers Learning Consortium",
        LegalShape.POOLED_CASH,
        InstrumentKind.INTERLOCAL_AGREEMENT,
        -488,
        "Small districts on both sides of the New York–Pennsylvania line buy learning tools "
        "together and keep one set of books.",
        _ALWAYS
        + "Money. Members pay the fiscal agent, who pays the vendor. The fiscal agent pays out "
        "only what has come in, and publishes every entry.\n\n"
        "Splitting. The cost of a pool is split by seats at the average price. Leftover cents "
        "go to the largest fractions.\n\n"
        "Fees. Two percent of what a vendor is paid stays here for running the consortium. "
        "The vendor bears it; it is in no member’s share.",
    ),
    Charter(
        OHIO_RIVER,
        "Ohio River Schools Purchasing Consortium",
        LegalShape.JOINT,
        InstrumentKind.RESOLUTION,
        -484,
        "Districts along the river in Ohio, West Virginia and Kentucky ask for one bid with all "
        "their seats, and each signs its own contract.",
        _ALWAYS
        + "Contracts. The lead agency asks for bids. Each district signs with the vendor and pays "
        "it directly. No member answers for the debts of another.\n\n"
        "Splitting. The cost of a pool is split by seats at the average price.\n\n"
        "Privacy. Two data stewards of member districts read every tool before a pool opens.",
    ),
    Charter(
        HIGH_PLAINS,
        "High Plains Technology Cooperative",
        LegalShape.PIGGYBACK,
        InstrumentKind.LETTER_OF_AGENCY,
        -476,
        "Districts of Nebraska and Kansas, and guests from other states, buy on contracts that "
        "were already bid with the right to share them.",
        _ALWAYS
        + "Contracts. We use contracts that another public body has bid and that say others may "
        "join. Each district checks its own state’s rule and signs for itself.\n\n"
        "Guests. A district from another state may join where its law allows it.\n\n"
        "Splitting. The cost of a pool is split by seats at the average price.",
    ),
)
