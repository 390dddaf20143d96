"""A transfer's end as a future, for `await`."""

from __future__ import annotations

import time
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING

from oss_jupyter.engine.audience import LAST_CALL_SECONDS
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.progress import AnyReceipt

if TYPE_CHECKING:
    from oss_jupyter.engine.job import AnyJob


def future_of(transfer: AnyJob) -> Future[AnyReceipt]:
    """Return a future that ends when the transfer rests and whoever listens knows, with the outcome of then."""
    future: Future[AnyReceipt] = Future()

    def settle() -> None:
        # Two threads may see the end at once; the first settles it.
        with suppress(InvalidStateError):
            try:
                future.set_result(transfer.outcome())
            except OssJupyterError as error:
                future.set_exception(error)

    def settle_later() -> None:
        time.sleep(LAST_CALL_SECONDS)
        look()

    def look() -> None:
        if transfer.wait(0):
            settle()
        elif transfer.resting:  # a listener is slow: its time is over without a change
            try:
                start_thread(settle_later, "oss-await")
            except OssJupyterError:
                settle()

    transfer.on_change(look)
    look()
    return future
