"""The receipts of datasets that have finished: where they lie, and how many are kept."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.local.files import check_own
from oss_jupyter.local.suffixes import RECEIPTS

KEPT_MOST = 200
KEPT_MOST_BYTES = 512 * 1024 * 1024


def keep(files_path: Path, receipts_path: Path) -> None:
    """Make the journal of a dataset's files its receipts, where there is one, and remove the oldest others.

    Raises CheckpointForeign, OSError.
    """
    with suppress(FileNotFoundError):
        check_own(receipts_path)
    with suppress(FileNotFoundError):
        check_own(files_path)
        files_path.replace(receipts_path)
        prune(receipts_path.parent, receipts_path)


def prune(directory: Path, newest: Path, most: int = KEPT_MOST, most_bytes: int = KEPT_MOST_BYTES) -> None:
    """Remove the oldest receipts beyond so many and so many bytes, not `newest` nor another user's. Raises nothing."""
    found = []
    with suppress(OSError):
        for path in directory.iterdir():
            if path.suffix == RECEIPTS:
                with suppress(OSError, CheckpointForeign):
                    check_own(path)
                    status = path.lstat()
                    found.append((path == newest, status.st_mtime_ns, status.st_size, path))
    taken_bytes = 0
    for number, (is_mine, _, size_bytes, path) in enumerate(sorted(found, reverse=True), 1):
        taken_bytes += size_bytes
        if not is_mine and (number > most or taken_bytes > most_bytes):
            with suppress(OSError):
                path.unlink()
