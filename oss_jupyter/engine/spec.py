"""What a transfer is asked to do, and with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from oss_jupyter.engine.ports import CheckpointStore, Clock, Control, Lane, Source
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartReceipt
from oss_jupyter.names import printable


@dataclass(frozen=True)
class TransferSpec:
    """What to send and how. The repr shows neither credentials nor a proxy.

    place: how the service is reached, as it is saved in the checkpoint. parallel: parts on the wire at once, None to
    follow the line, up to parallel_most. limit: bytes per second, None for no limit. given: the arguments that were
    named. force: send even if the object is already there. prove: which bytes are read again. profile: the name of the
    profile that signs, if one was named; credentials_given: they were given in Python. hindrance: why it is left out
    where all are resumed: something is missing, or the user has to name it first. wait_at_exit: whether a script ends
    only when it has ended. spell: puts what is shown of errors and notes into the words of whoever began it: Python's,
    or a magic's.
    """

    transfer_id: str
    source: Source
    target: Target
    plan: Plan
    options: ObjectOptions
    control: Control
    store: CheckpointStore
    lane: Lane
    clock: Clock
    policy: RetryPolicy
    send_part: Callable[..., PartReceipt]
    read_again: Callable[..., int]
    place: Mapping[str, Any]
    host: str = ""
    parallel: int | None = None
    parallel_most: int = 16
    limit: float | None = None
    given: frozenset[str] = frozenset()
    force: bool = False
    prove: Prove = Prove.KEPT
    profile: str = ""
    credentials_given: bool = False
    hindrance: OssJupyterError | None = None
    wait_at_exit: bool = True
    spell: Callable[[str], str] = str

    def __repr__(self) -> str:
        return printable(f"Order({self.transfer_id}, {self.source.path} -> {self.target})")
