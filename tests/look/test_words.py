"""Plain words: what a template says itself reads at school grade 9 or below.

Flesch-Kincaid grade = 0.39 x words per sentence + 11.8 x syllables per word - 15.59
(Kincaid et al. 1975). Syllables are counted by groups of vowels, which is near enough.
"""

import html
import re
from pathlib import Path

import pytest

from tests.look.conftest import TEMPLATES

FILES = sorted(f for f in TEMPLATES.rglob("*.html") if f.parent.name != "_macros")
HIGHEST_GRADE = 9
FEWEST_WORDS = 60  # below that one long word decides
BANNED = (
    "procurement vehicle",
    "sku",
    "onboarding",
    "leverage",
    "utilise",
    "utilize",
    "ai-powered",
    "oops",
)
BLOCKS = (
    "address|article|aside|button|caption|dd|div|dt|figcaption|h[1-6]|label|legend|li|ol|p|"
    "section|summary|table|td|th|tr|ul"
)


def sentences_of(template: str) -> list[str]:
    """The sentences somebody reads; each block of the page ends one."""
    text = re.sub(
        r"\{#.*?#\}|<!--.*?-->|<(script|style|svg)\b.*?</\1>", " ", template, flags=re.DOTALL
    )
    text = re.sub(r'<span class="hash">.*?</span>', " this ", text, flags=re.DOTALL)
    text = re.sub(rf"</?(?:{BLOCKS})\b[^>]*>|\{{%.*?%\}}", " . ", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", " it ", text, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
    parts = re.split(r"[.!?:;](?:\s|$)", text)
    return [part for part in parts if len(words_of(part)) > 2]


def words_of(text: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z’'-]*", text)


def syllables(word: str) -> int:
    word = re.sub(r"[^a-z]", "", word.lower())
    if len(word) <= 3:
        return 1
    word = re.sub(r"(?:[^laeiouy]es|[^td]ed|[^l]e)$", lambda m: m[0][0], word)
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def grade(sentences: list[str]) -> float:
    words = [word for sentence in sentences for word in words_of(sentence)]
    spoken = sum(map(syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / len(words) - 15.59


def name(file: Path) -> str:
    return str(file.relative_to(TEMPLATES))


@pytest.mark.parametrize(
    "word, count",
    [
        ("seat", 1),
        ("price", 1),
        ("district", 2),
        ("superintendent", 5),
        ("table", 2),
        ("promised", 2),
    ],
)
def test_syllables_are_counted_as_spoken(word, count):
    assert syllables(word) == count


def test_hard_prose_is_told_from_plain_prose():
    hard = ["The utilization of collaborative procurement arrangements necessitates deliberation"]
    plain = ["You pay for the seats you take", "The bill comes in June"]

    assert grade(hard) > HIGHEST_GRADE > grade(plain)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_page_reads_at_grade_nine_or_below(file):
    sentences = sentences_of(file.read_text())
    if sum(len(words_of(sentence)) for sentence in sentences) < FEWEST_WORDS:
        return

    assert grade(sentences) <= HIGHEST_GRADE


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_page_uses_none_of_the_banned_words(file):
    text = file.read_text().lower()

    assert [word for word in BANNED if re.search(rf"\b{re.escape(word)}\b", text)] == []
