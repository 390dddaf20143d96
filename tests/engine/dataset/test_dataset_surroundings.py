"""Datasets where the computer, the line or the folder is not as it should be: its clock, its disk, its descriptors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.states import State
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.sandbox import Key, Sandbox

from ...hostile.answers import ANSWERS
from ...hostile.stub import Stub, Trap
from ..kit import until
from .conftest import KEYS, RAW, House

LONG = 90.0
HOUR = 3600.0
TOKENS = (("sts-1", "secret-1", "token-1"), ("sts-2", "secret-2", "token-2"))
Folder = Callable[..., dict[str, bytes]]


def refused(sandbox: Sandbox) -> int:
    """How many files were refused."""
    return sum(one.operation == "PutObject" and one.status == 403 for one in sandbox.requests)


def sent(transfer: Any, least: int) -> bool:
    """Whether so many files are there."""
    files = transfer.snapshot().files
    return files is not None and files.sent >= least


@pytest.mark.parametrize("helper", ["always", "never"])
@pytest.mark.parametrize(("hours", "after"), [(2, 0), (-30, 0), (-5, 30), (3, 30)])
def test_a_clock_that_is_hours_off_costs_few_files_a_second_try(
    folder: Folder, tmp_path: Path, helper: str, hours: int, after: int
) -> None:
    """Who sends small files learns the service's time as soon as anybody has, from the start and after a jump."""
    contents = folder(200)
    off = [0.0 if after else hours * HOUR]
    with Sandbox(tmp_path / "far", keys=[Key(*KEYS)], clock=lambda: time.time() + off[0]) as sandbox:
        sandbox.create_bucket("test-bucket")
        sandbox.latency_seconds = 0.05
        house = House(sandbox, tmp_path / "checkpoints", helper=helper)
        transfer = house.upload(tmp_path / "data", parallel=4)
        if after:
            until(lambda: sent(transfer, after), "some files are there")
            off[0] = hours * HOUR
        assert transfer.result(LONG).sent == len(contents)
        assert refused(sandbox) <= 60
        assert [note for note in transfer.snapshot().notes if f"{abs(hours) * 60:,} minutes" in note]
        house.session.wiring.streaming_lane().close()


def test_a_token_that_expires_midway_costs_few_files_a_second_try(house: House, folder: Folder, tmp_path: Path) -> None:
    """The job says that it waits, and why; when the provider has another token, all files are signed with that."""
    contents = folder(300)
    current = [TOKENS[0]]
    for token in TOKENS:
        house.sandbox.keys.put(Key(*token))
    house.sandbox.latency_seconds = 0.02
    arguments = UploadArguments.of(credentials=lambda: current[0], parallel=4)
    transfer = house.session.upload(tmp_path / "data", RAW, arguments)
    until(lambda: sent(transfer, 30), "some files are there")
    house.sandbox.keys.put(Key(*TOKENS[0], expires_at=time.time() - 1))
    until(lambda: transfer.state is State.WAITING_FOR_CREDENTIALS, "it waits")
    assert any("Waiting for new credentials" in note for note in transfer.snapshot().notes)
    current[0] = TOKENS[1]
    receipt: Any = transfer.result(LONG)
    assert receipt.sent == len(contents)
    assert refused(house.sandbox) <= 60


_LITTLE = """
import resource, signal, sys
import oss_jupyter as oj

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(getattr(resource, sys.argv[4]), (int(sys.argv[5]), int(sys.argv[6])))
transfer = oj.upload(sys.argv[1], "oss://test-bucket/raw/", endpoint=sys.argv[2], region="cn-hangzhou", parallel=4,
    part_size="1MiB", checkpoint_dir=sys.argv[3], credentials=("test-key-id", "test-key-secret"))
transfer.wait()
print(transfer.state, type(transfer.error).__name__, transfer.error.safe if transfer.error else "")
"""


def with_little(house: House, folder: Path, limit: str, soft: int, hard: int) -> str:
    """Upload it in a kernel of its own that has little of something; return what came of it."""
    command = [sys.executable, "-c", _LITTLE, str(folder), house.sandbox.endpoint, str(house.checkpoints), limit]
    done = subprocess.run(
        [*command, str(soft), str(hard)], capture_output=True, text=True, timeout=LONG, check=True,
        env={**os.environ, "OSS_JUPYTER_STATE_DIR": str(house.checkpoints)},
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("house", ["threads"], indirect=True)
def test_a_disk_that_is_full_ends_the_job_and_the_next_sends_the_rest(
    house: House, folder: Folder, tmp_path: Path
) -> None:
    """What was written down stays readable; what is there beside that is found by the list."""
    contents = folder(300)
    said = with_little(house, tmp_path / "data", "RLIMIT_FSIZE", 9_000, -1)
    assert said.startswith("failed CheckpointNotWritable")
    assert "files are in OSS; resume sends the rest." in said
    receipt = house.upload(tmp_path / "data").result(LONG)
    assert receipt.failed == 0
    assert receipt.kept > 20
    puts = Counter(one.key for one in house.sandbox.requests if one.operation == "PutObject" and one.status == 200)
    assert set(puts.values()) == {1}
    assert house.there() == contents


@pytest.mark.parametrize("house", ["threads"], indirect=True)
def test_few_descriptors_are_enough_for_a_dataset(house: House, folder: Folder, tmp_path: Path) -> None:
    """With 40 in all, small and large files arrive, whatever each of them opens."""
    contents = folder(300)
    for number in range(4):
        contents[f"large{number}.bin"] = os.urandom(3 * 1024 * 1024)
        (tmp_path / "data" / f"large{number}.bin").write_bytes(contents[f"large{number}.bin"])
    assert with_little(house, tmp_path / "data", "RLIMIT_NOFILE", 40, 40).startswith("completed NoneType")
    assert house.there() == contents


def _becomes_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _becomes_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _becomes_a_dead_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/at/all")


def test_files_that_become_something_else_stop_no_other(house: House, folder: Folder, tmp_path: Path) -> None:
    """Gone, a folder, a pipe, a dead link, or a whole folder gone, after the scan and before their turn."""
    contents = folder(400)
    house.sandbox.latency_seconds = 0.05
    transfer = house.upload(tmp_path / "data", parallel=2)
    until(lambda: (files := transfer.snapshot().files) and not files.scanning and files.sent, "all files are known")
    names = sorted(key for key in contents if key.startswith("d1/"))
    kinds: tuple[Callable[[Path], None], ...] = (Path.unlink, _becomes_a_folder, _becomes_a_pipe, _becomes_a_dead_link)
    for name, become in zip(names, kinds * 3, strict=False):
        become(tmp_path / "data" / name)
    shutil.rmtree(tmp_path / "data" / "d2")
    house.sandbox.latency_seconds = 0.0
    receipt = transfer.result(LONG)
    bad = {*names[:12], *(key for key in contents if key.startswith("d2/"))}
    assert {one.key.removeprefix("raw/") for one in receipt.files() if one.outcome == "failed"} == bad
    assert house.there() == {key: content for key, content in contents.items() if key not in bad}


@pytest.mark.parametrize("answer", ["login page", "nothing"])
def test_a_line_that_answers_in_the_services_place_for_a_while_costs_no_file(
    folder: Folder, tmp_path: Path, answer: str
) -> None:
    """A login page in the middle: what is called sent is there, and all files are once it has gone."""
    contents = folder(120)
    row = ANSWERS[answer]
    # For twelve files in a row it would end the job, and who answers whom first is nobody's choice.
    with Stub(Trap("PutObject", row.make, row.done, 11, skip=40)) as stub:
        house = House(stub, tmp_path / "checkpoints", helper="always")  # type: ignore[arg-type]
        assert house.upload(tmp_path / "data", force=True).result(LONG).sent == len(contents)
        assert {key: stub.objects[f"raw/{key}"] for key in contents} == contents
        house.session.wiring.streaming_lane().close()


def test_a_line_that_always_answers_in_the_services_place_ends_the_job(folder: Folder, tmp_path: Path) -> None:
    """It is one error, soon, and not one for each file."""
    folder(120)
    row = ANSWERS["login page"]
    with Stub(Trap("PutObject", row.make, row.done, None, skip=40)) as stub:
        house = House(stub, tmp_path / "checkpoints", helper="always")  # type: ignore[arg-type]
        transfer = house.upload(tmp_path / "data", force=True)
        with pytest.raises(OssJupyterError) as caught:
            transfer.result(LONG)
        assert (transfer.state, caught.value.code) == (State.FAILED, "NotOss")
        assert "40 files are in OSS" in caught.value.safe
        house.session.wiring.streaming_lane().close()


def test_files_whose_content_a_gateway_does_not_let_through_stop_no_other(folder: Folder, tmp_path: Path) -> None:
    """Something on the way answers for seven of them with a page of its own, however often they are tried."""
    contents = folder(120)
    row = ANSWERS["login page"]
    bad = sorted(contents)[3:10]
    with Stub(Trap("PutObject", row.make, row.done, keys=tuple(f"raw/{key}" for key in bad))) as stub:
        house = House(stub, tmp_path / "checkpoints", helper="always")  # type: ignore[arg-type]
        transfer = house.upload(tmp_path / "data", force=True)
        receipt = transfer.result(LONG)
        assert (receipt.sent, receipt.failed) == (113, 7)
        assert {(one.key, one.code) for one in transfer.failures} == {(f"raw/{key}", "NotOss") for key in bad}
        house.session.wiring.streaming_lane().close()
