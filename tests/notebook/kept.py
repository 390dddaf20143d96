"""Checkpoints as earlier kernels left them, written by hand."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

ID = "k3v9x2qa"

# What version 0.1.0 wrote, to the byte: it must be read for ever.
HEADER_0_1_0 = (
    '{"format":1,"id":"k3v9x2qa","source":"/data/trips.bin","bucket":"test-bucket","key":"k","size":8388608,'
    '"mtime_ns":1700000000123456789,"file_id":"42","part_size":1048576,"upload_id":"0004B9894A22E5B1888A1E29F8236E2D",'
    '"options":{"content_type":"application/octet-stream"},"place":{"region":"cn-hangzhou"},"created_at":1700000000.5}'
)
RECEIPT_0_1_0 = '{"p":1,"e":"9E107D9D372BB6826BD81D3542A419D6","c":11051210869376104954}'


def line(text: str) -> bytes:
    """Return a line of a journal with its check."""
    data = text.encode("ascii")
    return b"%s %08x\n" % (data, zlib.crc32(data))


def leave(directory: Path, name: str = ID, **changes: Any) -> Path:
    """Write a journal with one finished part into the directory, with changes to its first line."""
    header = {**json.loads(HEADER_0_1_0), "id": name, **changes}
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{name}.journal"
    path.write_bytes(line(json.dumps(header, separators=(",", ":"))) + line(RECEIPT_0_1_0))
    path.chmod(0o600)
    return path


def change(path: Path, **changes: Any) -> None:
    """Edit the first line of a journal, with a right check."""
    first, rest = path.read_bytes().split(b"\n", 1)
    header = {**json.loads(first.rpartition(b" ")[0]), **changes}
    path.write_bytes(line(json.dumps(header, separators=(",", ":"))) + rest)
