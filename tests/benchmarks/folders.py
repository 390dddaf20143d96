"""The ways to upload a folder of many files that are compared, beside this project's own call.

Each gets sixteen connections, keeps them alive, and computes what it computes by default. None but this project
remembers what is there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from .clients import BUCKET, KEYS, REGION, Job, Upload, oss_jupyter

AT_ONCE = 16
SDK, RUST = f"official SDK, {AT_ONCE} threads", f"opendal, {AT_ONCE} at once"
SMALL_FIRST, LARGE_FIRST = "small first", "large first"
# The folders of which the two above make jobs of their own, one after the other.
SMALL, LARGE = "small", "large"


def official_sdk() -> Upload:
    """One client of alibabacloud_oss_v2 for all threads, one put_object_from_file for each file."""
    import alibabacloud_oss_v2 as oss

    def upload(job: Job) -> None:
        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(*KEYS)
        config.region, config.endpoint = REGION, job.endpoint
        client = oss.Client(config)

        def send(file: tuple[str, Path]) -> None:
            key, path = file
            client.put_object_from_file(oss.PutObjectRequest(bucket=BUCKET, key=key), str(path))

        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(send, _files(job)):
                pass

    return upload


def opendal() -> Upload:
    """The asynchronous operator of opendal (Rust), so many writes at once."""
    import opendal as library

    async def upload_all(job: Job) -> None:
        operator = library.AsyncOperator(
            "oss", bucket=BUCKET, endpoint=job.endpoint, addressing_style="path",
            access_key_id=KEYS[0], access_key_secret=KEYS[1], region=REGION,
        )  # fmt: skip
        files = _files(job)

        async def send() -> None:
            for key, path in files:
                await operator.write(key, path.read_bytes())

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))

    return lambda job: asyncio.run(upload_all(job))


def one_after_the_other(*names: str) -> Callable[[], Upload]:
    """Return this project's client that makes a job of each of these folders, and waits for one before the next."""

    def made() -> Upload:
        start = oss_jupyter()

        def upload(job: Job) -> None:
            for name in names:
                start(replace(job, path=str(Path(job.path, name)), key=f"{job.key}{name}/")).result()

        return upload

    return made


FOLDER_CLIENTS: dict[str, Callable[[], Upload]] = {
    SDK: official_sdk,
    RUST: opendal,
    SMALL_FIRST: one_after_the_other(SMALL, LARGE),
    LARGE_FIRST: one_after_the_other(LARGE, SMALL),
}


def _files(job: Job) -> Iterator[tuple[str, Path]]:
    """Yield the key and the path of each file; threads do not share it, tasks do."""
    top = Path(job.path)
    for path in sorted(top.rglob("*")):
        if path.is_file():
            yield job.key + path.relative_to(top).as_posix(), path
