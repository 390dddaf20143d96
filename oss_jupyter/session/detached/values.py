"""What kernels and the host tell each other: plain values, each message with the version of its maker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.progress import Snapshot

# Counts up whenever one side would not understand the other.
VERSION = 1


@dataclass(frozen=True)
class Question:
    """What a kernel asks. values: its arguments; they may hold credentials, so the repr shows none."""

    name: str
    values: dict[str, Any] = field(repr=False, default_factory=dict)
    version: int = VERSION


@dataclass(frozen=True)
class Answer:
    """What the host answers: a value, or why there is none."""

    value: Any = None
    error: OssJupyterError | None = None


@dataclass(frozen=True)
class HostedView:
    """An upload of the host's at one moment. rest: how often it has come to rest; None while it moves.

    from_environment: its credentials were those in the environment of the kernel that handed it over.
    """

    snapshot: Snapshot
    rest: int | None
    error: OssJupyterError | None
    from_environment: bool = False
