"""The way through a proxy: a real one on this machine, in the clear, as a tunnel, and as a tunnel of TLS in TLS."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import PartStopped
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.parts import PartRequest
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Key, Sandbox

KEY = ("test-key-id", "test-key-secret")
TARGET = Target("test-bucket", "data/file.bin")
SIZE = 3 * 1024 * 1024 + 77


class Proxy:
    """Passes connections on; `asked` has the first line of each."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[str] = []
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        """Let everybody go."""
        for sock in (self._listener, *self._sockets):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            if self._context:
                client = self._context.wrap_socket(client, server_side=True)
            data = b""
            while b"\r\n\r\n" not in data:
                data += client.recv(65536)
            first, _, rest = data.partition(b"\r\n")
            method, url, version = first.decode().split()
            self.asked.append(first.decode())
            host = url.removeprefix("http://").partition("/")[0]
            server = socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])))
            self._sockets += [client, server]
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                path = url.removeprefix(f"http://{host}")
                server.sendall(f"{method} {path} {version}\r\nConnection: close\r\n".encode() + rest)
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            _pump(client, server)


def _pump(source: socket.socket, goal: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            goal.sendall(data)
        goal.shutdown(socket.SHUT_WR)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A certificate for this machine with its key, in one file that clients trust as well."""
    path = tmp_path / "everything.pem"
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    for blob in (issued.private_key_pem, *issued.cert_chain_pems, authority.cert_pem):
        blob.write_to_path(str(path), append=True)
    return path


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy in the clear."""
    made = Proxy()
    yield made
    made.close()


@pytest.fixture
def secure(tmp_path: Path, bundle: Path) -> Iterator[Sandbox]:
    """A service with TLS."""
    with Sandbox(tmp_path / "tls", keys=[Key(*KEY)], tls=(str(bundle), str(bundle))) as sandbox:
        sandbox.create_bucket("test-bucket")
        yield sandbox


def arrives(settings: EndpointSettings, folder: Path, gauge: LocalGauge | None = None) -> bool:
    """Send one part by the route that the control plane names, and return whether the service has the same bytes."""
    source = folder / "part.bin"
    source.write_bytes(os.urandom(SIZE))
    control = SdkControl(settings, credentials_chain(KEY))
    upload_id = control.initiate(TARGET, ObjectOptions())
    signed = control.sign_part(TARGET, upload_id, 1, ObjectOptions())
    send_part(PartRequest(signed, str(source), 0, SIZE, 1, control.route(TARGET)), gauge)
    (part,) = control.list_parts(TARGET, upload_id)
    control.close()
    return part.crc64 == crc64(source.read_bytes())


def test_the_environment_names_the_way_for_requests_and_parts(
    sandbox: Sandbox, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY counts for the small requests and for the parts, as it is when the upload runs; NO_PROXY wins."""
    settings = EndpointSettings(region="cn-hangzhou", endpoint=sandbox.endpoint)
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert arrives(settings, tmp_path)
    assert [line.split()[0] for line in proxy.asked] == ["POST", "PUT", "GET"]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert arrives(settings, tmp_path)
    assert len(proxy.asked) == 3


def test_a_tunnel(secure: Sandbox, proxy: Proxy, bundle: Path, tmp_path: Path) -> None:
    """With TLS the proxy is asked for a tunnel and sees neither the signed URL nor a byte of the file."""
    settings = EndpointSettings(
        region="cn-hangzhou", endpoint=secure.endpoint, proxy=f"http://{proxy.address}", ca_bundle=str(bundle)
    )
    assert arrives(settings, tmp_path)
    assert [line.rpartition(" ")[0] for line in proxy.asked] == [f"CONNECT 127.0.0.1:{secure.port}"] * 2


def test_a_tunnel_that_is_tls_itself(secure: Sandbox, bundle: Path, tmp_path: Path) -> None:
    """TLS to the service inside of TLS to the proxy: every byte arrives, and a part can be stopped."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle)
    proxy = Proxy(context)
    settings = EndpointSettings(
        region="cn-hangzhou", endpoint=secure.endpoint, proxy=f"https://{proxy.address}", ca_bundle=str(bundle)
    )
    assert arrives(settings, tmp_path)
    assert len(proxy.asked) == 2
    secure.connection_rate_bytes_per_second = 200_000
    gauge = LocalGauge()
    stopper = threading.Timer(0.5, gauge.stop)
    stopper.start()
    with pytest.raises(PartStopped):
        arrives(settings, tmp_path, gauge)
    stopper.join()
    proxy.close()


def test_the_environment_names_the_certificates(
    secure: Sandbox, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE is trusted by the small requests and by the parts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert arrives(EndpointSettings(region="cn-hangzhou", endpoint=secure.endpoint), tmp_path)
