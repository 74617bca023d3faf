"""Privacy reviews walked from the first answer on: one appealed, one stopped, one waiting."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from marketplace.accounts.login import actor_for
from marketplace.accounts.rules import Role
from marketplace.catalogue.rules import AIUse
from marketplace.core.access import Actor
from marketplace.core.uploads import CheckedFile
from marketplace.reviews import evidence_queries, queries, rubric_queries, service
from marketplace.reviews.evidence_rules import Audience, DocumentKind
from marketplace.reviews.models import Review
from marketplace.reviews.rules import Found, Level, Outcome, Seat, State, Tie
from seed import accounts
from seed.diary import Diary
from seed.roster import DEMO_DISTRICT, TWIN_TIERS, members
from seed.tools import LISTINGS, Listing

FIRST, SECOND = "reviewer@demo.test", "second-reviewer@demo.test"
#: How many more data stewards of the demo consortium review.
MORE_REVIEWERS = 3
#: Answers that are not the best one, by question.
WEAKER = {"EQ-01": "b", "EQ-05": "c", "US-04": "b", "AI-08": "b", "TO-01": "b", "RT-02": "b"}
POLICY = """Privacy policy of Brightlark

We keep records of a pupil for 30 days after the school year.
We never sell or rent what pupils type.
Two companies handle data for us: Plain River Cloud and Long Meadow Hosting.
A child under 13 uses the tool only through a school.
"""
CHANGED = POLICY.replace("30 days", "180 days") + "We may share totals with research partners.\n"


def plan(diary: Diary) -> None:
    diary.later(diary.at(-90, 60), bring_reviewers)
    _plan_review(diary, "phonics", begins=-82, on_paper=True)
    _plan_review(diary, "algebra", begins=-74, on_paper=False)
    diary.later(diary.at(-80, 200), watch, "phonics")
    diary.later(diary.at(-5, 30), change_policy, "phonics")
    diary.later(diary.at(-24, 90), appeal, "phonics")
    diary.later(diary.at(-14, 90), decide_appeal, "phonics")
    diary.later(diary.at(-4, 40), ask_for_stop, "algebra")
    diary.later(diary.at(-4, 95), confirm_stop, "algebra")
    diary.later(diary.at(-9, 20), begin, "meeting-minder")
    diary.later(diary.at(-6, 45), sign, "meeting-minder")
    diary.later(diary.at(-6, 90), seat_readers, "meeting-minder")


def _plan_review(diary: Diary, key: str, *, begins: int, on_paper: bool) -> None:
    diary.later(diary.at(begins), begin, key)
    diary.later(diary.at(begins + 4), sign, key)
    diary.later(diary.at(begins + 5), seat_readers, key)
    diary.later(diary.at(begins + 14), read, key, on_paper)
    diary.later(diary.at(begins + 20), settle, key)
    diary.later(diary.at(begins + 27), close_check, key)


def bring_reviewers(diary: Diary) -> None:
    consortium = diary.organizations[f"consortium:{TWIN_TIERS}"]
    for n, place in enumerate(_more(diary)):
        accounts.give_role(diary, place, consortium, Role.REVIEWER)
        diary.actors[f"reviewer-{n}"] = _actor(diary, place)
    vendor = diary.organizations["vendor:cobblestone"]
    service.step_aside(
        diary.session,
        diary.actors["reviewer-2"],
        vendor.id,
        tie=Tie.FAMILY,
        words="My sister sells for this company.",
    )


def _more(diary: Diary) -> list[str]:
    """Members of the demo consortium whose people are here, but for the demo's own."""
    taken = set(accounts.REVIEWERS.values()) | {DEMO_DISTRICT}
    found = [p.leaid for p in members(TWIN_TIERS) if p.leaid in diary.actors]
    return [leaid for leaid in found if leaid not in taken][:MORE_REVIEWERS]


def _actor(diary: Diary, key: str) -> Actor:
    """Met anew: since they came, they have joined a consortium or taken on a role."""
    user = accounts.queries.get_user(diary.session, diary.actors[key].user_id)
    return actor_for(diary.session, user)


def _listing(key: str) -> Listing:
    return next(each for each in LISTINGS if each.key == key)


def _vendor(diary: Diary, key: str) -> Actor:
    return diary.actors[f"vendor:{_listing(key).vendor}"]


def _review(diary: Diary, key: str) -> Review:
    return queries.reviews_of(diary.session, diary.tools[key][0].id)[0]


def begin(diary: Diary, key: str) -> None:
    service.open_review(diary.session, _vendor(diary, key), diary.tools[key][0].id)


def sign(diary: Diary, key: str) -> None:
    session, vendor, review = diary.session, _vendor(diary, key), _review(diary, key)
    facts, rubric = _facts(_listing(key)), rubric_queries.rubric()
    answers = {
        c.id: {"option": WEAKER.get(c.id, c.best.id), "words": f"See our {c.docs[0]}."}
        for c in rubric_queries.applicable(rubric, facts)
    }
    service.answer_rubric(session, vendor, review.id, facts=facts, answers=answers)
    service.sign_answers(
        session,
        vendor,
        review.id,
        officer_name=f"{_listing(key).vendor.title()} Privacy Officer",
        officer_title="Chief privacy officer",
        signed_on=queries.today(),
    )


def _facts(listing: Listing) -> dict[str, object]:
    faces_pupils = listing.key != "meeting-minder"
    return {
        "student_facing": faces_pupils,
        "student_accounts": faces_pupils,
        "under_13": listing.grades[0] < 7,
        "uses_ai": listing.ai is not AIUse.NONE,
        "generative": listing.ai is AIUse.GENERATIVE,
        "chat_with_students": False,
        "influences_decisions": "none",
        "captures_voice_image": False,
        "surveys_students": False,
        "deidentified_use": False,
        "stores_student_data": True,
    }


def seat_readers(diary: Diary, key: str) -> None:
    seats = {Seat.FIRST: FIRST, Seat.SECOND: SECOND, Seat.SETTLES: "reviewer-0"}
    for seat, who in seats.items():
        service.assign_seat(
            diary.session,
            diary.actors["operator"],
            _review(diary, key).id,
            user_id=diary.actors[who].person,
            seat=seat,
        )


def read(diary: Diary, key: str, on_paper: bool) -> None:
    """Both read; where it is on paper they cite the agreement, and on one question they differ."""
    session, review = diary.session, _review(diary, key)
    paper = service.Paper(
        "Data privacy agreement",
        DocumentKind.CONTRACT,
        queries.today(),
        Audience.PUBLIC,
        expires_on=queries.today() + timedelta(days=700),
    )
    words = f"Data privacy agreement of {_listing(key).name}. Clauses 1 to 60."
    document = service.file_evidence(
        session, _vendor(diary, key), review.tool_id, _text("agreement.txt", words), paper
    )
    service.confirm_facts(session, _actor(diary, FIRST), review.id, review.facts)
    for who, side in ((FIRST, Seat.FIRST), (SECOND, Seat.SECOND)):
        actor = _actor(diary, who)
        to_read = rubric_queries.questions_to_read(review, side)
        for question in to_read if on_paper else to_read[::3]:
            found = _on_paper(review, question, document.id)
            if side is Seat.SECOND and question == "US-04":
                found = replace(found, option="c")
            service.read_question(session, actor, review.id, question, found)
        service.take_vendors_word(session, actor, review.id)
        service.hand_in(session, actor, review.id)


def _on_paper(review: Review, question: str, document_id: UUID) -> Found:
    said = rubric_queries.vendors_word(review, question)
    label = rubric_queries.rubric().by_id[question].options[said.option].label
    return replace(
        said,
        level=Level.E2,
        document_id=document_id,
        locator=f"Clause {int(question[-2:]) + 3}",
        quote=f"{label[:160]}.",
        dated=queries.today(),
    )


def _text(name: str, words: str) -> CheckedFile:
    return CheckedFile(name, "text/plain", words.encode())


def settle(diary: Diary, key: str) -> None:
    session, review = diary.session, _review(diary, key)
    decider = _actor(diary, "reviewer-0")
    sides = queries.both_readings(session, review)
    for question in queries.questions_to_settle(session, review):
        service.settle_question(
            session,
            decider,
            review.id,
            question,
            queries.found_of(sides[Seat.FIRST][question]),
            why="The list has a date and names each job; notice comes after the fact.",
        )


def close_check(diary: Diary, key: str) -> None:
    service.answer_check(diary.session, _vendor(diary, key), _review(diary, key).id)


# -- what happens afterwards -----------------------------------------------------------------


def watch(diary: Diary, key: str) -> None:
    operator = diary.actors["operator"]
    tool, _ = diary.tools[key]
    policy = service.watch_policy(diary.session, operator, tool.id, title="Privacy policy")
    service.capture_policy(
        diary.session, operator, policy.id, content=POLICY.encode(), media_type="text/plain"
    )


def change_policy(diary: Diary, key: str) -> None:
    """Waits for a decision: a demo visitor has something to do."""
    tool, _ = diary.tools[key]
    policy = service.watch_policy(
        diary.session, diary.actors["operator"], tool.id, title="Privacy policy"
    )
    service.capture_policy(
        diary.session,
        diary.actors["operator"],
        policy.id,
        content=CHANGED.encode(),
        media_type="text/plain",
    )


def appeal(diary: Diary, key: str) -> None:
    service.appeal_review(
        diary.session,
        _actor(diary, "buyer"),
        diary.tools[key][0].id,
        question="TO-01",
        words="The notice for families is there in English and Spanish since August. See page 1.",
        once_key="seed-appeal",
    )


def decide_appeal(diary: Diary, key: str) -> None:
    session, review = diary.session, _review(diary, key)
    deciders = {Seat.APPEAL: "reviewer-1", Seat.APPEAL_SECOND: "reviewer-2"}
    for seat, who in deciders.items():
        service.assign_seat(
            session, diary.actors["operator"], review.id,
            user_id=_actor(diary, who).person, seat=seat,
        )  # fmt: skip
    now = queries.found_of(queries.decisions_of(session, review.id)["TO-01"])
    [filed] = [a for a in evidence_queries.appeals_of(session, review.tool_id) if a.is_open]
    whys = ("The notice is short, dated and in two languages.", "The reviewers had an older copy.")
    for who, why in zip(deciders.values(), whys, strict=True):
        service.decide_appeal(
            session,
            _actor(diary, who),
            filed.id,
            outcome=Outcome.CORRECTED,
            why=why,
            found=replace(now, state=State.ANSWERED, option="a", dated=queries.today()),
        )


def ask_for_stop(diary: Diary, key: str) -> None:
    service.stop_tool(
        diary.session,
        _actor(diary, FIRST),
        diary.tools[key][0].id,
        reason="Student names could be seen by other classes while a class was merged.",
    )


def confirm_stop(diary: Diary, key: str) -> None:
    service.stop_tool(diary.session, diary.actors["operator"], diary.tools[key][0].id)
