"""Parts of files that workers of a cluster hold: each goes from a worker that has the file, or can have it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar
from uuid import uuid4

from oss_jupyter.engine.executor_lane import ExecutorLane, at_worker
from oss_jupyter.errors import SourceChanged
from oss_jupyter.model.held import Held
from oss_jupyter.model.small_files import FileSent, FileSnagged, SignedFiles
from oss_jupyter.model.wire_values import PartRequest, RangeRequest
from oss_jupyter.texts import tr

T = TypeVar("T")


class ClusterLane(ExecutorLane):
    """Files are held by their paths, which nobody has on a disk. Any thread may call it; entries are replaced whole."""

    def __init__(self, executor: Any) -> None:
        super().__init__(executor)
        self._held: dict[str, Held] = {}

    def hold(self, path: str, held: Held) -> None:
        """Send what has this path from where it is held."""
        self._held[path] = held

    def release(self, path: str) -> None:
        """Let the cluster forget a file."""
        self._held.pop(path, None)

    def _submitted(self, work: Callable[..., T], request: object, gauge: Any, transfer_id: str) -> Future[T]:
        held = self._held.get(_path_of(request))
        if held is None:
            return super()._submitted(work, request, gauge, transfer_id)
        slowed, expected = self._slowed(request, transfer_id), (held.size, held.mtime_ns)
        # Where its worker has died, the cluster makes it anew elsewhere.
        given = {"workers": [held.worker], "allow_other_workers": True} if held.worker else {}
        future: Future[T] = self._executor.submit(at_held, work, slowed, held.file, expected, uuid4().hex, **given)
        return future


def at_held(work: Callable[..., Any], request: object, file: Any, expected: tuple[int, int], _submitted: str) -> Any:
    """Do a job with a file that is here. Raises SourceChanged where it was made anew, and became another one."""
    if (file.size, file.mtime_ns) != expected:
        raise SourceChanged(
            tr("What a worker that died had made was made anew, and has other bytes now."),
            tr("Resume, and all of it is sent anew. The same data has to become the same bytes for less."),
        )
    outcome = at_worker(work, _placed(request, file.path), _submitted)
    if not isinstance(request, SignedFiles):
        return outcome
    files = [file for file, _ in request.files]
    return tuple(_named(one, to_send) for one, to_send in zip(outcome, files, strict=False))


def _path_of(request: object) -> str:
    if isinstance(request, SignedFiles):
        return request.files[0][0].path
    return request.path if isinstance(request, (PartRequest, RangeRequest)) else ""


def _placed(request: object, path: str) -> object:
    """Return the request for where the file lies here."""
    if isinstance(request, SignedFiles):
        return replace(request, files=tuple((replace(file, path=path), signed) for file, signed in request.files))
    assert isinstance(request, (PartRequest, RangeRequest)), "nothing else has a path"
    return replace(request, path=path)


def _named(outcome: FileSent | FileSnagged, file: Any) -> FileSent | FileSnagged:
    return replace(outcome, file=file)
