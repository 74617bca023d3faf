"""Merkle trees of books, grown as checkpoints grow; 64 hashes of a thousand entries are kept."""

from uuid import UUID

from sqlmodel import Session, col, select

from marketplace.core.errors import RuleBroken
from marketplace.ledger.merkle import BLOCK_ROW, BlockTree
from marketplace.ledger.models import LedgerTxn
from marketplace.ledger.proof_models import LedgerCheckpoint

#: Roots of full blocks of each consortium's entries, in this process.
_blocks: dict[UUID, list[bytes]] = {}


def tree_of(session: Session, checkpoint: LedgerCheckpoint) -> BlockTree:
    """The tree of a checkpoint, held against its signed root: no proof of anything else."""
    tree = BlockTree(_Leaves(session, checkpoint.org_id))
    tree.blocks = list(_blocks.get(checkpoint.org_id, ()))
    tree.grow(checkpoint.size)
    if tree.root(checkpoint.size).hex() != checkpoint.root:
        _blocks.pop(checkpoint.org_id, None)
        raise RuleBroken("The books no longer fit this checkpoint. Tell the operator of the site.")
    _blocks[checkpoint.org_id] = tree.blocks
    return tree


class _Leaves:
    """Leaves from the rows of the books, a whole block at a time."""

    def __init__(self, session: Session, consortium_id: UUID) -> None:
        self.session, self.consortium_id = session, consortium_id
        self.block, self.held = -1, list[bytes]()

    def __call__(self, start: int, stop: int) -> list[bytes]:
        first = start >> BLOCK_ROW << BLOCK_ROW
        if self.block != first:
            query = select(LedgerTxn.leaf).where(
                LedgerTxn.org_id == self.consortium_id,
                LedgerTxn.seq > first,
                LedgerTxn.seq <= first + (1 << BLOCK_ROW),
            )
            found = self.session.exec(query.order_by(col(LedgerTxn.seq)))
            self.block, self.held = first, [bytes.fromhex(leaf) for leaf in found]
        return self.held[start - first : stop - first]
