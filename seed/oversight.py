"""A standing offer that the demo district could join, a closed incident and an open one."""

from datetime import date, timedelta

from marketplace.agreements import service as agreements
from marketplace.agreements.rules import Family
from marketplace.agreements.service import Paper, SentCopy
from marketplace.catalogue import listing_service
from marketplace.core.access import Actor
from marketplace.core.uploads import CheckedFile
from marketplace.oversight import service
from marketplace.oversight.models import Incident
from seed.diary import Diary
from seed.roster import DATA, DEMO_DISTRICT, TWIN_TIERS, everybody

SIGNED_PDF = DATA / "membership-agreement.pdf"
#: Tools that no pool buys, so that the tour of the demo meets no incident.
CLOSED_TOOL, OPEN_TOOL = "meeting-minder", "attendance"
DATA_ELEMENTS = (
    *("name_student", "identifiers_issued", "enrolment_grade_school", "language_status"),
    *("assessment_results", "voice_recording", "usage_events", "inferred_level_or_profile"),
)


def plan(diary: Diary) -> None:
    diary.later(diary.at(-150), file_offer)
    diary.later(diary.at(-125), report_closed_one)
    diary.later(diary.at(-60), follow)
    diary.later(diary.at(-6), report_open_one)


def _neighbors() -> list[str]:
    """Other districts of New York, in the order of the roster."""
    return [
        place.leaid
        for place in everybody()
        if place.region == TWIN_TIERS and place.state == "NY" and place.leaid != DEMO_DISTRICT
    ]


def _pdf(name: str) -> CheckedFile:
    return CheckedFile(name, "application/pdf", SIGNED_PDF.read_bytes())


def _a_year_later(day: date, years: int) -> date:
    return day + timedelta(days=365 * years)


def file_offer(diary: Diary) -> None:
    """A neighbor files its agreement with the maker of the reading tutor; another one joins."""
    first, second = _neighbors()[:2]
    tool, _ = diary.tools["reading-coach"]
    signed = diary.today() - timedelta(days=20)
    offer = agreements.file_agreement(
        diary.session,
        diary.actors[first],
        tool.org_id,
        Paper(
            family=Family.NY_2D,
            version="2.1 with New York terms",
            state="NY",
            provider=diary.organizations["vendor:brightlark"].name,
            products=frozenset({(tool.id, None)}),
            data_elements=frozenset(DATA_ELEMENTS),
            signed_on=signed,
            effective_on=signed,
            ends_on=_a_year_later(signed, 3),
            offer_present=True,
            offer_until=_a_year_later(signed, 3),
            offer_conditions="Any public school district of New York, on the same terms.",
            ai_addendum=True,
            district_signer=f"{diary.contacts[first][0]}, Superintendent",
            vendor_signer="The president of the company",
        ),
        _pdf("data-privacy-agreement.pdf"),
        once_key="seed-offer",
    )
    diary.later(diary.at(-4), join_offer, offer.id, second)


def join_offer(diary: Diary, offer_id: object, leaid: str) -> None:
    tool, _ = diary.tools["reading-coach"]
    agreements.record_join(
        diary.session,
        diary.actors[leaid],
        offer_id,  # type: ignore[arg-type]
        tool.id,
        SentCopy(
            signer=f"{diary.contacts[leaid][0]}, Superintendent",
            signed_on=diary.today() - timedelta(days=3),
            sent_on=diary.today() - timedelta(days=1),
            sent_to="the privacy office of the vendor",
        ),
        _pdf("our-acceptance.pdf"),
        edition_id=None,
        data_elements=["name_student", "assessment_results", "voice_recording"],
    )


# -- incidents -------------------------------------------------------------------------------


def follow(diary: Diary) -> None:
    """The demo district and a neighbor follow the tool that will have an incident."""
    tool, _ = diary.tools[OPEN_TOOL]
    for key in ("buyer", _neighbors()[0]):
        listing_service.follow_tool(diary.session, diary.actors[key], tool.id)


def report_closed_one(diary: Diary) -> None:
    incident = _reported(
        diary,
        CLOSED_TOOL,
        by=diary.actors[_neighbors()[2]],
        words="Minutes of a closed session could be opened with an old link.",
        knew=3,
    )
    _confirm(
        diary,
        incident,
        public_words="Old links to meeting notes stayed open for eleven days. No student data was "
        "in them.",
        proof="A neighbor opened an old link; the vendor’s log shows the same.",
        exposes_students=False,
    )
    diary.later(diary.at(-95), close_it, incident)


def close_it(diary: Diary, incident: Incident) -> None:
    words = "Old links now end after a day. Two of us tried twenty of them: all are closed."
    service.close_incident(diary.session, diary.actors["operator"], incident.id, words)


def report_open_one(diary: Diary) -> None:
    incident = _reported(
        diary,
        OPEN_TOOL,
        by=diary.actors[_neighbors()[0]],
        words="A list of absences of another school showed in our account.",
        knew=2,
    )
    _confirm(
        diary,
        incident,
        public_words="For two nights, lists of absences were shown to the wrong school. Names, "
        "grades and days of absence of about 400 students could be read.",
        proof="Screens of two districts, and the vendor’s own notice to them.",
        exposes_students=True,
    )


def _reported(diary: Diary, tool_key: str, *, by: Actor, words: str, knew: int) -> Incident:
    tool, _ = diary.tools[tool_key]
    return service.report_incident(
        diary.session,
        by,
        tool.id,
        words=words,
        once_key=f"seed-{tool_key}",
        happened_on=diary.today() - timedelta(days=knew + 2),
        vendor_knew_on=diary.today() - timedelta(days=knew),
    )


def _confirm(
    diary: Diary, incident: Incident, *, public_words: str, proof: str, exposes_students: bool
) -> None:
    """One operator puts the proof on file, the other one agrees."""
    service.propose_confirmation(
        diary.session,
        diary.actors["operator"],
        incident.id,
        public_words=public_words,
        evidence_words=proof,
        exposes_students=exposes_students,
        file=_pdf("proof.pdf"),
    )
    service.confirm_incident(diary.session, diary.actors["second-operator"], incident.id)
