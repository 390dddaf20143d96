"""Datasets on executors that users bring: small files are tasks, and no dead or blind worker spoils them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import ExecutorFailed, FilesFailed
from oss_jupyter.model.small_files import SignedFiles
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox

from ..kit import until
from .conftest import KEYS, House

LONG = 60.0
MIB = 1024 * 1024
Folder = Callable[..., dict[str, bytes]]


@pytest.fixture
def house(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Iterator[House]:
    """One without a helper, unless asked for: most of this does not depend on who looks through the folder."""
    made = House(sandbox, tmp_path / "checkpoints", helper=getattr(request, "param", "never"))
    yield made
    made.session.manager.pause_all(10.0)
    made.session.wiring.streaming_lane().close()


class Recorder(Executor):
    """Threads that are none of ours; it keeps what was handed to it, and loses the first tasks of files."""

    def __init__(self, lost: int = 0) -> None:
        self.blocks: list[SignedFiles] = []
        self._pool = ThreadPoolExecutor(4)
        self._lost = lost

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **_named: Any) -> Future[Any]:
        """Take one job, or lose it."""
        blocks = [one for one in arguments if isinstance(one, SignedFiles)]
        self.blocks += blocks
        if blocks and len(self.blocks) <= self._lost:
            future: Future[Any] = Future()
            future.set_exception(ConnectionError("a worker died at tcp://127.0.0.1:1"))
            return future
        return self._pool.submit(work, *arguments)


@contextmanager
def processes() -> Iterator[Any]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@contextmanager
def threads() -> Iterator[Any]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.mark.parametrize("executor", [threads, processes])
def test_small_files_and_parts_of_large_ones_go_where_the_executor_runs(
    house: House, folder: Folder, tmp_path: Path, executor: Callable[[], Any]
) -> None:
    """All arrives, receipts are whole, and a second run reads and sends nothing."""
    contents = folder(150)
    large = os.urandom(3 * MIB + 5)
    (tmp_path / "data" / "large.bin").write_bytes(large)
    with executor() as given:
        receipt = house.upload(tmp_path / "data", executor=given, part_size="1MiB").result(LONG)
        assert (receipt.sent, receipt.failed) == (151, 0)
        assert house.there() == {**contents, "large.bin": large}
        house.operations()
        again = house.upload(tmp_path / "data", executor=given, part_size="1MiB").result(LONG)
    assert (again.sent, again.skipped) == (0, 151)
    assert "PutObject" not in house.operations()


def test_what_goes_to_a_worker_holds_no_key(house: House, folder: Folder, tmp_path: Path) -> None:
    """A task is some files with a signed request each; it is never more than 48 of them, and no repr shows a URL."""
    contents = folder(200)
    executor = Recorder()
    assert house.upload(tmp_path / "data", executor=executor).result(LONG).sent == len(contents)
    sizes = [len(block.files) for block in executor.blocks]
    assert sum(sizes) == len(contents)
    assert max(sizes) <= 48
    assert KEYS[1] not in repr(executor.blocks)
    assert "Signature" not in repr(executor.blocks)
    assert not [signed for block in executor.blocks for _, signed in block.files if KEYS[1] in signed.url]
    assert house.there() == contents


@pytest.mark.parametrize("lost", [1, 4])
def test_tasks_that_are_lost_are_sent_again(house: House, folder: Folder, tmp_path: Path, lost: int) -> None:
    """Their files go again, a note says why, and no text of the executor is shown."""
    contents = folder(60)
    transfer = house.upload(tmp_path / "data", executor=Recorder(lost), parallel=2)
    assert transfer.result(LONG).sent == len(contents)
    assert house.there() == contents
    notes = " ".join(transfer.snapshot().notes)
    assert "sent again" in notes
    assert "127.0.0.1:1" not in notes


def test_a_refused_file_fails_alone_and_is_tried_again_alone(house: House, folder: Folder, tmp_path: Path) -> None:
    """On an executor, too, one bad file stops no other, and resume takes only that one."""
    contents = folder(60)
    house.sandbox.faults.add(Fault("PutObject", key="raw/f0004.bin", times=None, code="InvalidArgument", status=400))
    with threads() as pool:
        transfer = house.upload(tmp_path / "data", executor=pool)
        receipt = transfer.result(LONG)
        assert (transfer.state, receipt.failed, receipt.sent) == (State.COMPLETED_WITH_ERRORS, 1, 59)
        house.sandbox.faults.clear()
        house.operations()
        transfer.resume()
        assert transfer.result(LONG).sent == 1
    assert Counter(house.operations())["PutObject"] == 1
    assert house.there() == contents


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs a path that differs between processes")
def test_a_worker_that_does_not_see_a_file_is_named_with_the_path(
    house: House, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which worker it is, which file, and what to do, are in the failure; the files are sent once it is mended."""
    contents = folder(4)
    monkeypatch.chdir(tmp_path)
    elsewhere = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=elsewhere, initializer=os.chdir, initargs=("/",)) as pool:
        pid = pool.submit(os.getpid).result(LONG)
        transfer = house.upload("/proc/self/cwd/data", executor=pool)
        receipt = transfer.result(LONG)
    assert receipt.failed == len(transfer.failures) == len(contents)
    for failure in transfer.failures:
        assert f"/proc/self/cwd/data/{failure.key.removeprefix('raw/')}" in failure.reason
        assert f"process {pid} on {socket.gethostname()}" in failure.reason
    with pytest.raises(FilesFailed):
        receipt.raise_for_failed()
    assert house.upload("/proc/self/cwd/data").result(LONG).sent == len(contents)


def test_an_executor_that_is_dead_ends_the_job_with_its_name(house: House, folder: Folder, tmp_path: Path) -> None:
    """Where no worker is left it is one error of all files, and a new executor carries on."""
    contents = folder(120)
    house.sandbox.latency_seconds = 0.05
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        pid = pool.submit(os.getpid).result(LONG)  # before files queue up
        transfer = house.upload(tmp_path / "data", executor=pool)
        until(lambda: any(one.operation == "PutObject" for one in house.sandbox.requests), "files are on their way")
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ExecutorFailed, match="ProcessPoolExecutor"):
            transfer.result(LONG)
    house.sandbox.latency_seconds = 0.0
    with processes() as pool:
        house.upload(tmp_path / "data", executor=pool).result(LONG)
    assert house.there() == contents


@contextmanager
def cluster() -> Iterator[Any]:
    """A scheduler and two worker processes of Dask."""
    import dask
    from distributed import LocalCluster

    quiet = {"distributed.admin.tick.interval": "500ms"}
    with (
        dask.config.set(quiet),
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=2, processes=True, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as running,
    ):
        yield running


@pytest.mark.parametrize("house", ["always"], indirect=True)
def test_a_worker_of_a_cluster_that_is_killed_costs_its_tasks(house: House, folder: Folder, tmp_path: Path) -> None:
    """Everything is there, byte for byte; sent again is no more than the tasks and parts of the one that died."""
    contents = folder(300)
    large = os.urandom(8 * MIB + 5)
    (tmp_path / "data" / "large.bin").write_bytes(large)
    house.sandbox.latency_seconds = 0.03
    with cluster() as running, running.get_client() as client:
        transfer = house.upload(tmp_path / "data", executor=client.get_executor(), part_size="1MiB", parallel=4)
        until(lambda: sum(one.operation == "PutObject" for one in house.sandbox.requests) > 60, "files are there")
        victim = next(iter(running.workers.values()))
        os.kill(victim.pid, signal.SIGKILL)
        receipt = transfer.result(LONG)
    assert (receipt.sent, receipt.failed) == (301, 0)
    assert house.there() == {**contents, "large.bin": large}
    took = [one for one in house.sandbox.requests if one.status == 200]
    files = Counter(one.key for one in took if one.operation == "PutObject")
    parts = Counter((one.key, one.part_number) for one in took if one.operation == "UploadPart")
    # It had two threads, and no more than four tasks were out.
    assert sum(times - 1 for times in files.values()) <= 4 * 48
    assert sum(times - 1 for times in parts.values()) <= 4
