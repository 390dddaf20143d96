"""An object is the file as it was at one moment, whoever writes to the file meanwhile, or nothing is completed."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oss_jupyter.errors import InputError, SourceChanged, SourceUnreadable
from oss_jupyter.local.read_again import read_again
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.wire_values import RangeRequest

from .changes import HARMLESS, NewKernel, fail_at, flip, flip_unseen, only_object, touch, upload
from .fakes import Service
from .kit import LONG_SECONDS, PART, Kernel, journal_of, make_file

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")


@pytest.fixture
def mapped(source: Path) -> Iterator[mmap.mmap]:
    """The source as a shared map whose descriptor is closed, with every page dirty: its mtime moves no more."""
    with source.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    for offset in range(0, len(memory), mmap.PAGESIZE):
        memory[offset] = memory[offset]
    with memory:
        yield memory


@linux
def test_a_memory_map_written_meanwhile(service: Service, kernel: Kernel, source: Path, mapped: mmap.mmap) -> None:
    """Pages that change after they were sent are found and sent again, although no time of the file moves."""

    def write() -> None:
        for offset in range(0, len(mapped), PART):
            mapped[offset] ^= 1

    service.after["part 7"].append(write)
    receipt = upload(kernel, service, source)
    assert only_object(service) == source.read_bytes()
    assert receipt.proven == Proven.ALL
    assert service.sent[:12] == list(range(1, 13))
    assert sorted(service.sent[12:]) == list(range(1, 8))


@linux
def test_who_is_told_of_a_writer(service: Service, kernel: Kernel, source: Path) -> None:
    """A note says why all is read again where somebody merely has the file open for writing."""
    with source.open("r+b"):
        transfer = kernel.upload(source, control=service, send_part=service.send_part)
        assert transfer.result(LONG_SECONDS).proven == Proven.ALL
    assert any("open for writing" in note for note in transfer.snapshot().notes)


@linux
def test_never_the_same_twice(service: Service, kernel: Kernel, source: Path, mapped: mmap.mmap) -> None:
    """A file that is written without end is given up after some readings, in true words, and nothing is completed."""

    def reading_late(request: RangeRequest, gauge: Gauge) -> int:
        mapped[request.offset] ^= 1
        return read_again(request, gauge)

    transfer = kernel.upload(source, control=service, send_part=service.send_part, read_again=reading_late)
    with pytest.raises(SourceChanged) as changed:
        transfer.result(LONG_SECONDS)
    assert "open for writing" in changed.value.what
    assert "copy" in changed.value.advice
    assert service.calls_of("complete") == 0
    assert not service.objects


def test_written_while_it_is_sent(service: Service, kernel: Kernel, source: Path) -> None:
    """Parts that were sent before the file was written over are sent again; the object is the new file."""
    service.after["part 5"].append(lambda: flip(source, 0, 4 * PART, 11 * PART))
    receipt = upload(kernel, service, source)
    assert only_object(service) == source.read_bytes()
    assert receipt.proven == Proven.ALL
    assert sorted(service.sent) == sorted([*range(1, 13), 1, 5])


def test_written_behind_its_times(service: Service, kernel: Kernel, source: Path) -> None:
    """Whoever gives a file its mtime back cannot hide the ctime."""
    service.after["part 5"].append(lambda: flip_unseen(source, 0))
    upload(kernel, service, source)
    assert only_object(service) == source.read_bytes()


@pytest.mark.parametrize("change", HARMLESS)
def test_the_same_bytes_go_on(service: Service, kernel: Kernel, source: Path, change: Callable[[Path], None]) -> None:
    """Another inode, mtime or ctime in the middle is a reason to compare, and equal bytes are not sent again."""
    service.after["part 5"].append(lambda: change(source))
    receipt = upload(kernel, service, source)
    assert receipt.proven == Proven.ALL
    assert service.sent == list(range(1, 13))
    assert only_object(service) == source.read_bytes()


def test_the_journal_follows(service: Service, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """When the object is put together the checkpoint knows the file as it is now."""
    seen = []
    service.after["part 5"].append(lambda: touch(source))
    service.script["complete"].append(lambda: seen.append(journal_of(checkpoints)))
    upload(kernel, service, source)
    assert seen[0].header.fingerprint.mtime_ns == source.stat().st_mtime_ns
    assert len(seen[0].receipts) == 12


@pytest.mark.parametrize("size", [3 * PART, PART // 2, 0])
def test_all(service: Service, kernel: Kernel, tmp_path: Path, size: int) -> None:
    """With `all` every byte is read again, of files of many parts, of one, and of none."""
    source = make_file(tmp_path / "file", size)
    read = []

    def counted(request: RangeRequest, gauge: Gauge) -> int:
        read.append(request.length)
        return read_again(request, gauge)

    assert upload(kernel, service, source, prove="all", read_again=counted).proven == Proven.ALL
    assert sum(read) == size
    assert only_object(service) == source.read_bytes()


def test_what_is_read_in_the_end_is_not_read_before(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """With `all` the parts that are kept are read once, after the sending, and not twice."""
    fail_at(new_kernel(), service, source, 9)
    read = []

    def counted(request: RangeRequest, gauge: Gauge) -> int:
        read.append(request.length)
        return read_again(request, gauge)

    upload(new_kernel(), service, source, prove="all", read_again=counted)
    assert sum(read) == source.stat().st_size


def test_nothing_is_read_again_without_a_reason(service: Service, kernel: Kernel, source: Path) -> None:
    """An upload in one run of a file that nobody touches costs no second reading."""

    def forbidden(request: RangeRequest, gauge: Gauge) -> int:
        raise SourceUnreadable("There is no reason to read again.")

    assert upload(kernel, service, source, read_again=forbidden).proven == Proven.SENT


def test_a_word_that_is_not_known(kernel: Kernel, source: Path) -> None:
    """Another word is refused before anything is sent, with those that are known."""
    with pytest.raises(InputError, match="prove='some'") as refused:
        kernel.spec(source, prove="some")
    assert "kept, all, none" in refused.value.advice


@linux
def test_one_part_that_is_mapped(service: Service, kernel: Kernel, tmp_path: Path) -> None:
    """A small file is refused where it changes on its way, and read again where somebody may write to it."""
    source = make_file(tmp_path / "small", PART // 2)
    with source.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[0] = memory[0]

        def write() -> None:
            memory[0] ^= 1

        service.script["part 1"].append(write)
        service.after["part 1"].append(write)
        receipt = upload(kernel, service, source)
    assert service.calls_of("part 1") == 3
    assert receipt.proven == Proven.ALL
    assert only_object(service) == source.read_bytes()


def test_one_part_that_is_written_over(service: Service, kernel: Kernel, tmp_path: Path) -> None:
    """A small file that is written just after it was read is sent once more."""
    source = make_file(tmp_path / "small", PART // 2)
    service.after["part 1"].append(lambda: flip(source, 0))
    upload(kernel, service, source)
    assert service.sent == [1, 1]
    assert only_object(service) == source.read_bytes()


def test_one_part_that_grows(service: Service, kernel: Kernel, tmp_path: Path) -> None:
    """A small file that grew while its PutObject went out: the message owns up to the object that is there now."""
    source = make_file(tmp_path / "small", PART // 2)

    def grow() -> None:
        with source.open("ab") as file:
            file.write(b"more")

    service.after["part 1"].append(grow)
    with pytest.raises(SourceChanged) as changed:
        upload(kernel, service, source)
    assert "grew" in changed.value.what
    assert "earlier moment" in changed.value.what
    assert only_object(service) == source.read_bytes()[: PART // 2]


@linux
def test_empty_for_now(service: Service, kernel: Kernel, tmp_path: Path) -> None:
    """A file that is empty because it was not closed yet replaces nothing; closed, it is sent."""
    source = tmp_path / "results.csv"
    with source.open("w") as file:
        file.write("not on the disk yet")
        with pytest.raises(SourceChanged) as changed:
            upload(kernel, service, source)
        assert "close()" in changed.value.advice
        assert not service.objects
    upload(kernel, service, source)
    assert only_object(service) == b"not on the disk yet"


def test_another_file_in_its_place(service: Service, kernel: Kernel, source: Path) -> None:
    """A file that is replaced by one of the same size, as careful writers do, is sent as the new one."""

    def put_another() -> None:
        make_file(source.with_name("new"), source.stat().st_size, seed=2).replace(source)

    service.after["part 5"].append(put_another)
    upload(kernel, service, source)
    assert only_object(service) == source.read_bytes()


def test_a_log_that_grows(service: Service, kernel: Kernel, source: Path) -> None:
    """What grows while it is sent is refused with both sizes, and with what to do about one that never ends."""

    def grow() -> None:
        with source.open("ab") as file:
            file.write(b"one more line\n")

    service.after["part 5"].append(grow)
    before = source.stat().st_size
    with pytest.raises(SourceChanged, match="grew while it was being sent") as changed:
        upload(kernel, service, source)
    assert f"{before:,} bytes" in changed.value.what
    assert f"{before + 14:,} bytes" in changed.value.what
    assert "copy the file" in changed.value.advice
    assert service.calls_of("complete") == 0
