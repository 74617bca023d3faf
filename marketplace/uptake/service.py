"""Keep the releases of the funnel: worked out at night, shown until the next may come."""

import json
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from marketplace.core import clock
from marketplace.core.access import Actor, require
from marketplace.uptake import funnel_queries
from marketplace.uptake.funnel_rules import Release, is_due
from marketplace.uptake.models import FunnelRelease


def keep_funnel(session: Session, actor: Actor, found: Release) -> bool:
    """Once a day: publish what was found where a release may be shown. True when looked at."""
    require(actor, "uptake.keep_funnel")
    now, last = clock.now(), funnel_queries.latest(session)
    if not funnel_queries.is_to_be_looked_at(session, now.date()):
        return False
    before, made_on = (last.figures, last.made_at.date()) if last else (None, now.date())
    if last is not None and not is_due(before, made_on, now.date(), found):
        last.checked_at = now
        session.add(last)
        return True
    figures = found.as_json()
    session.add(
        FunnelRelease(
            number=last.number + 1 if last else 1,
            made_at=now,
            checked_at=now,
            years=funnel_queries.years(session),
            figures=figures,
            fingerprint=_fingerprint(figures),
        )
    )
    session.flush()
    return True


def _fingerprint(figures: Any) -> str:
    return sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()
