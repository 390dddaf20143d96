"""Part of a dataset that the service will not have, or not now: the rest goes up, and what may pass is waited for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault

from .conftest import House

MIB = 1024 * 1024
LONG = 90.0
Folder = Callable[..., dict[str, bytes]]


def deny(house: House, keys: Iterable[str], operation: str = "PutObject") -> None:
    """Let a policy refuse these keys below the prefix."""
    for key in keys:
        fault = Fault(operation, key=f"raw/{key}", times=None, code="AccessDenied", status=403)
        house.sandbox.faults.add(fault)


def asked(house: House, *operations: str) -> int:
    """How many requests of these kinds were refused."""
    return sum(one.operation in operations and one.status == 403 for one in house.sandbox.requests)


@pytest.mark.parametrize("fault", [Fault(code="SlowDown", status=503), Fault(code="InternalError", status=500)])
def test_a_burst_of_a_busy_service_costs_no_file(house: House, folder: Folder, tmp_path: Path, fault: Fault) -> None:
    """However many tries it takes away, all files are there in the end, and one note says why it took longer."""
    contents = folder(120)
    (tmp_path / "data" / "large.bin").write_bytes(os.urandom(2 * MIB))
    busy = {"code": fault.code, "status": fault.status}
    house.sandbox.faults.add(
        Fault("PutObject", skip=20, times=40, **busy),  # type: ignore[arg-type]
        Fault("InitiateMultipartUpload", times=4, **busy),  # type: ignore[arg-type]
        Fault("UploadPart", times=4, **busy),  # type: ignore[arg-type]
    )
    transfer = house.upload(tmp_path / "data", part_size="1MiB")
    receipt = transfer.result(LONG)
    assert (receipt.sent, receipt.failed) == (len(contents) + 1, 0)
    assert contents.items() <= house.there().items()
    assert len([note for note in transfer.snapshot().notes if "tried again" in note]) == 1


def test_a_service_that_is_busy_from_the_first_request_on_is_given_up(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """Where nothing was ever sent, the job ends with the service's words, and not with a failure for each file."""
    folder(40)
    house.sandbox.faults.add(Fault("PutObject", code="ServiceUnavailable", status=503, times=None))
    transfer = house.upload(tmp_path / "data")
    with pytest.raises(OssJupyterError) as caught:
        transfer.result(LONG)
    assert transfer.state is State.FAILED
    assert caught.value.code == "ServiceUnavailable"


@pytest.mark.parametrize("code", ["InternalError", "drop_body"])
def test_files_that_fail_again_and_again_stop_no_other(house: House, folder: Folder, tmp_path: Path, code: str) -> None:
    """More of them than the lane bears at once, by the service or by a line that cuts their content off."""
    contents = folder(120)
    bad = sorted(contents)[3:10]
    for key in bad:
        fault = Fault("PutObject", key=f"raw/{key}", times=None, code=code, status=500)
        cut = Fault("PutObject", "drop_body", key=f"raw/{key}", times=None, after_bytes=1_000)
        house.sandbox.faults.add(cut if code == "drop_body" else fault)
    transfer = house.upload(tmp_path / "data")
    receipt = transfer.result(LONG)
    assert (receipt.sent, receipt.failed) == (113, 7)
    assert {one.key for one in transfer.failures} == {f"raw/{key}" for key in bad}


def test_a_folder_that_is_denied_stops_no_other(house: House, folder: Folder, tmp_path: Path) -> None:
    """Its files are first in the order of keys, and many; each is told of, and all others go up."""
    contents = folder(200)
    denied = [key for key in contents if key.startswith("d0/")]
    deny(house, denied)
    transfer = house.upload(tmp_path / "data")
    receipt = transfer.result(LONG)
    assert (receipt.sent, receipt.failed) == (len(contents) - len(denied), len(denied))
    assert {one.key for one in transfer.failures} == {f"raw/{key}" for key in denied}
    assert {one.code for one in transfer.failures} == {"AccessDenied"}


def test_several_folders_that_are_denied_stop_no_other(house: House, folder: Folder, tmp_path: Path) -> None:
    """One is first and one is last, and only what lies between may be written."""
    contents = folder(120)
    denied = [key for key in contents if not key.startswith("d1/")]
    deny(house, denied)
    receipt = house.upload(tmp_path / "data").result(LONG)
    assert (receipt.sent, receipt.failed) == (len(contents) - len(denied), len(denied))


def test_a_denied_folder_of_large_files_stops_no_other(house: House, tmp_path: Path) -> None:
    """Large files are asked for otherwise, and what is said of small ones is true of them."""
    for number in range(64):
        path = tmp_path / "data" / ("a" if number < 56 else "b") / f"{number:02}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(300_000))
    deny(house, [f"a/{number:02}.bin" for number in range(56)], "InitiateMultipartUpload")
    receipt = house.upload(tmp_path / "data", part_size="100KiB").result(LONG)
    assert (receipt.sent, receipt.failed) == (8, 56)
    assert house.sandbox.uploads("test-bucket") == ()


@pytest.mark.parametrize(("flat", "before"), [(True, 0), (False, 0), (False, 100)])
def test_a_refusal_of_all_is_found_out_by_few_requests(house: House, tmp_path: Path, flat: bool, before: int) -> None:
    """Also when it begins in the middle: it is one error, after some files have been tried elsewhere."""
    for number in range(600):
        path = tmp_path / "data" / ("" if flat else f"p={number // 20:02}") / f"{number:03}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % number)
    house.sandbox.faults.add(Fault("PutObject", skip=before, times=None, code="AccessDenied", status=403))
    transfer = house.upload(tmp_path / "data")
    with pytest.raises(OssJupyterError) as caught:
        transfer.result(LONG)
    assert caught.value.code == "AccessDenied"
    assert (f"{before} files are in OSS" if before else "No file has been sent") in caught.value.safe
    assert asked(house, "PutObject") <= 120


def test_a_refusal_of_all_large_files_is_found_out_by_few_requests(house: House, tmp_path: Path) -> None:
    """Those that wait for their turn are not asked for."""
    for number in range(120):
        path = tmp_path / "data" / f"p={number // 4:02}" / f"{number:03}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(120_000))
    house.sandbox.faults.add(Fault("InitiateMultipartUpload", times=None, code="AccessDenied", status=403))
    transfer = house.upload(tmp_path / "data", part_size="100KiB")
    with pytest.raises(OssJupyterError) as caught:
        transfer.result(LONG)
    assert caught.value.code == "AccessDenied"
    assert asked(house, "InitiateMultipartUpload") <= 60
