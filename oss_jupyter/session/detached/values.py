"""What kernels and the host tell each other: plain values, each question with the version of its maker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oss_jupyter import __version__
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.dataset import DatasetSource
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.oss.endpoint import EndpointSettings

# Snapshots travel as they are, and each version of the package has others. The number counts up in between.
VERSION = f"{__version__}, 3"


@dataclass(frozen=True)
class Question:
    """What a kernel asks. values: its arguments; they may hold credentials, so the repr shows none."""

    name: str
    values: dict[str, Any] = field(repr=False, default_factory=dict)
    version: str = VERSION


@dataclass(frozen=True)
class Answer:
    """What the host answers: a value, or why there is none."""

    value: Any = None
    error: OssJupyterError | None = None


@dataclass(frozen=True)
class Signs:
    """Who signs an upload: credentials that were given in Python, or the places that its kernel looks at.

    environ: the variables by which those places are found, keys among them where the environment holds some. profile:
    the name of the one that was asked for. The repr shows neither.
    """

    credentials: tuple[str, ...] | None = field(default=None, repr=False)
    profile: str = ""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Order:
    """An upload as a kernel hands it over, with all that the kernel has found out of it.

    source: the path of a file, or what a dataset is made of. fields: those of its spec that are plain values.
    reach: how the service is reached from the kernel, whose proxy and certificates the host would not find.
    checkpoint_dir: a path. settings: of the kernel, as far as the host has a use for them. resumes: it is
    the one on the disk that goes on, of a dataset with those files alone that failed where all others are there.
    """

    source: str | DatasetSource
    fields: Mapping[str, Any] = field(repr=False)
    reach: EndpointSettings
    checkpoint_dir: str
    signs: Signs
    settings: Mapping[str, Any] = field(repr=False, default_factory=dict)
    resumes: bool = False

    @property
    def transfer_id(self) -> str:
        """The same one as in the kernel."""
        return str(self.fields["transfer_id"])


@dataclass(frozen=True)
class HostedView:
    """An upload of the host's at one moment. rest: how often it has come to rest; None while it moves.

    renews: it signs with what its kernel's environment led to, so any kernel can hand on what its own leads to.
    checkpoint_dir: the directory by which a kernel finds it. serial: another one whenever anything else of the view is
    another.
    """

    snapshot: Snapshot
    rest: int | None
    error: OssJupyterError | None
    renews: bool = False
    checkpoint_dir: str = ""
    serial: int = 0
