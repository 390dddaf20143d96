"""The four ways to upload a file that are compared, each as a function that returns when the object is complete.

All get the same part size and the same number of connections, trust the same certificate, and keep the checksum that
they compute by default. Their imports come before the clock starts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

KEYS = ("bench-id", "bench-secret")
BUCKET, REGION = "bench", "cn-hangzhou"
FILE_KEY = "data/file.bin"


@dataclass(frozen=True)
class Job:
    """What is uploaded and how.

    path: a file, or a folder, whose files go below `key`. part_size, parallel: 0 leaves them to the client, which
    only this project may be asked. folder: for checkpoints.
    """

    endpoint: str
    ca_bundle: str | None
    path: str
    part_size: int
    parallel: int
    folder: str
    key: str = FILE_KEY


Upload = Callable[[Job], Any]


def oss_jupyter() -> Upload:
    """This project, as a notebook calls it."""
    import alibabacloud_oss_v2  # noqa: F401 - loaded when it is first used otherwise, and the others' imports are done

    import oss_jupyter as oj

    upload = oj.upload  # which loads what is behind it

    def start(job: Job) -> Any:
        chosen: dict[str, Any] = {"part_size": job.part_size, "parallel": job.parallel}
        return upload(
            job.path, f"oss://{BUCKET}/{job.key}", endpoint=job.endpoint, region=REGION, ca_bundle=job.ca_bundle,
            credentials=KEYS, checkpoint_dir=job.folder, **{name: value for name, value in chosen.items() if value},
        )  # fmt: skip

    return start


def official_sdk() -> Upload:
    """Uploader of alibabacloud_oss_v2, with its checkpoint as this project has one."""
    import alibabacloud_oss_v2 as oss

    def upload(job: Job) -> None:
        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(*KEYS)
        config.region, config.endpoint = REGION, job.endpoint
        options = {"enable_checkpoint": True, "checkpoint_dir": job.folder}
        uploader = oss.Client(config).uploader(part_size=job.part_size, parallel_num=job.parallel, **options)
        uploader.upload_file(oss.PutObjectRequest(bucket=BUCKET, key=job.key), job.path)

    return upload


def oss2() -> Upload:
    """resumable_upload of oss2."""
    import oss2 as library

    def upload(job: Job) -> None:
        bucket = library.Bucket(library.AuthV4(*KEYS), job.endpoint, BUCKET, region=REGION)
        library.resumable_upload(
            bucket, job.key, job.path, library.ResumableStore(root=job.folder), multipart_threshold=1,
            part_size=job.part_size, num_threads=job.parallel,
        )  # fmt: skip

    return upload


def opendal() -> Upload:
    """The multipart writer of opendal (Rust); it computes no CRC-64 and remembers nothing."""
    import opendal as library

    def upload(job: Job) -> None:
        operator = library.Operator(
            "oss", bucket=BUCKET, endpoint=job.endpoint, addressing_style="path",
            access_key_id=KEYS[0], access_key_secret=KEYS[1], region=REGION,
        )  # fmt: skip
        buffer = memoryview(bytearray(job.part_size))
        target = operator.open(job.key, "wb", chunk=job.part_size, concurrent=job.parallel)
        with Path(job.path).open("rb", buffering=0) as source, target:
            while count := source.readinto(buffer):
                target.write(bytes(buffer[:count]))

    return upload


CLIENTS: dict[str, Callable[[], Upload]] = {
    "oss_jupyter": oss_jupyter,
    "official SDK": official_sdk,
    "oss2": oss2,
    "opendal": opendal,
}
# Called like any function of a notebook, it goes on behind by itself; the others need a thread for that.
RETURNS_AT_ONCE = frozenset({"oss_jupyter"})
PACKAGES = {"oss_jupyter": "oss_jupyter", "official SDK": "alibabacloud-oss-v2", "oss2": "oss2", "opendal": "opendal"}


def versions() -> dict[str, str]:
    """Return the clients' versions."""
    return {name: metadata.version(package) for name, package in PACKAGES.items()}


def environment(ca_bundle: str | None) -> dict[str, str]:
    """Return the environment of a client's process: no proxy, and the certificate by every name it is known by."""
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    if ca_bundle:
        env |= dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"), ca_bundle)
    return env
