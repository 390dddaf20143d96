"""A process that is killed at any moment loses at most the parts that were on the wire."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Fault, Key, Sandbox

from .kit import KEY, PART, Process, journal_of, listed, make_file, repeated, sent_parts, stored, until

_PARTS, _KILLS, _PARALLEL = 64, 10, 4
_ONLY_PUT = frozenset({"oss:PutObject"})


@pytest.mark.parametrize(
    ("permissions", "helper"),
    [
        pytest.param(None, "never", id="all permissions"),
        pytest.param(_ONLY_PUT, "never", id="only oss:PutObject"),
        pytest.param(_ONLY_PUT, "always", id="only oss:PutObject, with a helper"),
    ],
)
def test_killed_at_random_moments(
    sandbox: Sandbox, tmp_path: Path, checkpoints: Path, permissions: frozenset[str] | None, helper: str
) -> None:
    """Ten SIGKILLs into one upload: the object is the file, and only parts without a receipt are sent again."""
    sandbox.keys.put(Key(*KEY, permissions=permissions))
    sandbox.rate_bytes_per_second = 40 * PART
    source = make_file(tmp_path / "big.bin", _PARTS * PART)
    moments = random.Random(7 if permissions else 8)
    receipts: set[int] = set()
    for _ in range(_KILLS):
        before = len(sent_parts(sandbox))
        process = Process(tmp_path / "upload.py", sandbox, source, checkpoints, helper=helper)
        wanted = before + moments.randint(1, 7)
        until(lambda: len(sent_parts(sandbox)) >= wanted or process.ended, "some more parts have arrived")  # noqa: B023
        process.kill()
        until(lambda: not sandbox.active_requests, "nothing is on the wire")
        assert receipts.isdisjoint(sent_parts(sandbox)[before:])
        receipts = set(journal_of(checkpoints).receipts)
        assert len(set(sent_parts(sandbox)[before:]) - receipts) <= _PARALLEL
        if permissions is None:
            receipts |= listed(sandbox)
    sandbox.rate_bytes_per_second = None
    before = len(sent_parts(sandbox))
    receipt = Process(tmp_path / "upload.py", sandbox, source, checkpoints).result()
    assert sorted(sent_parts(sandbox)[before:]) == sorted(set(range(1, _PARTS + 1)) - receipts)
    assert receipt["kept_bytes"] == len(receipts) * PART
    assert stored(sandbox) == source.read_bytes()
    assert len(repeated(sent_parts(sandbox))) <= _PARALLEL * _KILLS
    assert not list(checkpoints.glob("*.journal"))
    assert not sandbox.uploads("test-bucket")


def test_a_kernel_that_gets_no_turn_is_killed(sandbox: Sandbox, tmp_path: Path, checkpoints: Path) -> None:
    """However long the helper is left alone, it sends no more than is on the wire at once: that is what may be lost."""
    sandbox.keys.put(Key(*KEY, permissions=_ONLY_PUT))
    sandbox.rate_bytes_per_second = 40 * PART
    source = make_file(tmp_path / "big.bin", _PARTS * PART)
    process = Process(tmp_path / "upload.py", sandbox, source, checkpoints, helper="always")
    until(lambda: len(sent_parts(sandbox)) > 5, "parts arrive")
    process.freeze()
    until(lambda: _stays_the_same(lambda: len(sent_parts(sandbox))), "the helper has done what it may")
    process.kill()
    lost = set(sent_parts(sandbox)) - set(journal_of(checkpoints).receipts)
    assert 1 <= len(lost) <= _PARALLEL
    sandbox.rate_bytes_per_second = None
    Process(tmp_path / "upload.py", sandbox, source, checkpoints).result()
    assert sorted(repeated(sent_parts(sandbox))) == sorted(lost)
    assert stored(sandbox) == source.read_bytes()


def _stays_the_same(count: Callable[[], int], seconds: float = 1.0) -> bool:
    """Whether a count is the same at the end of a time that is long for a helper and short for a test."""
    before = count()
    time.sleep(seconds)
    return count() == before


def test_killed_after_complete(sandbox: Sandbox, tmp_path: Path, checkpoints: Path) -> None:
    """Killed between the service's Complete and its reply, the next process finds the object and sends nothing."""
    source = make_file(tmp_path / "big.bin", 6 * PART)
    sandbox.faults.add(Fault("CompleteMultipartUpload", "delay", seconds=30))
    process = Process(tmp_path / "upload.py", sandbox, source, checkpoints)
    until(lambda: len(sent_parts(sandbox)) == 6 and not sandbox.uploads("test-bucket"), "the parts were joined")
    process.kill()
    assert journal_of(checkpoints).completing
    receipt = Process(tmp_path / "upload.py", sandbox, source, checkpoints).result()
    assert receipt["already_there"]
    assert len(sent_parts(sandbox)) == 6
    assert stored(sandbox) == source.read_bytes()
    assert not list(checkpoints.glob("*.journal"))
