"""The stop button at the wrong moment."""

from __future__ import annotations

import signal
import threading

import pytest

from oss_jupyter.session.interrupts import interrupts_later


def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    """The block is carried out whole, then the interrupt comes, and the next one comes at once again."""
    done = []

    def interrupted() -> None:
        with interrupts_later():
            signal.raise_signal(signal.SIGINT)
            done.append("the rest of the block")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_without_an_interrupt_nothing_happens() -> None:
    """The handler is as it was, after an error of the block too."""
    before = signal.getsignal(signal.SIGINT)
    with interrupts_later():
        assert signal.getsignal(signal.SIGINT) is not before
    with pytest.raises(ValueError, match="its own"), interrupts_later():
        raise ValueError("its own")
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    """Only the main thread is interrupted, and only there a handler may be set."""
    before, seen = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with interrupts_later():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
