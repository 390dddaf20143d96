"""Sending until the object can only be the file as it was at one moment.

Every part's CRC-64 is known from when its bytes were read and sent. Where each part is read again after the last one
was sent, and all have the CRC-64 they had, every part was in the file at the moment between: what is joined is the file
of that moment, whoever writes to it. Where times, inode and writers give no reason to doubt, the file has not changed
since the run began, and only what is kept from before has to be read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.log import log
from oss_jupyter.engine.rereading import Rereading
from oss_jupyter.engine.sending import Sending
from oss_jupyter.engine.source_watch import SourceWatch
from oss_jupyter.model.prove import Prove, Proven
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.restore import Restored
    from oss_jupyter.engine.run_state import RunState
    from oss_jupyter.engine.signing import Signer

# A file that is written all the time may never be the same twice; a few rounds find the pauses of one that is not.
_ROUNDS_MAX = 3


class Proving:
    """Sends the parts of one run and proves them. Only the run's own thread uses it."""

    def __init__(self, state: RunState, signer: Signer, restored: Restored, prove: Prove) -> None:
        self._state = state
        self._signer = signer
        self._prove = prove
        self._unread = restored.unread
        self.header = header = restored.header
        spec = state.transfer.spec
        self._watch = SourceWatch(spec.source, header.fingerprint, spec.clock.time(), in_one_piece=not header.upload_id)
        self._rereading = Rereading(state, restored.plan)

    def run(self) -> Proven:
        """Send all parts and return what was proven of them; the journal knows the file as it is by then.

        Raises SourceChanged where the file is never the same twice, and what `Sending.run` raises.
        """
        self._look_for_writers()
        # Where every byte will be read in the end, what is kept need not be read before.
        self._rereading.begin(self._unread if not self._doubt and self._prove is not Prove.ALL else ())
        self._send()
        proven = self._read_all_again()
        self._write_down()
        return proven

    def _read_all_again(self) -> Proven:
        """Read every byte again, if that is called for, until none differs; what differs is sent again meanwhile."""
        differing = 0
        for _ in range(_ROUNDS_MAX):
            self._watch.look()
            self._look_for_writers()
            doubt = self._doubt
            if not doubt and self._prove is not Prove.ALL:
                return Proven.KEPT if self._unread else Proven.SENT
            if doubt and not differing:
                self._state.transfer.note(
                    tr("{doubt}. So every byte is read again, and compared with what was sent.", doubt=doubt)
                )
            log.debug("%s: every byte is read again (%s)", self._state.transfer.id, doubt or "prove=all")
            self._rereading.begin_all()
            self._send()
            differing = self._rereading.differing
            if not differing:
                self._watch.look()
                return Proven.ALL
        raise self._watch.restless(differing)

    def _write_down(self) -> None:
        header, now = self.header, self._watch.now
        if header.unread or now != header.fingerprint:
            self.header = replace(header, fingerprint=now, unread=False)
            self._state.open_journal.start(self.header, self._state.transfer.ledger.receipts())

    def _send(self) -> None:
        Sending(self._state, self._signer, self._watch, self._rereading).run()

    @property
    def _doubt(self) -> str:
        return self._watch.doubt(times_only=self._prove is Prove.NONE)

    def _look_for_writers(self) -> None:
        if self._prove is not Prove.NONE:
            self._watch.look_for_writers()
