"""How names are written and how they are looked up. Plain text in, plain text out."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from marketplace.core.spelling import allowed, distance, pairs

__all__ = ["distance", "pairs"]

_KEPT = {
    "BOCES",
    "USD",
    "ISD",
    "PO",
    "ESC",
    "ESU",
    "AEA",
    "II",
    "III",
    "IV",
    "IU",
    "NE",
    "SE",
    "US",
}
_SHORT_WORDS = {
    "ST",
    "MT",
    "FT",
    "DR",
    "RD",
    "MC",
    "SCH",
    "DIST",
    "CNTRL",
    "BLVD",
    "HWY",
    "LN",
}
_LITTLE = {"OF", "AND", "THE", "AT", "FOR", "IN"}
_NUMBERED = re.compile(r"\d+(ST|ND|RD|TH)")
_ROMAN = re.compile(r"[IVX]{2,}")
_NO_VOWEL = re.compile(r"[^AEIOUY\d']{1,4}")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")
_SAME = {"saint": "st", "mount": "mt", "fort": "ft"}


def readable(text: str) -> str:
    """Some states shout: 'AFTON CENTRAL SCHOOL' becomes 'Afton Central School'."""
    return _WORD.sub(_quieter, text) if text.isupper() else text


def _quieter(match: re.Match[str]) -> str:
    word = match.group()
    if _NUMBERED.fullmatch(word):
        return word.lower()
    if word in _LITTLE and match.start() > 0:
        return word.lower()
    if (
        word in _KEPT
        or _ROMAN.fullmatch(word)
        or (word not in _SHORT_WORDS and _NO_VOWEL.fullmatch(word))
    ):
        return word
    return word.capitalize()


def words(text: str) -> list[str]:
    """Lower-case words without accents or signs: 'Saint Mary’s, Cañon' -> st, marys, canon."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    plain = text.lower().replace("'", "").replace("’", "")
    return [_SAME.get(word, word) for word in _NOT_PLAIN.split(plain) if word]


def search_key(name: str, city: str | None) -> str:
    """What a district is found by: name and city without spaces, so 'Spring field' matches."""
    return f"{''.join(words(name))}|{''.join(words(city or ''))}"


def pieces(query: str) -> list[str]:
    """How it begins and how it ends: one slip spoils at most one of the two."""
    length = max(2, min(3, len(query) // 2), len(query) // 3)
    return [query[:length], query[-length:]]


def closest(typed: str, keys: Iterable[str]) -> list[int]:
    """Which search keys begin almost as typed: fewest slips first, then names before cities."""
    most = allowed(len(typed))
    beginnings: dict[str, int] = {}
    scored = []
    for place, key in enumerate(keys):
        for city, part in enumerate(key.split("|")):
            start = part[: len(typed) + most]
            if start not in beginnings:
                beginnings[start] = distance(typed, start, most)
            if beginnings[start] <= most:
                scored.append((beginnings[start], city, len(part), place))
    return list(dict.fromkeys(place for *_, place in sorted(scored)))


def without_states(typed: Sequence[str], states: Iterable[str]) -> str:
    """The words of a search joined, without those that only name a state."""
    named = set(states)
    return "".join(word for word in typed if word not in named) or "".join(typed)
