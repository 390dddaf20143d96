"""Datasets whose files are refused, vanish or are given up on the way: no other file suffers, and nothing is left."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import OssJupyterError, TransferStateError
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Key, Sandbox

from ..kit import until
from .conftest import KEYS, House

MIB = 1024 * 1024
LONG = 60.0
Folder = Callable[..., dict[str, bytes]]
SLOW_PARTS = Fault("UploadPart", "delay", times=None, seconds=0.3)


def large_files(folder: Path, count: int) -> list[Path]:
    """Files of two parts of a MiB."""
    paths = [folder / f"large{number:02}.bin" for number in range(count)]
    for path in paths:
        path.write_bytes(os.urandom(2 * MIB))
    return paths


def nothing_left(sandbox: Sandbox, checkpoints: Path) -> bool:
    """Whether there are no parts in the bucket, and no checkpoint of anything that could be resumed."""
    return sandbox.uploads("test-bucket") == () and {path.suffix for path in checkpoints.iterdir()} <= {".receipts"}


def test_many_files_that_are_refused_alike_stop_no_other(house: House, folder: Folder, tmp_path: Path) -> None:
    """Twenty files that a policy denies are twenty failures, where others go up."""
    contents = folder(400)
    denied = sorted(key for key in contents if key.startswith("d2/"))[:20]
    for key in denied:
        house.sandbox.faults.add(Fault("PutObject", key=f"raw/{key}", times=None, code="AccessDenied", status=403))
    transfer = house.upload(tmp_path / "data")
    receipt = transfer.result(LONG)
    assert (receipt.sent, receipt.failed) == (380, 20)
    assert {one.key for one in transfer.failures} == {f"raw/{key}" for key in denied}


def test_large_files_that_vanish_stop_no_other_and_leave_no_parts(house: House, folder: Folder, tmp_path: Path) -> None:
    """Each is a failure of its own; a later run knows them no more, and removes what had been sent of them."""
    contents = folder(5)
    paths = large_files(tmp_path / "data", 12)
    house.sandbox.faults.add(SLOW_PARTS)
    transfer = house.upload(tmp_path / "data", part_size="1MiB", parallel=1)
    until(lambda: house.sandbox.uploads("test-bucket"), "a large file is on its way")
    for path in paths:
        path.unlink()
    receipt = transfer.result(LONG)
    assert transfer.state is State.COMPLETED_WITH_ERRORS
    assert (receipt.total, receipt.sent + receipt.failed) == (17, 17)
    assert house.upload(tmp_path / "data", part_size="1MiB").result(LONG).failed == 0
    assert nothing_left(house.sandbox, house.checkpoints)
    assert contents.items() <= house.there().items()


def test_a_file_that_vanishes_during_a_pause_leaves_no_upload_of_its_own(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """The dataset completes without it; its parts are removed, and nobody lists it."""
    folder(5)
    (path,) = large_files(tmp_path / "data", 1)
    house.sandbox.faults.add(SLOW_PARTS)
    transfer = house.upload(tmp_path / "data", part_size="1MiB", parallel=1)
    until(lambda: house.sandbox.uploads("test-bucket"), "the large file is on its way")
    transfer.pause()
    assert transfer.wait(LONG)
    path.unlink()
    transfer.resume()
    assert transfer.result(LONG).total == 5
    assert nothing_left(house.sandbox, house.checkpoints)
    later = House(house.sandbox, house.checkpoints)
    assert later.session.transfers() == ()


def test_an_abort_removes_parts_of_files_that_have_failed_in_the_same_run(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """A file that came to its end before the abort has parts, too."""
    folder(5)
    large_files(tmp_path / "data", 3)
    bad = Fault("UploadPart", key="raw/large00.bin", part_number=2, times=None, code="InvalidArgument", status=400)
    house.sandbox.faults.add(bad, Fault("UploadPart", "delay", times=None, seconds=1.0))
    transfer = house.upload(tmp_path / "data", part_size="1MiB", parallel=1)
    until(lambda: (files := transfer.snapshot().files) and files.failed == 1, "one has failed")
    transfer.abort()
    assert transfer.wait(LONG)
    assert transfer.state is State.ABORTED
    assert nothing_left(house.sandbox, house.checkpoints)


def test_another_kernel_gives_up_a_dataset_with_errors_by_credentials_that_it_is_given(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """No checkpoint keeps keys: those that come with resume count for its files, and for an abort that follows."""
    folder(5)
    large_files(tmp_path / "data", 1)
    house.sandbox.faults.add(Fault("UploadPart", part_number=2, times=None, code="InvalidArgument", status=400))
    assert house.upload(tmp_path / "data", part_size="1MiB", parallel=1).result(LONG).failed == 1
    later = House(house.sandbox, house.checkpoints)
    (found,) = later.session.transfers()
    later.session.resume(found.id, credentials=KEYS)
    found.abort()
    assert found.wait(LONG)
    assert found.state is State.ABORTED
    assert nothing_left(house.sandbox, house.checkpoints)
    later.session.wiring.streaming_lane().close()


@pytest.mark.parametrize("anew", [{}, {"credentials": ("other-key-id", "other-key-secret")}], ids=["same", "other"])
def test_a_dataset_that_waits_for_credentials_goes_on_when_it_is_told_to(
    house: House, folder: Folder, tmp_path: Path, anew: dict[str, Any]
) -> None:
    """Resume reaches the files that wait: with the credentials of before where those are good again, or with others."""
    contents = folder(20)
    large_files(tmp_path / "data", 6)
    house.sandbox.keys.put(Key("other-key-id", "other-key-secret"))
    house.sandbox.faults.add(SLOW_PARTS)
    transfer = house.upload(tmp_path / "data", part_size="1MiB", parallel=1)
    until(lambda: house.sandbox.uploads("test-bucket"), "a large file is on its way")
    house.sandbox.faults.clear()
    house.sandbox.faults.add(Fault(times=None, code="SecurityTokenExpired", status=403))
    until(lambda: transfer.state is State.WAITING_FOR_CREDENTIALS, "it waits")
    house.sandbox.faults.clear()
    house.session.resume(transfer.id, **anew)

    def ended() -> bool:
        """Whether it is over; a file that has begun to wait since is told once more, as a user would do it."""
        with suppress(TransferStateError):
            transfer.resume()
        return transfer.wait(1.0)

    until(ended, "it has come to its end")
    assert transfer.state is State.COMPLETED
    assert transfer.result(LONG).total == len(contents) + 6


@pytest.mark.parametrize("helper", ["always", "never"])
def test_a_dataset_goes_up_where_nothing_is_saved(
    sandbox: Sandbox, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, helper: str
) -> None:
    """Without a checkpoint directory all arrive, also after a pause and a failure, and nothing is written."""
    contents = folder(20)
    large_files(tmp_path / "data", 1)
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    house = House(sandbox, tmp_path / "unused", helper=helper)
    sandbox.faults.add(SLOW_PARTS)
    transfer = house.upload(tmp_path / "data", part_size="1MiB", parallel=1, checkpoint_dir=None)
    until(lambda: sandbox.uploads("test-bucket"), "the large file is on its way")
    transfer.pause()
    assert transfer.wait(LONG)
    sandbox.faults.add(Fault("PutObject", key="raw/f0004.bin", code="InvalidArgument", status=400, times=2))
    (tmp_path / "data" / "f0004.bin").write_bytes(contents["f0004.bin"] + b"more")
    transfer.resume()
    assert transfer.result(LONG).failed == 1
    sandbox.faults.clear()
    transfer.resume()
    receipt = transfer.result(LONG)
    assert (receipt.total, receipt.failed) == (len(contents) + 1, 0)
    contents["f0004.bin"] += b"more"
    assert contents.items() <= house.there().items()
    assert set(tmp_path.iterdir()) == before
    house.session.wiring.streaming_lane().close()


def test_what_ends_all_says_how_many_files_are_there(house: House, folder: Folder, tmp_path: Path) -> None:
    """A refusal that one file met says nothing of the others that went up before it."""
    folder(60)
    refused = Fault("PutObject", skip=20, times=None, code="InvalidAccessKeyId", status=403)
    house.sandbox.faults.add(refused)
    transfer = house.upload(tmp_path / "data", parallel=2)
    with pytest.raises(OssJupyterError) as caught:
        transfer.result(LONG)
    assert "20 files are in OSS" in caught.value.safe


def test_a_service_that_is_gone_for_a_while_is_waited_for(
    house: House, folder: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    """Files that meet a dead line are as patient as the dataset that they are of, whose others have been confirmed."""
    contents = folder(200)
    house.sandbox.latency_seconds = 0.02
    transfer = house.upload(tmp_path / "data", parallel=4)
    until(lambda: (files := transfer.snapshot().files) and files.sent >= 20, "some files are there")
    port = house.sandbox.port
    house.sandbox.stop()
    # Longer than a request that nobody has ever answered is tried again.
    assert not transfer.wait(6.0)
    with Sandbox(tmp_path / "sandbox", keys=[Key(*KEYS)], port=port) as back:
        assert transfer.result(60).failed == 0
        for key, content in contents.items():
            assert back.object_path("test-bucket", f"raw/{key}").read_bytes() == content


def test_a_list_of_files_that_is_removed_is_written_anew_and_told_of(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """What one process writes anew the user reads in the notes of the job, and all files are in the receipt."""
    contents = folder(60)
    house.sandbox.latency_seconds = 0.1
    transfer = house.upload(tmp_path / "data", parallel=2)
    until(lambda: (files := transfer.snapshot().files) and files.sent >= 10, "some files are there")
    (journal,) = house.checkpoints.glob("*.files")
    journal.unlink()
    receipt = transfer.result(LONG)
    assert receipt.sent == len(contents)
    assert len(tuple(receipt.files())) == len(contents)
    assert any("list of the dataset's files was removed" in note for note in transfer.snapshot().notes)


def test_a_folder_that_was_moved_is_told_as_that_and_loses_nothing(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """What is there stays counted, the words say what to do, and both ways that they name lead to the end."""
    contents = folder(60)
    house.sandbox.latency_seconds = 0.05
    transfer = house.upload(tmp_path / "data", parallel=2)
    until(lambda: (files := transfer.snapshot().files) and files.sent >= 6, "some files are there")
    transfer.pause()
    assert transfer.wait(LONG)
    house.sandbox.latency_seconds = 0.0
    (tmp_path / "data").rename(tmp_path / "moved")
    transfer.resume()
    assert transfer.wait(LONG)
    error, files = transfer.error, transfer.snapshot().files
    assert transfer.state is State.FAILED
    assert error is not None
    assert (error.code, files is not None and files.kept >= 6) == ("SourceMissing", True)
    assert "files are in OSS" in error.safe
    assert "from where it is now" in error.advice
    elsewhere = house.upload(tmp_path / "moved").result(LONG)
    assert elsewhere.skipped >= 6
    assert house.there() == contents
    (tmp_path / "moved").rename(tmp_path / "data")
    transfer.resume()
    receipt = transfer.result(LONG)
    assert (receipt.total, receipt.failed, receipt.sent) == (len(contents), 0, 0)
