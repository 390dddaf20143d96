"""Parts over TLS: every version and way of ending, how soon one stops, and which servers are believed."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import CertificateRefused, NetworkError, PartStopped
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.wire_values import PartRequest, Route, SignedRequest
from oss_jupyter.oss.send_part import send_part

SIZE = 3 * 1024 * 1024 + 77
SOON_SECONDS = 8.0
REPLY = b'HTTP/1.1 200 OK\r\nx-oss-request-id: 5F0E1D2C\r\nETag: "D41D8CD98F00B204E9800998ECF8427E"\r\n'
AUTHORITY = trustme.CA()
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
Talk = Callable[[ssl.SSLSocket, "Server"], None]


class Server:
    """Speaks TLS with one connection after the other, as `talk` says, and keeps the bodies it has taken."""

    def __init__(self, folder: Path, talk: Talk, version: ssl.TLSVersion, host: str = "127.0.0.1") -> None:
        self.bodies: list[bytes] = []
        self.refusals: list[ssl.SSLError] = []
        self.connections = 0
        self.ends = threading.Event()
        self.ca_bundle = folder / "ca.pem"
        AUTHORITY.cert_pem.write_to_path(str(self.ca_bundle))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = self._context.maximum_version = version
        AUTHORITY.issue_cert(host).configure_cert(self._context)
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}/bucket/key"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self.ends.set()
        self._listener.close()

    def request(self, source: Path) -> PartRequest:
        """Return the request for a part that is the whole file."""
        route = Route(ca_bundle=str(self.ca_bundle))
        return PartRequest(SignedRequest(self.url), str(source), 0, SIZE, 1, route)

    def _serve(self) -> None:
        while not self.ends.is_set():
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with plain, suppress(OSError):
                try:
                    with self._context.wrap_socket(plain, server_side=True) as line:
                        self._talk(line, self)
                except ssl.SSLError as error:
                    self.refusals.append(error)


def take(line: ssl.SSLSocket, server: Server) -> bool:
    """Take one request and keep its body; return whether there was one."""
    content = b""
    while b"\r\n\r\n" not in content:
        more = line.recv(65536)
        if not more:
            return False
        content += more
    body = content.partition(b"\r\n\r\n")[2]
    while len(body) < SIZE:
        body += line.recv(65536)
    server.bodies.append(body)
    return True


def answers(line: ssl.SSLSocket, server: Server) -> None:
    """Answer each request of a connection."""
    while take(line, server):
        line.sendall(REPLY + b"Content-Length: 0\r\n\r\n")


def answers_in_pieces(line: ssl.SSLSocket, server: Server) -> None:
    """Answer with a record for each byte."""
    while take(line, server):
        for byte in REPLY + b"Content-Length: 0\r\n\r\n":
            line.sendall(bytes([byte]))


def answers_and_leaves(line: ssl.SSLSocket, server: Server) -> None:
    """Answer without a length, and end TLS as it should be ended."""
    take(line, server)
    line.sendall(REPLY + b"\r\n")
    line.unwrap()


def answers_and_hangs_up(line: ssl.SSLSocket, server: Server) -> None:
    """Answer without a length, and hang up without a word of TLS."""
    take(line, server)
    line.sendall(REPLY + b"\r\n")


def breaks_off(line: ssl.SSLSocket, server: Server) -> None:
    """Hang up in the middle of the reply."""
    take(line, server)
    line.sendall(REPLY[:20])


def takes_nothing(line: ssl.SSLSocket, server: Server) -> None:
    """Leave the request where it is."""
    server.ends.wait()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of a few slices."""
    path = tmp_path / "part.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers, and closes them at the end."""
    made: list[Server] = []

    def new(talk: Talk, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, **given: str) -> Server:
        made.append(Server(tmp_path, talk, version, **given))
        return made[-1]

    yield new
    for server in made:
        server.close()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("talk", [answers, answers_in_pieces, answers_and_leaves, answers_and_hangs_up])
def test_every_byte_arrives(serve: Callable[..., Server], source: Path, talk: Talk, version: ssl.TLSVersion) -> None:
    """Whatever the version and however the reply ends, the body is the file, twice in a row."""
    server = serve(talk, version)
    for _ in range(2):
        assert send_part(server.request(source)).crc64 == crc64(source.read_bytes())
    assert server.bodies == [source.read_bytes()] * 2


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection_is_kept(serve: Callable[..., Server], source: Path, version: ssl.TLSVersion) -> None:
    """Session tickets, which come unasked, are read with the reply, and do not look like a line that has died."""
    server = serve(answers, version)
    for _ in range(3):
        send_part(server.request(source))
    assert server.connections == 1


def test_a_reply_that_breaks_off(serve: Callable[..., Server], source: Path) -> None:
    """Half a reply is none."""
    with pytest.raises(NetworkError):
        send_part(serve(breaks_off).request(source))


def test_a_stop_on_a_line_that_takes_nothing(serve: Callable[..., Server], source: Path) -> None:
    """What is encrypted already holds up nobody who wants to stop."""
    server, gauge = serve(takes_nothing), LocalGauge()
    source.write_bytes(bytes(SIZE))
    timer = threading.Timer(0.5, gauge.stop)
    timer.start()
    began_at = time.monotonic()
    request = server.request(source)
    with pytest.raises(PartStopped):
        send_part(request, gauge)
    assert time.monotonic() - began_at < SOON_SECONDS
    assert gauge.sent_bytes <= SIZE


@pytest.mark.parametrize("host", ["elsewhere.example", "10.0.0.1"])
def test_a_certificate_for_somebody_else(serve: Callable[..., Server], source: Path, host: str) -> None:
    """A certificate that names another host is refused, and the server is told."""
    server = serve(answers, host=host)
    with pytest.raises(CertificateRefused):
        send_part(server.request(source))
    until = time.monotonic() + SOON_SECONDS
    while not server.refusals and time.monotonic() < until:
        time.sleep(0.01)
    assert "alert" in str(server.refusals[0]).lower()
    assert server.bodies == []


def test_other_certificates_under_the_same_name(serve: Callable[..., Server], source: Path, tmp_path: Path) -> None:
    """A file of trusted certificates that is written anew counts for the next connection."""
    server = serve(answers_and_leaves)
    send_part(server.request(source))
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with pytest.raises(CertificateRefused):
        send_part(server.request(source))
