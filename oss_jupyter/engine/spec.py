"""What a job is asked to do, and with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oss_jupyter.engine.ports import CheckpointStore, Clock, Control, Lane, Places, Source
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.record import CheckpointHeader
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.target import Target
from oss_jupyter.model.waiting_list import Kind
from oss_jupyter.model.wire_values import Fingerprint, PartReceipt
from oss_jupyter.names import printable
from oss_jupyter.texts import tr


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """What uploads of one file and of many have in common. The repr shows neither credentials nor a proxy.

    target: the object, or where the keys of many begin. place: how the service is reached, as it is saved in the
    checkpoint. parallel: connections at once, None to follow the line. limit: bytes per second, None for no limit.
    given: the arguments that were named. force: send even if the same object is already there.
    profile: the name of the profile that signs, if one was named; credentials_given: they were given in Python.
    hindrance: why it is left out where all are resumed: something is missing, or the user has to name it first.
    failed: why it failed last, of one that lies on the disk.
    detached: it is, or was, in a process that outlives kernels. carry_on: hands its job to that one, None where it
    goes on here.
    wait_at_exit: whether a script ends only when it has ended. spell: puts what is shown of errors and notes into the
    words of whoever began it: Python's, or a magic's.
    """

    transfer_id: str
    target: Target
    options: ObjectOptions
    control: Control
    store: Places
    lane: Lane
    clock: Clock
    policy: RetryPolicy
    place: Mapping[str, Any]
    host: str = ""
    parallel: int | None = None
    limit: float | None = None
    given: frozenset[str] = frozenset()
    force: bool = False
    profile: str = ""
    credentials_given: bool = False
    detached: bool = False
    carry_on: Callable[[Any], None] | None = None
    hindrance: OssJupyterError | None = None
    failed: OssJupyterError | None = None
    wait_at_exit: bool = True
    spell: Callable[[str], str] = str

    @property
    def source_text(self) -> str:
        """What is sent, as it can be shown."""
        raise NotImplementedError

    @property
    def kind(self) -> Kind:
        """How it counts among all uploads."""
        raise NotImplementedError

    @property
    def stuck(self) -> OssJupyterError | None:
        """Why it cannot be carried on from here, whatever is given; None: it can."""
        return None

    @property
    def written(self) -> bool:
        """Whether an object was written to a file that goes with the upload."""
        return False

    def let_go(self, kept: JobSpec) -> None:
        """Let go of what `kept`, another spec of the same upload, does not go on with."""

    def __repr__(self) -> str:
        return printable(f"{type(self).__name__}({self.transfer_id}, {self.source_text} -> {self.target})")


@dataclass(frozen=True, kw_only=True, repr=False)
class TransferSpec(JobSpec):
    """One file to one object. prove: which bytes are read again. spooled: as in CheckpointHeader.

    adopt: whether it carries on with an unfinished upload of the object that no checkpoint knows; None: where nobody
    seems to send that, and nothing is asked for that only its begin could have settled.
    """

    source: Source
    plan: Plan
    store: CheckpointStore
    send_part: Callable[..., PartReceipt]
    read_again: Callable[..., int]
    prove: Prove = Prove.KEPT
    spooled: str = ""
    adopt: bool | None = False

    @property
    def source_text(self) -> str:
        """The file's path, or what the user calls the object that was written to it."""
        return self.spooled or str(self.source.path)

    @property
    def written(self) -> bool:
        """Whether `source` is the spool of an object."""
        return bool(self.spooled)

    @property
    def unharmed(self) -> str:
        """A sentence on what an error has not touched, or "" where there is nothing that it could have."""
        if self.spooled:
            return tr("What {object} was written to is kept.", object=self.spooled)
        return tr("The file is untouched.")

    @property
    def open_ended(self) -> bool:
        """Whether nobody knows how much it is before it has come."""
        return False

    def header(self, fingerprint: Fingerprint) -> CheckpointHeader:
        """Return the header of an upload that begins now, without an upload id."""
        return CheckpointHeader(
            transfer_id=self.transfer_id,
            source=str(self.source.path),
            target=self.target,
            fingerprint=fingerprint,
            part_size=self.plan.part_size,
            options=self.options.as_dict(),
            place=self.place,
            created_at=self.clock.time(),
            spooled=self.spooled,
            detached=self.detached,
        )

    @property
    def kind(self) -> Kind:
        """Small, where one PutObject carries it."""
        return Kind.SMALL if self.plan.single else Kind.LARGE
