"""Options that are given again, for an upload that goes on, runs, or finds its object: applied, or told in a note."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.executor_lane import ExecutorLane
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Sandbox

from .kit import BUCKET, LONG_SECONDS, PART, Kernel, reach, repeated, sent_parts, stored, until

FIRST: dict[str, Any] = {"content_type": "text/csv", "metadata": {"v": "1"}, "acl": "private"}
THEN: dict[str, Any] = {"content_type": "application/json", "metadata": {"v": "2"}, "acl": "public-read"}


def _paused(sandbox: Sandbox, kernel: Kernel, source: Path, **options: Any) -> Transfer:
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source, **options)
    until(lambda: transfer.snapshot().parts_done >= 2, "some parts have arrived")
    transfer.pause()
    reach(transfer, State.PAUSED)
    sandbox.rate_bytes_per_second = None
    return transfer


def _notes(transfer: Transfer) -> str:
    return "\n".join(transfer.snapshot().notes)


def _headers(kernel: Kernel, source: Path) -> dict[str, Any]:
    spec = kernel.spec(source)
    head = spec.control.head(spec.target)
    assert head is not None
    return dict(head.options)


@pytest.mark.parametrize("another_kernel", [False, True], ids=["same kernel", "another kernel"])
def test_resumed_with_other_options(
    sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path, another_kernel: bool
) -> None:
    """The object is the one that was begun, not a mixture, and one note and the receipt name what did not count."""
    kernel = new_kernel()
    _paused(sandbox, kernel, source, **FIRST)
    if another_kernel:
        kernel.close()
        kernel = new_kernel()
    sandbox.clear_requests()
    transfer = kernel.upload(source, part_size="1MiB", **THEN)
    receipt = transfer.result(LONG_SECONDS)
    assert receipt.kept_bytes + receipt.sent_bytes == receipt.size
    headers = _headers(kernel, source)
    assert (headers["content_type"], headers["metadata"]) == ("text/csv", {"v": "1"})
    assert _acl_at_complete(sandbox) == "private"
    (note,) = (note for note in transfer.snapshot().notes if "other options" in note)
    for name in ("content_type", "metadata", "acl", "part_size", "force=True"):
        assert name in note
    assert note in receipt.warning
    assert transfer.snapshot().part_size == PART


def test_resumed_with_the_same_options(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """The same cell again says nothing, also where the first one was forced."""
    _paused(sandbox, kernel, source, force=True, part_size=PART, **FIRST)
    transfer = kernel.upload(source, force=True, part_size=PART, **FIRST)
    receipt = transfer.result(LONG_SECONDS)
    assert "options" not in _notes(transfer)
    assert not receipt.warning
    assert not repeated(sent_parts(sandbox))


def test_forced_to_be_another(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """With force the upload begins anew with the options of now, leaves no parts behind, and says so."""
    _paused(sandbox, kernel, source, **FIRST)
    transfer = kernel.upload(source, force=True, **THEN)
    transfer.result(LONG_SECONDS)
    headers = _headers(kernel, source)
    assert (headers["content_type"], headers["metadata"]) == ("application/json", {"v": "2"})
    assert _acl_at_complete(sandbox) == "public-read"
    assert "Begun anew" in _notes(transfer)
    assert not sandbox.uploads(BUCKET)
    assert stored(sandbox) == source.read_bytes()


def test_an_option_that_is_left_out(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """An option that is not given any more is still the object's, and that is told too; a guessed type is no option."""
    _paused(sandbox, kernel, source, content_type="text/csv", storage_class="IA")
    transfer = kernel.upload(source)
    transfer.result(LONG_SECONDS)
    assert "storage_class" in _notes(transfer)
    assert "content_type" not in _notes(transfer)
    assert _headers(kernel, source)["storage_class"] == "IA"


def test_an_object_that_is_there(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """What the object has already is not told, what it has not, or what HEAD does not tell, is; force applies it."""
    given: dict[str, Any] = {"content_type": "text/csv", "metadata": {"Team": "taxi"}, "cache_control": "no-store"}
    kernel.upload(source, **given).result(LONG_SECONDS)
    same = kernel.upload(source, storage_class="Standard", forbid_overwrite=True, traffic_limit=819_200, **given)
    assert same.result(LONG_SECONDS).already_there
    assert not same.snapshot().notes
    asked = {**given, "storage_class": "IA", "acl": "public-read", "tagging": "a=b", "metadata": {"team": "other"}}
    other = kernel.upload(source, **asked)
    receipt = other.result(LONG_SECONDS)
    assert receipt.already_there
    (note,) = other.snapshot().notes
    assert receipt.warning == note
    assert "metadata, acl, storage_class, tagging" in note
    assert "content_type" not in note
    assert "force=True" in note
    forced = kernel.upload(source, force=True, **asked)
    assert not forced.result(LONG_SECONDS).already_there
    assert not forced.snapshot().notes
    assert _headers(kernel, source)["storage_class"] == "IA"


def test_an_upload_that_runs(sandbox: Sandbox, kernel: Kernel, source: Path, tmp_path: Path) -> None:
    """Speed, width, retries and force count at once for what runs; everything else is told by its name."""
    sandbox.rate_bytes_per_second = 10 * PART
    first = kernel.upload(source, retries=2, **FIRST)
    until(lambda: sent_parts(sandbox), "a part has arrived")
    with ThreadPoolExecutor(1) as pool:
        again = kernel.upload(
            source, lane=ExecutorLane(pool), executor=pool, limit="50MiB/s", parallel=2, retries=7, force=True,
            part_size="1MiB", prove="all", checkpoint_dir=str(tmp_path / "elsewhere"), **THEN,
        )  # fmt: skip
        assert again is first
        assert (first.limit, first.parallel, coordinator_of(first).spec.policy.attempts) == (50 * 2**20, 2, 8)
        assert coordinator_of(first).spec.force
        (note,) = first.snapshot().notes
        for name in ("content_type", "metadata", "acl", "part_size", "executor", "checkpoint_dir", "prove"):
            assert name in note
        assert "abort it and run it again" in note
        sandbox.rate_bytes_per_second = None
        first.result(LONG_SECONDS)
    assert not (tmp_path / "elsewhere").exists()
    assert _headers(kernel, source)["content_type"] == "text/csv"


def test_what_was_set_by_hand_stays(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """The same cell again, without a limit, leaves one that was set since; with one, it counts."""
    transfer = _paused(sandbox, kernel, source)
    transfer.set_limit(50 * 2**20)
    transfer.set_parallel(3)
    sandbox.rate_bytes_per_second = 10 * PART
    kernel.upload(source)
    assert (transfer.limit, transfer.parallel) == (50 * 2**20, 3)
    kernel.upload(source, limit="none", parallel=1)
    assert (transfer.limit, transfer.parallel) == (None, 1)
    sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)


def test_a_checkpoint_stays_where_it_is(sandbox: Sandbox, kernel: Kernel, source: Path, tmp_path: Path) -> None:
    """Another checkpoint_dir for a paused upload would lose its parts, so the place stays, and that is said."""
    _paused(sandbox, kernel, source)
    transfer = kernel.upload(source, checkpoint_dir=str(tmp_path / "elsewhere"))
    transfer.result(LONG_SECONDS)
    assert "checkpoint_dir does not move it" in _notes(transfer)
    assert not repeated(sent_parts(sandbox))


def _acl_at_complete(sandbox: Sandbox) -> str:
    (complete,) = (one for one in sandbox.requests if one.operation == "CompleteMultipartUpload")
    return complete.headers["x-oss-object-acl"]


def _with_other_options(sandbox: Sandbox, kernel: Kernel, source: Path) -> Transfer:
    """A paused upload that was run again with options that do not count for it, and was told so."""
    _paused(sandbox, kernel, source, **FIRST)
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source, **THEN)
    until(lambda: "other options" in _notes(transfer), "it is told")
    return transfer


@pytest.mark.parametrize("keep_parts", [False, True])
@pytest.mark.parametrize("pause_first", [False, True])
def test_a_note_goes_with_what_it_is_about(
    sandbox: Sandbox, kernel: Kernel, source: Path, keep_parts: bool, pause_first: bool
) -> None:
    """Of an upload that was given up nobody has to know how it would have gone on."""
    transfer = _with_other_options(sandbox, kernel, source)
    if pause_first:
        transfer.pause()
        reach(transfer, State.PAUSED)
    transfer.abort(keep_parts=keep_parts)
    reach(transfer, State.ABORTED)
    assert "options" not in _notes(transfer)  # a part may have been found that had been on the wire


def test_a_note_about_what_came_too_late_goes_with_an_abort(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """So does the advice to abort an upload, once that has been done."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source, **FIRST)
    until(lambda: sent_parts(sandbox), "a part has arrived")
    assert kernel.upload(source, **THEN) is transfer
    assert "abort it" in _notes(transfer)
    transfer.abort()
    reach(transfer, State.ABORTED)
    assert not transfer.snapshot().notes


def test_a_note_goes_when_the_options_are_those_again(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """Asked for as it was begun, or forced to begin anew, an upload no longer says that other options do not count."""
    transfer = _with_other_options(sandbox, kernel, source)
    transfer.pause()
    reach(transfer, State.PAUSED)
    assert "other options" in _notes(transfer)
    kernel.upload(source, **FIRST)
    until(lambda: transfer.snapshot().parts_done > 0, "it goes on")
    assert "options" not in _notes(transfer)  # a part may have been found that had been on the wire
