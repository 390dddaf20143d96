"""Writing through the engine: each object is an upload like any other, with its parts, its proof and its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import TransferStateError
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.target import Target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.remote.paths import as_of_files
from oss_jupyter.remote.place import Place
from oss_jupyter.session.open_spool import OpenSpool, open_spool

# What lists call the source of what a program wrote.
_LABEL = 'open("wb")'
# A disk that takes longer to write one line into the history has it in another order.
_TOLD_SECONDS = 2.0


def put_file(
    place: Place, source: Path, target: Target, *, replace: bool = True, told: Callable[[Snapshot], None] | None = None
) -> None:
    """Upload a file and wait. One that is interrupted keeps its place, and goes on when it is asked for again."""
    _finish(_begin(place, source, target, replace=replace, on_progress=told), target)


def put_files(place: Place, bucket: str, keys: Mapping[str, str], told: Callable[[int], object]) -> None:
    """Upload files as one dataset and wait. keys: by path. told: how many files are dealt with.

    Each file is sent, whatever is there. Raises FilesFailed where some could not be.
    """

    def progress(now: Snapshot) -> None:
        if now.files is not None:
            told(now.files.done)

    given = _arguments(place, compare="none", on_progress=progress)
    transfer = place.session.upload(keys, f"oss://{bucket}/", given)
    with as_of_files(bucket):
        receipt = transfer.result()
    assert isinstance(receipt, DatasetReceipt)
    receipt.raise_for_failed()
    told(receipt.total)


def spool_for(place: Place, target: Target, *, replace: bool = True) -> OpenSpool:
    """Return the file of this computer into which an object is written before it is sent."""
    return open_spool(place.session.spooling, _LABEL, str(target), _arguments(place, replace=replace, force=True))


def put_written(place: Place, spool: OpenSpool, target: Target) -> None:
    """Upload what was written, and wait. Where that fails nothing of it stays behind.

    A killed kernel leaves its spool with its checkpoint: all of the object, to be resumed or aborted like any upload.
    """
    try:
        transfer = spool.upload()
        try:
            _finish(transfer, target)
        except BaseException:
            place.session.manager.wait_until_told(_TOLD_SECONDS)  # the history has the failure before the abort
            _give_up(transfer)
            raise
        finally:
            place.session.manager.forget(lambda known: known is transfer)
    finally:
        spool.discard()


def _begin(place: Place, source: Path, target: Target, *, replace: bool, **more: Any) -> Transfer:
    return place.session.upload(str(source), str(target), _arguments(place, replace=replace, **more))


def _arguments(place: Place, *, replace: bool = True, **more: Any) -> UploadArguments:
    """Return what is asked of an upload. Whoever writes waits for it, so it ends with its process."""
    given = {**place.given, "detach": False, **more}
    given |= {} if replace else {"forbid_overwrite": True, "force": True}
    return UploadArguments.of(**given)


def _finish(transfer: Transfer, target: Target) -> None:
    with as_of_files(f"{target.bucket}/{target.key}"):
        transfer.result()


def _give_up(transfer: Transfer) -> None:
    try:
        transfer.abort()
    except TransferStateError:  # it is over
        return
    transfer.wait()
