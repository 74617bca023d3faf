"""A believable demonstration world, built through the services with a frozen clock.

All of it is written in one transaction, so the world is there whole or not at all. Every
date counts back from the day it is built: pools are open, bills are due, books are full.
Districts and service agencies are real (`seed/data`); what they do here is made up.
"""

from seed import (
    accounts,
    books,
    catalogue,
    consortia,
    costs,
    decisions,
    demand,
    outreach,
    oversight,
    pools,
    programmes,
    remittance,
    renewals,
    reviews,
    scorecards,
    summary,
)
from seed.diary import Diary

#: Each writes down what happens in it.
#: In the order in which they write down what happens.
FEATURES = (
    *(accounts, catalogue, scorecards, consortia, pools, costs, demand, decisions),
    *(books, outreach, renewals, remittance, oversight, reviews, programmes),
)
#: Typical pages, for the benchmark.
PAGES = {
    "tool": "/tools/brightlark-reading-coach",
    "pool": "/pools/high-plains-technology-cooperative/reading-coach-grades-k-to-5",
}


def load() -> str:
    """Build the world, or find it; say in one sentence what is there."""
    with Diary.open() as diary:
        if not accounts.are_here(diary.session):
            for feature in FEATURES:
                feature.plan(diary)
            diary.live()
        return summary.sentence(diary.session)


def introduction() -> list[str]:
    """What somebody who starts the demo wants to know."""
    return accounts.introduction()
