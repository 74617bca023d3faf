"""What stands on the site before somebody comes: districts, vendors, a consortium."""

from datetime import timedelta
from types import SimpleNamespace

from marketplace.directory import spelling
from marketplace.directory.models import District

#: LEAID, name, city, state, kind of place, pupils.
DIRECTORY = (
    ("3904801", "Springfield Local", "Holland", "OH", "41", 3_702),
    ("3904475", "Springfield City School District", "Springfield", "OH", "13", 7_014),
    ("3905031", "Maplewood Local", "Cortland", "OH", "42", 812),
    ("3910023", "Black River Local", "Sullivan", "OH", "42", 1_204),
    ("3904903", "Crestline Exempted Village", "Crestline", "OH", "32", 611),
    ("3904988", "Western Reserve Local", "Collins", "OH", "43", 1_330),
    ("1736810", "Spring Garden Community Cons SD 178", "Mount Vernon", "IL", "42", 268),
)
SPRINGFIELD, BLACK_RIVER, WESTERN_RESERVE = "3904801", "3910023", "3904988"
#: With 2,420 seats it costs less to buy 2,500: shares then have cents to split.
TERMS = {
    "form": "volume",
    "platform_fee_cents": 0,
    "minimum_cents": 0,
    "cap_cents": None,
    "bands": [
        {"from": 1, "unit_cents": 1600},
        {"from": 2500, "unit_cents": 1357},
        {"from": 5000, "unit_cents": 1125},
    ],
}


def build(make, now):
    districts(make)
    vendor = make.vendor("Northlight Learning", state="OH")
    make.vendor_profile(vendor, billing_email="billing@northlight.example")
    coach = make.tool(
        vendor,
        "Reading Coach",
        summary="Listens to a child read and helps with hard words.",
        description="A pupil reads aloud. The tool marks slips and the teacher sees them.",
        lowest_grade=1,
        highest_grade=5,
    )
    make.price_schedule(coach, TERMS)
    other = make.tool(
        vendor, "Algebra Steps", summary="Shows the next step.", subjects=["math"],
        lowest_grade=8, highest_grade=11,
    )  # fmt: skip
    make.price_schedule(other, TERMS)
    agency = make.agency("Lake Erie Service Center", state="OH")
    consortium = make.consortium(agency, "Lakeshore Buyers", time_zone="America/New_York")
    members = {leaid: _member(make, consortium, leaid) for leaid in (BLACK_RIVER, WESTERN_RESERVE)}
    return SimpleNamespace(
        vendor=vendor,
        coach=coach,
        agency=agency,
        consortium=consortium,
        circle=make.org_of(consortium),
        members=members,
    )


def districts(make):
    make.save(
        *(
            District(
                leaid=leaid,
                search_key=spelling.search_key(name, city),
                state=state,
                name=name,
                name_year="2024-25",
                name_source="NCES EDGE",
                city=city,
                street="1 School Street",
                zip="44000",
                locale=locale,
                place_year="2024-25",
                place_source="NCES EDGE",
                pupils=pupils,
                pupils_year="2023-24",
                pupils_source="NCES ELSI",
            )
            for leaid, name, city, state, locale, pupils in DIRECTORY
        )
    )


def known(leaid):
    """What the directory has on a district: name, city, state, place, pupils."""
    return next(row[1:] for row in DIRECTORY if row[0] == leaid)


def _member(make, consortium, leaid):
    name, city, state, *_ = known(leaid)
    district = make.district(name, leaid=leaid, city=city, state=state)
    make.member(consortium, district)
    return district


def pool(make, town, now):
    """An open pool in which the two members already stand, 2,180 seats together."""
    starts_on = now.date() + timedelta(days=90)
    found = make.pool(
        town.consortium,
        town.coach,
        title="Reading Coach for grades 1 to 5",
        slug="reading-coach",
        closes_at=now + timedelta(days=20),
        term_starts_on=starts_on,
        pay_by=starts_on,
    )
    for leaid, seats in ((BLACK_RIVER, 1_000), (WESTERN_RESERVE, 1_180)):
        make.commitment(found, town.members[leaid], seats, po_number=f"PO-{leaid}")
    return found
