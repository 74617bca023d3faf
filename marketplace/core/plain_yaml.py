"""YAML from outside, read as plain data: every refusal is one line that says where.

Refused before anything is built: files over the limit, tabs, aliases of lists and mappings (so
that nothing can unfold into more than was sent), keys written twice, tags, too many levels.
An alias of a single value, such as a date that many lines share, is harmless and allowed.
"""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from marketplace.core.errors import RuleBroken

MOST_BYTES = 2_000_000
MOST_LEVELS = 20
MOST_PARTS = 200_000
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _NoRepeats(_Loader):
    """Safe types only; a key written twice is refused instead of the last one winning."""


def _mapping(loader: Any, node: Any) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key, _value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(
                None, None, "a key is a list or a mapping", key.start_mark
            )
        if key.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"“{_short(key.value)}” is written twice", key.start_mark
            )
        seen.add(key.value)
    pairs = loader.construct_pairs(node, deep=True)
    return dict(pairs)


_NoRepeats.add_constructor("tag:yaml.org,2002:map", _mapping)


def read_file(path: Path, what: str, *, most_bytes: int = MOST_BYTES) -> Any:
    """What a file holds; its size is asked first, so that a huge one is never read."""
    try:
        size = path.stat().st_size
        if size <= most_bytes:
            return read(path.read_bytes(), what, most_bytes=most_bytes)
    except OSError as problem:
        raise RuleBroken(f"{what}: it cannot be read ({problem.strerror}).") from None
    raise RuleBroken(_too_large(what, size, most_bytes))


def read(content: bytes | str, what: str, *, most_bytes: int = MOST_BYTES) -> Any:
    """The plain data of a YAML text; `what` begins every refusal."""
    raw = content.encode() if isinstance(content, str) else content
    if len(raw) > most_bytes:
        raise RuleBroken(_too_large(what, len(raw), most_bytes))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RuleBroken(f"{what}: it is not UTF-8 text. Save it as UTF-8.") from None
    try:
        _check_shape(text, what)
        return yaml.load(text, Loader=_NoRepeats)
    except yaml.YAMLError as problem:
        raise RuleBroken(_where(problem, text, what)) from None
    except (ValueError, RecursionError) as problem:  # such as the date 2026-02-31
        raise RuleBroken(f"{what}: {_short(str(problem))}.") from None


def _check_shape(text: str, what: str) -> None:
    levels, anchors = 0, dict[str, bool]()
    for parts, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            if anchors.get(event.anchor, True):
                raise RuleBroken(
                    f"{what}, line {line}: *{_short(event.anchor)} repeats a whole list or "
                    "mapping. Write it out."
                )
        elif isinstance(event, yaml.CollectionStartEvent):
            levels += 1
            anchors[event.anchor] = True
        elif isinstance(event, yaml.CollectionEndEvent):
            levels -= 1
        elif isinstance(event, yaml.ScalarEvent):
            anchors[event.anchor] = False
        if levels > MOST_LEVELS:
            raise RuleBroken(f"{what}, line {line}: it is nested more than {MOST_LEVELS} deep.")
        if parts > MOST_PARTS:
            raise RuleBroken(f"{what}, line {line}: it has more than {MOST_PARTS:,} parts.")


def _where(problem: Any, text: str, what: str) -> str:
    mark = getattr(problem, "problem_mark", None)
    said = getattr(problem, "problem", None) or str(problem)
    if mark is None:
        return f"{what}: {_short(said)}."
    lines = text.split("\n")
    if mark.line < len(lines) and "\t" in lines[mark.line]:
        return f"{what}, line {mark.line + 1}: there is a tab. Indent with spaces."
    return f"{what}, line {mark.line + 1}: {_short(said)}."


def _too_large(what: str, size: int, most: int) -> str:
    return f"{what}: it has {size:,} bytes, and at most {most:,} are read."


def _short(text: str) -> str:
    one_line = " ".join(str(text).split())
    return one_line if len(one_line) <= 120 else f"{one_line[:117]}…"
