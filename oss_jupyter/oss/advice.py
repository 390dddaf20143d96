"""The service's codes in plain words: what happened, and what to do next.

An advice is read when the upload has stopped, so none promises that something is tried again: what goes on by itself
is told by the state and the notes. One table for the codes whose meaning is fixed and a few functions for those that
depend on the reply. Codes: OSS documentation, the pages "HTTP 400/403/404/409/…  status code" and those of the EC
numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from oss_jupyter.errors import ServiceReply


@dataclass(frozen=True)
class Asked:
    """What was asked of the service when it refused, as far as it is known: the operation, where, and of which host."""

    operation: str = ""
    bucket: str = ""
    key: str = ""
    region: str = ""
    host: str = ""

    @property
    def action(self) -> str:
        """The RAM action that permits the operation."""
        return _ACTIONS.get(self.operation, "oss:PutObject")

    @property
    def thing(self) -> str:
        """The bucket or object, as people write it."""
        return f"oss://{self.bucket}/{self.key}" if self.bucket else "the object"


_ACTIONS = {
    "ListParts": "oss:ListParts",
    "ListObjectsV2": "oss:ListObjects",
    "AbortMultipartUpload": "oss:AbortMultipartUpload",
    "ListMultipartUploads": "oss:ListMultipartUploads",
    "HeadObject": "oss:GetObject",
    "GetObject": "oss:GetObject",
    "CopyObject": "oss:GetObject and oss:PutObject",
    "UploadPartCopy": "oss:GetObject and oss:PutObject",
    "DeleteMultipleObjects": "oss:DeleteObject",
    "ListBuckets": "oss:ListBuckets",
    "PutBucket": "oss:PutBucket",
    "DeleteBucket": "oss:DeleteBucket",
}

Words = tuple[str, str]

_LATER = "There is nothing to change here: resume later."
_OVERDUE: Words = (
    "The account or the bucket is suspended, mostly because a bill is unpaid.",
    "Whoever pays for the account settles it in the console (Expenses); then resume.",
)
_KMS: Words = (
    "The key of KMS that should encrypt the object cannot be used.",
    "Activate KMS, pay for it, or enable the key in the KMS console; or choose server_side_encryption=\"AES256\".",
)  # fmt: skip
_THROTTLED: Words = (
    "The service asks to slow down.",
    "Resume at another time of day, or with a lower parallel.",
)
_NO_ROOM: Words = ("The service has no room left for it.", "Make room there, then resume.")
_SERVER: Words = ("The service had an internal problem.", _LATER)
_BROKEN: Words = (
    "The service did not receive the whole request.",
    "Resume when the line is better. If it stays so, a proxy that cuts bodies can be why.",
)
_CHANGED: Words = (
    "The bytes that arrived are not the bytes that were sent.",
    "Resume to send them once more. If it stays so, look at the proxy, the network adapter or the memory.",
)
_BUG: Words = (
    "The service found the request malformed ({message}).",
    "This is a fault of oss_jupyter: please report it with the code and request id below.",
)

_TABLE: dict[str, Words] = {
    "SignatureDoesNotMatch": (
        "The service refused the signature: the secret does not belong to this access key.",
        "Check the secret (OSS_ACCESS_KEY_SECRET): a missing character, a space, quotes? Or a proxy rewrites requests.",
    ),
    "InvalidAccessKeyId": (
        "The service does not know this access key.",
        "Check its id (OSS_ACCESS_KEY_ID): is it disabled, of another cloud, or temporary without its session token?",
    ),
    "SecurityTokenExpired": (
        "The temporary credentials have expired.",
        "Put new ones into the environment or the profile, then resume.",
    ),
    "InvalidSecurityToken": (
        "The service does not accept the session token.",
        "Check OSS_SESSION_TOKEN: take id, secret and token from the same answer; with a permanent key leave it unset.",
    ),
    "AccessKeyIdAndSecurityTokenNotMatch": (
        "The session token belongs to another access key.",
        "Take id, secret and token from the same answer; with a permanent key leave OSS_SESSION_TOKEN unset.",
    ),
    "NoSuchBucket": (
        "The {bucket} does not exist in {region}.",
        "Check its name, its region (oss.console.aliyun.com shows it) and that the credentials are of its account.",
    ),
    "NoSuchKey": ("There is no object {thing}.", "Check the key; capitals count."),
    "NoSuchUpload": (
        "The service no longer knows this upload id: completed, aborted, or removed by a lifecycle rule.",
        "Run the upload again; it starts from the beginning unless the object is already there.",
    ),
    "SecondLevelDomainForbidden": (
        "The service does not take the bucket in the path.",
        "Leave out path_style=True; where the endpoint is an IP address, write the service's host name.",
    ),
    "NonStandardHostForbidden": (
        "The service does not serve this host name.",
        "Use a standard endpoint like oss-cn-hangzhou.aliyuncs.com; for a domain of your own add cname=True.",
    ),
    "TransferAccelerationDisabled": (
        "Transfer acceleration is not enabled for the {bucket}.",
        "Enable it in the console (Transfer Acceleration), or leave out accelerate=True.",
    ),
    "PublicEndpointForbidden": (
        "This account may not send data through the public endpoint of a region in mainland China.",
        'Bind a domain to it and use endpoint="data.example.com", cname=True; inside the region, internal=True.',
    ),
    "EntityTooSmall": (
        "A part other than the last is smaller than 100 KiB.",
        "Run the upload again with a larger part_size; it starts from the beginning.",
    ),
    "EntityTooLarge": (
        "The service refuses the size: 5 GiB is the limit of one request.",
        "Choose a part_size below 5GiB.",
    ),
    "FileAlreadyExists": (
        "{thing} exists already, and forbid_overwrite was asked for.",
        "Choose another key, or leave out forbid_overwrite to replace it.",
    ),
    "FileImmutable": (
        "{thing} is protected by a retention policy.",
        "Choose another key, or wait until the retention has passed.",
    ),
    "InvalidPart": (
        "The service does not have one of the parts as it was recorded.",
        "Resume to send it once more. If it stays so, abort the upload and run it from the beginning.",
    ),
    "InvalidObjectName": ("The service refuses the key of {thing}.", "1 to 1,023 bytes, not beginning with / or \\."),
    "InvalidBucketName": ("The name of the {bucket} is not allowed.", "3 to 63 of a-z, 0-9 and -."),
    "InvalidTag": (
        "The service refuses the tagging.",
        "At most 10 pairs like k=v&k2=v2, keys up to 128 and values up to 256 characters.",
    ),
    "InvalidEncryptionAlgorithmError": (
        "The service does not know this encryption.",
        "server_side_encryption is AES256, KMS or SM4.",
    ),
    "NotImplemented": (
        "The service does not offer one of the options in this region.",
        "Leave out the options used last, storage_class or encryption for example.",
    ),
    "PreconditionFailed": ("A condition of the request was not met.", "Look at the object in the console."),
    "InvalidObjectState": ("{thing} is archived.", "Restore it first, or choose another key."),
    "CallbackFailed": (
        "The object is stored; its callback was not answered.",
        "Do not upload again. Check that the callback's server is reachable and answers JSON within 5 s.",
    ),
    "RequestTimeout": (
        "The bytes arrived too slowly, and the service closed the connection.",
        "Resume when the line is better; or abort, and use a smaller part_size or a lower parallel.",
    ),
    **dict.fromkeys(("UserDisable", "BucketDisable", "AbnormalBucketOwnerStatus"), _OVERDUE),
    **dict.fromkeys(("KmsServiceNotEnabled", "KmsInDebt", "KeyDisabled", "KeyPendingDeletion"), _KMS),
    **dict.fromkeys(("InternalError", "ServiceUnavailable"), _SERVER),
    "SandboxDiskFull": (
        "The sandbox's disk is full.",
        "Make room on it, then resume. Or begin elsewhere, with a sandbox whose data lies on another disk.",
    ),
    "SandboxDiskFailed": ("{message}", "Mend that, then resume."),
    "SandboxDirectoryGone": (
        "The sandbox's directory was removed while it runs, and all that was in it.",
        "Stop the sandbox and start it again, then upload anew.",
    ),
    **dict.fromkeys(("BadRequest", "IncompleteBody"), _BROKEN),
    **dict.fromkeys(("InvalidDigest", "InvalidCRC64"), _CHANGED),
    **dict.fromkeys(("InvalidPartOrder", "MalformedXML", "MissingArgument", "MissingContentLength"), _BUG),
    **dict.fromkeys(
        (
            "UploadTrafficRateLimitExceeded", "DownloadTrafficRateLimitExceeded", "MetaOperationQpsLimitExceeded",
            "TotalQpsLimitExceeded", "ActiveRequestLimitExceeded", "CpuLimitExceeded", "QpsLimitExceeded",
        ),
        _THROTTLED,
    ),
}  # fmt: skip


def explain(reply: ServiceReply, asked: Asked) -> Words:
    """Return what happened and what to do, in two sentences."""
    special = _SPECIAL.get(reply.code)
    what, advice = special(reply, asked) if special else _TABLE.get(reply.code) or _unknown(reply, asked)
    bucket = asked.bucket or reply.extras.get("BucketName") or reply.extras.get("Bucket")
    words = {
        "bucket": f"bucket {bucket!r}" if bucket else "bucket",
        "thing": asked.thing,
        "region": asked.region or asked.host or "this region",
        "message": reply.message,
    }
    return what.format_map(words), advice.format_map(words)


def _access_denied(reply: ServiceReply, asked: Asked) -> Words:
    if "Endpoint" in reply.extras:
        return _other_region(reply, asked)
    if "expired" in reply.message.lower():
        return (
            "The signed request had expired when it arrived.",
            "Check this computer's clock, then resume: everything is signed anew.",
        )
    if "not valid yet" in reply.message.lower():
        return (
            "The signed request was not valid yet when it arrived.",
            "Set this computer's clock (Linux: sudo timedatectl set-ntp true), then resume.",
        )
    action = reply.extras.get("AuthAction", asked.action)
    resource = asked.bucket if asked.bucket and not asked.key else f"{asked.bucket or 'BUCKET'}/*"
    return (
        "The credentials have no permission for {thing}: {message}",
        f"Whoever manages the account grants {action} on acs:oss:*:*:{resource}, or corrects the bucket policy.",
    )


def _other_region(reply: ServiceReply, _asked: Asked) -> Words:
    endpoint = reply.extras.get("Endpoint")
    if not endpoint:
        return (
            "The {bucket} is reached by another host.",
            "Look up its endpoint in the console and give it with endpoint= and region=.",
        )
    from oss_jupyter.oss.endpoint import region_of  # 40 ms, which parts need not wait for

    region = region_of(endpoint)
    argument = f'endpoint="{endpoint}"' + (f', region="{region}"' if region else "")
    return "The {bucket} is not in {region}.", _literal(f"Use {argument}.")


def _skewed(reply: ServiceReply, _asked: Asked) -> Words:
    advice = "Set the clock (Linux: sudo timedatectl set-ntp true), then resume."
    try:
        ours, theirs = (datetime.fromisoformat(reply.extras[name].rstrip("Z")[:19]) for name in _TIMES)
    except (KeyError, ValueError):
        return "This computer's clock and the service's differ by more than 15 minutes.", advice
    minutes = round((ours - theirs).total_seconds() / 60)
    side = "ahead of" if minutes > 0 else "behind"
    return f"This computer's clock is {abs(minutes)} minutes {side} the service's; 15 are allowed.", advice


_TIMES = ("RequestTime", "ServerTime")


def _invalid_argument(reply: ServiceReply, _asked: Asked) -> Words:
    name, value = reply.extras.get("ArgumentName", ""), reply.extras.get("ArgumentValue", "")
    if name == "x-oss-credential" or "region" in reply.message.lower():
        return (
            "The signature names another region than the bucket's ({region}).",
            "Give the bucket's own region with region=, also with an accelerate endpoint or a domain of your own.",
        )
    shown = f" {name}={value}" if name and value else f" {name}" if name else ""
    return _literal(f"The service refuses the argument{shown}: {reply.message}"), "Change or leave out this option."


def _unknown(reply: ServiceReply, _asked: Asked) -> Words:
    if not reply.request_id and not reply.code:
        return (
            f"HTTP {reply.status} came back, and not from the OSS service.",
            "Something between here and the service answered: check the endpoint and the proxy.",
        )
    if reply.status == HTTPStatus.INSUFFICIENT_STORAGE:
        return _NO_ROOM
    if reply.status >= 500:
        return _SERVER
    said = f": {reply.message}" if reply.message else "."
    link = f"See {reply.advice_url}" if reply.advice_url else "Look the code up in the OSS documentation."
    return _literal(f"The service refused the request (HTTP {reply.status}){said}"), _literal(link)


def _literal(text: str) -> str:
    """Return a text of the service so that str.format_map leaves its braces alone."""
    return text.replace("{", "{{").replace("}", "}}")


_SPECIAL: dict[str, Callable[[ServiceReply, Asked], Words]] = {
    "AccessDenied": _access_denied,
    "PermanentRedirect": _other_region,
    "RequestTimeTooSkewed": _skewed,
    "InvalidArgument": _invalid_argument,
}
