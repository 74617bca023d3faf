"""Watching a policy: when is a text new, and what does the change touch? Pure.

Three prints of each capture: of the bytes as they came; of the words with spaces made alike; of
the words without what only concerns their looks (quotes, dashes, bullets, letter case, "last
updated" lines). Only a text whose third print nobody accepted before is worth a person's time.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from html.parser import HTMLParser

#: When nobody decides, the careful answer takes effect after so long.
DECIDE_WITHIN = timedelta(days=30)


class Topic(StrEnum):
    """What a changed sentence is about, the gravest first."""

    SUB_PROCESSORS = "sub_processors"
    TRAINING = "training"
    SELLING = "selling"
    SHARING = "sharing"
    RETENTION = "retention"
    MINORS = "minors"
    REST = "rest"


TOPIC_WORDS = {
    Topic.SUB_PROCESSORS: "Companies that handle the data",
    Topic.TRAINING: "Training AI",
    Topic.SELLING: "Selling and advertising",
    Topic.SHARING: "Sharing",
    Topic.RETENTION: "Keeping and deleting",
    Topic.MINORS: "Children",
    Topic.REST: "Something else",
}


class Decision(StrEnum):
    ACCEPTED = "accepted"
    REOPENED = "reopened"


DECISION_WORDS = {
    Decision.ACCEPTED: "Accepted: it changes no answer",
    Decision.REOPENED: "The answers it touches are read again",
}
_SPEAKS_OF = {
    Topic.SUB_PROCESSORS: r"sub-?processors?|service providers?|hosting (company|provider)",
    Topic.TRAINING: r"train(s|ed|ing)?\b|machine learning|fine-?tun|improve (our|the) (ai|models?)"
    r"|large language|evaluat\w+ models?",
    Topic.SELLING: r"\bs(ell|ells|elling|old|ale)\b|\brent(s|ed|ing)?\b|moneti[sz]|advertis"
    r"|valuable consideration|data brokers?",
    Topic.SHARING: r"\bshar(e|es|ed|ing)\b|disclos|third[ -]part|transfer|affiliates?|partners?\b",
    Topic.RETENTION: r"\bretain|retention|\bdelet|\beras|destroy|\bkeep(s|ing)?\b"
    r"|\bstor(e|ed|ing)\b|\b\d+ (days|months|years)\b",
    Topic.MINORS: r"\bchild|\bminors?\b|under (the age of )?1[3-8]\b|\bteens?\b|coppa|parent"
    r"|guardian|\bpupils?\b",
}
_COMPILED = {topic: re.compile(words) for topic, words in _SPEAKS_OF.items()}
_ONLY_A_DATE = re.compile(
    r"^(last |date of )?(updated?|revis(ed|ion)|modified|effective)( date| on)?:? ?"
    r"[\w ,./-]{0,40}$"
)
_COPYRIGHT = re.compile(r"^(copyright|\(c\)|©)")
_SAME = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-", "…": "...",
     "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None}
)  # fmt: skip


@dataclass(frozen=True)
class Prints:
    raw: str
    spaced: str
    shown: str


def prints(raw: bytes, text: str) -> Prints:
    return Prints(
        sha256(raw).hexdigest(),
        sha256(spaced(text).encode()).hexdigest(),
        sha256("\n".join(shown(text)).encode()).hexdigest(),
    )


def spaced(text: str) -> str:
    """Every run of white space is one space."""
    return " ".join(text.split())


def shown(text: str) -> list[str]:
    """The sentences, without what only concerns their looks."""
    plain = unicodedata.normalize("NFKC", text).translate(_SAME).casefold()
    found = []
    for line in plain.splitlines():
        line = re.sub(r"^[\W\d_]{0,8}(?=[a-z])", "", spaced(line))
        if not line or _ONLY_A_DATE.match(line) or _COPYRIGHT.match(line):
            continue
        found += [part.strip(" .;:") for part in re.split(r"(?<=[.;:!?]) ", line)]
    return [sentence for sentence in found if sentence]


@dataclass(frozen=True)
class Change:
    """What a new text adds and takes away, by sentence, and what that is about."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    topics: tuple[Topic, ...]


def change_between(before: str, after: str) -> Change:
    """Sentences moved about are no change."""
    old, new = shown(before), shown(after)
    added = tuple(s for s in dict.fromkeys(new) if s not in set(old))
    removed = tuple(s for s in dict.fromkeys(old) if s not in set(new))
    return Change(added, removed, topics_of((*added, *removed)))


def topics_of(sentences: Iterable[str]) -> tuple[Topic, ...]:
    """What the sentences are about; a sentence of no known topic is "the rest"."""
    found = set[Topic]()
    for sentence in sentences:
        about = {topic for topic, words in _COMPILED.items() if words.search(sentence)}
        found |= about or {Topic.REST}
    return tuple(topic for topic in Topic if topic in found)


def default_decision(topics: Iterable[Topic]) -> Decision:
    """When nobody decided in 30 days: the answers are read again, unless it touches none."""
    return Decision.ACCEPTED if set(topics) <= {Topic.REST} else Decision.REOPENED


#: The questions of the rubric that each topic puts in doubt.
TOUCHED_BY_TOPIC = {
    Topic.SUB_PROCESSORS: ("US-04", "US-06", "AI-02", "AI-03"),
    Topic.TRAINING: ("AI-01", "AI-02"),
    Topic.SELLING: ("US-02", "US-03"),
    Topic.SHARING: ("US-01", "US-04", "US-07"),
    Topic.RETENTION: ("RD-01", "RD-02", "RD-04", "RD-05"),
    Topic.MINORS: ("RT-03", "AI-03"),
    Topic.REST: (),
}


class _Words(HTMLParser):
    BLOCKS = {
        "p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table",
        "section", "article", "header", "footer", "nav", "main", "blockquote", "dt", "dd", "hr",
    }  # fmt: skip
    SILENT = {"script", "style", "noscript", "template", "svg", "head"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self._silent.append(tag)
        elif tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
        elif tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def words_of(raw: bytes, media_type: str) -> str:
    """The words of a page or a plain text; undecodable bytes are replaced, never refused."""
    text = raw.decode("utf-8", "replace")
    if "html" not in media_type and not text.lstrip()[:200].lower().startswith(("<!doc", "<html")):
        return text
    reader = _Words()
    reader.feed(text)
    reader.close()
    lines = (spaced(line) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)
