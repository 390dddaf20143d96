"""The sender of small files against hostile answers: what it calls sent is there, and whatever else comes is a snag."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from ..oss.files_kit import HandDials, make_files, route_of, send_all
from .answers import ANSWERS
from .stub import Stub, Trap

COUNT = 6
# What comes ends by itself; the rest is for a busy machine.
MOST_SECONDS = 20.0
# Plain successes: gateways leave the CRC-64 out, and a reply to PutObject has no document in which to name another.
CLEAN = {"no CRC-64", "another bucket", "another key", "another root"}


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
def test_what_is_called_sent_is_there(times: int | None, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Each file is told of once, as sent only where the object is the file; nothing is tried again; and it ends."""
    files = [replace(file, key=f"{file.number} é&+.bin") for file in make_files(tmp_path, COUNT)]
    for answer, row in ANSWERS.items():
        with subtests.test(answer):
            began_at = time.monotonic()
            with Stub(Trap("PutObject", row.make, row.done, times, skip=1 if times else 0)) as stub:
                feed = send_all(files, route_of(stub.endpoint), HandDials(width=2))
                there = dict(stub.objects)
                asked = len(stub.requests)
            assert time.monotonic() - began_at < MOST_SECONDS
            told = [done.file.number for done in feed.done] + [file.number for file, *_ in feed.snags]
            assert sorted(told) == list(range(COUNT))
            for done in feed.done:
                assert there[done.file.key] == Path(done.file.path).read_bytes()
            assert all(detail and detail.isascii() and len(detail) < 100 for *_, detail in feed.snags)
            if times is None:
                assert bool(feed.done) == (answer in CLEAN)
                assert bool(feed.snags) != bool(feed.done)
            else:
                assert len(feed.snags) <= 1
                assert asked <= COUNT + 1
