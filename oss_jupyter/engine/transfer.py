"""A transfer as its user holds it: a handle for any thread."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

from oss_jupyter.engine.awaiting import future_of
from oss_jupyter.engine.part_detail import PartDetail
from oss_jupyter.errors import InputError, OssJupyterError, TransferStateError
from oss_jupyter.model.parallel import parse_parallel
from oss_jupyter.model.progress import Receipt, Snapshot
from oss_jupyter.model.sizes import parse_limit
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.texts import about, say, tr

if TYPE_CHECKING:
    from concurrent.futures import Future

    from oss_jupyter.engine.coordinator import TransferCoordinator
    from oss_jupyter.engine.job import AnyJob


class Transfer:
    """One file on its way to one object. Any thread may use it; only `wait`, `result` and ``await`` block.

    id: str. The same one for the same file and object, in every kernel; `oj.resume` and the magics take it.
    state: State. Where it stands.
    error: OssJupyterError | None. Why it failed, or what stands in the way of resuming it.
    parallel: int | None. Parts on the wire at once; None: follows the line. Can be set, also to "auto".
    limit: float | None. Its own speed limit in bytes/s; None: none. Can be set, also to text such as "20MiB/s".
    snapshot(): Snapshot. Where everything stands, as a frozen value.
    part(number): PartDetail. What is known of one part, from 1 on. Raises IndexError.
    pause(): None. Stops within a second, and keeps every finished part. Raises TransferStateError.
    resume(): None. Carries on with the same upload id. Raises TransferStateError where it is over.
    abort(keep_parts=False): None. Gives it up and removes its parts from OSS, or keeps them for later.
    wait(timeout=None): bool. Waits for the end or a pause, in seconds, and tells whether it came; None: for ever.
    result(timeout=None): Receipt. Waits likewise; raises what made it fail, or TimeoutError. ``await`` does the same.

    A forked child that asks for anything but the id gets TransferStateError: the upload runs in its parent.
    """

    def __init__(self, coordinator: AnyJob) -> None:
        self._coordinator = coordinator

    def __repr__(self) -> str:
        try:
            now = self.snapshot()
        except TransferStateError as elsewhere:
            return f"<Transfer {about(self.id, elsewhere.what)}>"
        done = f"{now.parts_kept + now.parts_done}/{now.parts_total} parts"
        if now.files is not None:
            done = f"{now.files.done}/{now.files.total} files"
        return printable(f"<{type(self).__name__} {self.id} {now.state}: {now.source} -> {now.target}, {done}>")

    @property
    def id(self) -> str:
        """The same one for the same file and object, in every kernel; `oj.resume` and the magics take it."""
        return self._coordinator.id

    @property
    def state(self) -> State:
        """Where it stands, as one of `oj.State`."""
        return self._coordinator.state

    @property
    def error(self) -> OssJupyterError | None:
        """Why it failed, or what stands in the way of resuming it; else None."""
        return self._coordinator.error

    def snapshot(self) -> Snapshot:
        """Return where everything stands, as a frozen value."""
        return self._coordinator.snapshot()

    def part(self, number: int) -> PartDetail:
        """Return what is known of part `number` (from 1). Raises IndexError."""
        return cast("TransferCoordinator", self._coordinator).part(number)

    def pause(self) -> None:
        """Stop sending within a second and keep every finished part. Raises TransferStateError where nothing runs."""
        self._coordinator.pause()

    def resume(self) -> None:
        """Carry on with the same upload id, after a pause, a failure or a kernel restart; harmless while running.

        Where others run, it is queued. Raises TransferStateError where it is over.
        """
        self._coordinator.resume()

    def abort(self, keep_parts: bool = False) -> None:
        """Give the upload up, for good: running the upload again makes a new transfer.

        Its parts are removed from the service, where they cost storage. With `keep_parts` they stay there together
        with the checkpoint, so that running the upload again carries on. Raises TransferStateError where it is over.
        """
        self._coordinator.abort(keep_parts=keep_parts)

    @property
    def parallel(self) -> int | None:
        """How many parts are on the wire at once; None follows the line. Set it to a number, or to None or "auto"."""
        return self._coordinator.parallel_wanted()[0]

    @parallel.setter
    def parallel(self, parallel: int | str | None) -> None:
        self._coordinator.set_parallel(None if parallel is None else parse_parallel(parallel))

    @property
    def limit(self) -> float | None:
        """Its own speed limit in bytes per second, None for no limit. Set it also by a text, such as "20MiB/s"."""
        return self._coordinator.limit

    @limit.setter
    def limit(self, bytes_per_second: float | str | None) -> None:
        if bytes_per_second == 0:
            raise InputError(tr("A speed limit of zero would never end."), tr("Pause the upload instead."))
        self._coordinator.set_limit(parse_limit(bytes_per_second))

    def set_parallel(self, parallel: int | str | None) -> None:
        """Set `parallel`; kept for code that was written for version 0.1."""
        self.parallel = parallel

    def set_limit(self, bytes_per_second: float | str | None) -> None:
        """Set `limit`; kept for code that was written for version 0.1."""
        self.limit = bytes_per_second

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the transfer has ended (or is paused) and return whether it has; `timeout` in seconds.

        By then `on_progress` has been called for the last time, unless it takes more than two seconds.
        """
        return self._coordinator.wait(timeout)

    def result(self, timeout: float | None = None) -> Receipt:
        """Wait for the end and return the receipt.

        Raises what made it fail, TransferAborted, TransferStateError if it is paused, or TimeoutError; the upload
        itself goes on when the wait is interrupted or runs out.
        """
        if not self.wait(timeout):
            state = say(f"state_{self.state.key}")
            raise TimeoutError(tr("The upload {id} is still {state}; it goes on.", id=self.id, state=state))
        return cast("Receipt", self._coordinator.outcome())  # the handle of a dataset tells otherwise

    def __await__(self) -> Generator[Any, None, Receipt]:
        future = cast("Future[Receipt]", future_of(self._coordinator))
        return asyncio.shield(asyncio.wrap_future(future)).__await__()


def put_behind(transfer: Transfer, coordinator: AnyJob) -> None:
    """Let a handle stand for another job of the same upload; who listened to the old one listens to that."""
    for listener in transfer._coordinator.listeners:
        coordinator.on_change(listener)
    transfer._coordinator = coordinator


def coordinator_of(transfer: Transfer) -> AnyJob:
    """Return what stands behind a handle, for the rooms above; users have no need of it."""
    return transfer._coordinator
