"""Writing through the engine: each object is an upload like any other, with its parts, its proof and its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import TransferStateError
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.target import Target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.remote.paths import as_of_files
from oss_jupyter.remote.place import Place


def put_file(
    place: Place, source: Path, target: Target, *, replace: bool = True, told: Callable[[Snapshot], None] | None = None
) -> None:
    """Upload a file and wait. One that is interrupted keeps its place, and goes on when it is asked for again."""
    _finish(_begin(place, source, target, replace=replace, on_progress=told), target)


def put_written(place: Place, source: Path, target: Target, *, replace: bool = True) -> None:
    """Upload a file that was written for this alone. Where that fails nothing of it stays behind."""
    transfer = _begin(place, source, target, replace=replace, force=True)
    try:
        _finish(transfer, target)
    except BaseException:
        _give_up(transfer)
        raise
    finally:
        place.session.manager.forget(lambda known: known is transfer)


def _begin(place: Place, source: Path, target: Target, *, replace: bool, **more: Any) -> Transfer:
    given = {**place.given, **more, **({} if replace else {"forbid_overwrite": True, "force": True})}
    return place.session.upload(str(source), str(target), UploadArguments.of(**given))


def _finish(transfer: Transfer, target: Target) -> None:
    with as_of_files(f"{target.bucket}/{target.key}"):
        transfer.result()


def _give_up(transfer: Transfer) -> None:
    try:
        transfer.abort()
    except TransferStateError:  # it is over
        return
    transfer.wait()
