"""Where an upload goes: a bucket and a key, written ``oss://bucket/key``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oss_jupyter.errors import InputError
from oss_jupyter.redact import is_signed, quoted, shown
from oss_jupyter.texts import english, sentences, tr

# Bucket naming (OSS documentation, "Bucket naming"): 3-63 of a-z 0-9 -, alphanumeric at both ends.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
# Object naming: counted in bytes of UTF-8, not in characters; the SDK counts characters.
KEY_MAX_BYTES = 1023

_FORM = english("Write the target as oss://bucket/key, for example oss://my-bucket/data/trips.parquet.")


@dataclass(frozen=True, order=True)
class Target:
    """A bucket and a key, both known to be acceptable to the service."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"oss://{self.bucket}/{self.key}"


def parse_target(text: str, source_name: str = "") -> Target:
    """Return the Target of ``oss://bucket/key``; a key that is empty or ends in ``/`` gets `source_name` appended.

    Raises InputError with the rule that was broken.
    """
    bucket, key = _split(text)
    if not key or key.endswith("/"):
        key += _as_key(source_name, text)
    return make_target(bucket, key)


def parse_prefix(text: str) -> Target:
    """Return where the keys of a dataset begin: ``oss://bucket/raw/``; what does not end in ``/`` gets one.

    Raises InputError with the rule that was broken.
    """
    bucket, prefix = _split(text)
    return make_prefix(bucket, prefix if not prefix or prefix.endswith("/") else f"{prefix}/")


def address(text: str) -> Target:
    """Return where something is looked for: ``oss://bucket``, or with the beginning of keys, as it is written.

    Raises InputError with the rule that was broken.
    """
    return make_prefix(*_split(text))


def _split(text: str) -> tuple[str, str]:
    """Return bucket and key of an address as it was typed."""
    if not isinstance(text, str):
        # A Path has made oss:/bucket of it already, so nothing can be told from its text.
        raise InputError(_no_text(text), tr(_FORM), code="InvalidTarget")
    scheme, separator, rest = text.partition("://")
    if scheme.lower() != "oss" or not separator:
        what = tr("{address} is not an OSS address.", address=quoted(text))
        raise InputError(what, tr(_FORM), code="InvalidTarget")
    bucket, _, key = rest.partition("/")
    if ":" in bucket or "@" in bucket:
        raise InputError(
            tr("The target has more than a bucket before its key: a user, a password or a port."),
            sentences(tr(_FORM), tr("Credentials are given with credentials=…, or in the environment.")),
            code="InvalidTarget",
        )
    return bucket, key


def _no_text(value: object) -> str:
    if value is None:
        return tr("The target is None, and no text.")
    return tr("The target is of type {kind}, and no text.", kind=type(value).__name__)


def _as_key(source_name: str, target: str) -> str:
    if _utf8(source_name) is None:
        raise InputError(
            tr("The file's name {name} is no valid Unicode, so it cannot become the key.", name=source_name),
            tr("Write the whole key, like {place}/file.bin.", place=shown(target).rstrip("/")),
            code="InvalidObjectName",
        )
    return source_name


def _utf8(text: str) -> bytes | None:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return None


def is_bucket(name: str) -> bool:
    """Whether the service takes it as the name of a bucket."""
    return _BUCKET.fullmatch(name) is not None


def check_bucket(bucket: str, key: str = "") -> None:
    """Raise InputError where the service takes no such name of a bucket; `key` is what stands behind it."""
    if not is_bucket(bucket):
        # A password may have a slash: then the first half of it stands in the bucket's place.
        what = tr("{name} cannot be the name of a bucket.", name=quoted(bucket))
        if "@" in key:
            what = tr("What stands before the @ cannot be the name of a bucket.")
        advice = tr("A bucket name has 3 to 63 of a-z, 0-9 and -, with a letter or digit at both ends.")
        raise InputError(what, advice, code="InvalidBucketName")


def make_target(bucket: str, key: str) -> Target:
    """Return a Target after checking both names against the service's rules. Raises InputError."""
    check_bucket(bucket, key)
    if not key:
        what = tr("{place} names no object.", place=f"oss://{bucket}/")
        raise InputError(what, tr(_FORM), code="InvalidObjectName")
    return make_prefix(bucket, key)


def make_prefix(bucket: str, key: str) -> Target:
    """Return where a dataset goes: all its keys begin with `key`, which may be empty. Raises InputError."""
    check_bucket(bucket, key)
    why = why_no_key(key)
    if why:
        raise InputError(tr("The key {why}.", why=why), _another_key(bucket, key), code="InvalidObjectName")
    return Target(bucket, key)


def why_no_key(key: str) -> str:
    """Return what the service, or we, have against a key, to be said after "the key"; "" where it can be one."""
    encoded = _utf8(key)
    if encoded is None:
        return tr("is not valid Unicode")
    if len(encoded) > KEY_MAX_BYTES:
        number, most = f"{len(encoded):,}", f"{KEY_MAX_BYTES:,}"
        return tr("has {number} bytes in UTF-8; the service allows {most}", number=number, most=most)
    if key[:1] in ("/", "\\"):
        return tr("{key} begins with {first}, which the service refuses", key=quoted(key), first=repr(key[0]))
    return tr("ends in the query of a signed URL") if is_signed(key) else ""


def _another_key(bucket: str, key: str) -> str:
    encoded = _utf8(key)
    if encoded is None:
        return tr("Choose a key that can be written as UTF-8.")
    if len(encoded) > KEY_MAX_BYTES:
        return tr("Choose a shorter key.")
    if key[0] in "/\\":
        return tr("Write {target}.", target=f"oss://{bucket}/{shown(key.lstrip('/' + chr(92))) or 'key'}")
    bare = f"oss://{bucket}/{shown(key.partition('?')[0])}"
    return tr("Write the key only, up to the question mark: {target}.", target=bare)
