"""What one run has found out and holds: the values that its steps hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.notes import Lasts
from oss_jupyter.model.prove import Proven

if TYPE_CHECKING:
    from oss_jupyter.engine.coordinator import TransferCoordinator
    from oss_jupyter.engine.event_queue import EventQueue
    from oss_jupyter.engine.ports import Journal
    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.spec import TransferSpec
    from oss_jupyter.model.record import CheckpointHeader, CheckpointRecord


@dataclass
class RunState:
    """Only the run's own thread uses it.

    spec: what this run does, which may be with other options and another plan than were asked for. record: what the
    checkpoint remembers of earlier runs. header: of the upload that this run goes on with. completing_ids: upload ids
    that Complete was asked for, by this run or an earlier one. said: notes that the receipt repeats.
    """

    transfer: TransferCoordinator
    events: EventQueue
    requests: ServiceRequests
    spec: TransferSpec
    journal: Journal | None = None
    record: CheckpointRecord | None = None
    header: CheckpointHeader | None = None
    completing_ids: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    proven: Proven = Proven.SENT

    @property
    def open_journal(self) -> Journal:
        """The journal, which a run opens before anything else."""
        assert self.journal is not None, "the run opens it first"
        return self.journal

    @property
    def latest_header(self) -> CheckpointHeader | None:
        """The header of the upload as far as the run got to know one."""
        return self.header or (self.record.header if self.record else None)

    @property
    def complete_asked(self) -> bool:
        """Whether the service may have finished the object already."""
        header = self.latest_header
        return header is not None and header.upload_id in self.completing_ids

    def say(self, note: str, lasts: Lasts = Lasts.FOR_GOOD) -> None:
        """Note what the receipt says as well."""
        self.transfer.note(note, lasts)
        self.said.append(note)

    def as_driven(self, header: CheckpointHeader) -> CheckpointHeader:
        """Return the header with how the upload is driven now."""
        spec = self.transfer.spec
        return replace(
            header.driven(self.transfer.limit, self.transfer.parallel_wanted()[0]),
            place=spec.place,
            profile=spec.profile,
            credentials_given=spec.credentials_given,
            detached=spec.detached,
            prove=spec.prove,
        )
