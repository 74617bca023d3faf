"""Dates as an iCalendar file (RFC 5545): the deadline in UTC, days as whole days."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True)
class Entry:
    """One date: a moment (aware) or a whole day."""

    uid: str
    title: str
    on: datetime | date
    words: str
    url: str


def calendar(name: str, zone: str, written_at: datetime, entries: Iterable[Entry]) -> str:
    """The file, lines folded at 75 octets and ended by CRLF as the RFC asks."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//District Commons//Dates//EN",
        "CALSCALE:GREGORIAN",
        f"X-WR-CALNAME:{_text(name)}",
        f"X-WR-TIMEZONE:{zone}",
    ]
    for entry in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{entry.uid}",
            f"DTSTAMP:{_utc(written_at)}",
            *_when(entry.on),
            f"SUMMARY:{_text(entry.title)}",
            f"DESCRIPTION:{_text(entry.words)}",
            f"URL:{entry.url}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _when(on: datetime | date) -> list[str]:
    if isinstance(on, datetime):
        return [f"DTSTART:{_utc(on)}", f"DTEND:{_utc(on)}"]
    after = on + timedelta(days=1)
    return [f"DTSTART;VALUE=DATE:{on:%Y%m%d}", f"DTEND;VALUE=DATE:{after:%Y%m%d}"]


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    for sign in ("\\", ";", ","):
        words = words.replace(sign, f"\\{sign}")
    return words.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Continue after 75 octets with a blank, never inside a character."""
    parts, part, size = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > 75:
            parts.append(part)
            part, size = " ", 1
        part, size = part + letter, size + octets
    return "\r\n".join([*parts, part])
