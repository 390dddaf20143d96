"""Clients nobody here wrote: the official SDK and oss2, and plain HTTP for what they would never send."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import alibabacloud_oss_v2 as oss
import oss2

from oss_jupyter.sandbox import Sandbox

KEY_ID, KEY_SECRET, BUCKET, REGION = "test-key-id", "test-key-secret", "test-bucket", "cn-hangzhou"


def sdk_client(
    sandbox: Sandbox,
    *,
    key_id: str = KEY_ID,
    secret: str = KEY_SECRET,
    token: str | None = None,
    region: str = REGION,
    attempts: int = 1,
    signature_version: str = "v4",
    additional_headers: list[str] | None = None,
) -> Any:
    """Return the official SDK's client; it tries once, so that one fault is one failure."""
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret, token)
    config.region = region
    config.endpoint = sandbox.endpoint
    config.retry_max_attempts = attempts
    config.signature_version = signature_version
    config.additional_headers = additional_headers
    return oss.Client(config)


def oss2_bucket(sandbox: Sandbox, auth: Any = None) -> Any:
    """Return oss2's bucket, signing with V4 unless told otherwise."""
    auth = auth or oss2.AuthV4(KEY_ID, KEY_SECRET)
    return oss2.Bucket(auth, sandbox.endpoint, BUCKET, region=REGION)


def refusal(error: Any) -> Any:
    """Return the service's error inside the SDK's."""
    return error.value.unwrap()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes


class Wire:
    """One plain HTTP connection, for signed URLs."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=30)

    def send(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        """Send a request to the path of a URL and read its reply."""
        parts = urlsplit(url)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, f"{parts.path}?{parts.query}", body=body, headers=named)
        return self.read()

    def read(self) -> Answer:
        """Read a reply."""
        reply = self.connection.getresponse()
        return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())

    def close(self) -> None:
        self.connection.close()


def begin(client: Any, key: str = "key", **options: Any) -> str:
    """Initiate an upload and return its id."""
    request = oss.InitiateMultipartUploadRequest(bucket=BUCKET, key=key, **options)
    return str(client.initiate_multipart_upload(request).upload_id)


def put_part(client: Any, upload_id: str, number: int, body: bytes, key: str = "key", **options: Any) -> Any:
    """Upload one part."""
    return client.upload_part(
        oss.UploadPartRequest(bucket=BUCKET, key=key, upload_id=upload_id, part_number=number, body=body, **options)
    )


def finish(client: Any, upload_id: str, etags: Mapping[int, str] | None, key: str = "key", **options: Any) -> Any:
    """Complete an upload with these ETags by part number; None sends no list."""
    listed = None
    if etags is not None:
        listed = oss.CompleteMultipartUpload(
            parts=[oss.UploadPart(part_number=number, etag=etag) for number, etag in etags.items()]
        )
    return client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(
            bucket=BUCKET, key=key, upload_id=upload_id, complete_multipart_upload=listed, **options
        )
    )


def part_url(client: Any, upload_id: str, number: int, key: str = "key") -> str:
    """Return a signed URL that takes one part."""
    request = oss.UploadPartRequest(bucket=BUCKET, key=key, upload_id=upload_id, part_number=number)
    return str(client.presign(request).url)


def object_url(client: Any, key: str = "key") -> str:
    """Return a signed URL that takes an object."""
    return str(client.presign(oss.PutObjectRequest(bucket=BUCKET, key=key)).url)
