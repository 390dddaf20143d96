"""A stand-in for what gives credentials in the cloud: STS, CloudSSO, OAuth and the metadata server, behind one port.

The package asks hosts of Alibaba Cloud over TLS; they are reached as a proxy would reach them, so nothing is patched.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlparse

import trustme

ENDS_AT = "2037-01-02T03:04:05Z"
ROLE = "builder"


@dataclass
class Cloud:
    """asked: what was asked for, as ``host path Action``. broken: the status and the text that STS answers instead.

    instance: what PAI-DSW tells of an instance, with the status.
    """

    port: int
    authority: Path
    asked: list[str] = field(default_factory=list)
    broken: tuple[int, str] | None = None
    has_role: bool = True
    machine_ends_at: str = ENDS_AT
    instance: tuple[int, Any] = (404, {})
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """Run the stand-in; its certificates are those of an authority in `folder`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("*.aliyuncs.com", "*.aliyun.com", "*.cn-hangzhou.aliyuncs.com").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler := type("Handler", (_Handler,), {"tls": context}))
    running = Cloud(server.server_address[1], folder / "authority.pem")
    handler.cloud = running  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    cloud: ClassVar[Cloud]
    tls: ClassVar[ssl.SSLContext]
    host = ""

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        host = self.path.partition(":")[0]
        with self.tls.wrap_socket(self.connection, server_side=True) as inner:
            type("Inner", (type(self),), {"host": host})(inner, self.client_address, self.server)
        self.close_connection = True

    def do_PUT(self) -> None:
        self._note("")
        self._answer("a-token-of-the-metadata-server")

    def do_GET(self) -> None:
        url = urlparse(self.path)
        words = parse_qs(url.query)
        action = words.get("Action", [""])[0]
        self._note(action)
        if action:
            self._sts(words)
        elif url.path.endswith("/security-credentials/"):
            self._answer(ROLE if self.cloud.has_role else "", 200 if self.cloud.has_role else 404)
        elif url.path.endswith(f"/{ROLE}"):
            self._answer({"Code": "Success", **_keys("machine"), "Expiration": self.cloud.machine_ends_at})
        elif url.path.endswith("/region-id"):
            self._answer("cn-hangzhou")
        elif url.path.startswith("/api/v2/instances/"):
            self.cloud.headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(self.cloud.instance[1], self.cloud.instance[0])
        elif url.path == "/uri":
            self._answer({"Code": "Success", **_keys("uri")})
        else:
            self._answer("nobody", 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self._note("")
        if self.path.endswith("/cloud-credentials"):
            self._answer({"CloudCredential": _keys(f"sso-{json.loads(body)['AccountId']}")})
        elif self.path.endswith("/v1/exchange"):
            self._answer(_keys("oauth"))
        else:
            self._answer("nobody", 404)

    def _sts(self, words: dict[str, list[str]]) -> None:
        if self.cloud.broken is not None:
            status, text = self.cloud.broken
            self._answer(text, status)
            return
        by = words.get("AccessKeyId", ["oidc"])[0]
        if "OIDCToken" in words:
            by = words["OIDCToken"][0]
        self._answer({"Credentials": _keys(f"{words['RoleArn'][0].rpartition('/')[2]}-by-{by}")})

    def _note(self, action: str) -> None:
        self.cloud.asked.append(f"{self.host or 'direct'} {urlparse(self.path).path} {action}".strip())

    def _answer(self, body: Any, status: int = 200) -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _keys(name: str) -> dict[str, str]:
    return {
        "AccessKeyId": f"id-{name}",
        "AccessKeySecret": f"hush-{name}",
        "SecurityToken": f"hush-token-{name}",
        "Expiration": ENDS_AT,
    }
