"""One part, one PUT: its receipt, its failures, how soon it stops, and what it costs in memory."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.crc64 import combine, crc64
from oss_jupyter.errors import (
    IntegrityError,
    NetworkError,
    OssJupyterError,
    PartStopped,
    ServiceError,
    SourceChanged,
    SourceMissing,
    SourceUnreadable,
    Stalled,
)
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.retry import Action, classify
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartRequest, Route
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Fault, Key, Sandbox

KEY_ID, SECRET, TOKEN = "sts-key-id", "sts-secret", "sts-token-of-this-test"
TARGET = Target("test-bucket", "data/é part.bin")
MIB = 1024 * 1024
SIZE = 3 * MIB + 77
# A second, and what a machine adds that has much else to do; what does not stop takes far longer.
SOON_SECONDS = 8.0

MakeRequest = Callable[..., PartRequest]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of a few slices."""
    path = tmp_path / "part.bin"
    path.write_bytes(os.urandom(SIZE))
    return path


@pytest.fixture
def new_request(sandbox: Sandbox, source: Path) -> MakeRequest:
    """Makes a signed request for a byte range of the source; the upload is begun once."""
    sandbox.keys.put(Key(KEY_ID, SECRET, security_token=TOKEN))
    settings = EndpointSettings(region="cn-hangzhou", endpoint=sandbox.endpoint)
    control = SdkControl(settings, credentials_chain((KEY_ID, SECRET, TOKEN)))
    upload_id = control.initiate(TARGET, ObjectOptions())

    def make(number: int = 1, offset: int = 0, length: int = SIZE, stall_seconds: float = 30.0) -> PartRequest:
        signed = control.sign_part(TARGET, upload_id, number, ObjectOptions())
        return PartRequest(signed, str(source), offset, length, number, Route(stall_seconds=stall_seconds))

    return make


def part_bytes(sandbox: Sandbox, number: int) -> tuple[int, int]:
    """Return size and CRC-64 of a part as the service has it."""
    (upload,) = sandbox.uploads("test-bucket")
    (part,) = (p for p in sandbox.parts("test-bucket", TARGET.key, upload.upload_id) if p.number == number)
    return part.size_bytes, part.crc64


@pytest.mark.parametrize(("offset", "length"), [(0, SIZE), (0, 0), (5, 1), (MIB - 1, MIB + 2), (SIZE - 1, 1)])
def test_the_receipt(sandbox: Sandbox, source: Path, new_request: MakeRequest, offset: int, length: int) -> None:
    """Exactly the byte range arrives, and the receipt says what the service said."""
    gauge = LocalGauge()
    receipt = send_part(new_request(3, offset, length), gauge)
    data = source.read_bytes()[offset : offset + length]
    assert part_bytes(sandbox, 3) == (length, crc64(data))
    (request,) = (found for found in sandbox.requests if found.operation == "UploadPart")
    assert receipt.crc64 == crc64(data)
    assert (receipt.part_number, receipt.request_id) == (3, request.request_id)
    assert '"' not in receipt.etag
    assert len(receipt.etag) == 32
    assert receipt.seconds > 0
    assert gauge.sent_bytes == length
    assert request.headers["content-length"] == str(length)
    assert "transfer-encoding" not in request.headers


def test_connections_are_kept_alive(sandbox: Sandbox, new_request: MakeRequest) -> None:
    """Parts sent one after the other by one thread share a connection, errors and empty parts included."""
    sandbox.faults.add(Fault("UploadPart", part_number=2, code="InternalError"))
    for number, length in ((1, SIZE), (2, 100), (3, 0), (4, SIZE)):
        try:
            send_part(new_request(number, 0, length))
        except ServiceError as error:
            assert error.reply.status == 500  # noqa: PT017 - only the one that was asked for
    assert len({request.connection_id for request in sandbox.requests if request.operation == "UploadPart"}) == 1


def test_a_connection_that_the_service_closed(sandbox: Sandbox, new_request: MakeRequest) -> None:
    """A kept connection that has died meanwhile is replaced."""
    request = new_request()
    send_part(request)
    sandbox.stop()
    sandbox.start()
    assert send_part(request).crc64 == part_bytes(sandbox, 1)[1]


def test_wrong_crc(sandbox: Sandbox, new_request: MakeRequest) -> None:
    """Another CRC-64 in the reply is an IntegrityError that names both."""
    sandbox.faults.add(Fault("UploadPart", "wrong_crc"))
    with pytest.raises(IntegrityError) as error:
        send_part(new_request())
    assert error.value.advice


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("ServiceUnavailable", 503)])
def test_what_the_service_answers(sandbox: Sandbox, new_request: MakeRequest, code: str, status: int) -> None:
    """An error reply becomes a ServiceError with all that the service told."""
    headers = {"x-oss-qos-delay-time": "1500"}
    sandbox.faults.add(Fault("UploadPart", code=code, status=status, ec="0001-00000001", headers=headers))
    with pytest.raises(ServiceError) as error:
        send_part(new_request())
    reply = error.value.reply
    (request,) = (found for found in sandbox.requests if found.operation == "UploadPart")
    assert (reply.status, reply.code, reply.request_id) == (status, code, request.request_id)
    assert reply.ec == "0001-00000001"
    assert reply.host_id
    assert reply.retry_after_seconds == 1.5
    assert error.value.advice


def drop(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("UploadPart", "drop_body", after_bytes=MIB))


def drop_at_once(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("UploadPart", "drop_body"))


def no_reply(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("UploadPart", "drop_reply"))


def gone(sandbox: Sandbox) -> None:
    sandbox.stop()


def denied(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("UploadPart", code="AccessDenied", status=403))


def wrong_signature(sandbox: Sandbox) -> None:
    sandbox.keys.put(Key(KEY_ID, "another", security_token=TOKEN))


def wrong_token(sandbox: Sandbox) -> None:
    sandbox.keys.put(Key(KEY_ID, SECRET, security_token="another"))


TROUBLE = [drop, drop_at_once, no_reply, gone, denied, wrong_signature, wrong_token]


@pytest.mark.parametrize("trouble", TROUBLE)
def test_no_error_shows_the_signed_url(
    sandbox: Sandbox, new_request: MakeRequest, trouble: Callable[[Sandbox], None], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the text, the repr, the traceback nor a log holds a key, a token, a signature or the signed URL."""
    caplog.set_level("INFO")
    request = new_request()
    trouble(sandbox)
    with pytest.raises((NetworkError, ServiceError)) as error:
        send_part(request)
    trace = "".join(traceback.format_exception(error.value))
    said = f"{error.value}{error.value!r}{trace}{caplog.text}{request!r}{error.value.__dict__!r}"
    signature = request.signed.url.rpartition("x-oss-signature=")[2].partition("&")[0]
    assert len(signature) == 64
    for secret in (KEY_ID, SECRET, TOKEN, signature, "x-oss-credential", "Signature="):
        assert secret not in said
    assert error.value.__context__ is None
    assert error.value.__cause__ is None


@pytest.mark.parametrize("trouble", [drop, drop_at_once, no_reply, gone])
def test_a_line_that_breaks(sandbox: Sandbox, new_request: MakeRequest, trouble: Callable[[Sandbox], None]) -> None:
    """A connection that is refused or cut is a NetworkError; the same request works on the next one."""
    request = new_request()
    trouble(sandbox)
    with pytest.raises(NetworkError) as error:
        send_part(request)
    assert error.value.advice
    sandbox.start()
    receipt = send_part(request)
    assert part_bytes(sandbox, 1) == (SIZE, receipt.crc64)


def stall(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("UploadPart", "stall", after_bytes=1000))


def silence(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("UploadPart", "delay", seconds=60))


def crawl(sandbox: Sandbox) -> None:
    sandbox.connection_rate_bytes_per_second = 20_000


@pytest.mark.parametrize("trouble", [stall, silence, crawl])
def test_it_stops_within_a_second(
    sandbox: Sandbox, new_request: MakeRequest, trouble: Callable[[Sandbox], None]
) -> None:
    """Stopping works while the socket takes nothing, while the reply is waited for, and while bytes trickle."""
    trouble(sandbox)
    gauge, ended = LocalGauge(), threading.Event()
    failures: list[Exception] = []
    request = new_request()

    def send() -> None:
        try:
            send_part(request, gauge)
        except OssJupyterError as error:
            failures.append(error)
        ended.set()

    thread = threading.Thread(target=send)
    thread.start()
    while not (gauge.sent_bytes and sandbox.active_requests):
        assert not ended.wait(0.005)
    assert not ended.wait(0.2)  # by now it is where it would stay
    asked_at = time.monotonic()
    gauge.stop()
    assert ended.wait(SOON_SECONDS)
    assert time.monotonic() - asked_at < SOON_SECONDS
    thread.join()
    assert [type(failure) for failure in failures] == [PartStopped]


def test_stopped_before_it_began(sandbox: Sandbox, new_request: MakeRequest) -> None:
    """A part that was stopped while it waited for its turn sends no byte."""
    gauge = LocalGauge()
    gauge.stop()
    with pytest.raises(PartStopped):
        send_part(new_request(), gauge)
    assert gauge.sent_bytes == 0


@pytest.mark.parametrize("trouble", [stall, silence])
def test_a_line_that_falls_silent(
    sandbox: Sandbox, new_request: MakeRequest, trouble: Callable[[Sandbox], None]
) -> None:
    """After `stall_seconds` without a byte taken, or without a reply, the part gives up."""
    trouble(sandbox)
    request = new_request(stall_seconds=0.5)
    began_at = time.monotonic()
    with pytest.raises(Stalled) as error:
        send_part(request)
    assert 0.5 <= time.monotonic() - began_at < 5
    assert error.value.advice


def test_slow_is_not_silent(sandbox: Sandbox, new_request: MakeRequest) -> None:
    """A part may take much longer than `stall_seconds`, as long as bytes move."""
    sandbox.connection_rate_bytes_per_second = 1.5 * MIB
    assert send_part(new_request(stall_seconds=0.6)).seconds > 1.2


def test_a_file_that_is_too_short(sandbox: Sandbox, new_request: MakeRequest) -> None:
    """A range beyond the end of the file is a change of the file, and the service keeps nothing of it."""
    with pytest.raises(SourceChanged):
        send_part(new_request(1, MIB, SIZE))
    (upload,) = sandbox.uploads("test-bucket")
    assert sandbox.parts("test-bucket", TARGET.key, upload.upload_id) == ()


def test_a_file_that_is_gone(new_request: MakeRequest) -> None:
    """A file that is not there is told as such, and not as a network failure."""
    request = replace(new_request(), path="/no/such/file")
    with pytest.raises(SourceMissing) as error:
        send_part(request)
    assert error.value.advice


def gone_meanwhile(folder: Path) -> Path:
    return folder / "gone" / "data.bin"


def fails_when_read(_: Path) -> Path:
    return Path("/proc/self/mem")  # EIO: nothing is mapped at its beginning


def refuses_the_length(_: Path) -> Path:
    return Path("/proc/self/pagemap")  # EINVAL: it is read in eights


def cannot_be_opened(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))  # ENXIO
    return folder / "socket"


def has_no_driver(folder: Path) -> Path:
    path = folder / "device"
    try:
        os.mknod(path, stat.S_IFBLK | 0o600, os.makedev(511, 77))  # ENXIO or ENODEV
    except PermissionError:
        pytest.skip("only root may make a device")
    return path


def leads_to_itself(folder: Path) -> Path:
    (folder / "loop").symlink_to(folder / "loop")  # ELOOP
    return folder / "loop"


def is_a_directory(folder: Path) -> Path:
    return folder  # EISDIR


@pytest.mark.skipif(sys.platform != "linux", reason="the files that fail are Linux's")
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (gone_meanwhile, SourceMissing),
        (fails_when_read, SourceUnreadable),
        (refuses_the_length, SourceUnreadable),
        (cannot_be_opened, SourceUnreadable),
        (has_no_driver, SourceUnreadable),
        (leads_to_itself, SourceUnreadable),
        (is_a_directory, SourceUnreadable),
    ],
)
def test_what_fails_on_the_disk_is_no_network_trouble(
    new_request: MakeRequest, make: Callable[[Path], Path], kind: type[OssJupyterError]
) -> None:
    """Whatever the system says while the file is opened or read is about the file, names it, and is not retried."""
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder))
        with pytest.raises(kind) as error:
            send_part(replace(new_request(1, 0, 77), path=str(path)))
    assert str(path) in error.value.what
    assert error.value.advice
    assert classify(error.value) is Action.FAIL


def test_netrc_is_left_alone(
    sandbox: Sandbox, new_request: MakeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry for the host in ~/.netrc does not put an Authorization header beside the signature."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login user password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    send_part(new_request())
    assert sandbox.requests[-1].access_key_id == KEY_ID


def test_a_proxy_that_is_down(new_request: MakeRequest, sandbox: Sandbox) -> None:
    """A proxy is used where one is given, and a failure says so without showing its password."""
    request = new_request()
    route = replace(request.route, proxy="http://user:proxy-password@127.0.0.1:1")
    with pytest.raises(NetworkError) as error:
        send_part(replace(request, route=route))
    assert "proxy" in str(error.value)
    trace = "".join(traceback.format_exception(error.value))
    assert "proxy-password" not in f"{error.value!r}{trace}{route!r}"
    assert "UploadPart" not in [found.operation for found in sandbox.requests]


_BIG = """
import resource, sys
from oss_jupyter.model.wire_values import PartRequest, SignedRequest
from oss_jupyter.oss.send_part import send_part

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
receipt = send_part(PartRequest(SignedRequest(sys.argv[1]), sys.argv[2], 0, int(sys.argv[3]), 1))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(receipt.crc64, (after - before) * (1024 if sys.platform != "darwin" else 1))
"""

_SINK = """
import socket, sys

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
connection, _ = server.accept()
left, head = int(sys.argv[1]), b""
while b"\\r\\n\\r\\n" not in head:
    head += connection.recv(65536)
left -= len(head.partition(b"\\r\\n\\r\\n")[2])
buffer = bytearray(1 << 20)
while left:
    left -= connection.recv_into(buffer)
connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nETag: \\"E\\"\\r\\nx-oss-request-id: R\\r\\n\\r\\n")
"""


def test_memory_does_not_grow_with_the_part(tmp_path: Path) -> None:
    """A part of 256 MiB takes a few MiB of memory, whatever the server's pace."""
    size = 256 * MIB
    source = tmp_path / "sparse.bin"
    with source.open("wb") as file:
        file.truncate(size)
    with subprocess.Popen([sys.executable, "-c", _SINK, str(size)], stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdout is not None
        url = f"http://127.0.0.1:{int(sink.stdout.readline())}/bucket/key"
        command = [sys.executable, "-c", _BIG, url, str(source), str(size)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    crc, grown_bytes = map(int, done.stdout.split())
    assert crc == zeros_crc64(size)
    assert grown_bytes < 16 * MIB


def zeros_crc64(size: int) -> int:
    """Return the CRC-64 of a power of two of zero bytes, by doubling."""
    crc, done = crc64(b"\0"), 1
    while done < size:
        crc, done = combine(crc, crc, done), 2 * done
    return crc
