"""How far a transfer is: a frozen snapshot for whoever displays it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from typing import Annotated

from oss_jupyter.model.dataset import FilesView
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.described import described
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.reach import Reached
from oss_jupyter.model.signed_url import SignedUrl, parse_expires
from oss_jupyter.model.snippets import snippet
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target, parse_target

# Parts end together now and then; a shorter silence is nothing to worry anybody with.
SILENCE_SECONDS = 5.0


class Phase(str, Enum):
    """What is going on within a state. The values are the words shown to people."""

    NONE = ""
    WAITING_FOR_EARLIER = "waiting until the earlier upload is removed"
    CHECKING_PARTS = "checking what is already in OSS"
    CHECKING_OBJECT = "checking whether it is already there"
    COMPUTING_CHECKSUM = "computing the checksum"
    COMPARING = "comparing what was sent with the file"
    WAITING_FOR_SOURCE = "waiting for what is to be sent"
    COMPLETING = "completing"
    REMOVING_PARTS = "removing the parts from OSS"
    WAITING_FOR_SYSTEM = "waiting for the system"

    __str__ = str.__str__

    @property
    def key(self) -> str:
        """What its text is looked up by; "" where there is none."""
        return self.name.lower() if self else ""


class PartState(IntEnum):
    """What a display shows of one part; small numbers, because a snapshot holds one byte per part."""

    WAITING = 0
    ON_THE_WIRE = 1
    DONE = 2
    KEPT = 3
    RETRYING = 4
    FAILED = 5


@dataclass(frozen=True)
class Flight:
    """One part on the wire: number, length and bytes sent, attempt (from 1), seconds since it started."""

    part_number: int
    length: int
    sent_bytes: int
    attempt: int
    seconds: float


@dataclass(frozen=True)
class PartsView:
    """The parts of a transfer at one moment: the fields of a Snapshot that the ledger knows, described there."""

    total_bytes: int
    kept_bytes: int
    confirmed_bytes: int
    in_flight_bytes: int
    shown_bytes: int
    sent_bytes: int
    resent_bytes: int
    bytes_per_second: float | None
    left_seconds: float | None
    silent_seconds: float = 0.0
    latest_error: str = ""
    speeds: tuple[int, ...] = ()
    parts_total: int = 0
    parts_kept: int = 0
    parts_done: int = 0
    parts_failed: int = 0
    retries: int = 0
    part_size: int = 0
    part_states: bytes = b""
    flights: tuple[Flight, ...] = ()
    version: int = 0
    compared_bytes: int = 0
    compare_bytes: int = 0
    open_ended: bool = False

    def at_rest(self) -> PartsView:
        """Return the same while nothing is expected of the line: it has no speed, and its silence is none."""
        return replace(self, bytes_per_second=None, left_seconds=None, silent_seconds=0.0)


@described
@dataclass(frozen=True)
class Receipt(Reached):
    """What is known of a finished upload.

    signed_url(expires) makes a link to the object, and snippet(kind) a cell that reads it.
    """

    url: Annotated[str, "oss://bucket/key."]
    size: Annotated[int, "Bytes of the object: kept_bytes + sent_bytes."]
    etag: Annotated[str, "The object's, as the service tells it."]
    crc64: Annotated[int | None, "Of the whole object, the same as the file's; None: the service tells none."]
    request_id: Annotated[str, "Of the request that stored the object."]
    seconds: Annotated[float, "In this kernel, pauses left out."]
    parts: Annotated[int, "How many parts the object was sent in."]
    kept_bytes: Annotated[int, "In OSS already, from earlier runs."]
    sent_bytes: Annotated[int, "Sent in this kernel."]
    retries: Annotated[int, "How often a part was tried again."]
    resent_bytes: Annotated[int, "Over the wire once more."] = 0
    version_id: Annotated[str, "Of the object, in a bucket that keeps versions."] = ""
    already_there: Annotated[bool, "The last run found the object there, and had nothing to send."] = False
    callback_body: Annotated[str, "What the callback answered."] = ""
    warning: Annotated[str, "The object is stored; something beside it failed, such as its callback."] = ""
    proven: Annotated[Proven, "What was read again and compared, see Proven."] = Proven.SENT

    @property
    def sent_nothing(self) -> bool:
        """Whether the object was there before anything was sent in this kernel."""
        return self.already_there and not self.sent_bytes

    def signed_url(self, expires: object = "1h") -> SignedUrl:
        """Return a link with which anybody may read the object until it ends: in 1 hour, or 7 days at most.

        expires: like ``"1h"``, ``"30m"``, ``"7d"``, seconds or a timedelta; ``"max"``: as long as credentials allow.
        A link ends with the session token that signs it; its repr says so, and when. The service is not asked:
        whether the credentials may read shows when the link is used. It is a text, and printed where you print it.

        Raises InputError, CredentialsError.
        """
        seconds, target = parse_expires(expires), parse_target(self.url)
        return self._reach_to(target).signed_url(target, seconds)

    def snippet(self, kind: str = "") -> str:
        """Return a cell that reads the object: for pandas, polars, pyarrow, duckdb, dask, python or ossutil.

        Without a kind it is for the first of these that reads what the key's suffix says. "ossutil" is a command of a
        shell, "python" needs nothing but the official SDK. Nothing secret is in it.

        Raises InputError where the library does not read what the key's suffix says.
        """
        target = parse_target(self.url)
        return snippet(kind, target, *self._place_of(target))


AnyReceipt = Receipt | DatasetReceipt


@described
@dataclass(frozen=True)
class Snapshot:
    """A transfer at one moment, frozen. Sizes are in bytes, times in seconds."""

    id: Annotated[str, "Of the transfer."]
    source: Annotated[str, "Path of the file, as it can be shown."]
    target: Annotated[Target, "Bucket and key."]
    state: Annotated[State, "Where it stands."]
    phase: Annotated[Phase, "What goes on within the state."] = Phase.NONE
    total_bytes: Annotated[int, "Size of the file."] = 0
    kept_bytes: Annotated[int, "Confirmed in earlier runs."] = 0
    confirmed_bytes: Annotated[int, "Confirmed in this run."] = 0
    in_flight_bytes: Annotated[int, "Sent, and not yet confirmed."] = 0
    shown_bytes: Annotated[int, "Kept, confirmed and in flight; never goes back while it runs, for bars."] = 0
    sent_bytes: Annotated[int, "Of this kernel, confirmed or in flight."] = 0
    resent_bytes: Annotated[int, "Over the wire once more: of parts that broke off or were lost."] = 0
    bytes_per_second: Annotated[float | None, "None while it would be a guess."] = None
    left_seconds: Annotated[float | None, "Until the end; None while it would be a guess."] = None
    silent_seconds: Annotated[float, "Since the service last took or confirmed anything, while running."] = 0.0
    speeds: Annotated[tuple[int, ...], "Bytes/s of the last minutes, one each 3 seconds, the oldest first."] = ()
    latest_error: Annotated[str, "What a part met last that has not arrived since; empty: nothing."] = ""
    parts_total: Annotated[int, "How many parts the file has."] = 0
    parts_kept: Annotated[int, "Done in earlier runs."] = 0
    parts_done: Annotated[int, "Done in this run."] = 0
    parts_failed: Annotated[int, "Given up."] = 0
    retries: Annotated[int, "How often a part was tried again."] = 0
    part_size: Annotated[int, "Bytes."] = 0
    parallel: Annotated[int, "Parts on the wire at once, now."] = 0
    parallel_auto: Annotated[bool, "Whether that follows the line."] = False
    limit_bytes_per_second: Annotated[float | None, "Its own speed limit; None: none."] = None
    upload_id: Annotated[str, "The service's; empty where there is none yet."] = ""
    checkpoint: Annotated[str | None, "Path of the checkpoint; None: none is kept."] = None
    started_at: Annotated[float, "Seconds since the epoch; 0 before it started."] = 0.0
    elapsed_seconds: Annotated[float, "In this kernel, pauses left out."] = 0.0
    notes: Annotated[tuple[str, ...], "What else there is to know, a sentence each."] = ()
    error: Annotated[tuple[str, str, str, str] | None, "What, safe, advice, code; None: it has not failed."] = None
    receipt: Annotated[AnyReceipt | None, "Of a completed one; else None."] = None
    part_states: Annotated[bytes, "A PartState for each part, one byte each."] = field(default=b"", repr=False)
    flights: Annotated[tuple[Flight, ...], "The parts on the wire."] = ()
    version: Annotated[int, "Changes whenever anything but bytes in flight does."] = 0
    compared_bytes: Annotated[int, "Read again and compared by now."] = 0
    compare_bytes: Annotated[int, "To be read again and compared; 0: nothing is."] = 0
    queue_place: Annotated[int, "1: the next of the large or small ones to begin; 0: it does not wait."] = 0
    parallel_wanted: Annotated[int | None, "Parts at once that the user wants; None: follows the line."] = None
    retry: Annotated[int, "Which retry the part that was tried most often is at; 0: none."] = 0
    retries_max: Annotated[int, "How many of them there may be."] = 0
    aborting: Annotated[bool, "An abort was asked for last."] = False
    keeps_parts: Annotated[bool, "That abort leaves the parts in OSS."] = False
    checkpoint_kept: Annotated[bool, "It was aborted, and can be carried on."] = False
    files: Annotated[FilesView | None, "The files of a dataset; None: it is one file."] = None
    open_ended: Annotated[bool, "More may come: total_bytes is what is known by now."] = False
    written: Annotated[bool, "It is an object, and the file it was written to goes with the upload."] = False
    detached: Annotated[bool, "A process that outlives the kernel runs it."] = False
    adoptable: Annotated[bool, "An upload that no checkpoint knows could go on in its place."] = False
    resumable: Annotated[bool, "False: a stream whose maker is gone or has failed; only its cell carries on."] = True

    @property
    def long_silence_seconds(self) -> float:
        """Return how long the service has taken nothing, where that is long: 0 below SILENCE_SECONDS."""
        seconds = min(self.silent_seconds, self.elapsed_seconds)  # before the first byte it is as old as the run
        return seconds if seconds >= SILENCE_SECONDS else 0.0

    @property
    def fraction(self) -> float:
        """Return how full a bar is, 0 to 1; it stands at 0.99 until the service has confirmed the object."""
        if self.state is State.COMPLETED:
            return 1.0
        if self.open_ended:
            return 0.0
        if not self.total_bytes:
            return min(0.99, self.files.done / self.files.total) if self.files and self.files.total else 0.0
        return min(0.99, self.shown_bytes / self.total_bytes)
