"""What an object carries besides its bytes, and what each request carries: the options of PutObject and multipart.

The names are the SDK's. They are saved in the checkpoint, because a resumed upload must end as the same object.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from oss_jupyter.errors import InputError

# x-oss-traffic-limit is in bit/s (documentation "Single-connection bandwidth throttling").
TRAFFIC_LIMIT_MIN_BITS = 819_200
TRAFFIC_LIMIT_MAX_BITS = 838_860_800

_META_NAME = re.compile(r"[A-Za-z0-9-]+")
_META_MAX_BYTES = 8 * 1024
_CHOICES = {
    "acl": ("default", "private", "public-read", "public-read-write"),
    "storage_class": ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive"),
    "server_side_encryption": ("AES256", "KMS", "SM4"),
}


@dataclass(frozen=True)
class ObjectOptions:
    """Every option of an upload that the service knows; None leaves it out.

    content_type: guessed from the names if absent. metadata: becomes ``x-oss-meta-*``, 8 KiB in all.
    tagging: ``k=v&k2=v2``. expires: an HTTP date. traffic_limit: bit/s for each connection. callback, callback_var:
    base64 JSON. forbid_overwrite: refuse an existing object. request_payer: ``requester``.
    """

    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    acl: str | None = None
    storage_class: str | None = None
    tagging: str | None = None
    server_side_encryption: str | None = None
    server_side_data_encryption: str | None = None
    server_side_encryption_key_id: str | None = None
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    expires: str | None = None
    forbid_overwrite: bool | None = None
    request_payer: str | None = None
    traffic_limit: int | None = None
    callback: str | None = None
    callback_var: str | None = None
    object_worm_mode: str | None = None
    object_worm_retain_until_date: str | None = None
    object_worm_legal_hold: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the options that are set, ready for JSON."""
        return {name: value for name, value in asdict(self).items() if value not in (None, {})}


OPTION_NAMES = tuple(entry.name for entry in fields(ObjectOptions))


def make_options(given: Mapping[str, Any], *names: str) -> ObjectOptions:
    """Return checked options; `names` (the key first, then the source) serve to guess the content type.

    Raises InputError, so that a wrong option is refused before anything is sent.
    """
    unknown = sorted(set(given) - set(OPTION_NAMES))
    if unknown:
        raise InputError(
            f"{unknown[0]!r} is not an option of an upload.",
            "The options are " + ", ".join(OPTION_NAMES) + ".",
        )
    values = {name: value for name, value in given.items() if value is not None}
    for name, choices in _CHOICES.items():
        if values.get(name, choices[0]) not in choices:
            raise InputError(f"{name}={values[name]!r} is not known.", f"Choose one of {', '.join(choices)}.")
    values["metadata"] = _check_metadata(values.get("metadata", {}))
    _check_traffic_limit(values.get("traffic_limit"))
    _check_header_texts(values)
    if not values.get("content_type"):
        values["content_type"] = guess_content_type(*names)
    return ObjectOptions(**values)


def guess_content_type(*names: str) -> str:
    """Return the media type of the first name that has one, else ``application/octet-stream``."""
    for name in names:
        guessed = _DATA_TYPES.get(name.rpartition(".")[2].lower()) or mimetypes.guess_type(name)[0]
        if guessed:
            return guessed
    return "application/octet-stream"


# What data scientists carry and the standard library's table leaves out.
_DATA_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
    "feather": "application/vnd.apache.arrow.file",
    "ipynb": "application/x-ipynb+json",
    "jsonl": "application/jsonl",
    "zst": "application/zstd",
}


def _check_metadata(metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, Mapping):
        raise InputError("metadata is not a mapping.", 'Write it like metadata={"project": "taxi"}.')
    pairs = {str(name).lower(): str(value) for name, value in metadata.items()}
    for name, value in pairs.items():
        if not _META_NAME.fullmatch(name):
            raise InputError(f"metadata: {name!r} is not allowed.", "Use letters, digits and - in names.")
        if not value.isascii():
            raise InputError(f"metadata: the value of {name!r} is not ASCII.", "Percent-encode it, for example.")
    if sum(len(name) + len(value) for name, value in pairs.items()) > _META_MAX_BYTES:
        raise InputError("metadata has more than 8 KiB.", "Put long descriptions into an object of their own.")
    return pairs


def _check_traffic_limit(limit: Any) -> None:
    number = int(limit) if str(limit).isdecimal() else 0
    if limit is not None and not TRAFFIC_LIMIT_MIN_BITS <= number <= TRAFFIC_LIMIT_MAX_BITS:
        raise InputError(
            f"traffic_limit={limit} is outside what the service takes.",
            f"It is in bit/s, from {TRAFFIC_LIMIT_MIN_BITS:,} (100 KiB/s) to {TRAFFIC_LIMIT_MAX_BITS:,} (100 MiB/s).",
        )


def _check_header_texts(values: Mapping[str, Any]) -> None:
    texts = [(name, value) for name, value in values.items() if isinstance(value, str)]
    texts += list(values["metadata"].items())
    for name, text in texts:
        if any(character in text for character in "\r\n\0"):
            raise InputError(f"{name} holds a line break.", "Header values are one line each.")
