"""What the books store. Only service.py writes here; the database refuses changes.

The owner (`org_id`) of every row is the consortium whose books they are. Entries are
found by (consortium, sequence number): there is one order per consortium, without gaps.
"""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Enum,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field

from marketplace.core.db import choice
from marketplace.core.tenancy import OwnedByOrg
from marketplace.ledger import proof_models as proof_models
from marketplace.ledger.body import FIRST_PREV
from marketplace.ledger.correction_rules import RunStatus
from marketplace.ledger.rules import AccountKind, PostingKind
from marketplace.ledger.sight_rules import Openness

#: Not `choice`: its check could only be widened by building the table again, and a table
#: that is built again is one whose rows were copied. The sealed text says the kind as well.
ANY_KIND = Enum(
    PostingKind,
    native_enum=False,
    length=32,
    values_callable=lambda kinds: [kind.value for kind in kinds],
)


#: Where the books are guarded by a role, the site itself may only read them: it writes
#: through functions of the database (see migration 0010).
READ_ONLY = {"info": {"the_site_may": "SELECT"}}
ADDED_ONLY = {"info": {"the_site_may": "SELECT, INSERT"}}


class Posted(NamedTuple):
    """An entry as it stands in the books after posting it, or since it was posted before."""

    seq: int
    hash: str
    body: str
    reverses: int | None = None


class BooksOf(NamedTuple):
    """The books as a subject of permissions and events, without a row of them."""

    org_id: UUID

    @property
    def id(self) -> UUID:
        """What an event about the books is about: the consortium."""
        return self.org_id


class LedgerHead(OwnedByOrg, table=True):
    """The last entry of a consortium's books. Its row is the one lock of all writers."""

    __tablename__ = "ledger_head"

    org_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    seq: int = Field(default=0, sa_type=BigInteger)
    hash: str = Field(default=FIRST_PREV, max_length=64)

    __table_args__ = (
        CheckConstraint("seq >= 0", name="seq"),
        CheckConstraint("length(hash) = 64", name="hash"),
        READ_ONLY,
    )


class LedgerAccount(OwnedByOrg, table=True):
    __tablename__ = "ledger_account"

    org_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    code: str = Field(max_length=100, primary_key=True)
    kind: AccountKind = Field(sa_type=choice(AccountKind))

    __table_args__ = (READ_ONLY,)


class LedgerTxn(OwnedByOrg, table=True):
    """One entry: the sealed text, its place in the chain, and columns to search by.

    No foreign key leads to the head: it is checked at commit that the head moved here.
    """

    __tablename__ = "ledger_txn"

    org_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger, primary_key=True)
    idem_key: str = Field(max_length=200)
    body: str = Field(sa_type=Text)
    leaf: str = Field(max_length=64)
    hash: str = Field(max_length=64)
    kind: PostingKind = Field(sa_type=ANY_KIND)
    ref: str = Field(max_length=200)
    effective_on: date
    recorded_at: datetime
    reverses: int | None = Field(default=None, sa_type=BigInteger)

    __table_args__ = (
        # Only the primary key begins with the owner: see migration 0010.
        UniqueConstraint("idem_key", "org_id"),
        UniqueConstraint("reverses", "org_id"),
        ForeignKeyConstraint(["org_id", "reverses"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("reverses < seq", name="reverses"),
        CheckConstraint("length(leaf) = 64 AND length(hash) = 64", name="hashes"),
        Index("ix_ledger_txn_effective_on", "effective_on", "org_id"),
        READ_ONLY,
    )


class LedgerEntry(OwnedByOrg, table=True):
    """One line of an entry; written after its `LedgerTxn`, before the head seals both.

    That its owner exists follows from its entry: a key less to check for each line.
    """

    __tablename__ = "ledger_entry"

    org_id: UUID = Field(primary_key=True)
    seq: int = Field(sa_type=BigInteger, primary_key=True)
    line: int = Field(primary_key=True)
    account: str = Field(max_length=100)
    amount_cents: int = Field(sa_type=BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(
            ["org_id", "seq"],
            ["ledger_txn.org_id", "ledger_txn.seq"],
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(
            ["org_id", "account"], ["ledger_account.org_id", "ledger_account.code"]
        ),
        CheckConstraint("line > 0", name="line"),
        CheckConstraint("amount_cents <> 0", name="amount"),
        Index(
            "ix_ledger_entry_account",
            "account",
            "org_id",
            "seq",
            "line",
            postgresql_include=["amount_cents"],
        ),
        READ_ONLY,
    )


class LedgerBalance(OwnedByOrg, table=True):
    """The sum of an account's lines, kept as they are posted and checked against them."""

    __tablename__ = "ledger_balance"

    org_id: UUID = Field(foreign_key="organization.id", primary_key=True)
    code: str = Field(max_length=100, primary_key=True)
    balance_cents: int = Field(sa_type=BigInteger)
    seq: int = Field(sa_type=BigInteger)
    lines: int = Field(sa_type=BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["org_id", "code"], ["ledger_account.org_id", "ledger_account.code"]),
        READ_ONLY,
    )


class LedgerSnapshot(OwnedByOrg, table=True):
    """What an account held after an entry, kept every 10,000 lines: where sums may start."""

    __tablename__ = "ledger_snapshot"

    org_id: UUID = Field(primary_key=True)
    code: str = Field(max_length=100, primary_key=True)
    seq: int = Field(sa_type=BigInteger, primary_key=True)
    balance_cents: int = Field(sa_type=BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["org_id", "code"], ["ledger_account.org_id", "ledger_account.code"]),
        READ_ONLY,
    )


class LedgerOpenness(OwnedByOrg, table=True):
    """What the by-laws let the public see of the books; no row = everything, named."""

    __tablename__ = "ledger_openness"

    org_id: UUID = Field(foreign_key="ledger_head.org_id", primary_key=True)
    openness: Openness = Field(sa_type=choice(Openness))
    #: The words of the by-laws that say so; public.
    clause: str = Field(sa_type=Text)
    set_at: datetime
    set_by: UUID | None = Field(default=None, foreign_key="user_account.id")

    @property
    def id(self) -> UUID:
        return self.org_id


class LedgerClosing(OwnedByOrg, table=True):
    """From then on nothing is posted with a date up to `through_on`; never taken back."""

    __tablename__ = "ledger_closing"

    org_id: UUID = Field(foreign_key="ledger_head.org_id", primary_key=True)
    through_on: date = Field(primary_key=True)
    closed_at: datetime
    closed_by: UUID | None = Field(default=None, foreign_key="user_account.id")

    __table_args__ = (ADDED_ONLY,)

    @property
    def id(self) -> UUID:
        return self.org_id


class CorrectionRun(OwnedByOrg, table=True):
    """An entry is cancelled and posted rightly, once a second person has approved."""

    __tablename__ = "correction_run"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    org_id: UUID = Field(foreign_key="ledger_head.org_id", index=True)
    seq: int = Field(sa_type=BigInteger)
    #: What is right: [[account code, signed cents], …].
    legs: list[Any] = Field(sa_type=JSON)
    #: For the people of the consortium only; nothing of it goes into the books.
    reason: str = Field(sa_type=Text)
    status: RunStatus = Field(default=RunStatus.PROPOSED, sa_type=choice(RunStatus))
    proposed_at: datetime
    proposed_by: UUID = Field(foreign_key="user_account.id")
    #: Who approved it or turned it down, and when.
    decided_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    reversal_seq: int | None = Field(default=None, sa_type=BigInteger)
    correction_seq: int | None = Field(default=None, sa_type=BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["org_id", "seq"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        ForeignKeyConstraint(["org_id", "reversal_seq"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        ForeignKeyConstraint(["org_id", "correction_seq"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        CheckConstraint(
            "(status = 'approved') = (reversal_seq IS NOT NULL AND correction_seq IS NOT NULL)",
            name="posted_when_approved",
        ),
        CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("decided_by <> proposed_by OR status = 'refused'", name="two_people"),
        Index("ix_correction_run_seq", "org_id", "seq"),
    )


class ProposedEntry(OwnedByOrg, table=True):
    """An entry by hand, posted once a second person has approved."""

    __tablename__ = "proposed_entry"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    org_id: UUID = Field(foreign_key="ledger_head.org_id", index=True)
    act: str = Field(max_length=32)
    legs: list[Any] = Field(sa_type=JSON)
    ref: str = Field(max_length=200)
    effective_on: date
    #: For the people of the consortium only; nothing of it goes into the books.
    reason: str = Field(sa_type=Text)
    status: RunStatus = Field(default=RunStatus.PROPOSED, sa_type=choice(RunStatus))
    proposed_at: datetime
    proposed_by: UUID = Field(foreign_key="user_account.id")
    decided_at: datetime | None = None
    decided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    #: The number of the entry, once it is posted.
    seq: int | None = Field(default=None, sa_type=BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["org_id", "seq"], ["ledger_txn.org_id", "ledger_txn.seq"]),
        CheckConstraint("(status = 'approved') = (seq IS NOT NULL)", name="posted_when_approved"),
        CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("decided_by <> proposed_by OR status = 'refused'", name="two_people"),
    )


class RestrictedFund(OwnedByOrg, table=True):
    """An account that moves only by its programme: by hand nothing is posted to it."""

    __tablename__ = "restricted_fund"

    org_id: UUID = Field(foreign_key="ledger_head.org_id", primary_key=True)
    code: str = Field(max_length=100, primary_key=True)
    restricted_at: datetime

    @property
    def id(self) -> UUID:
        return self.org_id
