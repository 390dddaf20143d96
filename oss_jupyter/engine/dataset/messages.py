"""What kernel and worker of a dataset say to each other. Frozen values, pickled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from oss_jupyter.model.dataset import (
    Action,
    Checksums,
    Compare,
    DatasetSource,
    FailedFile,
    FileOnTheWire,
    FileReceipt,
    FoundFile,
    Selection,
)
from oss_jupyter.model.passed_over import PassedOver
from oss_jupyter.model.small_files import FileSent, FileSnagged, FilesRoute, FileToSend, SigningKeys
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import ObjectHead, ObjectPage

# What a task costs a scheduler is spread over so many files; what a worker that dies takes along is no more than that.
FILES_PER_TASK = 48


@dataclass(frozen=True)
class WorkerParts:
    """What a worker is made of: functions of other rooms, pickled by their names.

    scan: (source, selection, stopped, prefix) -> found files in the order of their keys. refuse_collisions: goes
    through them, and raises InputError where two have one key. checksums: (path, size, mtime_ns,
    wanted, stopped). send_files: (feed, route, dials). journal, remembered: open and read what is kept of each file.
    content_type: guesses it by the key. ended: takes each receipt, when it is written down.
    rest: called when the worker was stopped before its end.
    """

    scan: Callable[..., Iterator[FoundFile]]
    refuse_collisions: Callable[[Iterable[FoundFile]], None]
    checksums: Callable[..., Checksums]
    send_files: Callable[..., None]
    journal: Callable[..., Any]
    remembered: Callable[..., Any]
    content_type: Callable[..., str]
    ended: Callable[[FileReceipt], object] = id
    rest: Callable[[], object] = object


@dataclass(frozen=True)
class WorkerRequest:
    """What a worker does, until all is done or it is stopped.

    target: bucket and prefix. small_most_bytes: larger files are handed to the kernel. files_path: where it writes what
    becomes of each file, None: nowhere. receipts_path: what the last completed run has left. planned: by key below
    the prefix, size and mtime of the files that a plan has shown, and whether it skips them; others fail. only_failed:
    those files alone that failed before. only_plan: tell what would be done, and do nothing. width: connections, None:
    follow the line, up to width_most; granted: how many it may have at first. content_type: that of all files, "" to
    guess it for each. elsewhere: small files are not sent here, but handed to the kernel in blocks of files_per_task at
    most.
    """

    source: DatasetSource
    selection: Selection
    compare: Compare
    force: bool
    target: Target
    small_most_bytes: int
    parts: WorkerParts
    files_path: str | None = None
    receipts_path: str | None = None
    planned: Mapping[str, tuple[int, int, bool]] | None = None
    only_failed: bool = False
    only_plan: bool = False
    route: FilesRoute | None = None
    keys: SigningKeys | None = None
    width: int | None = None
    granted: int = 1
    width_most: int = 16
    content_type: str = ""
    content_encoded: bool = False
    elsewhere: bool = False
    files_per_task: int = FILES_PER_TASK


# From the worker to the kernel.


@dataclass(frozen=True)
class PageWanted:
    """A page of the objects whose keys come after this one, asked for by the thread that compares, which waits."""

    start_after: str


@dataclass(frozen=True)
class HeadWanted:
    """What HEAD says of an object, by its whole key, asked for while other files go on."""

    number: int
    key: str


@dataclass(frozen=True)
class Handed:
    """A file that the kernel sends as a transfer of its own: a large one, or one that met a snag.

    snag: what the lean lane met, for logs; "" for a large one.
    """

    file: FileToSend
    snag: str = ""


@dataclass(frozen=True)
class AllRefused:
    """Files from everywhere were refused like the last one that was handed over, and none was sent in between."""


@dataclass(frozen=True)
class Block:
    """Small files that the kernel signs and lets an executor send, as one task."""

    number: int
    files: tuple[FileToSend, ...]


@dataclass(frozen=True)
class Planned:
    """What would be done with some files, in the order of their keys: each with action and the key of a reason."""

    rows: tuple[tuple[FoundFile, Action, str], ...]


@dataclass(frozen=True)
class ScanEnded:
    """All files are known.

    passed_over: what the scan left out. no_files: what was met and is no file. may_list, may_look: whether objects may
    be listed, and looked at by HEAD; True, too, where nobody had to.
    """

    passed_over: PassedOver | None
    no_files: tuple[FoundFile, ...]
    may_list: bool
    may_look: bool


@dataclass(frozen=True)
class Counts:
    """What has become of the files that the worker deals with itself, by now. Handed ones count in the totals alone."""

    total: int = 0
    total_bytes: int = 0
    sent: int = 0
    sent_bytes: int = 0
    kept: int = 0
    kept_bytes: int = 0
    skipped: int = 0
    skipped_bytes: int = 0
    failed: int = 0
    failed_bytes: int = 0


@dataclass(frozen=True)
class Progress:
    """How far the worker is.

    in_flight_bytes: of files on the wire. moved_bytes: that sockets have taken in all, sent in vain or not. wanted:
    connections that it could use now. failures: those since the last time. cells: None where they are as before.
    remarks: what the user should know of what became of the journal.
    """

    counts: Counts
    scanning: bool
    in_flight_bytes: int
    moved_bytes: int
    wanted: int
    failures: tuple[FailedFile, ...]
    on_the_wire: tuple[FileOnTheWire, ...]
    cells: bytes | None
    files_per_cell: int
    remarks: tuple[str, ...] = ()


# From the kernel to the worker.


@dataclass(frozen=True)
class Page:
    """The answer to PageWanted; None: it is not permitted."""

    page: ObjectPage | None


@dataclass(frozen=True)
class Head:
    """The answer to HeadWanted: the object, None where there is none.

    answered: False where nothing can be told of it; permitted: False where that is so because HEAD is not permitted.
    """

    number: int
    permitted: bool
    head: ObjectHead | None = None
    answered: bool = True


@dataclass(frozen=True)
class Settled:
    """What became of a file that was handed over. refused: whether it was the service, or the line, that failed it."""

    number: int
    receipt: FileReceipt
    refused: bool = False


@dataclass(frozen=True)
class Postponed:
    """A file that was handed over is tried once more behind others, so that these need not wait for it."""

    number: int


@dataclass(frozen=True)
class BlockEnded:
    """What became of the files of a block; of those that are left out nothing is known."""

    number: int
    outcomes: tuple[FileSent | FileSnagged, ...]


@dataclass(frozen=True)
class Width:
    """How many connections it may have from now on."""

    count: int


@dataclass(frozen=True)
class Keys:
    """Credentials to sign with from now on."""

    keys: SigningKeys


@dataclass(frozen=True)
class ParallelWanted:
    """How many connections the user wants from now on; None: follow the line."""

    count: int | None
