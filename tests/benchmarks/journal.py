"""What the journal of 10,000 parts costs, beside the same record kept as one JSON file that is rewritten per part.

Run it: ``python tests/benchmarks/journal.py``. It prints bytes written, seconds, and the ratio of the two.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.record import CheckpointHeader
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Fingerprint, PartReceipt

PARTS = 10_000
# The peer's cost grows with the square of the parts, so fewer are measured and the rest is reckoned.
PEER_PARTS = 200
MOST_BYTES, MOST_LOAD_SECONDS = 2 * 1024 * 1024, 0.3


def receipt(number: int) -> PartReceipt:
    """Return a receipt as long as real ones are."""
    return PartReceipt(number, f"{number * 0x9E3779B97F4A7C15 % 2**128:032X}", number * 0x9E3779B97F4A7C15 % 2**64)


def write_journal(directory: Path) -> tuple[int, float]:
    """Return bytes and seconds for a journal of all parts."""
    size = PARTS * 8 * 1024 * 1024
    header = CheckpointHeader(
        "benchmrk",
        "/data/trips.parquet",
        Target("my-bucket", "data/trips.parquet"),
        Fingerprint(size, 1, "2"),
        8 * 1024 * 1024,
        "0004B9894A22E5B1888A1E29F8236E2D",
    )
    began_at = time.perf_counter()
    store = CheckpointDirectory(directory)
    journal, _ = store.open("benchmrk")
    journal.start(header)
    for number in range(1, PARTS + 1):
        journal.add(receipt(number))
    journal.close()
    return store.path_of("benchmrk").stat().st_size, time.perf_counter() - began_at


def load_journal(directory: Path) -> float:
    """Return the seconds it takes to read the journal back."""
    began_at = time.perf_counter()
    journal, record = CheckpointDirectory(directory).open("benchmrk")
    seconds = time.perf_counter() - began_at
    journal.close()
    assert record is not None
    assert len(record.receipts) == PARTS
    return seconds


def rewrite_whole_file(path: Path) -> tuple[int, float]:
    """Return bytes and seconds for PEER_PARTS parts in one JSON file, written anew for each."""
    known: dict[int, object] = {}
    written_bytes, began_at = 0, time.perf_counter()
    for number in range(1, PEER_PARTS + 1):
        part = asdict(receipt(number))
        known[number] = {"e": part["etag"], "c": part["crc64"]}
        text = json.dumps({"upload_id": "0004B9894A22E5B1888A1E29F8236E2D", "parts": known})
        new = path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(path)
        written_bytes += len(text)
    return written_bytes, time.perf_counter() - began_at


def main() -> int:
    """Print the figures; return 1 where the journal misses its mark."""
    with tempfile.TemporaryDirectory() as name:
        size, seconds = write_journal(Path(name, "checkpoints"))
        load_seconds = min(load_journal(Path(name, "checkpoints")) for _ in range(3))
        peer_bytes, peer_seconds = rewrite_whole_file(Path(name, "peer.json"))
    # Each rewrite is as long as the parts so far, so the sum grows with the square.
    scale = (PARTS / PEER_PARTS) ** 2
    print(f"journal: {PARTS:,} parts, {size:,} bytes written in all, {seconds:.2f} s")
    print(f"         loads in {load_seconds * 1000:.0f} ms")
    print(f"one JSON file: {PEER_PARTS} parts, {peer_bytes:,} bytes, {peer_seconds:.2f} s;")
    print(f"         reckoned for {PARTS:,} parts: {peer_bytes * scale:,.0f} bytes, {peer_seconds * scale:,.0f} s")
    ratio = peer_bytes * scale / size, peer_seconds * scale / seconds
    print(f"ratio:   {ratio[0]:,.0f} times the bytes, {ratio[1]:,.0f} times the time")
    return 0 if size <= MOST_BYTES and load_seconds <= MOST_LOAD_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
