"""Signed checkpoints: C2SP signed notes (tlog-checkpoint), Ed25519.

A note is three lines (origin, number of entries, Merkle root), an empty line, and a
signature of each key in use. Its text is what is signed, byte for byte.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

ED25519 = b"\1"


class Checkpoint(NamedTuple):
    """So many entries had this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def signed(checkpoint: Checkpoint, private_keys: Iterable[bytes]) -> str:
    """The note with a signature of every key (32 bytes each), the newest key first."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,  # slow to import, and no page needs it
    )

    text, lines = checkpoint.text(), []
    for private in private_keys:
        signature = Ed25519PrivateKey.from_private_bytes(private).sign(text.encode())
        stamp = key_hash(checkpoint.origin, public_key(private)) + signature
        lines.append(f"— {checkpoint.origin} {b64encode(stamp).decode()}\n")
    return text + "\n" + "".join(lines)


def public_key(private: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,  # slow to import, and no page needs it
    )

    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def key_hash(origin: str, public: bytes) -> bytes:
    """The four bytes by which a signature names its key."""
    return sha256(origin.encode() + b"\n" + ED25519 + public).digest()[:4]


def verifier_key(origin: str, public: bytes) -> str:
    """The public key in the form that checkers of such notes take."""
    return f"{origin}+{key_hash(origin, public).hex()}+{b64encode(ED25519 + public).decode()}"


def read(note: str) -> Checkpoint:
    """What a note says, whoever signed it; ValueError when it is no note."""
    try:
        text, _signatures = note.split("\n\n", 1)
        origin, size, root = text.split("\n")[:3]
        return Checkpoint(origin, int(size), b64decode(root, validate=True))
    except ValueError:
        raise ValueError("this is not a checkpoint") from None
