"""Who answers ``oss://`` in pandas, Dask and whatever else asks fsspec: this package, or ossfs if that is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from oss_jupyter import forks
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import say

_PROTOCOL = "oss"
_OURS = "oss_jupyter.remote.filesystem.OssFileSystem"
_OTHER = "ossfs"
_COMMAND = "%config OssJupyter.register_filesystem = 'always'"

# What fsspec knew before, to be put back.
_before: list[dict[str, Any]] = []


def register(settings: OssJupyter) -> list[str]:
    """Let our filesystem answer as the setting says; return what has to be said of it: nothing, or one line."""
    wanted = settings.register_filesystem
    other_is_there = _installed(_OTHER)
    if wanted == "never" or (wanted == "auto" and other_is_there):
        unregister()
        return [say("oss_is_ossfs", package=_OTHER, command=_COMMAND)] if wanted == "auto" else []
    registry = _fsspec_registry()
    if not _before:
        _before.append(dict(registry.known_implementations[_PROTOCOL]))
    registry.register_implementation(_PROTOCOL, _OURS, clobber=True)
    # What was loaded once is what counts; it is loaded anew when it is asked for.
    registry._registry.pop(_PROTOCOL, None)
    return []


def unregister() -> None:
    """Let answer who did before."""
    if _before:
        registry = _fsspec_registry()
        registry.known_implementations[_PROTOCOL] = _before.pop()
        registry._registry.pop(_PROTOCOL, None)


def _installed(package: str) -> bool:
    """Whether a package can be imported; a mere folder of that name, in which there is no code, is none."""
    found = find_spec(package)
    return found is not None and found.origin is not None


def _fsspec_registry() -> Any:
    with forks.no_forks:
        from importlib import import_module

        return import_module("fsspec.registry")
