"""The two filesystems of fsspec over OSS that are compared: this project's and ossfs, each by three ways of using them.

Both get their endpoint and keys, and nothing else: block sizes, caches, connections and checksums are what each has by
default. Their imports come before the clock starts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .clients import BUCKET, KEYS, REGION, Job, Upload

OURS, OTHER = "oss_jupyter", "ossfs"
CAT, READ, WRITE = "cat_file", 'open("rb")', 'open("wb")'
# What a program reads or writes at a time, shutil.copyfileobj for example.
_BLOCK_BYTES = 1024 * 1024


def _oss_jupyter() -> Callable[[Job], Any]:
    import alibabacloud_oss_v2  # noqa: F401 - loaded when it is first used otherwise

    import oss_jupyter as oj
    import oss_jupyter.oss.get_object
    import oss_jupyter.remote.filesystem

    def made(job: Job) -> Any:
        os.environ["OSS_JUPYTER_CHECKPOINT_DIR"] = job.folder
        return oj.filesystem(endpoint=job.endpoint, region=REGION, credentials=KEYS)

    return made


def _ossfs() -> Callable[[Job], Any]:
    import ossfs

    return lambda job: ossfs.OSSFileSystem(endpoint=job.endpoint, key=KEYS[0], secret=KEYS[1])


def _cat(fs: Any, path: str, job: Job) -> None:
    size = Path(job.path).stat().st_size
    if len(fs.cat_file(path)) != size:
        raise RuntimeError("not all of it came")


def _read(fs: Any, path: str, job: Job) -> None:
    left = Path(job.path).stat().st_size
    with fs.open(path, "rb") as file:
        while data := file.read(_BLOCK_BYTES):
            left -= len(data)
    if left:
        raise RuntimeError("not all of it came")


def _write(fs: Any, path: str, job: Job) -> None:
    block = os.urandom(_BLOCK_BYTES)
    with fs.open(path, "wb") as file:
        for _ in range(Path(job.path).stat().st_size // _BLOCK_BYTES):
            file.write(block)


_FILESYSTEMS = {OURS: _oss_jupyter, OTHER: _ossfs}
_WAYS = {CAT: _cat, READ: _read, WRITE: _write}


def name_of(filesystem: str, way: str) -> str:
    """Return how a filesystem that is used in one way is called as a client."""
    return f"{filesystem}, {way}"


def _client(filesystem: str, way: str) -> Callable[[], Upload]:
    def made() -> Upload:
        make = _FILESYSTEMS[filesystem]()
        return lambda job: _WAYS[way](make(job), f"{BUCKET}/{job.key}", job)

    return made


FILESYSTEM_CLIENTS: dict[str, Callable[[], Upload]] = {
    name_of(filesystem, way): _client(filesystem, way) for filesystem in _FILESYSTEMS for way in _WAYS
}
