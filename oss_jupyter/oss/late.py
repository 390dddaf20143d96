"""The doors to what sends, for those who only name it: requests (0.1 s) is loaded when the first bytes go out.

They are pickled by these names, so a helper process loads what sending needs, and the kernel may never have to.
"""

from __future__ import annotations

from oss_jupyter import forks
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.small_files import Dials, Feed, FileSent, FileSnagged, FilesRoute, SignedFiles
from oss_jupyter.model.wire_values import PartReceipt, PartRequest


def send_part(request: PartRequest, gauge: Gauge | None = None) -> PartReceipt:
    """Send one part, see send_part.py."""
    with forks.no_forks:
        from oss_jupyter.oss.send_part import send_part as send

    return send(request, gauge)


def send_files(feed: Feed, route: FilesRoute, dials: Dials) -> None:
    """Send whole small files, see send_files.py."""
    with forks.no_forks:
        from oss_jupyter.oss.send_files import send_files as send

    send(feed, route, dials)


def send_signed_files(request: SignedFiles, gauge: Gauge | None = None) -> tuple[FileSent | FileSnagged, ...]:
    """Send whole small files with a signed request for each, see send_signed_files.py."""
    with forks.no_forks:
        from oss_jupyter.oss.send_signed_files import send_signed_files as send

    return send(request, gauge)


def get_ready(ca_bundle: str = "") -> None:
    """Load what the first part needs, the certificates that its server is known by included."""
    with forks.no_forks:
        from oss_jupyter.oss.wire import get_ready

    get_ready(ca_bundle)


def load_sdk() -> None:
    """Load what small requests need, 0.1 s."""
    with forks.no_forks:
        import oss_jupyter.oss.sdk
        import oss_jupyter.oss.transport  # noqa: F401
