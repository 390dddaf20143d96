"""How far a transfer is: a frozen snapshot for whoever displays it, and a speed derived from samples."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

from oss_jupyter.model.prove import Proven
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target

# Long enough to smooth over parts that end together, short enough to follow a line that changes.
SPEED_WINDOW_SECONDS = 10.0
# Before this a speed would be a guess, so displays say "estimating".
SPEED_FIRST_SECONDS = 2.0
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


class SpeedMeter:
    """Bytes per second over the last few seconds, from samples of a count that only grows. The caller brings the time.

    Not safe for threads; whoever owns it locks.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def reset(self) -> None:
        """Forget everything, for example over a pause."""
        self._samples.clear()

    def sample(self, now: float, total_bytes: int) -> None:
        """Take one sample: `now` in monotonic seconds."""
        samples = self._samples
        samples.append((now, total_bytes))
        while len(samples) > 2 and now - samples[1][0] >= SPEED_WINDOW_SECONDS:
            samples.popleft()

    def bytes_per_second(self) -> float | None:
        """Return the speed, or None while it would be a guess."""
        if len(self._samples) < 2:
            return None
        (first_at, first_bytes), (last_at, last_bytes) = self._samples[0], self._samples[-1]
        if last_at - first_at < SPEED_FIRST_SECONDS:
            return None
        return max(0, last_bytes - first_bytes) / (last_at - first_at)


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
    silent_seconds: float
    parts_total: int
    parts_kept: int
    parts_done: int
    parts_failed: int
    retries: int
    part_size: int
    part_states: bytes
    flights: tuple[Flight, ...]
    version: int
    compared_bytes: int
    compare_bytes: int

    def at_rest(self) -> PartsView:
        """Return the same while nothing is expected of the line: it has no speed, and its silence is none."""
        return replace(self, bytes_per_second=None, left_seconds=None, silent_seconds=0.0)


@dataclass(frozen=True)
class Receipt:
    """What is known of a finished upload.

    url: ``oss://bucket/key``. size: bytes; it is the sum of kept_bytes, which were in OSS from earlier runs, and
    sent_bytes, which were sent in this kernel. resent_bytes: what went over the wire once more. retries: how often a
    part was tried again. crc64: of the whole object, equal to the file's. seconds: in this kernel, pauses left out.
    already_there: the last run found the object there and had nothing to send. warning: the object is stored, but
    something beside it failed, such as its callback. proven: what was compared, see Proven.
    """

    url: str
    size: int
    etag: str
    crc64: int | None
    request_id: str
    seconds: float
    parts: int
    kept_bytes: int
    sent_bytes: int
    retries: int
    resent_bytes: int = 0
    version_id: str = ""
    already_there: bool = False
    callback_body: str = ""
    warning: str = ""
    proven: Proven = Proven.SENT

    @property
    def sent_nothing(self) -> bool:
        """Whether the object was there before anything was sent in this kernel."""
        return self.already_there and not self.sent_bytes


@dataclass(frozen=True)
class Snapshot:
    """A transfer at one moment. Sizes in bytes, times in seconds, `started_at` seconds since the epoch.

    source: the file's path, as it can be shown. kept_bytes: confirmed in earlier runs. confirmed_bytes: confirmed in
    this one. in_flight_bytes: sent and not yet confirmed. shown_bytes: their sum, which never goes back, for bars.
    sent_bytes: those of this kernel that count, confirmed or in flight. resent_bytes: over the wire once more, of
    parts that broke off or were lost and sent again; retries: how often a part was tried again. phase: what is going
    on within the state, a Phase. bytes_per_second, left_seconds: None while they would be guesses.
    silent_seconds: since the service last took or confirmed anything, while running. error: four lines. part_states:
    one PartState per byte. version: changes whenever anything but bytes in flight does. compare_bytes: to be read
    again and compared with what was sent, 0 where nothing is; compared_bytes: read by now. queue_place: of one that
    waits for its turn, 1 for the next of the large or of the small ones to begin; 0 for one that does not wait.
    parallel_wanted: parts at once that the user wants, None to follow the line. retry, retries_max: which retry, of
    how many, the part is at that was tried most often, 0 where none is tried again. aborting: an abort was asked for
    last; keeps_parts: one that leaves the parts in OSS. checkpoint_kept: it was aborted, and can be carried on.
    """

    id: str
    source: str
    target: Target
    state: State
    phase: Phase = Phase.NONE
    total_bytes: int = 0
    kept_bytes: int = 0
    confirmed_bytes: int = 0
    in_flight_bytes: int = 0
    shown_bytes: int = 0
    sent_bytes: int = 0
    resent_bytes: int = 0
    bytes_per_second: float | None = None
    left_seconds: float | None = None
    silent_seconds: float = 0.0
    parts_total: int = 0
    parts_kept: int = 0
    parts_done: int = 0
    parts_failed: int = 0
    retries: int = 0
    part_size: int = 0
    parallel: int = 0
    parallel_auto: bool = False
    limit_bytes_per_second: float | None = None
    upload_id: str = ""
    checkpoint: str | None = None
    started_at: float = 0.0
    elapsed_seconds: float = 0.0
    notes: tuple[str, ...] = ()
    error: tuple[str, str, str, str] | None = None
    receipt: Receipt | None = None
    part_states: bytes = field(default=b"", repr=False)
    flights: tuple[Flight, ...] = ()
    version: int = 0
    compared_bytes: int = 0
    compare_bytes: int = 0
    queue_place: int = 0
    parallel_wanted: int | None = None
    retry: int = 0
    retries_max: int = 0
    aborting: bool = False
    keeps_parts: bool = False
    checkpoint_kept: bool = False

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
        if not self.total_bytes:
            return 0.0
        return min(0.99, self.shown_bytes / self.total_bytes)
