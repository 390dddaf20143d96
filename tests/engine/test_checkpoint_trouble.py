"""What becomes of an upload whose checkpoint directory is full, read-only, or removed while it runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.errors import CheckpointError, CheckpointNotWritable
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Sandbox

from .kit import (
    BUCKET,
    PART,
    Kernel,
    Process,
    journal_of,
    listed,
    make_file,
    operations,
    reach,
    repeated,
    sent_parts,
    stored,
    until,
)


def test_the_checkpoints_are_removed_in_mid_upload_and_then_the_kernel_is_killed(
    sandbox: Sandbox, new_process: Callable[[], Process], kernel: Kernel, source: Path, checkpoints: Path
) -> None:
    """The journal is written anew at the next part, so the next kernel carries on from it, and no part is forgotten."""
    sandbox.rate_bytes_per_second = 10 * PART
    process = new_process()
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    shutil.rmtree(checkpoints)
    until(lambda: list(checkpoints.glob("*.journal")), "the journal is there again")
    process.kill()
    kept = set(journal_of(checkpoints).receipts)
    assert len(kept) >= 2
    sandbox.rate_bytes_per_second = None
    receipt = kernel.upload(source).result(20)
    assert receipt.kept_bytes >= len(kept) * PART
    assert stored(sandbox) == source.read_bytes()
    assert not sandbox.uploads(BUCKET)


def test_it_is_said_that_the_checkpoint_was_removed(
    sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path
) -> None:
    """One note, and the upload ends as if nothing had been."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    shutil.rmtree(checkpoints)
    sandbox.rate_bytes_per_second = None
    transfer.result(20)
    assert [note for note in transfer.snapshot().notes if "removed while the upload ran" in note]
    assert not list(checkpoints.iterdir())


def test_removed_for_good(sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """It fails and says why; and in this kernel, which still knows the parts, it is resumed with what was sent."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    until(lambda: transfer.snapshot().parts_done >= 3, "some parts have arrived")
    shutil.rmtree(checkpoints)
    checkpoints.write_text("a file in its place")
    reach(transfer, State.FAILED)
    assert isinstance(transfer.error, CheckpointNotWritable)
    assert "parts are kept" in transfer.error.safe
    checkpoints.unlink()
    sandbox.rate_bytes_per_second = None
    transfer.resume()
    transfer.result(20)
    assert operations(sandbox).count("InitiateMultipartUpload") == 1
    assert len(repeated(sent_parts(sandbox))) <= 4, "only what was on the wire is sent again"
    assert stored(sandbox) == source.read_bytes()


class Full:
    """A checkpoint directory on a disk that has room for so many writes and no more."""

    def __init__(self, inner: object, writes: int) -> None:
        self._inner, self._left = inner, writes

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def open(self, transfer_id: str, **how: bool) -> object:
        """Return a journal whose beginnings are counted."""
        journal, record = self._inner.open(transfer_id, **how)  # type: ignore[attr-defined]
        begin = journal.start

        def start(*arguments: object) -> None:
            self._left -= 1
            if self._left < 0:
                raise CheckpointNotWritable("The disk is full.", "Make room.")
            begin(*arguments)

        journal.start = start
        return journal, record


@pytest.mark.parametrize("writes", [0, 1])
def test_a_full_disk_leaves_no_upload_id(
    sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path, writes: int
) -> None:
    """Whenever the disk is full, each try leaves nothing in the bucket."""
    for _ in range(3):
        spec = kernel.spec(source)
        store = Full(spec.store, writes)
        with pytest.raises(CheckpointError):
            kernel.manager.upload(kernel.spec(source, store=store)).result(20)
        assert not sandbox.uploads(BUCKET)
    assert listed(sandbox) == set()


def test_a_refused_beginning_leaves_no_journal(
    sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path
) -> None:
    """What the service does not let begin does not lie on the disk as an unfinished upload."""
    transfer = kernel.upload(source, "oss://no-such-bucket/k")
    reach(transfer, State.FAILED)
    assert not list(checkpoints.glob("*.journal"))


def test_a_file_of_one_part_goes_without_a_checkpoint(
    sandbox: Sandbox, kernel: Kernel, tmp_path: Path, checkpoints: Path
) -> None:
    """Where the directory cannot be used, a small file is sent all the same, with a note; a large one is refused."""
    checkpoints.write_text("a file in its place")
    small = make_file(tmp_path / "small.bin", PART)
    transfer = kernel.upload(small)
    transfer.result(20)
    assert stored(sandbox) == small.read_bytes()
    assert [note for note in transfer.snapshot().notes if "goes without" in note]
    with pytest.raises(CheckpointNotWritable):
        kernel.upload(make_file(tmp_path / "large.bin", 3 * PART), "oss://test-bucket/large").result(20)


def test_a_small_file_that_grows_needs_its_checkpoint(
    sandbox: Sandbox, kernel: Kernel, tmp_path: Path, checkpoints: Path
) -> None:
    """A file that has become one of several parts by the time it is sent is not sent without a checkpoint."""
    checkpoints.write_text("a file in its place")
    small = make_file(tmp_path / "small.bin", PART)
    spec = kernel.spec(small)
    make_file(small, 3 * PART)
    with pytest.raises(CheckpointNotWritable):
        kernel.manager.upload(spec).result(20)
    assert not sandbox.uploads(BUCKET)


def test_how_it_is_driven_is_kept_while_it_runs(
    sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path
) -> None:
    """A limit and a number of parts that are changed on the way are in the journal while the upload still runs."""
    sandbox.rate_bytes_per_second = 5 * PART
    transfer = kernel.upload(source, limit="50MiB/s")
    until(lambda: sent_parts(sandbox), "a part has arrived")
    header = journal_of(checkpoints).header
    assert (header.limit, header.parallel, header.credentials_given) == (50 * 1024 * 1024, 4, True)
    transfer.set_limit(40 * 1024 * 1024)
    transfer.set_parallel(None)
    until(lambda: journal_of(checkpoints).header.parallel == "auto", "the journal says so")
    assert journal_of(checkpoints).header.limit == 40 * 1024 * 1024
    assert journal_of(checkpoints).receipts
    sandbox.rate_bytes_per_second = None
    transfer.result(20)
