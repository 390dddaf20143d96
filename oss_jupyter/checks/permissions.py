"""What the credentials may do, asked so that nothing is stored, changed or removed.

The service looks at the permission first. A PutObject whose Content-MD5 is wrong is refused as InvalidDigest after
that (documentation "PutObject"), and what names an upload or an object that is not there is told so.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from oss_jupyter.errors import CredentialsError, OssJupyterError, ServiceError
from oss_jupyter.model.finding import Finding, fine, unknown, warning, wrong
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.objects import delete_objects, list_folder
from oss_jupyter.texts import english, tr

CREDENTIALS, BUCKET, PUT = english("credentials accepted"), english("bucket"), "PutObject"
_NO_UPLOAD = "0" * 32
# The MD5 of nothing, and so of no byte that is sent.
_WRONG_MD5 = "1B2M2Y8AsgTpgAmY7PhCfg=="
_NOT_ACCEPTED = frozenset(
    {
        "SignatureDoesNotMatch", "InvalidAccessKeyId", "SecurityTokenExpired", "InvalidSecurityToken",
        "AccessKeyIdAndSecurityTokenNotMatch", "UserDisable",
    }
)  # fmt: skip
_OF_THE_BUCKET = frozenset(
    {
        "NoSuchBucket", "PermanentRedirect", "SecondLevelDomainForbidden", "NonStandardHostForbidden",
        "InvalidArgument", "TransferAccelerationDisabled", "PublicEndpointForbidden", "BucketDisable",
        "AbnormalBucketOwnerStatus",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """One operation. ask: raises what the service says. answers: codes that mean it is allowed. brings: what for."""

    name: str
    ask: Callable[[SdkControl, Target], object]
    answers: frozenset[str]
    brings: str


def _put(control: SdkControl, target: Target) -> None:
    given = {"body": "?", "content_md5": _WRONG_MD5, "forbid_overwrite": "true"}
    control.requests.ask("PutObject", target, given, retry_max_attempts=1)
    # Whatever this is, it does not compare what it is told to.
    delete_objects(control, target.bucket, [target.key])


def _list_uploads(control: SdkControl, target: Target) -> None:
    control.requests.ask("ListMultipartUploads", Target(target.bucket, ""), {"prefix": target.key, "max_uploads": 1})


_PUT = Probe(PUT, _put, frozenset({"InvalidDigest", "BadDigest", "FileAlreadyExists"}), english("upload anything"))
PROBES = (
    Probe(
        "ListParts",
        lambda control, target: control.list_parts(target, _NO_UPLOAD),
        frozenset({"NoSuchUpload"}),
        english("keep parts whose receipts were lost"),
    ),
    Probe(
        "AbortMultipartUpload",
        lambda control, target: control.abort(target, _NO_UPLOAD),
        frozenset({"NoSuchUpload"}),
        english("remove the parts of an upload that is given up"),
    ),
    Probe(
        "GetObject",
        lambda control, target: control.head(target),
        frozenset({"NoSuchKey"}),
        english("skip what is there already, and read it back"),
    ),
    Probe(
        "ListObjects",
        lambda control, target: next(list_folder(control, target.bucket, target.key, most=1)),
        frozenset(),
        english("compare datasets with what is there"),
    ),
    Probe(
        "ListMultipartUploads",
        _list_uploads,
        frozenset(),
        english("find parts whose checkpoint is lost"),
    ),
)


def look_at_put(control: SdkControl, target: Target) -> list[Finding]:
    """Return whether credentials, bucket and PutObject go together: the first of them that does not, or all three."""
    bucket = target.bucket
    error = _refusal(control, _PUT, scratch(target))
    accepted = fine(CREDENTIALS, tr("The service accepts them."))
    there = fine(BUCKET, _reached(control, bucket))
    if error is None:
        place = f"oss://{bucket}/{prefix_of(target)}"
        return [accepted, there, fine(PUT, tr("Objects may be written below {place}.", place=place))]
    code = error.reply.code if isinstance(error, ServiceError) else error.code
    if code in _NOT_ACCEPTED or isinstance(error, CredentialsError):
        return [wrong(CREDENTIALS, error.what, error.advice)]
    if code in _OF_THE_BUCKET or (isinstance(error, ServiceError) and "Endpoint" in error.reply.extras):
        return [accepted, wrong(BUCKET, error.what, error.advice)]
    if isinstance(error, ServiceError) and error.reply.status < 500:
        return [accepted, there, wrong(PUT, error.what, error.advice)]
    return [unknown(PUT, error.what, error.advice)]


def _reached(control: SdkControl, bucket: str) -> str:
    host, region = control.settings.describe(), control.settings.region
    return tr("{bucket} is reached at {host}, in {region}.", bucket=bucket, host=host, region=region)


def look_at(probe: Probe, control: SdkControl, target: Target) -> list[Finding]:
    """Return whether one more operation is allowed, and what it would bring."""
    error = _refusal(control, probe, scratch(target))
    if error is None:
        return [fine(probe.name, tr("It is allowed, so uploads can {do}.", do=tr(probe.brings)))]
    if isinstance(error, ServiceError) and error.reply.code == "AccessDenied":
        grant = tr(
            "Uploads go without it. With {action} they could {do}; see docs/permissions.md.",
            action=f"oss:{probe.name}",
            do=tr(probe.brings),
        )
        return [warning(probe.name, tr("The credentials have no permission for it."), grant)]
    return [unknown(probe.name, error.what, error.advice)]


def scratch(target: Target) -> Target:
    """Return an object that nobody has, where the user's are to be."""
    return Target(target.bucket, f"{prefix_of(target)}.oss_jupyter-check-{secrets.token_hex(4)}")


def prefix_of(target: Target) -> str:
    """Return what the keys that are meant begin with, up to their last slash."""
    return target.key[: target.key.rfind("/") + 1]


def _refusal(control: SdkControl, probe: Probe, target: Target) -> OssJupyterError | None:
    """Return why an operation is refused, None where it is allowed."""
    try:
        probe.ask(control, target)
    except ServiceError as error:
        return None if error.reply.code in probe.answers else error
    except OssJupyterError as error:
        return error
    return None
