"""Buckets and objects on disk.

    data_dir/incoming/                     bodies being received
    data_dir/buckets/NAME/bucket.json
    data_dir/buckets/NAME/objects/         one record per key, one body per object
    data_dir/buckets/NAME/uploads/ID/      one record per part, one body per part

Records are also held in memory, so listing reads no files. Worker threads and the sandbox's owner enter here;
memory and records change together under one lock, bodies are moved under it, and only small ones are written.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from bisect import bisect_left, bisect_right, insort
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from oss_jupyter.sandbox.listing import Page, page_of
from oss_jupyter.sandbox.records import BucketRecord, ObjectRecord, PartRecord, UploadRecord, load, new_name, save
from oss_jupyter.sandbox.replies import ServiceError

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@dataclass
class Upload:
    """An unfinished upload and its parts. Guarded by the storage's lock."""

    record: UploadRecord
    directory: Path
    parts: dict[int, PartRecord] = field(default_factory=dict)


@dataclass
class Bucket:
    """A bucket and what is in it. Guarded by the storage's lock."""

    record: BucketRecord
    directory: Path
    objects: dict[str, ObjectRecord] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)  # of the objects, in the order in which they are listed
    uploads: dict[str, Upload] = field(default_factory=dict)

    def add(self, record: ObjectRecord) -> None:
        """Make a record that of its key."""
        if record.key not in self.objects:
            insort(self.keys, record.key)
        self.objects[record.key] = record

    def pop(self, key: str) -> ObjectRecord | None:
        """Take a key's record out, if there is one."""
        record = self.objects.pop(key, None)
        if record:
            del self.keys[bisect_left(self.keys, key)]
        return record

    def body_path(self, record: ObjectRecord) -> Path:
        """Return where the bytes of an object are."""
        return self.directory / "objects" / record.body

    def record_path(self, key: str) -> Path:
        """Return where the record of a key is; a digest, for a key may be no file name."""
        return self.directory / "objects" / f"{hashlib.sha256(key.encode()).hexdigest()}.json"


class Storage:
    """All buckets under one data directory. `lock` guards _buckets, and all that hangs on it."""

    def __init__(self, data_dir: Path) -> None:
        self.lock = threading.RLock()
        self.data_dir = data_dir
        self._buckets: dict[str, Bucket] = {}
        self._root = data_dir / "buckets"
        self._root.mkdir(parents=True, exist_ok=True)
        self.incoming = data_dir / "incoming"
        shutil.rmtree(self.incoming, ignore_errors=True)  # what a dead process was receiving
        self.incoming.mkdir()
        for path in self._root.glob("*/bucket.json"):
            bucket = _load_bucket(path)
            self._buckets[bucket.record.name] = bucket

    def create_bucket(self, record: BucketRecord) -> None:
        """Add a bucket; the same bucket again is accepted, as the service does for its owner."""
        if not BUCKET_NAME.fullmatch(record.name):
            raise ServiceError("InvalidBucketName", elements={"BucketName": record.name})
        with self.lock:
            present = self._buckets.get(record.name)
            if present and present.record.region != record.region:
                raise ServiceError("BucketAlreadyExists", elements={"BucketName": record.name})
            if present:
                return
            bucket = Bucket(record, self._root / record.name)
            (bucket.directory / "objects").mkdir(parents=True)
            (bucket.directory / "uploads").mkdir()
            save(record, bucket.directory / "bucket.json")
            self._buckets[record.name] = bucket

    def delete_bucket(self, name: str) -> None:
        """Remove an empty bucket."""
        with self.lock:
            bucket = self.bucket(name)
            if bucket.objects or bucket.uploads:
                raise ServiceError("BucketNotEmpty", elements={"BucketName": name})
            shutil.rmtree(bucket.directory)
            del self._buckets[name]

    def bucket(self, name: str) -> Bucket:
        """Return a bucket; hold the lock while reading its dictionaries."""
        with self.lock:
            try:
                return self._buckets[name]
            except KeyError:
                raise ServiceError("NoSuchBucket", elements={"BucketName": name}) from None

    def buckets(self) -> list[BucketRecord]:
        """Return all buckets by name."""
        with self.lock:
            return [bucket.record for _, bucket in sorted(self._buckets.items())]

    def page(self, bucket_name: str, after: str, *, prefix: str, delimiter: str, limit: int) -> Page[ObjectRecord]:
        """Return the objects of a bucket whose keys come after one, by key."""
        with self.lock:
            bucket = self.bucket(bucket_name)
            place = bisect_right(bucket.keys, after)
            keys = page_of(bucket.keys, str, prefix=prefix, delimiter=delimiter, limit=limit, after=after, place=place)
            return keys.mapped(bucket.objects.__getitem__)

    def has_object(self, bucket_name: str, key: str) -> bool:
        """Say whether there is an object of this key."""
        with self.lock:
            return key in self.bucket(bucket_name).objects

    def object(self, bucket_name: str, key: str) -> tuple[ObjectRecord, Path]:
        """Return an object's record and the path of its bytes."""
        with self.lock:
            bucket = self.bucket(bucket_name)
            record = bucket.objects.get(key)
            if record is None:
                raise ServiceError("NoSuchKey", elements={"Key": key})
            return record, bucket.body_path(record)

    def put_object(self, bucket_name: str, record: ObjectRecord, body: Path | bytes, *, may_replace: bool) -> None:
        """Move a received body to its place and make it the object of its key."""
        with self.lock:
            bucket = self.bucket(bucket_name)
            previous = bucket.objects.get(record.key)
            if previous and not may_replace:
                raise ServiceError("FileAlreadyExists")
            keep(body, bucket.body_path(record), record, bucket.record_path(record.key))
            bucket.add(record)
        if previous:
            remove_file(bucket.body_path(previous))

    def delete_object(self, bucket_name: str, key: str) -> None:
        """Remove an object; that it was not there is no error."""
        with self.lock:
            bucket = self.bucket(bucket_name)
            record = bucket.pop(key)
            if record:
                bucket.record_path(key).unlink(missing_ok=True)
        if record:
            remove_file(bucket.body_path(record))


def keep(body: Path | bytes, place: Path, record: ObjectRecord | PartRecord, record_path: Path) -> None:
    """Bring a received body to its place and write its record: both, or neither."""
    try:
        if isinstance(body, bytes):
            place.write_bytes(body)
        else:
            body.rename(place)
        save(record, record_path)
    except OSError:
        remove_file(place)  # on a full disk it would stay for ever
        raise


def new_body_name() -> str:
    """Return a name that no body had before, so that a replaced body can still be read to its end."""
    return f"{new_name()}.bin"


def remove_file(path: Path) -> None:
    """Remove a body that no record names any more."""
    with suppress(OSError):  # Windows keeps a file that is being read; it is garbage, no harm is done
        path.unlink()


def _load_bucket(path: Path) -> Bucket:
    bucket = Bucket(load(BucketRecord, path), path.parent)
    for record_path in (path.parent / "objects").glob("*.json"):
        record = load(ObjectRecord, record_path)
        bucket.objects[record.key] = record
    bucket.keys = sorted(bucket.objects)
    for record_path in (path.parent / "uploads").glob("*/upload.json"):
        upload = Upload(load(UploadRecord, record_path), record_path.parent)
        parts = (load(PartRecord, part_path) for part_path in record_path.parent.glob("part-*.json"))
        upload.parts = {part.number: part for part in parts}
        bucket.uploads[upload.record.upload_id] = upload
    return bucket
