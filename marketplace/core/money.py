"""Money is a whole number of cents; names end in `_cents`."""

from collections.abc import Sequence

#: Refuse absurd amounts before they reach a 64-bit column: 10^15 dollars.
LARGEST_CENTS = 10**17


def split_cents(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` in proportion to `weights`, losing and inventing nothing.

    The cents that do not divide go to the largest remainders; ties go to the
    earlier weight, so the answer never depends on chance.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    parts = [divmod(total * weight, whole) for weight in weights]
    shares = [share for share, _ in parts]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))
    for i in by_remainder[: total - sum(shares)]:
        shares[i] += 1
    return shares


def dollars(cents: int) -> str:
    """1234567 -> '$12,345.67'; a minus sign stands before the dollar sign."""
    sign = "−" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def whole_dollars(cents: int) -> str:
    """Rounded to the nearest dollar, halves up, for headline figures only."""
    sign = "−" if cents < 0 else ""
    return f"{sign}${(abs(cents) + 50) // 100:,}"
