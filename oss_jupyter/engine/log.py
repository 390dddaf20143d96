"""What the engine logs at DEBUG: one line for each change of state, each attempt and each decision.

No URL and no key: an error is named by its code, because its text names objects and places.
"""

from __future__ import annotations

import logging

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.retry import Decision

log = logging.getLogger("oss_jupyter")


def log_decision(transfer_id: str, what: str, error: OssJupyterError, decision: Decision) -> None:
    """Log what follows the failure of `what`."""
    waits = f", after {decision.wait_seconds:.1f} s" if decision.wait_seconds else ""
    log.debug("%s: %s failed with %s: %s%s", transfer_id, what, error.code, decision.action.value, waits)
