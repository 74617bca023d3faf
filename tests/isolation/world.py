"""Two complete tenants, alike in everything but their names.

What belongs to Bravo and is nobody else's business carries its mark (`zqb-…`) or one of its
two numbers, so that a page which shows any of it to somebody of Alpha gives itself away.
What is public by design (names of organizations, published tools, titles of open pools,
who is a member, the books) carries no mark; `PUBLIC_TEXT` in test_world.py lists it with reasons.
"""

from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from types import SimpleNamespace

from sqlmodel import select

from marketplace.accounts import queries as accounts
from marketplace.accounts import security
from marketplace.accounts.login import actor_for
from marketplace.accounts.models import Invitation
from marketplace.accounts.rules import Role
from marketplace.catalogue import listing_queries, version_service
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.finding_models import (
    SavedSearch,
    Shortlist,
    ShortlistDecision,
    ShortlistNote,
    ShortlistTool,
)
from marketplace.catalogue.listing_models import (
    ListingDraft,
    ListingImport,
    ListingStep,
    ToolFollower,
)
from marketplace.catalogue.rules import ToolStatus
from marketplace.consortia.by_laws_rules import Choices, choices_as_json
from marketplace.consortia.handover_rules import Office
from marketplace.consortia.models import ByLaws, FoundingDraft, Handover, Instrument
from marketplace.consortia.rules import (
    ConflictRule,
    ConsortiumStatus,
    LegalShape,
    MemberStatus,
)
from marketplace.core import clock, db, tenancy
from marketplace.core.access import Actor
from marketplace.core.events import Delivery, Event
from marketplace.core.files import StoredFile
from marketplace.costs import service as costs_service
from marketplace.costs.rules import Terms
from marketplace.decisions.models import Decision, Elector, Remark
from marketplace.decisions.rules import DecisionKind, Needed, Outcome
from marketplace.decisions.rules import tally as count
from marketplace.demand.models import Interest
from marketplace.directory.models import District
from marketplace.guard.models import GapAcceptance
from marketplace.ledger import correction_service, hand_service, proof_service
from marketplace.ledger import jobs as ledger_jobs
from marketplace.ledger.hand_rules import Act
from marketplace.ledger.rules import Leg
from marketplace.orders import (
    booking_service,
    held_service,
    invoice_service,
    pending_service,
    queries,
)
from marketplace.orders import queries as orders_queries
from marketplace.orders.approval_models import ApproverLimit, PurchaseOrderRequest, SpendingRule
from marketplace.orders.reminder_models import BoardDate, Reminder
from marketplace.orders.rules import PaymentMeans, ReturnReason
from marketplace.outreach import service as outreach_service
from marketplace.oversight.models import Incident, IncidentNotice, IncidentStep
from marketplace.oversight.rules import IncidentStatus, StepKind
from marketplace.payments import (
    back_service,
    balance_service,
    news_service,
    transfer_service,
)
from marketplace.payments import service as payments_service
from marketplace.payments.event_rules import EntrySaid, PaymentSaid
from marketplace.payments.models import StripeFinding
from marketplace.payments.rules import AttemptState, FindingKind, FindingState
from marketplace.pools import service as pools_service
from marketplace.pools.models import Commitment, JoinDraft
from marketplace.pools.rules import PoolStatus, Rung
from marketplace.pricing.rules import Method
from marketplace.remittance import service as remittance_service
from marketplace.remittance.models import BankLine
from marketplace.remittance.rules import Column, DateOrder
from marketplace.scorecards import law_service
from marketplace.scorecards import service as scorecards_service
from marketplace.scorecards.models import LawTask
from marketplace.uptake import funnel_queries
from marketplace.uptake import service as uptake_service
from marketplace.uptake.funnel_rules import release_of
from tests import cards
from tests.agreements import build as agreements
from tests.isolation import endings, grants, terms
from tests.isolation.reviews import Reviews
from tests.scorecards.conftest import REPORT, TWO, card_document

PASSWORD = "a slow walk round the lake"
#: The most Bravo's districts will pay, and a price it has not published: in cents.
SECRET_LIMIT = {"a": 812_345_678, "b": 987_654_321}
SECRET_PRICE = {"a": 6_123_457, "b": 7_654_321}
#: A district that the directory knows and that has not signed up.
UNCLAIMED = "3999991"


def spellings(cents):
    """How an amount may stand on a page or in a file."""
    return (str(cents), f"{cents / 100:,.2f}", f"{cents / 100:.2f}")


class World(SimpleNamespace):
    """`world.a`, `world.b`, `world.operator`."""


class Builder:
    """Builds one tenant; `letter` is 'a' or 'b'."""

    def __init__(self, make, letter):
        self.make, self.letter = make, letter
        self.name = {"a": "Alpha", "b": "Bravo"}[letter]
        self.t = SimpleNamespace(letter=letter, name=self.name, people={})

    def mark(self, label):
        return f"zq{self.letter}-{label}"

    def person(self, key, organization, *roles, **fields):
        mailbox = f"{self.mark(key)}@example.org"
        with self.make.app.app_context():
            hashed = security.new_hash(PASSWORD, mailbox)
        user = self.make.person(
            organization,
            *roles,
            name=self.mark(f"name-{key}"),
            email=mailbox,
            password=hashed,
            **fields,
        )
        self.t.people[key] = user
        return user

    def set(self, row, **values):
        for name, value in values.items():
            setattr(row, name, value)
        return self.make.save(row)

    @contextmanager
    def writing(self, user=None):
        with (
            self.make.app.app_context(),
            tenancy.everyone("tests build rows of every organization"),
            db.transaction() as session,
        ):
            yield session, actor_for(session, user) if user else Actor.system()

    def build(self):
        self.districts()
        self.vendor()
        self.funder()
        self.consortia()
        self.members()
        self.decisions()
        self.pools()
        self.gaps()
        self.incidents()
        self.agreements()
        self.orders()
        self.payments()
        self.approvals()
        self.outreach()
        self.correction()
        self.invitations()
        terms.build(self)
        endings.build(self)
        self.proofs()
        Reviews(self).build()
        self.scorecard()
        grants.build(self)
        self.bank()
        return self.t

    # -- organizations ---------------------------------------------------------------------

    def districts(self):
        make, t = self.make, self.t
        t.district = make.district(f"{self.name} Local Schools", city="Bellaire")
        t.neighbour = make.district(f"{self.name} Neighbour Schools")
        t.asking = make.district(f"{self.name} Asking Schools")
        t.invited = make.district(f"{self.name} Invited Schools")
        t.outsider = make.district(f"{self.name} Outsider Schools")
        for district in (t.district, t.neighbour, t.asking, t.invited, t.outsider):
            make.save(directory_row(district.leaid, district.name))
        for role in (Role.ADMINISTRATOR, Role.BUYER, Role.APPROVER, Role.VIEWER):
            self.person(f"district-{role}", t.district, role)
        for role in (Role.DATA_STEWARD, Role.AI_SUPERVISOR):
            self.person(f"district-{role}", t.district, role)
        for key in ("neighbour", "asking", "invited", "outsider"):
            self.person(key, getattr(t, key), Role.ADMINISTRATOR, Role.BUYER)
        self.person("unconfirmed", t.outsider)
        self.set(t.people["unconfirmed"], confirmed_at=None)

    def vendor(self):
        make, t = self.make, self.t
        t.vendor = make.vendor(f"{self.name} Software")
        for role in (Role.ADMINISTRATOR, Role.LISTING_EDITOR, Role.FINANCE):
            self.person(f"vendor-{role}", t.vendor, role)
        self.person("vendor-finance-2", t.vendor, Role.FINANCE)
        make.vendor_profile(
            t.vendor,
            billing_email=f"{self.mark('billing')}@example.org",
            remit_to=self.mark("remit-to"),
        )
        facts = {"description": "It reads aloud.", "ai_facts": ["A teacher decides."]}
        t.tool = make.tool(t.vendor, f"{self.name} Reader", **facts)
        self.set(
            t.tool, submitted_at=clock.now(), review_note=self.mark("note-of-the-published-tool")
        )
        t.edition = make.edition(t.tool)
        t.schedule = make.price_schedule(t.tool, edition=t.edition)
        t.draft = self.hidden_tool("draft", ToolStatus.DRAFT)
        t.submitted = self.hidden_tool("submitted", ToolStatus.SUBMITTED)
        self.set(t.submitted, submitted_at=clock.now())
        self.answers()

    def answers(self):
        """A published version with a file, two drafts, a file of rows, somebody who follows."""
        make, t = self.make, self.t
        t.evidence = make.save(
            StoredFile(
                org_id=t.vendor.id,
                name=f"study of {t.name}.txt",
                media_type="text/plain",
                size=9,
                fingerprint="0" * 64,
                content=b"We looked",
                stored_at=clock.now(),
            )
        )
        file = {"id": str(t.evidence.id), "name": t.evidence.name, "size": 9}
        with self.writing(t.people["vendor-listing_editor"]) as (session, actor):
            tool = catalogue.tool_to_change(session, t.tool.id)
            public = listing_queries.answers_on_tool(tool)
            public["ai_bias"] = {"value": "We looked.", "on": "2026-11-16", "file": file}
            public["ai_use"] = {"value": "predictive", "on": "2026-11-16"}
            version_service.freeze_version(session, actor, tool, public)
        make.save(ToolFollower(org_id=t.neighbour.id, tool_id=t.tool.id, since=clock.now()))
        for tool in (t.draft, t.submitted):
            secret = {"value": self.mark(f"data-place-of-{tool.status}"), "on": "2026-11-16"}
            key = "data_place" if tool is t.submitted else "substitute"
            make.save(
                ListingDraft(
                    org_id=t.vendor.id,
                    tool_id=tool.id,
                    question_set="2026-11",
                    answers=listing_queries.answers_on_tool(tool) | {key: secret},
                    saved_at=clock.now(),
                )
            )
        step = {"status": ToolStatus.DRAFT, "reason": self.mark("reason"), "taken_at": clock.now()}
        make.save(ListingStep(org_id=t.vendor.id, tool_id=t.draft.id, **step))
        buyer = t.people["district-buyer"]
        t.saved_search = make.save(
            SavedSearch(
                org_id=t.district.id,
                user_id=buyer.id,
                asked=f"q={self.mark('search')}",
                saved_at=clock.now(),
                told_at=clock.now(),
            )
        )
        t.interest = make.save(
            Interest(
                org_id=t.district.id,
                tool_id=t.tool.id,
                leaid=t.district.leaid,
                seats=140,
                school_year=2026,
                contact_name=self.mark("interested"),
                contact_email=f"{self.mark('interested')}@example.org",
                shown_at=clock.now(),
                changed_at=clock.now(),
            )
        )
        t.shortlist = make.save(
            Shortlist(
                org_id=t.district.id,
                title=self.mark("shortlist"),
                title_key=self.mark("shortlist"),
                begun_at=clock.now(),
                begun_by=buyer.id,
                decisions=1,
            )
        )
        make.save(
            ShortlistDecision(
                org_id=t.district.id,
                shortlist_id=t.shortlist.id,
                number=1,
                tool_id=t.tool.id,
                why=self.mark("why"),
                weighed=[self.mark("weighed")],
                decided_by=buyer.id,
                decided_at=clock.now(),
            )
        )
        make.save(
            ShortlistTool(
                org_id=t.district.id,
                shortlist_id=t.shortlist.id,
                tool_id=t.tool.id,
                added_at=clock.now(),
                added_by=buyer.id,
            )
        )
        make.save(
            ShortlistNote(
                org_id=t.district.id,
                shortlist_id=t.shortlist.id,
                tool_id=t.tool.id,
                words=self.mark("note"),
                written_by=buyer.id,
                written_at=clock.now(),
                once_key=self.mark("once"),
            )
        )
        t.listing_import = make.save(
            ListingImport(
                org_id=t.vendor.id,
                name=f"{self.mark('import')}.csv",
                header=["Name", "Summary"],
                rows=[[self.mark("imported"), "One line."]],
                uploaded_at=clock.now(),
            )
        )

    def hidden_tool(self, key, status):
        make, t = self.make, self.t
        tool = make.tool(
            t.vendor,
            self.mark(f"{key}-tool"),
            status=status,
            slug=f"{key}-of-{t.name.lower()}",
            summary=self.mark(f"{key}-summary"),
            description=self.mark(f"{key}-description"),
            ai_facts=[self.mark(f"{key}-ai-fact")],
            runs_on=self.mark(f"{key}-runs-on"),
            works_with=self.mark(f"{key}-works-with"),
            languages=[self.mark(f"{key}-language")],
            review_note=self.mark(f"{key}-review-note"),
        )
        edition = make.edition(
            tool, self.mark(f"{key}-edition"), included=self.mark(f"{key}-included")
        )
        terms = {
            "form": "volume",
            "platform_fee_cents": 0,
            "minimum_cents": 0,
            "cap_cents": None,
            "bands": [{"from": 1, "unit_cents": SECRET_PRICE[self.letter]}],
        }
        make.price_schedule(tool, terms, edition=edition)
        setattr(t, f"{key}_edition", edition)
        return tool

    def funder(self):
        self.t.funder = self.make.funder(f"{self.name} Fund")
        for role in (Role.ADMINISTRATOR, Role.PROGRAMME_OFFICER):
            self.person(f"funder-{role}", self.t.funder, role)

    def consortia(self):
        make, t = self.make, self.t
        t.agency = make.agency(f"{self.name} Agency")
        t.consortium = make.consortium(t.agency, f"{self.name} Consortium")
        t.cash = make.consortium(
            t.agency,
            f"{self.name} Cash Consortium",
            legal_shape=LegalShape.POOLED_CASH,
            fiscal_agent_id=t.agency.id,
        )
        t.forming = make.consortium(
            t.agency, f"{self.name} Forming Consortium", status=ConsortiumStatus.FORMING
        )
        t.consortium_org, t.cash_org, t.forming_org = (
            make.org_of(c) for c in (t.consortium, t.cash, t.forming)
        )
        convener = self.person("convener", t.agency, Role.ADMINISTRATOR)
        self.by_laws(convener)
        for org in (t.consortium_org, t.cash_org, t.forming_org):
            make.role(convener, org, Role.CONVENER)
        for key in ("fiscal-agent", "fiscal-agent-2"):
            agent = self.person(key, t.consortium_org, Role.FISCAL_AGENT)
            make.role(agent, t.cash_org, Role.FISCAL_AGENT)
        at_the_agency = self.person("agency-agent", t.agency, Role.ADMINISTRATOR)
        make.role(at_the_agency, t.cash_org, Role.FISCAL_AGENT)
        for role in (Role.REVIEWER, Role.VOTER, Role.ALTERNATE):
            self.person(str(role), t.consortium_org, role)

    def by_laws(self, convener):
        """A draft that is minor, one that holds words, and a founding that is not finished."""
        for consortium, choices, text in (
            (self.t.consortium, Choices(notice_days=30), ""),
            (self.t.forming, Choices(), self.mark("words-of-the-draft")),
        ):
            self.make.save(
                ByLaws(
                    org_id=consortium.org_id,
                    version=2,
                    modules=choices_as_json(choices),
                    text=text,
                    changed_at=clock.now(),
                    changed_by_id=convener.id,
                )
            )
        answers = {
            "name": self.mark("name-to-be"),
            "purpose": "Buy together.",
            "time_zone": "America/New_York",
            "legal_shape": "joint",
            "fiscal_agent": "",
            "successor": "",
            "choices": choices_as_json(Choices()),
            "text": self.mark("by-laws-to-be"),
            "done": ["end", "members", "money", "name", "shape"],
        }
        self.make.save(
            FoundingDraft(
                org_id=self.t.agency.id,
                user_id=convener.id,
                answers=answers,
                changed_at=clock.now(),
            )
        )

    def members(self):
        make, t = self.make, self.t
        words = self.mark("words-to-the-lead")
        t.member = make.member(t.consortium, t.district, words=words)
        in_cash = make.member(t.cash, t.district, words=words)
        self.set(in_cash, accepted_by_laws_version=None)
        make.member(t.consortium, t.neighbour)
        t.handover = make.save(
            Handover(
                org_id=t.consortium.org_id,
                office=Office.LEAD_AGENCY,
                from_id=t.agency.id,
                to_id=t.district.id,
                words=self.mark("words-to-the-new-lead"),
                offered_at=clock.now(),
                offered_by_id=t.people["convener"].id,
            )
        )
        for key, status in (("asking", MemberStatus.REQUESTED), ("invited", MemberStatus.INVITED)):
            self.waiting(getattr(t, key), status, words)
        for paper in self.own_rows(Instrument):
            self.set(
                paper,
                signer_name=self.mark("signer"),
                signer_title=self.mark("signer-title"),
                scope=self.mark("scope-of-the-paper"),
            )
        content = b"%PDF-1.7 " + self.mark("signed-paper").encode()
        for stored in self.own_rows(StoredFile):
            self.set(stored, name=self.mark("agreement.pdf"), content=content, size=len(content))
        t.instrument = next(p for p in self.own_rows(Instrument) if p.member_id == t.member.id)

    def decisions(self):
        """One vote that runs, with what was said, and one that has ended."""
        t, voter = self.t, self.t.people["district-buyer"]
        self.set(t.member, voter_id=voter.id)
        for number in (1, 2):
            ended = number == 2
            tally = asdict(count([], 50, Needed.MORE_THAN_HALF, ConflictRule.COUNTED))
            decision = self.make.save(
                Decision(
                    org_id=t.consortium.org_id,
                    number=number,
                    kind=DecisionKind.PICK_TOOL,
                    title=f"Question {number}",
                    words="Our teachers like it.",
                    opened_at=clock.now(),
                    opened_by_id=t.people["convener"].id,
                    closes_at=clock.now() + timedelta(days=20),
                    time_zone="America/Chicago",
                    by_laws_version=1,
                    quorum_percent=50,
                    majority=Needed.MORE_THAN_HALF,
                    conflict=ConflictRule.COUNTED,
                    proxies=True,
                    closed_at=clock.now() if ended else None,
                    outcome=Outcome.NO_QUORUM if ended else None,
                    counted=tally if ended else {},
                    once_key=f"{t.letter}-{number}",
                )
            )
            for district in (t.district, t.neighbour):
                self.make.save(
                    Elector(
                        org_id=t.consortium.org_id,
                        decision_id=decision.id,
                        district_id=district.id,
                        votes=1,
                    )
                )
            self.make.save(
                Remark(
                    org_id=t.consortium.org_id,
                    decision_id=decision.id,
                    user_id=voter.id,
                    for_id=t.district.id,
                    words=self.mark("said-among-members"),
                    said_at=clock.now(),
                    once_key=self.mark("remark-key"),
                )
            )

    def waiting(self, district, status, words):
        member = self.make.member(self.t.consortium, district, status=status, words=words)
        if status is MemberStatus.REQUESTED:
            self.set(member, approved_at=None)
        else:
            self.set(member, accepted_by_laws_version=None)

    def scorecard(self):
        """A published card of the tool, an accessibility report, a duty marked as done."""
        t = self.t
        t.operator_of_cards = self.make.operator()
        with self.writing(t.operator_of_cards) as (session, actor):
            scorecards_service.publish_card(
                session, actor, t.tool.id, card_document("E2"), reviewers=TWO
            )
        with self.writing(t.people["vendor-listing_editor"]) as (session, actor):
            law_service.file_report(session, actor, t.tool.id, REPORT)
        self.make.save(
            LawTask(
                org_id=t.district.id,
                tool_id=t.tool.id,
                requirement="US-8",
                done_on=clock.now().date(),
            )
        )

    def own_rows(self, table):
        orgs = [self.t.consortium_org.id, self.t.cash_org.id]
        with tenancy.everyone("tests build rows of every organization"):
            return list(self.make.session.exec(select(table).where(table.org_id.in_(orgs))))

    def gaps(self):
        """A tool whose card has a gap, which the neighbour accepted."""
        make, t = self.make, self.t
        t.gapped = make.tool(t.vendor, f"{self.name} Speller", card=False)
        card = make.save(*cards.rows(t.gapped, EQ_02={"state": "declined"}))
        make.save(
            GapAcceptance(
                org_id=t.neighbour.id,
                tool_id=t.gapped.id,
                card_id=card.id,
                card_version=1,
                gaps=[{"key": "EQ-02:declined", "title": "Barriers", "words": "No answer."}],
                words=self.mark("why-the-gap-is-accepted"),
                accepted_by=t.people["neighbour"].id,
                accepted_at=clock.now(),
            )
        )

    def incidents(self):
        """A report that waits for a second person, and a confirmed incident."""
        make, t = self.make, self.t
        reporter, another = t.people["district-buyer"].id, t.people["convener"].id
        common = {
            "org_id": t.district.id,
            "tool_id": t.gapped.id,
            "vendor_id": t.vendor.id,
            "reported_at": clock.now(),
            "reported_by": reporter,
            "proposed_by": another,
        }
        t.incident = make.save(
            Incident(
                **common,
                reported_words=self.mark("report"),
                once_key=self.mark("report-key"),
                public_words=self.mark("not-yet-public"),
                evidence_words=self.mark("proof-not-yet-public"),
            )
        )
        t.confirmed_incident = make.save(
            Incident(
                **common,
                status=IncidentStatus.CONFIRMED,
                reported_words=self.mark("confirmed-report"),
                once_key=self.mark("confirmed-key"),
                public_words="A list was open.",
                evidence_words="A screenshot.",
                confirmed_by=reporter,
                confirmed_at=clock.now(),
                late_words=self.mark("late-not-yet-public"),
                late_proposed_by=another,
            )
        )
        for incident in (t.incident, t.confirmed_incident):
            make.save(
                IncidentStep(
                    org_id=t.district.id,
                    incident_id=incident.id,
                    vendor_id=t.vendor.id,
                    number=1,
                    kind=StepKind.REPORTED,
                    taken_at=clock.now(),
                )
            )
        make.save(
            IncidentNotice(
                org_id=t.district.id,
                incident_id=t.confirmed_incident.id,
                told_at=clock.now(),
                clocks=[{"words": self.mark("clock"), "due_on": None, "source": "8 NYCRR"}],
            )
        )

    def agreements(self):
        """A standing offer that the neighbour joined, and a paper between two parties."""
        make, t = self.make, self.t
        buyer, neighbour = t.people["district-buyer"], t.people["neighbour"]
        signers = {
            "district_signer": self.mark("signer-of-the-district"),
            "vendor_signer": self.mark("signer-of-the-vendor"),
        }
        t.agreement = agreements.agreement(
            make, t.district, t.tool, by=buyer, once_key=self.mark("agreement-key"), **signers
        )
        t.private_agreement = agreements.agreement(
            make,
            t.district,
            t.tool,
            by=buyer,
            offer_present=False,
            state="CA",
            version=self.mark("version"),
            provider=self.mark("provider"),
            modifications=self.mark("modifications"),
            registry_url=f"https://{self.mark('registry')}.example",
            **signers,
        )
        t.join = agreements.join(
            make,
            t.agreement,
            t.neighbour,
            t.tool,
            by=neighbour,
            signer=self.mark("signer-of-the-joiner"),
            sent_to=self.mark("sent-to"),
            checks=[{"code": "J1", "passed": True, "reason": self.mark("reason")}],
        )
        agreements.clause(
            make, t.private_agreement, t.district, by=buyer, locator=self.mark("locator")
        )
        t.own_join = agreements.join(make, t.agreement, t.district, t.tool, by=buyer)

    # -- pools, and what they become ---------------------------------------------------------

    def pools(self):
        make, t = self.make, self.t
        soon = clock.now() - timedelta(hours=1)
        t.pool = make.pool(t.consortium, t.tool, title=f"{self.name} open pool")
        t.draft_pool = make.pool(
            t.consortium,
            t.tool,
            title=self.mark("draft-pool"),
            purpose=self.mark("draft-purpose"),
            status=PoolStatus.DRAFT,
            slug=f"draft-pool-{t.name.lower()}",
        )
        t.due_pool = make.pool(t.consortium, t.tool, closes_at=soon)
        t.cleared_pool = make.pool(t.consortium, t.tool, closes_at=soon)
        t.asked_pool = make.pool(
            t.consortium,
            t.tool,
            closes_at=soon,
            clearing_asked_at=soon,
            clearing_asked_by=t.people["fiscal-agent"].id,
        )
        t.short_pool = make.pool(t.consortium, t.tool, closes_at=soon, threshold_seats=500)
        t.held_pool = make.cleared_pool(t.consortium, [t.district], tool=t.tool)
        for pool in (t.pool, t.due_pool, t.cleared_pool, t.asked_pool, t.short_pool):
            make.commitment(pool, t.district, seats=120)
            make.commitment(pool, t.neighbour, seats=80)
        t.order_pools = {
            key: make.cleared_pool(consortium, [t.district], tool=t.tool, po_number=po)
            for key, consortium, po in (
                ("new", t.consortium, ""),
                ("asked", t.consortium, ""),
                ("ready", t.consortium, "PO"),
                ("billed", t.consortium, "PO"),
                ("cash_ready", t.cash, "PO"),
                ("cash_billed", t.cash, "PO"),
            )
        }
        self.keep_confidential()
        with self.writing(t.people["district-buyer"]) as (session, actor):
            t.proposal = costs_service.propose_method(
                session,
                actor,
                t.consortium.org_id,
                once_key=self.mark("proposal-key"),
                price_key=f"pool:{t.pool.slug}",
                terms=Terms(Method.EQUAL),
                seats={t.district.leaid: 120, t.neighbour.leaid: 80},
                words=self.mark("proposal-words"),
            )
        with self.writing() as (session, actor):
            pools_service.clear_pool(session, actor, t.cleared_pool.id)
            pools_service.clear_pool(session, actor, t.short_pool.id)
        make.save(
            JoinDraft(
                org_id=t.district.id,
                pool_id=t.pool.id,
                answers={
                    "key": self.mark("one-use-key"),
                    "seats": 130,
                    "tolerance": 0,
                    "limit_cents": SECRET_LIMIT[self.letter],
                    "rung": str(Rung.COMMITTED),
                    "board_date": None,
                    "po_number": self.mark("po-in-the-draft"),
                    "contact_name": self.mark("contact-in-the-draft"),
                    "contact_email": f"{self.mark('draft')}@example.org",
                },
                changed_at=clock.now(),
            )
        )

    def keep_confidential(self):
        """Limits, contacts and PO numbers of the commitments of the district itself."""
        for n, row in enumerate(self.own_rows(Commitment)):
            if row.district_id != self.t.district.id:
                continue
            self.set(
                row,
                limit_cents=SECRET_LIMIT[self.letter],
                contact_name=self.mark("contact"),
                contact_email=f"{self.mark('contact')}@example.org",
                po_number=self.mark(f"po-{n}") if row.po_number else "",
                board_minute=self.mark("minute"),
                resolution_id=self.t.instrument.file_id,
                last_key=self.mark("last-key"),
            )

    def orders(self):
        make, t = self.make, self.t
        placed = {key: make.orders(pool)[0].id for key, pool in t.order_pools.items()}
        make.orders(t.cleared_pool)
        with self.writing() as (session, _):
            t.agent_order = orders_queries.agent_orders(session, t.order_pools["cash_ready"].id)[0]
        with self.writing(t.people["vendor-finance-2"]) as (session, actor):
            invoice = invoice_service.issue_invoice(session, actor, placed["billed"]).id
        with self.writing(t.people["fiscal-agent"]) as (session, actor):
            cash_invoice = invoice_service.issue_invoice(session, actor, placed["cash_billed"]).id
        self.pay("fiscal-agent-2", "district-buyer", cash_invoice)
        self.pay("vendor-finance", "convener", invoice)
        t.pending = self.note_payment("vendor-finance-2", invoice)
        self.beyond_the_bill(invoice)
        with self.writing() as (session, _):
            t.orders = {key: queries.get_order(session, id_) for key, id_ in placed.items()}
            t.purchase_order = queries.purchase_order_of(session, placed["billed"])
            t.invoice = queries.get_invoice(session, invoice)
            t.cash_invoice = queries.get_invoice(session, cash_invoice)
            t.payment = queries.payments_of(session, invoice)[0]
            booking_service.return_payment(
                session,
                Actor.system(),
                t.payment.id,
                amount_cents=1_000,
                reason=ReturnReason.BOUNCED,
                reference=self.mark("check-that-bounced"),
                returned_on=clock.now().date(),
                once_key=self.mark("returned-once"),
            )
            session.expunge_all()

    def note_payment(self, user, bill):
        with self.writing(self.t.people[user]) as (session, actor):
            pending = pending_service.record_payment(
                session,
                actor,
                bill,
                means=PaymentMeans.CHECK,
                reference=self.mark(f"check-{user}"),
                amount_cents=10_000,
                paid_on=clock.now().date(),
                once_key=self.mark(f"once-{user}"),
            )
            session.flush()
            session.expunge_all()
            return pending

    def beyond_the_bill(self, bill):
        """What came beyond it, a reminder of it, and the board meeting it waits for."""
        with self.writing() as (session, actor):
            invoice = queries.get_invoice(session, bill)
            payment = queries.payments_of(session, bill)[0]
            day = clock.now().date()
            self.t.held = held_service.hold_credit(
                session, actor, invoice, payment, cents=700, booked_on=day
            )
            self.t.held.return_reference = self.mark("sent-back")
            ours = {
                name: getattr(invoice, name) for name in ("org_id", "consortium_id", "vendor_id")
            }
            noted = {"invoice_id": bill, "sent_at": clock.now(), "step": "due", "open_cents": 1}
            said = {"invoice_id": bill, "said_at": clock.now(), "meets_on": day}
            session.add_all([Reminder(**ours, **noted), BoardDate(**ours, **said)])
            session.flush()
            session.expunge_all()

    def pay(self, user, second, bill):
        pending = self.note_payment(user, bill)
        with self.writing(self.t.people[second]) as (session, actor):
            pending_service.confirm_payment(session, actor, pending.id)

    def approvals(self):
        """The limits of the district, and a purchase order that waits for an approver."""
        t = self.t
        order = t.orders["asked"]
        with self.writing(t.people["district-buyer"]) as (session, actor):
            t.request = PurchaseOrderRequest(
                org_id=order.org_id,
                order_id=order.id,
                number=self.mark("asked-po"),
                total_cents=order.total_cents,
                asked_at=clock.now(),
                asked_by=actor.user_id,
                words=self.mark("why-not"),
            )
            ours = {"org_id": order.org_id}
            session.add_all(
                [
                    t.request,
                    SpendingRule(**ours, alone_up_to_cents=10**9, changed_at=clock.now()),
                    ApproverLimit(**ours, user_id=actor.user_id, up_to_cents=10**9),
                ]
            )
            session.flush()
            session.expunge_all()

    def bank(self):
        """A statement of the vendor's: read, half linked, and one whose columns wait."""
        t = self.t
        head = "Date,Description,Check,Amount"
        rows = (
            f"2026-11-16,{self.mark('line-a')},{self.mark('ck')},5.00",
            f"2026-11-16,{self.mark('line-b')},,20.00",
            f"2026-11-16,{self.mark('line-c')},,30.00",
        )
        with self.writing(t.people["vendor-finance"]) as (session, actor):
            t.bank_file, t.bank_line, t.linked_line = self.statement(
                session, actor, t.vendor, t.invoice, head, rows
            )
        with self.writing(t.people["fiscal-agent"]) as (session, actor):
            t.agents_file, t.agents_line, t.agents_linked = self.statement(
                session, actor, t.cash_org, t.cash_invoice, head, rows
            )

    def statement(self, session, actor, owner, bill, head, rows):
        text = "\n".join([head, *rows])
        facts = {"account_name": self.mark("account"), "name": f"{self.mark('file')}.csv"}
        read = remittance_service.import_statement(
            session, actor, owner.id, **facts, content=text.encode()
        )
        columns = {Column.DATE: 0, Column.TEXT: 1, Column.CHECK: 2, Column.AMOUNT: 3}
        remittance_service.choose_columns(
            session, actor, read.id, columns=columns, date_order=DateOrder.YEAR_FIRST
        )
        lines = session.exec(
            select(BankLine).where(BankLine.bank_file_id == read.id).order_by(BankLine.cents)
        ).all()
        for line in lines:
            line.number = self.mark("bank-number")
        remittance_service.match_line(session, actor, lines[1].id, {bill.id: lines[1].cents})
        left = queries.get_invoice(session, bill.id).open_cents
        left -= sum(w.amount_cents for w in queries.payments_waiting_on(session, bill.id))
        sure = f"2026-11-16,{self.mark('sure')} INVOICE {bill.number},,{left / 100:.2f}"
        remittance_service.import_statement(
            session, actor, owner.id, **facts, content=f"{head}\n{sure}".encode()
        )
        text = "\n".join([head.replace("Check", self.mark("heading")), *rows])
        waits = remittance_service.import_statement(
            session, actor, owner.id, **facts, content=text.encode()
        )
        session.flush()
        session.expunge_all()
        return waits, lines[0], lines[1]

    def payments(self):
        """Paid online and asked back, set out to pay, and something that does not fit."""
        t, mark = self.t, self.mark
        attempts = []
        for n, invoice in enumerate((t.invoice.id, t.invoice.id)):
            with self.writing(t.people["district-buyer"]) as (session, actor):
                attempt = payments_service.start_payment(
                    session,
                    actor,
                    invoice,
                    means=PaymentMeans.DEBIT,
                    amount_cents=5_000,
                    once_key=mark(f"pay-{n}"),
                    livemode=False,
                )
                attempts.append(attempt)
            if n == 0:
                with self.writing() as (session, system):
                    names = [mark("cs"), mark("pi"), mark("py")]
                    news_service.note_payment(
                        session,
                        system,
                        PaymentSaid(attempt.id, *names, AttemptState.PAID, 5_000, "usd", ""),
                    )
                    entry = EntrySaid(f"txn-{self.letter}", "payment", 5_000, 40, names[2], 0)
                    balance_service.take_entries(session, system, [entry], livemode=False)
            self.set(attempt, problem=mark("problem"), url=mark("url"))
        t.paid_attempt, t.attempt = attempts
        with self.writing(t.people["vendor-finance-2"]) as (session, actor):
            t.back = back_service.ask_refund(
                session,
                actor,
                t.paid_attempt.id,
                amount_cents=1_000,
                reason=mark("reason-of-the-refund"),
                once_key=mark("refund-key"),
            )
            transfer_service.start_account(session, actor, t.vendor.id, livemode=False)
            session.flush()
            session.expunge_all()
        self.set(t.back, problem=mark("problem-of-the-refund"))
        t.finding = self.make.save(
            StripeFinding(
                kind=FindingKind.DIFFERS,
                about=mark("txn-that-differs"),
                amount_cents=100,
                words=mark("words"),
                said={"id": mark("said")},
                note=mark("note"),
                consortium_id=t.cash_org.id,
                found_at=clock.now(),
                state=FindingState.OPEN,
            )
        )

    def outreach(self):
        t = self.t
        with self.writing(t.people["convener"]) as (session, actor):
            t.message = outreach_service.write_message(
                session,
                actor,
                t.consortium.org_id,
                subject=self.mark("subject-to-members"),
                text=self.mark("text-to-members"),
                once_key=self.mark("message-key"),
            )
            session.flush()
            session.expunge(t.message)
        self.set(t.message, standing=self.mark("standing"))

    def correction(self):
        """Proposed by the convener, so that another person may approve it."""
        t = self.t
        with self.writing(t.people["convener"]) as (session, actor):
            t.correction = correction_service.propose_correction(
                session,
                actor,
                t.consortium_org.id,
                2,
                legs=[Leg("writeoff", 1_00), Leg("rounding", -1_00)],
                reason=self.mark("reason-of-the-correction"),
            )
            session.flush()
            session.expunge(t.correction)
            t.proposed_entry = hand_service.propose_entry(
                session,
                actor,
                t.consortium_org.id,
                Act.FEE_OF_DISTRICT,
                cents=1_00,
                effective_on=clock.now().date(),
                reason=self.mark("reason-of-the-entry"),
                district=t.district.leaid,
                name="administration",
            )
            session.expunge(t.proposed_entry)

    # -- letters and events ------------------------------------------------------------------

    def invitations(self):
        make, t = self.make, self.t
        t.token = self.mark("secret-of-the-invitation")
        t.guest = f"{self.mark('guest')}@example.org"
        t.invitation = make.save(
            Invitation(
                org_id=t.district.id,
                email=t.guest,
                role=Role.VIEWER,
                token_hash=accounts.token_hash(t.token),
                invited_by=t.people["district-administrator"].id,
                invited_at=clock.now(),
                expires_at=clock.now() + timedelta(days=7),
            )
        )
        t.membership = make.role(t.people["district-data_steward"], t.district, Role.APPROVER)
        t.event = make.save(
            Event(
                occurred_at=clock.now(),
                name="consortia.member_joined",
                org_id=t.consortium.org_id,
                subject_id=t.member.id,
                facts={},
            )
        )
        make.save(
            Delivery(
                event_id=t.event.id,
                subscriber="consortia.write_welcome",
                attempts=5,
                try_at=clock.now(),
                problem=self.mark("problem"),
            )
        )

    def proofs(self):
        """A signed checkpoint, and a file of the books that is ready."""
        with self.writing() as (session, _):
            ledger_jobs.check_the_books(session)
        with self.writing() as (session, actor):
            self.t.book_export = proof_service.prepare_export(
                session, actor, self.t.consortium_org.id, "csv"
            )
            session.expunge_all()
        with self.writing() as (session, _):
            assert ledger_jobs.write_exports(session) == 1


def directory_row(leaid, name):
    return District(
        leaid=leaid,
        search_key=name.lower(),
        state="OH",
        name=name,
        name_year="2024-25",
        name_source="test",
        city="Bellaire",
        pupils=900,
        pupils_year="2024-25",
        pupils_source="test",
    )


def build(make):
    make.save(directory_row(UNCLAIMED, "Unclaimed Schools"))
    operator = make.operator(name="Operator", email="operator@example.org")
    first, second = Builder(make, "a"), Builder(make, "b")
    a, b = first.build(), second.build()
    with second.writing() as (session, system):
        uptake_service.keep_funnel(session, system, release_of(funnel_queries.rows(session)))
    return World(a=a, b=b, operator=operator)
