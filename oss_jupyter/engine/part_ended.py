"""An attempt to send a part that is over, as the run's own thread hears of it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oss_jupyter.errors import OssJupyterError, PartStopped

if TYPE_CHECKING:
    from oss_jupyter.model.wire_values import PartReceipt, SignedRequest


@dataclass(frozen=True)
class PartEnded:
    """What has become of one attempt. attempt: from 1."""

    part_number: int
    attempt: int
    signed: SignedRequest
    future: Future[PartReceipt]

    @property
    def error(self) -> BaseException | None:
        """What it failed with, or None where there is a receipt."""
        return PartStopped("The part was stopped.") if self.future.cancelled() else self.future.exception()


def told(error: BaseException) -> str:
    """Return what a part met, as it is shown: the text of a foreign exception may hold a URL."""
    if isinstance(error, PartStopped):
        return ""
    return error.what if isinstance(error, OssJupyterError) else type(error).__name__
