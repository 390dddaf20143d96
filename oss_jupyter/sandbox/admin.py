"""The reserved paths by which the process form is watched and stopped. They ask for a token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .replies import Reply

STATUS_PATH = "/-/status"
STOP_PATH = "/-/stop"
TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105 - a header's name


@dataclass(frozen=True)
class Admin:
    """Answers on the reserved paths."""

    token: str = field(repr=False)
    status: Callable[[], Mapping[str, object]]
    stop: Callable[[], None]

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
        return _json(404, {"error": "no such path"})


def _json(status: int, content: Mapping[str, object]) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(content).encode())
