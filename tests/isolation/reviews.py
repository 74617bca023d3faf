"""Reviews of a tenant's tools at every step, by readers of its own consortium.

Names of readers and what is decided are public once published; what a reader noted and what
waits in drafts carries the tenant's mark.
"""

from hashlib import sha256

from sqlmodel import select

from marketplace.accounts.models import Organization
from marketplace.accounts.rules import OrganizationKind, Role
from marketplace.core import clock, tenancy
from marketplace.core.files import StoredFile
from marketplace.reviews import rubric_queries
from marketplace.reviews.appeal_models import ReviewAppealVote
from marketplace.reviews.evidence_models import EvidenceDocument, PolicyCapture, WatchedPolicy
from marketplace.reviews.evidence_rules import Audience, DocumentKind
from marketplace.reviews.models import (
    Review,
    ReviewAppeal,
    ReviewDecision,
    ReviewMessage,
    ReviewReading,
    ReviewSeat,
    ReviewStanding,
)
from marketplace.reviews.rules import (
    Level,
    MessageKind,
    Outcome,
    ReviewStatus,
    Seat,
    Source,
    State,
)

FACTS = {
    "student_facing": True, "student_accounts": True, "under_13": True, "uses_ai": True,
    "generative": True, "chat_with_students": True, "influences_decisions": "formative",
    "captures_voice_image": True, "surveys_students": True, "deidentified_use": True,
    "stores_student_data": True,
}  # fmt: skip
SIGNED = {"officer_name": "Pat Lee", "officer_title": "Chief executive"}


class Reviews:
    """`t.reviews["reading"]`, `t.appeal`, `t.capture`, `t.policy`, `t.document`, readers 1 to 5."""

    def __init__(self, builder):
        self.b, self.make, self.t = builder, builder.make, builder.t
        self.mark = builder.mark

    def build(self):
        t = self.t
        self.site = self._operator()
        self._readers()
        (
            t.unreviewed, t.answering, t.settling_tool, t.checking, t.checked_tool, t.read_tool,
            t.drafting,
        ) = (
            self.make.tool(t.vendor, f"{t.name} {kind}", slug=f"{kind}-of-{t.name.lower()}")
            for kind in (
                "unreviewed", "answering", "settling", "checking", "checked", "read", "drafting",
            )
        )  # fmt: skip
        t.reviews = {}
        t.reviews["published"] = self._review(t.tool, 1, ReviewStatus.PUBLISHED, None)
        t.reviews["reading"] = self._review(t.tool, 2, ReviewStatus.READING)
        t.reviews["read"] = self._review(t.read_tool, 1, ReviewStatus.READING)
        t.reviews["settling"] = self._review(t.settling_tool, 1, ReviewStatus.SETTLING)
        t.reviews["checked"] = self._review(t.checked_tool, 1, ReviewStatus.CHECKING)
        t.reviews["checking"] = self._review(t.checking, 1, ReviewStatus.CHECKING)
        t.reviews["answering"] = self._review(t.answering, 1, ReviewStatus.ANSWERING)
        t.reviews["drafting"] = self._review(t.drafting, 1, ReviewStatus.ANSWERING)
        self.b.set(t.reviews["drafting"], answers={})
        self._papers()
        for key in ("reading", "read", "settling", "checked", "checking"):
            self._seats(t.reviews[key], done=key not in ("reading", "read"))
        self._decisions()
        self._words_and_appeal()

    def _operator(self):
        with tenancy.everyone("tests build rows of every organization"):
            query = select(Organization).where(Organization.kind == OrganizationKind.OPERATOR)
            found = self.make.session.exec(query).first()
            self.make.session.commit()
        return found

    def _readers(self):
        """Their names are public, so they carry no mark."""
        t = self.t
        for n in range(1, 6):
            district = self.make.district(f"{t.name} Reader Schools {n}")
            with self.make.app.app_context():
                mailbox = f"{self.mark(f'reader-{n}')}@example.org"
            user = self.make.person(
                district, Role.DATA_STEWARD, name=f"{t.name} Reader {n}", email=mailbox
            )
            self.make.role(user, t.consortium_org, Role.REVIEWER)
            t.people[f"reader-{n}"] = user
            self.make.save(
                ReviewStanding(org_id=self.site.id, user_id=user.id, vendor_id=t.vendor.id)
            )

    def _review(self, tool, number, status, is_open=True):
        rubric, signed = rubric_queries.rubric(), status is not ReviewStatus.ANSWERING
        now = clock.now()
        review = self.make.save(
            Review(
                org_id=self.site.id,
                tool_id=tool.id,
                vendor_id=tool.org_id,
                number=number,
                status=status,
                rubric_version=rubric.version,
                rubric_sha256=rubric.sha256,
                opened_at=now,
                asked_at=now,
                facts=FACTS,
                answers={
                    c.id: {"option": next(iter(c.options)), "words": self.mark("pointer")}
                    for c in rubric_queries.applicable(rubric, FACTS)
                },
                seed="0" * 32,
                due_on=None if status is ReviewStatus.PUBLISHED else now.date(),
                published_at=None if is_open else now,
                expires_on=None if is_open else now.date().replace(year=2027),
                facts_confirmed_at=now if signed and tool is not self.t.tool else None,
                check_answered_at=now if tool is self.t.checked_tool else None,
                signed_on=now.date() if signed else None,
                signed_at=now if signed else None,
                **(SIGNED if signed else {}),
            )
        )
        return review if is_open else self.b.set(review, is_open=None)

    def _papers(self):
        t, content = self.t, b"We keep it for 30 days."
        file = {
            "org_id": t.vendor.id, "name": "policy.txt", "media_type": "text/plain",
            "size": len(content), "fingerprint": sha256(content).hexdigest(), "content": content,
            "stored_at": clock.now(),
        }  # fmt: skip
        stored = self.make.save(StoredFile(**file))
        document = {
            "org_id": t.vendor.id, "tool_id": t.tool.id, "file_id": stored.id,
            "kind": DocumentKind.POLICY, "captured_on": clock.now().date(),
            "filed_at": clock.now(),
        }  # fmt: skip
        t.document = self.make.save(
            EvidenceDocument(
                sha256=file["fingerprint"], title="Policy", audience=Audience.PUBLIC, **document
            )
        )
        self.make.save(
            EvidenceDocument(
                sha256="1" * 64, title=self.mark("paper"), audience=Audience.REVIEWERS, **document
            )
        )
        t.policy = self.make.save(
            WatchedPolicy(
                org_id=self.site.id, tool_id=t.tool.id, title="Policy", added_at=clock.now()
            )
        )
        t.capture = self.make.save(
            PolicyCapture(
                org_id=self.site.id, policy_id=t.policy.id, tool_id=t.tool.id, raw_sha256="0" * 64,
                spaced_sha256="0" * 64, shown_sha256="0" * 64, words="We sell nothing.",
                file_id=stored.id, captured_at=clock.now(), last_seen_at=clock.now(),
                change={"added": ["we sell nothing"], "removed": [], "topics": ["selling"]},
                decide_by=clock.now(),
            )
        )  # fmt: skip

    def _seats(self, review, *, done):
        """Readers 1 and 2 read, reader 3 settles; reader 4 decides appeals."""
        rubric = rubric_queries.rubric()
        asked = [c.id for c in rubric_queries.applicable(rubric, FACTS)]
        for n, seat in ((1, Seat.FIRST), (2, Seat.SECOND), (3, Seat.SETTLES)):
            row = self._seat(review, n, seat, done and seat is not Seat.SETTLES)
            if seat is Seat.SETTLES or review is self.t.reviews["reading"]:
                continue
            for question in asked:
                differs = question == "US-01" and seat is Seat.SECOND
                self.make.session.add(self._reading(row, question, "b" if differs else "a"))
        if review is self.t.reviews["reading"]:
            first = self._first_seat(review)
            self.make.session.add(self._reading(first, "US-02", "a"))
        with tenancy.everyone("tests build rows of every organization"):
            self.make.session.commit()

    def _first_seat(self, review):
        with tenancy.everyone("tests build rows of every organization"):
            query = select(ReviewSeat).where(
                ReviewSeat.review_id == review.id, ReviewSeat.seat == Seat.FIRST
            )
            return self.make.session.exec(query).one()

    def _seat(self, review, n, seat, done=False):
        user = self.t.people[f"reader-{n}"]
        return self.make.save(
            ReviewSeat(
                org_id=review.org_id, review_id=review.id, vendor_id=review.vendor_id,
                user_id=user.id, home_id=user.acting_for, seat=seat, taken_at=clock.now(),
                due_on=clock.now().date(), done_at=clock.now() if done else None,
            )
        )  # fmt: skip

    def _reading(self, seat, question, option):
        return ReviewReading(
            org_id=seat.org_id, seat_id=seat.id, review_id=seat.review_id, question=question,
            state=State.ANSWERED, option=option, level=Level.E1, words=self.mark("reading"),
            locator=self.mark("locator"), quote=self.mark("quote"),
            dated=clock.now().date(), saved_at=clock.now(),
        )  # fmt: skip

    def _decisions(self):
        """Settled but for one question; the published one has all."""
        t, rubric = self.t, rubric_queries.rubric()
        for key in ("published", "settling", "checked", "checking"):
            review = t.reviews[key]
            for criterion in rubric_queries.applicable(rubric, FACTS):
                if key == "settling" and criterion.id == "US-01":
                    continue
                self.make.session.add(
                    ReviewDecision(
                        org_id=review.org_id, review_id=review.id, question=criterion.id,
                        state=State.ANSWERED, option=next(iter(criterion.options)), level=Level.E1,
                        dated=clock.now().date(), source=Source.AGREED, decided_at=clock.now(),
                    )
                )  # fmt: skip
        with tenancy.everyone("tests build rows of every organization"):
            self.make.session.commit()

    def _words_and_appeal(self):
        t = self.t
        for review in (t.reviews["reading"], t.reviews["answering"]):
            self.make.save(
                ReviewMessage(
                    org_id=review.org_id, review_id=review.id, question="US-02",
                    kind=MessageKind.QUESTION, words=self.mark("asked"), written_at=clock.now(),
                    written_by_id=t.people["reader-1"].id, once_key=self.mark("key"),
                )
            )  # fmt: skip
        published = t.reviews["published"]
        self._seat(published, 4, Seat.APPEAL)
        second = self._seat(published, 5, Seat.APPEAL_SECOND)
        t.appeal = self.make.save(
            ReviewAppeal(
                org_id=t.neighbour.id, review_id=published.id, question="US-01",
                words="It is not so.", filed_at=clock.now(),
                filed_by_id=t.people["neighbour"].id, decide_by=clock.now().date(),
                once_key=self.mark("appeal"),
            )
        )  # fmt: skip
        self.make.save(
            ReviewAppealVote(
                org_id=published.org_id, review_id=published.id, appeal_id=t.appeal.id,
                question="US-01", seat_id=second.id, seat=second.seat, number=1,
                state=State.ANSWERED, option="b", level=Level.E1, locator=self.mark("vote-locator"),
                quote=self.mark("vote-quote"), words=self.mark("vote-words"),
                outcome=Outcome.CORRECTED, why=self.mark("vote-why"), found_at=clock.now(),
            )
        )  # fmt: skip
