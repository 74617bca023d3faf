"""Whoever belongs to Alpha, or to nobody, reads nothing of Bravo's on any page of the site."""

import pytest

from tests.architecture.test_pages import PUBLIC
from tests.conftest import on_sqlite
from tests.isolation import routes
from tests.isolation.site import body, text
from tests.isolation.world import SECRET_LIMIT, SECRET_PRICE, spellings

LEAKS = ("zqb-", *spellings(SECRET_LIMIT["b"]), *spellings(SECRET_PRICE["b"]))
#: Pages for a browser without a session that lead somewhere else or show the demo only.
LEADS_ON = (301, 302, 303, 308)
DEMO_ONLY = {"operations.outbox", "operations.letter"}
STATIC = {"operations.metrics"}
#: Which of Bravo's people see most; between them they open every page there is.
ASKED_FIRST = ("convener", "vendor-administrator", "district-buyer", "fiscal-agent")

pytestmark = on_sqlite


def leaks(answer):
    found = text(answer)
    return [sign for sign in LEAKS if sign in found]


def is_public(rule):
    return rule.endpoint in PUBLIC


def pages(site, *, public):
    return [
        rule
        for rule in site.rules("GET")
        if is_public(rule) is public and rule.endpoint not in routes.BY_SECRET
    ]


# -- what everybody may read -----------------------------------------------------------------


@pytest.mark.parametrize("who", ["stranger", "district-buyer", "vendor-administrator", "convener"])
def test_public_pages_about_bravo_hold_nothing_private(site, world, who):
    user = world.a.people.get(who)
    problems = []
    for rule in pages(site, public=True):
        url = site.url(rule, **routes.values_of(rule, world.b))
        if rule.endpoint == "catalogue.compare_xlsx":  # a workbook of nothing is not there
            url += f"?tools={world.b.tool.slug},{world.a.tool.slug}"
        answer = site.get(user, url)
        expected = (404,) if rule.endpoint in DEMO_ONLY else (200, *LEADS_ON)
        if answer.status_code not in expected:
            problems.append(f"{url}: {answer.status_code}")
        problems += [f"{url}: shows {sign}" for sign in leaks(answer)]

    assert problems == []


@pytest.mark.parametrize("ending", ["jsonl", "csv", "journal", "beancount"])
def test_the_books_of_bravo_are_public_and_hold_no_person(site, world, ending):
    answer = site.get(None, f"/open/ledger/{world.b.consortium_org.slug}/export.{ending}")

    assert answer.status_code == 200
    assert world.b.district.leaid in answer.text
    assert leaks(answer) == []


@pytest.mark.parametrize("pool", ["pool", "due_pool", "cleared_pool", "held_pool"])
def test_every_format_of_a_pool_keeps_the_limits(site, world, pool):
    found = getattr(world.b, pool)
    slug = f"/pools/{world.b.consortium_org.slug}/{found.slug}"
    for ending in ("", "/shares.csv", "/shares.json", "/clearing.json", "/dates.ics", "?seats=50"):
        for user in (None, world.a.people["district-buyer"], world.b.people["neighbour"]):
            answer = site.get(user, slug + ending)
            assert answer.status_code == 200 or ending == "/clearing.json", slug + ending
            assert [s for s in spellings(SECRET_LIMIT["b"]) if s in answer.text] == []


def test_the_limits_are_there_for_the_lead_agency(site, world):
    """So the test above can fail: the same address tells the convener."""
    url = f"/pools/{world.b.consortium_org.slug}/{world.b.cleared_pool.slug}/clearing.json"

    assert str(SECRET_LIMIT["b"]) in site.get(world.b.people["convener"], url).text


@pytest.mark.parametrize("key", ["draft", "submitted"])
def test_a_listing_that_is_not_published_does_not_exist_for_others(site, world, key):
    tool = getattr(world.b, key)
    for user in (None, *world.a.people.values()):
        for url in (f"/tools/{tool.slug}", f"/tools/{tool.slug}.json"):
            answer, missing = site.get(user, url), site.get(user, url.replace(tool.slug, "none"))
            assert answer.status_code == missing.status_code == 404
            assert body(answer) == body(missing)


def test_search_finds_no_word_of_bravos(site, world):
    """Lists and exports leak where single pages are guarded."""
    asked = [
        f"{path}?{name}=zqb"
        for path in ("/tools", "/tools.csv", "/tools.json", "/consortia", "/consortia.json")
        for name in ("q", "search", "vendor")
    ]
    for url in [*asked, f"/compare?t={world.b.draft.slug}&t={world.b.tool.slug}"]:
        answer = site.get(world.a.people["district-buyer"], url)
        assert answer.status_code == 200, url
        assert [s for s in leaks(answer) if s != "zqb-"] == []
        assert "zqb-" not in text(answer), url


# -- what needs a sign-in --------------------------------------------------------------------


def test_a_stranger_is_sent_to_sign_in(site, world):
    problems = []
    for rule in pages(site, public=False):
        url = site.url(rule, **routes.values_of(rule, world.b))
        answer = site.get(None, url)
        if answer.status_code != 302 or not answer.location.startswith("/sign-in"):
            problems.append(f"{url}: {answer.status_code}")

    assert problems == []


ROLES = (
    "district-administrator",
    "district-buyer",
    "district-approver",
    "district-viewer",
    "vendor-administrator",
    "vendor-listing_editor",
    "vendor-finance",
    "funder-programme_officer",
    "convener",
    "fiscal-agent",
    "reviewer",
    "unconfirmed",  # an account without any role
)


def people_of_alpha(world):
    return {who: world.a.people[who] for who in ROLES}


@pytest.mark.parametrize("who", ROLES)
def test_what_is_bravos_does_not_exist_for_anybody_of_alpha(site, world, who):
    """404, and byte for byte the page of something that nobody has."""
    user, problems, asked, nothing = world.a.people[who], [], 0, {}
    for rule in pages(site, public=False):
        if not routes.arguments(rule) or routes.is_open_to_others(rule):
            continue
        for foreign, missing, behind_mine in routes.foreign_addresses(rule, world.a, world.b):
            url, unknown = site.url(rule, **foreign), site.url(rule, **missing)
            answer = site.get(user, url)
            asked += 1
            if answer.status_code not in ((403, 404) if behind_mine else (404,)):
                problems.append(f"{url} ({rule.endpoint}): {answer.status_code}")
                continue
            if unknown not in nothing:
                nothing[unknown] = body(site.get(user, unknown))
            if body(answer) != nothing[unknown]:
                problems.append(f"{url} differs from {unknown}")

    assert problems == []
    assert asked > 90


def test_pages_about_oneself_show_nothing_of_bravos(site, world):
    problems = []
    for who, user in people_of_alpha(world).items():
        for rule in pages(site, public=False):
            if routes.arguments(rule) and not routes.is_open_to_others(rule):
                continue
            url = site.url(rule, **routes.values_of(rule, world.b))
            answer = site.get(user, url)
            if answer.status_code >= 500:
                problems.append(f"{who}: {url}: {answer.status_code}")
            problems += [f"{who}: {url} shows {sign}" for sign in leaks(answer)]

    assert problems == []


def test_own_pages_of_alpha_show_nothing_of_bravos(site, world):
    """Lists, exports, papers and homes of one's own organization."""
    problems = []
    for who, user in people_of_alpha(world).items():
        for rule in pages(site, public=False):
            if not routes.arguments(rule):
                continue
            url = site.url(rule, **routes.values_of(rule, world.a))
            problems += [f"{who}: {url} shows {sign}" for sign in leaks(site.get(user, url))]

    assert problems == []


def test_every_page_exists_for_somebody_of_bravos(site, world):
    """So the tests above can fail: each address works, and the marks are on those pages."""
    closed, seen = [], set()
    order = {key: place for place, key in enumerate(ASKED_FIRST)}
    people = sorted(world.b.people, key=lambda key: order.get(key, 99))
    for rule in pages(site, public=False):
        url = site.url(rule, **routes.values_of(rule, world.b))
        for user in [*(world.b.people[key] for key in people), world.operator]:
            answer = site.get(user, url)
            if answer.status_code in (200, *LEADS_ON):
                seen |= {word for word in text(answer).split() if "zqb-" in word}
                break
        else:
            closed.append(f"{url} ({rule.endpoint})")

    assert closed == []
    assert len(seen) > 25


# -- neighbours ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["neighbour", "asking", "invited", "outsider"])
def test_a_district_of_the_same_consortium_reads_nothing_confidential_of_another(site, world, who):
    """They share a consortium, so the scope lets them near: policy keeps the rest."""
    user, problems = world.b.people[who], []
    own = (f"zqb-name-{who}", f"zqb-{who}@")
    # What a member proposes is meant for the other members.
    # What a member proposes, says about a decision or a term, and why it leaves, is meant for
    # the other members: they vote and consent.
    shared = ("zqb-words-to-the-lead",)
    if who == "neighbour":
        shared = ("zqb-proposal-words", "zqb-reason-to-leave", "zqb-dispute")
        shared += ("zqb-said-among-members", "zqb-name-district-buyer")
    for rule in site.rules("GET"):
        if rule.endpoint in routes.BY_SECRET or rule.endpoint == "pools.pool":
            continue
        answer = site.get(user, site.url(rule, **routes.values_of(rule, world.b)))
        words = text(answer)
        for mine in (*own, *shared):
            words = words.replace(mine, "")
        problems += [f"{rule.rule}: {sign}" for sign in LEAKS if sign in words]

    assert problems == []
