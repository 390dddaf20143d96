"""The journal of a dataset's files: a line for each at once, whole after every crash, short, and quickly read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.errors import CheckpointDamaged, CheckpointTooNew, TooManyFiles
from oss_jupyter.local.dataset_files import FilesJournal
from oss_jupyter.local.read_files import FILES_MAX_BYTES, read_files, search_files
from oss_jupyter.model.checked_line import checked_line
from oss_jupyter.model.dataset import Outcome
from oss_jupyter.model.remembered import Tally

from ..shortage import no_new_descriptors
from .dataset_kit import failed, receipt

MANY = 100_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal may lie, in a directory that does not exist yet."""
    return tmp_path / "checkpoints" / "k3v9x2qa.files"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of 100,000 files."""
    path = tmp_path_factory.mktemp("many") / "k3v9x2qa.files"
    write(path, *range(MANY))
    return path


def write(path: Path, *numbers: int) -> None:
    journal = FilesJournal(path)
    for number in numbers:
        journal.add(receipt(number))
    journal.close()


def sent(path: Path) -> set[int]:
    return {int(Path(one.key).stem) for one in read_files(path).receipts()}


def test_how_much_100_000_files_take(many: Path) -> None:
    """Less than 125 bytes a file on the disk and 80 in memory, and every one of them is found again."""
    kept = read_files(many)
    assert many.stat().st_size <= 12_000_000
    assert kept.tally.by_outcome[Outcome.SENT] == Tally(MANY, MANY * 20_480)
    assert (len(kept), kept.memory_bytes <= 80 * MANY) == (MANY, True)
    for number in (0, 1, MANY // 2, MANY - 1):
        one = receipt(number)
        assert kept.receipt(one.key, one.path) == replace(one, seconds=0)
    assert kept.receipt("raw/train/100000.jpg", "/data/set/train/100000.jpg") is None


def test_one_of_many_is_found_by_its_name(many: Path) -> None:
    """A piece of a path or a key in either case, wherever in the file it stands; the latest come first."""
    for number in (0, 1, MANY // 2, MANY - 1):
        one = receipt(number)
        for text in (f"{number:014}.JPG", one.key, one.path, f"/train/{number:014}"):
            assert search_files(many, text, 5) == [one]
    latest = [receipt(number) for number in range(MANY - 1, MANY - 4, -1)]
    assert search_files(many, "train/", 3) == latest
    assert search_files(many, "", 3) == latest
    assert search_files(many, receipt(0).md5[:8], 3) == []
    assert search_files(many.with_name("none.files"), "a", 3) == []


@pytest.mark.parametrize("name", ["É 数据.txt", 'quo"te\\.txt', "line\nbreak", "raw\udcff.bin", "😀.bin"])
def test_odd_names_are_found(path: Path, name: str) -> None:
    """Names that JSON writes in another way are found as people write them, and come back as they are."""
    one = replace(receipt(1), path=f"/data/set/{name}", key=f"raw/{name}")
    journal = FilesJournal(path)
    journal.add(one)
    journal.add(receipt(2))
    journal.close()
    assert search_files(path, name[1:], 5) == [one]
    assert search_files(path, name.lower(), 5) == [one]
    assert list(read_files(path).receipts()) == [one, receipt(2)]


def test_the_last_line_about_a_file_counts(path: Path) -> None:
    """One that failed and was sent later is sent, everywhere; what an earlier run sent is kept."""
    journal = FilesJournal(path)
    for one in (receipt(1), failed(2), failed(3), receipt(4, Outcome.SKIPPED)):
        journal.add(one)
    journal.total(5, 102_400)
    journal.close()
    assert list(read_files(path).receipts(Outcome.FAILED)) == [failed(2), failed(3)]
    journal = FilesJournal(path)
    journal.add(receipt(2))
    journal.close()
    kept = read_files(path)
    now = [receipt(1, Outcome.KEPT), failed(3), receipt(4, Outcome.SKIPPED), receipt(2)]
    assert list(kept.receipts()) == now
    assert list(kept.receipts(Outcome.SENT, Outcome.KEPT)) == [now[0], now[3]]
    assert sorted(search_files(path, "train", 9), key=lambda one: one.key) == sorted(now, key=lambda one: one.key)
    assert {outcome: tally.files for outcome, tally in kept.tally.by_outcome.items()} == dict.fromkeys(Outcome, 1)
    assert kept.tally.total == Tally(5, 102_400)


def test_an_etag_of_its_own(path: Path) -> None:
    """The ETag of an object made of parts is remembered, and read from the disk only when it is asked for."""
    one = replace(receipt(1), etag="0A1B2C-17", md5="", seconds=0)
    journal = FilesJournal(path)
    journal.add(one)
    journal.close()
    kept = read_files(path)
    assert kept.receipt(one.key, one.path) == one
    assert kept.receipt(one.key, "/elsewhere") is None
    path.unlink()
    assert kept.receipt(one.key, one.path) == replace(one, etag="")


def test_many_roots(path: Path) -> None:
    """Files of as many folders as one likes, in whatever order, and a mapping, come back."""
    mixed = [
        replace(receipt(number), path=f"/data/{number % 1100}/x/{number}", key=f"raw/{number % 1100}/{number}")
        for number in range(3300)
    ]
    mixed.append(replace(receipt(1), path="/data/one", key="raw/another"))
    journal = FilesJournal(path)
    for one in mixed:
        journal.add(one)
    journal.close()
    assert list(read_files(path).receipts()) == mixed


def test_damaged_anywhere(path: Path) -> None:
    """Wherever a byte is wrong, the files of lines that it does not touch still count, and nothing else appears."""
    write(path, 1, 2)
    journal = FilesJournal(path)
    journal.add(replace(receipt(3), path="/other/3", key="3"))
    journal.close()
    data = path.read_bytes()
    whole = {one.key for one in read_files(path).receipts()}
    lines = data.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines))]
    # Which lines each file needs: its own, and that of its root, which is looked up by its place.
    needs = {receipt(1).key: (2, 1), receipt(2).key: (3, 1), "3": (6, 5)}
    assert len(lines) == 7
    assert needs.keys() == whole
    for place in range(starts[1], len(data)):
        line = sum(start <= place for start in starts) - 1
        for flip in (0x01, 0x20, 0x80, data[place] ^ 10):
            if flip:
                path.write_bytes(data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :])
                hurt = {line, line + 1} if data[place] == 10 else {line}
                found = {one.key for one in read_files(path).receipts()}
                assert found == {key for key, (own, root) in needs.items() if own not in hurt and root != line}
    path.write_bytes(data)
    assert read_files(path).tally.damaged_lines == 0


@pytest.mark.parametrize("cut", [1, 5, 80])
def test_a_torn_line_is_taken_away(path: Path, cut: int) -> None:
    """A last line without its end is left out, and those that follow in the next run are whole."""
    write(path, 1, 2)
    os.truncate(path, path.stat().st_size - cut)
    assert read_files(path).tally.torn
    write(path, 3)
    assert sent(path) == {1, 3}
    assert (read_files(path).tally.damaged_lines, read_files(path).tally.torn) == (0, False)


_WRITER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from oss_jupyter.local.dataset_files import FilesJournal
from tests.local.dataset_kit import receipt

journal = FilesJournal(Path(sys.argv[2]))
for number in range(int(sys.argv[3]), int(sys.argv[4])):
    journal.add(receipt(number))
    os.write(1, b"%d\\n" % number)
journal.close()
"""


def writer(path: Path, first: int, end: int) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _WRITER, str(root), str(path), str(first), str(end)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_while_it_writes(path: Path) -> None:
    """After SIGKILL at any moment, every file whose line was written is there, and the next run goes on behind it."""
    told: set[int] = set()
    for kill in range(5):
        first = kill * 1_000_000
        with writer(path, first, first + 1_000_000) as process:
            assert process.stdout is not None
            for _ in range(50 + 333 * kill):
                told.add(int(process.stdout.readline()))
            process.kill()
            told |= {int(line) for line in process.stdout.read().split("\n")[:-1] if line}
        assert told <= sent(path)
        assert len(sent(path)) <= len(told) + kill + 1  # what was written and not told of, once for each kill
    assert read_files(path).tally.damaged_lines == 0


def test_two_processes_at_once(path: Path) -> None:
    """A helper that outlives its kernel for a moment damages nothing of the next one's, and the other way round."""
    write(path)
    writers = [writer(path, first, first + 2_000) for first in (0, 1_000_000)]
    for process in writers:
        process.communicate()
    assert sent(path) == {*range(2_000), *range(1_000_000, 1_002_000)}
    assert read_files(path).tally.damaged_lines == 0


class Clock:
    """Seconds that pass when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("how", ["removed", "replaced", "moved away", "removed with its directory", "a link"])
def test_gone_while_it_is_written(path: Path, how: str, tmp_path: Path) -> None:
    """Noticed within a second, and at the end, it is written anew with all that was in it; no link is followed."""
    clock = Clock()
    journal = FilesJournal(path, clock)
    private = tmp_path / "private"
    private.write_bytes(b"mine\n")
    for number in range(1, 5):
        if number % 2 == 0:
            if how == "moved away":
                path.rename(tmp_path / f"away-{number}")
            elif how == "removed with its directory":
                shutil.rmtree(path.parent)
            else:
                path.unlink()
            if how == "replaced":
                path.write_bytes(b"something else\n")
            elif how == "a link":
                path.symlink_to(private)
        journal.add(receipt(number))
        if number < 4:
            clock.now += 1
    journal.close()
    assert sent(path) == {1, 2, 3, 4}
    assert len(journal.remarks) == 2
    assert private.read_bytes() == b"mine\n"


_LIMITED = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from oss_jupyter.errors import CheckpointNotWritable
from oss_jupyter.local.dataset_files import FilesJournal
from tests.local.dataset_kit import receipt

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[2])
journal = FilesJournal(path)
full = int(sys.argv[3]) + path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
for number in range(1, 1000):
    try:
        journal.add(receipt(number))
    except CheckpointNotWritable as error:
        assert error.advice and str(path.parent) in error.what
        break
assert path.stat().st_size <= full
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.add(receipt(9_999))
journal.close()
print(number - 1)
"""


@pytest.mark.parametrize("room_bytes", [5, 100, 330, 700])
def test_a_full_disk(path: Path, room_bytes: int) -> None:
    """What did not fit, a root among it, leaves no half line behind; once there is room the journal goes on."""
    command = [sys.executable, "-c", _LIMITED, str(Path(__file__).parents[2]), str(path), str(room_bytes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert sent(path) == {*range(1, int(done.stdout) + 1), 9_999}
    assert read_files(path).tally.damaged_lines == 0


def test_without_a_descriptor(path: Path) -> None:
    """What is open is written further; what is not says of what there is too little."""
    journal = FilesJournal(path)
    with no_new_descriptors():
        journal.add(receipt(1))
        for strike in (read_files, FilesJournal, lambda one: search_files(one, "a", 1)):
            with pytest.raises(TooManyFiles):
                strike(path)
    journal.close()
    assert sent(path) == {1}


@pytest.mark.parametrize(
    ("first", "error"),
    [
        (checked_line(b'{"files":2}'), CheckpointTooNew),
        (checked_line(b'{"format":1}'), CheckpointDamaged),
        (b"nonsense\n", CheckpointDamaged),
        (b"", CheckpointDamaged),
        (b"\0" * 3_000_000, CheckpointDamaged),
    ],
)
def test_what_cannot_be_used(path: Path, first: bytes, error: type[Exception]) -> None:
    """A later format and what is no journal are refused by whoever reads or writes, and stay as they are."""
    path.parent.mkdir()
    path.write_bytes(first)
    for strike in (read_files, FilesJournal):
        with pytest.raises(error):
            strike(path)
    assert path.read_bytes() == first


def test_a_later_format_behind_an_earlier_one(path: Path) -> None:
    """A later version may go on with a journal: then it is refused as a whole."""
    write(path, 1)
    with path.open("ab") as file:
        file.write(checked_line(b'{"files":2}'))
    with pytest.raises(CheckpointTooNew):
        read_files(path)


def test_very_much_of_nothing_is_not_read(path: Path) -> None:
    """A file larger than any journal is refused before it is read; a line that has no end takes no memory."""
    write(path, 1)
    os.truncate(path, FILES_MAX_BYTES + 1)
    with pytest.raises(CheckpointDamaged, match="too large"):
        read_files(path)
    os.truncate(path, 64 * 1024 * 1024)
    assert sent(path) == {1}
    assert search_files(path, "", 2) == [receipt(1)]
