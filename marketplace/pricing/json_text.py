"""JSON as other people write it: read exactly, or refused in one line."""

import json
from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.pricing.refusals import PricingRefused, refuse
from marketplace.pricing.schedule import short


def parse(text: str | bytes) -> Any:
    """JSON with exact decimals, or a `PricingRefused`: NaN, infinities, keys written twice
    (of which JSON readers keep one or the other) and unreadable text are refused in one line.
    """
    twice: list[str] = []
    if not text.strip():
        raise PricingRefused(['document: is empty; it needs "schedule" and "members".'])
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        document = json.loads(
            decoded,
            parse_float=Decimal,
            parse_constant=_not_a_number,
            object_pairs_hook=lambda pairs: _keys_once(pairs, twice),
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise PricingRefused([f"document: is not JSON ({where}: {error.msg})."]) from None
    except UnicodeDecodeError as error:
        raise PricingRefused(
            [f"document: is not UTF-8 text (byte {error.start + 1}); save it as UTF-8."]
        ) from None
    except RecursionError:
        raise PricingRefused(["document: is nested too deeply; four levels are enough."]) from None
    except InvalidOperation:
        raise PricingRefused(["document: holds a number whose exponent is too large."]) from None
    except ValueError:
        raise PricingRefused(
            ["document: holds a number with too many digits; amounts go up to 10^17 cents."]
        ) from None
    refuse(twice)
    return document


def _keys_once(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    kept = dict(pairs)
    if len(kept) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        whose = f"member {short(kept['id'])}" if "id" in kept else "document"
        twice += [
            f"{whose}: the key {short(key)} is written {count} times; keep one of them."
            for key, count in counts.items()
            if count > 1
        ]
    return kept


def _not_a_number(name: str) -> None:
    raise PricingRefused(
        [f"document: {name} is not a number that can be priced; write a whole number."]
    )
