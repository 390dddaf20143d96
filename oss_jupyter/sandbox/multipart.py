"""Multipart uploads on disk: parts come in any order, again if need be, and become one object."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from oss_jupyter.sandbox.bodies import CRC64
from oss_jupyter.sandbox.records import ObjectRecord, PartRecord, UploadRecord, save
from oss_jupyter.sandbox.replies import ServiceError
from oss_jupyter.sandbox.storage import Storage, Upload, keep, new_body_name, remove_file

_SMALLEST_PART_BYTES = 102_400  # checked by the service only at Complete, and not for the last part
_COPY_BYTES = 4 * 1024 * 1024
_KERNEL_COPY_BYTES = 1024**3


class Multipart:
    """The unfinished uploads of a storage."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def initiate(self, bucket_name: str, key: str, headers: dict[str, str], now: float) -> UploadRecord:
        """Begin an upload; every call begins another one."""
        with self._storage.lock:
            bucket = self._storage.bucket(bucket_name)
            record = UploadRecord(uuid.uuid4().hex.upper(), key, now, headers)
            directory = bucket.directory / "uploads" / record.upload_id
            directory.mkdir()
            try:
                save(record, directory / "upload.json")
            except OSError:
                directory.rmdir()
                raise
            bucket.uploads[record.upload_id] = Upload(record, directory)
        return record

    def put_part(self, bucket_name: str, key: str, upload_id: str, part: PartRecord, body: Path | bytes) -> None:
        """Move a received part to its place; the same number again replaces it.

        The same bytes again leave the file where it is: parts may be joined at this moment, and a part that comes late
        over a connection that its client has given up must not disturb that.
        """
        with self._storage.lock:
            upload = self._find(bucket_name, key, upload_id)
            previous = upload.parts.get(part.number)
            if previous is not None and previous.etag == part.etag:
                upload.parts[part.number] = replace(part, body=previous.body)
                save(upload.parts[part.number], upload.directory / f"part-{part.number:05}.json")
                return
            keep(body, upload.directory / part.body, part, upload.directory / f"part-{part.number:05}.json")
            upload.parts[part.number] = part
        if previous:
            remove_file(upload.directory / previous.body)

    def upload(self, bucket_name: str, key: str, upload_id: str) -> UploadRecord:
        """Return an unfinished upload."""
        with self._storage.lock:
            return self._find(bucket_name, key, upload_id).record

    def parts(self, bucket_name: str, key: str, upload_id: str) -> list[PartRecord]:
        """Return the parts of an upload by number."""
        with self._storage.lock:
            return [part for _, part in sorted(self._find(bucket_name, key, upload_id).parts.items())]

    def uploads(self, bucket_name: str) -> list[UploadRecord]:
        """Return the unfinished uploads of a bucket, by key and upload id."""
        with self._storage.lock:
            records = [upload.record for upload in self._storage.bucket(bucket_name).uploads.values()]
        return sorted(records, key=lambda record: (record.key, record.upload_id))

    def complete(
        self,
        bucket_name: str,
        key: str,
        upload_id: str,
        listed: Sequence[tuple[int, str]] | None,
        *,
        now: float,
        may_replace: bool,
    ) -> ObjectRecord:
        """Join the listed parts (None: all parts) into the object.

        The copy runs without the lock, so the upload may be completed or aborted meanwhile by someone else:
        then it is theirs, and this call finds no upload.
        """
        with self._storage.lock:
            upload = self._find(bucket_name, key, upload_id)
            parts = _chosen(upload, listed)
        joined = self._storage.incoming / uuid.uuid4().hex
        try:
            _join((upload.directory / part.body for part in parts), joined)
            with self._storage.lock:
                self._find(bucket_name, key, upload_id)
                record = _object_of(upload.record, parts, now)
                self._storage.put_object(bucket_name, record, joined, may_replace=may_replace)
                self._forget(bucket_name, upload)
        except FileNotFoundError:
            with self._storage.lock:
                _chosen(self._find(bucket_name, key, upload_id), listed)  # says what became of the upload, or the part
            raise
        finally:
            remove_file(joined)
        shutil.rmtree(upload.directory, ignore_errors=True)
        return record

    def abort(self, bucket_name: str, key: str, upload_id: str) -> None:
        """Drop an upload and its parts."""
        with self._storage.lock:
            upload = self._find(bucket_name, key, upload_id)
            self._forget(bucket_name, upload)
        shutil.rmtree(upload.directory, ignore_errors=True)

    def _find(self, bucket_name: str, key: str, upload_id: str) -> Upload:
        upload = self._storage.bucket(bucket_name).uploads.get(upload_id)
        if upload is None or upload.record.key != key:
            raise _no_such_upload(upload_id)
        return upload

    def _forget(self, bucket_name: str, upload: Upload) -> None:
        del self._storage.bucket(bucket_name).uploads[upload.record.upload_id]
        (upload.directory / "upload.json").unlink(missing_ok=True)  # first of all, lest a restart finds half an upload


def _no_such_upload(upload_id: str) -> ServiceError:
    return ServiceError("NoSuchUpload", elements={"UploadId": upload_id})


def _chosen(upload: Upload, listed: Sequence[tuple[int, str]] | None) -> list[PartRecord]:
    if listed is None:
        listed = [(number, part.etag) for number, part in sorted(upload.parts.items())]
    numbers = [number for number, _ in listed]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise ServiceError("InvalidPartOrder")
    parts = [_matching(upload, number, etag) for number, etag in listed]
    for part in parts[:-1]:
        if part.size_bytes < _SMALLEST_PART_BYTES:
            raise _too_small(part)
    return parts


def _matching(upload: Upload, number: int, etag: str) -> PartRecord:
    part = upload.parts.get(number)
    if part is None or part.etag != etag:
        elements = {"ETag": etag, "PartNumber": str(number), "UploadId": upload.record.upload_id}
        raise ServiceError("InvalidPart", elements=elements)
    return part


def _too_small(part: PartRecord) -> ServiceError:
    elements = {
        "ETag": part.etag,
        "MinSizeAllowed": str(_SMALLEST_PART_BYTES),
        "ProposedSize": str(part.size_bytes),
        "PartNumber": str(part.number),
    }
    return ServiceError("EntityTooSmall", elements=elements)


def _join(sources: Iterable[Path], target: Path) -> None:
    with target.open("wb", buffering=0) as joined:
        for source in sources:
            with source.open("rb", buffering=0) as part:
                if sys.platform == "linux":
                    # The kernel copies three times as fast, and without the interpreter lock. What it does
                    # not copy on this filesystem, the line below does: both files know how far they are.
                    with suppress(OSError):
                        while os.copy_file_range(part.fileno(), joined.fileno(), _KERNEL_COPY_BYTES):
                            pass
                shutil.copyfileobj(part, joined, _COPY_BYTES)


def _object_of(upload: UploadRecord, parts: Sequence[PartRecord], now: float) -> ObjectRecord:
    crc64 = 0
    for part in parts:
        crc64 = CRC64.combine(crc64, part.crc64, part.size_bytes)
    # The rule behind the service's ETag is not published; clients must treat it as opaque.
    digest = hashlib.md5("".join(part.etag for part in parts).encode(), usedforsecurity=False)
    return ObjectRecord(
        key=upload.key,
        size_bytes=sum(part.size_bytes for part in parts),
        etag=f"{digest.hexdigest().upper()}-{len(parts)}",
        crc64=crc64,
        kind="Multipart",
        modified_at=now,
        body=new_body_name(),
        headers=upload.headers,
    )
