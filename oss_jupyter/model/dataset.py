"""A dataset: what it is made of, what is chosen of it, and what becomes of each of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

from oss_jupyter.errors import InputError
from oss_jupyter.model.given import word
from oss_jupyter.redact import quoted
from oss_jupyter.texts import tr


class Action(str, Enum):
    """What a plan does with a file; see `action_word`."""

    SEND = "send"
    SKIP = "skip"
    RESUME = "resume"
    CANNOT = "cannot"

    __str__ = str.__str__
    # So that totals["send"] finds it.
    __hash__ = str.__hash__


class Compare(str, Enum):
    """How a file is compared with the object that is there: by its bytes, by its size, or not at all."""

    CONTENT = "content"
    SIZE = "size"
    NONE = "none"

    __str__ = str.__str__


def parse_compare(value: object) -> Compare:
    """Return how files are compared; raises InputError."""
    try:
        return Compare(word(value))
    except ValueError:
        raise InputError(
            tr("compare={value} is not known.", value=quoted(value)),
            tr("Choose content, size or none."),
            code="UnknownCompare",
        ) from None


@dataclass(frozen=True)
class Piece:
    """A file, a folder, or a glob of a dataset. All paths are absolute, as the system spells them.

    path: the file; or the folder at which the walk begins, for a glob its fixed part. pattern: of a glob, below `path`,
    with / between its segments; "" otherwise. key: of a file, its key below the target's prefix; of a folder or a glob
    what is put before the path below `path`, "" or ending in /.
    """

    path: str
    key: str = ""
    pattern: str = ""
    is_file: bool = False


@dataclass(frozen=True)
class DatasetSource:
    """What a dataset is made of. text: how its user wrote it, for people."""

    pieces: tuple[Piece, ...]
    text: str

    @property
    def may_collide(self) -> bool:
        """Whether two of its files may get one key, so that all have to be known before the first is sent."""
        return len(self.pieces) > 1


@dataclass(frozen=True)
class Rule:
    """A pattern as in .gitignore, and whether it takes files in or leaves them out."""

    pattern: str
    takes_in: bool


@dataclass(frozen=True)
class Selection:
    """Which files of folders and globs count. rules: the last one that matches decides.

    hidden: names that begin with a dot, too. follow_links: symbolic links to folders are walked; those to files stand
    for the files they lead to in either case.
    """

    rules: tuple[Rule, ...] = ()
    hidden: bool = False
    follow_links: bool = False


class Trouble(str, Enum):
    """Why a file that was found cannot go up as it is; the values are keys of the texts."""

    NONE = ""
    NAME_NOT_UTF8 = "name_not_utf8"
    KEY_NOT_ALLOWED = "key_not_allowed"
    NOT_A_FILE = "not_a_file"
    UNREADABLE = "unreadable"
    VANISHED = "vanished"
    LINK_LOOP = "link_loop"
    TOO_LARGE = "too_large"
    NOT_MADE = "not_made"

    __str__ = str.__str__

    @property
    def code(self) -> str:
        """What it is called as a file's failure: ``LinkLoop``."""
        return "".join(word.capitalize() for word in self.value.split("_"))


@dataclass(frozen=True)
class FoundFile:
    """A file as the scan met it: key below the prefix, size in bytes, mtime in nanoseconds since the epoch.

    trouble: why it cannot be sent; detail: what the system said, for people; sizes and times are 0 then.
    """

    path: str
    key: str
    size: int = 0
    mtime_ns: int = 0
    trouble: Trouble = Trouble.NONE
    detail: str = ""

    @property
    def why(self) -> str:
        """Why it cannot be sent, as the reason of a plan's row."""
        return f"{self.trouble}: {self.detail}" if self.detail else str(self.trouble)

    @property
    def fingerprint(self) -> tuple[str, int, int]:
        """What its checksums are remembered by: path, size, mtime_ns."""
        return (self.path, self.size, self.mtime_ns)


@dataclass(frozen=True)
class Checksums:
    """Of a whole file: MD5 in upper-case hex ("" where it was not computed), CRC-64 (None likewise)."""

    md5: str = ""
    crc64: int | None = None


class Outcome(str, Enum):
    """What became of a file of a dataset."""

    SENT = "sent"
    KEPT = "kept"  # sent by an earlier run of the same job
    SKIPPED = "skipped"  # was there already
    FAILED = "failed"

    __str__ = str.__str__


@dataclass(frozen=True)
class FileReceipt:
    """What is known of one file of a dataset that has been dealt with. Sizes in bytes, seconds on the wire.

    outcome: "sent", "kept" (by an earlier run), "skipped" (was there already), or "failed" with the reason.
    """

    path: str
    key: str
    size: int
    mtime_ns: int
    outcome: Outcome
    etag: str = ""
    crc64: int | None = None
    md5: str = ""
    seconds: float = 0.0
    code: str = ""
    reason: str = ""


class Cell(IntEnum):
    """What the map shows of a file, or of the worst of some; three bits of a cell, the other five say how far it is."""

    WAITING = 0
    ON_THE_WIRE = 1
    DONE = 2
    KEPT = 3  # by an earlier run, or there already
    RETRYING = 4
    FAILED = 5


CELLS_MOST = 10_000
"""So many cells a map has at most; where there are more files, each cell stands for several."""
FILL_MOST = 31
"""How far a cell is when it is full; in between, a part of that."""


def cell(kind: Cell, fraction: float = 0.0) -> int:
    """Return the byte of a cell: its kind, and how far its files are, 0 to 1."""
    return int(kind) | (round(FILL_MOST * min(1.0, max(0.0, fraction))) << 3)


@dataclass(frozen=True)
class FailedFile:
    """A file that could not be sent: path and key as they can be shown, the error's code, and why in words.

    number: which file of the run it is, from 0, as the map counts them; -1 where that is not known. size: in bytes.
    """

    path: str
    key: str
    code: str
    reason: str
    number: int = -1
    size: int = 0


@dataclass(frozen=True)
class FileOnTheWire:
    """A file that is being sent: sizes in bytes. transfer_id: where it goes in parts, so that its map can be opened.

    number: as in FailedFile.
    """

    key: str
    size: int
    sent_bytes: int
    transfer_id: str = ""
    number: int = -1


@dataclass(frozen=True)
class FileNow:
    """A file that was looked for: its key and size in bytes, how it stands, and why it failed where it did.

    transfer_id: where it goes in parts, so that its map can be opened.
    """

    key: str
    cell: Cell
    size: int = 0
    reason: str = ""
    transfer_id: str = ""


@dataclass(frozen=True)
class FilesView:
    """The files of a dataset at one moment, as part of a Snapshot.

    total: files known by now; scanning: there may be more, so totals are "at least". sent, kept, skipped, failed: files
    that have come to an end, as in `Outcome`. skipped_bytes: of those. files_per_second: None while it would be a
    guess. listing: False where objects may not be listed, and so nothing is skipped by comparing. failures: the first
    of those that failed. on_the_wire: what is being sent, some of it. cells: a byte for each cell, see `cell`;
    files_per_cell: how many files each of them stands for.
    """

    total: int = 0
    scanning: bool = False
    sent: int = 0
    kept: int = 0
    skipped: int = 0
    failed: int = 0
    skipped_bytes: int = 0
    failed_bytes: int = 0
    files_per_second: float | None = None
    failures: tuple[FailedFile, ...] = ()
    on_the_wire: tuple[FileOnTheWire, ...] = ()
    cells: bytes = field(default=b"", repr=False)
    files_per_cell: int = 1

    @property
    def done(self) -> int:
        """Files that need nothing more: sent, kept and skipped."""
        return self.sent + self.kept + self.skipped

    @property
    def left(self) -> int:
        """Files known by now of which nothing has become yet."""
        return self.total - self.done - self.failed


def with_cells(view: FilesView, cells: Mapping[int, int]) -> FilesView:
    """Return the view with some cells replaced, by their places."""
    if not cells:
        return view
    changed = bytearray(view.cells)
    for place, value in cells.items():
        if place < len(changed):
            changed[place] = value
    return replace(view, cells=bytes(changed))
