"""A local server that behaves like OSS, for tests and for trying things out without an account.

It listens on the loopback address only. Nothing else in the project imports it.
"""

from .faults import Fault
from .keys import Key
from .server import Sandbox

__all__ = ["Fault", "Key", "Sandbox"]
