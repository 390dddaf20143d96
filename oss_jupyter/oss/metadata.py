"""The metadata server, which tells a machine in Alibaba Cloud about itself: its roles and its region.

It stands at a fixed address that is reached from there alone, and never through a proxy. The paths are those of the ECS
user guide, "Instance metadata"; the token is its security-hardened mode.
"""

from __future__ import annotations

import http.client
import socket
import time
from contextlib import closing, suppress

from oss_jupyter.texts import tr

ADDRESS = ("100.100.100.200", 80)
_ROLES = "/latest/meta-data/ram/security-credentials/"
_REGION = "/latest/meta-data/region-id"
# How long nobody asks again where it was not reached: a laptop does not move into the cloud.
_SILENT_SECONDS = 300.0
_TOKEN_SECONDS = 21_600
_ANSWER_MAX_BYTES = 1 << 16


class MetadataServer:
    """Asked by any thread. patience_seconds: how long it may take to connect, and to answer.

    _silent_until, of the monotonic clock, needs no lock: at worst it is asked once more.
    """

    def __init__(self, address: tuple[str, int] = ADDRESS, patience_seconds: float = 0.9) -> None:
        self._address = address
        self._patience_seconds = patience_seconds
        self._silent_until = 0.0

    def reachable(self) -> bool:
        """Whether it is there. Takes `patience_seconds` at most; that it is not is remembered for minutes."""
        if time.monotonic() < self._silent_until:
            return False
        with suppress(OSError), closing(socket.create_connection(self._address, self._patience_seconds)):
            return True
        self._silent_until = time.monotonic() + _SILENT_SECONDS
        return False

    def region(self) -> str:
        """Return the id of the region in which this machine stands. Raises OSError."""
        return self._get(_REGION)

    def role(self) -> str:
        """Return the name of the RAM role of this machine, "" where it has none. Raises OSError."""
        try:
            return self._get(_ROLES).split("\n")[0].strip()
        except NotFoundError:
            return ""

    def credentials_of(self, role: str) -> str:
        """Return the credentials of a role, as JSON. Raises OSError."""
        return self._get(_ROLES + role)

    def _get(self, path: str) -> str:
        headers = {}
        with suppress(OSError):  # an older machine has no tokens, and asks for none
            lifetime = {"X-aliyun-ecs-metadata-token-ttl-seconds": str(_TOKEN_SECONDS)}
            headers["X-aliyun-ecs-metadata-token"] = self._ask("PUT", "/latest/api/token", lifetime)
        return self._ask("GET", path, headers)

    def _ask(self, method: str, path: str, headers: dict[str, str]) -> str:
        with closing(http.client.HTTPConnection(*self._address, timeout=self._patience_seconds)) as connection:
            try:
                connection.request(method, path, headers=headers)
                reply = connection.getresponse()
                text = reply.read(_ANSWER_MAX_BYTES).decode("utf-8", "replace")
            except http.client.HTTPException as error:
                raise StrangeAnswerError(tr("no answer in HTTP: {error}", error=type(error).__name__)) from None
        if reply.status == http.HTTPStatus.NOT_FOUND:
            raise NotFoundError(_answered(reply.status))
        if reply.status != http.HTTPStatus.OK:
            raise StrangeAnswerError(_answered(reply.status))
        return text


def _answered(status: int) -> str:
    return tr("answered with status {status}", status=status)


class StrangeAnswerError(OSError):
    """The server was reached, and gave no answer that can be used; its text says so in a few words."""


class NotFoundError(StrangeAnswerError):
    """The server has nothing of that name."""


metadata_server = MetadataServer()
