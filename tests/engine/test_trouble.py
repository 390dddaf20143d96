"""Credentials that expire, a service that slows down, a network that goes away, a disk that is full."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import CheckpointNotWritable, CredentialsError, NetworkError, OssJupyterError, ServiceError
from oss_jupyter.model.states import State
from oss_jupyter.model.wire_values import PartReceipt
from oss_jupyter.sandbox import Fault, Key, Sandbox

from .fakes import HastyClock, Service, refusal
from .kit import (
    BUCKET,
    KEY,
    LONG_SECONDS,
    PART,
    URL,
    Kernel,
    journal_of,
    make_file,
    operations,
    reach,
    repeated,
    sent_parts,
    stored,
    until,
)

TOKENS = [("sts-id-1", "sts-secret-1", "sts-token-1"), ("sts-id-2", "sts-secret-2", "sts-token-2")]


def give(sandbox: Sandbox, triple: tuple[str, str, str], expires_at: float | None = None) -> None:
    sandbox.keys.put(Key(triple[0], triple[1], security_token=triple[2], expires_at=expires_at))


def test_a_token_expires_and_the_provider_has_the_next(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """With rotating credentials an expired token costs one more request per part on the wire, and no upload id."""
    current = [TOKENS[0]]
    give(sandbox, TOKENS[0])
    give(sandbox, TOKENS[1])
    sandbox.rate_bytes_per_second = 20 * PART
    transfer = kernel.upload(source, credentials=lambda: current[0])
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    current[0] = TOKENS[1]
    give(sandbox, TOKENS[0], expires_at=time.time() - 1)
    sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)
    assert operations(sandbox).count("InitiateMultipartUpload") == 1
    assert sandbox.requests[0].access_key_id == TOKENS[0][0]
    assert sandbox.requests[-1].access_key_id == TOKENS[1][0]
    assert stored(sandbox) == source.read_bytes()


@pytest.mark.parametrize(
    "operation", ["UploadPart", "CompleteMultipartUpload", "InitiateMultipartUpload", "HeadObject"]
)
def test_a_token_expires_and_the_cell_brings_new_credentials(
    sandbox: Sandbox, kernel: Kernel, source: Path, operation: str
) -> None:
    """The upload waits for credentials; running the same cell with new ones lets it go on, whatever was being asked."""
    give(sandbox, TOKENS[0])
    give(sandbox, TOKENS[1])
    expired = Fault(operation, code="SecurityTokenExpired", status=403, ec="0002-00000007", times=None)
    sandbox.faults.add(replace(expired, skip=3) if operation == "UploadPart" else expired)
    transfer = kernel.upload(source, credentials=TOKENS[0])
    reach(transfer, State.WAITING_FOR_CREDENTIALS)
    assert any("Waiting for new credentials" in note for note in transfer.snapshot().notes)
    sandbox.faults.clear()
    sandbox.keys.remove(TOKENS[0][0])
    assert kernel.upload(source, credentials=TOKENS[1]) is transfer
    transfer.result(LONG_SECONDS)
    assert operations(sandbox).count("InitiateMultipartUpload") <= 2
    assert stored(sandbox) == source.read_bytes()


def test_what_was_refused_is_not_shown_while_credentials_are_waited_for(
    service: Service, kernel: Kernel, source: Path
) -> None:
    """A wait of hours shows what OSS holds: refused parts do not count, those that still land do, before a new key."""

    def lands_late() -> None:
        until(lambda: transfer.state is State.WAITING_FOR_CREDENTIALS, "the upload waits")

    def refused_late() -> None:
        lands_late()
        raise refusal("SecurityTokenExpired", 403)

    def refused_first() -> None:
        until(lambda: transfer.snapshot().in_flight_bytes == 4 * PART, "the others have been sent")
        raise refusal("SecurityTokenExpired", 403)

    service.after.update({f"part {number}": deque([refused_late]) for number in (6, 8)})
    service.after.update({"part 5": deque([refused_first]), "part 7": deque([lands_late])})
    service.script["part 5"].append(lambda: until(lambda: transfer.snapshot().parts_done == 4, "four parts are done"))
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    reach(transfer, State.WAITING_FOR_CREDENTIALS)
    until(lambda: not transfer.snapshot().in_flight_bytes, "nothing is on the wire")
    until(lambda: transfer.snapshot().shown_bytes == transfer.snapshot().confirmed_bytes == 5 * PART, "five are shown")
    service.version = "second"
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert sorted(repeated(service.sent)) == [5, 6, 8]
    assert service.objects[URL] == source.read_bytes()


def test_pause_while_waiting_for_credentials(service: Service, kernel: Kernel, source: Path) -> None:
    """The wait for credentials ends with pause, and resume tries what is there."""
    service.refused_versions.add("first")
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    reach(transfer, State.WAITING_FOR_CREDENTIALS)
    transfer.pause()
    reach(transfer, State.PAUSED)
    service.version = "second"
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert service.objects[URL] == source.read_bytes()


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "InvalidSecurityToken", "SignatureDoesNotMatch"])
def test_a_wrong_key_is_not_waited_for(service: Service, kernel: Kernel, source: Path, code: str) -> None:
    """A key that is wrong stays wrong: the upload fails at once."""
    service.script["initiate"].extend([refusal(code, 403)] * 9)
    with pytest.raises(ServiceError, match=code):
        kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    assert service.calls_of("initiate") == 1


def test_a_wrong_key_is_tried_once_more_when_another_is_there(service: Service, kernel: Kernel, source: Path) -> None:
    """A key may be replaced between two requests."""

    def rotate() -> None:
        service.version = "second"
        raise refusal("InvalidAccessKeyId", 403)

    service.script["initiate"].append(rotate)
    kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    assert service.calls_of("initiate") == 2


def test_a_provider_that_fails_midway_is_waited_for(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """Once it has worked, a provider that fails leaves the upload waiting, not failed."""
    broken: list[bool] = []

    def provide() -> tuple[str, str]:
        if broken:
            raise OSError("the metadata service is away")
        return KEY

    sandbox.rate_bytes_per_second = 20 * PART
    transfer = kernel.upload(source, credentials=provide)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    broken.append(True)
    reach(transfer, State.WAITING_FOR_CREDENTIALS)
    broken.clear()
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()


def test_a_provider_that_never_worked(kernel: Kernel, source: Path) -> None:
    """Before anything was sent, it is an error."""

    def provide() -> tuple[str, str]:
        raise OSError("the metadata service is away")

    with pytest.raises(CredentialsError):
        kernel.upload(source, credentials=provide).result(LONG_SECONDS)


def test_slow_down(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """When the service asks to slow down, fewer parts travel at once, and the upload goes on."""
    source = make_file(tmp_path / "big.bin", 40 * PART)
    sandbox.rate_bytes_per_second = 40 * PART
    sandbox.faults.add(Fault("UploadPart", code="UploadTrafficRateLimitExceeded", status=503, times=6, skip=4))
    transfer = kernel.upload(source, parallel=8, retries=5)
    seen = set()
    while not transfer.wait(0.005):
        seen.add(transfer.snapshot().parallel)
    transfer.result()
    assert max(seen) == 8
    assert 1 <= min(seen) < 8
    assert transfer.snapshot().retries == 6
    assert stored(sandbox) == source.read_bytes()


@pytest.mark.parametrize("code", ["RequestTimeout", "InternalError", "InvalidDigest", "QpsLimitExceeded"])
def test_a_part_is_tried_again(sandbox: Sandbox, kernel: Kernel, source: Path, code: str) -> None:
    """What may pass is tried again, 400 RequestTimeout too, and told as a retry."""
    sandbox.faults.add(Fault("UploadPart", code=code, part_number=3, times=2))
    receipt = kernel.upload(source).result(LONG_SECONDS)
    assert receipt.retries == 2
    assert stored(sandbox) == source.read_bytes()


def test_what_cannot_pass_is_not_tried_again(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """A refusal that will not change ends the run at once, with the bucket's and the object's name in its words."""
    denied = Fault("UploadPart", code="AccessDenied", part_number=3, times=None)
    sandbox.faults.add(denied)
    with pytest.raises(ServiceError, match="AccessDenied") as error:
        kernel.upload(source).result(LONG_SECONDS)
    assert sandbox.faults.hits(denied) == 1
    assert URL in error.value.what


def test_many_parts_that_fail_are_not_all_tried(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """When nothing gets through any longer, the run ends before every part has failed."""
    source = make_file(tmp_path / "big.bin", 40 * PART)
    sandbox.faults.add(Fault("UploadPart", code="InternalError", times=None))
    transfer = kernel.upload(source, retries=0)
    assert transfer.wait(LONG_SECONDS)
    assert transfer.state is State.FAILED
    assert len(sent_parts(sandbox, 500)) <= 3 + 4


def test_a_network_that_comes_back(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """In the middle of an upload a dead network is waited for, longer than `retries` says."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source, base_seconds=0.01)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    sandbox.stop()
    until(lambda: transfer.snapshot().retries > 20 or not transfer.state.active, "many attempts were in vain")
    assert transfer.state is State.RUNNING
    sandbox.rate_bytes_per_second = None
    sandbox.start()
    receipt = transfer.result(LONG_SECONDS)
    assert receipt.retries > 20
    assert stored(sandbox) == source.read_bytes()


@pytest.mark.parametrize("size", [100, 3 * PART], ids=["one request", "three parts"])
@pytest.mark.parametrize("force", [False, True])
def test_an_endpoint_that_is_down_from_the_start(
    sandbox: Sandbox, kernel: Kernel, tmp_path: Path, size: int, force: bool
) -> None:
    """An address that never answered is given up after as many attempts as `retries` says."""
    sandbox.stop()
    transfer = kernel.upload(make_file(tmp_path / "file", size), force=force)
    with pytest.raises(NetworkError) as error:
        transfer.result(20)
    assert all(error.value.four_lines())
    assert all("\n" not in line for line in error.value.four_lines())


def test_a_resume_that_does_not_reach_the_service(
    sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path
) -> None:
    """Offline, the next kernel shows what is kept, and says so in its error."""
    sandbox.faults.add(Fault("UploadPart", part_number=4, times=None, code="InternalError"))
    assert new_kernel().upload(source).wait(LONG_SECONDS)
    sandbox.stop()
    transfer = new_kernel().upload(source)
    with pytest.raises(NetworkError) as error:
        transfer.result(LONG_SECONDS)
    assert transfer.snapshot().parts_kept == 11
    assert "11 of 12 parts are kept" in error.value.safe


def test_a_bug_in_a_lane_is_reported_in_four_lines(kernel: Kernel, source: Path) -> None:
    """An exception nobody thought of ends the run in order, and its text, which may hold a URL, is not shown."""

    def send_part(*_: object) -> PartReceipt:
        raise ZeroDivisionError("https://example.com/?x-oss-signature=secret")

    transfer = kernel.upload(source, send_part=send_part)
    with pytest.raises(OssJupyterError) as error:
        transfer.result(LONG_SECONDS)
    assert all(error.value.four_lines())
    assert "secret" not in f"{error.value}{transfer.snapshot()}"


def test_a_clock_that_jumps_does_not_end_the_wait(service: Service, kernel: Kernel, source: Path) -> None:
    """Every wait of a run looks at the clock it was given."""
    service.script["part 3"].append(refusal("InternalError", 500))
    transfer = kernel.upload(
        source, control=service, send_part=service.send_part, clock=HastyClock(0.5), base_seconds=3.0
    )
    assert transfer.wait(100_000)
    assert transfer.state is State.COMPLETED


_FULL_DISK = """
import resource, signal, sys
import oss_jupyter as oj

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), resource.RLIM_INFINITY))
transfer = oj.upload(sys.argv[1], "oss://test-bucket/data/big.bin", endpoint=sys.argv[2], region="cn-hangzhou",
    part_size=102400, parallel=4, checkpoint_dir=sys.argv[3], credentials=("test-key-id", "test-key-secret"))
transfer.wait()
print(type(transfer.error).__name__, len(transfer.snapshot().flights), all(transfer.error.four_lines()))
"""


def test_the_disk_is_full_while_journalling(
    sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path, checkpoints: Path
) -> None:
    """The run ends in order, no half line stays in the journal, and what was written down before is kept."""
    sandbox.keys.put(Key(*KEY, permissions=frozenset({"oss:PutObject"})))  # so that nothing but the journal counts
    command = [sys.executable, "-c", _FULL_DISK, str(source), sandbox.endpoint, str(checkpoints), "800"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["CheckpointNotWritable", "0", "True"]
    record = journal_of(checkpoints)
    assert (record.torn, record.damaged_lines) == (False, 0)
    assert record.receipts
    sandbox.clear_requests()
    new_kernel().upload(source).result(LONG_SECONDS)
    assert set(sent_parts(sandbox)) == set(range(1, 13)) - set(record.receipts)
    assert stored(sandbox) == source.read_bytes()


def test_the_journal_disappears(service: Service, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """A checkpoint directory that is removed under an upload and cannot be made again ends it with words about it."""
    swapped = threading.Event()
    for number in range(5, 13):
        service.script[f"part {number}"].append(lambda: swapped.wait(LONG_SECONDS))
    transfer = kernel.upload(
        source, checkpoint_dir=checkpoints / "deep", parallel=4, control=service, send_part=service.send_part
    )
    until(lambda: transfer.snapshot().parts_done == 4, "nothing is written until the next part lands")
    shutil.rmtree(checkpoints)
    checkpoints.write_text("a file in its place")
    swapped.set()
    with pytest.raises(CheckpointNotWritable) as error:
        transfer.result(LONG_SECONDS)
    assert all(error.value.four_lines())
    assert transfer.snapshot().flights == ()


def test_no_secret_anywhere(
    sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No key, token, signature or signed URL is in the journal, a repr, an error or a log."""
    give(sandbox, TOKENS[0])
    caplog.set_level("DEBUG", logger="oss_jupyter")
    sandbox.faults.add(
        Fault("UploadPart", "drop_body", part_number=2, after_bytes=10, times=None),
        Fault("UploadPart", code="InvalidDigest", part_number=3, times=None),
    )
    transfer = kernel.upload(source, credentials=TOKENS[0])
    assert transfer.wait(LONG_SECONDS)
    said = "".join(
        [
            *(path.read_text() for path in checkpoints.iterdir()),
            repr(transfer),
            repr(transfer.snapshot()),
            repr(coordinator_of(transfer).spec),
            repr([transfer.part(number) for number in range(1, 13)]),
            str(transfer.error),
            repr(transfer.error),
            caplog.text,
        ]
    )
    assert "big.bin" in said
    for secret in (*TOKENS[0], "x-oss-signature", "x-oss-security-token", "Signature="):
        assert secret not in said


def test_two_buckets_one_host(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """The same file to two targets is two transfers."""
    sandbox.create_bucket("other-bucket")
    first, second = kernel.upload(source), kernel.upload(source, "oss://other-bucket/")
    assert first.id != second.id
    first.result(LONG_SECONDS)
    second.result(LONG_SECONDS)
    assert sandbox.object_path("other-bucket", "big.bin").read_bytes() == source.read_bytes()
    assert not sandbox.uploads(BUCKET)
