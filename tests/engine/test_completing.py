"""Complete: its reply may be lost, parts may be refused, and the object may be there already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.errors import IntegrityError, NetworkError, OutcomeUnknown, ServiceError
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Key, Sandbox

from .fakes import HastyClock, Service, refusal
from .kit import BUCKET, KEY, LONG_SECONDS, PART, URL, Kernel, make_file, operations, reach, sent_parts, stored

CALLBACK = {"callbackUrl": "http://example.com", "callbackBody": "key=${object}"}
ONLY_PUT = frozenset({"oss:PutObject"})


def test_lost_reply(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """When the reply to Complete is lost, HEAD tells that the object is there; nothing is sent again."""
    sandbox.faults.add(Fault("CompleteMultipartUpload", "drop_reply"))
    receipt = kernel.upload(source).result(LONG_SECONDS)
    assert operations(sandbox)[-2:] == ["CompleteMultipartUpload", "HeadObject"]
    assert len(sent_parts(sandbox)) == 12
    assert (receipt.size, receipt.parts) == (source.stat().st_size, 12)
    assert stored(sandbox) == source.read_bytes()


def test_lost_reply_with_only_put_object(sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """Where asking is not permitted, a lost reply ends in OutcomeUnknown: nothing is sent again, nothing is claimed."""
    sandbox.keys.put(Key(*KEY, permissions=ONLY_PUT))
    sandbox.faults.add(Fault("CompleteMultipartUpload", "drop_reply"))
    transfer = kernel.upload(source)
    with pytest.raises(OutcomeUnknown) as unknown:
        transfer.result(LONG_SECONDS)
    assert all(unknown.value.four_lines())
    assert len(sent_parts(sandbox)) == 12
    assert list(checkpoints.glob("*.journal"))
    sandbox.keys.put(Key(*KEY))  # once it is permitted, the same cell settles it
    assert kernel.upload(source).result(LONG_SECONDS).already_there
    assert len(sent_parts(sandbox)) == 12


def test_complete_answered_with_an_error_but_done(service: Service, kernel: Kernel, source: Path) -> None:
    """A 500 after the service did its work is cleared up by HEAD as well."""
    service.after["complete"].append(refusal("InternalError", 500))
    receipt = kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    assert service.objects[URL] == source.read_bytes()
    assert service.calls_of("complete") == 1
    assert receipt.crc64 is not None


def test_complete_is_asked_again_where_nothing_came_of_it(service: Service, kernel: Kernel, source: Path) -> None:
    """A 503 before the service did anything leads to a second Complete and to no second part."""
    service.script["complete"].append(refusal("ServiceUnavailable", 503))
    kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    assert service.calls_of("complete") == 2
    assert len(service.sent) == 12


def test_a_network_that_dies_at_complete_is_waited_for(service: Service, kernel: Kernel, source: Path) -> None:
    """Once parts were sent, a dead network is put up with longer than `retries` says, at Complete as well."""
    service.script["head"].extend([None, *[NetworkError("The network is down.", code="Unreachable")] * 20])
    service.script["complete"].append(NetworkError("The network is down.", code="Unreachable"))
    kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    assert service.objects[URL] == source.read_bytes()


def test_a_network_that_stays_dead_is_given_up(service: Service, kernel: Kernel, source: Path) -> None:
    """Patience has an end, for parts too; the parts that were sent are kept."""
    service.script["part 3"].extend([NetworkError("The network is down.", code="Unreachable")] * 10_000)
    policy = RetryPolicy(attempts=3, base_seconds=0.0, patience_seconds=900.0)
    transfer = kernel.upload(source, control=service, send_part=service.send_part, clock=HastyClock(1.0), policy=policy)
    assert transfer.wait(100_000)
    assert transfer.state is State.FAILED
    assert 3 < service.calls_of("part 3") < 1000
    assert transfer.snapshot().parts_done == 11


@pytest.mark.parametrize("operation", ["initiate", "complete"])
def test_no_request_is_repeated_for_ever(service: Service, kernel: Kernel, source: Path, operation: str) -> None:
    """The same for the small requests before the first part and after the last one."""
    service.script[operation].extend([NetworkError("The network is down.", code="Unreachable")] * 10_000)
    policy = RetryPolicy(attempts=3, base_seconds=0.0, patience_seconds=90.0)
    transfer = kernel.upload(source, control=service, send_part=service.send_part, clock=HastyClock(1.0), policy=policy)
    assert transfer.wait(100_000)
    assert transfer.state is State.FAILED
    assert service.calls_of(operation) < 100


@pytest.mark.parametrize("forbidden", [False, True], ids=["may list", "may not list"])
def test_invalid_part(service: Service, kernel: Kernel, source: Path, forbidden: bool) -> None:
    """When Complete misses a part, it is sent again: alone where ListParts tells which, else with all the others."""
    if forbidden:
        service.script["list_parts"].extend([refusal("AccessDenied", 403)] * 9)

    def lose_part_two() -> None:
        for parts in service.uploads.values():
            parts.pop(2, None)

    service.script["complete"].append(lose_part_two)
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    transfer.result(LONG_SECONDS)
    assert service.objects[URL] == source.read_bytes()
    assert len(service.sent) == (24 if forbidden else 13)
    assert not service.uploads  # no parts are left behind where they would cost money


def test_a_service_that_forgets_every_upload(service: Service, kernel: Kernel, source: Path) -> None:
    """Starting anew is tried twice and not for ever."""
    service.script["complete"].extend([refusal("NoSuchUpload", 404)] * 9)
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    with pytest.raises(ServiceError, match="NoSuchUpload"):
        transfer.result(LONG_SECONDS)
    assert service.calls_of("initiate") == 3


def test_another_crc_at_the_end(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """An object whose CRC-64 is not the file's is reported, not delivered."""
    sandbox.faults.add(Fault("CompleteMultipartUpload", "wrong_crc"))
    with pytest.raises(IntegrityError) as different:
        kernel.upload(source).result(LONG_SECONDS)
    assert all(different.value.four_lines())


def test_a_refused_part_by_crc_is_sent_again(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """A part that arrived with other bytes does not count and is sent again."""
    sandbox.faults.add(Fault("UploadPart", "wrong_crc", part_number=3))
    receipt = kernel.upload(source).result(LONG_SECONDS)
    assert sent_parts(sandbox).count(3) == 2
    assert receipt.retries == 1


def test_already_there(sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path) -> None:
    """The same file again sends nothing: size and CRC-64 agree. `force` sends it all the same."""
    new_kernel().upload(source).result(LONG_SECONDS)
    sandbox.clear_requests()
    receipt = new_kernel().upload(source).result(LONG_SECONDS)
    assert receipt.already_there
    assert receipt.sent_bytes == 0
    assert operations(sandbox) == ["HeadObject"]
    receipt = new_kernel().upload(source, force=True).result(LONG_SECONDS)
    assert not receipt.already_there
    assert len(sent_parts(sandbox)) == 12


def test_other_content_of_the_same_size_is_replaced(
    sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path
) -> None:
    """Equal sizes prove nothing."""
    new_kernel().upload(source).result(LONG_SECONDS)
    make_file(source, source.stat().st_size, seed=2)
    assert not new_kernel().upload(source).result(LONG_SECONDS).already_there
    assert stored(sandbox) == source.read_bytes()


@pytest.mark.parametrize("size", [50, 3 * PART], ids=["one request", "three parts"])
def test_forbid_overwrite(sandbox: Sandbox, new_kernel: Callable[[], Kernel], tmp_path: Path, size: int) -> None:
    """With forbid_overwrite another object stays as it is; one that is the file already is fine."""
    first = make_file(tmp_path / "first", size, seed=1)
    other = make_file(tmp_path / "other", size, seed=2)
    new_kernel().upload(first, forbid_overwrite=True).result(LONG_SECONDS)
    with pytest.raises(ServiceError, match="FileAlreadyExists"):
        new_kernel().upload(other, forbid_overwrite=True).result(LONG_SECONDS)
    assert stored(sandbox) == first.read_bytes()
    assert new_kernel().upload(first, forbid_overwrite=True).result(LONG_SECONDS).already_there


@pytest.mark.parametrize("size", [50, 3 * PART], ids=["one request", "three parts"])
def test_forbid_overwrite_and_a_lost_reply(sandbox: Sandbox, kernel: Kernel, tmp_path: Path, size: int) -> None:
    """The object that forbids overwriting is our own, whose reply was lost: that is success."""
    source = make_file(tmp_path / "file", size)
    operation = "PutObject" if size < PART else "CompleteMultipartUpload"
    sandbox.faults.add(Fault(operation, "drop_reply"))
    receipt = kernel.upload(source, forbid_overwrite=True, force=True).result(LONG_SECONDS)
    assert receipt.size == size
    assert stored(sandbox) == source.read_bytes()


def test_callback_that_failed(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """203 means the object is stored: success with a warning, and nothing is sent again."""
    sandbox.faults.add(Fault("CompleteMultipartUpload", "callback_failed"))
    transfer = kernel.upload(source, callback=CALLBACK)
    receipt = transfer.result(LONG_SECONDS)
    assert receipt.warning
    assert receipt.warning in transfer.snapshot().notes
    assert len(sent_parts(sandbox)) == 12


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART])
def test_small_files_go_in_one_request(sandbox: Sandbox, kernel: Kernel, tmp_path: Path, size: int) -> None:
    """A file of at most one part is one PutObject, an empty one too; a lost reply is repeated."""
    source = make_file(tmp_path / "small", size)
    sandbox.faults.add(Fault("PutObject", "drop_reply"))
    receipt = kernel.upload(source).result(LONG_SECONDS)
    assert operations(sandbox) == ["HeadObject", "PutObject", "PutObject"]
    assert (receipt.size, receipt.parts) == (size, 1)
    assert stored(sandbox) == source.read_bytes()


def test_one_byte_more_than_a_part(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """One byte more makes two parts."""
    source = make_file(tmp_path / "small", PART + 1)
    receipt = kernel.upload(source).result(LONG_SECONDS)
    assert receipt.parts == 2
    assert sorted(sent_parts(sandbox)) == [1, 2]
    assert stored(sandbox) == source.read_bytes()
    assert not sandbox.uploads(BUCKET)


def test_outcome_unknown_is_not_final(service: Service, kernel: Kernel, source: Path) -> None:
    """After OutcomeUnknown, an abort that may not ask either gives the upload up and says so; the cell starts over."""
    service.script["head"].extend([refusal("AccessDenied", 403)] * 4)
    service.after["complete"].append(NetworkError("The reply was lost."))
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    with pytest.raises(OutcomeUnknown):
        transfer.result(LONG_SECONDS)
    transfer.abort()
    reach(transfer, State.ABORTED)
    assert "could not be found out" in transfer.snapshot().notes[-1]
    again = kernel.upload(source, control=service, send_part=service.send_part)
    assert again is not transfer
    assert again.result(LONG_SECONDS).already_there
