"""Speed limits: exact, changeable while running, and fair between transfers."""

from __future__ import annotations

from pathlib import Path

import pytest

from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.engine.rate_limiter import RateLimiter
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.sizes import KIB, MIB
from oss_jupyter.sandbox import Sandbox

from .kit import Kernel, make_file, until


class Time:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def _drain(bucket: RateLimiter, time: Time, seconds: float, askers: int = 4) -> int:
    taken = 0
    for _ in range(int(seconds * 100)):
        time.seconds += 0.01
        taken += sum(bucket.take(1 * MIB) for _ in range(askers))
    return taken


@pytest.mark.parametrize("rate", [200 * KIB, 5 * MIB, 300 * MIB])
def test_a_bucket_keeps_its_rate_within_five_percent_over_ten_seconds(rate: int) -> None:
    """However many ask, and however greedily, they get the rate times the time."""
    time = Time()
    assert _drain(RateLimiter(lambda: rate, time), time, 10.0) == pytest.approx(rate * 10, rel=0.05)


def test_a_changed_rate_is_felt_at_once() -> None:
    """The second after a change runs at the new rate, not at what was saved up under the old one."""
    time, rates = Time(), [100.0 * MIB]
    bucket = RateLimiter(lambda: rates[0], time)
    _drain(bucket, time, 3.0)
    rates[0] = 1.0 * MIB
    assert _drain(bucket, time, 2.0) <= 2.2 * MIB


def test_what_the_socket_did_not_take_can_be_granted_again() -> None:
    """Bytes given back are not lost to the limit."""
    time = Time()
    bucket = RateLimiter(lambda: 1.0 * MIB, time)
    time.seconds += 1
    granted = bucket.take(MIB)
    assert granted
    assert bucket.take(MIB) == 0
    bucket.give_back(granted)
    assert bucket.take(MIB) == granted


def _moved(transfers: list[Transfer], seconds: float) -> list[float]:
    """Return each transfer's bytes per second over a stretch of its own clock."""
    before = [(transfer.snapshot(), coordinator_of(transfer).spec.clock.monotonic()) for transfer in transfers]
    end = before[0][1] + seconds
    until(lambda: coordinator_of(transfers[0]).spec.clock.monotonic() >= end, "the stretch is over")
    return [
        (transfer.snapshot().sent_bytes - snapshot.sent_bytes) / (coordinator_of(transfer).spec.clock.monotonic() - at)
        for transfer, (snapshot, at) in zip(transfers, before, strict=True)
    ]


@pytest.mark.parametrize("lane_kind", [ThreadLane, HelperLane])
def test_a_limit_holds_and_can_be_changed_while_running(
    kernel: Kernel, sandbox: Sandbox, tmp_path: Path, lane_kind: type[ThreadLane | HelperLane]
) -> None:
    """The wire carries what the limit says, and soon after a change what the new limit says."""
    lane = lane_kind()
    transfer = kernel.upload(make_file(tmp_path / "f.bin", 96 * MIB), lane=lane, part_size="4MiB", limit="4MiB/s")
    until(lambda: transfer.snapshot().sent_bytes > MIB, "it is on its way")
    assert _moved([transfer], 3.0)[0] == pytest.approx(4 * MIB, rel=0.1)
    transfer.limit = "8MiB/s"
    assert _moved([transfer], 2.0)[0] == pytest.approx(8 * MIB, rel=0.15)
    transfer.limit = "none"
    transfer.result(60)
    lane.close()


def test_one_limit_for_all_is_divided_fairly(kernel: Kernel, sandbox: Sandbox, tmp_path: Path) -> None:
    """Two transfers get equal shares, whatever their number of connections, and the rest goes to who may use it."""
    kernel.manager.set_limit(6 * MIB)
    source = make_file(tmp_path / "f.bin", 64 * MIB)
    many = kernel.upload(source, "oss://test-bucket/many", part_size="4MiB", parallel=6)
    one = kernel.upload(source, "oss://test-bucket/one", part_size="4MiB", parallel=1)
    until(lambda: min(many.snapshot().sent_bytes, one.snapshot().sent_bytes) > MIB, "both are on their way")
    first, second = _moved([many, one], 3.0)
    assert first == pytest.approx(3 * MIB, rel=0.15)
    assert second == pytest.approx(3 * MIB, rel=0.15)
    one.set_limit(1 * MIB)
    first, second = _moved([many, one], 3.0)
    assert first == pytest.approx(5 * MIB, rel=0.15)
    assert second == pytest.approx(1 * MIB, rel=0.2)
    for transfer in (many, one):
        transfer.abort()
        transfer.wait()
