"""Three consortia are founded, and districts join them: invited or on their own asking."""

from datetime import date

from marketplace.accounts import queries as accounts_queries
from marketplace.accounts.rules import Role
from marketplace.consortia import service
from marketplace.consortia.service import Paper
from marketplace.core.access import Actor
from seed import accounts
from seed.accounts import REVIEWERS
from seed.charters import CHARTERS, Charter
from seed.diary import Diary
from seed.people import name_of
from seed.roster import DATA, OHIO_RIVER, TWIN_TIERS, Place, members

AGREEMENT = DATA / "membership-agreement.pdf"
#: The last few to come have asked or are invited, and wait; one of the first has left.
ASKED, INVITED = 2, 1
LEAVES = {OHIO_RIVER: -64}
#: A paper is signed for so long.
TERM_YEARS = 4


def plan(diary: Diary) -> None:
    for charter in CHARTERS:
        diary.later(diary.at(charter.founded), found, charter)
        places = members(charter.region)
        for number, place in enumerate(places[: -ASKED - INVITED]):
            when = diary.at(charter.founded + 3 + number // 3, 17 * number)
            diary.later(when, join, charter, place, number)
        for number, place in enumerate(places[-ASKED - INVITED :]):
            diary.later(diary.at(-8 + number, 31 * number), wait, charter, place, number)
        if charter.region in LEAVES:
            diary.later(diary.at(LEAVES[charter.region]), leave, charter, settled(charter)[-1])


def settled(charter: Charter) -> tuple[Place, ...]:
    """The members who are active today, and those who left."""
    return members(charter.region)[: -ASKED - INVITED]


def found(diary: Diary, charter: Charter) -> None:
    lead = f"lead:{charter.region}"
    agency = diary.organizations[f"agency:{charter.region}"]
    pooled = charter.region == TWIN_TIERS
    consortium = service.found_consortium(
        diary.session,
        diary.actors[lead],
        name=charter.name,
        purpose=charter.purpose,
        legal_shape=charter.shape,
        choices=charter.choices,
        text=charter.by_laws,
        fiscal_agent_id=agency.id if pooled else None,
        successor_id=diary.organizations[f"agency:{OHIO_RIVER}"].id if pooled else None,
        time_zone=agency.time_zone,
    )
    diary.consortia[charter.region] = consortium
    organization = accounts_queries.get_organization(diary.session, consortium.org_id)
    diary.organizations[f"consortium:{charter.region}"] = organization
    accounts.give_role(diary, lead, organization, Role.CONVENER)
    if pooled:
        accounts.give_role(diary, "agent", organization, Role.FISCAL_AGENT)
        for email in REVIEWERS:
            accounts.give_role(diary, email, organization, Role.REVIEWER)


def join(diary: Diary, charter: Charter, place: Place, number: int) -> None:
    """Every third is invited; the others ask. The paper is filed the same day."""
    consortium = diary.consortia[charter.region]
    lead, district = diary.actors[f"lead:{charter.region}"], diary.actors[place.leaid]
    session, district_id = diary.session, district.home
    if number % 3 == 0:
        service.invite_district(session, lead, consortium.org_id, district_id, words=_welcome())
        service.answer_invitation(
            session, district, consortium.org_id, join=True, accept_by_laws=True
        )
        filer = lead
    else:
        service.ask_to_join(session, district, consortium.org_id, accept_by_laws=True)
        service.approve_request(session, lead, consortium.org_id, district_id)
        filer = district
    paper = _paper(diary, charter, place, diary.day(charter.founded + 1 + number // 3), number)
    service.file_instrument(session, filer, consortium.org_id, district_id, paper)


def _welcome() -> str:
    return "We spoke at the spring meeting. Everything we plan is on our page; come along."


def _paper(diary: Diary, charter: Charter, place: Place, signed: date, number: int) -> Paper:
    return Paper(
        kind=charter.paper,
        signer_name=name_of(1000 + number + 100 * CHARTERS.index(charter)),
        signer_title="Superintendent",
        signed_on=signed,
        board_date=signed,
        scope="Joint purchase of instructional software and services.",
        starts_on=signed,
        ends_on=signed.replace(month=6, day=30, year=signed.year + TERM_YEARS),
        file_name=f"{charter.paper.value.replace('_', '-')}-{place.leaid}.pdf",
        file_bytes=AGREEMENT.read_bytes(),
    )


def wait(diary: Diary, charter: Charter, place: Place, number: int) -> None:
    """Asked or invited a few days ago, so the lead and the district have something to do."""
    consortium, district = diary.consortia[charter.region], diary.actors[place.leaid]
    if number < ASKED:
        words = "Our board meets next week. What do you need from us before that?"
        service.ask_to_join(
            diary.session, district, consortium.org_id, accept_by_laws=True, words=words
        )
        return
    lead: Actor = diary.actors[f"lead:{charter.region}"]
    service.invite_district(diary.session, lead, consortium.org_id, district.home, words=_welcome())


def leave(diary: Diary, charter: Charter, place: Place) -> None:
    consortium = diary.consortia[charter.region]
    service.leave_consortium(diary.session, diary.actors[place.leaid], consortium.org_id)
