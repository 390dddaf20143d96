"""The reserved paths by which the process form is watched, changed and stopped. They ask for a token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from oss_jupyter.sandbox.replies import Reply, ServiceError

STATUS_PATH = "/-/status"
STOP_PATH = "/-/stop"
CHANGE_PATH = "/-/change"  # ?rate=BYTES_PER_SECOND&bucket=NAME, each as often as wanted
TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105 - a header's name


@dataclass(frozen=True)
class Admin:
    """Answers on the reserved paths."""

    token: str = field(repr=False)
    status: Callable[[], Mapping[str, object]]
    stop: Callable[[], None]
    change: Callable[[str, str], None]  # a name and a value; raises ServiceError or ValueError

    def __call__(self, method: str, path: str, host: str, token: str) -> Reply:
        """Answer one request; a page in a browser has neither the token nor a loopback Host."""
        if host.rpartition(":")[0] not in ("127.0.0.1", "localhost"):
            return _json(403, {"error": "the sandbox is reached by its loopback address"})
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return _json(403, {"error": "wrong token"})
        if (method, path) == ("GET", STATUS_PATH):
            return _json(200, self.status())
        if (method, path) == ("POST", STOP_PATH):
            self.stop()
            return _json(200, {"stopping": True})
        if method == "POST" and path.partition("?")[0] == CHANGE_PATH:
            return self._change(path.partition("?")[2])
        return _json(404, {"error": "no such path"})

    def _change(self, query: str) -> Reply:
        try:
            for name, value in parse_qsl(query, keep_blank_values=True):
                self.change(name, value)
        except (ServiceError, ValueError, OSError) as error:
            return _json(200, {"error": str(error)})
        return _json(200, {})


def _json(status: int, content: Mapping[str, object]) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
