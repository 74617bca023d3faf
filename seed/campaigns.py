"""The pools of the demonstration world, and what becomes of each.

Days count from today. `closes` before today means that the pool has been cleared; what comes
after is in seed/orders.py.
"""

from dataclasses import dataclass

from seed.roster import HIGH_PLAINS, OHIO_RIVER, TWIN_TIERS


@dataclass(frozen=True)
class Campaign:
    region: str
    tool: str
    title: str
    purpose: str
    opens: int
    closes: int
    members: int
    seats_percent: int  # of the pupils, about
    skip: int = 0  # of the members, in the order of joining, so that pools differ
    draft: bool = False
    threshold: int | None = None
    firm_of_ten: int = 9  # commitments that count towards the price
    pay_after: int = 60  # days from closing to the last day to pay
    paid_of_ten: int = 10  # of the invoices, once due
    is_billed: bool = True
    demo_buyer: bool = False
    fill_up_days: int = 0  # how long before the end seats can only be added
    extended_to: int | None = None  # the later deadline of a pool that closed short
    term_after: int = 7  # days from the deadline to the start of the term, at least


CAMPAIGNS = (
    # -- Twin Tiers: members pay the fiscal agent -------------------------------------------
    Campaign(
        TWIN_TIERS,
        "reading-coach",
        "Reading Coach, first year",
        "Eleven principals asked for the same reading tutor. We buy it once, together.",
        opens=-458,
        closes=-424,
        members=15,
        seats_percent=38,
        demo_buyer=True,
    ),
    Campaign(
        TWIN_TIERS,
        "writing-feedback",
        "Writing Feedback, grades 6 to 12",
        "For English classes. The rubric stays the teacher’s own.",
        opens=-262,
        closes=-226,
        members=11,
        seats_percent=42,
        skip=9,
        paid_of_ten=8,
    ),
    Campaign(
        TWIN_TIERS,
        "reading-coach",
        "Reading Coach, second year",
        "We stay with the reading tutor of last year. More districts mean a lower price.",
        opens=-104,
        closes=-58,
        members=17,
        seats_percent=41,
        pay_after=82,
        paid_of_ten=5,
        demo_buyer=True,
    ),
    Campaign(
        TWIN_TIERS,
        "math-practice",
        "Math Practice, grades 3 to 8",
        "Practice that shows the steps, for the second half of the year.",
        opens=-19,
        closes=24,
        members=13,
        seats_percent=40,
        skip=1,
        firm_of_ten=6,
    ),
    Campaign(
        TWIN_TIERS,
        "family-messages",
        "Family messages in plain words",
        "One flat price for all of us: the more join, the less each pays.",
        opens=-12,
        closes=47,
        members=8,
        seats_percent=60,
        firm_of_ten=7,
        demo_buyer=True,
    ),
    Campaign(
        TWIN_TIERS,
        "iep-draft",
        "IEP drafting for case managers",
        "Planned for spring, if the special-education directors agree.",
        opens=0,
        closes=75,
        members=0,
        seats_percent=1,
        draft=True,
    ),
    # -- Ohio River: one bid, each district pays the vendor -----------------------------------
    Campaign(
        OHIO_RIVER,
        "math-practice",
        "Math Practice for the middle grades",
        "Nine districts wrote the request together; two more joined before it closed.",
        opens=-432,
        closes=-391,
        members=12,
        seats_percent=36,
    ),
    Campaign(
        OHIO_RIVER,
        "captions",
        "Captions in every classroom",
        "One flat price. We need at least 4,000 seats to make it worth the work.",
        opens=-214,
        closes=-172,
        members=4,
        seats_percent=30,
        skip=12,
        threshold=4_000,
    ),
    Campaign(
        OHIO_RIVER,
        "iep-draft",
        "IEP drafting aid",
        "Case managers asked for help with wording. The team still decides.",
        opens=-168,
        closes=-121,
        members=9,
        seats_percent=1,
        skip=5,
        paid_of_ten=7,
    ),
    Campaign(
        OHIO_RIVER,
        "phonics",
        "Phonics for beginning readers",
        "For kindergarten to grade 2. Two data stewards have read the listing.",
        opens=-47,
        closes=-5,
        members=12,
        seats_percent=21,
        skip=2,
        is_billed=False,
    ),
    Campaign(
        OHIO_RIVER,
        "reading-coach",
        "Reading Coach for primary schools",
        "A reading tutor for the early grades, to start after winter break.",
        opens=-26,
        closes=9,
        members=16,
        seats_percent=34,
        firm_of_ten=7,
        fill_up_days=14,
    ),
    Campaign(
        OHIO_RIVER,
        "math-practice",
        "Math Practice for the upper grades",
        "It closed short of 3,000 seats, so we gave it more time. What was sent still stands.",
        opens=-44,
        closes=-6,
        members=6,
        seats_percent=24,
        skip=7,
        threshold=3_000,
        extended_to=26,
        pay_after=90,
        term_after=40,
    ),
    Campaign(
        OHIO_RIVER,
        "lesson-loom",
        "Lesson planning for teachers",
        "One seat is one teacher. Opens once two data stewards have read the listing.",
        opens=0,
        closes=60,
        members=0,
        seats_percent=5,
        draft=True,
    ),
    # -- High Plains: on a contract that was bid before ---------------------------------------
    Campaign(
        HIGH_PLAINS,
        "lesson-loom",
        "Lesson Loom for teachers",
        "On the regional contract for planning tools. One seat is one teacher.",
        opens=-379,
        closes=-338,
        members=12,
        seats_percent=7,
    ),
    Campaign(
        HIGH_PLAINS,
        "phonics",
        "Phonics Path, kindergarten to grade 2",
        "On the regional contract for early reading.",
        opens=-138,
        closes=-97,
        members=10,
        seats_percent=22,
        skip=14,
        paid_of_ten=6,
    ),
    Campaign(
        HIGH_PLAINS,
        "reading-coach",
        "Reading Coach, grades K to 5",
        "The largest pool we have tried: every member and every guest was asked.",
        opens=-33,
        closes=38,
        members=60,
        seats_percent=42,
        firm_of_ten=8,
    ),
    Campaign(
        HIGH_PLAINS,
        "captions",
        "Captions for lessons and meetings",
        "One flat price. With ten districts it costs each less than a day of captioning.",
        opens=-6,
        closes=58,
        members=5,
        seats_percent=25,
        skip=20,
        firm_of_ten=5,
    ),
)
