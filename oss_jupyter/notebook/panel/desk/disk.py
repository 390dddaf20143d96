"""What only the disk knows: uploads that other kernels left or drive, and files that are gone.

It is looked at every few seconds while a desk is on the screen. The store reads a journal only when it has changed.
"""

from __future__ import annotations

from oss_jupyter.engine.spec import JobSpec, TransferSpec
from oss_jupyter.engine.streaming.spec import StreamSpec
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.local.found import Found
from oss_jupyter.model.states import State
from oss_jupyter.session.history import history_stamp
from oss_jupyter.session.session import Session

INTERVAL_SECONDS = 3.0
# The states in which a file that is gone is all that has to be said: others look at it themselves.
MAY_MISS = (State.INTERRUPTED, State.FAILED)


class Disk:
    """What was seen last. One thread at a time uses it.

    problems: checkpoints that cannot be used. missing: ids of transfers whose file is gone. ended: another text once an
    upload has ended, in whatever kernel.
    """

    def __init__(self, session: Session) -> None:
        self.problems: tuple[Found, ...] = ()
        self.missing: frozenset[str] = frozenset()
        self.ended = ""
        self._session = session

    def look(self) -> None:
        """See what has changed; the manager learns of what can be resumed here."""
        transfers = self._session.transfers()
        self.ended = history_stamp()
        self.problems = tuple(self._session.on_disk.problems())
        self.missing = frozenset(
            transfer.id
            for transfer in transfers
            if transfer.state in MAY_MISS and _is_gone(coordinator_of(transfer).spec)
        )


def _is_gone(spec: JobSpec) -> bool:
    """Whether there is no file any more; of a dataset the next run says what is not there, and a stream has none."""
    if isinstance(spec, StreamSpec) or not isinstance(spec, TransferSpec):
        return False
    return not spec.source.path.is_file()
