"""Pools of any size, filled in a few inserts: members with their papers, and commitments."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert
from sqlmodel import Session

from marketplace.accounts.models import Organization
from marketplace.catalogue.models import Edition, PriceSchedule, Tool
from marketplace.consortia.by_laws_rules import Choices, choices_as_json, fingerprint
from marketplace.consortia.models import ByLaws, Consortium, Instrument, Member
from marketplace.consortia.rules import ConsortiumStatus, InstrumentKind, LegalShape, MemberStatus
from marketplace.core import clock, tenancy
from marketplace.core.access import Actor
from marketplace.core.files import StoredFile
from marketplace.ledger import service as ledger
from marketplace.pools.models import Commitment, Pool
from marketplace.pools.rules import Rung
from marketplace.pools.state_rules import PoolStatus

TERMS = {
    "form": "volume",
    "platform_fee_cents": 0,
    "minimum_cents": 0,
    "cap_cents": None,
    "bands": [
        {"from": 1, "unit_cents": 1600},
        {"from": 2500, "unit_cents": 1350},
        {"from": 50_000, "unit_cents": 1125},
        {"from": 8_000_000, "unit_cents": 1000},
    ],
}
PAST = timedelta(days=30)
WHY = "the benchmark builds rows of every organization"


class World:
    """One consortium with `many` members; `pool()` opens a pool of some of them."""

    def __init__(self, engine: Engine, many: int) -> None:
        self.engine, self.now = engine, datetime.now(UTC)
        with self._writing() as session, tenancy.everyone(WHY):
            self.agency = self._organization(session, "service_agency", "bench-agency")
            self.vendor = self._organization(session, "vendor", "bench-vendor")
            self.home = self._organization(session, "consortium", "bench-consortium")
            self._found(session)
            self._price(session)
            self.districts = self._join(session, many)
            session.commit()

    def _writing(self) -> Session:
        return Session(self.engine, expire_on_commit=False)

    def _organization(self, session: Session, kind: str, slug: str) -> Organization:
        org = Organization(
            kind=kind, name=slug.replace("-", " ").title(), slug=slug, state="OH",
            time_zone="America/Chicago", founded_at=self.now - PAST,
        )  # fmt: skip
        session.add(org)
        session.flush()
        return org

    def _found(self, session: Session) -> None:
        session.add(
            Consortium(
                org_id=self.home.id,
                lead_agency_id=self.agency.id,
                legal_shape=LegalShape.JOINT,
                status=ConsortiumStatus.CONSTITUTED,
                purpose="To be measured.",
                founded_on=(self.now - PAST).date(),
            )
        )
        choices, text = Choices(), "One district, one vote."
        session.add(
            ByLaws(
                org_id=self.home.id,
                version=1,
                modules=choices_as_json(choices),
                text=text,
                changed_at=self.now - PAST,
                adopted_at=self.now - PAST,
                fingerprint=fingerprint(choices, text),
            )
        )
        session.flush()
        ledger.open_books(session, Actor.system(), self.home.id)

    def _price(self, session: Session) -> None:
        self.tool = Tool(
            org_id=self.vendor.id, name="Bench tool", slug="bench-tool", summary="Measured.",
            status="published", created_at=self.now,
        )  # fmt: skip
        session.add(self.tool)
        session.flush()
        edition = Edition(org_id=self.vendor.id, tool_id=self.tool.id, name="Full")
        session.add(edition)
        session.flush()
        self.schedule = PriceSchedule(
            org_id=self.vendor.id, tool_id=self.tool.id, edition_id=edition.id, version=1,
            form="volume", terms=TERMS, offered_at=self.now,
            valid_until=(self.now + timedelta(days=300)).date(),
        )  # fmt: skip
        session.add(self.schedule)
        session.flush()

    def _join(self, session: Session, many: int) -> list[Organization]:
        paper = StoredFile(
            org_id=self.home.id, name="paper.pdf", media_type="application/pdf", size=8,
            fingerprint="0" * 64, content=b"%PDF-1.7", stored_at=self.now - PAST,
        )  # fmt: skip
        session.add(paper)
        session.flush()
        districts = [
            Organization(
                kind="district", name=f"District number {n}", slug=f"bench-district-{n}",
                leaid=f"{9_000_000 + n:07}", state="OH", founded_at=self.now - PAST,
            )
            for n in range(many)
        ]  # fmt: skip
        members = [
            Member(
                org_id=self.home.id, district_id=district.id, status=MemberStatus.ACTIVE,
                asked_at=self.now - PAST, approved_at=self.now - PAST, active_since=self.now - PAST,
                accepted_by_laws_version=1,
            )
            for district in districts
        ]  # fmt: skip
        papers = [
            Instrument(
                org_id=self.home.id, member_id=member.id, district_id=member.district_id,
                kind=InstrumentKind.RESOLUTION, signer_name="Pat Lee", signer_title="Head",
                signed_on=(self.now - PAST).date(), scope="Software",
                starts_on=(self.now - PAST).date(),
                ends_on=(self.now + timedelta(days=2000)).date(), file_id=paper.id,
                filed_at=self.now - PAST,
            )
            for member in members
        ]  # fmt: skip
        for rows in (districts, members, papers):
            _insert(session, rows)
        return districts

    def pool(self, members: int, slug: str, closes_in: timedelta, firm_only: bool = True) -> Pool:
        """An open pool with commitments of the first so many members; every 50th has a limit
        that is too low, every 7th takes extra seats."""
        starts = (self.now + timedelta(days=90)).date()
        pool = Pool(
            org_id=self.home.id, slug=slug, title=f"Pool {slug}", tool_id=self.tool.id,
            vendor_id=self.vendor.id, price_schedule_id=self.schedule.id, terms=TERMS,
            status=PoolStatus.OPEN, opened_at=self.now - PAST,
            closes_at=clock.now() + closes_in, time_zone="America/Chicago",
            term_starts_on=starts, term_ends_on=starts + timedelta(days=364),
            pay_by=starts + timedelta(days=30), quote_valid_until=self.schedule.valid_until,
        )  # fmt: skip
        rungs = (Rung.COMMITTED,) if firm_only else tuple(Rung)
        with self._writing() as session, tenancy.everyone(WHY):
            session.add(pool)
            session.flush()
            _insert(
                session,
                [
                    Commitment(
                        org_id=self.home.id, pool_id=pool.id, district_id=district.id,
                        leaid=district.leaid, rung=rungs[n % len(rungs)], seats=100 + n % 900,
                        tolerance=20 if n % 7 == 0 else 0, pupils=2000,
                        limit_cents=1000 if n % 50 == 49 else None, po_number=f"PO-{n}",
                        contact_name="Pat Lee", contact_email=f"pat{n}@example.org",
                        committed_at=self.now, changed_at=self.now,
                    )
                    for n, district in enumerate(self.districts[:members])
                ],
            )  # fmt: skip
            session.commit()
        return pool


def _insert(session: Session, rows: list[Any]) -> None:
    if not rows:
        return
    table = type(rows[0]).__table__
    names = [column.name for column in table.columns]
    for some in _in_parts(rows, 1000):
        values = [{name: getattr(row, name) for name in names} for row in some]
        session.connection().execute(insert(table), values)


def _in_parts(rows: list[Any], size: int) -> Any:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def buyer(district_id: UUID, leaid: str, consortium_id: UUID) -> Actor:
    return Actor(
        user_id=None,
        org_id=district_id,
        org_kind="district",
        leaid=leaid,
        roles=frozenset({("buyer", district_id)}),
        circles=frozenset({consortium_id}),
    )
