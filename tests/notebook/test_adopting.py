"""An upload whose checkpoint is lost goes on where its cell is run again."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import InputError
from oss_jupyter.sandbox import Fault, Sandbox

from ..engine.unrecorded import ids, let_age
from .conftest import MIB, Shell
from .kernels import Kernel

PARTS = 64
BEGIN = (
    "%load_ext oss_jupyter\n"
    "%oss_upload trips.bin oss://test-bucket/lost.bin --part-size 1MiB --parallel 4\n"
    "import time, oss_jupyter as oj\n"
    "while oj.transfers()[0].snapshot().parts_done < 32: time.sleep(0.02)"
)
AGAIN = "%load_ext oss_jupyter\n%oss_upload trips.bin oss://test-bucket/lost.bin --part-size 1MiB --wait"


@pytest.fixture
def lost(service: Sandbox, place: Path, new_kernel: Callable[..., Kernel], tmp_path: Path) -> set[int]:
    """Kill a kernel amid 64 parts, lose all of its state, and return the numbers of the parts that are in OSS."""
    (place / "trips.bin").write_bytes(random.Random(3).randbytes(PARTS * MIB - 777))
    service.rate_bytes_per_second = 10 * MIB
    kernel = new_kernel()
    assert kernel.run(BEGIN).error is None
    kernel.kill()
    while service.active_requests:  # its helper goes with it
        time.sleep(0.05)
    service.rate_bytes_per_second = None
    shutil.rmtree(tmp_path / "state")
    service.clear_requests()
    (upload_id,) = ids(service)
    return {part.number for part in service.parts("test-bucket", "lost.bin", upload_id)}


def sent(service: Sandbox) -> set[int]:
    """Return the numbers of the parts that were sent since."""
    return {int(one.part_number or 0) for one in service.requests if one.operation == "UploadPart"}


def test_a_new_kernel_sends_only_what_is_not_there(
    service: Sandbox, place: Path, lost: set[int], new_kernel: Callable[..., Kernel]
) -> None:
    """The same line in another kernel, which knows nothing: it keeps what is in OSS, and says so."""
    let_age(service)
    cell = new_kernel().run(AGAIN)
    assert cell.error is None
    assert 32 <= len(lost) < PARTS
    assert sent(service) == set(range(1, PARTS + 1)) - lost
    assert service.object_path("test-bucket", "lost.bin").read_bytes() == (place / "trips.bin").read_bytes()
    assert ids(service) == set()
    assert f"{len(lost)} of 64 parts, the last one 1 h ago), and it goes on" in str(cell.bundles)


def test_a_fresh_one_goes_on_when_it_is_told(
    service: Sandbox, place: Path, lost: set[int], new_kernel: Callable[..., Kernel]
) -> None:
    """The line says what to add where a part came a moment ago; with that, what was begun meanwhile is given up."""
    for number in lost:  # for good: what was sent once more would count as sent
        service.faults.add(Fault("UploadPart", part_number=number, kind="stall", times=None))
    kernel = new_kernel()
    told = kernel.run(
        f"{AGAIN.removesuffix(' --wait')}\n"
        "import time, oss_jupyter as oj\n"
        "while not oj.transfers()[0].snapshot().upload_id: time.sleep(0.02)\n"
        "print(oj.transfers()[0].snapshot().notes)"
    )
    assert told.error is None
    assert "run it again with --adopt" in told.text
    assert len(ids(service)) == 2
    said = kernel.run(f"{AGAIN.splitlines()[1]} --adopt\nprint('kept', oj.transfers()[0].result().kept_bytes)")
    assert said.error is None
    assert f"kept {len(lost) * MIB}\n" in said.text
    assert service.object_path("test-bucket", "lost.bin").read_bytes() == (place / "trips.bin").read_bytes()
    assert ids(service) == set()


def test_an_object_goes_on_as_well(
    service: Sandbox, shell: Shell, new_shell: Callable[..., Shell], tmp_path: Path
) -> None:
    """What the notebook makes once more is written once more, and has the parts of what was lost."""
    make = "import random; blob = random.Random(1).randbytes(1024 * 1024)"
    line = "%oss_upload blob oss://test-bucket/blob.bin --part-size 128KiB"
    service.faults.add(Fault("UploadPart", part_number=7, kind="stall", times=None))
    shell.ok(f"{make}\n{line} --parallel 1")
    (transfer,) = oj.transfers()
    while transfer.snapshot().parts_done < 6:
        assert not transfer.wait(0.02)
    transfer.pause()
    transfer.wait(60)
    shutil.rmtree(tmp_path / "state")
    service.faults.clear()
    service.clear_requests()
    let_age(service)
    after = new_shell()
    after.ok(f"%load_ext oss_jupyter\n{make}\n{line} --wait")
    assert sent(service) == {7, 8}
    assert ids(service) == set()


def test_a_dataset_looks_for_none(service: Sandbox, shell: Shell, place: Path) -> None:
    """Its files ask for no list, and who wants that is told."""
    (place / "folder").mkdir()
    (place / "folder" / "large.bin").write_bytes(bytes(9 * MIB))
    with pytest.raises(InputError, match="single file"):
        oj.upload(place / "folder", "oss://test-bucket/f/", adopt=True)
    shell.ok("%oss_upload folder oss://test-bucket/f/ --wait")
    asked = [one.operation for one in service.requests]
    assert "InitiateMultipartUpload" in asked
    assert "ListMultipartUploads" not in asked
