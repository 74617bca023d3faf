"""A tool to review, its vendor, an operator, and four reviewers of member districts."""

from datetime import date
from types import SimpleNamespace

import pytest
from flask import has_app_context

from marketplace.accounts import login
from marketplace.accounts.rules import Role
from marketplace.core import db, tenancy
from marketplace.core.access import Actor
from marketplace.core.uploads import CheckedFile
from marketplace.reviews import queries, rubric_queries, service
from marketplace.reviews.evidence_rules import Audience, DocumentKind
from marketplace.reviews.rules import Found, Level, ReviewStatus, Seat, State

FACTS = {
    "student_facing": True, "student_accounts": True, "under_13": True, "uses_ai": True,
    "generative": True, "chat_with_students": False, "influences_decisions": "formative",
    "captures_voice_image": False, "surveys_students": False, "deidentified_use": False,
    "stores_student_data": True,
}  # fmt: skip
TODAY = date(2026, 11, 16)
PAPER = service.Paper("Data agreement", DocumentKind.POLICY, TODAY, Audience.PUBLIC)


def text_file(words):
    return CheckedFile("agreement.txt", "text/plain", words.encode())


@pytest.fixture
def do(app):
    """`do(user, service.hand_in, review.id)`: as somebody, past the scope, as the views do."""

    def run(user, use_case, *args, **kwargs):
        assert not has_app_context()
        with app.app_context(), tenancy.everyone("the policy decides who sees what"):
            with db.transaction() as session:
                actor = login.actor_for(session, user)
            with db.transaction() as session:
                found = use_case(session, actor, *args, **kwargs)
                session.flush()
                return found

    return run


@pytest.fixture
def see(look):
    """`see(queries.reviews_of, tool.id)`: as it stands now, whoever owns it."""

    def run(query, *args, **kwargs):
        look.rollback()
        look.expire_all()
        with tenancy.everyone("test asserts"):
            return query(look, *args, **kwargs)

    return run


class Case(SimpleNamespace):
    """Walks a review to where a test begins."""

    @property
    def rubric(self):
        return rubric_queries.rubric()

    def answers(self, **changed):
        """The first option everywhere, unless told otherwise."""
        asked = rubric_queries.applicable(self.rubric, FACTS)
        said = {c.id: {"option": next(iter(c.options)), "words": ""} for c in asked}
        return said | changed

    def do_as_site(self, use_case, *args):
        """What a job does."""
        with self.app.app_context(), tenancy.everyone("a job"), db.transaction() as session:
            return use_case(session, Actor.system(), *args)

    def signed(self, **answers):
        review = self.do(self.editor, service.open_review, self.tool.id)
        self.do(
            self.editor, service.answer_rubric, review.id,
            facts=FACTS, answers=self.answers(**answers),
        )  # fmt: skip
        self.do(
            self.editor, service.sign_answers, review.id, officer_name="Ines Falk",
            officer_title="Chief executive", signed_on=TODAY,
        )  # fmt: skip
        return review

    def seat(self, review, person, seat):
        self.do(self.operator, service.assign_seat, review.id, user_id=person.id, seat=seat)

    def seated(self, review):
        self.seat(review, self.ada, Seat.FIRST)
        self.seat(review, self.ben, Seat.SECOND)
        self.seat(review, self.cleo, Seat.SETTLES)
        return review

    def read(self, review, **bens):
        """Both take the vendor's word, Ben but for `bens`: {question: Found}."""
        self.confirmed(review)
        for question, found in bens.items():
            key = question.replace("_", "-")
            self.do(self.ben, service.read_question, review.id, key, found)
        for person in (self.ada, self.ben):
            self.do(person, service.take_vendors_word, review.id)
            self.do(person, service.hand_in, review.id)
        return self.now(review)

    def confirmed(self, review, why="", **facts):
        """Ada confirms the facts as the vendor said them, but for `facts`."""
        self.do(self.ada, service.confirm_facts, review.id, FACTS | facts, why=why)

    def published(self, **answers):
        review = self.read(self.seated(self.signed(**answers)))
        self.do(self.editor, service.answer_check, review.id)
        review = self.now(review)
        assert review.status is ReviewStatus.PUBLISHED
        return review

    def now(self, review):
        return self.see(queries.get_review, review.id)


@pytest.fixture
def case(app, make, do, see):
    circle = make.consortium(name="Ridge Buyers")
    vendor = make.vendor("Fieldnotes")
    operator = make.operator(name="Olga Operator")
    people = {}
    for name in ("ada", "ben", "cleo", "dana", "erin"):
        district = make.district(f"{name.title()} Valley Schools")
        user = make.person(district, Role.DATA_STEWARD, name=name.title())
        make.role(user, make.org_of(circle), Role.REVIEWER)
        people[name] = user
    return Case(
        app=app,
        do=do,
        see=see,
        make=make,
        circle=circle,
        vendor=vendor,
        tool=make.tool(vendor, "Fieldnotes Science", card=False),
        operator=operator,
        editor=make.person(vendor, Role.LISTING_EDITOR, name="Ines"),
        buyer=make.buyer(make.district("Maple Schools")),
        **people,
    )


def other_option(rubric, question, taken):
    return next(o for o in rubric.by_id[question].options if o != taken)


def vendor_says(option):
    return Found(State.ANSWERED, option, Level.E1, dated=TODAY)
