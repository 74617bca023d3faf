"""A Merkle tree over the entries of one set of books, hashed as RFC 6962 says.

A leaf is the hash already stored with each entry, SHA-256(0x00 ‖ text). The root proves
that an entry is there, and that newer books only added to older ones, to somebody who
sees about twenty hashes instead of all entries.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def roots_at(leaves: Iterable[bytes], sizes: Iterable[int]) -> dict[int, bytes]:
    """The roots of the first so many leaves, in one pass and without keeping the leaves.

    Sizes beyond the last leaf are left out.
    """
    wanted = set(sizes)
    found = {0: EMPTY_ROOT} if 0 in wanted else {}
    peaks: list[bytes] = []  # roots of the full subtrees, widest first
    for size, leaf in enumerate(leaves, 1):
        peaks.append(leaf)
        # As many halves became whole as the number of leaves ends in zeros, in binary.
        for _ in range((size & -size).bit_length() - 1):
            right = peaks.pop()
            peaks[-1] = node(peaks[-1], right)
        if size in wanted:
            found[size] = _joined(peaks)
    return found


def _joined(peaks: Sequence[bytes]) -> bytes:
    root = peaks[-1]
    for peak in peaks[-2::-1]:
        root = node(peak, root)
    return root


#: 256 leaves: so many are read anew for a proof, where only their common root is kept.
BLOCK_ROW = 8


def rows_above(hashes: Iterable[bytes]) -> list[list[bytes]]:
    """The hashes, their parents, theirs, … as far as both children are there."""
    rows = [list(hashes)]
    while len(below := rows[-1]) > 1:
        rows.append([node(*below[i : i + 2]) for i in range(0, len(below) - 1, 2)])
    return rows


class Tree:
    """Roots and proofs of a tree whose leaves are all in memory."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        #: rows[k][i] is the root of the 2**k leaves from i * 2**k on, where all are there
        self.rows = rows_above(leaves)
        self.size = len(self.rows[0])

    def __len__(self) -> int:
        return self.size

    def root(self, size: int | None = None) -> bytes:
        size = len(self) if size is None else size
        return self._root(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """What leaf `index` (from 0) needs to reach the root of the first `size` leaves."""
        if not 0 <= index < size <= len(self):
            raise ValueError("no such leaf in a tree of this size")
        return self._path(index, 0, size)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """What shows that the first `new` leaves begin with the first `old` ones."""
        if not 0 <= old <= new <= len(self):
            raise ValueError("the older tree is the smaller one")
        return [] if old in (0, new) else self._growth(old, 0, new, whole=True)

    def _root(self, start: int, stop: int) -> bytes:
        row = (stop - start).bit_length() - 1
        if stop - start == 1 << row and start % (stop - start) == 0:
            return self._full(row, start >> row)
        middle = _middle(start, stop)
        return node(self._root(start, middle), self._root(middle, stop))

    def _full(self, row: int, place: int) -> bytes:
        return self.rows[row][place]

    def _path(self, index: int, start: int, stop: int) -> list[bytes]:
        if stop - start == 1:
            return []
        middle = _middle(start, stop)
        if index < middle:
            return [*self._path(index, start, middle), self._root(middle, stop)]
        return [*self._path(index, middle, stop), self._root(start, middle)]

    def _growth(self, old: int, start: int, stop: int, *, whole: bool) -> list[bytes]:
        if old == stop:
            return [] if whole else [self._root(start, stop)]
        middle = _middle(start, stop)
        if old <= middle:
            right = self._root(middle, stop)
            return [*self._growth(old, start, middle, whole=whole), right]
        left = self._root(start, middle)
        return [*self._growth(old, middle, stop, whole=False), left]


class BlockTree(Tree):
    """The same with a 256th of the memory: leaves are asked for again, a block at a time."""

    def __init__(self, leaves_of: Callable[[int, int], Sequence[bytes]]) -> None:
        """`leaves_of(start, stop)` gives leaves from 0; `grow` says how many there are."""
        self.leaves_of = leaves_of
        self.blocks: list[bytes] = []
        self.rows = rows_above([])
        self.size = 0

    def grow(self, size: int) -> None:
        """Take in the leaves up to `size`, which was reached since the last call."""
        width = 1 << BLOCK_ROW
        for start in range(len(self.blocks) * width, size - width + 1, width):
            self.blocks += rows_above(self.leaves_of(start, start + width))[BLOCK_ROW]
        self.rows, self.size = rows_above(self.blocks), max(size, self.size)

    def _full(self, row: int, place: int) -> bytes:
        if row >= BLOCK_ROW:
            return self.rows[row - BLOCK_ROW][place]
        return rows_above(self.leaves_of(place << row, (place + 1) << row))[row][0]


def _middle(start: int, stop: int) -> int:
    """After the largest power of two of leaves that is smaller than all of them."""
    return start + (1 << ((stop - start - 1).bit_length() - 1))
