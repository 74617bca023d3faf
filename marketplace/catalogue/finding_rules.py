"""What a tool can be found by: its marks, its words, what it costs at common sizes. Pure."""

import re
from collections.abc import Iterable, Sequence

from marketplace.catalogue import prices
from marketplace.catalogue.rules import GRADES, fold
from marketplace.pricing import rules as pricing

#: Prices are reckoned ahead for these numbers of seats; a search uses the nearest one.
SIZES = (50, 100, 200, 350, 500, 750, 1_000, 1_500, 2_500, 5_000, 10_000, 25_000)
USUAL_SIZE = 500
LARGEST_SIZE = 1_000_000
#: Upper ends, in cents for one seat and year; what costs more has the mark "more".
PRICE_STEPS = {"0": 0, "5": 500, "10": 1_000, "20": 2_000, "40": 4_000}
PRICE_WORDS = {
    "0": "Free",
    "5": "Up to $5",
    "10": "Up to $10",
    "20": "Up to $20",
    "40": "Up to $40",
}
#: The least privacy grade somebody asks for.
PRIVACY_STEPS = {"A": "Grade A", "B": "Grade B or better", "C": "Grade C or better"}
#: Words that say nothing about a tool.
EMPTY_WORDS = frozenset(
    {
        *("a", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for", "from"),
        *("has", "have", "help", "helps", "i", "in", "is", "it", "its", "of", "on", "or", "our"),
        *("that", "the", "their", "this", "to", "tool", "tools", "we", "what", "which", "with"),
        *("you", "your"),
    }
)
MOST_WORDS = 8
LONGEST_QUERY = 200
_WORD = re.compile(r"[a-z0-9]+")


def words_of(text: str) -> list[str]:
    """Folded words of letters and digits: 'Café-Math, 100%' -> cafe, math, 100."""
    return [word[:40] for word in _WORD.findall(fold(text))]


def asked_words(typed: str) -> list[str]:
    """What to look for: at most eight words; the empty ones count only when there is no other."""
    words = list(dict.fromkeys(words_of(typed[:LONGEST_QUERY])))
    telling = [word for word in words if word not in EMPTY_WORDS]
    return (telling or words)[:MOST_WORDS]


def nearest_size(seats: int) -> int:
    """The size whose prices come closest, by ratio; of two equally close, the smaller."""
    return min(SIZES, key=lambda size: (max(size, seats) / min(size, seats), size))


def seat_year_cents(offers: Iterable[tuple[pricing.Schedule, int]], seats: int) -> int | None:
    """Least cost of one seat for a year, bought alone, in cents rounded up; offers are
    (schedule, months of the term)."""
    costs = [
        -(-prices.cost_of(schedule, seats) * 12 // (seats * months)) for schedule, months in offers
    ]
    return min(costs, default=None)


def price_step(cents: int) -> str:
    return next((step for step, most in PRICE_STEPS.items() if cents <= most), "more")


def marks_of(
    *,
    lowest_grade: int,
    highest_grade: int,
    subjects: Iterable[str],
    ai_use: str,
    open_pools: int,
    privacy_grade: str | None,
    no_gap_in: Iterable[str],
    answered: Iterable[tuple[str, str]],
    offers: Sequence[tuple[pricing.Schedule, int]],
) -> list[str]:
    """Everything a filter may ask for. `answered` are the facets of the question set."""
    marks = {f"grade:{g}" for g in GRADES if lowest_grade <= g <= highest_grade}
    marks |= {f"subject:{subject}" for subject in subjects}
    marks.add(f"ai:{ai_use}")
    if open_pools > 0:
        marks.add("pool:open")
    grade = privacy_grade or "not reviewed"
    marks |= {f"privacy:{least}" for least in PRIVACY_STEPS if "A" <= grade <= least}
    marks |= {f"law:{state}" for state in no_gap_in}
    marks |= {f"{MARK_OF[question]}:{value}" for question, value in answered if question in MARK_OF}
    for size in SIZES:
        cents = seat_year_cents(offers, size)
        if cents is not None:
            marks.add(f"price:{size}:{price_step(cents)}")
    return sorted(marks)


#: Question of the set -> name of the filter.
MARK_OF = {
    "languages": "language",
    "integrations": "works",
    "license_kind": "license",
    "accessibility": "access",
    "ai_training": "training",
    "chromebook": "chromebook",
    "offline": "offline",
}


def pieces_of(
    *,
    name: str,
    vendor: str,
    summary: str,
    rest: Iterable[str],
) -> tuple[str, str, str, str]:
    """The text of a listing in four weights, folded: name, maker, summary, all the rest."""
    return (
        " ".join(words_of(name)),
        " ".join(words_of(vendor)),
        " ".join(words_of(summary)),
        " ".join(words_of(" ".join(rest)))[:20_000],
    )
