"""What stands in the place of the checkpoint directory and its journals where resuming is switched off."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path

from oss_jupyter.local.spool import Spools, TemporarySpools, remove_spool
from oss_jupyter.model.record import CheckpointHeader, CheckpointRecord
from oss_jupyter.model.wire_values import PartReceipt


class NoCheckpoints:
    """What stands in the directory's place for ``checkpoint_dir=None``: memory, for as long as the kernel lives."""

    directory = None

    def __init__(self) -> None:
        self._journals: dict[str, MemoryJournal] = {}

    @cached_property
    def spools(self) -> Spools:
        """Where objects are written to before they are sent."""
        return TemporarySpools()

    def path_of(self, transfer_id: str) -> None:
        """There is no file."""

    def keeps(self, transfer_id: str) -> bool:
        """Nothing outlives the kernel."""
        return False

    def upload_ids(self) -> frozenset[str]:
        """Return the ids of all uploads that are remembered."""
        records = (journal.record for journal in tuple(self._journals.values()))
        return frozenset(record.header.upload_id for record in records if record is not None)

    def kept_bytes(self, transfer_ids: Collection[str]) -> int:
        """Return how many bytes of some transfers the service has."""
        records = (journal.record for name, journal in tuple(self._journals.items()) if name in transfer_ids)
        return sum(record.kept_bytes for record in records if record is not None)

    def busy(self, transfer_id: str) -> bool:
        """No other process knows of it."""
        return False

    def remove(self, transfer_id: str) -> None:
        """Forget what is remembered of a transfer."""
        journal = self._journals.pop(transfer_id, None)
        if journal is not None:
            journal.delete()

    def open(self, transfer_id: str, *, needed: bool = True) -> tuple[MemoryJournal, CheckpointRecord | None]:
        """Return the journal of a transfer, which a pause may have filled."""
        journal = self._journals.setdefault(transfer_id, MemoryJournal())
        journal.forget = partial(self._journals.pop, transfer_id, None)
        if "spools" in vars(self):
            journal.spool = self.spools.path_of(transfer_id)
        return journal, journal.record


class MemoryJournal:
    """What stands in a journal's place: it outlives a pause, not the kernel."""

    path = None

    def __init__(self, *remarks: str) -> None:
        self.remarks: tuple[str, ...] = remarks
        self.spool: Path | None = None
        self.forget: Callable[[], object] = lambda: None
        self.record: CheckpointRecord | None = None
        self._receipts: dict[int, PartReceipt] = {}

    def start(
        self, header: CheckpointHeader, receipts: Sequence[PartReceipt] = (), *, completing: bool = False
    ) -> None:
        """Begin anew with this header and these receipts."""
        self._receipts = {receipt.part_number: receipt for receipt in receipts}
        self.record = CheckpointRecord(header, self._receipts, completing)

    def drive(self, limit: float | None, parallel: int | None) -> None:
        """Remember how the upload is driven from now on."""
        if self.record is not None:
            self.record = replace(self.record, header=self.record.header.driven(limit, parallel))

    def add(self, receipt: PartReceipt) -> None:
        """Remember one finished part, after which Complete has to be asked anew."""
        self._receipts[receipt.part_number] = receipt
        if self.record is not None and self.record.completing:
            self.record = replace(self.record, completing=False)

    def take_back(self, part_number: int) -> None:
        """Forget a receipt."""
        self._receipts.pop(part_number, None)

    def completing(self) -> None:
        """Remember that Complete is about to be asked."""
        if self.record is not None:
            self.record = replace(self.record, completing=True)

    def delete(self) -> None:
        """Forget everything."""
        self.record = None
        self.forget()
        if self.spool is not None:
            remove_spool(self.spool)

    def close(self) -> None:
        """Nothing is open."""
