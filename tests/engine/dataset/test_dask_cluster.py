"""A table of Dask on a cluster: whoever computes a partition sends it, and the kernel has none of its bytes."""

from __future__ import annotations

import importlib
import os
import pickle
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.cluster_lane import at_held
from oss_jupyter.errors import SourceChanged
from oss_jupyter.local.held_file import hold
from oss_jupyter.local.read_again import read_again
from oss_jupyter.model.wire_values import RangeRequest
from oss_jupyter.sandbox import Sandbox

from ..kit import until
from .conftest import House

dask, pd, dd, distributed = map(importlib.import_module, ("dask", "pandas", "dask.dataframe", "distributed"))
LONG = 60.0
ROWS = pd.DataFrame({"a": range(160_000), "b": [n / 7 for n in range(160_000)]})


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two worker processes."""
    with dask.config.set({"distributed.admin.tick.interval": "500ms"}):
        running = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", silence_logs=50
        )
        yield running
        running.close()


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    """A client, which is the active one, of both workers."""
    with cluster.get_client() as made:
        made.wait_for_workers(2)
        yield made


@pytest.fixture
def house(sandbox: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A session without a helper."""
    made = House(sandbox, tmp_path / "checkpoints", helper="never")
    yield made
    made.session.manager.pause_all(10.0)


def frame(parts: int, work: Any = None) -> Any:
    made = dd.from_pandas(ROWS, npartitions=parts)
    return made if work is None else made.map_partitions(work, meta=ROWS.iloc[:0])


def table(house: House) -> Any:
    folder = house.sandbox.object_path("test-bucket", "raw/part.0000.parquet").parent
    paths = [folder / house.sandbox.object_path("test-bucket", f"raw/{name}").name for name in house.there()]
    return pd.concat([pd.read_parquet(path) for path in paths])


def held(client: Any) -> list[str]:
    """The partitions that lie in the folders of the workers."""
    there = client.run(lambda dask_worker: list(map(str, Path(dask_worker.local_directory).glob("part.*"))))
    return [name for names in there.values() for name in names]


def test_partitions_go_from_the_workers_and_are_sent_once(house: House, client: Any) -> None:
    """They arrive equal; nothing of them is written here, nothing stays there, and a second run sends nothing."""
    made_by = frame(8, lambda part: part.assign(b=part.b + os.getpid() * 0))
    transfer = house.upload(made_by, executor=client.get_executor())
    assert transfer.result(LONG).sent == 8
    pd.testing.assert_frame_equal(table(house), ROWS)
    until(lambda: not held(client), "the workers hold nothing")
    assert not [path for path in house.checkpoints.rglob("*") if "part." in path.name]
    house.operations()
    assert house.upload(made_by).result(LONG).skipped == 8  # by the client that is active
    assert set(house.operations()) == {"ListObjectsV2"}


def test_a_worker_that_is_killed_costs_its_partitions(house: House, client: Any, cluster: Any) -> None:
    """What it had is computed again elsewhere; of large partitions no more is sent again than it had on the wire."""
    house.sandbox.latency_seconds = 0.05
    transfer = house.upload(frame(6), executor=client.get_executor(), part_size="100KiB", parallel=4)
    until(lambda: sum(one.operation == "UploadPart" for one in house.sandbox.requests) > 4, "parts are on their way")
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    receipt = transfer.result(LONG)
    assert (receipt.sent, receipt.failed) == (6, 0)
    pd.testing.assert_frame_equal(table(house), ROWS)
    took = [one for one in house.sandbox.requests if one.operation == "UploadPart" and one.status == 200]
    parts = Counter((one.key, one.part_number) for one in took)
    assert sum(times - 1 for times in parts.values()) <= 4


def test_a_partition_that_raises_on_a_worker_is_named(house: House, client: Any) -> None:
    """It stops no other."""

    def some(part: Any) -> Any:
        if part.a.iloc[0] == 0:
            raise ZeroDivisionError("no zero")
        return part

    transfer = house.upload(frame(4, some))
    receipt = transfer.result(LONG)
    assert (receipt.sent, receipt.failed) == (3, 1)
    assert transfer.failures[0].reason == "it could not be made: partition 0: ZeroDivisionError: no zero"


def test_a_pause_and_an_abort_leave_nothing_with_the_workers(house: House, client: Any) -> None:
    """What was sent is kept, the rest is computed again when it goes on; given up, nobody holds a file."""
    house.sandbox.latency_seconds = 0.2
    transfer = house.upload(frame(8), parallel=1)
    until(lambda: transfer.snapshot().files.done >= 3, "some are there")  # type: ignore[union-attr]
    transfer.pause()
    assert transfer.wait(20)
    until(lambda: not held(client), "the workers hold nothing")
    transfer.resume()
    receipt = transfer.result(LONG)
    assert (receipt.sent + receipt.kept + receipt.skipped, receipt.failed) == (8, 0)
    assert receipt.kept >= 3
    pd.testing.assert_frame_equal(table(house), ROWS)
    given_up = house.upload(frame(8), "oss://test-bucket/other/", parallel=1)
    until(lambda: held(client), "files are made")
    given_up.abort()
    assert given_up.wait(20)
    until(lambda: not held(client), "the workers hold nothing")


def test_what_was_made_anew_with_other_bytes_is_not_mixed_with_what_was_sent() -> None:
    """A worker refuses a part of a file that is no longer the one that was begun; the same bytes anew are the same."""
    file, again, other = (hold(data, lambda data, to: to.write(data), "part") for data in (b"one", b"one", b"two"))
    request = RangeRequest("/nowhere/part", 0, 3)
    expected = (file.size, file.mtime_ns)
    assert at_held(read_again, request, again, expected, "") == file.crc64
    with pytest.raises(SourceChanged, match="other bytes"):
        at_held(read_again, request, other, expected, "")


def test_a_file_that_a_worker_holds_goes_with_it_and_its_bytes_go_along() -> None:
    """Moved to another process it is the same file; when nobody refers to it any more it is removed."""
    file = hold(b"some bytes", lambda data, to: to.write(data), "part")
    moved = pickle.loads(pickle.dumps(file))
    paths = [Path(file.path), Path(moved.path)]
    assert (moved.size, moved.mtime_ns, moved.crc64, moved.md5) == (file.size, file.mtime_ns, file.crc64, file.md5)
    assert [path.read_bytes() for path in paths] == [b"some bytes"] * 2
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    del file, moved
    assert not any(path.exists() for path in paths)
