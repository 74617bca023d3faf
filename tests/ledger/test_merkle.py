"""The tree, against the vectors of Certificate Transparency and a plain verifier of its own."""

from hashlib import sha256

import pytest

from marketplace.ledger import merkle, notes
from marketplace.ledger.outsider import verify_proof

EXHAUSTIVE = 70
#: The inputs and roots that every implementation of RFC 6962 is tried with.
CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def leaf(data):
    return sha256(b"\0" + data).digest()


LEAVES = [leaf(bytes([number])) for number in range(EXHAUSTIVE)]
TREE = merkle.Tree(LEAVES)


# -- a second opinion: RFC 9162, section 2.1, word for word --------------------------------------


def mth(leaves):
    """2.1.1: the hash of a list, from the definition."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def includes(leaf_index, tree_size, inclusion_path, leaf_hash, root_hash):
    """2.1.3.2."""
    if leaf_index >= tree_size:
        return False
    fn, sn, r = leaf_index, tree_size - 1, leaf_hash
    for p in inclusion_path:
        if sn == 0:
            return False
        if fn % 2 == 1 or fn == sn:
            r = sha256(b"\1" + p + r).digest()
            if fn % 2 == 0:
                while True:
                    fn, sn = fn // 2, sn // 2
                    if fn % 2 == 1 or fn == 0:
                        break
        else:
            r = sha256(b"\1" + r + p).digest()
        fn, sn = fn // 2, sn // 2
    return sn == 0 and r == root_hash


def extends(first, second, first_hash, second_hash, consistency_path):
    """2.1.4.2."""
    if first == second:
        return not consistency_path and first_hash == second_hash
    path = list(consistency_path)
    if first & (first - 1) == 0:
        path.insert(0, first_hash)
    if not path:
        return False
    fn, sn = first - 1, second - 1
    while fn % 2 == 1:
        fn, sn = fn // 2, sn // 2
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn % 2 == 1 or fn == sn:
            fr, sr = sha256(b"\1" + c + fr).digest(), sha256(b"\1" + c + sr).digest()
            if fn % 2 == 0:
                while True:
                    fn, sn = fn // 2, sn // 2
                    if fn % 2 == 1 or fn == 0:
                        break
        else:
            sr = sha256(b"\1" + sr + c).digest()
        fn, sn = fn // 2, sn // 2
    return (fr, sr, sn) == (first_hash, second_hash, 0)


# -- the tree ------------------------------------------------------------------------------------


def test_roots_are_those_of_certificate_transparency():
    tree = merkle.Tree(leaf(bytes.fromhex(data)) for data in CT_LEAVES)

    assert [tree.root(size).hex() for size in range(1, 9)] == CT_ROOTS
    assert tree.root(0).hex() == sha256(b"").hexdigest()


def test_one_pass_finds_the_roots_of_every_size():
    found = merkle.roots_at(LEAVES, range(EXHAUSTIVE + 5))

    assert found == {size: mth(LEAVES[:size]) for size in range(EXHAUSTIVE + 1)}
    assert found == {size: TREE.root(size) for size in range(EXHAUSTIVE + 1)}
    assert verify_proof.root_of(LEAVES) == found[EXHAUSTIVE]
    assert verify_proof.root_of([]) == found[0]


def test_every_leaf_of_every_small_tree_can_be_proven():
    for size in range(1, EXHAUSTIVE + 1):
        root = mth(LEAVES[:size])
        for index in range(size):
            path = TREE.inclusion(index, size)
            assert includes(index, size, path, LEAVES[index], root)
            assert verify_proof.root_from_path(index, size, LEAVES[index], path) == root


def test_every_small_tree_is_shown_to_grow_from_every_smaller_one():
    for new in range(1, EXHAUSTIVE + 1):
        for old in range(1, new + 1):
            path, roots = TREE.consistency(old, new), (mth(LEAVES[:old]), mth(LEAVES[:new]))
            assert extends(old, new, *roots, path)
            assert verify_proof.roots_from_path(old, new, roots[0], path) == roots


def leads_to(roots, compute, *args):
    """Whether the outsider's program comes to these roots; a refusal is a no."""
    try:
        return compute(*args) == roots
    except ValueError:
        return False


def altered(path):
    """The path with one hash changed, left out, put twice, and two swapped."""
    for at in range(len(path)):
        yield [*path[:at], sha256(path[at]).digest(), *path[at + 1 :]]
        yield path[:at] + path[at + 1 :]
        yield [*path[:at], path[at], *path[at:]]
    if len(path) > 1:
        yield [path[1], path[0], *path[2:]]
    yield [*path, LEAVES[0]]


def test_no_altered_proof_of_an_entry_is_believed():
    for size in range(1, 34):
        root = TREE.root(size)
        for index in range(size):
            path = TREE.inclusion(index, size)
            for forged in altered(path):
                assert not includes(index, size, forged, LEAVES[index], root)
                call = (verify_proof.root_from_path, index, size, LEAVES[index], forged)
                assert not leads_to(root, *call)
            for elsewhere in {*range(size)} - {index}:
                call = (verify_proof.root_from_path, elsewhere, size, LEAVES[index], path)
                assert not leads_to(root, *call)


def test_no_altered_proof_of_growth_is_believed():
    for new in range(2, 34):
        for old in range(1, new):
            roots = TREE.root(old), TREE.root(new)
            for forged in altered(TREE.consistency(old, new)):
                assert not extends(old, new, *roots, forged)
                call = (verify_proof.roots_from_path, old, new, roots[0], forged)
                assert not leads_to(roots, *call)


def test_a_tree_that_keeps_only_blocks_gives_the_same_proofs(monkeypatch):
    """With blocks of four leaves, so that small trees have several rows of them."""
    monkeypatch.setattr(merkle, "BLOCK_ROW", 2)
    tree = merkle.BlockTree(lambda start, stop: LEAVES[start:stop])
    for size in (*range(1, 20), EXHAUSTIVE):
        tree.grow(size)
        assert tree.root(size) == TREE.root(size)
        for index in range(size):
            assert tree.inclusion(index, size) == TREE.inclusion(index, size)
            assert tree.consistency(index + 1, size) == TREE.consistency(index + 1, size)
    assert len(tree.blocks) == EXHAUSTIVE // 4


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, EXHAUSTIVE + 1)])
def test_a_leaf_that_is_not_there_has_no_proof(index, size):
    with pytest.raises(ValueError, match="no such leaf"):
        TREE.inclusion(index, size)


def test_books_do_not_shrink():
    with pytest.raises(ValueError, match="smaller"):
        TREE.consistency(6, 5)
    assert TREE.consistency(0, 5) == TREE.consistency(5, 5) == []


# -- the signed note -----------------------------------------------------------------------------

ORIGIN = "commons.example.org/open/ledger/three-rivers"
OLD_KEY, NEW_KEY = bytes(range(32)), bytes(range(1, 33))
SAID = notes.Checkpoint(ORIGIN, 6, TREE.root(6))


def key_of(private, origin=ORIGIN):
    return notes.verifier_key(origin, notes.public_key(private))


def test_a_note_is_what_the_standard_says():
    text, signatures = notes.signed(SAID, [OLD_KEY]).split("\n\n")

    assert text.split("\n")[:2] == [ORIGIN, "6"]
    assert signatures.startswith(f"— {ORIGIN} ")
    assert signatures.endswith("=\n")
    assert notes.read(notes.signed(SAID, [OLD_KEY])) == SAID


def test_the_signature_is_that_of_a_known_vector():
    """RFC 8032, section 7.1, test 2: the pure Python check agrees with published values."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert verify_proof.is_signed(public, b"\x72", signature)
    assert not verify_proof.is_signed(public, b"\x73", signature)
    assert not verify_proof.is_signed(public, b"\x72", signature[:-1] + b"\xff")


def test_either_key_of_an_overlap_is_enough():
    note = notes.signed(SAID, [NEW_KEY, OLD_KEY])

    for keys in ([key_of(OLD_KEY)], [key_of(NEW_KEY)], [key_of(OLD_KEY), key_of(NEW_KEY)]):
        assert verify_proof.read_note(note, keys) == tuple(SAID)


FORGED = {
    "another size": lambda note: note.replace("\n6\n", "\n7\n"),
    "another root": lambda note: note.replace(note.split("\n")[2], "A" * 43 + "="),
    "a line more": lambda note: note.replace("\n\n", "\nextra\n\n", 1),
    "without its signature": lambda note: note.split("\n\n")[0] + "\n\n",
    "the signature of another key": lambda note: (
        note.split("\n\n")[0] + "\n\n" + notes.signed(SAID, [NEW_KEY]).split("\n\n")[1]
    ),
    "a signature under another name": lambda note: note.replace(f"— {ORIGIN}", "— elsewhere"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_note_is_refused(name):
    note = notes.signed(SAID, [OLD_KEY])
    assert verify_proof.read_note(note, [key_of(OLD_KEY)])

    with pytest.raises(ValueError, match=r"false signature|none of your keys"):
        verify_proof.read_note(FORGED[name](note), [key_of(OLD_KEY)])


def test_what_is_no_note_and_what_is_no_key_is_refused():
    with pytest.raises(ValueError, match="not a checkpoint"):
        notes.read("hello")
    with pytest.raises(ValueError, match="not a checkpoint"):
        verify_proof.read_note("hello")
    with pytest.raises(ValueError, match="not a key"):
        verify_proof.read_note(notes.signed(SAID, [OLD_KEY]), [key_of(OLD_KEY)[:-8] + "AAAAAAA="])
