"""What the server can answer: a reply, or an error in the words of the service.

The texts and EC numbers follow the public troubleshooting pages of OSS. Clients should branch on status
and code only, so an unknown EC is simply left out.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oss_jupyter.sandbox.documents import Children, render


@dataclass(frozen=True)
class FileSlice:
    """A range of a file that is sent as the body of a reply."""

    path: Path
    offset: int
    length: int


@dataclass(frozen=True)
class Reply:
    """What goes back to the client: a status, headers, and a body in memory or on disk."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: FileSlice | None = None
    code: str | None = None  # the error code, for the request log

    @property
    def length(self) -> int:
        """Return the number of body bytes."""
        return self.file.length if self.file else len(self.body)


def document(root: str, children: str | Children, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a 200 reply that carries an XML document."""
    return Reply(headers={"Content-Type": "application/xml", **(headers or {})}, body=render(root, children))


class ServiceError(Exception):
    """The service refuses a request; status, EC and message default to those known for the code."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int | None = None,
        ec: str | None = None,
        elements: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        known_status, known_ec, known_message = _KNOWN.get(code, (500, "", "The request was refused."))
        self.code = code
        self.status = known_status if status is None else status
        self.ec = known_ec if ec is None else ec
        self.message = known_message if message is None else message
        self.elements = dict(elements or {})
        self.headers = dict(headers or {})
        super().__init__(f"{self.status} {code}: {self.message}")


def invalid_argument(name: str, value: str, message: str, ec: str | None = None) -> ServiceError:
    """Return the error for a query value or header that the service does not take."""
    return ServiceError("InvalidArgument", message, ec=ec, elements={"ArgumentName": name, "ArgumentValue": value})


def error_reply(error: ServiceError, *, request_id: str, host: str, is_head: bool) -> Reply:
    """Word an error as XML; a HEAD carries the same document in x-oss-err, for it may have no body."""
    children: list[tuple[str, str]] = [
        ("Code", error.code),
        ("Message", error.message),
        ("RequestId", request_id),
        ("HostId", host),
        *error.elements.items(),
    ]
    headers = dict(error.headers)
    if error.ec:
        headers["x-oss-ec"] = error.ec
        children.append(("EC", error.ec))
        children.append(("RecommendDoc", f"https://api.aliyun.com/troubleshoot?q={error.ec}"))
    body = render("Error", children)
    if is_head:
        headers["x-oss-err"] = base64.b64encode(body).decode()
        return Reply(error.status, headers, code=error.code)
    headers["Content-Type"] = "application/xml"
    return Reply(error.status, headers, body, code=error.code)


# code: (status, EC, message)
_KNOWN: dict[str, tuple[int, str, str]] = {
    "AccessDenied": (403, "0003-00000001", "You have no right to access this object."),
    "AccessKeyIdAndSecurityTokenNotMatch": (
        403,
        "",
        "The access key id you provided does not match the security token.",
    ),
    "BadRequest": (400, "", "The request body could not be read."),
    "BucketAlreadyExists": (409, "0015-00000104", "The requested bucket name is not available."),
    "BucketNotEmpty": (409, "0015-00000301", "The bucket has objects. Please delete them first."),
    "CallbackFailed": (203, "0007-00000203", "Error status : 502."),
    "EntityTooLarge": (400, "", "Your proposed upload exceeds the maximum allowed object size."),
    "EntityTooSmall": (
        400,
        "0042-00000213",
        "Your proposed upload is smaller than the minimum allowed size.",
    ),
    "FileAlreadyExists": (409, "0042-00000214", "The object you specified already exists and can not be overwritten."),
    "InternalError": (500, "", "We encountered an internal error. Please try again."),
    "InvalidAccessKeyId": (
        403,
        "0002-00000902",
        "The OSS Access Key Id you provided does not exist in our records.",
    ),
    "InvalidArgument": (400, "", "The argument is invalid."),
    "InvalidBucketName": (400, "0015-00000001", "The specified bucket is not valid."),
    "InvalidCRC64": (400, "", "The CRC64 checksum you specified did not match what we received."),
    "InvalidDigest": (400, "", "The Content-MD5 you specified is not valid."),
    "InvalidEncryptionAlgorithmError": (400, "", "The encryption algorithm you specified is not valid."),
    "InvalidObjectName": (400, "", "The specified object is not valid."),
    "InvalidPart": (
        400,
        "",
        "One or more of the specified parts could not be found or the specified entity tag might not have "
        "matched the part's entity tag.",
    ),
    "InvalidPartOrder": (
        400,
        "",
        "The list of parts was not in ascending order. Parts list must be specified in order by part number.",
    ),
    "InvalidRange": (416, "", "The requested range cannot be satisfied."),
    "InvalidSecurityToken": (403, "", "The security token you provided is invalid."),
    "MalformedXML": (400, "", "The XML you provided was not well-formed or did not validate."),
    "MissingContentLength": (411, "", "You must provide the Content-Length HTTP header."),
    "NoSuchBucket": (404, "0015-00000101", "The specified bucket does not exist."),
    "NoSuchKey": (404, "0026-00000001", "The specified key does not exist."),
    "NoSuchUpload": (
        404,
        "0042-00000203",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
        "aborted or completed.",
    ),
    "NotImplemented": (501, "", "A header or query you provided implies functionality that is not implemented."),
    "PreconditionFailed": (412, "", "At least one of the pre-conditions you specified did not hold."),
    "QpsLimitExceeded": (429, "", "Please reduce your request rate."),
    "RequestTimeTooSkewed": (
        403,
        "0002-00000504",
        "The difference between the request time and the current time is too large.",
    ),
    "RequestTimeout": (400, "", "Your socket connection to the server was not read from or written to in time."),
    # The sandbox's own; see disk.py.
    "SandboxDirectoryGone": (507, "", ""),
    "SandboxDiskFailed": (507, "", ""),
    "SandboxDiskFull": (507, "", ""),
    "SecurityTokenExpired": (403, "0002-00000007", "The security token you provided has expired."),
    "ServiceUnavailable": (503, "", "Please reduce your request rate."),
    "SignatureDoesNotMatch": (
        403,
        "0002-00000040",
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
    ),
    "UploadTrafficRateLimitExceeded": (503, "", "The upload traffic exceeds the limit. Please slow down."),
}
