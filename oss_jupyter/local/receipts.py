"""The receipts of datasets that have finished: where they lie, and how many are kept."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.local.files import check_own
from oss_jupyter.local.suffixes import RECEIPTS

KEPT_MOST = 200
KEPT_MOST_BYTES = 512 * 1024 * 1024


def prune(directory: Path, keep: Path, most: int = KEPT_MOST, most_bytes: int = KEPT_MOST_BYTES) -> None:
    """Remove the oldest receipts beyond so many and so many bytes, never `keep` or somebody else's. Raises nothing."""
    found = []
    with suppress(OSError):
        for path in directory.iterdir():
            if path.suffix == RECEIPTS:
                with suppress(OSError, CheckpointForeign):
                    check_own(path)
                    status = path.lstat()
                    found.append((path == keep, status.st_mtime_ns, status.st_size, path))
    taken_bytes = 0
    for number, (is_mine, _, size_bytes, path) in enumerate(sorted(found, reverse=True), 1):
        taken_bytes += size_bytes
        if not is_mine and (number > most or taken_bytes > most_bytes):
            with suppress(OSError):
                path.unlink()
