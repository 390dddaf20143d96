"""What the sandbox remembers, as frozen values and as small JSON files.

The JSON file is the truth: a body that no record names is garbage, so a process may die at any byte.
"""

from __future__ import annotations

import itertools
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

_PROCESS = uuid.uuid4().hex[:20]
_numbers = itertools.count()

R = TypeVar("R", "BucketRecord", "ObjectRecord", "UploadRecord", "PartRecord")


@dataclass(frozen=True)
class BucketRecord:
    """A bucket."""

    name: str
    region: str
    created_at: float
    acl: str = "private"
    storage_class: str = "Standard"


@dataclass(frozen=True)
class ObjectRecord:
    """A finished object; its bytes are in the file that `body` names."""

    key: str
    size_bytes: int
    etag: str
    crc64: int
    kind: str  # "Normal" or "Multipart"
    modified_at: float
    body: str
    headers: dict[str, str] = field(default_factory=dict)  # stored with the object, returned with it


@dataclass(frozen=True)
class UploadRecord:
    """An unfinished multipart upload."""

    upload_id: str
    key: str
    initiated_at: float
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PartRecord:
    """An uploaded part."""

    number: int
    size_bytes: int
    etag: str
    crc64: int
    modified_at: float
    body: str


def new_name() -> str:
    """Return a name that nothing had before, in this process or another."""
    return f"{_PROCESS}{next(_numbers):012x}"


def save(record: BucketRecord | ObjectRecord | UploadRecord | PartRecord, path: Path) -> None:
    """Write a record in one step, replacing the one that was there."""
    temporary = path.with_name(f"{new_name()}.tmp")
    try:
        temporary.write_text(json.dumps(vars(record)), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def load(kind: type[R], path: Path) -> R:
    """Read a record back."""
    fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kind(**fields)
