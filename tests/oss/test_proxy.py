"""The way through a proxy: real ones on this machine, in the clear, as a tunnel, of TLS in TLS, and by SOCKS."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import InputError, NetworkError, PartStopped
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartRequest
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.environment import route_to
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Key, Sandbox
from oss_jupyter.session.settings import OssJupyter

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


class Socks(Proxy):
    """A SOCKS 5 proxy (RFC 1928, with the passwords of RFC 1929); `asked` has where each connection was to go."""

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        self._login = login
        super().__init__()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, struct.error):
            reading = client.makefile("rb", buffering=0)
            _version, count = reading.read(2)
            reading.read(count)
            client.sendall(b"\x05\x02" if self._login else b"\x05\x00")
            if self._login and not self._logged_in(client, reading):
                return
            _version, _command, _reserved, kind = reading.read(4)
            named = kind == 3
            host = reading.read(reading.read(1)[0]).decode() if named else socket.inet_ntoa(reading.read(4))
            (port,) = struct.unpack("!H", reading.read(2))
            self.asked.append(f"{host}:{port}")
            server = socket.create_connection(("127.0.0.1", port))
            self._sockets += [client, server]
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            _pump(client, server)

    def _logged_in(self, client: socket.socket, reading: Any) -> bool:
        reading.read(1)
        login = tuple(reading.read(reading.read(1)[0]).decode() for _ in range(2))
        good = login == self._login
        client.sendall(b"\x01\x00" if good else b"\x01\x01")
        if not good:
            client.close()
        return good


def _pump(source: socket.socket, goal: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            goal.sendall(data)
        goal.shutdown(socket.SHUT_WR)


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


def is_stopped_midway(settings: EndpointSettings, folder: Path) -> None:
    """Stop a part that has been on a slow line for half a second."""
    gauge = LocalGauge()
    stopper = threading.Timer(0.5, gauge.stop)
    stopper.start()
    with pytest.raises(PartStopped):
        arrives(settings, folder, gauge)
    stopper.join()


def test_the_environment_names_the_way_for_requests_and_parts(
    sandbox: Sandbox, proxy: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY counts for the small requests and for the parts, as it is when the upload runs."""
    # The proxy leads every name to this machine, and the sandbox answers to this one.
    settings = EndpointSettings(endpoint=f"http://oss-cn-hangzhou.aliyuncs.com:{sandbox.port}", path_style=True)
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert arrives(settings, tmp_path)
    assert [line.split()[0] for line in proxy.asked] == ["POST", "PUT", "GET"]


def test_no_proxy_wins_over_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere; what the environment leaves open goes through its proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example.com:3128")
    settings = EndpointSettings(region="cn-hangzhou")
    assert route_to(settings.url, settings).proxy == "http://proxy.example.com:3128"
    monkeypatch.setenv("NO_PROXY", ".aliyuncs.com")
    assert route_to(settings.url, settings).proxy is None


NEAR = (
    "http://localhost:9000", "http://127.0.0.1:9000", "http://127.1.2.3", "http://127.1:80", "http://[::1]:9000",
    "http://0.0.0.0:9000", "http://[::ffff:127.0.0.1]", "http://data.localhost:9000", "http://LOCALHOST",
    "http://10.1.2.3", "http://172.16.0.1", "http://192.168.1.10:9000", "http://169.254.1.1", "http://[fd00::1]",
    "http://[fe80::1]", "http://100.118.28.45", "http://minio:9000", "http://store.local", "http://host.docker.internal",
    "https://oss-cn-hangzhou-internal.aliyuncs.com", "https://vpc100-oss-cn-hangzhou.aliyuncs.com",
)  # fmt: skip
FAR = (
    "http://8.8.8.8", "http://172.32.0.1", "http://[2400:3200::1]", "https://oss-cn-hangzhou.aliyuncs.com",
    "https://oss-accelerate.aliyuncs.com", "http://localhost.example.com", "http://127.0.0.1.example.com",
    "https://internal.example.com", "https://oss-cn-hangzhou-internal.aliyuncs.com.example.com",
)  # fmt: skip


@pytest.mark.parametrize("endpoint", [*NEAR, *FAR])
def test_what_is_near_never_goes_through_the_environments_proxy(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This computer, private networks and the inside of the cloud are reached directly; `proxy=` always counts."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://proxy.example.com:3128")
    settings = EndpointSettings(region="cn-hangzhou", endpoint=endpoint)
    scheme, _, host = endpoint.partition("://")
    url = endpoint if settings.path_style else f"{scheme}://my-bucket.{host}"
    assert (route_to(url, settings).proxy is None) is (endpoint in NEAR)
    named = EndpointSettings(region="cn-hangzhou", endpoint=endpoint, proxy="http://mine.example.com:1")
    assert route_to(url, named).proxy == "http://mine.example.com:1"


def test_the_way_to_this_computer_needs_no_settings(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a company's proxy the first steps work: nothing of the sandbox is asked of the proxy."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert arrives(EndpointSettings(region="cn-hangzhou", endpoint=sandbox.endpoint), tmp_path)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("tls", [False, True])
def test_a_socks_proxy(sandbox: Sandbox, secure: Sandbox, bundle: Path, tmp_path: Path, scheme: str, tls: bool) -> None:
    """Small requests and parts go through it, with and without TLS, and none beside it; a part can be stopped."""
    service = secure if tls else sandbox
    socks = Socks()
    settings = EndpointSettings(
        region="cn-hangzhou", endpoint=service.endpoint, ca_bundle=str(bundle), proxy=f"{scheme}://{socks.address}"
    )
    assert arrives(settings, tmp_path)
    assert socks.asked == [f"127.0.0.1:{service.port}"] * 2
    service.connection_rate_bytes_per_second = 200_000
    is_stopped_midway(settings, tmp_path)
    socks.close()


def test_a_socks_proxy_with_a_password_that_looks_names_up(sandbox: Sandbox, tmp_path: Path) -> None:
    """socks5h leaves names to the proxy, and user and password reach it; a wrong one is told as the proxy's refusal."""
    socks = Socks(("user", "hu:sh"))
    endpoint = f"http://oss-cn-hangzhou.aliyuncs.com:{sandbox.port}"
    way: dict[str, Any] = {"endpoint": endpoint, "path_style": True}
    assert arrives(EndpointSettings(**way, proxy=f"socks5h://user:hu%3Ash@{socks.address}"), tmp_path)
    assert socks.asked == [f"oss-cn-hangzhou.aliyuncs.com:{sandbox.port}"] * 2
    with pytest.raises(NetworkError) as refused:
        arrives(EndpointSettings(**way, proxy=f"socks5h://user:wrong@{socks.address}"), tmp_path)
    assert refused.value.code == "ProxyFailed"
    assert "wrong" not in str(refused.value)
    address = socks.address
    socks.close()
    with pytest.raises(NetworkError) as gone:
        arrives(EndpointSettings(**way, proxy=f"socks5h://{address}"), tmp_path)
    assert gone.value.code == "ProxyFailed"


def test_a_socks_proxy_of_the_environment(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ALL_PROXY is read as other tools read it."""
    socks = Socks()
    for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", f"socks5h://{socks.address}")
    endpoint = f"http://oss-cn-hangzhou.aliyuncs.com:{sandbox.port}"
    assert arrives(EndpointSettings(endpoint=endpoint, path_style=True), tmp_path)
    assert len(socks.asked) == 2
    socks.close()


WRONG = (
    "not a proxy", "http://", "http://user:hush@:80", "http://user:hush@host:port", "http://user:hush@host:0",
    "http://user:hush@host:65536", "http://user:hush@host:-1", "ftp://user:hush@host:21", "socks://user:hush@host:1080",
    "socks6://host:1", "http://user:hush@host:80/path", "http://[::1", "http://user:hush@ho st:80", "http://hush@host\n:1",
)  # fmt: skip


@pytest.mark.parametrize("proxy", WRONG)
def test_a_proxy_that_cannot_be_one_is_refused_when_it_is_given(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an argument, as a setting and in the environment; the URL is never shown, because it may hold a password."""
    with pytest.raises(InputError) as refused:
        EndpointSettings(region="cn-hangzhou", proxy=proxy)
    assert refused.value.code == "InvalidProxy"
    assert "proxy.example.com" in refused.value.advice
    assert "hush" not in str(refused.value)
    with pytest.raises(TraitError) as setting:
        OssJupyter(proxy=proxy)
    assert "hush" not in str(setting.value)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("https_proxy", proxy)
    settings = EndpointSettings(region="cn-hangzhou")
    with pytest.raises(InputError, match="environment") as told:
        route_to(settings.url, settings)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("proxy", ["proxy.test:3128", "HTTP://proxy.test", "socks4a://[::1]:1080/", " http://a:b@c:1 "])
def test_what_can_be_a_proxy(proxy: str) -> None:
    """A host and a port are enough; HTTP is meant then."""
    assert "://" in (EndpointSettings(region="cn-hangzhou", proxy=proxy).proxy or "")


_WITHOUT_SOCKS = """
import sys
sys.modules["socks"] = None
from oss_jupyter.errors import InputError
from oss_jupyter.oss.endpoint import EndpointSettings
try:
    EndpointSettings(region="cn-hangzhou", proxy="socks5://user:hush@127.0.0.1:1080")
except InputError as error:
    print(error.code, error)
"""


def test_the_extra_that_is_missing_is_named() -> None:
    """In an interpreter without PySocks, when the proxy is given and not when the first byte is sent."""
    done = subprocess.run([sys.executable, "-c", _WITHOUT_SOCKS], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("SocksMissing")
    assert "oss_jupyter[socks]" in done.stdout
    assert "hush" not in done.stdout


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
    is_stopped_midway(settings, tmp_path)
    proxy.close()


def test_the_environment_names_the_certificates(
    secure: Sandbox, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE is trusted by the small requests and by the parts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    assert arrives(EndpointSettings(region="cn-hangzhou", endpoint=secure.endpoint), tmp_path)
