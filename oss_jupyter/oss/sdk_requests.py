"""Requests over the SDK's client: made when it is first needed, asked, and its failures put into our own words.

Importing this file is cheap; the SDK is loaded by the first request. Any thread may call a SdkRequests. What it raises
holds no key, no token and no signed URL, not even as the context of the exception.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from oss_jupyter import forks
from oss_jupyter.errors import ServiceError
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.target import Target
from oss_jupyter.oss.advice import Asked
from oss_jupyter.oss.answers import check_answered
from oss_jupyter.oss.clock import ServiceClock
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.failures import from_exception, not_oss
from oss_jupyter.oss.idle_threads import idle_threads
from oss_jupyter.version import __version__

T = TypeVar("T")

_METHODS = {
    "InitiateMultipartUpload": "initiate_multipart_upload",
    "CompleteMultipartUpload": "complete_multipart_upload",
    "AbortMultipartUpload": "abort_multipart_upload",
    "ListParts": "list_parts",
    "ListMultipartUploads": "list_multipart_uploads",
    "ListObjectsV2": "list_objects_v2",
    "HeadObject": "head_object",
    "PutObject": "put_object",
    "CopyObject": "copy_object",
    "UploadPartCopy": "upload_part_copy",
    "DeleteMultipleObjects": "delete_multiple_objects",
    "ListBuckets": "list_buckets",
    "PutBucket": "put_bucket",
    "DeleteBucket": "delete_bucket",
}
# What the SDK lets escape when a header or an element is not what it expects; its own errors are of other kinds.
_GARBLED = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


class SdkRequests:
    """The SDK's client for one endpoint. credentials: asked at each request.

    `_lock` guards _made, _transport, _asking_count, _asked_at and _closes; `_making` is held while the SDK is loaded
    and a client made, by one thread.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        credentials: Callable[[], Credentials],
        retry: RetryPolicy,
        clock: ServiceClock,
    ) -> None:
        self._settings = settings
        self._credentials = credentials
        self._retry = retry
        self._clock = clock
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._made: Any = None
        self._transport: Any = None
        self._asking_count = 0
        self._asked_at = 0.0
        self._closes = False

    def ask(self, operation: str, target: Target, given: dict[str, Any], **how: Any) -> Any:
        """Return the SDK's result. `given`: the request's fields; `how`: the client's own, as timeouts."""
        with self._counted():
            return self._ask(operation, target, given, how)

    def _ask(self, operation: str, target: Target, given: dict[str, Any], how: dict[str, Any]) -> Any:
        names = {name: value for name, value in (("bucket", target.bucket), ("key", target.key)) if value}
        request = getattr(load_sdk(), f"{operation}Request")(**names, **given)
        call = getattr(self._client(), _METHODS[operation])

        def ask() -> Any:
            try:
                return call(request, **how)
            except _GARBLED:
                raise not_oss(self._settings.describe()) from None

        offset_seconds = self._clock.offset_seconds
        try:
            return self.guarded(ask, operation, target)
        except ServiceError as error:
            # Refused for its time, so it has done nothing and may be repeated whatever it is.
            if not self._clock.heed(error.reply, offset_seconds):
                raise
        return self.guarded(ask, operation, target)

    def pages(
        self,
        operation: str,
        target: Target,
        given: dict[str, Any],
        following: Callable[[Any], dict[str, Any]],
        **how: Any,
    ) -> Iterator[Any]:
        """Yield all pages of a list; `following` is what the next request has to name, `how` as in `ask`.

        Raises NotOss where a page says that there are more and does not lead to them.
        """
        while True:
            page = self.ask(operation, target, given, **how)
            check_answered(page.bucket, self.asked(operation, target))
            yield page
            if not page.is_truncated:
                return
            marker = following(page)
            # It would be asked for ever, and without the rest the list would be taken for all there is.
            if marker.items() <= given.items():
                raise not_oss(self.asked(operation, target).host)
            given = {**given, **marker}

    def presign(self, operation: str, target: Target, given: dict[str, Any], ends_at: Any) -> Any:
        """Return a request that the SDK has signed into its URL, until a time. Asks nobody."""
        request = getattr(load_sdk(), f"{operation}Request")(bucket=target.bucket, key=target.key, **given)
        return self.guarded(lambda: self._client().presign(request, expiration=ends_at), operation, target)

    def guarded(self, call: Callable[[], T], operation: str, target: Target) -> T:
        """Return what `call` does. What it raises becomes ServiceError, NetworkError or CredentialsError."""
        try:
            return call()
        except Exception as error:
            failure = from_exception(error, self._settings.describe(), self.asked(operation, target))
        # Outside the except block, so that the SDK's exception with its URLs does not stay as the context.
        raise failure

    def asked(self, operation: str, target: Target) -> Asked:
        """Return what is asked, as errors word it."""
        where = self._settings.describe()
        return Asked(operation, target.bucket, target.key, self._settings.region or "", where)

    def close(self) -> None:
        """Close the connections that are kept alive, when nobody has used them for as long as they can be used."""
        with self._lock:
            if self._closes or self._transport is None:
                return
            self._closes = True
        try:
            idle_threads.start(self._close_later)
        except (RuntimeError, MemoryError):  # no thread can be had, or the interpreter ends
            self._let_go().close()

    def _close_later(self) -> None:
        while (left_seconds := self._idle_seconds_left()) > 0:
            if idle_threads.sleep(left_seconds):
                break
        self._let_go().close()

    def _idle_seconds_left(self) -> float:
        from oss_jupyter.oss.connections import IDLE_SECONDS  # loaded with the transport

        now = time.monotonic()
        with self._lock:
            return (now if self._asking_count else self._asked_at) + IDLE_SECONDS - now

    def _let_go(self) -> Any:
        with self._lock:
            transport, self._made, self._transport, self._closes = self._transport, None, None, False
        return transport

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._asking_count += 1
        try:
            yield
        finally:
            with self._lock:
                self._asking_count -= 1
                self._asked_at = time.monotonic()

    def _client(self) -> Any:
        made = self._made_before()
        if made is None:
            with self._making:
                made = self._made_before() or self._make()
        return made

    def _made_before(self) -> Any:
        with self._lock:
            return self._made

    def _make(self) -> Any:
        with forks.no_forks:
            from oss_jupyter.oss.sdk import make_client
            from oss_jupyter.oss.transport import Transport

        transport = Transport(self._settings)
        made = make_client(
            self._settings, self._credentials, transport, self._retry, f"oss_jupyter/{__version__}", self._clock
        )
        with self._lock:
            self._made, self._transport = made, transport
        return made


def load_sdk() -> Any:
    """Return the SDK's module; the first time it costs 0.3 s and more."""
    with forks.no_forks:
        import alibabacloud_oss_v2

    return alibabacloud_oss_v2
