"""A service in memory: Control and send_part over a dictionary, with the real rules and answers from a script."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import OssJupyterError, PartStopped, ServiceError, ServiceReply
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.plan import PART_MIN_BYTES
from oss_jupyter.model.signed_url import SignedUrl
from oss_jupyter.model.small_files import FilesRoute, SigningKeys
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import (
    Completed,
    ListedObject,
    ListedPart,
    ObjectHead,
    ObjectPage,
    PartReceipt,
    PartRequest,
    Route,
    SignedRequest,
)


def refusal(code: str, status: int = 400, **extras: str) -> ServiceError:
    """Return an error as the service words it."""
    return ServiceError(ServiceReply(status, code, extras=extras), f"The service said {code}.", "Do something.")


class Service:
    """What the engine takes for OSS.

    script: for each operation, what happens at its next calls: an exception is raised, a function is called, None lets
    it pass. Before, or with `after` in place of `script` once the call has taken effect. version: of the
    credentials. names_crc64: whether the answer to Complete does. page_size: objects on a page of their list.
    """

    def __init__(self) -> None:
        self.buckets = {"test-bucket", "other-bucket"}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.objects: dict[str, bytes] = {}
        self.script: defaultdict[str, deque[Any]] = defaultdict(deque)
        self.after: defaultdict[str, deque[Any]] = defaultdict(deque)
        self.calls: list[str] = []
        self.sent: list[int] = []
        self.names_crc64 = True
        self.page_size = 1000
        self.version = "first"
        self.refused_versions: set[str] = set()
        self._lock = threading.Lock()
        self._ids = 0

    def initiate(self, target: Target, options: ObjectOptions) -> str:
        """Start a multipart upload."""
        self._next("initiate")
        self._check(str(target))
        self._ids += 1
        self.uploads[f"upload-{self._ids}"] = {}
        return f"upload-{self._ids}"

    def sign_part(self, target: Target, upload_id: str, part_number: int, options: ObjectOptions) -> SignedRequest:
        """Sign one part."""
        return SignedRequest(f"{target}?uploadId={upload_id}", credentials_version=self.version)

    def sign_put(self, target: Target, options: ObjectOptions, md5: str) -> SignedRequest:
        """Sign the whole object."""
        headers = (("Content-MD5", md5), ("x-oss-forbid-overwrite", str(options.get("forbid_overwrite"))))
        return SignedRequest(str(target), headers, credentials_version=self.version)

    def route(self, target: Target) -> Route:
        """Return how parts get here."""
        return Route()

    def files_route(self, target: Target, options: ObjectOptions) -> FilesRoute:
        """Return how small files get here."""
        forbids = bool(options.get("forbid_overwrite"))
        headers = (("x-oss-forbid-overwrite", "true"),) if forbids else ()
        return FilesRoute(f"oss://{target.bucket}", "", target.bucket, "cn-hangzhou", headers=headers)

    def signing_keys(self) -> SigningKeys:
        """Return keys that say which version they are."""
        return SigningKeys("test-key-id", "test-key-secret", version=self.version)

    def list_parts(self, target: Target, upload_id: str) -> Sequence[ListedPart]:
        """Return the parts."""
        self._next("list_parts")
        self._check(str(target))
        parts = self._parts(upload_id)
        return [ListedPart(n, len(data), _etag(data), crc64(data)) for n, data in sorted(parts.items())]

    def list_uploads(self, target: Target) -> Sequence[str]:
        """Return none: what this service holds is known to the test's own checkpoints."""
        self._next("list_uploads")
        return ()

    def list_objects(self, bucket: str, prefix: str, start_after: str = "") -> ObjectPage:
        """Return a page of objects."""
        self._next("list_objects")
        self._check(f"oss://{bucket}/")
        root = f"oss://{bucket}/"
        keys = sorted(url.removeprefix(root) for url in self.objects if url.startswith(root + prefix))
        later = [key for key in keys if key > start_after]
        found = [(key, self.objects[root + key]) for key in later[: self.page_size]]
        listed = tuple(ListedObject(key, len(data), _etag(data)) for key, data in found)
        return ObjectPage(listed, complete=len(later) <= self.page_size)

    def complete(
        self,
        target: Target,
        upload_id: str,
        parts: Sequence[tuple[int, str]],
        options: ObjectOptions,
        silence_seconds: float,
    ) -> Completed:
        """Join the parts."""
        self._next("complete")
        self._check(str(target), forbids=options.get("forbid_overwrite") is True)
        there = self._parts(upload_id)
        if any(number not in there or _etag(there[number]) != etag for number, etag in parts):
            raise refusal("InvalidPart")
        if any(len(there[number]) < PART_MIN_BYTES for number, _ in parts[:-1]):
            raise refusal("EntityTooSmall")
        whole = self.objects[str(target)] = b"".join(there[number] for number, _ in parts)
        del self.uploads[upload_id]
        self._next("complete", self.after)
        return Completed(_etag(whole), crc64(whole) if self.names_crc64 else None)

    def abort(self, target: Target, upload_id: str) -> bool:
        """Remove an upload."""
        self._next("abort")
        self._check(str(target))
        return self.uploads.pop(upload_id, None) is not None

    def head(self, target: Target) -> ObjectHead | None:
        """Return the object."""
        self._next("head")
        self._check(str(target))
        data = self.objects.get(str(target))
        return None if data is None else ObjectHead(len(data), _etag(data), crc64(data))

    @property
    def remarks(self) -> Sequence[str]:
        """Nothing to say."""
        return ()

    def heed_clock(self, error: OssJupyterError, signed: SignedRequest) -> bool:
        """This service has no clock."""
        return False

    def explain(self, error: ServiceError, target: Target) -> OssJupyterError:
        """Return the error as it is."""
        return error

    def credentials_version(self) -> str:
        """Return the word of the credentials."""
        return self.version

    def signed_url(self, target: Target, expires_seconds: int | None) -> SignedUrl:
        """Return a link that leads nowhere."""
        return SignedUrl(f"https://{target.bucket}/{target.key}", str(target))

    def reading_place(self) -> dict[str, Any]:
        """Return where it is."""
        return {"region": "cn-hangzhou"}

    def close(self) -> None:
        """Nothing is open."""

    def send_part(self, request: PartRequest, gauge: Gauge) -> PartReceipt:
        """Take one part, or the whole object."""
        self._next(f"part {request.part_number}", gauge=gauge)
        if gauge.stopped:
            raise PartStopped("The part was stopped.")
        if request.signed.credentials_version in self.refused_versions:
            raise refusal("SecurityTokenExpired", 403)
        with Path(request.path).open("rb") as file:
            file.seek(request.offset)
            data = file.read(request.length)
        gauge.sent_bytes = len(data)
        with self._lock:
            self.sent.append(request.part_number)
            url, _, upload_id = request.signed.url.partition("?uploadId=")
            headers = dict(request.signed.headers)
            self._check(url, forbids=headers.get("x-oss-forbid-overwrite") == "True")
            if upload_id:
                self._parts(upload_id)[request.part_number] = data
            elif headers["Content-MD5"].upper() != _etag(data):
                raise refusal("InvalidDigest")
            else:
                self.objects[url] = data
        self._next(f"part {request.part_number}", self.after, gauge=gauge)
        return PartReceipt(request.part_number, _etag(data), crc64(data))

    def _check(self, url: str, *, forbids: bool = False) -> None:
        if url.split("/")[2] not in self.buckets:
            raise refusal("NoSuchBucket", 404)
        if forbids and url in self.objects:
            raise refusal("FileAlreadyExists", 409)

    def _parts(self, upload_id: str) -> dict[int, bytes]:
        if upload_id not in self.uploads:
            raise refusal("NoSuchUpload", 404)
        return self.uploads[upload_id]

    def _next(
        self, operation: str, script: defaultdict[str, deque[Any]] | None = None, gauge: Gauge | None = None
    ) -> None:
        if script is None:
            self.calls.append(operation)
            script = self.script
        planned = script[operation].popleft() if script[operation] else None
        if isinstance(planned, Exception):
            raise planned
        if planned is not None:
            planned()

    def calls_of(self, operation: str) -> int:
        """Return how often an operation was asked for."""
        return self.calls.count(operation)


class HastyClock:
    """A clock on which every look finds it some seconds later, so that a long patience is over at once."""

    def __init__(self, step_seconds: float) -> None:
        self._step_seconds = step_seconds
        self._lock = threading.Lock()
        self._now = 0.0

    def time(self) -> float:
        """Return seconds since the epoch."""
        return 1_700_000_000.0 + self.monotonic()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        with self._lock:
            self._now += self._step_seconds
            return self._now


def _etag(data: bytes) -> str:
    return hashlib.md5(data).hexdigest().upper()


Script = Callable[[], None]
