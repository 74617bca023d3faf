"""Check a proof or a checkpoint yourself, with nothing but Python.

    python3 verify_proof.py PROOF.json [KEY ...]
    python3 verify_proof.py NOTE.txt [FILE.jsonl] [KEY ...]

PROOF.json shows that an entry stands in the books of a checkpoint, or that newer books only
added to older ones. NOTE.txt is a checkpoint; with FILE.jsonl, the sealed entries, it shows
that these are the same books. KEY is a public key you kept (ours are at /open/checks).
Hashes: RFC 6962. Proofs: RFC 9162, 2.1.3 and 2.1.4. Signatures: RFC 8032, C2SP signed note.
"""

import json
import sys
from base64 import b64decode
from hashlib import sha256, sha512


def fail_if(wrong, why):
    if wrong:
        raise ValueError(why)


def node(left, right):
    return sha256(b"\1" + left + right).digest()


# -- the tree ----------------------------------------------------------------------------------


def root_of(leaves):
    """The root of a list of leaves, all of it computed."""
    while len(leaves) > 1:
        odd = leaves[len(leaves) & ~1 :]
        leaves = [node(*leaves[i : i + 2]) for i in range(0, len(leaves) - 1, 2)] + odd
    return leaves[0] if leaves else sha256(b"").digest()


def root_from_path(index, size, leaf, path):
    """The root of a tree of `size` leaves in which `leaf` stands at `index`, from 0."""
    fail_if(not 0 <= index < size, "the entry is not within these books")
    here, last, found = index, size - 1, leaf
    for other in path:
        fail_if(last == 0, "the path is too long")
        if here & 1 or here == last:
            found = node(other, found)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            found = node(found, other)
        here, last = here >> 1, last >> 1
    fail_if(last, "the path is too short")
    return found


def roots_from_path(old, new, old_root, path):
    """Both roots that a proof of growth leads to: what the old and the new one must be."""
    fail_if(not 0 < old <= new, "the older books must be the smaller ones")
    if old == new:
        fail_if(path, "the path is too long")
        return old_root, old_root
    path = [old_root, *path] if old & (old - 1) == 0 else list(path)
    fail_if(not path, "the path is too short")
    here, last = old - 1, new - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    first = second = path[0]
    for other in path[1:]:
        fail_if(last == 0, "the path is too long")
        if here & 1 or here == last:
            first, second = node(other, first), node(other, second)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            second = node(second, other)
        here, last = here >> 1, last >> 1
    fail_if(last, "the path is too short")
    return first, second


# -- the signature -----------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(one, other):
    """The sum of two points of the curve, in extended coordinates."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point_of(data):
    """The point that 32 bytes stand for."""
    y, sign = int.from_bytes(data, "little") & (2**255 - 1), data[31] >> 7
    fail_if(len(data) != 32 or y >= P, "this is no public key or signature")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    fail_if((x * x - square) % P or (x == 0 and sign), "this is no public key or signature")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def is_signed(public, text, signature):
    if len(signature) != 64 or (s := int.from_bytes(signature[32:], "little")) >= ORDER:
        return False
    h = int.from_bytes(sha512(signature[:32] + public + text).digest(), "little") % ORDER
    left, right = times(s, BASE), add(point_of(signature[:32]), times(h, point_of(public)))
    return all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))


# -- what a reader holds -----------------------------------------------------------------------


def read_note(note, keys=()):
    """(origin, size, root); with keys, one of them must have signed it."""
    text, gap, signatures = note.partition("\n\n")
    fail_if(not gap, "this is not a checkpoint")
    origin, size, root = text.split("\n")[:3]
    known = {}
    for key in keys:
        name, stamp, public = key.split("+", 2)
        public = b64decode(public)
        right = sha256(name.encode() + b"\n" + public).hexdigest()[:8] == stamp
        fail_if(not right or public[:1] != b"\1" or len(public) != 33, "this is not a key")
        known[name, bytes.fromhex(stamp)] = public[1:]
    good = 0
    for line in signatures.splitlines():
        _dash, name, stamp = line.split(" ")
        stamp = b64decode(stamp)
        if public := known.get((name, stamp[:4])) if name == origin else None:
            fail_if(not is_signed(public, f"{text}\n".encode(), stamp[4:]), "a false signature")
            good += 1
    fail_if(keys and not good, "none of your keys has signed this checkpoint")
    return origin, int(size), b64decode(root)


def check_proof(proof, keys=()):
    """One line about what the proof of the site shows; ValueError says what is wrong."""
    path = [bytes.fromhex(each) for each in proof["path"]]
    if "entry" in proof:
        origin, size, root = read_note(proof["checkpoint"], keys)
        prev, leaf = bytes.fromhex(proof["prev"]), bytes.fromhex(proof["leaf"])
        seal = sha256(prev + leaf).hexdigest()
        fail_if(seal != proof["hash"], "the hash does not seal this text")
        text = proof.get("body")
        fail_if(text and sha256(b"\0" + text.encode()).digest() != leaf, "this is another text")
        found = root_from_path(proof["entry"] - 1, size, leaf, path)
        fail_if(found != root, "the entry does not stand in the books of this checkpoint")
        return f"OK: entry {proof['entry']}:{seal} is one of the {size} of {origin}"
    origin, old, old_root = read_note(proof["old"], keys)
    later, new, new_root = read_note(proof["new"], keys)
    fail_if(origin != later, "these are checkpoints of different books")
    found = roots_from_path(old, new, old_root, path)
    fail_if(found != (old_root, new_root), "the newer books do not begin with the older ones")
    return f"OK: the {new} entries of {origin} begin with the {old} of the older checkpoint"


def check_note(note, export=None, keys=()):
    """One line about a checkpoint, held against the sealed entries where they are given."""
    origin, size, root = read_note(note, keys)
    words = "signed" if keys else "signature not checked: no key was given"
    if export:
        with open(export, encoding="utf-8") as lines:
            bodies = [json.loads(line)["body"] for _, line in zip(range(size), lines)]
        fail_if(len(bodies) < size, f"the end was cut off: the export has no entry {size}")
        leaves = [sha256(b"\0" + body.encode()).digest() for body in bodies]
        fail_if(root_of(leaves) != root, "these are not the entries of the checkpoint")
        words = f"they are the first {size} of your file; {words}"
    return f"OK: {size} entries of {origin}; {words}"


def check(file, *more):
    """What the file of the first argument shows, with keys and an export in any order."""
    keys = [each for each in more if each.count("+") > 1]
    exports = [each for each in more if each not in keys]
    with open(file, encoding="utf-8") as held:
        text = held.read()
    if text.lstrip().startswith("{"):
        return check_proof(json.loads(text), keys)
    return check_note(text, exports[0] if exports else None, keys)


if __name__ == "__main__":
    try:
        print(check(*sys.argv[1:]) if sys.argv[1:] else __doc__)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        sys.exit(f"FAILED: {problem}")
