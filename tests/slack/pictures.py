"""Pictures for tests, as small as they can be."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 8, height: int = 6) -> bytes:
    """A picture of one colour."""
    rows = b"".join(b"\x00" + b"\x2b\x6c\xb0" * width for _row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
