"""The service's codes in plain words: what happened, and what to do next.

The codes whose meaning is fixed stand in a table, advice_table.py; here are those that depend on the reply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from oss_jupyter.errors import ServiceReply
from oss_jupyter.oss.advice_table import NO_ROOM, SERVER, TABLE, Words
from oss_jupyter.texts import english, tr


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
        return tr(_ACTIONS.get(self.operation, "oss:PutObject"))

    @property
    def thing(self) -> str:
        """The bucket or object, as people write it."""
        return f"oss://{self.bucket}/{self.key}" if self.bucket else tr("the object")


_READ_AND_WRITE = english("oss:GetObject and oss:PutObject")
_ACTIONS = {
    "ListParts": "oss:ListParts",
    "ListObjectsV2": "oss:ListObjects",
    "AbortMultipartUpload": "oss:AbortMultipartUpload",
    "ListMultipartUploads": "oss:ListMultipartUploads",
    "HeadObject": "oss:GetObject",
    "GetObject": "oss:GetObject",
    "CopyObject": _READ_AND_WRITE,
    "UploadPartCopy": _READ_AND_WRITE,
    "DeleteMultipleObjects": "oss:DeleteObject",
    "ListBuckets": "oss:ListBuckets",
    "PutBucket": "oss:PutBucket",
    "DeleteBucket": "oss:DeleteBucket",
}


def explain(reply: ServiceReply, asked: Asked) -> Words:
    """Return what happened and what to do, in two sentences."""
    special, fixed = _SPECIAL.get(reply.code), TABLE.get(reply.code)
    if special is not None:
        return special(reply, asked)
    return _filled(fixed, reply, asked) if fixed is not None else _unknown(reply, asked)


def _filled(words: Words, reply: ServiceReply, asked: Asked) -> Words:
    what, advice = words
    told = {
        "bucket": _bucket(reply, asked),
        "thing": asked.thing,
        "region": _region(asked),
        "message": reply.message,
    }
    said = tr(what, **told)
    if not asked.bucket:  # "the object" may stand at the beginning
        said = said[:1].upper() + said[1:]
    return said, tr(advice, **told)


def _no_such_key(_reply: ServiceReply, asked: Asked) -> Words:
    what = tr("There is no object {thing}.", thing=asked.thing) if asked.bucket else tr("There is no such object.")
    return what, tr("Check the key; capitals count.")


def _bucket(reply: ServiceReply, asked: Asked) -> str:
    bucket = asked.bucket or reply.extras.get("BucketName") or reply.extras.get("Bucket")
    return tr("bucket {name!r}", name=bucket) if bucket else tr("bucket")


def _region(asked: Asked) -> str:
    return asked.region or asked.host or tr("this region")


def _access_denied(reply: ServiceReply, asked: Asked) -> Words:
    if "Endpoint" in reply.extras:
        return _other_region(reply, asked)
    if "expired" in reply.message.lower():
        return (
            tr("The signed request had expired when it arrived."),
            tr("Check this computer's clock, then resume: everything is signed anew."),
        )
    if "not valid yet" in reply.message.lower():
        return (
            tr("The signed request was not valid yet when it arrived."),
            tr("Set this computer's clock (Linux: sudo timedatectl set-ntp true), then resume."),
        )
    return (
        tr(
            "The credentials have no permission for {thing}: {message}",
            thing=asked.thing,
            message=reply.message,
        ),
        tr(
            "Whoever manages the account grants {action} on acs:oss:*:*:{resource}, or corrects the bucket policy.",
            action=reply.extras.get("AuthAction", asked.action),
            resource=asked.bucket if asked.bucket and not asked.key else f"{asked.bucket or 'BUCKET'}/*",
        ),
    )


def _other_region(reply: ServiceReply, asked: Asked) -> Words:
    endpoint = reply.extras.get("Endpoint")
    bucket = _bucket(reply, asked)
    if not endpoint:
        return (
            tr("The {bucket} is reached by another host.", bucket=bucket),
            tr("Look up its endpoint in the console and give it with endpoint= and region=."),
        )
    from oss_jupyter.oss.endpoint import region_of  # 40 ms, which parts need not wait for

    region = region_of(endpoint)
    arguments = f'endpoint="{endpoint}"' + (f', region="{region}"' if region else "")
    return (
        tr("The {bucket} is not in {region}.", bucket=bucket, region=_region(asked)),
        tr("Use {arguments}.", arguments=arguments),
    )


def _skewed(reply: ServiceReply, _asked: Asked) -> Words:
    advice = tr("Set the clock (Linux: sudo timedatectl set-ntp true), then resume.")
    try:
        ours, theirs = (datetime.fromisoformat(reply.extras[name].rstrip("Z")[:19]) for name in _TIMES)
    except (KeyError, ValueError):
        return tr("This computer's clock and the service's differ by more than 15 minutes."), advice
    minutes = round((ours - theirs).total_seconds() / 60)
    if minutes > 0:
        ahead = english("This computer's clock is {minutes} minutes ahead of the service's; 15 are allowed.")
        return tr(ahead, minutes=minutes), advice
    behind = english("This computer's clock is {minutes} minutes behind the service's; 15 are allowed.")
    return tr(behind, minutes=-minutes), advice


_TIMES = ("RequestTime", "ServerTime")


def _invalid_argument(reply: ServiceReply, asked: Asked) -> Words:
    name, value = reply.extras.get("ArgumentName", ""), reply.extras.get("ArgumentValue", "")
    if name == "x-oss-credential" or "region" in reply.message.lower():
        return (
            tr("The signature names another region than the bucket's ({region}).", region=_region(asked)),
            tr("Give the bucket's own region with region=, also with an accelerate endpoint or a domain of your own."),
        )
    advice = tr("Change or leave out this option.")
    if not name:
        return tr("The service refuses the argument: {message}", message=reply.message), advice
    argument = f"{name}={value}" if value else name
    named = tr("The service refuses the argument {argument}: {message}", argument=argument, message=reply.message)
    return named, advice


def _unknown(reply: ServiceReply, asked: Asked) -> Words:
    if not reply.request_id and not reply.code:
        return (
            tr("HTTP {status} came back, and not from the OSS service.", status=reply.status),
            tr("Something between here and the service answered: check the endpoint and the proxy."),
        )
    if reply.status >= 500:
        return _filled(NO_ROOM if reply.status == HTTPStatus.INSUFFICIENT_STORAGE else SERVER, reply, asked)
    what = (
        tr("The service refused the request (HTTP {status}): {message}", status=reply.status, message=reply.message)
        if reply.message
        else tr("The service refused the request (HTTP {status}).", status=reply.status)
    )
    url = reply.advice_url
    return what, tr("See {url}", url=url) if url else tr("Look the code up in the OSS documentation.")


_SPECIAL: dict[str, Callable[[ServiceReply, Asked], Words]] = {
    "AccessDenied": _access_denied,
    "NoSuchKey": _no_such_key,
    "PermanentRedirect": _other_region,
    "RequestTimeTooSkewed": _skewed,
    "InvalidArgument": _invalid_argument,
}
