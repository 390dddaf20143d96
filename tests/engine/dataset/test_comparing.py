"""A dataset that is there already, wholly or in part: what is asked, what is sent, and what is said."""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import ServiceError
from oss_jupyter.model.compare import Lack
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.sandbox import Fault, Key, Sandbox
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter

from ..kit import BUCKET, KEY

TARGET = f"oss://{BUCKET}/raw/"
LONG_AGO_NS = 1_700_000_000_000_000_000
PUTS = frozenset({"oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"})


class Folder:
    """A folder of small files, and uploads of it that remember what they remember."""

    def __init__(self, path: Path, state: Path, sandbox: Sandbox) -> None:
        self.path = path
        self.state = state
        self.sandbox = sandbox
        self.notes: tuple[str, ...] = ()

    def write(self, name: str, data: bytes, mtime_ns: int = LONG_AGO_NS) -> None:
        """Write a file that nobody has touched for long."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        os.utime(file, ns=(0, mtime_ns))

    def upload(self, **arguments: Any) -> tuple[Counter[str], DatasetReceipt]:
        """Upload it all; return how often what was asked, and the receipt."""
        self.sandbox.clear_requests()
        settings = OssJupyter(region="cn-hangzhou", endpoint=self.sandbox.endpoint, checkpoint_dir=str(self.state))
        session = Session(settings)
        try:
            given = UploadArguments.of(**{"credentials": KEY, "part_size": "100KiB", **arguments})
            transfer = session.upload(str(self.path), TARGET, given)
            receipt = transfer.result()
            self.notes = transfer.snapshot().notes
        finally:
            session.manager.pause_all(5.0)
            session.wiring.streaming_lane().close()
        assert isinstance(receipt, DatasetReceipt)
        return Counter(record.operation for record in self.sandbox.requests), receipt

    def forget(self) -> None:
        """Lose all that this machine remembers."""
        shutil.rmtree(self.state)

    def allow(self, *actions: str) -> None:
        """Let the key do this alone, beside sending."""
        self.sandbox.keys.put(Key(*KEY, permissions=PUTS | {*actions}))

    def check(self) -> None:
        """Every object is its file."""
        for file in self.path.rglob("*"):
            if file.is_file():
                key = "raw/" + file.relative_to(self.path).as_posix()
                assert self.sandbox.object_path(BUCKET, key).read_bytes() == file.read_bytes(), key


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox) -> Iterator[Folder]:
    """Files with odd names, one of them empty, one that goes in parts."""
    made = Folder(tmp_path / "data", tmp_path / "state", sandbox)
    for name in ("a b.csv", "a+b%20c.csv", "é/#?.csv", "e\u0301/\U0001f9ea.csv", "new\nline", "-/--", "é/z/deep.csv"):
        made.write(name, name.encode())
    made.write("empty", b"")
    made.write("large.bin", random.Random(5).randbytes(400_000))
    yield made
    made.check()


def test_what_is_there_is_asked_for_by_the_thousand(tmp_path: Path, sandbox: Sandbox) -> None:
    """A second run over unchanged files costs a list request a thousand and nothing else, with and without memory."""
    folder = Folder(tmp_path / "data", tmp_path / "state", sandbox)
    for number in range(1_200):
        folder.write(f"{number % 40:02}/{number:05}.jpg", b"%d" % number)
    asked, receipt = folder.upload()
    assert (asked, receipt.sent) == ({"ListObjectsV2": 1, "PutObject": 1_200}, 1_200)
    for memory in ("fresh", "older", "none"):
        if memory == "none":
            folder.forget()
        asked, receipt = folder.upload()
        assert (asked, receipt.sent, receipt.skipped) == ({"ListObjectsV2": 2}, 0, 1_200), memory
    folder.write("07/00007.jpg", b"8", LONG_AGO_NS + 1)
    folder.write("08/00008.jpg", b"longer")
    asked, receipt = folder.upload()
    assert (asked, receipt.sent) == ({"ListObjectsV2": 2, "HeadObject": 1, "PutObject": 2}, 2)
    folder.check()


@pytest.mark.parametrize("encryption", [None, "KMS", "SM4"])
def test_what_was_proven_once_costs_no_more_than_the_list(folder: Folder, encryption: str | None) -> None:
    """Without memory, objects of parts and encrypted ones cost a HEAD each; run after run, nothing does."""
    options = {"server_side_encryption": encryption} if encryption else {}
    folder.upload(**options)
    assert folder.upload(**options)[0] == {"ListObjectsV2": 1}
    folder.forget()
    asked, receipt = folder.upload(**options)
    assert asked == {"ListObjectsV2": 1, "HeadObject": 8 if encryption else 1}
    for _ in range(2):
        asked, receipt = folder.upload(**options)
        assert (asked, receipt.sent) == ({"ListObjectsV2": 1}, 0)


def test_a_file_that_was_skipped_by_size_alone_is_read_when_content_counts(folder: Folder) -> None:
    """What the receipts say of the file as it was is not taken for the file that is there now."""
    folder.upload()
    folder.write("a b.csv", b"A B.csv", LONG_AGO_NS + 1)
    folder.write("large.bin", random.Random(6).randbytes(400_000), LONG_AGO_NS + 1)
    asked, receipt = folder.upload(compare="size")
    assert (asked, receipt.sent) == ({"ListObjectsV2": 1}, 0)
    asked, receipt = folder.upload(compare="content")
    assert receipt.sent == 2


def test_where_nothing_may_be_listed_receipts_count(folder: Folder) -> None:
    """What this machine has sent is skipped, the rest is sent, and one note says which permission would save it."""
    folder.allow("oss:GetObject")
    assert folder.upload()[1].sent == 9
    folder.write("é/#?.csv", b"other bytes")
    asked, receipt = folder.upload()
    assert (asked["ListObjectsV2"], receipt.sent, receipt.skipped) == (1, 1, 8)
    assert folder.notes.count(str(Lack.LIST_OBJECTS)) == 1
    assert folder.upload()[1].skipped == 9


def test_where_no_object_may_be_looked_at_receipts_count(folder: Folder) -> None:
    """What the list proves is skipped; of what it does not, this machine's receipts tell."""
    folder.allow("oss:ListObjects")
    folder.upload()
    asked, receipt = folder.upload()
    assert (asked, receipt.sent) == ({"ListObjectsV2": 1}, 0)
    folder.forget()
    asked, receipt = folder.upload()
    assert (receipt.sent, receipt.skipped) == (1, 8)  # that of parts
    assert folder.notes.count(str(Lack.GET_OBJECT)) == 1


def test_where_no_object_may_be_looked_at_that_is_asked_once(tmp_path: Path, sandbox: Sandbox) -> None:
    """A bucket that encrypts by KMS costs no refusal for each file."""
    folder = Folder(tmp_path / "data", tmp_path / "state", sandbox)
    for number in range(300):
        folder.write(f"{number:03}.jpg", b"%d" % number)
    folder.allow("oss:ListObjects")
    folder.upload(server_side_encryption="KMS")
    folder.forget()
    asked, receipt = folder.upload(server_side_encryption="KMS")
    assert (receipt.sent, asked["PutObject"]) == (300, 300)
    assert asked["HeadObject"] < 100  # those that were asked beside each other


def test_an_object_of_which_nothing_is_told_stops_no_other(folder: Folder) -> None:
    """Its file is sent; that HEAD failed for it says nothing of the others, and nothing of permissions."""
    folder.upload(server_side_encryption="KMS")
    folder.forget()
    folder.sandbox.faults.add(Fault("HeadObject", key="raw/a b.csv", code="InternalError", times=None))
    receipt = folder.upload(server_side_encryption="KMS")[1]
    assert (receipt.sent, receipt.skipped) == (1, 8)
    assert not folder.notes


def test_a_bucket_of_another_region_is_no_lack_of_a_permission(folder: Folder) -> None:
    """The refusal that names another endpoint ends the upload before anything is sent."""
    elsewhere = {"Endpoint": "oss-cn-beijing.aliyuncs.com"}
    folder.sandbox.faults.add(Fault("ListObjectsV2", code="AccessDenied", elements=elsewhere, times=None))
    with pytest.raises(ServiceError) as caught:
        folder.upload()
    assert "oss-cn-beijing" in str(caught.value)
    assert not [record for record in folder.sandbox.requests if record.operation == "PutObject"]
    folder.sandbox.faults.clear()
    folder.upload()


@pytest.mark.parametrize(("arguments", "sent"), [({"compare": "none"}, 9), ({"force": True}, 9)])
def test_what_is_sent_in_any_case_asks_for_no_list(folder: Folder, arguments: dict[str, Any], sent: int) -> None:
    """Nothing that is there matters."""
    folder.upload()
    asked, receipt = folder.upload(**arguments)
    assert (asked["ListObjectsV2"], receipt.sent) == (0, sent)
