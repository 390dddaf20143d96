"""Streams that are not as they should be: each is refused in words, or goes up whole; never in part and in silence."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import InputError, OssJupyterError, SourceError
from oss_jupyter.sandbox import Fault, Sandbox
from tests.engine.kit import until
from tests.notebook.conftest import Shell
from tests.notebook.kernels import Kernel

np: Any = importlib.import_module("numpy")
MIB = 1024 * 1024
TARGET = "oss://test-bucket/s.bin"
LONG = 60.0


def _stored(service: Sandbox, key: str = "s.bin") -> bytes:
    return service.object_path("test-bucket", key).read_bytes()


def _left(place: Path) -> list[Path]:
    return [
        path
        for path in place.parent.joinpath("state", "checkpoints").rglob("*")
        if path.is_file() or ".stream-" in path.name
    ]


@pytest.mark.parametrize("make", [lambda: (b"%d" % number for number in range(10)), lambda: map(bytes, [[48], [49]])])
def test_what_was_refused_loses_nothing(service: Sandbox, shell: Shell, make: Callable[[], Iterator[bytes]]) -> None:
    """The first item was looked at when the target was wrong; it is there when the same stream is given once more."""
    whole = b"".join(make())
    stream = make()
    with pytest.raises(InputError):
        oj.upload(stream, "oss://NO BUCKET/key")
    oj.upload(stream, TARGET).result(LONG)
    assert _stored(service) == whole


def _process() -> Any:
    return subprocess.Popen([sys.executable, "-c", "print('x' * 3000000, end='')"], stdout=subprocess.PIPE)


@pytest.mark.parametrize("make", [lambda: iter([b"x" * 1000] * 3000), _process], ids=["iterator", "process"])
def test_the_same_stream_twice(service: Sandbox, shell: Shell, make: Callable[[], Any]) -> None:
    """Two that read one stream would each get a part of it: the second is refused, and the first is whole."""
    service.faults.add(Fault("UploadPart", "delay", seconds=0.5, times=None))
    stream = make()
    first = oj.upload(stream, TARGET, part_size="1MiB")
    until(lambda: first.snapshot().total_bytes > 0, "it is read")
    for again in (stream, getattr(stream, "stdout", stream)):
        with pytest.raises(InputError, match="was given to an upload before") as refused:
            oj.upload(again, "oss://test-bucket/other")
    assert refused.value.safe == "Nothing was sent."
    first.result(LONG)
    assert _stored(service) == b"x" * 3_000_000
    with pytest.raises(InputError, match="before"):
        oj.upload(stream, TARGET)


def test_two_that_wait_for_one_stream(service: Sandbox, shell: Shell) -> None:
    """Nobody has read it yet, so both may wait; the second fails when its turn comes, with nothing in OSS."""
    stream = iter([b"x" * MIB])
    oj.settings().uploads_at_once = 1
    service.faults.add(Fault("UploadPart", "delay", seconds=1.0, times=1))
    oj.upload(iter([b"first"]), "oss://test-bucket/first")
    one, other = oj.upload(stream, TARGET), oj.upload(stream, "oss://test-bucket/other")
    one.result(LONG)
    with pytest.raises(OssJupyterError, match="was given to an upload before"):
        other.result(LONG)
    assert _stored(service) == b"x" * MIB


def test_one_that_is_running(service: Sandbox, shell: Shell) -> None:
    """A generator that another thread is in cannot be read: that is said before anything is sent."""
    go = threading.Event()

    def slow() -> Iterator[bytes]:
        go.wait(LONG)
        yield b"x"

    running = slow()
    thread = threading.Thread(target=lambda: next(running))
    thread.start()
    until(lambda: running.gi_running, "it runs")  # type: ignore[attr-defined]
    with pytest.raises(InputError, match=r"slow\(\) is running already"):
        oj.upload(running, TARGET)
    go.set()
    thread.join()


@pytest.mark.parametrize(
    ("items", "said", "code"),
    [
        ([], "gives nothing: it is empty, or was read to its end", "NothingGiven"),
        (["a,b\n", "1,2\n"], "gives text, and not bytes", "GivesText"),
        ([None, b"x"], "gave a value of type NoneType, and not bytes", "SourceUnreadable"),
        ([b"x", None], "gave a value of type NoneType, and not bytes", "SourceUnreadable"),
        ([np.array(["2024-01-01"], dtype="M8[D]")], "gave a value of type ndarray, and not bytes", "SourceUnreadable"),
        ([b"", b""], "gave no bytes", "NothingGiven"),
    ],
)
def test_what_gives_no_bytes(service: Sandbox, shell: Shell, items: list[Any], said: str, code: str) -> None:
    """The error names what came; the first item counts like the others."""
    with pytest.raises(OssJupyterError, match=said) as refused:
        oj.upload(iter(items), TARGET).result(LONG)
    assert refused.value.code == code


def test_views_of_whatever_lies_in_memory(service: Sandbox, shell: Shell) -> None:
    """Items of several bytes, arrays without any, and views with gaps: their bytes, in their order."""
    table = np.arange(12, dtype="<u4").reshape(3, 4)
    given = [
        memoryview(table),
        np.empty((0, 3)),
        table[:, ::2],
        np.asfortranarray(table),
        bytearray(b"end"),
        table[0, 0],
    ]
    oj.upload(iter(given), TARGET).result(LONG)
    assert _stored(service) == b"".join(
        np.asarray(one).tobytes() if one is not given[4] else bytes(one) for one in given
    )
    oj.upload(memoryview(table[:, ::2]), "oss://test-bucket/v").result(LONG)
    assert _stored(service, "v") == table[:, ::2].tobytes()


def test_an_error_of_the_systems_in_the_producer(service: Sandbox, shell: Shell, place: Path) -> None:
    """A file that the producer misses is not the disk of the parts; its pieces go, for nobody will ask for them."""

    def rows() -> Iterator[bytes]:
        yield b"x" * 3 * MIB
        yield (place / "not there").read_bytes()

    transfer = oj.upload(rows(), TARGET, part_size="1MiB")
    with pytest.raises(SourceError, match=r"came to an end with FileNotFoundError") as failed:
        transfer.result(LONG)
    assert failed.value.code == "StreamFailed"
    assert not transfer.snapshot().resumable
    assert failed.value.safe == "Nothing of it is confirmed in OSS." or "of it in OSS are kept." in failed.value.safe
    assert [path.suffix for path in _left(place) if path.suffix != ".lock"] == [".journal"]
    assert "Left alone: rows()" in shell.ok("%oss_uploads resume all").text


def test_it_does_not_hold_two_chunks(service: Sandbox, shell: Shell) -> None:
    """A chunk may be as large as memory allows: it is let go of before the next one is made."""
    alive: list[int] = []

    class Chunk(bytearray):
        def __init__(self, size: int) -> None:
            super().__init__(size)
            alive.append(1)

        def __del__(self) -> None:
            alive.pop()

    seen: list[int] = []

    def chunks() -> Iterator[bytearray]:
        for size in (3 * MIB, 5 * MIB // 2, 3 * MIB):
            seen.append(len(alive))
            yield Chunk(size)

    oj.upload(chunks(), TARGET, part_size="1MiB").result(LONG)
    assert seen == [0, 0, 0]
    assert len(_stored(service)) == 17 * MIB // 2


def test_an_abort_while_nothing_comes(service: Sandbox, shell: Shell, place: Path) -> None:
    """The producer may never come back: the abort is there at once, nothing is left, and no more is read of it."""
    asked, come = threading.Event(), threading.Event()
    given: list[int] = []
    threads: list[threading.Thread] = []

    def rows() -> Iterator[bytes]:
        yield b"x" * 2 * MIB
        threads.append(threading.current_thread())
        asked.set()
        come.wait(LONG)
        for number in range(1000):
            given.append(number)
            yield b"y"

    transfer = oj.upload(rows(), TARGET, part_size="1MiB")
    assert asked.wait(LONG)
    begun_at = time.monotonic()
    transfer.abort()
    assert transfer.wait(LONG)
    assert time.monotonic() - begun_at < 10
    assert service.uploads("test-bucket") == ()
    assert not _left(place)
    come.set()
    until(lambda: not threads[0].is_alive(), "its thread has ended")
    assert given == [0]
    assert not _left(place)


_LIMITED = f"""
import resource
import oss_jupyter as oj
closed = []
def rows():
    try:
        while True:
            yield bytes(300_000)
    finally:
        closed.append(True)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
transfer = oj.upload(rows(), {TARGET!r}, part_size="4MiB")
try:
    transfer.result(60)
except oj.OssJupyterError as error:
    print(error.code, closed, oj.settings() and transfer.snapshot().resumable)
    print(error.what)
"""


def test_the_system_takes_no_more_of_a_part(service: Sandbox, place: Path) -> None:
    """The error has the numbers and says what to do, the producer is closed, and its pieces are gone."""
    done = subprocess.run([sys.executable, "-c", _LIMITED], capture_output=True, text=True, timeout=100)
    first, second = done.stdout.splitlines()
    assert first == "NoRoomForSpool [True] False", done.stdout + done.stderr
    assert "Parts of rows(), 4 MiB each, lie on the disk of" in second
    assert "File too large" in second
    assert "are free, of which" in second
    assert not [path for path in _left(place) if ".stream-" in str(path)]


def test_ctrl_c_while_a_cell_waits_for_its_first_bytes(
    new_kernel: Callable[..., Kernel], service: Sandbox, place: Path
) -> None:
    """The cell ends, and nothing was begun."""
    kernel = new_kernel()
    kernel.run(
        "%load_ext oss_jupyter\nimport time\n"
        "def rows():\n    print('waits', flush=True)\n    time.sleep(1000)\n    yield b'x'"
    )
    cell = kernel.begin(f"gen = rows()\n%oss_upload gen {TARGET}")
    kernel.until(lambda: "waits" in cell.text)
    kernel.interrupt()
    kernel.until(lambda: cell.idle)
    assert cell.error is not None
    assert cell.error["ename"] == "KeyboardInterrupt"
    assert not service.uploads("test-bucket")
    assert not _left(place)
