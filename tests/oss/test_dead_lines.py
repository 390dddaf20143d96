"""Lines that are dead or nearly so: replies that drip, connections that died while they lay idle."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest
import requests

from oss_jupyter.errors import NetworkError, PartStopped, Stalled
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartRequest, Route, SignedRequest
from oss_jupyter.oss.connections import Adapter, PlainPool
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Fault, Sandbox

TARGET = Target("test-bucket", "data/big.bin")
SILENCE_SECONDS = 0.3
# A reply may take three silences; the rest is for a busy machine.
SOON_SECONDS = 8.0
ONCE = RetryPolicy(attempts=1, base_seconds=0.0)
DRIP_SECONDS = 0.05

HEAD = b"HTTP/1.1 200 OK\r\nx-oss-request-id: 1\r\n"
DRIPS = {
    "status": (b"", b"HTTP/1.1 200 " + b"O" * 10_000),
    "headers": (HEAD, b"X-Padding: " + b"x" * 10_000),
    "many headers": (HEAD, b"A: b\r\n" * 50),
    "interim replies": (b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 99),
    "body": (HEAD + b"Content-Length: 10000\r\n\r\n", b" " * 10_000),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 10_000),
    "body without end": (HEAD + b"\r\n", b" " * 10_000),
    "error": (b"HTTP/1.1 500 Oh\r\nContent-Length: 10000\r\n\r\n", b"<Error>" + b" " * 10_000),
}


class DrippingServer:
    """Reads one request from each connection, answers `begin` at once and `rest` byte by byte, for ever."""

    def __init__(self, begin: bytes, rest: bytes) -> None:
        self._begin = begin
        self._rest = rest
        self._ends = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.drips = threading.Event()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._ends.set()
        self._listener.close()

    def _serve(self) -> None:
        while not self._ends.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.recv(1 << 20)
            try:
                connection.sendall(self._begin)
                for byte in self._rest:
                    connection.sendall(bytes([byte]))
                    self.drips.set()
                    if self._ends.wait(DRIP_SECONDS):
                        return
            except OSError:
                return  # the client has had enough


@pytest.fixture
def at_each_drip(subtests: pytest.Subtests) -> Callable[[Callable[[DrippingServer], None]], None]:
    """Runs something at a server for each place where a reply can drip, all at once, because it mostly waits."""

    def run(check: Callable[[DrippingServer], None]) -> None:
        servers = {name: DrippingServer(*drips) for name, drips in DRIPS.items()}
        with ThreadPoolExecutor(len(servers)) as pool:
            checked = {name: pool.submit(check, server) for name, server in servers.items()}
            for name, future in checked.items():
                with subtests.test(name), closing(servers[name]):
                    future.result()

    return run


AtEachDrip = Callable[[Callable[[DrippingServer], None]], None]


def key_pair() -> Credentials:
    return Credentials("test-key-id", "test-key-secret")


def new_control(url: str) -> SdkControl:
    settings = EndpointSettings(
        region="cn-hangzhou", endpoint=url, path_style=True, read_timeout_seconds=SILENCE_SECONDS
    )
    return SdkControl(settings, key_pair, ONCE)


@pytest.mark.parametrize(
    "ask",
    [
        lambda control: control.list_parts(TARGET, "id"),
        lambda control: control.initiate(TARGET, ObjectOptions()),
        lambda control: control.complete(TARGET, "id", [(1, "E")], ObjectOptions(), SILENCE_SECONDS),
        lambda control: control.abort(TARGET, "id"),
    ],
    ids=["ListParts", "Initiate", "Complete", "Abort"],
)
def test_a_small_request_whose_reply_drips(at_each_drip: AtEachDrip, ask: Callable[[SdkControl], object]) -> None:
    """However it drips, in status, headers or body, a reply ends in an error of the network after a short while."""

    def check(dripping: DrippingServer) -> None:
        control = new_control(dripping.url)
        began_at = time.monotonic()
        with pytest.raises(NetworkError) as error:
            ask(control)
        assert time.monotonic() - began_at < SOON_SECONDS
        assert all(error.value.four_lines()[::2])
        control.close()

    at_each_drip(check)


@pytest.fixture
def part_to(tmp_path: Path) -> Callable[[DrippingServer, float], PartRequest]:
    """Makes a part for a dripping server that is borne in silence for so long."""
    path = tmp_path / "part.bin"
    path.write_bytes(b"x" * 1000)

    def make(dripping: DrippingServer, stall_seconds: float) -> PartRequest:
        signed = SignedRequest(f"{dripping.url}/test-bucket/key?partNumber=1&uploadId=id")
        return PartRequest(signed, str(path), 0, 1000, 1, Route(stall_seconds=stall_seconds))

    return make


PartTo = Callable[[DrippingServer, float], PartRequest]


def test_a_part_whose_reply_drips(part_to: PartTo, at_each_drip: AtEachDrip) -> None:
    """The same for the bytes."""

    def check(dripping: DrippingServer) -> None:
        began_at = time.monotonic()
        with pytest.raises(NetworkError):
            send_part(part_to(dripping, SILENCE_SECONDS))
        assert time.monotonic() - began_at < SOON_SECONDS

    at_each_drip(check)


class SharedGauge(LocalGauge):
    """As a helper process has it: stopping it is a number in shared memory, and cuts nothing."""

    def stop(self) -> None:
        self.stopped = True


def test_a_part_whose_reply_drips_can_be_stopped(part_to: PartTo, at_each_drip: AtEachDrip) -> None:
    """While a reply drips the stop switch is looked at, also where only shared memory tells of it."""

    def check(dripping: DrippingServer) -> None:
        gauge = SharedGauge()
        failures: list[Exception] = []

        def send() -> None:
            try:
                send_part(part_to(dripping, 30.0), gauge)
            except Exception as error:
                failures.append(error)

        thread = threading.Thread(target=send)
        thread.start()
        assert dripping.drips.wait(SOON_SECONDS)
        gauge.stop()
        thread.join(SOON_SECONDS)
        assert [type(failure) for failure in failures] == [PartStopped]

    at_each_drip(check)


def test_a_slow_reply_is_not_a_dripping_one(sandbox: Sandbox) -> None:
    """A reply that takes longer than a silence and then comes is taken."""
    sandbox.faults.add(Fault("CompleteMultipartUpload", "delay", seconds=1.5))
    control = SdkControl(EndpointSettings(region="cn-hangzhou", endpoint=sandbox.endpoint), key_pair, ONCE)
    upload_id = control.initiate(TARGET, ObjectOptions())
    signed = control.sign_part(TARGET, upload_id, 1, ObjectOptions())
    etag = requests.put(signed.url, b"x" * 102_400, headers=dict(signed.headers), timeout=60).headers["ETag"].strip('"')
    assert control.complete(TARGET, upload_id, [(1, etag)], ObjectOptions(), 10.0).crc64
    control.close()


def test_the_silence_that_is_put_up_with_is_a_setting(sandbox: Sandbox) -> None:
    """`stall_seconds` shortens the patience with small requests as well."""
    sandbox.faults.add(Fault("HeadObject", "delay", seconds=60))
    settings = EndpointSettings(region="cn-hangzhou", endpoint=sandbox.endpoint, stall_seconds=0.5)
    control = SdkControl(settings, key_pair, ONCE)
    began_at = time.monotonic()
    with pytest.raises(Stalled):
        control.head(TARGET)
    assert time.monotonic() - began_at < SOON_SECONDS
    control.close()


def test_a_document_of_ten_thousand_parts_arrives(sandbox: Sandbox) -> None:
    """What is handed over in slices is one document with a length, and the service reads it."""
    control = SdkControl(EndpointSettings(region="cn-hangzhou", endpoint=sandbox.endpoint), key_pair, ONCE)
    upload_id = control.initiate(TARGET, ObjectOptions())
    with pytest.raises(Exception, match="InvalidPart"):
        control.complete(TARGET, upload_id, [(number, "E" * 32) for number in range(1, 10_001)], ObjectOptions())
    sent = sandbox.requests[-1].headers
    assert int(sent["content-length"]) > 500_000
    assert "transfer-encoding" not in sent
    control.close()


def test_after_an_error_every_connection_is_new(sandbox: Sandbox) -> None:
    """What broke one connection may have broken the idle ones: the next request opens another."""
    control = SdkControl(EndpointSettings(region="cn-hangzhou", endpoint=sandbox.endpoint), key_pair, ONCE)
    for _ in range(2):
        control.head(TARGET)
    sandbox.faults.add(Fault("HeadObject", "drop_reply"))
    with pytest.raises(NetworkError):
        control.head(TARGET)
    control.head(TARGET)
    first, second, _, last = [request.connection_id for request in sandbox.requests]
    assert first == second != last
    control.close()


class LaterPool(PlainPool):
    """Each look at the clock finds it so much later."""

    seconds: ClassVar[float] = 0.0
    step_seconds: ClassVar[float] = 0.0

    @classmethod
    def now(cls) -> float:
        LaterPool.seconds += LaterPool.step_seconds
        return LaterPool.seconds


class LaterAdapter(Adapter):
    """Lives by that clock."""

    pools: ClassVar = {"http": LaterPool}


@pytest.mark.parametrize(("step_seconds", "connections"), [(1.0, 1), (600.0, 3), (-600.0, 3)])
def test_what_has_lain_idle_is_opened_anew(sandbox: Sandbox, step_seconds: float, connections: int) -> None:
    """Connections are kept for a moment; after a pause, or a clock that jumped, the next request opens another."""
    LaterPool.step_seconds = step_seconds
    with requests.Session() as session:
        session.mount("http://", LaterAdapter())
        for _ in range(3):
            session.get(sandbox.endpoint, timeout=5)
    assert len({request.connection_id for request in sandbox.requests}) == connections
