"""One run of a transfer, on a thread of its own: from a checkpoint, or from nothing, to the end or to a pause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.asking import Asking, WishChanged
from oss_jupyter.engine.differences import as_begun, changed_options, note_anew, note_begun, note_there, unapplied_there
from oss_jupyter.engine.farewell import Ending, Farewell, unexpected
from oss_jupyter.engine.finish import PartsMissing, complete
from oss_jupyter.engine.look import already_there, found
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.proving import Proving
from oss_jupyter.engine.put_outcome import clear_up_put, completed_put
from oss_jupyter.engine.restore import Restored, restore
from oss_jupyter.engine.scarcity import Scarcity
from oss_jupyter.errors import IntegrityError, NetworkError, OssJupyterError, PartStopped, ServiceError, Shortage
from oss_jupyter.model.course import Wish
from oss_jupyter.model.parts import Completed, Fingerprint, ObjectHead, SignedRequest
from oss_jupyter.model.plan import make_plan
from oss_jupyter.model.progress import Receipt
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.record import CheckpointHeader, CheckpointRecord
from oss_jupyter.model.states import Event, State

if TYPE_CHECKING:
    from oss_jupyter.engine.inbox import Inbox
    from oss_jupyter.engine.order import Order
    from oss_jupyter.engine.ports import Journal
    from oss_jupyter.engine.standing import Standing
    from oss_jupyter.engine.transfer import Transfer

# Where the user's change of mind can find a run that begins again.
_BACK_TO_RUNNING = {
    State.WAITING_FOR_CREDENTIALS: Event.CREDENTIALS_RENEWED,
    State.COMPLETING: Event.PARTS_MISSING,
}
# A new upload id helps once or twice; a service that forgets every upload is not helped by a third.
_RESTARTS_MAX = 2


class Run:
    """Call it once, on a new thread; it leaves through `Transfer.end`, whatever happens."""

    def __init__(self, transfer: Transfer, inbox: Inbox) -> None:
        self._transfer = transfer
        self._order: Order = transfer.order
        self._inbox = inbox
        self._asking = Asking(transfer, inbox)
        self._scarcity = Scarcity(transfer)
        self._journal: Journal | None = None
        self._record: CheckpointRecord | None = None
        self._header: CheckpointHeader | None = None
        self._completing_ids: set[str] = set()  # upload ids that Complete was asked for
        self._restarts = 0
        self._said: list[str] = []  # what the receipt repeats
        self._proven = Proven.SENT

    def __call__(self) -> None:
        """Run to the end. Raises nothing."""
        try:
            while not self._once():
                pass
        except BaseException as failure:
            # Whatever it was, and wherever: a transfer that does not end would be waited for for ever.
            self._transfer.give_up(self._inbox, unexpected(failure))

    def _once(self) -> bool:
        """Return whether the run is over; it is not when the user changed their mind at the last moment."""
        back = _BACK_TO_RUNNING.get(self._transfer.state)
        if back is not None:
            self._transfer.move(back)
        try:
            with self._letting_go():
                ending = self._ending(self._transfer.wish())
        except WishChanged:  # once more, while the one before was being obeyed
            return False
        except Shortage as shortage:
            with suppress(WishChanged):
                self._asking.sleep(self._scarcity.wait_seconds(shortage))
            return False
        return self._transfer.end(ending.event, ending.obeyed, error=ending.error, receipt=ending.receipt)

    @contextmanager
    def _letting_go(self) -> Iterator[None]:
        """Let go of lock and connections at the end, before anybody is told: who waits for them finds them free."""
        try:
            yield
        finally:
            if self._journal is not None:
                self._journal.close()
            self._asking.control.close()

    def _ending(self, wish: Wish) -> Ending:
        try:
            return Ending(Event.CONFIRMED, wish, receipt=self._life())
        except (WishChanged, PartStopped):
            wish = self._transfer.wish()
            if wish is Wish.GO:
                raise WishChanged from None
            return self._farewell.obey(wish)
        except BaseException as failure:  # a provider or a callback may well raise SystemExit
            error = failure if isinstance(failure, OssJupyterError) else unexpected(failure)
            if isinstance(error, Shortage) and self._scarcity.bears():
                raise error from None
            return self._farewell.failed(error, wish)

    def _life(self) -> Receipt:
        self._wait_for_earlier()
        self._journal, self._record = self._order.store.open(self._transfer.id, needed=not self._order.plan.single)
        self._transfer.note_all(self._journal.remarks)
        self._show_record()
        self._keep_as_driven()
        self._asking.check()
        restored = self._restore()
        while True:
            anew = restored is None or restored.lost
            if restored is None or restored.lost:
                mark = self._plan_anew()
                there = self._already_there(restored)
                if there is not None:
                    return self._finished(replace(found(there), already_there=True))
                restored = self._start_anew(restored, mark)
            else:
                self._go_on_as_begun(restored.header)
            self._begin(restored, anew)
            try:
                return self._finished(self._send(restored))
            except PartsMissing as missing:
                restored = self._again(missing)

    def _wait_for_earlier(self) -> None:
        """Begin when the uploads of the same file that are being aborted have let go of the checkpoint."""
        while (earlier := self._transfer.earlier) is not None:
            earlier.on_change(self._inbox.nudge)
            self._wait_for(earlier)
            self._transfer.earlier = earlier.earlier  # it may have been given up while it waited itself

    def _wait_for(self, earlier: Standing) -> None:
        while not earlier.resting:
            self._transfer.set_phase("waiting until the earlier upload is removed")
            self._inbox.wait_until(lambda: earlier.resting)
            # An abort waits as well: parts that the earlier one keeps are for this one to remove.
            if self._transfer.wish() in (Wish.PAUSE, Wish.ABORT_KEEP_PARTS):
                raise WishChanged

    def _show_record(self) -> None:
        """Show what the checkpoint knows before anybody is asked, so that a dead network shows it too."""
        if self._record is not None:
            self._transfer.show_record(self._record)
            if self._record.completing:
                self._completing_ids.add(self._record.header.upload_id)

    def _keep_as_driven(self) -> None:
        """Write down what was given anew before anything can fail, so that it need not be given again."""
        record = self._record
        if record is not None and (header := self._as_driven(record.header)) != record.header:
            self._record = replace(record, header=header)
            self._open_journal.start(header, tuple(record.receipts.values()), completing=record.completing)

    def _restore(self) -> Restored | None:
        mark = self._order.source.fingerprint()
        if self._record is None:
            return None
        if self._begins_anew(self._record.header):
            return None
        self._transfer.set_phase("checking what is already in OSS")
        restored = restore(self._record, mark, self._order, self._asking)
        for note in restored.notes if restored else ():
            self._transfer.note(note)
        return restored

    def _begins_anew(self, header: CheckpointHeader) -> bool:
        """Give up what is in OSS where the upload is forced and has to become another object than it was begun as."""
        names = changed_options(header.options, header.part_size, self._order) if header.upload_id else []
        if not names or not self._order.force:
            return False
        self._transfer.note(note_anew(names))
        self._leave_nothing_behind(header)
        self._nothing_kept()
        self._record = None
        return True

    def _go_on_as_begun(self, header: CheckpointHeader) -> None:
        """Take the options that the object was begun with, and say which ones of now do not count."""
        names = changed_options(header.options, header.part_size, self._order)
        if names:
            self._say(note_begun(names), Lasts.WHILE_ASKED_SO)
        self._order = replace(self._order, options=as_begun(header.options, self._order.options))

    def _say(self, note: str, lasts: Lasts = Lasts.FOR_GOOD) -> None:
        """Note what the receipt says as well."""
        self._transfer.note(note, lasts)
        self._said.append(note)

    def _plan_anew(self) -> Fingerprint:
        """Plan for the file as it is now, which is returned: it may have changed since the order was made."""
        mark = self._order.source.fingerprint()
        if mark.size != self._order.plan.size:
            plan = make_plan(mark.size, default_part_size=self._order.plan.part_size)
            if self._order.plan.single and not plan.single:
                self._open_journal.close()
                self._journal, _ = self._order.store.open(self._transfer.id)  # it cannot do without one any more
            self._order = replace(self._order, plan=plan)
        return mark

    def _already_there(self, lost: Restored | None) -> ObjectHead | None:
        """Return the finished object where it is already the file."""
        if self._transfer.order.force and lost is None:
            return None
        self._transfer.set_phase("checking whether it is already there")
        crc = None
        if lost is not None and not lost.unread and not lost.header.unread:
            self._transfer.ledger.begin(lost.plan, lost.receipts, self._order.clock.monotonic())
            crc = self._transfer.ledger.whole_crc64()
        self._proven = Proven.SENT if crc is not None else Proven.ALL
        return already_there(self._order, crc, self._asking)

    def _start_anew(self, lost: Restored | None, mark: Fingerprint) -> Restored:
        order = self._order
        if lost is not None:
            self._transfer.note(
                f"OSS no longer knows the upload id {lost.header.upload_id} (aborted, or removed by a lifecycle rule), "
                "so the file is sent from its beginning with a new one."
            )
            self._leave_nothing_behind(lost.header)
            self._nothing_kept()
        elif self._record is not None and self._record.header.upload_id:
            self._transfer.note("The file changed too much to keep any part, so it is sent from its beginning.")
            self._leave_nothing_behind(self._record.header)
            self._nothing_kept()
        header = CheckpointHeader(
            transfer_id=self._transfer.id,
            source=str(order.source.path),
            target=order.target,
            fingerprint=mark,
            part_size=order.plan.part_size,
            options=order.options.as_dict(),
            place=order.place,
            created_at=order.clock.time(),
        )
        return Restored(header if order.plan.single else self._initiate(header), order.plan, {})

    def _initiate(self, header: CheckpointHeader) -> CheckpointHeader:
        """Return the header with a new upload id.

        That the disk is full has to be found out before: each try would leave an upload id that nothing remembers.
        """
        order, journal = self._order, self._open_journal
        if self._has_no_past:
            journal.start(header)
        try:
            upload_id = self._asking.ask(
                lambda control: control.initiate(order.target, order.options),
                undo=lambda control, upload_id: control.abort(order.target, upload_id),
            )
        except BaseException:
            if self._has_no_past:
                journal.delete()
            raise
        return replace(header, upload_id=upload_id)

    @property
    def _has_no_past(self) -> bool:
        """Whether the journal remembers no upload id, so that nothing is lost with it."""
        return self._record is None or not self._record.header.upload_id

    def _leave_nothing_behind(self, header: CheckpointHeader) -> None:
        # Parts left behind cost storage, but must not stop the upload.
        with suppress(OssJupyterError), self._asking.briefly(Wish.GO):
            self._asking.ask(lambda control: control.abort(header.target, header.upload_id))

    def _nothing_kept(self) -> None:
        """Show that the parts are gone: from here on a failure has none to carry on from."""
        self._transfer.set_upload_id("")
        self._transfer.ledger.begin(self._order.plan, {}, self._order.clock.monotonic())

    def _begin(self, restored: Restored, anew: bool) -> None:
        """Make the journal say what the run starts from and how it is driven, before anything is sent."""
        restored = replace(restored, header=self._as_driven(restored.header))
        self._order = replace(self._order, plan=restored.plan)
        self._transfer.settle(self._order.options, restored.plan)
        try:
            self._open_journal.start(restored.header, tuple(restored.receipts.values()))
        except OssJupyterError:
            if anew and restored.header.upload_id:
                self._leave_nothing_behind(restored.header)
                if self._has_no_past:
                    self._open_journal.delete()
            raise
        self._header = restored.header
        self._transfer.note_all(self._open_journal.remarks)
        self._transfer.set_upload_id(restored.header.upload_id)
        self._transfer.ledger.begin(restored.plan, restored.receipts, self._order.clock.monotonic())
        self._transfer.set_phase("")

    def _as_driven(self, header: CheckpointHeader) -> CheckpointHeader:
        order = self._transfer.order
        driven = header.driven(self._transfer.limit, self._transfer.parallel_wish()[0])
        return replace(
            driven,
            place=order.place,
            profile=order.profile,
            credentials_given=order.credentials_given,
            prove=order.prove,
        )

    def _send(self, restored: Restored) -> Completed:
        header, order = restored.header, self._order
        md5 = ""

        def sign_put() -> SignedRequest:
            nonlocal md5
            md5 = self._declared_md5()
            return self._asking.sign(lambda control: control.sign_put(order.target, order.options, md5))

        def sign(number: int) -> SignedRequest:
            if not header.upload_id:
                return sign_put()
            return self._asking.sign(
                lambda control: control.sign_part(order.target, header.upload_id, number, order.options)
            )

        proving = Proving(self._transfer, self._inbox, self._asking, self._open_journal, sign, restored, order.prove)
        try:
            self._proven = proving.run()
        except (ServiceError, NetworkError, IntegrityError) as error:
            if not header.upload_id:
                tries = self._transfer.part(1).attempts
                return clear_up_put(error, order, md5, self._asking, tries=tries)
            if isinstance(error, ServiceError) and error.reply.code == "NoSuchUpload":
                raise PartsMissing(error, anew=True) from None
            raise
        if not header.upload_id:
            return completed_put(self._transfer.ledger.receipts()[0])
        self._header = proving.header
        return self._complete(proving.header)

    def _declared_md5(self) -> str:
        """Return the MD5 of the whole file as it is now, which the service compares before it replaces an object.

        So what it stores was read twice and was the same: it is the file as it was at the moment between.
        """
        self._transfer.set_phase("computing the checksum")
        md5 = self._order.source.md5(0, self._order.plan.size, self._asking.stopped)
        self._transfer.set_phase("")
        return md5

    def _complete(self, header: CheckpointHeader) -> Completed:
        order, ledger = self._order, self._transfer.ledger
        crc = ledger.whole_crc64()
        assert crc is not None, "Sending returns only when every part has a receipt"
        asked_before = self._record is not None and self._record.completing
        self._open_journal.completing()
        self._transfer.note_all(self._open_journal.remarks)
        self._completing_ids.add(header.upload_id)
        self._transfer.move(Event.ALL_PARTS_DONE)
        self._transfer.set_phase("completing")
        return complete(order, header.upload_id, ledger.receipts(), crc, self._asking, asked_before)

    def _again(self, missing: PartsMissing) -> Restored | None:
        """Go back to sending: with the parts the service still has, or with a new upload id."""
        self._restarts += 1
        if self._restarts > _RESTARTS_MAX:
            raise missing.error
        if self._transfer.state is State.COMPLETING:
            self._transfer.move(Event.PARTS_MISSING)
        assert self._header is not None, "parts were sent under it"
        receipts = {receipt.part_number: receipt for receipt in self._transfer.ledger.receipts()}
        if missing.anew or self._restarts == _RESTARTS_MAX:
            return Restored(self._header, self._order.plan, receipts, lost=True)
        self._record = CheckpointRecord(self._header, receipts)
        return self._restore()

    def _finished(self, done: Completed) -> Receipt:
        order, transfer = self._order, self._transfer
        self._open_journal.delete()
        view = transfer.snapshot()
        # What was found there may have been sent by an earlier run of this handle.
        sent_bytes = transfer.ledger.went_bytes if done.already_there else order.plan.size - view.kept_bytes
        sent_bytes = min(sent_bytes, order.plan.size)
        late = unapplied_there(transfer.order, done.options) if done.already_there else []
        if late:
            self._say(note_there(late))
        if done.warning:
            self._say(done.warning)
        return Receipt(
            url=str(order.target),
            size=order.plan.size,
            etag=done.etag,
            crc64=done.crc64,
            request_id=done.request_id,
            seconds=transfer.active_seconds(),
            parts=len(order.plan),
            kept_bytes=order.plan.size - sent_bytes,
            sent_bytes=sent_bytes,
            retries=view.retries,
            resent_bytes=view.resent_bytes,
            version_id=done.version_id,
            already_there=done.already_there,
            callback_body=done.callback_body,
            warning=" ".join(self._said),
            proven=self._proven,
        )

    @property
    def _open_journal(self) -> Journal:
        assert self._journal is not None, "the run opens it first"
        return self._journal

    @property
    def _farewell(self) -> Farewell:
        header = self._header or (self._record.header if self._record else None)
        asked = header is not None and header.upload_id in self._completing_ids
        return Farewell(self._transfer, self._order, self._asking, self._journal, header, asked, self._finished)
