"""Success needs proof: what is believed of PutObject and Complete where the answer is not all that it should be."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from oss_jupyter.errors import IntegrityError, OutcomeUnknown
from oss_jupyter.sandbox import Sandbox

from ..hostile.stub import Reply, Stub, Trap
from .fakes import Service, refusal
from .kit import LONG_SECONDS, OBJECT, PART, URL, Kernel, make_file, operations

CALLBACK = {"callbackUrl": "http://example.com", "callbackBody": "key=${object}"}
BOTH = pytest.mark.parametrize(("operation", "size"), [("PutObject", 5000), ("CompleteMultipartUpload", 2 * PART)])


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A file of one part."""
    return make_file(tmp_path / "small.bin", 5000)


def error_document(code: str) -> bytes:
    """Return a refusal as the service words it."""
    return f"<Error><Code>{code}</Code></Error>".encode()


def may_not_look() -> Trap:
    """Answer every HEAD as to a key that has oss:PutObject alone."""
    told = base64.b64encode(error_document("AccessDenied")).decode()
    return Trap(
        "HeadObject", lambda _right: Reply(403, {"x-oss-request-id": "R", "x-oss-err": told}, of_head=True).wire()
    )


def without_request_id(right: Reply) -> bytes:
    """Answer like the service, through a proxy that takes the proof away."""
    return right.but(x_oss_request_id=None).wire()


def without_crc(right: Reply) -> bytes:
    """Answer like a gateway that knows no CRC-64."""
    return right.but(x_oss_hash_crc64ecma=None).wire()


def with_other_crc(right: Reply) -> bytes:
    """Answer with the checksum of something else."""
    return right.but(x_oss_hash_crc64ecma="12").wire()


def callback_failed(_right: Reply) -> bytes:
    """Answer that the object is stored, and nothing more."""
    return Reply(203, {"x-oss-request-id": "R"}, error_document("CallbackFailed")).wire()


@BOTH
@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
def test_success_without_proof_and_without_a_look(
    checkpoints: Path, tmp_path: Path, operation: str, size: int, done: bool
) -> None:
    """Where nothing proves that it is stored and nobody may look, that is what is said, and the checkpoint is kept."""
    source = make_file(tmp_path / "file", size)
    with Stub(Trap(operation, without_request_id, done), may_not_look()) as stub:
        transfer = Kernel(stub.endpoint, checkpoints).upload(source)
        with pytest.raises(OutcomeUnknown) as unknown:
            transfer.result(LONG_SECONDS)
    assert "oss:GetObject" in str(unknown.value)
    assert all(unknown.value.four_lines())
    assert list(checkpoints.glob("*.journal"))


@pytest.mark.parametrize("size", [5000, 2 * PART])
def test_a_gateway_without_checksums_and_a_key_that_may_only_put(checkpoints: Path, tmp_path: Path, size: int) -> None:
    """ETag and request id, and the document of Complete, are proof enough where no CRC-64 is sent."""
    source = make_file(tmp_path / "file", size)
    traps = [Trap(name, without_crc, done=True) for name in ("PutObject", "UploadPart", "CompleteMultipartUpload")]
    with Stub(*traps, may_not_look()) as stub:
        Kernel(stub.endpoint, checkpoints).upload(source).result(LONG_SECONDS)
        assert stub.objects[OBJECT] == source.read_bytes()


@BOTH
def test_a_failed_callback_proves_that_the_object_is_stored(
    checkpoints: Path, tmp_path: Path, operation: str, size: int
) -> None:
    """The service's own word that only the callback failed is believed, even without an ETag."""
    source = make_file(tmp_path / "file", size)
    with Stub(
        Trap(operation, callback_failed, done=True),
        may_not_look(),
    ) as stub:
        receipt = Kernel(stub.endpoint, checkpoints).upload(source, callback=CALLBACK).result(LONG_SECONDS)
    assert receipt.warning


@pytest.mark.parametrize("status", [200, 203])
@BOTH
def test_a_callback_proves_nothing_by_itself(
    checkpoints: Path, tmp_path: Path, operation: str, size: int, status: int
) -> None:
    """JSON in the place of the document is believed only with the service's headers beside it."""
    source = make_file(tmp_path / "file", size)
    with Stub(
        Trap(operation, lambda _right: Reply(status, {}, b'{"Status": "OK"}').wire()),
        may_not_look(),
    ) as stub:
        transfer = Kernel(stub.endpoint, checkpoints).upload(source, callback=CALLBACK)
        with pytest.raises(OutcomeUnknown):
            transfer.result(LONG_SECONDS)


@pytest.mark.parametrize("may_look", [True, False])
def test_words_about_a_corrupt_object_are_true(checkpoints: Path, small: Path, may_look: bool) -> None:
    """Where an answer names another CRC-64, the error says what is under the key, or that this cannot be seen."""
    head = Trap("HeadObject", with_other_crc) if may_look else may_not_look()
    with Stub(Trap("PutObject", with_other_crc, done=True), head) as stub:
        transfer = Kernel(stub.endpoint, checkpoints).upload(small)
        with pytest.raises(IntegrityError, match="do not use it") as corrupt:
            transfer.result(LONG_SECONDS)
    assert OBJECT in corrupt.value.what
    assert "force=True" in corrupt.value.advice


def test_a_wrong_checksum_of_a_right_object_is_no_failure(checkpoints: Path, small: Path) -> None:
    """Where only the answer was damaged, the object is looked at, and it is the file."""
    with Stub(Trap("PutObject", with_other_crc, done=True)) as stub:
        Kernel(stub.endpoint, checkpoints).upload(small).result(LONG_SECONDS)
        assert stub.objects[OBJECT] == small.read_bytes()


def test_the_same_object_that_may_not_be_replaced(sandbox: Sandbox, kernel: Kernel, small: Path) -> None:
    """Nothing of what was sent went into an object that was there before, and the receipt does not claim it."""
    kernel.upload(small).result(LONG_SECONDS)
    receipt = kernel.upload(small, force=True, forbid_overwrite=True).result(LONG_SECONDS)
    assert receipt.already_there
    assert (receipt.sent_bytes, receipt.resent_bytes) == (0, receipt.size)
    assert operations(sandbox).count("PutObject") == 2


def test_an_equal_object_that_came_first(service: Service, kernel: Kernel, source: Path) -> None:
    """Where Complete finds the same object in its way, that is told, and no parts are left behind to be billed."""

    def somebody_was_faster() -> None:
        service.objects[URL] = source.read_bytes()
        raise refusal("FileAlreadyExists", 409)

    service.script["complete"].append(somebody_was_faster)
    receipt = kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    assert receipt.already_there
    assert not service.uploads


def test_the_object_is_not_there_although_complete_was_proven(service: Service, kernel: Kernel, source: Path) -> None:
    """A service that names no CRC-64 and shows no object has not finished: "not there" is not "may not look"."""

    def take_away() -> None:
        del service.objects[URL]

    service.names_crc64 = False
    service.after["complete"].append(take_away)
    receipt = kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    assert service.objects[URL] == source.read_bytes()
    assert service.calls_of("initiate") == 2
    assert receipt.crc64 is not None
