"""A feed and dials for tests of the small-file sender: they note what they are told, and can be changed meanwhile."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as sdk

from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.small_files import FileSent, FilesRoute, FileToSend, SigningKeys, Snag
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_files import send_files
from oss_jupyter.sandbox import Sandbox

KEY = ("test-key-id", "test-key-secret")
BUCKET = "test-bucket"
# What a busy machine may need for what takes a moment.
SOON_SECONDS = 20.0
NO_OPTIONS = ObjectOptions()


def to_send(path: Path, key: str, number: int = 1) -> FileToSend:
    """Return a file as a scan finds it now."""
    status = path.stat()
    return FileToSend(number, str(path), key, status.st_size, status.st_mtime_ns, "application/x-test")


def make_files(folder: Path, count: int, size: int = 1000) -> list[FileToSend]:
    """Make files of different bytes, old enough to be read once."""
    found = []
    for number in range(count):
        path = folder / f"file-{number:04d}.bin"
        path.write_bytes(f"{number:08d}".encode().ljust(size, b".")[:size])
        found.append(to_send(path, f"data/{path.name}", number))
    return found


class ListFeed:
    """Gives files from a list, to which more can be added until it is closed."""

    def __init__(self, files: Iterable[FileToSend] = (), *, ended: bool = True) -> None:
        self._files = deque(files)
        self._wake: Callable[[], None] | None = None
        self.ended = ended
        self.done: list[FileSent] = []
        self.snags: list[tuple[FileToSend, Snag, str]] = []
        self.asked = 0
        self.told = threading.Event()
        self.on_sent: Callable[[FileSent], object] = lambda _done: None
        self.on_snagged: Callable[[], object] = lambda: None

    def take(self) -> FileToSend | None:
        """Return the next."""
        self.asked += 1
        return self._files.popleft() if self._files else None

    def wake_with(self, wake: Callable[[], None] | None) -> None:
        """Keep what wakes the sender."""
        self._wake = wake

    def add(self, *files: FileToSend, ended: bool = False) -> None:
        """Have more files, and say so."""
        self._files.extend(files)
        self.ended = ended
        if self._wake:
            self._wake()

    def sent(self, done: FileSent) -> None:
        """Note a receipt."""
        self.done.append(done)
        self.told.set()
        self.on_sent(done)

    def snagged(self, file: FileToSend, why: Snag, detail: str) -> None:
        """Note a snag."""
        self.snags.append((file, why, detail))
        self.told.set()
        self.on_snagged()

    @property
    def whys(self) -> list[Snag]:
        """What the snags were."""
        return [why for _, why, _ in self.snags]


class HandDials:
    """Dials that a test turns by hand. burst_bytes, rate: of the speed limit, where there is one."""

    def __init__(self, width: int = 4, keys: SigningKeys | None = None) -> None:
        self.stopped = False
        self.width = width
        self.moved_bytes = 0
        self.rate_bytes: float | None = None
        self._granted_bytes = 0
        self._began_at = time.monotonic()
        self._keys = keys or SigningKeys(*KEY)

    def granted(self, wanted_bytes: int) -> int:
        """Return what the limit allows."""
        if self.rate_bytes is None:
            return wanted_bytes
        earned = int((time.monotonic() - self._began_at) * self.rate_bytes) - self._granted_bytes
        granted = max(0, min(wanted_bytes, earned))
        self._granted_bytes += granted
        return granted

    def moved(self, sent_bytes: int) -> None:
        """Count."""
        self.moved_bytes += sent_bytes

    def keys(self) -> SigningKeys:
        """Return the keys."""
        return self._keys


def new_control(settings: EndpointSettings, credentials: tuple[str, ...] = KEY) -> SdkControl:
    """Return the control plane of a service."""
    return SdkControl(settings, lambda: credentials_chain(credentials)())


def route_of(
    endpoint: str, options: ObjectOptions = NO_OPTIONS, bucket: str = BUCKET, **settings: object
) -> FilesRoute:
    """Return the route that the control plane names."""
    made = EndpointSettings(region="cn-hangzhou", endpoint=endpoint, path_style=True, **settings)  # type: ignore[arg-type]
    control = new_control(made)
    route = control.files_route(Target(bucket, "data/"), options)
    control.close()
    return route


class Sending:
    """The sender on a thread; use it as a context, which stops it at the end."""

    def __init__(self, feed: ListFeed, route: FilesRoute, dials: HandDials) -> None:
        self._dials = dials
        self._thread = threading.Thread(target=send_files, args=(feed, route, dials), daemon=True)

    def __enter__(self) -> Sending:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._dials.stopped = True
        self._thread.join(SOON_SECONDS)

    def ends(self, seconds: float = SOON_SECONDS) -> bool:
        """Wait for its end, and return whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()


def send_all(files: Iterable[FileToSend], route: FilesRoute, dials: HandDials | None = None) -> ListFeed:
    """Send files and return the feed that was told what became of them."""
    feed = ListFeed(files)
    with Sending(feed, route, dials or HandDials()) as sending:
        assert sending.ends()
    return feed


def until(condition: Callable[[], bool]) -> bool:
    """Wait until something is so, and return whether it came to that."""
    end_at = time.monotonic() + SOON_SECONDS
    while not condition() and time.monotonic() < end_at:
        time.sleep(0.005)
    return condition()


def client_of(sandbox: Sandbox) -> Any:
    """Return the official SDK's client, which reads back."""
    config = sdk.config.load_default()
    config.credentials_provider = sdk.credentials.StaticCredentialsProvider(*KEY)
    config.region, config.endpoint, config.use_path_style = sandbox.region, sandbox.endpoint, True
    return sdk.Client(config)


def read_back(sandbox: Sandbox) -> dict[str, bytes]:
    """Return all objects of the bucket, as the official SDK lists and reads them."""
    client = client_of(sandbox)
    pages = client.list_objects_v2_paginator().iter_page(sdk.ListObjectsV2Request(bucket=BUCKET))
    keys = [entry.key for page in pages for entry in page.contents or ()]
    there = {}
    for key in keys:
        # What the SDK sends through resolves these, and the signature is over others.
        if {".", ".."} & set(key.split("/")):
            there[key] = sandbox.object_path(BUCKET, key).read_bytes()
        else:
            there[key] = client.get_object(sdk.GetObjectRequest(bucket=BUCKET, key=key)).body.read()
    return there


def put_requests(sandbox: Sandbox) -> list[Any]:
    """Return the PutObjects that the sandbox has seen."""
    return [request for request in sandbox.requests if request.operation == "PutObject"]
