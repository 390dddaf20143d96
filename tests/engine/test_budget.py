"""One budget of connections for all uploads of a kernel: what snapshots show, and what the service sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oss_jupyter.engine.budget import Budget
from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.budget import Connections
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.states import Event
from oss_jupyter.sandbox import Sandbox

from .by_hand import Hand
from .fakes import Service
from .kit import BUCKET, LONG_SECONDS, PART, Kernel, make_file, until


class Line:
    """How many connections there are, as the settings would say it."""

    connections = Connections(4, 4)

    def __call__(self) -> Connections:
        """Return them."""
        return self.connections


@pytest.fixture
def line(kernel: Kernel) -> Line:
    """Gives the kernel four connections."""
    line = Line()
    kernel.manager = Manager(budget=Budget(line))
    return line


@pytest.fixture
def transfers(sandbox: Sandbox, kernel: Kernel, line: Line, tmp_path: Path) -> Iterator[list[Transfer]]:
    """Two uploads that follow the line, each wanting three connections at least, and a line that keeps them busy."""
    sandbox.connection_rate_bytes_per_second = PART
    yield [_begin(kernel, tmp_path, name, parallel="auto") for name in ("one", "two")]
    sandbox.connection_rate_bytes_per_second = None


def _begin(kernel: Kernel, folder: Path, name: str, **arguments: object) -> Transfer:
    file = make_file(folder / f"{name}.bin", 40 * PART, seed=len(name))
    return kernel.upload(file, f"oss://{BUCKET}/{name}", **arguments)


def shown(transfers: list[Transfer], *counts: int) -> None:
    """Return once the snapshots show these numbers of connections."""
    until(lambda: [transfer.snapshot().parallel for transfer in transfers] == list(counts), f"{counts} are shown")


def test_they_share_what_there_is(sandbox: Sandbox, transfers: list[Transfer]) -> None:
    """Two uploads that want three connections each share four, the service sees no more, and who is left has them."""
    shown(transfers, 2, 2)
    until(lambda: sandbox.active_requests == 4, "four parts are on the wire")
    transfers[0].pause()
    assert transfers[0].wait(LONG_SECONDS)
    shown(transfers[1:], 4)
    transfers[0].resume()
    shown(transfers, 2, 2)
    sandbox.connection_rate_bytes_per_second = None
    for transfer in transfers:
        transfer.result(LONG_SECONDS)


def test_a_fixed_number_counts(kernel: Kernel, transfers: list[Transfer], tmp_path: Path) -> None:
    """Who named a number has it at once, more than there are for all if need be; the others keep one each."""
    shown(transfers, 2, 2)
    third = _begin(kernel, tmp_path, "three", parallel=6)
    shown([*transfers, third], 1, 1, 6)
    third.parallel = 2
    shown([*transfers, third], 1, 1, 2)
    third.abort()
    shown(transfers, 2, 2)


def test_a_changed_number_is_followed(line: Line, transfers: list[Transfer]) -> None:
    """More or fewer connections for all are shared among those that run already."""
    shown(transfers, 2, 2)
    line.connections = Connections(2, 2)
    shown(transfers, 1, 1)
    line.connections = Connections(8, 8)
    shown(transfers, 4, 4)


def test_who_waits_for_credentials_leaves_its_connections(kernel: Kernel, service: Service, source: Path) -> None:
    """An upload that cannot go on holds nothing that others could use, and neither does one that has ended."""
    hand = Hand(kernel, source, service)
    service.refused_versions.add("first")
    others: list[int] = []

    def look() -> None:
        others.append(hand.budget.grant("other", 16))
        hand.budget.leave("other")

    hand.queue.after(0.5, look)
    hand.queue.after(10.0, look)
    hand.queue.after(11.0, lambda: setattr(service, "version", "second"))
    hand.send()
    look()
    assert others == [13, 16, 16]


def test_who_rests_has_no_connections(kernel: Kernel, service: Service, source: Path) -> None:
    """Whatever a job had when it came to rest the others have, also where its run did not give it back."""
    hand = Hand(kernel, source, service)
    assert hand.transfer.grant(5) == 5
    assert hand.budget.grant("other", 16) == 11
    hand.transfer.pause()
    assert hand.transfer.end(Event.PAUSE, Command.PAUSE)
    assert hand.budget.grant("other", 16) == 16


def test_many_threads_ask_at_once() -> None:
    """Whoever asks meanwhile, the sum is what there is, and at the end all of it is there again."""
    budget = Budget()
    seen: list[int] = []

    def ask(number: int) -> None:
        for wanted in (1, 9, 300):
            seen.append(budget.grant(f"id-{number}", wanted))
        last.wait(LONG_SECONDS)
        seen.append(budget.grant(f"id-{number}", 300))
        last.wait(LONG_SECONDS)
        budget.leave(f"id-{number}")

    last = threading.Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    assert seen[-8:] == [2] * 8
    assert min(seen) >= 1
    assert budget.grant("alone", 300) == 16


def test_a_dataset_has_what_there_is_for_datasets() -> None:
    """Beside a large upload it gets more than that one, and the large one's share does not shrink for it."""
    budget = Budget(lambda: Connections(16, 40))
    assert budget.grant("large", 16) == 16
    assert budget.grant("data", 300, elastic=True) == 32
    assert budget.grant("large", 16) == 8
    budget.leave("large")
    assert budget.grant("data", 300, elastic=True) == 40
