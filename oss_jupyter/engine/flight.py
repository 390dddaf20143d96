"""What the kernel knows of a job that is in the helper."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from oss_jupyter.engine.helper_process import HelperProcess
from oss_jupyter.engine.shared_memory import SlotGauge


@dataclass
class Flight:
    """A job in the helper. A receipt holds its place there until it is written down. take: gets what a stream tells."""

    process: HelperProcess
    future: Future[Any]
    gauge: SlotGauge
    transfer_index: int
    take: Callable[[Any], object] | None = None
    has_receipt: bool = False
    is_taken: bool = False
