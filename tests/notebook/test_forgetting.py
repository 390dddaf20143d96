"""An upload that no abort reaches any more can be forgotten here, and it is said what stays behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import oss_jupyter as oj
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import CheckpointForeign, InputError, TransferBusy, TransferNotFound, TransferStateError
from oss_jupyter.model.states import State
from oss_jupyter.notebook.panel.card.card_state import header
from oss_jupyter.sandbox import Fault, Key, Sandbox
from oss_jupyter.session.session import current_session

from .conftest import Shell
from .kept import ID, change, leave

NewShell = Callable[..., Shell]


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """The checkpoint directory of every kernel in the test."""
    return tmp_path / "state" / "checkpoints"


@contextmanager
def going(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A service that the environment leads to, which takes five parts and goes away for good at the end."""
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "test-key-id")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "test-key-secret")
    monkeypatch.setenv("OSS_REGION", "cn-hangzhou")
    with Sandbox(tmp_path / "gone", keys=[Key("test-key-id", "test-key-secret")]) as service:
        service.create_bucket("gone-bucket")
        monkeypatch.setenv("OSS_ENDPOINT", service.endpoint)
        service.faults.add(Fault("UploadPart", part_number=6, kind="stall", times=None))
        yield


@pytest.fixture
def stranded(new_shell: NewShell, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of an upload that was paused before its service went away for good."""
    with going(tmp_path, monkeypatch):
        new_shell().ok("%load_ext oss_jupyter")
        transfer = oj.upload(data, "oss://gone-bucket/k", part_size="1MiB", parallel=2)
        while transfer.snapshot().parts_done < 5:
            assert not transfer.wait(0.05), transfer.error
        transfer.pause()
        transfer.wait(60)
    return transfer.id


def only() -> Transfer:
    (transfer,) = oj.transfers()
    return transfer


@pytest.mark.parametrize("kernel", ["the same", "the next"])
def test_what_stays_is_said_and_it_does_not_come_back(
    stranded: str, new_shell: NewShell, checkpoints: Path, kernel: str
) -> None:
    """Bucket, key, upload id, parts and bytes are named, with how to remove them; no later kernel offers it."""
    shell = new_shell() if kernel == "the next" else Shell(InteractiveShell.instance())
    shell.ok("%load_ext oss_jupyter")
    upload_id = only().snapshot().upload_id
    begun = time.monotonic()
    said = shell.ok(f"%oss_uploads abort {stranded[:5]} --forget").text
    assert time.monotonic() - begun < 10, "nobody is asked"
    for word in ("oss://gone-bucket/k", upload_id, " parts (", "billed", "lifecycle rule", "ossutil"):
        assert word in said
    assert not list(checkpoints.iterdir())
    assert only().state is State.ABORTED
    assert not header(only().snapshot())["kept_here"], "the cell would not carry on"
    assert not new_shell().ok("%load_ext oss_jupyter").text.strip()
    assert oj.transfers() == ()


def test_only_one_at_a_time(stranded: str, new_shell: NewShell) -> None:
    """Forgetting all at once is refused in its own words: what stays in OSS is told one by one."""
    shell = new_shell()
    shell.ok("%load_ext oss_jupyter")
    assert "--forget takes the id of one upload" in shell.run("%oss_uploads abort all --forget").text
    assert only().id == stranded


def test_a_failed_abort_says_how(stranded: str, new_shell: NewShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the credentials are gone, abort fails and names the way to forget it."""
    monkeypatch.delenv("OSS_ACCESS_KEY_ID")
    monkeypatch.delenv("OSS_ACCESS_KEY_SECRET")
    shell = new_shell()
    shell.ok("%load_ext oss_jupyter")
    ran = shell.run(f"%oss_uploads abort {stranded}")
    assert ran.error is not None
    assert f"%oss_uploads abort {stranded} --forget" in ran.text
    assert "Forgotten here" in oj.forget(stranded)
    with pytest.raises(TransferNotFound):
        oj.forget("zzzz")


def test_what_runs_is_not_forgotten(shell: Shell, service: Sandbox, data: Path) -> None:
    """It is paused first; what is finished has nothing to forget."""
    service.faults.add(Fault("UploadPart", part_number=6, kind="stall", times=None))
    transfer = oj.upload(data, "oss://test-bucket/k", part_size="1MiB")
    with pytest.raises(TransferStateError, match="not forgotten"):
        oj.forget(transfer.id)
    service.faults.clear()
    transfer.pause()
    transfer.wait(60)
    transfer.resume()
    transfer.result(60)
    assert "nothing to forget" in oj.forget(transfer.id)


def test_what_another_kernel_drives_is_not_forgotten(new_shell: NewShell, checkpoints: Path, data: Path) -> None:
    """The other kernel needs its checkpoint."""
    path = leave(checkpoints, source=str(data))
    new_shell()
    journal, _ = current_session().wiring.stores.directories()[0].open(ID)
    new_shell()
    with pytest.raises(TransferBusy):
        oj.forget(ID)
    assert path.exists()
    journal.close()
    assert "0004B9894A22E5B1888A1E29F8236E2D" in oj.forget(ID)
    assert not path.exists()


def test_a_checkpoint_that_cannot_be_used_is_forgotten(new_shell: NewShell, checkpoints: Path) -> None:
    """Damaged or of a later version, it goes too, and what it still tells of its upload is said."""
    path = leave(checkpoints)
    change(path, format=99)
    shell = new_shell()
    said = shell.ok("%load_ext oss_jupyter").text
    assert "1 checkpoint cannot be used" in said
    assert "format 99" in shell.ok("%oss_uploads").text
    said = shell.ok(f"%oss_uploads abort {ID} --forget").text
    assert "upload id 0004B9894A22E5B1888A1E29F8236E2D to oss://test-bucket/k" in said
    assert not path.exists()


def test_what_is_somebody_elses_is_left_alone(new_shell: NewShell, checkpoints: Path) -> None:
    """A pipe in its place is not ours to remove, and does not show up in the banner of every kernel."""
    checkpoints.mkdir(parents=True)
    os.mkfifo(checkpoints / f"{ID}.journal")
    shell = new_shell()
    assert not shell.ok("%load_ext oss_jupyter").text.strip()
    assert "is a pipe" in shell.ok("%oss_uploads").text
    assert isinstance(shell.run(f"%oss_uploads abort {ID} --forget").error, CheckpointForeign)
    assert (checkpoints / f"{ID}.journal").exists()


def test_in_memory(new_shell: NewShell, service: Sandbox, data: Path) -> None:
    """Without a checkpoint directory there is a record too, for as long as the kernel lives."""
    new_shell()
    service.faults.add(Fault("UploadPart", part_number=6, kind="stall", times=None))
    transfer = oj.upload(data, "oss://test-bucket/k", part_size="1MiB", checkpoint_dir=None)
    while transfer.snapshot().parts_done < 3:
        assert not transfer.wait(0.05), transfer.error
    transfer.pause()
    transfer.wait(60)
    service.faults.clear()
    assert "Forgotten here" in oj.forget(transfer.id)
    again = oj.upload(data, "oss://test-bucket/k", part_size="1MiB", checkpoint_dir=None)
    assert again.result(60).kept_bytes == 0


def test_a_dataset_goes_with_what_belongs_to_it(
    new_shell: NewShell, data: Path, checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of a dataset that go up in parts do not come back as uploads of their own."""
    (data.parent / "set").mkdir()
    (data.parent / "set" / "small.txt").write_text("small")
    data.rename(data.parent / "set" / data.name)
    with going(tmp_path, monkeypatch):
        new_shell().ok("%load_ext oss_jupyter")
        transfer = oj.upload(data.parent / "set", "oss://gone-bucket/raw/", part_size="1MiB", parallel=2)
        while not list(checkpoints.glob("*.journal")):
            assert not transfer.wait(0.05), transfer.error
        transfer.pause()
        transfer.wait(30)
    assert len(list(checkpoints.glob("*.dataset"))) == 1
    new_shell().ok("%load_ext oss_jupyter")
    with pytest.raises(InputError, match="stay where they are"):
        current_session().relocate(only(), data.parent)
    assert "oss://gone-bucket/raw/" in oj.forget(transfer.id)
    assert not [path.name for path in checkpoints.iterdir() if path.suffix != ".lock"]
    assert not new_shell().ok("%load_ext oss_jupyter").text.strip()
    assert oj.transfers() == ()


def test_a_damaged_dataset_is_forgotten(new_shell: NewShell, checkpoints: Path) -> None:
    """A dataset's checkpoint that cannot be read is removed by its id as well."""
    new_shell().ok("%load_ext oss_jupyter")
    checkpoints.mkdir(parents=True, exist_ok=True)
    (checkpoints / f"{ID}.dataset").write_bytes(b"nonsense\n")
    assert "Forgotten here" in oj.forget(ID[:5])
    assert not list(checkpoints.iterdir())
