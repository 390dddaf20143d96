"""A local server that behaves like OSS, for tests and for trying things out without an account.

It listens on the loopback address only. Nothing else in the project imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oss_jupyter.sandbox.faults import Fault
    from oss_jupyter.sandbox.keys import Key
    from oss_jupyter.sandbox.server import Sandbox

__all__ = ["Fault", "Key", "Sandbox"]

# Loaded when they are first used, so that __main__ can say first where modules are found.
_HOMES = {"Fault": "faults", "Key": "keys", "Sandbox": "server"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
