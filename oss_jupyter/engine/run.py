"""One run of a transfer, on a thread of its own: from a checkpoint, or from nothing, to the end or to a pause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.beginning import Beginning
from oss_jupyter.engine.completing import PartsMissing, complete
from oss_jupyter.engine.driver import Driver, Ending
from oss_jupyter.engine.early_end import EarlyEnd
from oss_jupyter.engine.object_check import found
from oss_jupyter.engine.proving import Proving
from oss_jupyter.engine.put_outcome import clear_up_put, completed_put
from oss_jupyter.engine.receipt import finish
from oss_jupyter.engine.restore import Restored
from oss_jupyter.engine.run_state import RunState
from oss_jupyter.engine.signing import Signer
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import IntegrityError, NetworkError, OssJupyterError, ServiceError
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.progress import Phase, Receipt
from oss_jupyter.model.record import CheckpointRecord
from oss_jupyter.model.states import Event, State
from oss_jupyter.model.wire_values import Completed

if TYPE_CHECKING:
    from oss_jupyter.engine.coordinator import TransferCoordinator

# A new upload id helps once or twice; a service that forgets every upload is not helped by a third.
_RESTARTS_MAX = 2


def start_run(transfer: TransferCoordinator) -> None:
    """Start the thread of a run whose turn it is. Raises Shortage, or InterpreterEnding."""
    start_thread(Run(transfer), f"oss-transfer-{transfer.id}")
    transfer.tell()


class Run(Driver["TransferCoordinator"]):
    """Call it once, on a new thread; it leaves through `TransferCoordinator.end`, whatever happens."""

    def __init__(self, transfer: TransferCoordinator) -> None:
        super().__init__(transfer)
        self._transfer = transfer
        self._state = RunState(transfer, self._events, self._requests, transfer.spec)
        self._beginning = Beginning(self._state)
        self._restarts = 0

    def _life(self) -> Ending:
        command = self._transfer.command()
        return Ending(Event.CONFIRMED, command, receipt=self._upload())

    def _obey(self, command: Command) -> Ending:
        return EarlyEnd(self._state).obey(command)

    def _failed(self, error: OssJupyterError, command: Command) -> Ending:
        return EarlyEnd(self._state).failed(error, command)

    def _let_go(self) -> None:
        if self._state.journal is not None:
            self._state.journal.close()

    def _upload(self) -> Receipt:
        state, beginning = self._state, self._beginning
        self._wait_for_earlier()
        self._open_checkpoint()
        self._requests.check()
        restored = beginning.restored()
        while True:
            anew = False
            if restored is None or restored.lost:
                fingerprint = beginning.plan_anew()
                there = beginning.object_there(restored)
                if there is not None:
                    return finish(state, replace(found(there), already_there=True), sent_before=True)
                adopted = beginning.adopted(restored, fingerprint)
                anew = adopted is None
                restored = adopted or beginning.anew(restored, fingerprint)
            if not anew:
                beginning.go_on_as_begun(restored.header)
            restored = beginning.write_down(restored, anew=anew)
            try:
                return finish(state, self._send(restored))
            except PartsMissing as missing:
                restored = self._again(missing)

    def _open_checkpoint(self) -> None:
        """Show what the checkpoint knows before anybody is asked, so that a dead network shows it too.

        What was given anew is written down before anything can fail, so that it need not be given again.
        """
        state, store = self._state, self._state.spec.store
        journal, record = store.open(self._transfer.id, needed=not state.spec.plan.single)
        state.journal, state.record = journal, record
        self._transfer.note_all(journal.remarks)
        if record is None:
            return
        self._transfer.show_record(record)
        if record.completing:
            state.completing_ids.add(record.header.upload_id)
        if (header := state.as_driven(record.header)) != record.header:
            state.record = replace(record, header=header)
            journal.start(header, tuple(record.receipts.values()), completing=record.completing)

    def _send(self, restored: Restored) -> Completed:
        state, upload_id = self._state, restored.header.upload_id
        signer = Signer(state, upload_id)
        proving = Proving(state, signer, restored, state.spec.prove)
        try:
            state.proven = proving.run()
        except (ServiceError, NetworkError, IntegrityError) as error:
            if not upload_id:
                tries = self._transfer.part(1).attempts
                return clear_up_put(error, state.spec, signer.md5, self._requests, tries=tries)
            if isinstance(error, ServiceError) and error.reply.code == "NoSuchUpload":
                raise PartsMissing(error, anew=True) from None
            raise
        if not upload_id:
            return completed_put(self._transfer.ledger.receipts()[0])
        state.header = proving.header
        return self._complete(upload_id)

    def _complete(self, upload_id: str) -> Completed:
        state, ledger = self._state, self._transfer.ledger
        crc = ledger.whole_crc64()
        assert crc is not None, "Sending returns only when every part has a receipt"
        asked_before = state.record is not None and state.record.completing
        state.open_journal.completing()
        self._transfer.note_all(state.open_journal.remarks)
        state.completing_ids.add(upload_id)
        self._transfer.move(Event.ALL_PARTS_DONE)
        self._transfer.set_phase(Phase.COMPLETING)
        return complete(state.spec, upload_id, ledger.receipts(), crc, self._requests, asked_before)

    def _again(self, missing: PartsMissing) -> Restored | None:
        """Go back to sending: with the parts the service still has, or with a new upload id."""
        self._restarts += 1
        if self._restarts > _RESTARTS_MAX:
            raise missing.error
        if self._transfer.state is State.COMPLETING:
            self._transfer.move(Event.PARTS_MISSING)
        state = self._state
        assert state.header is not None, "parts were sent under it"
        receipts = {receipt.part_number: receipt for receipt in self._transfer.ledger.receipts()}
        if missing.anew or self._restarts == _RESTARTS_MAX:
            return Restored(state.header, state.spec.plan, receipts, lost=True)
        state.record = CheckpointRecord(state.header, receipts)
        return self._beginning.restored()
