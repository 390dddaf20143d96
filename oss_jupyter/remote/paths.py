"""What a path of fsspec's means in OSS, and OSS's errors as those of files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oss_jupyter.errors import (
    ObjectChanged,
    ObjectMissing,
    ObjectRefused,
    ObjectThere,
    OssJupyterError,
    ServiceError,
)
from oss_jupyter.model.target import KEY_MAX_BYTES, Target, check_bucket, make_prefix, make_target
from oss_jupyter.texts import tr

_MEANS: dict[str, type[OssJupyterError]] = {
    "NoSuchKey": ObjectMissing,
    "NoSuchBucket": ObjectMissing,
    "FileAlreadyExists": ObjectThere,
    "BucketAlreadyExists": ObjectThere,
}
_FORBIDDEN = 403


def split(path: str) -> tuple[str, str]:
    """Return bucket and key of a path without its protocol; the key is empty for a bucket, both for the root."""
    bucket, _, key = path.partition("/")
    return bucket, key


def target_of(path: str) -> Target:
    """Return the object that a path names. Raises InputError."""
    return make_target(*split(path))


def folder_of(path: str) -> Target:
    """Return what the keys below a path begin with: nothing for a bucket. Raises InputError."""
    bucket, key = split(path)
    check_bucket(bucket, key)
    return make_prefix(bucket, f"{key}/" if key else "")


def can_hold(path: str) -> bool:
    """Whether a key can begin with this one and a slash: the longest ones leave no room for it."""
    return len(split(path)[1].encode("utf-8", "surrogatepass")) < KEY_MAX_BYTES


def missing(path: str) -> ObjectMissing:
    """Return the error that there is nothing of this name."""
    advice = tr("Check the name; oj.filesystem().ls(…) tells what is there.")
    return ObjectMissing(tr("There is no oss://{path}.", path=path), advice)


@contextmanager
def as_of_files(path: str) -> Iterator[None]:
    """Raise what the service refuses as errors of files, which is what libraries look for; the words stay."""
    refused = None
    try:
        yield
    except ServiceError as error:
        refused = error
    if refused is None:
        return
    if refused.reply.code == "NoSuchKey":
        raise missing(path)
    if refused.reply.code == "PreconditionFailed":
        raise ObjectChanged(
            tr("oss://{path} was replaced while it was being read.", path=path),
            tr("Open it again: what was read so far is of the object that was there before."),
        )
    kind = _MEANS.get(refused.reply.code) or (ObjectRefused if refused.reply.status == _FORBIDDEN else None)
    raise refused if kind is None else kind(refused.what, refused.advice, code=refused.code)
