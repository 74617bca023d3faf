"""What happened, in words: for a consortium's own trail, and the part of it that is public."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

#: Events a stranger may read in a feed: they name no district and no person.
PUBLIC_NEWS: dict[str, str] = {
    "consortia.founded": "{consortium} was founded.",
    "consortia.constituted": "{consortium} is constituted and can open pools.",
    "pools.opened": "{pool} is open for commitments.",
    "pools.cleared": "{pool} has cleared. Its result can be checked.",
    "pools.lapsed": "{pool} closed short of its goal. Nobody is billed.",
}
#: Which of them are about one pool: their subject is the pool.
POOL_NEWS = tuple(name for name in PUBLIC_NEWS if name.startswith("pools."))


def happened(name: str) -> str:
    """ "pools.fill_up_started" -> "Fill up started"."""
    words = name.partition(".")[2].replace("_", " ")
    return words[:1].upper() + words[1:]


def area(name: str) -> str:
    return name.partition(".")[0]


def facts_in_words(facts: Mapping[str, Any], names: Mapping[UUID, str]) -> str:
    """ "Seats 40; district Maple Valley": ids become names, or are left out."""
    told = []
    for key, value in facts.items():
        text = _told(value, names)
        if text:
            told.append(f"{key.replace('_', ' ')} {text}")
    sentence = "; ".join(told)
    return sentence[:1].upper() + sentence[1:]


def ids_in(facts: Mapping[str, Any]) -> set[UUID]:
    return {found for value in facts.values() if (found := _as_id(value))}


_ID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


def _as_id(value: Any) -> UUID | None:
    return UUID(value) if isinstance(value, str) and _ID.fullmatch(value) else None


def _told(value: Any, names: Mapping[UUID, str]) -> str:
    if found := _as_id(value):
        return names.get(found, "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return value.replace("_", " ")[:120] if isinstance(value, str) else ""
