"""Datasets from end to end, against the sandbox over HTTP: what arrives, what is asked, and what stays behind."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.engine.dataset.transfer import DatasetTransfer
from oss_jupyter.errors import FilesFailed, InputError, TransferAborted
from oss_jupyter.model.dataset import Action, Outcome
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault

from ..kit import until
from .conftest import House

MIB = 1024 * 1024
LONG = 60.0
Folder = Callable[..., dict[str, bytes]]


def test_a_folder_arrives_and_is_not_sent_again(house: House, folder: Folder, tmp_path: Path) -> None:
    """Every file is there, byte for byte; a second run asks for one list and nothing else, a third still knows."""
    contents = folder()
    receipt = house.upload(tmp_path / "data").result(LONG)
    assert (receipt.sent, receipt.total, receipt.failed) == (len(contents), len(contents), 0)
    assert house.there() == contents
    house.operations()
    for _ in range(2):
        again = house.upload(tmp_path / "data").result(LONG)
        assert (again.skipped, again.sent) == (len(contents), 0)
        assert house.operations() == ["ListObjectsV2"]
    assert sorted(path.suffix for path in house.checkpoints.iterdir()) == [".receipts"]
    assert {one.outcome for one in again.files()} == {Outcome.SKIPPED}


def test_large_files_go_in_parts_beside_the_small_ones(house: House, folder: Folder, tmp_path: Path) -> None:
    """A file above a part is a transfer of its own: it arrives, and no upload id is left."""
    contents = folder(10)
    large = os.urandom(3 * MIB + 5)
    (tmp_path / "data" / "large.bin").write_bytes(large)
    transfer = house.upload(tmp_path / "data", part_size="1MiB")
    assert transfer.result(LONG).sent == 11
    assert house.there() == {**contents, "large.bin": large}
    assert house.sandbox.uploads("test-bucket") == ()
    assert [path.suffix for path in house.checkpoints.iterdir()] == [".receipts"]


def test_a_large_file_that_is_looked_at_is_seen_to_its_end(house: House, folder: Folder, tmp_path: Path) -> None:
    """Its end can be seen while the others go on, and after them."""
    folder(4)
    for name, size in (("a", 2 * MIB), ("b", 20 * MIB)):
        (tmp_path / "data" / f"{name}.bin").write_bytes(os.urandom(size))
    house.sandbox.rate_bytes_per_second = 4 * MIB
    transfer = house.upload(tmp_path / "data", part_size="1MiB")
    looked_at = first_look(transfer, "raw/a.bin")
    until(lambda: now_of(transfer, looked_at).state is State.COMPLETED, "it has ended")
    house.sandbox.rate_bytes_per_second = None
    transfer.result(LONG)
    assert now_of(transfer, looked_at).fraction == 1


def first_look(transfer: DatasetTransfer, key: str) -> str:
    """Look at a file as soon as it goes in parts; return its id."""
    found: list[str] = []

    def look() -> bool:
        files = transfer.snapshot().files
        ids = {one.key: one.transfer_id for one in files.on_the_wire} if files else {}
        found.extend(one for one in [ids.get(key)] if one and transfer.child(one))
        return bool(found)

    until(look, f"{key} is on the wire")
    return found[0]


def now_of(transfer: DatasetTransfer, transfer_id: str) -> Snapshot:
    """Return how a file stands."""
    now = transfer.child(transfer_id)
    assert now is not None
    return now


def test_one_bad_file_stops_no_other_and_is_tried_again_alone(house: House, folder: Folder, tmp_path: Path) -> None:
    """The job ends with errors and says which; resume takes that file only, also after it has been mended."""
    contents = folder()
    bad = "raw/f0004.bin"
    house.sandbox.faults.add(Fault("PutObject", key=bad, times=None, code="InvalidArgument", status=400))
    transfer = house.upload(tmp_path / "data")
    receipt = transfer.result(LONG)
    assert (transfer.state, receipt.failed, receipt.sent) == (State.COMPLETED_WITH_ERRORS, 1, len(contents) - 1)
    assert [(one.key, one.code) for one in transfer.failures] == [(bad, "InvalidArgument")]
    assert isinstance(transfer.error, FilesFailed)
    with pytest.raises(FilesFailed, match="f0004"):
        receipt.raise_for_failed()
    house.sandbox.faults.clear()
    house.operations()
    transfer.resume()
    again = transfer.result(LONG)
    assert (transfer.state, again.total, again.sent) == (State.COMPLETED, len(contents), 1)
    assert Counter(house.operations())["PutObject"] == 1
    assert house.there("raw/f0004") == {".bin": contents["f0004.bin"]}


def test_a_pause_keeps_every_file_and_resume_sends_the_rest(house: House, folder: Folder, tmp_path: Path) -> None:
    """What was written down before a pause is not sent again, and no sum is above the whole."""
    contents = folder(120)
    house.sandbox.latency_seconds = 0.05
    transfer = house.upload(tmp_path / "data", parallel=4)
    until(lambda: (files := transfer.snapshot().files) and files.sent >= 10, "some files are there")
    transfer.pause()
    assert transfer.wait(LONG)
    assert transfer.state is State.PAUSED
    now = transfer.snapshot()
    assert now.files is not None
    assert 10 <= now.files.done < len(contents)
    house.sandbox.latency_seconds = 0.0
    transfer.resume()
    receipt = transfer.result(LONG)
    assert (receipt.total, receipt.total_bytes) == (len(contents), sum(map(len, contents.values())))
    puts = Counter(one.key for one in house.sandbox.requests if one.operation == "PutObject" and one.status == 200)
    # Of what was on the wire nothing is known; four connections had no more than a file each.
    assert sum(times - 1 for times in puts.values()) <= 4
    assert house.there() == contents


def test_an_abort_leaves_no_parts_and_no_checkpoint(house: House, folder: Folder, tmp_path: Path) -> None:
    """Parts of large files are removed, whoever began them; files that were sent stay."""
    folder(10)
    (tmp_path / "data" / "large.bin").write_bytes(os.urandom(4 * MIB))
    house.sandbox.faults.add(Fault("UploadPart", "delay", times=None, seconds=0.3))
    transfer = house.upload(tmp_path / "data", part_size="1MiB", parallel=1)
    until(lambda: house.sandbox.uploads("test-bucket"), "the large file is on its way")
    transfer.abort()
    assert transfer.wait(LONG)
    assert transfer.state is State.ABORTED
    with pytest.raises(TransferAborted, match="aborted"):
        transfer.result(LONG)
    # An upload id whose answer was still on its way is given back when it comes.
    until(lambda: house.sandbox.uploads("test-bucket") == (), "no upload id is left")
    assert list(house.checkpoints.iterdir()) == []


def test_two_files_for_one_key_are_refused_before_anything_is_sent(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """Nothing is sent, the error names both, and nothing unfinished is left."""
    folder(4)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.bin").write_bytes(name.encode())
    transfer = house.upload([tmp_path / "a", tmp_path / "b"])
    with pytest.raises(InputError, match=r"same\.bin"):
        transfer.result(LONG)
    assert "PutObject" not in house.operations()
    assert [path for path in house.checkpoints.iterdir() if path.suffix != ".lock"] == []


def test_a_plan_shows_all_and_is_carried_out_as_it_was_shown(house: House, folder: Folder, tmp_path: Path) -> None:
    """Looking sends nothing; a file that changes afterwards is not sent, and one that appears is not looked at."""
    contents = folder(12)
    plan = house.plan(tmp_path / "data")
    assert (len(plan), plan.totals[Action.SEND].files) == (12, 12)
    assert set(house.operations()) == {"ListObjectsV2"}
    (tmp_path / "data" / "f0000.bin").write_bytes(b"changed")
    (tmp_path / "data" / "later.bin").write_bytes(b"later")
    receipt = plan.upload().result(LONG)
    assert (receipt.sent, receipt.failed) == (11, 1)
    assert "later.bin" not in house.there()
    assert [one.key for one in receipt.failures] == ["raw/f0000.bin"]
    after = house.plan(tmp_path / "data")
    assert after.totals[Action.SKIP].files == 11
    assert {row.key for row in after.rows("send")} == {"raw/f0000.bin", "raw/later.bin"}
    assert house.there()["f0004.bin"] == contents["f0004.bin"]


def test_what_a_plan_skips_is_counted_and_stays_proven(house: House, folder: Folder, tmp_path: Path) -> None:
    """The receipt has all files of the plan, and what earlier runs know of those that it skips is not lost."""
    folder(12)
    house.upload(tmp_path / "data").result(LONG)
    (tmp_path / "data" / "new.bin").write_bytes(b"new")
    plan = house.plan(tmp_path / "data")
    receipt = plan.upload().result(LONG)
    assert (receipt.sent, receipt.skipped, receipt.failed) == (1, 12, 0)
    assert receipt.skipped_bytes == plan.totals[Action.SKIP].bytes
    assert len(list(receipt.files())) == 13
    house.sandbox.faults.add(Fault("ListObjectsV2", times=None, code="AccessDenied", status=403))
    assert house.upload(tmp_path / "data").result(LONG).skipped >= 12
    empty = house.plan(tmp_path / "data")
    assert empty.upload().result(LONG).skipped == empty.totals[Action.SKIP].files


def test_without_the_right_to_list_receipts_are_believed_and_one_note_says_so(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """What this machine has sent is skipped, the rest is sent, and the note names the permission."""
    contents = folder()
    house.upload(tmp_path / "data").result(LONG)
    house.sandbox.faults.add(Fault("ListObjectsV2", times=None, code="AccessDenied", status=403))
    (tmp_path / "data" / "new.bin").write_bytes(b"new")
    transfer = house.upload(tmp_path / "data")
    receipt = transfer.result(LONG)
    assert (receipt.skipped, receipt.sent) == (len(contents), 1)
    assert [note for note in transfer.snapshot().notes if "oss:ListObjects" in note] != []


def test_a_refusal_of_all_files_ends_the_job_with_the_services_words(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """A missing permission is one error, not forty failures."""
    folder()
    house.sandbox.faults.add(Fault("PutObject", times=None, code="AccessDenied", status=403))
    transfer = house.upload(tmp_path / "data")
    with pytest.raises(Exception, match=r"(?i)denied|permission|not allowed"):
        transfer.result(LONG)
    assert transfer.state is State.FAILED
    assert Counter(house.operations())["PutObject"] < 40


def test_mappings_globs_and_lists_find_their_keys(house: House, folder: Folder, tmp_path: Path) -> None:
    """A mapping names keys, a glob keeps what is below its fixed part, a list gives names."""
    contents = folder(12)
    data = tmp_path / "data"
    house.upload({data / "f0000.bin": "x/one.bin", data / "d1": "deep/"}).result(LONG)
    found = house.there()
    assert found["x/one.bin"] == contents["f0000.bin"]
    assert {key for key in found if key.startswith("deep/")} == {
        f"deep/{key.removeprefix('d1/')}" for key in contents if key.startswith("d1/")
    }
    house.upload(str(data / "**" / "f000[0-3].bin"), "oss://test-bucket/glob/").result(LONG)
    assert set(house.there("glob/")) == {key for key in contents if key[-8:-4] <= "0003"}
    house.upload([data / "f0000.bin", data / "d1" / "f0001.bin"], "oss://test-bucket/list/").result(LONG)
    assert set(house.there("list/")) == {"f0000.bin", "f0001.bin"}


def test_a_later_kernel_finds_the_dataset_and_carries_on(house: House, folder: Folder, tmp_path: Path) -> None:
    """Another session lists it with its counts, and resumes it by its id without sending what is there."""
    contents = folder(60)
    house.sandbox.latency_seconds = 0.05
    transfer = house.upload(tmp_path / "data", parallel=2)
    until(lambda: (files := transfer.snapshot().files) and files.sent >= 6, "some files are there")
    house.session.manager.pause_all(LONG)
    house.sandbox.latency_seconds = 0.0
    later = House(house.sandbox, house.checkpoints)
    (found,) = later.session.transfers()
    now = found.snapshot()
    assert (found.id, found.state) == (transfer.id, State.INTERRUPTED)
    assert now.files is not None
    assert now.files.kept >= 6
    (resumed,) = later.session.resume(found.id, credentials=("test-key-id", "test-key-secret"))
    receipt = resumed.result(LONG)
    assert receipt.sent_bytes < sum(map(len, contents.values()))
    assert house.there() == contents
    later.session.wiring.streaming_lane().close()
