"""One run of a stream: its pieces are sent as they are cut, and what an earlier kernel has sent of them is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from oss_jupyter.engine.completing import PartsMissing
from oss_jupyter.engine.receipt import finish
from oss_jupyter.engine.restore import Restored, still_there
from oss_jupyter.engine.run import Run
from oss_jupyter.engine.sending import Sending
from oss_jupyter.engine.signing import Signer
from oss_jupyter.engine.streaming.spec import StreamSpec
from oss_jupyter.engine.streaming.supply import StandStill, Supply
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError, SourceError
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.plan import MAX_PARTS, Plan
from oss_jupyter.model.progress import Phase, Receipt
from oss_jupyter.model.states import Event
from oss_jupyter.model.wire_values import Fingerprint
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.coordinator import TransferCoordinator
    from oss_jupyter.engine.driver import Ending
    from oss_jupyter.model.pieces import CutSoFar


def start_stream_run(transfer: TransferCoordinator) -> None:
    """Start the thread of a run whose turn it is. Raises Shortage, or InterpreterEnding."""
    start_thread(StreamRun(transfer), f"oss-transfer-{transfer.id}")
    transfer.tell()


class StreamRun(Run):
    """A run of one object whose bytes come one after the other, and only once."""

    def _upload(self) -> Receipt:
        self._wait_for_earlier()
        self._open_checkpoint()
        self._requests.check()
        pieces = self._stream.pieces
        cut = pieces.follow(self._events.put)
        sent_count = cut.count - len(cut.waiting)
        restored = self._restored(sent_count)
        supply = self._supply(restored, cut)
        for piece in cut.waiting:
            self._events.put(piece)
        signer = Signer(self._state, restored.header.upload_id)
        Sending(self._state, signer, StandStill(), supply).run()
        if not supply.size_bytes:
            raise SourceError(
                tr("{stream} gave no bytes, so there is nothing to send.", stream=self._stream.text),
                tr("Look at what makes it, and run the cell again."),
                safe=tr("Nothing was sent."),
                code="NothingGiven",
            )
        self._state.spec = replace(self._state.spec, plan=Plan(supply.size_bytes, pieces.part_size))
        try:
            done = self._complete(restored.header.upload_id)
        except PartsMissing as missing:
            raise self._gone(missing.error) from None
        receipt = finish(self._state, done)
        pieces.close()
        return receipt

    def _failed(self, error: OssJupyterError, command: Command) -> Ending:
        ending = super()._failed(error, command)
        if self._stream.pieces.stuck is not None:
            self._stream.pieces.close()  # nothing will ask for what lies on the disk
        return ending

    def _obey(self, command: Command) -> Ending:
        ending = super()._obey(command)
        if ending.event in (Event.ABORT, Event.CONFIRMED):
            self._stream.pieces.close(given_up=ending.event is Event.ABORT)
        return ending

    @property
    def _stream(self) -> StreamSpec:
        return cast("StreamSpec", self._transfer.spec)

    def _restored(self, sent_count: int) -> Restored:
        """Return what is in OSS of it, or a new upload id. sent_count: so many pieces are no longer here."""
        state, record = self._state, self._state.record
        if record is None or not record.header.upload_id:
            return self._anew()
        self._transfer.set_phase(Phase.CHECKING_PARTS)
        receipts = still_there(record, state.requests)
        if receipts is not None:
            self._beginning.go_on_as_begun(record.header)
            restored = Restored(record.header, record.plan, receipts)
            return self._beginning.write_down(restored, anew=False)
        if sent_count:
            raise self._gone(None)
        self._transfer.note(
            tr(
                "OSS no longer knows the upload id {upload_id} (aborted, or removed by a lifecycle rule), so all of it "
                "is sent.",
                upload_id=record.header.upload_id,
            )
        )
        return self._anew()

    def _anew(self) -> Restored:
        spec = self._stream
        most = Fingerprint(MAX_PARTS * spec.pieces.part_size, 0, "stream")
        header = replace(spec.header(most), stream=spec.text)
        restored = Restored(self._beginning.initiated(header), spec.plan, {})
        return self._beginning.write_down(restored, anew=True)

    def _supply(self, restored: Restored, cut: CutSoFar) -> Supply:
        """Begin the book of parts: with those that this kernel has sent, and nothing of an earlier one's as yet."""
        state, pieces = self._state, self._stream.pieces
        waiting = {piece.number for piece in cut.waiting}
        sent = [number for number in range(1, cut.count + 1) if number not in waiting]
        if not restored.receipts.keys() >= set(sent):
            raise self._gone(None)
        here = {number: restored.receipts[number] for number in sent}
        kept = {number: receipt for number, receipt in restored.receipts.items() if number not in here}
        plan = Plan(cut.size_bytes, pieces.part_size)
        self._transfer.ledger.begin(plan, here, state.spec.clock.monotonic(), open_ended=True)
        return Supply(state, pieces, kept, cut)

    def _gone(self, error: OssJupyterError | None) -> SourceError:
        """Return why a stream cannot go on whose beginning is no longer in OSS: it comes only once."""
        what = (
            tr("OSS no longer has all parts of the stream that were sent: {what}", what=error.what)
            if error
            else tr(
                "OSS no longer has all parts of the stream that were sent (aborted, or removed by a lifecycle rule)."
            )
        )
        return SourceError(what, tr("Run the cell again: it sends all that is not there."), code="PartsGone")
