"""The computer's address changes: every connection of before is dead without a word, and new ones work."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox

from .kit import BUCKET, LONG_SECONDS, PART, Kernel, alone, operations, reach, sent_parts, stored, until

# Everything takes the silence that is put up with, which is short here, a few times at most.
STALL_SECONDS = 1.0


class Network:
    """A way to the sandbox over raw sockets.

    After `change_address` nothing passes over the connections of before, in neither direction, and neither end is told.
    """

    def __init__(self, endpoint: str) -> None:
        self._there = (urlsplit(endpoint).hostname, urlsplit(endpoint).port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = 1
        self._sockets: list[socket.socket] = []
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def change_address(self) -> None:
        """Let everything that is connected now fall silent."""
        self._address += 1

    def close(self) -> None:
        """End it."""
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._there)
                self._sockets += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, sink, self._address), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, address: int) -> None:
        with suppress(OSError):
            while (data := source.recv(1 << 16)) or address != self._address:
                if address != self._address:
                    return  # neither closed nor reset: nobody is left who could be told
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def network(sandbox: Sandbox) -> Iterator[Network]:
    """A network between the kernel and the sandbox."""
    network = Network(sandbox.endpoint)
    yield network
    network.close()


@pytest.fixture
def laptop(new_kernel: Callable[[], Kernel], network: Network) -> Kernel:
    """A kernel behind that network."""
    kernel = new_kernel()
    kernel.wiring.settings.endpoint = network.endpoint
    kernel.wiring.settings.stall_seconds = STALL_SECONDS
    return kernel


@pytest.mark.parametrize("operation", ["HeadObject", "InitiateMultipartUpload", "CompleteMultipartUpload"])
def test_while_a_small_request_waits(
    sandbox: Sandbox, laptop: Kernel, network: Network, source: Path, operation: str
) -> None:
    """A small request whose answer is lost with its connection is cleared up over a new one, in a few silences."""
    sandbox.faults.add(Fault(operation, "delay", seconds=STALL_SECONDS / 2))
    transfer = laptop.upload(source)
    until(lambda: sandbox.active_requests and len(operations(sandbox)) >= _before(operation), f"{operation} is asked")
    network.change_address()
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert len(sent_parts(sandbox)) == 12


def _before(operation: str) -> int:
    return {"HeadObject": 0, "InitiateMultipartUpload": 2, "CompleteMultipartUpload": 15}[operation]


@pytest.mark.parametrize("state", [State.RUNNING, State.COMPLETING])
def test_just_before_a_small_request(
    sandbox: Sandbox, laptop: Kernel, network: Network, source: Path, state: State
) -> None:
    """The connection that lay idle is dead when the next small request wants it."""
    transfer = alone(laptop.spec(source))
    changed = threading.Event()

    def change() -> None:
        if transfer.state is state and not changed.is_set():
            changed.set()
            network.change_address()

    coordinator_of(transfer).on_change(change)
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert changed.is_set()
    assert stored(sandbox) == source.read_bytes()


@pytest.mark.parametrize("where", ["threads", "helper"])
def test_while_parts_are_on_the_wire(
    sandbox: Sandbox, laptop: Kernel, network: Network, source: Path, where: str
) -> None:
    """The parts on the wire are sent again over new connections, and Complete needs no patience at all."""
    lane = HelperLane() if where == "helper" else laptop.lane
    sandbox.rate_bytes_per_second = 4 * PART
    transfer = laptop.upload(source, lane=lane)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    network.change_address()
    sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    lane.close()


def test_abort_over_a_dead_line(sandbox: Sandbox, laptop: Kernel, network: Network, source: Path) -> None:
    """An abort finds its way over a new connection, and leaves no parts behind."""
    sandbox.rate_bytes_per_second = 4 * PART
    transfer = laptop.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    network.change_address()
    transfer.abort()
    reach(transfer, State.ABORTED)
    assert not sandbox.uploads(BUCKET)
