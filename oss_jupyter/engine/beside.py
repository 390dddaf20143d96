"""What goes on beside the sending of parts: a file is read again, or a stream goes on being cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from oss_jupyter.model.progress import Phase
from oss_jupyter.model.wire_values import RangeRequest


class Beside(Protocol):
    """Only the run's own thread uses it. Its events come over the run's event queue."""

    def missing(self) -> Sequence[int]:
        """Return the numbers of the parts that are known and have no receipt, ascending."""

    @property
    def pending(self) -> bool:
        """Whether more may come of it."""

    @property
    def phase(self) -> Phase:
        """What is going on where nothing is being sent."""

    def dispatch(self, parallel: int) -> None:
        """Start what may start now. parallel: how many parts are wanted on the wire at once."""

    def take(self, event: Any) -> int | None:
        """Take an event in, one of others too; return the number of a part that has to be sent now.

        Raises SourceError, CheckpointError.
        """

    def range_of(self, number: int) -> RangeRequest:
        """Return where the bytes of a part lie."""

    def confirmed(self, number: int) -> None:
        """Note that a part is in OSS, and its receipt in the journal."""

    def stop(self) -> None:
        """Let go of what is going on."""
