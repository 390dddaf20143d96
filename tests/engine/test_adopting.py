"""What is lost with a checkpoint is found at the service, and only what is the file's, and nobody's else, is taken."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.console.spelling import as_command, as_magic
from oss_jupyter.local.read_again import read_again
from oss_jupyter.model.prove import Proven
from oss_jupyter.sandbox import Fault, Sandbox, multipart_operations

from .fakes import Service, refusal
from .kit import BUCKET, OBJECT, PART, URL, Kernel, make_file, operations, sent_parts, stored
from .unrecorded import add, ids, leave

ALL = list(range(1, 13))


def test_a_quiet_upload_goes_on(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """Any parts that are there count, in gaps too; nothing else is sent, and no second upload is begun."""
    content = source.read_bytes()
    upload_id = leave(sandbox, content, (1, 2, 3, 7, 12))
    transfer = kernel.upload(source)
    receipt = transfer.result(60)
    assert sorted(sent_parts(sandbox)) == [4, 5, 6, 8, 9, 10, 11]
    assert stored(sandbox) == content
    assert ids(sandbox) == set()
    assert (receipt.kept_bytes, receipt.proven) == (4 * PART + 777, Proven.KEPT)
    assert "InitiateMultipartUpload" not in operations(sandbox)
    (note,) = transfer.snapshot().notes
    assert f"{upload_id}: 5 of 12 parts, the last one 1 h ago" in note


@pytest.mark.parametrize("adopt", [None, True])
def test_a_fresh_upload_may_be_another_computers(
    kernel: Kernel, sandbox: Sandbox, source: Path, adopt: bool | None
) -> None:
    """It is left as it is and told of, with what to do; whoever does that sends only what is missing."""
    upload_id = leave(sandbox, source.read_bytes(), range(1, 9), age_seconds=60)
    transfer = kernel.upload(source, adopt=adopt)
    transfer.result(60)
    assert stored(sandbox) == source.read_bytes()
    if adopt:
        assert sorted(sent_parts(sandbox)) == [9, 10, 11, 12]
        assert ids(sandbox) == set()
        return
    assert sorted(sent_parts(sandbox)) == ALL
    assert ids(sandbox) == {upload_id}
    (note,) = transfer.snapshot().notes
    assert f"{upload_id}: 8 of 12 parts, the last one 1 min ago" in note


def test_once_all_is_there_it_is_told_how_to_remove_it(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """While it could go on it is said how; afterwards nothing goes on with it, and what is billed can be removed."""
    upload_id = leave(sandbox, source.read_bytes(), range(1, 9), age_seconds=60)
    sandbox.faults.add(Fault("UploadPart", part_number=3, kind="stall", times=None))
    transfer = kernel.upload(source, parallel=1)
    while transfer.snapshot().parts_done < 2:
        assert not transfer.wait(0.02)
    transfer.pause()
    transfer.wait(60)
    (paused,) = transfer.snapshot().notes
    assert "run it again with adopt=True" in paused
    sandbox.faults.clear()
    transfer.resume()
    transfer.result(60)
    (note,) = transfer.snapshot().notes
    assert "adopt" not in note
    assert f'oj.leftovers("{URL}").remove("{upload_id}") removes it.' in note
    assert f"%oss_leftovers {URL} remove {upload_id} removes it." in as_magic(note)
    assert f"oss-jupyter leftovers {URL} remove {upload_id} removes it." in as_command(note)


@pytest.mark.parametrize("prove", ["kept", "none", "all"])
def test_only_what_is_equal_is_kept(kernel: Kernel, sandbox: Sandbox, source: Path, prove: str) -> None:
    """The file has changed since, in two parts: these are sent once more, whatever is to be proven."""
    before = bytearray(source.read_bytes())
    before[PART] ^= 1
    before[6 * PART - 1] ^= 1
    leave(sandbox, bytes(before), range(1, 9))
    kernel.upload(source, prove=prove).result(60)
    assert sorted(sent_parts(sandbox)) == [2, 6, 9, 10, 11, 12]
    assert stored(sandbox) == source.read_bytes()


def test_the_fullest_whose_parts_fit_goes_on(kernel: Kernel, sandbox: Sandbox, source: Path, tmp_path: Path) -> None:
    """Of several the one with most of the file: fuller ones are another file's, cut otherwise, or of another key."""
    content = source.read_bytes()
    other = make_file(tmp_path / "other.bin", len(content), seed=2).read_bytes()
    stay = {
        leave(sandbox, content, (1, 2)),
        leave(sandbox, other, range(1, 12)),
        leave(sandbox, content + content, (1,), part_size=13 * PART),
        leave(sandbox, content, range(1, 12), key="data/big.bin.old"),
        leave(sandbox, content, ()),
    }
    leave(sandbox, content, range(3, 9))
    kernel.upload(source).result(60)
    assert sorted(sent_parts(sandbox)) == [1, 2, 9, 10, 11, 12]
    assert ids(sandbox) == stay


def test_the_size_of_the_parts_is_kept(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """An upload that was cut otherwise goes on as it was cut."""
    leave(sandbox, source.read_bytes(), (1, 3), part_size=3 * PART)
    transfer = kernel.upload(source)
    transfer.result(60)
    assert sorted(sent_parts(sandbox)) == [2, 4]
    assert stored(sandbox) == source.read_bytes()
    assert transfer.snapshot().part_size == 3 * PART


@pytest.mark.parametrize("operation", ["ListMultipartUploads", "ListParts"])
def test_without_permission_things_are_as_they_were(
    kernel: Kernel, sandbox: Sandbox, source: Path, operation: str
) -> None:
    """A key that may not list sends the file anew, and nobody is bothered with that."""
    upload_id = leave(sandbox, source.read_bytes(), range(1, 9))
    sandbox.faults.add(Fault(operation, code="AccessDenied", status=403, times=None))
    transfer = kernel.upload(source)
    transfer.result(60)
    assert sorted(sent_parts(sandbox)) == ALL
    assert transfer.snapshot().notes == ()
    assert ids(sandbox) == {upload_id}


@pytest.mark.parametrize(("adopt", "asked"), [(None, 1), (True, 3)])
def test_a_service_in_trouble_is_asked_once(
    kernel: Kernel, sandbox: Sandbox, source: Path, adopt: bool | None, asked: int
) -> None:
    """No upload waits for a look that it can do without; whoever says adopt=True cannot."""
    leave(sandbox, source.read_bytes(), range(1, 9))
    sandbox.faults.add(Fault("ListMultipartUploads", code="InternalError", status=500, times=None))
    kernel.upload(source, adopt=adopt).result(60)
    assert operations(sandbox).count("ListMultipartUploads") == asked
    assert stored(sandbox) == source.read_bytes()


def test_a_look_that_can_be_done_without_waits_for_credentials(service: Service, kernel: Kernel, source: Path) -> None:
    """With an expired token nothing else would go on either, so the look is made once there is another."""

    def expires() -> None:
        service.version = "second"
        raise refusal("SecurityTokenExpired", 403)

    service.script["list_uploads"].append(expires)
    kernel.upload(source, control=service, send_part=service.send_part).result(60)
    assert service.calls_of("list_uploads") == 2


@pytest.mark.parametrize("operation", ["ListMultipartUploads", "ListParts"])
def test_who_asks_for_it_hears_that_nobody_may_look(
    kernel: Kernel, sandbox: Sandbox, source: Path, operation: str
) -> None:
    """All is sent anew although adopt=True was said: the note says why, so that a policy can be mended."""
    leave(sandbox, source.read_bytes(), range(1, 9))
    sandbox.faults.add(Fault(operation, code="AccessDenied", status=403, times=None))
    transfer = kernel.upload(source, adopt=True)
    transfer.result(60)
    assert sorted(sent_parts(sandbox)) == ALL
    (note,) = transfer.snapshot().notes
    assert "adopt=True: whether OSS holds an unfinished upload of this object is not known" in note
    assert operation in note


def test_who_asks_for_it_hears_that_it_is_of_another_file(
    kernel: Kernel, sandbox: Sandbox, source: Path, tmp_path: Path
) -> None:
    """An upload of other content stays and is billed, so the note says how to be rid of it."""
    other = make_file(tmp_path / "other.bin", source.stat().st_size, seed=2).read_bytes()
    upload_id = leave(sandbox, other, range(1, 9))
    transfer = kernel.upload(source, adopt=True)
    transfer.result(60)
    (note,) = transfer.snapshot().notes
    assert "the unfinished upload of this object in OSS has no part of this file" in note
    assert f"%oss_leftovers {URL} remove {upload_id}" in as_magic(note)


@pytest.mark.parametrize("given", [{"adopt": False}, {"force": True}, {"checkpoint_dir": None}])
def test_it_can_be_switched_off(kernel: Kernel, sandbox: Sandbox, source: Path, given: dict[str, Any]) -> None:
    """Whoever says so, forces the upload, or wants no resuming gets one of its own, and no list is asked for."""
    upload_id = leave(sandbox, source.read_bytes(), range(1, 9))
    kernel.upload(source, **given).result(60)
    assert sorted(sent_parts(sandbox)) == ALL
    assert ids(sandbox) == {upload_id}
    assert "ListMultipartUploads" not in operations(sandbox)


def test_what_is_asked_for_is_not_given_up(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """Nothing tells how another upload was begun: with a storage class of one's own it goes on only when it is told."""
    upload_id = leave(sandbox, source.read_bytes(), range(1, 9))
    transfer = kernel.upload(source, storage_class="IA")
    transfer.result(60)
    assert ids(sandbox) == {upload_id}
    (note,) = transfer.snapshot().notes
    assert "storage_class" in note


def test_what_a_checkpoint_here_knows_is_its_own(
    kernel: Kernel, sandbox: Sandbox, source: Path, tmp_path: Path
) -> None:
    """A copy of the file under another name does not take the parts of an upload that is paused here."""
    sandbox.faults.add(Fault("UploadPart", part_number=9, kind="stall", times=None))
    first = kernel.upload(source, parallel=1)
    while first.snapshot().parts_done < 8:
        assert not first.wait(0.02)
    first.pause()
    first.wait(60)
    (known,) = ids(sandbox)
    sandbox.faults.clear()
    copy = tmp_path / "copy.bin"
    copy.write_bytes(source.read_bytes())
    second = kernel.upload(copy, adopt=True)
    second.result(60)
    assert second.snapshot().parts_kept == 0
    assert ids(sandbox) == {known}


@pytest.mark.parametrize("rests", [False, True])
def test_it_is_answered_while_another_one_goes_on(
    kernel: Kernel, sandbox: Sandbox, source: Path, *, rests: bool
) -> None:
    """The cell is run again with adopt=True: the upload that was begun meanwhile gives way, running or paused."""
    leave(sandbox, source.read_bytes(), range(1, 9), age_seconds=60)
    sandbox.faults.add(Fault("UploadPart", part_number=3, kind="stall", times=None))
    transfer = kernel.upload(source, parallel=1)
    while transfer.snapshot().parts_done < 2:
        assert not transfer.wait(0.02)
    if rests:
        transfer.pause()
        transfer.wait(60)
    sandbox.clear_requests()
    assert kernel.upload(source, adopt=True) is transfer
    transfer.result(60)
    assert sorted(sent_parts(sandbox)) == [9, 10, 11, 12]
    assert stored(sandbox) == source.read_bytes()
    assert ids(sandbox) == set()


def test_what_has_more_goes_on(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """An upload that has sent more by now than the other one has is not given up for it."""
    other = leave(sandbox, source.read_bytes(), (1, 2), age_seconds=60)
    sandbox.faults.add(Fault("UploadPart", part_number=9, kind="stall", times=1))
    transfer = kernel.upload(source, parallel=1)
    while transfer.snapshot().parts_done < 8:
        assert not transfer.wait(0.02)
    assert kernel.upload(source, adopt=True) is transfer
    transfer.result(60)
    assert ids(sandbox) == {other}
    assert sorted(set(sent_parts(sandbox))) == ALL
    assert "AbortMultipartUpload" not in operations(sandbox)


def test_one_put_asks_for_no_list(kernel: Kernel, sandbox: Sandbox, tmp_path: Path) -> None:
    """A small file is one request, and the look at the object before it."""
    kernel.upload(make_file(tmp_path / "small.bin", 1000)).result(60)
    assert operations(sandbox) == ["HeadObject", "PutObject"]


def test_it_is_aborted_like_any_other(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """From when it goes on it is this upload's: an abort removes its parts."""
    leave(sandbox, source.read_bytes(), range(1, 9))
    sandbox.faults.add(Fault("UploadPart", kind="stall", times=None))
    transfer = kernel.upload(source)
    while transfer.snapshot().parts_kept < 8:
        assert not transfer.wait(0.02)
    transfer.abort()
    transfer.wait(60)
    assert ids(sandbox) == set()


def test_another_ends_it_first(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """Where two computers go on with one upload, and the other completes it, the object is found and is the file."""
    content = source.read_bytes()
    upload_id = leave(sandbox, content, range(1, 12))
    sandbox.faults.add(Fault("UploadPart", part_number=12, kind="delay", seconds=1.0))
    transfer = kernel.upload(source)
    while transfer.snapshot().parts_kept < 11:
        assert not transfer.wait(0.02)
    add(sandbox, upload_id, content, [12])
    sandbox._core.multipart.complete(BUCKET, OBJECT, upload_id, None, now=0.0, may_replace=True)
    assert transfer.result(60).kept_bytes == 11 * PART
    assert stored(sandbox) == content
    assert ids(sandbox) == set()


def test_what_was_not_compared_is_not_believed(
    new_kernel: Callable[[], Kernel], sandbox: Sandbox, source: Path
) -> None:
    """It rests before its parts were compared with the file: the next run, in any kernel, compares all of them."""
    before = bytearray(source.read_bytes())
    before[8 * PART - 1] ^= 1
    leave(sandbox, bytes(before), range(1, 9))
    is_over = threading.Event()

    def waits(request: Any, gauge: Any) -> int:
        is_over.wait(60)
        return read_again(request, gauge)

    sandbox.faults.add(Fault("UploadPart", kind="stall", times=None))
    first = new_kernel()
    transfer = first.upload(source, read_again=waits)
    while transfer.snapshot().compare_bytes != 8 * PART:
        assert not transfer.wait(0.02)
    transfer.pause()
    transfer.wait(60)
    is_over.set()
    sandbox.faults.clear()
    sandbox.clear_requests()
    new_kernel().upload(source, prove="none").result(60)
    assert {8} <= set(sent_parts(sandbox)) <= {8, 9, 10, 11, 12}
    assert stored(sandbox) == source.read_bytes()


def test_a_list_without_checksums(
    kernel: Kernel, sandbox: Sandbox, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some services list no CRC-64 of parts: then the MD5 that their ETags are tells what is equal."""
    listed = multipart_operations._part
    monkeypatch.setattr(
        multipart_operations, "_part", lambda part: [one for one in listed(part) if one[0] != "HashCrc64ecma"]
    )
    before = bytearray(source.read_bytes())
    before[PART] ^= 1
    leave(sandbox, bytes(before), range(1, 9))
    kernel.upload(source).result(60)
    assert sorted(sent_parts(sandbox)) == [2, 9, 10, 11, 12]
    assert stored(sandbox) == source.read_bytes()
