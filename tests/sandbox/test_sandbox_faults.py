"""Every kind of fault strikes where it should, as often as it should."""

from __future__ import annotations

import threading
import time
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest
import requests

from oss_jupyter.sandbox import Fault, Sandbox

from .clients import BUCKET, Wire, begin, finish, part_url, put_part, refusal, sdk_client


def test_answer(sandbox: Sandbox, client: Any) -> None:
    """A fault answers with any status, code, EC, element and header, before anything happens."""
    fault = Fault(
        "UploadPart",
        code="UploadTrafficRateLimitExceeded",
        elements={"Extra": "1"},
        headers={"x-oss-qos-delay-time": "250"},
        ec="0001-00000001",
    )
    sandbox.faults.add(fault)
    upload_id = begin(client)
    with pytest.raises(oss.exceptions.OperationError) as error:
        put_part(client, upload_id, 1, b"x")
    found = refusal(error)
    assert (found.status_code, found.code, found.ec) == (503, "UploadTrafficRateLimitExceeded", "0001-00000001")
    assert found.headers["x-oss-qos-delay-time"] == "250"
    assert found.error_fileds["Extra"] == "1"
    assert sandbox.parts(BUCKET, "key", upload_id) == ()
    put_part(client, upload_id, 1, b"x")
    assert sandbox.faults.hits(fault) == sandbox.faults.hits() == 1


def test_known_codes_bring_their_status_and_ec(sandbox: Sandbox, client: Any) -> None:
    """A fault that only names a code answers as the service would."""
    sandbox.faults.add(Fault("HeadObject", code="SecurityTokenExpired"))
    with pytest.raises(oss.exceptions.OperationError) as error:
        client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="k"))
    assert (refusal(error).status_code, refusal(error).ec) == (403, "0002-00000007")


def test_which_and_how_often(sandbox: Sandbox, client: Any, wire: Wire) -> None:
    """Rules choose by operation, part and key, let some pass, and end after their times."""
    sandbox.faults.add(
        Fault("UploadPart", part_number=2, skip=1, times=2),
        Fault("UploadPart", key="other", times=None, code="InternalError"),
    )
    one, other = begin(client), begin(client, "other")
    url = part_url(client, one, 2)
    assert [wire.send("PUT", url, b"x").status for _ in range(5)] == [200, 503, 503, 200, 200]
    assert wire.send("PUT", part_url(client, one, 1), b"x").status == 200
    assert [wire.send("PUT", part_url(client, other, 1, "other"), b"x").status for _ in range(3)] == [500] * 3
    sandbox.faults.clear()
    assert wire.send("PUT", part_url(client, other, 1, "other"), b"x").status == 200


def test_a_client_retries_through_it(sandbox: Sandbox) -> None:
    """The SDK gets over faults that it retries, and each attempt is in the log."""
    sandbox.faults.add(Fault("UploadPart", times=1), Fault("UploadPart", "drop_reply"))
    client = sdk_client(sandbox, attempts=3)
    upload_id = begin(client)
    put_part(client, upload_id, 7, b"hello")
    records = [record for record in sandbox.requests if record.operation == "UploadPart"]
    assert [(r.part_number, r.status, r.code) for r in records] == [
        (7, 503, "ServiceUnavailable"),
        (7, None, None),
        (7, 200, None),
    ]
    assert {(r.upload_id, r.access_key_id, r.body_bytes) for r in records} == {(upload_id, "test-key-id", 5)}


@pytest.mark.parametrize("after_bytes", [0, 1, 300_000, 1_000_000])
def test_drop_body(sandbox: Sandbox, client: Any, wire: Wire, after_bytes: int) -> None:
    """The connection ends after so many bytes, and the part does not exist."""
    sandbox.faults.add(Fault("UploadPart", "drop_body", after_bytes=after_bytes))
    upload_id = begin(client)
    with pytest.raises((ConnectionError, requests.exceptions.ConnectionError, OSError)):
        wire.send("PUT", part_url(client, upload_id, 1), b"x" * 1_000_000)
    assert sandbox.parts(BUCKET, "key", upload_id) == ()
    record = sandbox.requests[-1]
    assert (record.status, record.body_bytes) == (None, after_bytes)


def test_drop_reply(sandbox: Sandbox, client: Any) -> None:
    """The reply to Complete is lost, yet the object is there and the upload id is not."""
    sandbox.faults.add(Fault("CompleteMultipartUpload", "drop_reply"))
    upload_id = begin(client)
    etags = {1: put_part(client, upload_id, 1, b"x").etag}
    with pytest.raises(oss.exceptions.OperationError):
        finish(client, upload_id, etags)
    with pytest.raises(oss.exceptions.OperationError, match="NoSuchUpload"):
        finish(client, upload_id, etags)
    assert sandbox.object_path(BUCKET, "key").read_bytes() == b"x"


def test_delay(sandbox: Sandbox, client: Any, wire: Wire) -> None:
    """A delayed reply comes late, after its operation took effect."""
    sandbox.faults.add(Fault("UploadPart", "delay", seconds=0.3))
    upload_id = begin(client)
    url = part_url(client, upload_id, 1)
    started = time.monotonic()
    assert wire.send("PUT", url, b"x").status == 200
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("seconds", [0.2, None])
def test_stall(sandbox: Sandbox, client: Any, seconds: float | None) -> None:
    """The sandbox stops reading for a while, or until the client has had enough; others are served meanwhile."""
    fault = Fault("UploadPart", "stall", after_bytes=100_000, seconds=seconds)
    sandbox.faults.add(fault)
    upload_id = begin(client)
    url = part_url(client, upload_id, 1)
    outcome: list[object] = []

    def send() -> None:
        try:
            # Larger than all socket buffers between the two, so that the stall is felt while sending.
            reply = requests.put(url, data=bytes(20_000_000), timeout=1)
            outcome.append(reply.status_code)
        except requests.exceptions.RequestException as error:
            outcome.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    while not sandbox.faults.hits(fault):
        time.sleep(0.005)
    put_part(client, upload_id, 2, b"x")
    sender.join()
    if seconds is None:
        assert isinstance(outcome[0], requests.exceptions.RequestException)
    else:
        assert outcome == [200]


def test_a_sandbox_stops_in_the_middle_of_a_stall(sandbox: Sandbox, client: Any) -> None:
    """Stopping does not wait for a stall that lasts for ever."""
    fault = Fault("UploadPart", "stall", after_bytes=1)
    sandbox.faults.add(fault)
    url = part_url(client, begin(client), 1)

    def send() -> None:
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.put(url, data=bytes(20_000_000), timeout=60)

    sender = threading.Thread(target=send)
    sender.start()
    while not sandbox.faults.hits(fault):
        time.sleep(0.005)
    started = time.monotonic()
    sandbox.stop()
    assert time.monotonic() - started < 5
    sender.join()


def test_a_sandbox_stops_while_a_reply_waits(sandbox: Sandbox, client: Any) -> None:
    """A request that the end overtook took effect, got no reply, and is in the log as such."""
    sandbox.faults.add(Fault("UploadPart", "delay", seconds=60))
    upload_id = begin(client)
    url = part_url(client, upload_id, 1)
    failure: list[Exception] = []

    def send() -> None:
        try:
            requests.put(url, data=b"x", timeout=60)
        except requests.exceptions.ConnectionError as error:
            failure.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    while not sandbox.parts(BUCKET, "key", upload_id):
        time.sleep(0.005)
    sandbox.stop()
    sender.join()
    assert failure
    assert sandbox.requests[-1].status is None
    assert sandbox.active_requests == 0


def test_wrong_crc(sandbox: Sandbox, client: Any, wire: Wire) -> None:
    """A reply may lie about the CRC-64; the part itself is right."""
    sandbox.faults.add(Fault("UploadPart", "wrong_crc"))
    upload_id = begin(client)
    with pytest.raises(oss.exceptions.OperationError, match="crc"):
        put_part(client, upload_id, 1, b"hello world")
    [part] = sandbox.parts(BUCKET, "key", upload_id)
    assert part.crc64 == 5981764153023615706
