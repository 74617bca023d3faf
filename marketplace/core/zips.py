"""A zip file written while it is sent: no file on disk, little memory, always the same bytes."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

#: The first moment a zip file can say; a real one would make each download another file.
WHEN = (1980, 1, 1, 0, 0, 0)
Member = tuple[str, Iterable[bytes]]


class _Pipe:
    """What ZipFile writes to: it can only go forward, and hands out what has come."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self.length = 0

    def write(self, block: bytes) -> int:
        self.blocks.append(bytes(block))
        self.length += len(block)
        return len(block)

    def tell(self) -> int:
        return self.length

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        taken, self.blocks = b"".join(self.blocks), []
        return taken


def zipped(members: Iterable[Member], sums: str) -> Iterator[bytes]:
    """The zip of these files, in blocks; the last one, named `sums`, has all their SHA-256."""
    pipe, seen = _Pipe(), list[str]()
    with ZipFile(pipe, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, blocks in members:
            digest = sha256()
            with archive.open(_info(name), "w", force_zip64=True) as file:
                for block in blocks:
                    digest.update(block)
                    file.write(block)
                    yield pipe.taken()
            seen.append(f"{digest.hexdigest()}  {name}\n")
        with archive.open(_info(sums), "w") as file:
            file.write("".join(seen).encode())
    yield pipe.taken()


def _info(name: str) -> ZipInfo:
    info = ZipInfo(name, WHEN)
    info.compress_type = ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
