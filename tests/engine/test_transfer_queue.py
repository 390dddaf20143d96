"""The queue of all uploads, over stand-ins: who begins when, and what becomes of one that cannot."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from oss_jupyter.engine.transfer_queue import TransferQueue
from oss_jupyter.errors import NoThread, OssJupyterError
from oss_jupyter.model.waiting_list import Kind, Turn


class Queue:
    """TransferQueue, and who has begun, in order."""

    def __init__(self, at_once: int) -> None:
        self.begun: list[str] = []
        self.threads_left = 1000
        self.on_begin: Callable[[], object] = lambda: None
        self.turns: TransferQueue[One] = TransferQueue(self.begin, at_once)

    def begin(self, one: One) -> None:
        """What starting a run's thread does."""
        if not self.threads_left:
            raise NoThread("No thread.")
        self.threads_left -= 1
        self.begun.append(one.name)
        self.on_begin()

    def heed(self, *ones: One) -> None:
        """Tell the queue how they stand now."""
        for one in ones:
            self.turns.heed(one)

    def places(self, *ones: One) -> list[int]:
        """Who is the how-manieth."""
        return [self.turns.place(one) for one in ones]


class One:
    """An upload in the queue, as far as the queue knows it."""

    def __init__(self, queue: Queue, name: str, kind: Kind = Kind.LARGE) -> None:
        self.queue = queue
        self.name = name
        self.kind = kind
        self.stands = Turn.WAITS
        self.wanted = True
        self.failed: OssJupyterError | None = None

    def turn(self) -> tuple[Turn, Kind]:
        """How it stands."""
        return self.stands, self.kind

    def take_turn(self) -> bool:
        """Begin, where it is still wanted."""
        self.stands = Turn.HAS if self.wanted else Turn.NONE
        return self.wanted

    def put_back(self) -> None:
        """Wait once more."""
        self.stands = Turn.WAITS

    def could_not_begin(self, error: OssJupyterError) -> None:
        """Fail."""
        self.failed, self.stands = error, Turn.NONE

    def end(self) -> None:
        """Its run has ended."""
        self.stands = Turn.NONE
        self.queue.heed(self)


def queue_of(at_once: int, *names: str) -> tuple[Queue, list[One]]:
    """A queue, and large uploads that have come to it in this order."""
    queue = Queue(at_once)
    ones = [One(queue, name) for name in names]
    queue.heed(*ones)
    return queue, ones


def test_as_many_as_may_and_then_in_their_order() -> None:
    """Whoever starts fifty uploads sees a few run, and the others begin as those end, the first first."""
    queue, (a, b, c, d) = queue_of(2, "a", "b", "c", "d")
    assert queue.begun == ["a", "b"]
    assert queue.places(a, b, c, d) == [0, 0, 1, 2]
    assert queue.turns.running() == (a, b)
    b.end()
    assert (queue.begun, queue.places(d)) == (["a", "b", "c"], [1])
    a.end()
    c.end()
    assert queue.begun == ["a", "b", "c", "d"]


def test_more_room_lets_more_in_at_once() -> None:
    """A user who raises the setting need not wait for an end; who lowers it stops nobody."""
    queue, (_, b, c, _) = queue_of(1, "a", "b", "c", "d")
    queue.turns.set_at_once(3)
    assert queue.begun == ["a", "b", "c"]
    queue.turns.set_at_once(1)
    b.end()
    c.end()
    assert queue.begun == ["a", "b", "c"]


def test_one_that_has_changed_its_mind_is_passed_over() -> None:
    """An upload that was paused while it waited holds nobody up."""
    queue, (a, b, _) = queue_of(1, "a", "b", "c")
    b.wanted = False
    a.end()
    assert queue.begun == ["a", "c"]


def test_small_ones_and_removals_do_not_wait_for_large_ones() -> None:
    """A small file beside a large one is there in a moment, and giving an upload up is not put off for hours."""
    queue, _ = queue_of(1, "a", "b")
    queue.heed(One(queue, "small", Kind.SMALL), One(queue, "removal", Kind.REMOVAL))
    assert queue.begun == ["a", "small", "removal"]


def test_without_a_thread_it_waits_for_another_to_end() -> None:
    """The system's refusal is nobody's fault: the first stays the first, and is tried again when a thread is free."""
    queue, (a,) = queue_of(3, "a")
    queue.threads_left = 0
    b, c = One(queue, "b"), One(queue, "c")
    queue.heed(b, c)
    assert queue.begun == ["a"]
    assert queue.places(b, c) == [1, 2]
    assert b.stands is c.stands is Turn.WAITS
    queue.threads_left = 2
    a.end()
    assert queue.begun == ["a", "b", "c"]
    assert b.failed is None


def test_without_a_thread_and_without_another_it_fails() -> None:
    """Where nobody runs whose end could be waited for, it would wait for ever."""
    queue, _ = queue_of(1)
    queue.threads_left = 0
    one = One(queue, "a")
    queue.heed(one)
    assert isinstance(one.failed, NoThread)
    queue.threads_left = 1
    queue.heed(One(queue, "b"))
    assert queue.begun == ["b"]


def test_beginning_is_under_no_lock() -> None:
    """A run that begins asks for its place; with the lock held it would wait for itself."""
    queue, _ = queue_of(1)
    asked = threading.Event()

    def ask() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(queue.turns.running).result(20)
        asked.set()

    queue.on_begin = ask
    queue.heed(One(queue, "a"))
    assert asked.is_set()


def test_many_threads_bring_theirs() -> None:
    """However they come and go, no more run than may, and nobody is forgotten."""
    queue = Queue(3)
    most, lock = [0], threading.Lock()

    def look() -> None:
        with lock:
            most[0] = max(most[0], len(queue.turns.running()))

    queue.on_begin = look
    ones = [One(queue, str(number)) for number in range(200)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(queue.heed, ones))
        while running := queue.turns.running():
            list(pool.map(One.end, running))
    assert sorted(map(int, queue.begun)) == list(range(200))
    assert most[0] == 3
