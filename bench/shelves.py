"""A country's worth of listings and districts, written in bulk: for measuring pages."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert, text
from sqlmodel import Session, select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind
from marketplace.catalogue import answers as said
from marketplace.catalogue import finding_rules, questions, rules
from marketplace.catalogue.finding_models import Shelf, ShelfRow
from marketplace.catalogue.listing_models import ListingFacet, ListingVersion
from marketplace.catalogue.models import Edition, PriceSchedule, Tool, VendorProfile
from marketplace.catalogue.word_queries import put_words
from marketplace.core import clock, tenancy
from marketplace.directory.models import District
from marketplace.pricing.rules import schedule_from_json

LISTINGS, DISTRICTS, VENDORS = 10_000, 20_000, 800
WORDS = [
    "reading", "writing", "phonics", "fractions", "algebra", "biology", "chemistry",
    "history", "civics", "spelling", "practice", "quiz", "feedback", "rubric", "lesson",
    "planner", "translation", "captions", "speech", "tutor", "coach", "journal", "portfolio",
    "attendance", "schedule", "family", "message", "map", "timeline", "music", "coding",
    "robotics", "career", "wellbeing", "vocabulary", "essay", "geometry", "number", "sense",
    "story", "lab", "simulation", "safety",
]  # fmt: skip
#: Words of no meaning, a few of them frequent and most of them rare, as in any language.
OTHERS = [
    f"{a}{b}{c}" for a in ("ba", "de", "fi", "lo", "mu", "ra", "so", "te", "vi", "zo", "pra", "ste")
    for b in ("nal", "mer", "tin", "gos", "rup", "lan", "ver", "dim", "cas", "pol", "ber", "fen")
    for c in ("", "a", "em", "or", "is", "ul", "en", "at", "ik", "om")
]  # fmt: skip
OFTEN = [1 / (n + 1) for n in range(len(OTHERS))]


def fill(engine: Engine) -> None:
    """Needs the seed: its answers are what the listings say."""
    dice = random.Random(5)
    with (
        Session(engine, expire_on_commit=False) as session,
        tenancy.everyone("a benchmark fills the database"),
    ):
        _districts(session, dice)
        _listings(session, dice)
        session.commit()
    if engine.dialect.name == "postgresql":  # else its own cleaners work while pages are measured
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _add(session: Session, table: Any, rows: list[Any]) -> None:
    for start in range(0, len(rows), 1_000):
        some = [row.model_dump() for row in rows[start : start + 1_000]]
        session.connection().execute(insert(table.__table__), some)


def _districts(session: Session, dice: random.Random) -> None:
    taken = set(session.exec(select(District.leaid)))
    rows = []
    for n in range(DISTRICTS):
        leaid = f"{n % 56:02}{90_000 - n // 56:05}"
        if leaid not in taken:
            name = f"{dice.choice(WORDS).title()} Valley {n} School District"
            rows.append(
                District(
                    leaid=leaid, search_key=f"{name.lower().replace(' ', '')}|town",
                    state=dice.choice(["OH", "NE", "TX", "CA", "NY", "MT"]), name=name,
                    name_year="2021-22", name_source="made up", pupils=dice.randint(40, 9_000),
                    locale=str(dice.choice([11, 21, 32, 41, 42, 43])),
                )
            )  # fmt: skip
    _add(session, District, rows)


def _listings(session: Session, dice: random.Random) -> None:
    now = clock.now()
    said_so = [v.content["answers"] for v in session.exec(select(ListingVersion)) if v.number == 1]
    shelf = session.exec(select(Shelf)).one()
    vendors = [
        Organization(
            kind=OrganizationKind.VENDOR,
            slug=f"bench-vendor-{n}",
            name=f"Maker {n}",
            founded_at=now,
        )
        for n in range(VENDORS)
    ]
    _add(session, Organization, vendors)
    _add(session, VendorProfile, [VendorProfile(org_id=v.id, city="Here") for v in vendors])
    rows: dict[Any, list[Any]] = {
        t: [] for t in (Tool, Edition, PriceSchedule, ListingVersion, ListingFacet, ShelfRow)
    }
    texts: list[tuple[int, Any]] = []
    for n in range(LISTINGS):
        place = shelf.places + 1 + n
        _listing(n, place, dice, dice.choice(vendors), dice.choice(said_so), now, rows, texts)
    for table, made in rows.items():
        _add(session, table, made)
    for place, pieces in texts:
        put_words(session, place, pieces)
    shelf.places += LISTINGS
    shelf.version = shelf.places + 1_000
    session.add(shelf)


def _listing(
    n: int,
    place: int,
    dice: random.Random,
    vendor: Organization,
    answers: Any,
    now: Any,
    rows: dict[Any, list[Any]],
    texts: list[tuple[int, Any]],
) -> None:
    name = f"{dice.choice(WORDS).title()} {dice.choice(WORDS).title()} {n:05}"
    summary = " ".join([*dice.sample(WORDS, 3), *dice.choices(OTHERS, OFTEN, k=9)])
    low = dice.randint(-1, 9)
    tool = Tool(
        org_id=vendor.id, slug=f"bench-{n:05}", name=name, summary=summary,
        description=" ".join([*dice.sample(WORDS, 3), *dice.choices(OTHERS, OFTEN, k=80)]),
        status=rules.ToolStatus.PUBLISHED,
        lowest_grade=low, highest_grade=dice.randint(low, 12),
        subjects=dice.sample(list(rules.SUBJECTS), dice.randint(1, 4)),
        languages=dice.sample(["English", "Spanish", "French", "Arabic"], dice.randint(1, 3)),
        ai_use=dice.choice(list(rules.AIUse)), ai_facts=["It listens.", "A teacher decides."],
        open_pools=dice.random() < 0.05, runs_on="Any browser", works_with="Clever",
        lowest_seat_cents=dice.randint(100, 4_000), created_at=now, submitted_at=now,
        published_at=now - timedelta(minutes=dice.randint(1, 500_000)),
        privacy_grade=dice.choice(["A", "B", "C", "D", None]),
        no_gap_in=sorted(dice.sample(["CA", "CO", "CT", "IL", "NY", "TX"], dice.randint(0, 4))),
    )  # fmt: skip
    top = tool.lowest_seat_cents or 100
    terms = {
        "form": "volume", "platform_fee_cents": 0, "minimum_cents": 0, "cap_cents": None,
        "bands": [{"from": 1, "unit_cents": 2 * top}, {"from": 1_000, "unit_cents": top}],
    }  # fmt: skip
    edition = Edition(org_id=vendor.id, tool_id=tool.id, name="Full license")
    price = PriceSchedule(
        org_id=vendor.id, tool_id=tool.id, edition_id=edition.id, version=1,
        form=rules.ScheduleForm.VOLUME,
        terms=schedule_from_json(terms).to_json(), valid_until=now.date() + timedelta(days=300),
        offered_at=now,
    )  # fmt: skip
    answered = said.facets(questions.load(), answers)
    found: dict[tuple[UUID, str, str], ListingFacet] = {
        (tool.id, q, v): ListingFacet(org_id=vendor.id, tool_id=tool.id, question=q, value=v)
        for q, v in answered
    }
    marks = finding_rules.marks_of(
        lowest_grade=tool.lowest_grade, highest_grade=tool.highest_grade, subjects=tool.subjects,
        ai_use=str(tool.ai_use), open_pools=tool.open_pools,
        privacy_grade=tool.privacy_grade, no_gap_in=tool.no_gap_in,
        answered=[*answered, *(("languages", rules.fold(x)) for x in tool.languages)],
        offers=[(schedule_from_json(terms), 12)],
    )  # fmt: skip
    pieces = finding_rules.pieces_of(
        name=name, vendor=vendor.name, summary=summary, rest=[tool.description]
    )
    rows[Tool].append(tool)
    rows[Edition].append(edition)
    rows[PriceSchedule].append(price)
    rows[ListingVersion].append(
        ListingVersion(
            org_id=vendor.id, tool_id=tool.id, number=1, question_set=questions.NEWEST,
            content={"answers": answers, "editions": []}, fingerprint=f"{n:064}", published_at=now,
        )
    )  # fmt: skip
    rows[ListingFacet] += found.values()
    rows[ShelfRow].append(
        ShelfRow(
            org_id=vendor.id, tool_id=tool.id, place=place, version=place + 1_000, listed=True,
            name_key=rules.fold(name), words=" ".join(sorted(set(" ".join(pieces[:3]).split()))),
            marks=marks, seat_cents=tool.lowest_seat_cents, listed_at=tool.published_at,
            news_at=tool.published_at, good_until=price.valid_until,
        )
    )  # fmt: skip
    texts.append((place, pieces))
