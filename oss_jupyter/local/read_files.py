"""Reading the journal of a dataset's files: what is remembered, what it comes to, and single files of it.

The file is read in blocks and never held as a whole. A line that cannot be believed is counted and left out.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from oss_jupyter.errors import CheckpointDamaged, CheckpointNotWritable, OssJupyterError
from oss_jupyter.local.files import open_own
from oss_jupyter.model.dataset import FileReceipt, Outcome
from oss_jupyter.model.file_lines import (
    LINE_MAX_BYTES,
    OUTCOMES,
    WHOLE,
    Root,
    check_first,
    check_run,
    digest_of,
    entry_of,
    etag_of,
    is_file,
    receipt_of_entry,
    root_of_entry,
    starts_of,
    totals_of,
)
from oss_jupyter.model.remembered import FilesTally, Remembered, RememberedFile, Tally
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words

# What 30,000,000 files take: what is larger is something else.
FILES_MAX_BYTES = 4 * 1024**3
_BLOCK_BYTES = 1024 * 1024
# A line has about so many bytes; room for so many files at once is made before they are counted.
_LINE_BYTES, _EXPECTED_MOST = 100, 1_000_000


class KeptFiles:
    """What the journal of a dataset's files said when it was read. One thread at a time enters it.

    path: where it was read. tally: what it comes to.
    """

    def __init__(self, path: Path, remembered: Remembered, tally: FilesTally) -> None:
        self.path = path
        self.tally = tally
        self._remembered = remembered

    def __repr__(self) -> str:
        return f"KeptFiles({len(self._remembered)} files)"

    def __len__(self) -> int:
        return len(self._remembered)

    @property
    def memory_bytes(self) -> int:
        """The memory that it takes."""
        return self._remembered.memory_bytes

    def get(self, key: str, path: str) -> RememberedFile | None:
        """Return what is remembered of a file, or None."""
        return self._remembered.get(key, path)

    def receipt(self, key: str, path: str) -> FileReceipt | None:
        """Return what counts when a file is compared: size, mtime, checksums and ETag, and how it came to its end.

        Only an ETag that is not the MD5 is read from the disk, and is "" where that cannot be read any more.
        """
        known = self._remembered.get(key, path)
        if known is None:
            return None
        sums = known.checksums
        etag = sums.md5 if known.etag_place < 0 else self._etag_at(known.etag_place)
        return FileReceipt(path, key, known.size, known.mtime_ns, known.outcome, etag, sums.crc64, sums.md5)

    def receipts(self, *outcomes: Outcome) -> Iterator[FileReceipt]:
        """Yield the receipts of all files, or of those with some outcomes, read from the disk one by one.

        Raises as `read_files` does.
        """
        wanted = outcomes or tuple(Outcome)
        with _opened(self.path) as file:
            roots, starts = _Roots(file), starts_of(wanted)
            for place, line in _lines(file):
                if not line.startswith(starts):  # a few that failed among many: the others need not be read
                    continue
                entry = entry_of(line)
                named = roots.names(entry) if is_file(entry) else None
                outcome = self._remembered.outcome_at(named[1], place) if named else None
                if named and outcome in wanted:
                    yield receipt_of_entry(entry, *named, outcome)

    def _etag_at(self, place: int) -> str:
        with suppress(OSError, OssJupyterError), _opened(self.path) as file:
            file.seek(place)
            entry = entry_of(file.readline(LINE_MAX_BYTES)[:-1])
            if is_file(entry) and (digest := digest_of(entry)) is not None:
                return etag_of(entry, digest) or ""
        return ""


def read_files(path: Path) -> KeptFiles:
    """Return what is remembered of a dataset's files; nothing where there is no file.

    Raises CheckpointForeign, CheckpointTooNew, CheckpointDamaged, CheckpointNotWritable (cannot be read), Shortage.
    """
    remembered = Remembered()
    try:
        with _opened(path) as file:
            lines = os.fstat(file.fileno()).st_size // _LINE_BYTES
            remembered = Remembered(min(lines, _EXPECTED_MOST))
            return KeptFiles(path, remembered, _load(file, remembered))
    except FileNotFoundError:
        return KeptFiles(path, remembered, FilesTally())


def search_files(path: Path, text: str, most: int) -> list[FileReceipt]:
    """Return files with `text` in their path or key, the latest first, `most` at the most. Upper and lower case match.

    Raises as `read_files` does.
    """
    found: dict[str, FileReceipt] = {}
    wanted = text.casefold()
    try:
        with _opened(path) as file:
            for receipt in _backwards(file, wanted):
                if len(found) >= most:
                    break
                if wanted in receipt.key.casefold() or wanted in receipt.path.casefold():
                    found.setdefault(receipt.key, receipt)
    except FileNotFoundError:
        pass
    return list(found.values())


def check_format(path: Path) -> None:
    """Raise as `read_files` does where the first line cannot be used, and FileNotFoundError where there is no file."""
    with _opened(path) as file:
        check_first(file.readline(LINE_MAX_BYTES).removesuffix(b"\n"))


class _Roots:
    """The roots that a file names, read when one is asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._known: dict[int, Root | None] = {0: WHOLE}

    def names(self, entry: Any) -> tuple[str, str] | None:
        """Return path and key of a file's line, or None where they cannot be told."""
        place = entry[1]
        if place not in self._known:
            self._known[place] = self._read(place)
        root = self._known[place]
        try:
            return None if root is None else root.names(entry[2])
        except ValueError:
            return None

    def _read(self, place: int) -> Root | None:
        before = self._file.tell()
        self._file.seek(place)
        line = self._file.readline(LINE_MAX_BYTES)
        self._file.seek(before)
        return root_of_entry(entry_of(line[:-1]))


def _load(file: BinaryIO, remembered: Remembered) -> FilesTally:
    roots, total, damaged, place = _Roots(file), None, 0, -1
    for place, line in _lines(file):
        if place == 0:
            check_first(line)
            continue
        entry = entry_of(line)
        if is_file(entry):
            named, digest = roots.names(entry), digest_of(entry)
            if named is None or digest is None:
                damaged += 1
            else:
                remembered.put(named[1], named[0], entry, digest, place)
        elif (totals := totals_of(entry)) is not None:
            total = Tally(*totals)
        elif check_run(entry):
            remembered.begin_run()
        elif root_of_entry(entry) is None:
            damaged += 1
    if place < 0:
        check_first(b"")
    return FilesTally(remembered.by_outcome(), total, damaged, _is_torn(file))


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each line with the place at which it begins, and not what has no end."""
    place, rest = 0, b""
    while block := file.read(_BLOCK_BYTES):
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield place, line
            place += len(line) + 1
        if len(rest) > LINE_MAX_BYTES:  # what follows of it is no line either
            place += len(rest)
            rest = b""


def _backwards(file: BinaryIO, wanted: str) -> Iterator[FileReceipt]:
    """Yield the receipts of lines that may hold a text, from the last to the first."""
    roots, earlier = _Roots(file), False
    needle = _needle(wanted)
    for line in _lines_backwards(file):
        if line.startswith(b'{"files":'):
            earlier = True
        elif needle in line.lower():
            entry = entry_of(line)
            named = roots.names(entry) if is_file(entry) else None
            if named is not None:
                outcome = OUTCOMES[entry[0]]
                yield receipt_of_entry(entry, *named, Outcome.KEPT if earlier and outcome is Outcome.SENT else outcome)


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    end, rest = file.seek(0, os.SEEK_END), b""
    while end > 0:
        start = max(0, end - _BLOCK_BYTES)
        file.seek(start)
        rest, *lines = (file.read(end - start) + rest).split(b"\n")
        yield from reversed(lines)
        if len(rest) > LINE_MAX_BYTES:
            rest = b""
        end = start
    yield rest


def _needle(wanted: str) -> bytes:
    """Return what a line must hold, in lower case, to name a file with a text: a root has the rest of it."""
    name = wanted.rpartition("/")[2]
    return json.dumps(name)[1:-1].encode("ascii") if name.isascii() and "\\" not in name else b""


def _is_torn(file: BinaryIO) -> bool:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 1))
    return file.read(1) not in (b"\n", b"")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
            if os.fstat(file.fileno()).st_size > FILES_MAX_BYTES:
                raise CheckpointDamaged(
                    tr("{path} is too large to be a list of a dataset's files.", path=path),
                    tr("It is set aside when the upload is run again."),
                    safe=tr("What was sent is in OSS."),
                )
            yield file
    except FileNotFoundError:
        raise
    except OSError as error:
        raise shortage_of(error) or CheckpointNotWritable(
            tr("{path} cannot be read: {reason}.", path=path, reason=system_words(error)),
            tr("Allow it: !chmod u+rw {path}", path=shlex.quote(str(path))),
        ) from error
