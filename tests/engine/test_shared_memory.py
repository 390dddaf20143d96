"""The memory that kernel and helper share: each cell is its own, and both ends see the same."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys

import pytest

from oss_jupyter.engine.shared_memory import SharedMemory, SlotGauge

_OTHER_END = f"""
import sys
from {SharedMemory.__module__} import {SharedMemory.__name__}, {SlotGauge.__name__}
gauge = {SlotGauge.__name__}({SharedMemory.__name__}(int(sys.argv[1])), 5)
print(gauge.stopped)
gauge.sent_bytes = 2**40
"""


def new_memory() -> SharedMemory:
    """The memory that a kernel makes."""
    return SharedMemory.new()


def gauge_in(memory: SharedMemory, slot: int) -> SlotGauge:
    """One end of a part's dials."""
    return SlotGauge(memory, slot)


def test_both_processes_see_the_same_dials() -> None:
    """A stop that the helper does not see makes Pause wait for the part; bytes that are not seen make no progress."""
    memory = new_memory()
    gauge = gauge_in(memory, 5)
    gauge.stop()
    done = subprocess.run(
        [sys.executable, "-c", _OTHER_END, str(memory.descriptor)],
        pass_fds=[memory.descriptor],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "True"
    assert gauge.sent_bytes == 2**40
    memory.close()


def test_each_cell_is_its_own() -> None:
    """A speed limit written into somebody's bytes, or a neighbour's stop, would be very hard to find."""
    memory = new_memory()
    rows = [memory.sent_bytes, memory.stops, memory.rates, memory.widths]
    for kind, row in enumerate(rows, start=1):
        for place in range(len(row)):
            row[place] = kind * 10_000 + place
    for kind, row in enumerate(rows, start=1):
        assert list(row) == [kind * 10_000 + place for place in range(len(row))]
    memory.close()


def test_it_begins_with_nothing_and_lies_in_real_memory() -> None:
    """A page of a sparse file that the system cannot provide later would end the kernel with SIGBUS."""
    memory = new_memory()
    assert not any(memory.sent_bytes) | any(memory.stops) | any(memory.rates) | any(memory.widths)
    status = os.fstat(memory.descriptor)
    assert status.st_nlink == 0  # no name, so nothing is left behind
    assert status.st_blocks * 512 >= status.st_size >= mmap.PAGESIZE
    memory.close()


def test_a_gauge_that_left_keeps_its_last_reading() -> None:
    """The slot is another part's afterwards: who still looks at the old part neither sees its bytes nor stops it."""
    memory = new_memory()
    old = gauge_in(memory, 7)
    old.sent_bytes = 1000
    old.stop()
    assert old.leave() == 7
    memory.stops[7] = memory.sent_bytes[7] = 0  # as whoever gives the slot away does
    new = gauge_in(memory, 7)
    new.sent_bytes = 5
    old.sent_bytes = 2000
    old.stop()
    assert (old.sent_bytes, old.stopped) == (1000, True)
    assert (new.sent_bytes, new.stopped) == (5, False)
    memory.close()


def test_descriptors_are_closed() -> None:
    """A kernel that starts many helpers would run out of descriptors."""
    memory = new_memory()
    memory.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(memory.descriptor)


def test_the_helper_is_told_that_a_place_is_free() -> None:
    """Without it the helper would keep the place of each part that is done, until none is left."""
    memory, told = new_memory(), []
    gauge = gauge_in(memory, 1)
    gauge.taken()  # nobody listens yet
    gauge.on_taken = lambda: told.append(1)
    gauge.taken()
    assert told == [1]
    memory.close()
