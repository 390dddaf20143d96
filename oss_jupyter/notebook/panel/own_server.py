"""Asking the Jupyter server that started this kernel to end it: a kernel that just ended would be started again.

The server writes down for programs of its user where it listens and what it wants to hear, and `jupyter server list`
reads it; so does this, for one request, and keeps nothing of it. Where there is no such record, or the server wants to
hear something else (JupyterHub), the kernel stays until a page or the server's own culling ends it.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.local.files import read_own

_RECORD_MOST_BYTES = 64 * 1024
_ANSWER_SECONDS = 10.0
_CONNECTION_FILE = re.compile(r"kernel-([0-9a-f-]{36})\.json")


def end_this_kernel() -> bool:
    """Ask for it, and return whether the server has agreed; uploads come to rest as at any end. Raises nothing."""
    kernel, server = _own_id(), _record()
    if kernel is None or server is None:
        return False
    url = f"{server['url'].rstrip('/')}/api/kernels/{kernel}"
    request = Request(url, method="DELETE", headers={"Authorization": f"token {server['token']}"})  # noqa: S310
    with suppress(URLError, OSError, ValueError):
        # No proxy has to know of it.
        build_opener(ProxyHandler({})).open(request, timeout=_ANSWER_SECONDS).close()
        return True
    return False


def _own_id() -> str | None:
    from ipykernel.connect import get_connection_file

    with suppress(RuntimeError):  # no kernel
        found = _CONNECTION_FILE.fullmatch(Path(get_connection_file()).name)
        return found and found[1]
    return None


def _record() -> dict[str, Any] | None:
    """Return what the server that is this kernel's parent has written down, or None."""
    from jupyter_core.paths import jupyter_runtime_dir

    path = Path(jupyter_runtime_dir(), f"jpserver-{os.environ.get('JPY_PARENT_PID', '')}.json")
    with suppress(OSError, ValueError, CheckpointForeign):
        record = json.loads(read_own(path, _RECORD_MOST_BYTES))
        known = isinstance(record, dict) and all(isinstance(record.get(name), str) for name in ("url", "token"))
        return record if known and record["url"].startswith(("http://", "https://")) else None
    return None
