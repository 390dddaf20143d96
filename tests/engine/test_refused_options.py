"""An option that the service refuses: what can never work is not left as an unfinished upload, what can is."""

from __future__ import annotations

from pathlib import Path

import pytest

from oss_jupyter.errors import ServiceError
from oss_jupyter.sandbox import Fault, Sandbox

from .kit import BUCKET, LONG_SECONDS, Kernel, stored


@pytest.mark.parametrize("part_size", ["100KiB", "8MiB"], ids=["multipart", "one piece"])
@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("first", "InvalidArgument", 400),
        ("first", "InvalidTag", 400),
        ("first", "InvalidEncryptionAlgorithmError", 400),
        ("first", "NotImplemented", 400),
        ("first", "FileAlreadyExists", 409),
        ("UploadPart", "InvalidArgument", 400),
    ],
)
def test_what_the_service_refuses_at_once_leaves_nothing(
    sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path, part_size: str, operation: str, code: str,
    status: int,
) -> None:  # fmt: skip
    """Neither a checkpoint without parts nor an empty upload id; the error says so, and the right call works."""
    one_piece = part_size == "8MiB"
    first = "PutObject" if one_piece else "InitiateMultipartUpload"
    refused = first if operation == "first" or one_piece else operation
    sandbox.faults.add(Fault(refused, code=code, status=status, times=None))
    with pytest.raises(ServiceError) as failed:
        kernel.upload(source, part_size=part_size).result(LONG_SECONDS)
    assert failed.value.code == code
    assert failed.value.safe.startswith("Nothing was sent." if "Initiate" in refused else "Nothing is kept: ")
    assert not list(checkpoints.glob("*.journal"))
    assert sandbox.uploads(BUCKET) == ()
    sandbox.faults.clear()
    assert kernel.upload(source, part_size=part_size).result(LONG_SECONDS).size == source.stat().st_size
    assert stored(sandbox) == source.read_bytes()


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "SignatureDoesNotMatch"])
def test_what_somebody_can_put_right_is_kept(
    sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path, code: str
) -> None:
    """A permission, a bucket or a secret may come: the upload waits for it."""
    sandbox.faults.add(Fault("PutObject", code=code, status=403, times=1))
    with pytest.raises(ServiceError):
        kernel.upload(source, part_size="8MiB").result(LONG_SECONDS)
    (transfer,) = kernel.manager.transfers()
    transfer.resume()
    assert transfer.result(LONG_SECONDS).size == source.stat().st_size
    assert not list(checkpoints.glob("*.journal"))


def test_parts_that_are_there_are_never_thrown_away(
    sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path
) -> None:
    """A refusal in mid-upload, of one part or of Complete, keeps what was sent."""
    sandbox.faults.add(Fault("CompleteMultipartUpload", code="InvalidArgument", status=400, times=1))
    with pytest.raises(ServiceError) as failed:
        kernel.upload(source).result(LONG_SECONDS)
    assert "parts are kept" in failed.value.safe
    assert list(checkpoints.glob("*.journal"))
    assert kernel.upload(source).result(LONG_SECONDS).size == source.stat().st_size
