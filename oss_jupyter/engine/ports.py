"""What the engine needs from the outside, as protocols: the service, the disk and the clock.

oss/ and local/ implement them, tests put fakes in their place, and session/wiring.py joins them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from oss_jupyter.errors import OssJupyterError, ServiceError
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.record import CheckpointHeader, CheckpointRecord
from oss_jupyter.model.signed_url import SignedUrl
from oss_jupyter.model.small_files import FilesRoute, SigningKeys
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import (
    Completed,
    Fingerprint,
    ListedPart,
    ObjectHead,
    ObjectPage,
    PartReceipt,
    Route,
    SignedRequest,
)

if TYPE_CHECKING:
    from oss_jupyter.engine.stream import Stream, StreamWork

T = TypeVar("T")


class Control(Protocol):
    """The control plane: small requests to the service. Any thread may call it; each call may block for seconds.

    Every method raises ServiceError, NetworkError or CredentialsError. Credentials are asked for at each request;
    signing alone asks nobody, and takes those that `credentials_version` found last.
    """

    def initiate(self, target: Target, options: ObjectOptions) -> str:
        """Start a multipart upload and return its upload id."""

    def sign_part(self, target: Target, upload_id: str, part_number: int, options: ObjectOptions) -> SignedRequest:
        """Sign one UploadPart, valid from now for a limited time. Asks nobody."""

    def sign_put(self, target: Target, options: ObjectOptions, md5: str) -> SignedRequest:
        """Sign one PutObject with all its headers. Asks nobody.

        md5: in hex, compared before anything is stored; "" where nobody knows it.
        """

    def route(self, target: Target) -> Route:
        """Return how the bytes of parts reach the service, as settings and environment have it now. Asks nobody."""

    def files_route(self, target: Target, options: ObjectOptions) -> FilesRoute:
        """Return what all small files of a bucket have in common: the way, and their options. Asks nobody."""

    def signing_keys(self) -> SigningKeys:
        """Return the credentials that `credentials_version` found last, for whoever signs without the control plane."""

    def list_parts(self, target: Target, upload_id: str) -> Sequence[ListedPart]:
        """Return every part the service holds, all pages."""

    def list_uploads(self, target: Target) -> Sequence[str]:
        """Return the ids of the unfinished uploads of exactly this object, those that were begun last first."""

    def list_objects(self, bucket: str, prefix: str, start_after: str = "") -> ObjectPage:
        """Return the objects whose keys begin with `prefix`, from the first behind `start_after` on: one page."""

    def complete(
        self,
        target: Target,
        upload_id: str,
        parts: Sequence[tuple[int, str]],
        options: ObjectOptions,
        silence_seconds: float,
    ) -> Completed:
        """Join the parts (number, ETag), ascending. Raises Stalled after so many seconds without an answer."""

    def abort(self, target: Target, upload_id: str) -> bool:
        """Remove the upload and its parts; return whether they were there. One that is gone counts as removed."""

    def head(self, target: Target) -> ObjectHead | None:
        """Return the object, or None where there is none."""

    @property
    def remarks(self) -> Sequence[str]:
        """What the user should know about how the service is reached."""

    def heed_clock(self, error: OssJupyterError, signed: SignedRequest) -> bool:
        """Return whether a part was refused for a wrong time on it; then the service's own time counts from now on."""

    def explain(self, error: ServiceError, target: Target) -> OssJupyterError:
        """Return a part's error in words that name the bucket and the key. Asks nobody."""

    def credentials_version(self) -> str:
        """Look the credentials up, keep them to sign with, and return a word from which they cannot be told.

        It changes when they change. Every SignedRequest carries the word of the credentials it was signed with.
        """

    def signed_url(self, target: Target, expires_seconds: int | None) -> SignedUrl:
        """Return a link with which anybody may read an object; None: as long as it can be. Asks no service."""

    def reading_place(self) -> Mapping[str, Any]:
        """Return how the service is reached, for whoever reads what was sent; nothing secret."""

    def close(self) -> None:
        """Close the connections that are kept alive; a later request opens its own."""


class Source(Protocol):
    """A local file. Any thread may call it."""

    @property
    def path(self) -> Path:
        """The absolute path."""

    def fingerprint(self) -> Fingerprint:
        """Return what the file is now. Raises SourceMissing or SourceUnreadable."""

    def open_for_writing(self) -> bool:
        """Whether the system can tell that somebody, this process included, has the file open for writing."""

    def crc64(self, offset: int, length: int, stopped: Callable[[], bool] = ...) -> int:
        """Return the CRC-64 of a byte range. Raises PartStopped once `stopped()` is true, SourceError."""

    def md5(self, offset: int, length: int, stopped: Callable[[], bool] = ...) -> str:
        """Return the MD5 of a byte range in upper-case hex, for parts that the service lists without a CRC-64."""


class Journal(Protocol):
    """One transfer's open checkpoint, locked for this process. Only the transfer's driver thread writes."""

    @property
    def path(self) -> Path | None:
        """Where it lies, or None where nothing is saved."""

    @property
    def remarks(self) -> Sequence[str]:
        """What the user should know about how it was found, and what became of it since."""

    def start(
        self, header: CheckpointHeader, receipts: Sequence[PartReceipt] = (), *, completing: bool = False
    ) -> None:
        """Begin anew with this header and these receipts, in one step. Raises CheckpointNotWritable."""

    def drive(self, limit: float | None, parallel: int | None) -> None:
        """Record how the upload is driven from now on, where that has changed. Raises CheckpointNotWritable."""

    def add(self, receipt: PartReceipt) -> None:
        """Record one finished part. Raises CheckpointNotWritable."""

    def take_back(self, part_number: int) -> None:
        """Record that a receipt no longer counts: the file has other bytes. Raises CheckpointNotWritable."""

    def completing(self) -> None:
        """Record that Complete is about to be asked. Raises CheckpointNotWritable."""

    def delete(self) -> None:
        """Remove the checkpoint: the object is complete, or the upload was aborted."""

    def close(self) -> None:
        """Flush, and let other kernels have it."""


class Places(Protocol):
    """Where checkpoints lie; `directory` is None where nothing outlives the kernel."""

    @property
    def directory(self) -> Path | None: ...

    def path_of(self, transfer_id: str) -> Path | None:
        """Return where a transfer's checkpoint lies, or None where nothing outlives the kernel."""

    def keeps(self, transfer_id: str) -> bool:
        """Whether a transfer has a checkpoint that outlives the kernel."""


class CheckpointStore(Places, Protocol):
    """The checkpoint directory, for transfers of one file."""

    def upload_ids(self) -> frozenset[str]:
        """Return the ids of all uploads that a checkpoint here knows."""

    def open(self, transfer_id: str, *, needed: bool = True) -> tuple[Journal, CheckpointRecord | None]:
        """Lock a transfer's checkpoint and return it with what it remembers.

        needed: False where the upload can do without, and a directory that cannot be used is only remarked.

        Raises TransferBusy, CheckpointTooNew, CheckpointForeign, CheckpointNotWritable.
        """


class Lane(Protocol):
    """Where parts run. None of these blocks for longer than it takes to start a process."""

    @property
    def remark(self) -> str:
        """What the user should know of where parts run now, or nothing."""

    def start(self) -> None:
        """Get ready, because parts will come soon."""

    def gauge(self, transfer_id: str) -> Gauge:
        """Return the dials for one part of a transfer."""

    def limit(self, transfer_id: str, bytes_per_second: float | None) -> None:
        """Limit a transfer's speed from now on; None takes the limit away."""

    def set_width(self, transfer_id: str, count: int) -> int:
        """Run so many parts of a transfer at once from now on; return how many may be submitted and not yet ended."""

    def submit(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str = "") -> Future[T]:
        """Start `work(request, gauge)`; the future ends with what it returns, or with an OssJupyterError.

        Both cross pickled where the job runs in another process.
        """

    def close(self) -> None:
        """Let go of threads and processes; parts on the wire are stopped by their gauges."""


class StreamingLane(Lane, Protocol):
    """A lane for work that goes on for long, too."""

    def stream(self, work: StreamWork, request: object, take: Callable[[Any], object], transfer_id: str = "") -> Stream:
        """Start a job that goes on for long; `take` gets what it tells, on a thread of the lane's, and must be quick.

        It has a thread of its own and counts in no width.
        """


class Clock(Protocol):
    """Time, passed in so that tests need not wait."""

    def time(self) -> float:
        """Return seconds since the epoch."""

    def monotonic(self) -> float:
        """Return seconds that never go back."""
