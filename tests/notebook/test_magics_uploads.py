"""`%oss_uploads`: the list and what can be done about its lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

import oss_jupyter as oj
from oss_jupyter import api
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import TransferBusy, TransferNotFound, TransferStateError
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.session import current_session

from .conftest import Shell
from .kept import ID, change, leave

UPLOAD = "%oss_upload trips.bin oss://test-bucket/k --part-size 1MiB --parallel 2"


@pytest.fixture
def paused(shell: Shell, service: Sandbox, data: Path) -> Transfer:
    """An upload that was paused with some parts in OSS."""
    service.faults.add(Fault("UploadPart", part_number=6, kind="stall", times=None))
    shell.ok(UPLOAD)
    (transfer,) = current_session().manager.transfers()
    while transfer.snapshot().parts_done < 5:
        assert not transfer.wait(0.05)
    shell.ok(f"%oss_uploads pause {transfer.id[:3]}")
    service.faults.clear()
    return transfer


def test_an_empty_list(shell: Shell) -> None:
    """Where there is nothing, that is said."""
    assert "There are no uploads." in shell.ok("%oss_uploads").text
    assert "Nothing is running." in shell.ok("%oss_uploads pause all").text
    assert "Nothing is running." in shell.ok("%oss_uploads wait all").text
    assert "There is nothing to resume." in shell.ok("%oss_uploads resume all").text


def test_list_show_resume_wait(shell: Shell, paused: Transfer, service: Sandbox, data: Path) -> None:
    """A paused upload is listed and shown with its parts, and resumes by a prefix of its id."""
    listed = shell.ok("%oss_uploads")
    assert listed.text.split()[:5] == ["id", "file", "target", "status", "progress"]
    assert f"{paused.id}  trips.bin  oss://test-bucket/k  paused" in listed.text
    assert f">{paused.id}</td>" in listed.html[0]
    shown = shell.ok(f"%oss_uploads show {paused.id}").text
    assert f"Carry on with: %oss_uploads resume {paused.id}" in shown
    assert paused.snapshot().upload_id in shown
    shell.ok(f"%oss_uploads resume {paused.id[:4]}")
    assert "completed · 8 MiB" in shell.ok(f"%oss_uploads wait {paused.id}").text
    assert service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()


@pytest.mark.parametrize(
    ("format_number", "what", "advice"),
    [
        (99, "has format 99; this version", "Upgrade oss_jupyter"),
        (None, "The first line of the checkpoint", "run the upload again"),
    ],
)
def test_a_checkpoint_that_cannot_be_used_is_no_unknown_id(
    shell: Shell, tmp_path: Path, format_number: int | None, what: str, advice: str
) -> None:
    """Whoever names its upload is told which file it is, what is the matter with it, and what to do."""
    path = leave(tmp_path / "state" / "checkpoints")
    change(path, format=format_number)
    for line in (f"%oss_uploads resume {ID[:4]}", f"%oss_uploads abort {ID}"):
        told = shell.run(line).text
        assert f"{path}: " in told
        assert what in told
        assert advice in told
        assert f"%oss_uploads abort {ID} --forget" in told
    assert path.name in shell.ok(f"%oss_uploads abort {ID} --forget").text


def test_abort_says_what_it_removed(shell: Shell, paused: Transfer, service: Sandbox, data: Path) -> None:
    """Abort removes parts and checkpoint, says how much, and clean takes it off the list."""
    parts = paused.snapshot().parts_done
    assert (
        f"aborted. {parts} parts ({parts} MiB) were removed from OSS"
        in shell.ok(f"%oss_uploads abort {paused.id}").text
    )
    assert not service.uploads("test-bucket")
    assert data.exists()
    assert "1 finished or aborted upload taken off" in shell.ok("%oss_uploads clean").text
    assert "There are no uploads." in shell.ok("%oss_uploads").text
    assert "stale" not in shell.ok("%oss_uploads clean").text, "there was none"
    assert isinstance(shell.run(f"%oss_uploads abort {paused.id}").error, TransferNotFound)


def test_abort_can_keep_the_parts(shell: Shell, paused: Transfer, service: Sandbox, data: Path) -> None:
    """With --keep-parts the parts stay, their price is named, and the same cell carries on."""
    said = shell.ok(f"%oss_uploads abort {paused.id} --keep-parts").text
    assert "stay in OSS and are billed until they are used or removed" in said
    assert len(service.uploads("test-bucket")) == 1
    assert "interrupted" in shell.ok("%oss_uploads").text
    assert " · kept " in shell.ok(UPLOAD + " --wait").text


def test_an_abort_before_the_first_part_claims_none(shell: Shell, service: Sandbox, data: Path) -> None:
    """Where no part was finished, none is said to be removed."""
    service.faults.add(Fault("UploadPart", kind="stall", times=None))
    shell.ok(UPLOAD)
    (transfer,) = oj.transfers()
    while not transfer.snapshot().flights:
        assert not transfer.wait(0.05)
    assert "No part was confirmed; the checkpoint is removed" in shell.ok("%oss_uploads abort all").text


def test_an_abort_that_failed_is_not_called_done(shell: Shell, paused: Transfer, service: Sandbox) -> None:
    """Where the service refuses to remove the parts, the failure is shown with what is safe."""
    service.faults.add(Fault("AbortMultipartUpload", code="AccessDenied", status=403, times=None))
    ran = shell.run(f"%oss_uploads abort {paused.id}")
    assert "The parts are still in OSS and the checkpoint is kept" in ran.text
    assert paused.state is State.FAILED


def test_clean_keeps_what_can_be_resumed(shell: Shell, paused: Transfer, tmp_path: Path) -> None:
    """Clean removes stale locks and no checkpoint, and says what unfinished parts cost."""
    checkpoints = tmp_path / "state" / "checkpoints"
    (checkpoints / "aaaaaaaa.lock").touch()
    held = FileLock(checkpoints / "bbbbbbbb.lock")
    with held:
        said = shell.ok("%oss_uploads clean").text
        assert Path(held.lock_file).exists()
    assert "0 finished or aborted uploads taken off the list; 1 stale lock file removed." in said
    assert "1 unfinished upload left, with " in said
    assert "which are billed until they are used or removed" in said
    assert (checkpoints / f"{paused.id}.journal").exists()
    assert not (checkpoints / "aaaaaaaa.lock").exists()


def test_another_kernel_is_named(paused: Transfer, new_shell: Callable[..., Shell], tmp_path: Path) -> None:
    """An upload that another kernel drives is listed as such and left alone, whether it was known before or not."""
    with FileLock(tmp_path / "state" / "checkpoints" / f"{paused.id}.lock"):
        other = new_shell()
        assert not other.ok("%load_ext oss_jupyter").text.strip()
        assert f"{paused.id}  trips.bin  oss://test-bucket/k  in another kernel" in other.ok("%oss_uploads").text
        assert "in another kernel" in other.ok(f"%oss_uploads show {paused.id[:5]}").text
        for action in ("pause", "resume", "abort", "wait"):
            assert isinstance(other.run(f"%oss_uploads {action} {paused.id[:5]}").error, TransferBusy)
    assert "interrupted" in other.ok("%oss_uploads").text
    with FileLock(tmp_path / "state" / "checkpoints" / f"{paused.id}.lock"):
        assert "another kernel" in other.ok("%oss_uploads").text


def test_journals_that_cannot_be_used_are_named(shell: Shell, tmp_path: Path) -> None:
    """A damaged checkpoint is listed with its reason, and neither hides the others nor is removed."""
    path = tmp_path / "state" / "checkpoints" / "damaged.journal"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nonsense\n")
    said = shell.ok("%oss_uploads").text
    assert f"1 checkpoint cannot be used:\n{path}: The first line of the checkpoint cannot be read." in said
    shell.ok("%oss_uploads clean")
    assert path.exists()


@pytest.mark.parametrize("line", ["--keep-parts {id}", "{id} --keep-parts", "--keep-parts all"])
def test_options_may_stand_anywhere(shell: Shell, paused: Transfer, service: Sandbox, line: str) -> None:
    """An option before the id is no word too many."""
    assert "stay in OSS" in shell.ok(f"%oss_uploads abort {line.format(id=paused.id)}").text
    assert len(service.uploads("test-bucket")) == 1


def test_abort_all(shell: Shell, paused: Transfer, service: Sandbox, data: Path) -> None:
    """All that is unfinished is given up, each with what became of it; what is complete stays."""
    shell.ok("%oss_upload trips.bin oss://test-bucket/done --wait")
    shell.ok("%oss_upload trips.bin oss://test-bucket/other --part-size 1MiB --limit 1MiB/s")
    said = shell.ok("%oss_uploads abort all").text
    assert said.count("aborted. ") == 2
    assert not service.uploads("test-bucket")
    assert service.object_path("test-bucket", "done").exists()
    assert "There is nothing to abort." in shell.ok("%oss_uploads abort all").text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("explode", "invalid choice (choose from 'list', 'show'"),
        ("pause", "pause needs the id of an upload."),
        ("show a b", "1 word too many."),
    ],
)
def test_a_wrong_line_gets_the_usage(shell: Shell, line: str, said: str) -> None:
    """Wrong words are answered with one line of usage."""
    ran = shell.run(f"%oss_uploads {line}")
    assert said in ran.text
    assert "Usage: %oss_uploads [list | show ID" in ran.text


def test_what_cannot_be_done_is_said(shell: Shell, service: Sandbox, data: Path) -> None:
    """A finished upload cannot be paused, resumed or aborted, and says so in four lines."""
    shell.ok(UPLOAD + " --wait")
    (transfer,) = current_session().transfers()
    for action, done in (("pause", "paused"), ("resume", "resumed"), ("abort", "aborted")):
        ran = shell.run(f"%oss_uploads {action} {transfer.id}")
        assert isinstance(ran.error, TransferStateError)
        assert f"A transfer that is completed cannot be {done}." in ran.text


def test_the_queue_is_shown_and_can_be_asked_for_all(shell: Shell, service: Sandbox, data: Path) -> None:
    """The list tells the place of each that waits, the setting acts at once, and pause and resume take all of them."""
    shell.ok("%config OssJupyter.uploads_at_once = 1")
    service.rate_bytes_per_second = 100_000
    for number in range(4):
        shell.ok(f"%oss_upload {data.name} oss://test-bucket/queue/{number} --part-size 1MiB")
    listed = shell.ok("%oss_uploads").text
    assert [f"queued, {nth} " in listed for nth in ("1st", "2nd", "3rd", "4th")] == [True, True, True, False]
    shell.ok("%config OssJupyter.uploads_at_once = 2")
    assert "queued, 3rd " not in shell.ok("%oss_uploads").text
    shell.ok("%oss_uploads pause all")
    states = [transfer.state for transfer in api.transfers()]
    assert states == [State.PAUSED] * 4
    begun = {request.key for request in service.requests if request.operation == "InitiateMultipartUpload"}
    assert len(begun) <= 2, "no pause lets another one begin"
    service.rate_bytes_per_second = None
    shell.ok("%oss_uploads resume all")
    shell.ok("%oss_uploads wait all")
    for number in range(4):
        assert service.object_path("test-bucket", f"queue/{number}").read_bytes() == data.read_bytes()
