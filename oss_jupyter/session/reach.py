"""What this process knows of the way to an object, for receipts that have come from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import InputError
from oss_jupyter.model.target import Target

if TYPE_CHECKING:
    from oss_jupyter.engine.manager import Manager
    from oss_jupyter.model.reach import Reach
    from oss_jupyter.session.wiring import Wiring


@dataclass(frozen=True)
class ReachFromHere:
    """Answers for the session. Any thread may call it."""

    wiring: Wiring
    manager: Manager

    def reach(self, target: Target) -> Reach:
        """Return the way by which this kernel sent the object, else that of settings and environment.

        Raises InputError.
        """
        for transfer in reversed(self.manager.transfers()):
            spec = coordinator_of(transfer).spec
            if spec.target == target and spec.hindrance is None:
                control: Reach = spec.control
                return control
        return self.wiring.control(self.wiring.endpoint({}), None, None)

    def reading_place(self) -> Mapping[str, Any]:
        """Return how settings and environment say that the service is reached; nothing where they do not suffice."""
        try:
            return self.wiring.endpoint({}).reading_place()
        except InputError:
            return {}
