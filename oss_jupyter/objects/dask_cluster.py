"""Tables of Dask on a cluster: its workers compute the partitions, write them, and hold the files."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.held import Held, NotMade, Tell
from oss_jupyter.objects.dask_frames import DaskFrame
from oss_jupyter.objects.kinds import is_a
from oss_jupyter.redact import said_by
from oss_jupyter.texts import tr

_is_client = is_a("distributed.Client")
_AHEAD_LEAST = 4


def client_of(executor: Any) -> Any:
    """Return the client of the cluster behind an executor, without one that which is active here; None: there is none.

    It is what computes a table of Dask in any case. One that belongs to a loop cannot be waited for.
    """
    if executor is not None:
        client = executor if _is_client(executor) else getattr(executor, "_client", None)
        return client if _is_client(client) else None
    module = sys.modules.get("distributed")
    with suppress(ValueError, AttributeError):
        client = module.default_client() if module is not None else None
        return None if client is None or client.asynchronous else client
    return None


@dataclass(frozen=True)
class _Told:
    """What a worker says of a file."""

    size: int
    mtime_ns: int
    crc64: int
    md5: str
    worker: str


class ClusterMaker:
    """As in HeldMaker. hold: makes a file of a partition where it runs, and returns what holds that.

    `_changed` (a lock) guards _futures.
    """

    def __init__(self, frame: DaskFrame, client: Any, hold: Callable[..., Any]) -> None:
        self._frame = frame
        self._client = client
        self._hold = hold
        self._changed = threading.Lock()
        self._futures: dict[int, tuple[Any, ...]] = {}

    @property
    def text(self) -> str:
        """What its user calls the table."""
        return self._frame.text

    @property
    def names(self) -> tuple[str, ...]:
        """What the files are called."""
        return self._frame.names

    def begin(self, numbers: Collection[int]) -> int | None:
        """As in HeldMaker: all at once where partitions have something in common, which is computed once then."""
        if not _independent(self._frame.partitions):
            return None
        threads = sum(map(int, self._client.nthreads().values()))
        return max(_AHEAD_LEAST, 2 * threads)

    def make(self, numbers: Collection[int], tell: Tell) -> None:
        """As in HeldMaker."""
        if not numbers:
            return
        delayed = importlib.import_module("dask").delayed(self._hold, pure=False, traverse=False)
        partitions, write = self._frame.partitions, self._frame.writer.write
        jobs = [delayed(partitions[number], write, self._frame.names[number]) for number in numbers]
        for number, file in zip(numbers, self._client.compute(jobs), strict=True):
            told = self._client.submit(_told, file, pure=False)
            with self._changed:
                self._futures[number] = (file, told)
            told.add_done_callback(partial(self._ended, number, tell, file))

    def stop(self) -> None:
        """As in HeldMaker."""
        with self._changed:
            futures = [future for both in self._futures.values() for future in both]
            self._futures.clear()
        with suppress(Exception):  # a cluster that is gone
            self._client.cancel(futures)

    def _ended(self, number: int, tell: Tell, file: Any, told: Any) -> None:
        with self._changed:
            known = self._futures.pop(number, None)
        if known is None:
            return
        try:
            said = told.result()
            tell(number, Held(file, said.worker, said.size, said.mtime_ns, said.crc64, said.md5))
        except BaseException as error:
            tell(number, _not_made(error))


def _told(file: Any) -> _Told:
    """Return what is to be known of a file, at the worker that has it."""
    worker = importlib.import_module("distributed").get_worker().address
    return _Told(file.size, file.mtime_ns, file.crc64, file.md5, worker)


def _not_made(error: BaseException) -> NotMade:
    if isinstance(error, OssJupyterError):
        return NotMade(error.what)
    why = f"{type(error).__name__}: {said_by(error)}"
    if isinstance(error, ImportError) and "oss_jupyter" in str(error):
        return NotMade(tr("the workers need oss_jupyter in the same version as here ({why})", why=why), of_all=True)
    return NotMade(why)


def _independent(partitions: list[Any]) -> bool:
    """Whether no two partitions have a task in common, so that some can be computed without computing it again."""
    try:
        graph = dict(partitions[0].__dask_graph__())
        dependencies, _ = importlib.import_module("dask.core").get_deps(graph)
    except Exception:  # whatever graph it is
        return False
    owners: dict[Any, int] = {}
    for number, partition in enumerate(partitions):
        waiting = [partition.key]
        while waiting:
            key = waiting.pop()
            if key in owners and owners[key] != number:
                return False
            if key not in owners:
                owners[key] = number
                waiting += dependencies.get(key, ())
    return True
