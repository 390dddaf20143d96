"""A job that goes on for long and speaks with whoever began it: values go both ways, in their order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Protocol

from oss_jupyter.model.gauge import Gauge


class StreamWork(Protocol):
    """What a stream does, a function that is pickled by its name."""

    def __call__(self, request: Any, gauge: Gauge, inbox: SimpleQueue[Any], emit: Callable[[Any], object], /) -> object:
        """Work until all is done or `gauge.stopped`; what is sent to it comes in `inbox`, what it tells goes out."""


@dataclass(frozen=True)
class Stream:
    """The end of whoever began it. Any thread may use it.

    future: ends with what the work returns or raises, LaneLost where its process died. gauge: its dials; its stop does
    not wait. send: hands it a value; one that has ended takes none.
    """

    future: Future[Any]
    gauge: Gauge
    send: Callable[[Any], object]
