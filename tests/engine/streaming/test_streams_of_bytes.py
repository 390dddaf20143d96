"""Streams of unknown length: cut into parts as they come, and carried on by running the cell again."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import SourceError, SourceMissing, SourceUnreadable
from oss_jupyter.model.states import State
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.objects.streamed import Streamed
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.text import progress_line

from ..kit import until

MIB = 1024 * 1024
KEYS = ("test-key-id", "test-key-secret")
TARGET = "oss://test-bucket/stream.bin"
KEY = "stream.bin"
LONG = 60.0
CONTENT = random.Random(7).randbytes(9 * MIB + 12_345)
# Two connections, and what lies on the disk beside them.
PIECES_MOST = 4


class Place:
    """A kernel's session, in which streams are uploaded."""

    def __init__(self, sandbox: Sandbox, checkpoints: Path) -> None:
        self.sandbox = sandbox
        self.checkpoints = checkpoints
        self.session = self.new_session()

    def new_session(self) -> Session:
        """Return the session of another kernel."""
        self.session = Session(
            OssJupyter(
                region="cn-hangzhou", endpoint=self.sandbox.endpoint, retries=2, helper="never",
                checkpoint_dir=str(self.checkpoints),
            )
        )  # fmt: skip
        return self.session

    def upload(self, chunks: Iterator[object], **arguments: object) -> Transfer:
        """Begin the upload of a stream, in parts of 1 MiB."""
        given = UploadArguments.of(part_size=MIB, parallel=2, **arguments)
        spec = self.session.streams.spec(Streamed(chunks, "a generator"), TARGET, given)
        return self.session.begin(spec, given)

    def stored(self) -> bytes:
        """What is in OSS."""
        return self.sandbox.object_path("test-bucket", KEY).read_bytes()

    def sent(self) -> list[int]:
        """The numbers of the parts that were sent since the last time."""
        numbers = [record.part_number for record in self.sandbox.requests if record.operation == "UploadPart"]
        self.sandbox.clear_requests()
        return sorted(number for number in numbers if number)


@pytest.fixture
def place(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Where streams are uploaded."""
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", KEYS[0])
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", KEYS[1])
    made = Place(sandbox, tmp_path / "checkpoints")
    yield made
    made.session.manager.pause_all(10.0)


def pieces(content: bytes = CONTENT, seed: int = 1) -> Iterator[bytes]:
    """Yield some bytes in pieces of all sizes, some of them empty."""
    cuts, at = random.Random(seed), 0
    while at < len(content):
        size = cuts.choice((0, 1, 1000, 70_000, 3 * MIB))
        yield content[at : at + size]
        at += size


class Tap:
    """A generator that gives so many bytes at first, and the rest when it is let."""

    def __init__(self, content: bytes, first_bytes: int) -> None:
        self.content, self.first_bytes = content, first_bytes
        self.opened = threading.Event()
        self.taken_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for at in range(0, len(self.content), 100_000):
            if at >= self.first_bytes:
                self.opened.wait(LONG)
            self.taken_bytes = at
            yield self.content[at : at + 100_000]


def test_what_comes_in_pieces_of_any_size_arrives(place: Place) -> None:
    """The object has the bytes in their order, its CRC-64 is proven, and nothing is left on the disk."""
    receipt = place.upload(pieces()).result(LONG)
    assert place.stored() == CONTENT
    assert receipt.size == len(CONTENT)
    assert receipt.parts == 10
    assert list(place.checkpoints.iterdir()) == []


@pytest.mark.parametrize("size", [1, MIB, MIB + 1], ids=["one byte", "one part", "one byte more"])
def test_short_streams(place: Place, size: int) -> None:
    """A stream that ends within its first part, or just behind it, is an upload like the others."""
    place.upload(iter([CONTENT[:size]])).result(LONG)
    assert place.stored() == CONTENT[:size]


def test_no_more_lies_on_the_disk_than_is_on_the_way(place: Place) -> None:
    """Whoever makes the stream waits while the line is slow: a few parts are on the disk, for their user only."""
    place.sandbox.faults.add(Fault("UploadPart", "delay", seconds=0.05, times=None))
    seen: list[int] = []
    modes: set[int] = set()

    def watched() -> Iterator[bytes]:
        for piece in pieces():
            files = [path for path in place.checkpoints.glob("*.stream-*/part-*") if path.exists()]
            seen.append(len(files))
            modes.update(path.parent.stat().st_mode & 0o777 for path in files if path.parent.exists())
            yield piece

    place.upload(watched()).result(LONG)
    assert 1 < max(seen) <= PIECES_MOST
    assert modes == {0o700}


def test_nobody_is_told_how_much_is_to_come(place: Place) -> None:
    """While a stream goes on its size is what is known by now: there is no percentage and no time left."""
    tap = Tap(CONTENT, 5 * MIB)
    transfer = place.upload(iter(tap))
    until(lambda: transfer.snapshot().parts_done == 5, "all that was cut is there")
    now = transfer.snapshot()
    assert (now.open_ended, now.fraction, now.left_seconds) == (True, 0.0, None)
    assert progress_line(now).startswith("5 MiB so far · waiting for what is to be sent")
    tap.opened.set()
    transfer.result(LONG)
    assert not transfer.snapshot().open_ended


def test_a_pause_lets_the_stream_wait(place: Place) -> None:
    """It goes on where it was when it is resumed, and nothing is sent twice."""
    tap = Tap(CONTENT, 5 * MIB)
    transfer = place.upload(iter(tap))
    until(lambda: transfer.snapshot().parts_done == 5, "all that was cut is there")
    transfer.pause()
    until(lambda: transfer.state is State.PAUSED, "it is paused")
    tap.opened.set()
    transfer.resume()
    transfer.result(LONG)
    assert place.stored() == CONTENT
    assert place.sent() == list(range(1, 11))


def test_the_cell_is_run_again_by_another_kernel(place: Place) -> None:
    """What is in OSS already and has the same bytes is not sent again."""
    first = place.upload(iter(Tap(CONTENT, 5 * MIB)))
    until(lambda: first.snapshot().parts_done == 5, "all that was cut is there")
    first.pause()
    until(lambda: first.state is State.PAUSED, "it is paused")
    before = place.sent()
    place.new_session()
    second = place.upload(pieces(seed=2))
    second.result(LONG)
    assert place.stored() == CONTENT
    assert place.sent() == [number for number in range(1, 11) if number not in before]


def test_other_bytes_are_sent_again(place: Place) -> None:
    """Only the parts that differ are: a stream may be another one when its cell is run again."""
    first = place.upload(iter(Tap(CONTENT, 5 * MIB)))
    until(lambda: first.snapshot().parts_done == 5, "all that was cut is there")
    first.pause()
    until(lambda: first.state is State.PAUSED, "it is paused")
    before = place.sent()
    other = CONTENT[: 2 * MIB] + b"other" + CONTENT[2 * MIB + 5 :]
    place.new_session()
    place.upload(pieces(other)).result(LONG)
    assert place.stored() == other
    assert place.sent() == sorted({3} | set(range(1, 11)) - set(before))


def test_a_shorter_stream_than_before(place: Place) -> None:
    """Parts of an earlier kernel beyond its end are of no object."""
    first = place.upload(iter(Tap(CONTENT, 5 * MIB)))
    until(lambda: first.snapshot().parts_done == 5, "all that was cut is there")
    first.pause()
    until(lambda: first.state is State.PAUSED, "it is paused")
    place.new_session()
    place.upload(pieces(CONTENT[: 2 * MIB])).result(LONG)
    assert place.stored() == CONTENT[: 2 * MIB]


def test_what_is_left_says_that_its_maker_is_gone(place: Place) -> None:
    """Another kernel shows how much is in OSS; resuming says what to do, and aborting removes all of it."""
    first = place.upload(iter(Tap(CONTENT, 5 * MIB)))
    until(lambda: first.snapshot().parts_done == 5, "all that was cut is there")
    first.pause()
    until(lambda: first.state is State.PAUSED, "it is paused")
    (left,) = place.new_session().transfers()
    now = left.snapshot()
    assert (left.state, now.source, now.upload_id) == (State.INTERRUPTED, "a generator", first.snapshot().upload_id)
    assert now.kept_bytes >= 4 * MIB
    left.resume()
    with pytest.raises(SourceMissing) as gone:
        left.result(LONG)
    assert gone.value.code == "StreamGone"
    assert "Run the cell again" in gone.value.advice
    assert "kept" in gone.value.safe
    left.abort()
    until(lambda: left.state is State.ABORTED, "it is aborted")
    assert place.sandbox.uploads("test-bucket") == ()
    assert list(place.checkpoints.iterdir()) == []


def test_a_generator_that_fails(place: Place) -> None:
    """What it said is told without secrets, the parts are kept, and a mended one carries on."""

    begun: list[Transfer] = []

    def fails() -> Iterator[bytes]:
        yield CONTENT[: 3 * MIB]
        until(lambda: begun and begun[0].snapshot().parts_done == 3, "all that was cut is there")
        raise RuntimeError("no row 7 at https://user:secret@host/x?Signature=abcdefgh1234567890")

    transfer = place.upload(fails())
    begun.append(transfer)
    with pytest.raises(SourceError) as failed:
        transfer.result(LONG)
    assert failed.value.code == "StreamFailed"
    assert "RuntimeError: no row 7" in failed.value.what
    assert "secret" not in str(failed.value)
    assert "abcdefgh" not in str(failed.value)
    assert place.sent() == [1, 2, 3]
    place.upload(pieces()).result(LONG)
    assert place.stored() == CONTENT
    assert place.sent() == list(range(4, 11))


@pytest.mark.parametrize(("given", "said"), [("text", "text"), (7, "int"), ([1], "list")])
def test_what_is_no_bytes_is_refused(place: Place, given: object, said: str) -> None:
    """The error names what came, and how it becomes bytes."""
    with pytest.raises(SourceUnreadable, match=said):
        place.upload(iter([b"first", given])).result(LONG)


def test_nothing_came(place: Place) -> None:
    """A stream without a byte makes no object, and leaves no upload id."""
    transfer = place.upload(iter([b"", b""]))
    with pytest.raises(SourceError, match="gave no bytes"):
        transfer.result(LONG)
    transfer.abort()
    until(lambda: transfer.state is State.ABORTED, "it is aborted")
    assert place.sandbox.uploads("test-bucket") == ()


def test_an_abort_ends_the_generator(place: Place) -> None:
    """It is closed, its pieces and its parts are gone."""
    closed = threading.Event()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                yield os.urandom(100_000)
        finally:
            closed.set()

    transfer = place.upload(endless())
    until(lambda: transfer.snapshot().parts_done >= 3, "some parts are there")
    transfer.abort()
    until(lambda: transfer.state is State.ABORTED, "it is aborted")
    assert closed.wait(LONG)
    assert place.sandbox.uploads("test-bucket") == ()
    until(lambda: not list(place.checkpoints.iterdir()), "nothing is left")


def test_the_same_cell_while_it_runs(place: Place) -> None:
    """It attaches to the upload that runs: the new generator is not begun, the old one goes on."""
    tap = Tap(CONTENT, 3 * MIB)
    transfer = place.upload(iter(tap))
    until(lambda: transfer.snapshot().parts_done >= 2, "some parts are there")
    begun: list[int] = []

    def other() -> Iterator[bytes]:
        begun.append(1)
        yield b"other"

    assert place.upload(other()) is transfer
    tap.opened.set()
    transfer.result(LONG)
    assert place.stored() == CONTENT
    assert not begun


def test_parts_that_fail_are_sent_from_the_disk_again(place: Place) -> None:
    """A retry needs no generator: the piece lies there until it is in OSS."""
    place.sandbox.faults.add(Fault("UploadPart", times=3, code="InternalError", status=500))
    place.upload(pieces()).result(LONG)
    assert place.stored() == CONTENT


def test_parts_that_the_service_has_lost(place: Place) -> None:
    """What only came once cannot be sent again: that is said, and the cell can be run again."""
    tap = Tap(CONTENT, 5 * MIB)
    transfer = place.upload(iter(tap))
    until(lambda: transfer.snapshot().parts_done == 5, "all that was cut is there")
    transfer.pause()
    until(lambda: transfer.state is State.PAUSED, "it is paused")
    spec = coordinator_of(transfer).spec
    assert spec.control.abort(spec.target, transfer.snapshot().upload_id)
    tap.opened.set()
    transfer.resume()
    with pytest.raises(SourceError) as gone:
        transfer.result(LONG)
    assert gone.value.code == "PartsGone"
    place.upload(pieces()).result(LONG)
    assert place.stored() == CONTENT
