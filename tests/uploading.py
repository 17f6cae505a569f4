"""Uploads to try: forms of several fields, and zip files made byte by byte."""

import struct
import zlib
from dataclasses import dataclass

from tests.serving import BOUNDARY


def upload(*parts):
    """Return a form of parts (field, name or None, bytes)."""
    pieces = []
    for field, name, content in parts:
        told = field.encode() + (b"" if name is None else b'"; filename="' + as_bytes(name))
        head = b'\r\nContent-Disposition: form-data; name="' + told + b'"\r\n\r\n'
        pieces += [b"--" + BOUNDARY.encode(), head, as_bytes(content), b"\r\n"]
    return b"".join([*pieces, b"--" + BOUNDARY.encode() + b"--\r\n"])


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


@dataclass
class Packed:
    """An entry of a zip file, whatever it says of itself."""

    name: bytes
    data: bytes = b""
    flags: int = 0
    method: int = 8
    mode: int = 0o100644
    n_bytes: int | None = None  # as it says; None for the truth
    crc: int | None = None
    own_name: bytes | None = None  # in its head
    packed: bytes | None = None  # the bytes that follow
    extra: bytes = b""

    @property
    def body(self):
        if self.packed is not None:
            return self.packed
        if self.method != 8:
            return self.data
        packer = zlib.compressobj(9, wbits=-15)
        return packer.compress(self.data) + packer.flush()

    def head(self):
        name = self.name if self.own_name is None else self.own_name
        told = struct.pack(
            "<5H3L2H", 20, self.flags, self.method, 0, 33, *self.sizes(), len(name), 0
        )
        return b"PK\3\4" + told + name

    def listed(self, place):
        lengths = (len(self.name), len(self.extra), 0)
        told = (20, 20, self.flags, self.method, 0, 33, *self.sizes(), *lengths)
        rest = struct.pack("<2H2L", 0, 0, self.mode << 16, place)
        return b"PK\1\2" + struct.pack("<6H3L3H", *told) + rest + self.name + self.extra

    def sizes(self):
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        return crc, len(self.body), len(self.data) if self.n_bytes is None else self.n_bytes


def packed(*entries, places=None, n=None, comment=b"", disk=0, before=b"", shift=0, size=0):
    """Return a zip file; what its directory says of places and counts may be wrong."""
    body, found = before, []
    for entry in entries:
        found.append(len(body))
        body += entry.head() + entry.body
    listed = b"".join(map(Packed.listed, entries, places or found))
    n = len(entries) if n is None else n
    end = (disk, disk, n, n, len(listed) + size, len(body) + shift, len(comment))
    return body + listed + b"PK\5\6" + struct.pack("<4H2LH", *end) + comment


def wide_end(archive):
    """Return a zip file whose end has the form for large archives."""
    at = archive.rindex(b"PK\5\6")
    disk, first, here, n, size, place, _ = struct.unpack_from("<4H2LH", archive, at + 4)
    wide = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, disk, first, here, n, size, place)
    where = b"PK\6\7" + struct.pack("<LQL", 0, at, 1)
    untold = struct.pack("<4H2LH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return archive[:at] + wide + where + b"PK\5\6" + untold
