"""Signing the parts of a run, each just before it goes: as parts of an upload, or the only one as a PutObject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oss_jupyter.model.progress import Phase

if TYPE_CHECKING:
    from oss_jupyter.engine.run_state import RunState
    from oss_jupyter.model.wire_values import SignedRequest


class Signer:
    """Only the run's own thread uses it.

    md5: that was declared for a file that goes in one piece, in hex; "" before.
    """

    def __init__(self, state: RunState, upload_id: str) -> None:
        self._state = state
        self._upload_id = upload_id
        self.md5 = ""

    def sign(self, part_number: int) -> SignedRequest:
        """Return the signed request of a part. Raises Interrupted, SourceError, or why there are no credentials."""
        state = self._state
        if self._upload_id:
            return state.requests.sign_part(self._upload_id, part_number, state.spec.options)
        self.md5 = self._md5_of_now()
        return state.requests.sign_put(state.spec.options, self.md5)

    def _md5_of_now(self) -> str:
        """Return the MD5 of the whole file as it is now, which the service compares before it replaces an object.

        So what it stores was read twice and was the same: it is the file as it was at the moment between.
        """
        state = self._state
        state.transfer.set_phase(Phase.COMPUTING_CHECKSUM)
        md5 = state.spec.source.md5(0, state.spec.plan.size, state.requests.stopped)
        state.transfer.set_phase(Phase.NONE)
        return md5
