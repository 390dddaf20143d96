"""The control plane: the small requests around the parts, asked through the official SDK.

Importing this file is cheap; the SDK is loaded by the first request. Any thread may call a SdkControl. What it raises
holds no key, no token and no signed URL, not even as the context of the exception.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from oss_jupyter import forks
from oss_jupyter.errors import OssJupyterError, ServiceError
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.signed_url import SignedUrl
from oss_jupyter.model.small_files import FilesRoute, SigningKeys
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Completed, ListedPart, ObjectHead, ObjectPage, Route, SignedRequest
from oss_jupyter.oss.answers import check_answered, read_completed, read_head, read_objects, read_page, read_upload_id
from oss_jupyter.oss.carried import OF_COMPLETE, OF_OBJECT, OF_PART, UNSIGNED, some
from oss_jupyter.oss.clock import ServiceClock
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings, keep_dots
from oss_jupyter.oss.failures import from_exception
from oss_jupyter.oss.files_route import files_route, url_of_bucket
from oss_jupyter.oss.links import validity, within
from oss_jupyter.oss.sdk_requests import SdkRequests, load_sdk
from oss_jupyter.oss.unfinished import uploads_of
from oss_jupyter.texts import sentences
from oss_jupyter.version import __version__

# Long enough for the slowest part, short enough that a leaked URL is worth little.
SIGNED_SECONDS = 3600
# The service joins up to 10,000 parts before it answers.
_COMPLETE_SECONDS = 300.0
# Small requests are asked again at once; patience is the engine's matter.
_RETRY = RetryPolicy(attempts=3, base_seconds=0.2, cap_seconds=5.0)
# New in each process, so that versions cannot be compared with anything known.
_VERSION_SALT = os.urandom(16)


class SdkControl:
    """The engine's Control over the SDK's client, made for one endpoint and one source of credentials.

    _kept, which is signed with, is one reference, and any thread may replace it.
    """

    def __init__(
        self,
        settings: EndpointSettings,
        credentials: Callable[[], Credentials],
        retry: RetryPolicy = _RETRY,
        page_size: int = 1000,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._clock = ServiceClock(now)
        self.credentials = credentials
        self._page_size = page_size  # of lists; 1,000 is the most the service gives
        self.requests = SdkRequests(settings, self._lookup, retry, self._clock)
        self._kept: Credentials | None = None
        self._signing = threading.local()

    def __repr__(self) -> str:
        return f"SdkControl({self.settings.describe()}, region={self.settings.region})"

    def initiate(self, target: Target, options: ObjectOptions) -> str:
        """Start a multipart upload and return its upload id."""
        # Asked once: a repetition whose first reply was lost leaves an upload nobody knows, and its parts cost money.
        given = some(options, *OF_OBJECT, *UNSIGNED)
        result = self.requests.ask("InitiateMultipartUpload", target, given, retry_max_attempts=1)
        return read_upload_id(result, self.requests.asked("InitiateMultipartUpload", target))

    def sign_part(self, target: Target, upload_id: str, part_number: int, options: ObjectOptions) -> SignedRequest:
        """Sign one UploadPart, valid from now for an hour. Asks nobody once `credentials_version` has."""
        given = {"upload_id": upload_id, "part_number": part_number, **some(options, *OF_PART)}
        return self.sign("UploadPart", target, given)

    def sign_put(self, target: Target, options: ObjectOptions, md5: str) -> SignedRequest:
        """Sign one PutObject with all its headers and the object's MD5 (hex, "" to declare none), likewise."""
        names = dict.fromkeys((*OF_OBJECT, *OF_COMPLETE, *OF_PART))
        given = some(options, *names)
        if md5:
            given["content_md5"] = base64.b64encode(bytes.fromhex(md5)).decode()
        extra = tuple((header, options.get(name)) for name, header in UNSIGNED.items() if options.get(name))
        return self.sign("PutObject", target, given, extra)

    def signed_url(self, target: Target, expires_seconds: int | None) -> SignedUrl:
        """Return a link with which anybody may read an object; None: as long as it can be. Asks no service.

        The credentials are looked up. Raises CredentialsError.
        """
        load_sdk()  # before the time is looked at: it takes a while
        used = self.requests.guarded(self.credentials, "GetObject", target)
        now = self._clock.now()
        good = validity(used, now, expires_seconds)
        # The SDK cuts off what is left of the second in which it signs.
        signed = self._presign(used, "GetObject", target, {}, now + timedelta(seconds=good.seconds + 0.5))
        ends_at = (now + timedelta(seconds=good.seconds)).replace(microsecond=0)
        note = sentences(good.note, within(self.settings.describe()))
        return SignedUrl(keep_dots(signed.url), str(target), ends_at, note)

    def reading_place(self) -> dict[str, Any]:
        """Return how the service is reached, for whoever reads what was sent."""
        return self.settings.reading_place()

    def route(self, target: Target) -> Route:
        """Return how the bytes of parts reach the service, as settings and environment have it now. Asks nobody."""
        with forks.no_forks:
            from oss_jupyter.oss.environment import route_to  # requests, 0.1 s

        return route_to(url_of_bucket(self.settings, target.bucket), self.settings)

    def files_route(self, target: Target, options: ObjectOptions) -> FilesRoute:
        """Return what all small files below a target have in common: the way, and their options. Asks nobody."""
        # As for one file, so that they arrive alike however they go.
        signed = self.sign_put(Target(target.bucket, "-"), options, "0" * 32)
        return files_route(self.settings, target.bucket, signed.headers, self.route(target))

    def signing_keys(self) -> SigningKeys:
        """Return the credentials that `credentials_version` found last, for whoever signs without the SDK."""
        kept = self._kept or self.credentials()
        token, offset_seconds = kept.security_token or "", self._clock.offset_seconds
        return SigningKeys(kept.access_key_id, kept.access_key_secret, token, _version_of(kept), offset_seconds)

    def list_parts(self, target: Target, upload_id: str) -> Sequence[ListedPart]:
        """Return every part the service holds, all pages."""
        found: list[ListedPart] = []
        given = {"upload_id": upload_id, "max_parts": self._page_size}
        for page in self.requests.pages("ListParts", target, given, _next_parts):
            found += read_page(page, upload_id, self.requests.asked("ListParts", target), self._clock.now())
        return found

    def list_uploads(self, target: Target) -> Sequence[str]:
        """Return the ids of the unfinished uploads of exactly this object, those that were begun last first."""
        return uploads_of(self.requests, target, self._clock.now())

    def list_objects(self, bucket: str, prefix: str, start_after: str = "") -> ObjectPage:
        """Return the objects whose keys begin with `prefix`, from the first behind `start_after` on: one page.

        Raises NotOss where the answer is about something else, or leaves out or mixes up keys.
        """
        target = Target(bucket, "")
        given = {"prefix": prefix, "max_keys": self._page_size, "encoding_type": "url"}
        if start_after:
            given["start_after"] = start_after
        page = self.requests.ask("ListObjectsV2", target, given)
        return read_objects(page, given, self.requests.asked("ListObjectsV2", target))

    def complete(
        self,
        target: Target,
        upload_id: str,
        parts: Sequence[tuple[int, str]],
        options: ObjectOptions,
        silence_seconds: float = _COMPLETE_SECONDS,
    ) -> Completed:
        """Join the parts (number, ETag), ascending; `silence_seconds` is the longest wait for the answer.

        Raises NotOss where the answer does not prove that it was done.
        """
        sdk = load_sdk()
        listed = [sdk.UploadPart(part_number=number, etag=f'"{etag}"') for number, etag in parts]
        given = {
            "upload_id": upload_id,
            "complete_multipart_upload": sdk.CompleteMultipartUpload(parts=listed),
            **some(options, *OF_COMPLETE),
        }
        # Asked once: when its reply is lost the object may be there, and only the engine can look.
        result = self.requests.ask(
            "CompleteMultipartUpload", target, given, retry_max_attempts=1, readwrite_timeout=silence_seconds
        )
        return read_completed(
            result, bool(options.get("callback")), self.requests.asked("CompleteMultipartUpload", target)
        )

    def abort(self, target: Target, upload_id: str) -> bool:
        """Remove the upload and its parts; return whether they were there. One that is gone counts as removed."""
        try:
            result = self.requests.ask("AbortMultipartUpload", target, {"upload_id": upload_id})
            check_answered(result.request_id, self.requests.asked("AbortMultipartUpload", target))
        except ServiceError as error:
            if error.reply.code != "NoSuchUpload":
                raise
            return False
        return True

    def head(self, target: Target) -> ObjectHead | None:
        """Return the object, or None where there is none.

        Raises NotOss where the answer has neither a request id nor a CRC-64.
        """
        try:
            result = self.requests.ask("HeadObject", target, {})
        except ServiceError as error:
            # A proxy may drop the header that carries the code; a bucket that is missing says so in it.
            if error.reply.status == 404 and error.reply.code in ("NoSuchKey", ""):
                return None
            raise
        return read_head(result, self.requests.asked("HeadObject", target))

    def credentials_version(self) -> str:
        """Look the credentials up, keep them to sign with, and return a word from which they cannot be told."""
        kept = self._kept = self.credentials()
        return _version_of(kept)

    @property
    def remarks(self) -> Sequence[str]:
        """What the user should know about how the service is reached."""
        return self._clock.remarks

    def heed_clock(self, error: OssJupyterError, signed: SignedRequest) -> bool:
        """Return whether a part was refused for a wrong time on it; then the service's own time counts from now on."""
        return isinstance(error, ServiceError) and self._clock.heed(error.reply, signed.clock_offset_seconds)

    def explain(self, error: ServiceError, target: Target) -> OssJupyterError:
        """Return a part's error in words that name the bucket and the key."""
        return from_exception(error, self.settings.describe(), self.requests.asked("UploadPart", target))

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self.requests.close()

    def sign(
        self,
        operation: str,
        target: Target,
        given: dict[str, Any],
        extra: tuple[tuple[str, str], ...] = (),
    ) -> SignedRequest:
        """Sign any request that the SDK knows into a URL. Asks nobody; extra: headers that no signature covers."""
        ends_at = self._clock.now() + timedelta(seconds=SIGNED_SECONDS)
        offset_seconds = self._clock.offset_seconds
        used = self._kept or self.requests.guarded(self.credentials, operation, target)
        signed = self._presign(used, operation, target, given, ends_at)
        headers = (*signed.signed_headers.items(), *extra, ("User-Agent", f"oss_jupyter/{__version__}"))
        return SignedRequest(keep_dots(signed.url), headers, _version_of(used), offset_seconds)

    def _presign(
        self, used: Credentials, operation: str, target: Target, given: dict[str, Any], ends_at: datetime
    ) -> Any:
        self._signing.credentials = used
        try:
            return self.requests.presign(operation, target, given, ends_at)
        finally:
            self._signing.credentials = None

    def _lookup(self) -> Credentials:
        """Return what the SDK signs with: the kept credentials where nothing else is asked, else those of now."""
        return getattr(self._signing, "credentials", None) or self.credentials()


def _version_of(used: Credentials) -> str:
    text = "\0".join((used.access_key_id, used.access_key_secret, used.security_token or ""))
    return hashlib.blake2b(text.encode(), key=_VERSION_SALT, digest_size=8).hexdigest()


def _next_parts(page: Any) -> dict[str, Any]:
    return {"part_number_marker": str(page.next_part_number_marker or "")}
