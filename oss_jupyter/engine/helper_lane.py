"""The lane that leads to a helper process: started with the first part, started again if it dies, gone with the kernel.

Only values cross: a job and the function that does it go out pickled by name, what it returns or raises comes back.
"""

from __future__ import annotations

import contextvars
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import oss_jupyter
from oss_jupyter.engine.board import LEDGES, SLOTS, Board, SlotGauge
from oss_jupyter.engine.frames import read_frame, write_frame
from oss_jupyter.engine.helper import READY
from oss_jupyter.errors import LaneLost
from oss_jupyter.model.gauge import Gauge

T = TypeVar("T")

# Where the package lies. The helper starts there, because Python looks for modules in its working directory first, and
# a requests.py beside the notebook must not become ours.
_HOME = Path(oss_jupyter.__file__).parent.parent


def helper_possible() -> bool:
    """Whether this system can hand a descriptor to a child; elsewhere parts run in threads."""
    return os.name == "posix" and bool(sys.executable)


@dataclass(frozen=True)
class _Flight:
    process: subprocess.Popen[bytes]
    future: Future[Any]
    gauge: SlotGauge


class HelperLane:
    """Parts in a helper process.

    `_lock` guards _process, _flights, _free_slots, _ledges, _last_job and writing to the process. Futures are settled
    outside it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._board = Board.new()
        self._process: subprocess.Popen[bytes] | None = None
        self._flights: dict[int, _Flight] = {}
        self._free_slots = list(range(SLOTS))
        self._ledges: dict[str, int] = {}
        self._last_job = 0

    @property
    def pid(self) -> int | None:
        """The helper's process id, or None while there is none."""
        with self._lock:
            return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the helper if there is none. It gets ready by itself while parts are planned and signed."""
        with self._lock:
            self._ensure()

    def gauge(self, transfer_id: str) -> SlotGauge:
        """Return the dials for one part of a transfer."""
        with self._lock:
            slot = self._free_slots.pop()
            self._board.sent_bytes[slot] = self._board.stops[slot] = 0
            return SlotGauge(self._board, slot)

    def limit(self, transfer_id: str, bytes_per_second: float | None) -> None:
        """Limit a transfer's speed from now on; None takes the limit away."""
        with self._lock:
            self._board.rates[self._ledge(transfer_id)] = int(bytes_per_second or 0)

    def at_once(self, transfer_id: str, count: int) -> int:
        """Run so many parts of a transfer at once; as many more may wait in the helper for a connection."""
        with self._lock:
            self._board.widths[self._ledge(transfer_id)] = count
        return 2 * count

    def submit(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str = "") -> Future[T]:
        """Start one job; the future ends with what it returns or raises, or with LaneLost if the helper died."""
        assert isinstance(gauge, SlotGauge), "it comes from this lane's gauge()"
        future: Future[T] = Future()
        with self._lock:
            process = self._ensure()
            self._last_job += 1
            job = self._last_job
            self._flights[job] = _Flight(process, future, gauge)
            assert process.stdin is not None
            with suppress(OSError):  # it has just died: the thread that reads its replies settles the future
                write_frame(process.stdin, (job, work, request, gauge.slot, self._ledge(transfer_id)))
        return future

    def close(self) -> None:
        """Let the helper go."""
        with self._lock:
            process = self._process
            if process is not None and process.stdin is not None:
                process.stdin.close()

    def _ledge(self, transfer_id: str) -> int:
        # The cell of a transfer; with more transfers than cells the oldest share the last one.
        return self._ledges.setdefault(transfer_id, min(len(self._ledges), LEDGES - 1))

    def _ensure(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        descriptor = self._board.descriptor
        process = self._process = subprocess.Popen(
            [sys.executable, "-m", "oss_jupyter.engine.helper", str(descriptor), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(descriptor,),
            cwd=_HOME,
            # Its own session: interrupting a cell sends the signal to the kernel's whole process group.
            start_new_session=True,
        )
        context = contextvars.copy_context()
        reader = threading.Thread(target=context.run, args=(self._read, process), name="oss-helper", daemon=True)
        reader.start()
        return process

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with suppress(EOFError, OSError):
            while True:
                job, outcome = read_frame(process.stdout)
                if job != READY:
                    self._settle(job, outcome)
        process.wait()  # no zombie
        process.stdout.close()
        with self._lock:
            assert process.stdin is not None
            with suppress(OSError):  # half a message may be left for a process that has gone
                process.stdin.close()
            lost = [job for job, flight in self._flights.items() if flight.process is process]
        for job in lost:
            self._settle(job, LaneLost("The helper process ended.", "Its parts are sent again."))

    def _settle(self, job: int, outcome: Any) -> None:
        with self._lock:
            flight = self._flights.pop(job)
            self._free_slots.append(flight.gauge.leave())
        if isinstance(outcome, BaseException):
            flight.future.set_exception(outcome)
        else:
            flight.future.set_result(outcome)
