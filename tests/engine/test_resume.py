"""What a later run keeps, sends again and says, whatever became of the upload in between."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import ServiceError, TransferBusy
from oss_jupyter.model.progress import Receipt
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Key, Sandbox
from oss_jupyter.session.session import Session

from .kit import (
    BUCKET,
    KEY,
    LONG_SECONDS,
    OBJECT,
    PART,
    Kernel,
    Process,
    journal_of,
    make_file,
    operations,
    sent_parts,
    stored,
    until,
)

NewKernel = Callable[[], Kernel]


def fail_at(kernel: Kernel, sandbox: Sandbox, source: Path, *numbers: int, **arguments: Any) -> Transfer:
    """Upload all parts but these, which the service refuses for good."""
    for number in numbers:
        sandbox.faults.add(Fault("UploadPart", part_number=number, times=None, code="InternalError"))
    transfer = kernel.upload(source, **arguments)
    with pytest.raises(ServiceError):
        transfer.result(LONG_SECONDS)
    sandbox.faults.clear()
    sandbox.clear_requests()
    return transfer


def finish(kernel: Kernel, source: Path, **arguments: Any) -> Receipt:
    return kernel.upload(source, **arguments).result(LONG_SECONDS)


def test_one_part_fails_for_good(sandbox: Sandbox, new_kernel: NewKernel, source: Path) -> None:
    """A part that fails for good does not hold up the others, and the next run sends that part and nothing else."""
    first = fail_at(new_kernel(), sandbox, source, 5)
    shown = first.snapshot()
    assert (shown.state, shown.parts_done, shown.parts_failed) == (State.FAILED, 11, 1)
    receipt = finish(new_kernel(), source)
    assert sent_parts(sandbox) == [5]
    assert stored(sandbox) == source.read_bytes()
    assert (receipt.kept_bytes, receipt.sent_bytes) == (source.stat().st_size - PART, PART)


def test_one_part_is_always_cut_off(sandbox: Sandbox, new_kernel: NewKernel, source: Path) -> None:
    """A part whose connection always breaks half-way is given up like any other, although bytes keep moving."""
    cut = Fault("UploadPart", "drop_body", part_number=5, after_bytes=PART // 2, times=None)
    sandbox.faults.add(cut)
    transfer = new_kernel().upload(source)
    assert transfer.wait(LONG_SECONDS)
    assert transfer.state is State.FAILED
    assert sandbox.faults.hits(cut) == 3
    sandbox.faults.clear()
    sandbox.clear_requests()
    finish(new_kernel(), source)
    assert sent_parts(sandbox) == [5]


def test_resume_in_the_same_kernel(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """`resume` after a failure keeps the upload id and what was sent."""
    transfer = fail_at(kernel, sandbox, source, 2, 7)
    upload_id = transfer.snapshot().upload_id
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert sorted(sent_parts(sandbox)) == [2, 7]
    assert {request.upload_id for request in sandbox.requests if request.operation == "UploadPart"} == {upload_id}
    assert stored(sandbox) == source.read_bytes()


def test_only_put_object(sandbox: Sandbox, new_kernel: NewKernel, source: Path) -> None:
    """A key that may do nothing but oss:PutObject uploads and resumes."""
    sandbox.keys.put(Key(*KEY, permissions=frozenset({"oss:PutObject"})))
    fail_at(new_kernel(), sandbox, source, 3)
    finish(new_kernel(), source)
    assert sent_parts(sandbox) == [3]
    assert stored(sandbox) == source.read_bytes()


def test_two_kernels_at_once(
    sandbox: Sandbox, kernel: Kernel, source: Path, new_process: Callable[[], Process]
) -> None:
    """While another process sends, the same upload is refused here; the other one is not disturbed."""
    sandbox.rate_bytes_per_second = 4 * PART
    other = new_process()
    until(lambda: sent_parts(sandbox), "the other process sends")
    second = kernel.upload(source)
    with pytest.raises(TransferBusy) as refused:
        second.result(LONG_SECONDS)
    assert all(refused.value.four_lines())
    sandbox.rate_bytes_per_second = None
    assert other.result()["size"] == source.stat().st_size
    assert sorted(sent_parts(sandbox)) == list(range(1, 13))
    assert stored(sandbox) == source.read_bytes()


def test_abort_what_another_kernel_sends(
    sandbox: Sandbox, kernel: Kernel, source: Path, new_process: Callable[[], Process]
) -> None:
    """Aborting an upload that another process drives is refused, and changes nothing there."""
    sandbox.rate_bytes_per_second = 4 * PART
    other = new_process()
    until(lambda: sent_parts(sandbox), "the other process sends")
    second = kernel.upload(source)
    second.wait(LONG_SECONDS)
    second.abort()
    with pytest.raises(TransferBusy):
        second.result(5)
    sandbox.rate_bytes_per_second = None
    assert other.result()["size"] == source.stat().st_size


def test_receipts_that_were_lost(sandbox: Sandbox, new_kernel: NewKernel, source: Path, checkpoints: Path) -> None:
    """Parts whose lines are missing in the journal are found by ListParts and not sent again."""
    fail_at(new_kernel(), sandbox, source, 9)
    (journal,) = checkpoints.glob("*.journal")
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-4]))
    receipt = finish(new_kernel(), source)
    assert sent_parts(sandbox) == [9]
    assert receipt.kept_bytes == source.stat().st_size - PART


def test_parts_that_the_service_lost(sandbox: Sandbox, new_kernel: NewKernel, source: Path) -> None:
    """A part that was replaced behind our back does not count; it is sent again, and the user is told."""
    first = fail_at(new_kernel(), sandbox, source, 9)
    spec = coordinator_of(first).spec
    signed = spec.control.sign_part(spec.target, first.snapshot().upload_id, 4, spec.options)
    assert requests.put(signed.url, data=b"x" * PART, headers=dict(signed.headers), timeout=60).ok
    sandbox.clear_requests()
    transfer = new_kernel().upload(source)
    transfer.result(LONG_SECONDS)
    assert sorted(sent_parts(sandbox)) == [4, 9]
    assert any("no longer in OSS" in note for note in transfer.snapshot().notes)
    assert stored(sandbox) == source.read_bytes()


@pytest.mark.parametrize("permissions", [None, frozenset({"oss:PutObject"})], ids=["all permissions", "only PutObject"])
def test_upload_id_removed_between_runs(
    sandbox: Sandbox, new_kernel: NewKernel, source: Path, permissions: frozenset[str] | None
) -> None:
    """An upload id that the service no longer knows leads to a fresh start, and the user is told."""
    first = fail_at(new_kernel(), sandbox, source, 9)
    coordinator_of(first).spec.control.abort(coordinator_of(first).spec.target, first.snapshot().upload_id)
    sandbox.keys.put(Key(*KEY, permissions=permissions))
    transfer = new_kernel().upload(source)
    receipt = transfer.result(LONG_SECONDS)
    assert sorted(sent_parts(sandbox)) == list(range(1, 13))
    assert any("no longer knows the upload id" in note for note in transfer.snapshot().notes)
    assert receipt.kept_bytes == 0
    assert transfer.snapshot().upload_id != first.snapshot().upload_id
    assert stored(sandbox) == source.read_bytes()


def test_upload_id_removed_during_the_run(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """The same while the upload is running."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    coordinator_of(transfer).spec.control.abort(coordinator_of(transfer).spec.target, transfer.snapshot().upload_id)
    sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)
    assert any("no longer knows the upload id" in note for note in transfer.snapshot().notes)
    assert operations(sandbox).count("InitiateMultipartUpload") == 2
    assert stored(sandbox) == source.read_bytes()


def rewrite_one_part(source: Path) -> set[int]:
    data = bytearray(source.read_bytes())
    data[3 * PART + 5] ^= 1
    source.write_bytes(data)
    return {4}


def grow(source: Path) -> set[int]:
    with source.open("ab") as file:
        file.write(b"more" * PART)
    return {12, 13, 14, 15, 16}


def shrink(source: Path) -> set[int]:
    os.truncate(source, 6 * PART + 1000)
    return {7}


def touch(source: Path) -> set[int]:
    os.utime(source, ns=(1, source.stat().st_mtime_ns + 1))
    return set()


def replace_by_a_copy(source: Path) -> set[int]:
    copy = make_file(source.with_name("copy"), 0)
    copy.write_bytes(source.read_bytes())
    copy.replace(source)
    return set()


@pytest.mark.parametrize("change", [rewrite_one_part, grow, shrink, touch, replace_by_a_copy])
@pytest.mark.parametrize("permissions", [None, frozenset({"oss:PutObject"})], ids=["all permissions", "only PutObject"])
def test_source_changed_between_runs(
    sandbox: Sandbox,
    new_kernel: NewKernel,
    source: Path,
    change: Callable[[Path], set[int]],
    permissions: frozenset[str] | None,
) -> None:
    """Parts whose bytes are still the same are kept, the others sent again; the object is the new file."""
    sandbox.keys.put(Key(*KEY, permissions=permissions))
    fail_at(new_kernel(), sandbox, source, 2)
    changed = change(source)
    transfer = new_kernel().upload(source)
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert set(sent_parts(sandbox)) == {2} | changed
    assert any("changed since the upload began" in note for note in transfer.snapshot().notes)
    assert not sandbox.uploads(BUCKET)


@pytest.mark.parametrize("content", [b"", b"new"], ids=["empty", "one part"])
def test_source_became_small(sandbox: Sandbox, new_kernel: NewKernel, source: Path, content: bytes) -> None:
    """A file that no longer needs parts is uploaded as it is now, and the old parts are removed."""
    fail_at(new_kernel(), sandbox, source, 2)
    source.write_bytes(content)
    finish(new_kernel(), source)
    assert stored(sandbox) == content
    assert not sandbox.uploads(BUCKET)


def test_the_part_size_of_the_first_run_stays(sandbox: Sandbox, new_kernel: NewKernel, source: Path) -> None:
    """Another part size given later does not move the offsets of an unfinished upload."""
    fail_at(new_kernel(), sandbox, source, 2)
    finish(new_kernel(), source, part_size="300KiB")
    assert sent_parts(sandbox) == [2]
    assert stored(sandbox) == source.read_bytes()


def test_found_by_a_new_process(sandbox: Sandbox, new_kernel: NewKernel, source: Path, checkpoints: Path) -> None:
    """An unfinished upload is listed as interrupted by the next kernel, with what is kept, and resumes from there."""
    first = fail_at(new_kernel(), sandbox, source, 2, 3)
    settings = new_kernel().wiring.settings
    session = Session(settings)
    (found,) = session.transfers()
    shown = found.snapshot()
    assert (found.id, shown.state, shown.parts_kept, shown.parts_total) == (first.id, State.INTERRUPTED, 10, 12)
    assert shown.upload_id == first.snapshot().upload_id
    assert session.transfers() == (found,)
    (resumed,) = session.resume(first.id[:3], credentials=KEY)
    resumed.result(LONG_SECONDS)
    assert sorted(sent_parts(sandbox)) == [2, 3]
    assert stored(sandbox) == source.read_bytes()


def test_the_journal_of_a_run(sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """The journal knows the source, the target and the receipts; what it says of the service is true."""
    transfer = fail_at(kernel, sandbox, source, 6)
    record = journal_of(checkpoints)
    assert (record.header.source, str(record.header.target)) == (str(source), f"oss://{BUCKET}/{OBJECT}")
    assert set(record.receipts) == set(range(1, 13)) - {6}
    parts = {part.number: part for part in sandbox.parts(BUCKET, OBJECT, transfer.snapshot().upload_id)}
    assert {n: (r.etag, r.crc64) for n, r in record.receipts.items()} == {
        n: (part.etag.strip('"'), part.crc64) for n, part in parts.items()
    }


@pytest.mark.parametrize("at", ["header", "middle"])
def test_a_damaged_journal(sandbox: Sandbox, new_kernel: NewKernel, source: Path, checkpoints: Path, at: str) -> None:
    """A damaged part costs nothing where parts may be listed, a damaged header all; the user is told in both cases."""
    fail_at(new_kernel(), sandbox, source, 2)
    (journal,) = checkpoints.glob("*.journal")
    data = bytearray(journal.read_bytes())
    data[10 if at == "header" else len(data) // 2] ^= 0x20
    journal.write_bytes(data)
    transfer = new_kernel().upload(source)
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert [path.read_bytes() for path in checkpoints.glob("*.damaged-*")] == [data]
    assert any("checkpoint" in note for note in transfer.snapshot().notes)
    assert sorted(sent_parts(sandbox)) == (list(range(1, 13)) if at == "header" else [2])
