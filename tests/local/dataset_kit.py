"""What the tests of datasets on the disk have in common."""

from __future__ import annotations

from dataclasses import replace

from oss_jupyter.local.dataset_checkpoint import DatasetCheckpoint
from oss_jupyter.local.dataset_files import FilesJournal
from oss_jupyter.local.dataset_store import DatasetStore
from oss_jupyter.model.dataset import DatasetSource, FileReceipt, Outcome, Piece
from oss_jupyter.model.dataset_record import DatasetHeader
from oss_jupyter.model.target import make_prefix

ID = "k3v9x2qa"
HEADER = DatasetHeader(ID, DatasetSource((Piece("/data/set"),), "data/"), make_prefix("bucket", "raw/"))
MD5 = "9E107D9D372BB6826BD81D3542A419D6"


def receipt(number: int, outcome: Outcome = Outcome.SENT) -> FileReceipt:
    """Return the receipt of one of many files, 24 characters below their folder."""
    name = f"train/{number:014}.jpg"
    return FileReceipt(
        f"/data/set/{name}", f"raw/{name}", 20_480, 1_700_000_000 * 10**9 + number, outcome, MD5, number, MD5, 0.043
    )


def failed(number: int) -> FileReceipt:
    """Return the receipt of one that failed."""
    one = replace(receipt(number, Outcome.FAILED), etag="", md5="", crc64=None, seconds=0)
    return replace(one, code="AccessDenied", reason="You may not.")


def begin(store: DatasetStore, *numbers: int) -> DatasetCheckpoint:
    """Begin a dataset, of which some files are sent."""
    checkpoint, record = store.open(ID)
    assert record is None
    checkpoint.start(HEADER)
    journal = FilesJournal(checkpoint.files_path)
    for number in numbers:
        journal.add(receipt(number))
    journal.close()
    return checkpoint


def left(store: DatasetStore) -> set[str]:
    """Return the names in its directory."""
    return {path.name for path in store.directory.iterdir()}
