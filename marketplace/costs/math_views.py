"""The math of a pool's split: short on the pool's page, in full on a page of its own."""

from typing import Any

from flask import abort, render_template, request, url_for

from marketplace.accounts.login import current_actor
from marketplace.consortia import queries as consortia
from marketplace.core import db, page_cache, panels, tenancy, web
from marketplace.core.access import can
from marketplace.core.errors import NotFound
from marketplace.costs import bill_rules, math_rules, queries, rules
from marketplace.costs.queries import Group
from marketplace.costs.rules import Terms
from marketplace.costs.shared_views import bp
from marketplace.pools import queries as pools
from marketplace.pools.models import Pool
from marketplace.pools.rules import PoolStatus, seed_of
from marketplace.pricing.rules import Member, Method, price_sentences, schedule_from_json

PUBLIC = "open pools are public"
ROWS = 50
#: Up to so many districts, the page works out the other methods too.
MOST_COMPARED = 1_000


@bp.get("/pools/<consortium>/<slug>/shares")
@page_cache.public_page
def shares(consortium: str, slug: str) -> Any:
    """Every share with its exact fraction; `?district=` opens the math of one."""
    session = db.session()
    with tenancy.everyone(PUBLIC):
        pool, organization, founding, tool = pools.pool_with_all(session, consortium, slug)
        if pool.status is PoolStatus.DRAFT and not can(current_actor(), "pools.see_draft", pool):
            raise NotFound("There is no such pool.")
        if not consortia.sees_names(session, current_actor(), founding):
            raise NotFound("By the by-laws only members see who is in this pool.")
        standings = pools.standings(session, pool.id)
        seed = seed_of(organization.slug, pool.slug)
        group = queries.group_of(pool, standings, seed)
        names = queries.names_in_pool(session, pool.id) if group else {}
        mine = _mine(group, pool, request.args.get("district", "") or current_actor().leaid)
        if request.args.get("district") and mine is None:
            abort(404)
        return render_template(
            "costs/shares.html",
            pool=pool,
            organization=organization,
            tool=tool,
            group=group,
            names=names,
            terms=_terms(pool),
            prices=price_sentences(schedule_from_json(pool.terms)),
            mine=mine,
            is_mine=mine is not None and mine.me.id == current_actor().leaid,
            **(_about(group, pool, seed, names) if group else {}),
        )


def _terms(pool: Pool) -> Terms:
    return Terms(Method(pool.split_method))


def _about(group: Group, pool: Pool, seed: str, names: dict[str, str]) -> dict[str, Any]:
    terms = _terms(pool)
    found = math_rules.weights(group.members, terms)
    rows = sorted(group.members, key=lambda member: (names.get(member.id, ""), member.id))
    page = web.paged_list(rows, ROWS)
    odd = math_rules.odd_cents(group.total_cents, found, group.shares) if found else None
    few = len(group.members) <= MOST_COMPARED
    schedule = schedule_from_json(pool.terms)
    return {
        "page": page,
        "exact": {
            member.id: math_rules.exact_words(found.exact_cents(group.total_cents, member.id))
            for member in page.items
        }
        if found
        else {},
        "odd": odd,
        "odd_names": rules.named(odd.payers, names) if odd else "",
        "certificate": bill_rules.certificate_words(group.certificate, names),
        "compared": bill_rules.compare(schedule, group.members, terms, seed) if few else [],
        "seed": seed,
    }


def _mine(group: Group | None, pool: Pool, leaid: str | None) -> math_rules.MyMath | None:
    me: Member | None = None
    if group and leaid:
        me = next((member for member in group.members if member.id == leaid), None)
    if group is None or me is None:
        return None
    return math_rules.my_math(
        group.total_cents, group.shares, group.alone, me, group.members, _terms(pool)
    )


@panels.fill("pools.math")
def math_of_pool(math: Any) -> str | None:
    """On the pool's page: the formula, the numbers of whoever looks, what was shown."""
    shown, pool = math.shown, math.shown.pool
    group = queries.group_of(pool, math.standings, shown.seed, math.today)
    if group is None:
        return None
    return render_template(
        "costs/_math.html",
        group=group,
        terms=_terms(pool),
        mine=_mine(group, pool, math.leaid),
        certificate=bill_rules.certificate_words(group.certificate, {}),
        url=url_for(
            "costs.shares",
            consortium=shown.organization.slug,
            slug=pool.slug,
            **({"district": math.leaid} if math.leaid else {}),
        ),
    )
