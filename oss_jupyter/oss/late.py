"""The door to `send_part` for those who only name it: requests (0.1 s) is loaded when the first part goes out.

It is pickled by this name, so a helper process loads what a part needs, and the kernel may never have to.
"""

from __future__ import annotations

from oss_jupyter import forks
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.wire_values import PartReceipt, PartRequest


def send_part(request: PartRequest, gauge: Gauge | None = None) -> PartReceipt:
    """Send one part, see send_part.py."""
    with forks.no_forks:
        from oss_jupyter.oss.send_part import send_part as send

    return send(request, gauge)
