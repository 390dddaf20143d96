"""The journal on the disk and the one in memory remember the same, whatever a run writes down and in which order."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oss_jupyter.engine.ports import CheckpointStore, Journal
from oss_jupyter.local.memory import NoCheckpoints
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.record import CheckpointHeader
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Fingerprint, PartReceipt

ID = "k3v9x2qa"
FILE = Fingerprint(10_000_000, 1, "2")
NUMBERS = st.integers(1, 4)


def receipt(number: int, crc64: int = 0) -> PartReceipt:
    """What the service says of a part."""
    return PartReceipt(number, f"{number:032X}", crc64)


class Journals(RuleBasedStateMachine):
    """One transfer in two stores, over runs that write down, pause, resume and restart."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.stores: list[CheckpointStore] = [CheckpointDirectory(self.folder / "checkpoints"), NoCheckpoints()]
        self.journals: list[Journal] = []
        self.run_again()

    def run_again(self) -> None:
        """Open both, as the next run does, and compare what they remember; a run starts a journal before all else."""
        self.begun = False
        opened = [store.open(ID) for store in self.stores]
        self.journals = [journal for journal, _ in opened]
        on_disk, in_memory = (record for _, record in opened)
        assert (on_disk is None) is (in_memory is None)
        if on_disk is not None and in_memory is not None:
            assert on_disk.header == in_memory.header
            assert on_disk.receipts == in_memory.receipts
            assert on_disk.completing == in_memory.completing

    @rule(upload_id=st.sampled_from(["", "FIRST", "SECOND"]), kept=st.lists(NUMBERS, unique=True), late=st.booleans())
    def start(self, upload_id: str, kept: list[int], late: bool) -> None:
        """A run begins with what it keeps."""
        header = CheckpointHeader(ID, "/data/a.bin", Target("bucket", "a.bin"), FILE, 3_000_000, upload_id)
        for journal in self.journals:
            journal.start(header, [receipt(number) for number in kept], completing=late)
        self.begun = True

    @precondition(lambda self: self.begun)
    @rule(number=NUMBERS, crc64=st.integers(0, 3))
    def add(self, number: int, crc64: int) -> None:
        """A part has arrived, maybe for a second time."""
        for journal in self.journals:
            journal.add(receipt(number, crc64))

    @precondition(lambda self: self.begun)
    @rule(number=NUMBERS)
    def take_back(self, number: int) -> None:
        """A part has other bytes now."""
        for journal in self.journals:
            journal.take_back(number)

    @precondition(lambda self: self.begun)
    @rule()
    def completing(self) -> None:
        """Complete is about to be asked."""
        for journal in self.journals:
            journal.completing()

    @precondition(lambda self: self.begun)
    @rule(limit=st.sampled_from([None, 1000.0]), parallel=st.sampled_from([None, 3]))
    def drive(self, limit: float | None, parallel: int | None) -> None:
        """The user changes how fast it goes."""
        for journal in self.journals:
            journal.drive(limit, parallel)

    @rule()
    def pause_and_resume(self) -> None:
        """Another run of the same kernel."""
        for journal in self.journals:
            journal.close()
        self.run_again()

    @rule()
    def end(self) -> None:
        """The object is there."""
        for journal in self.journals:
            journal.delete()
            journal.close()
        self.run_again()

    @invariant()
    def nothing_is_to_be_remarked(self) -> None:
        """No run of this kind is worth a word."""
        assert [tuple(journal.remarks) for journal in self.journals] == [(), ()]

    def teardown(self) -> None:
        """Let go of the lock."""
        for journal in self.journals:
            journal.close()
        shutil.rmtree(self.folder)


TestJournals = Journals.TestCase
TestJournals.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
