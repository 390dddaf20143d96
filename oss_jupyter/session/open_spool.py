"""A spool that a program writes byte by byte, as into a file of its own, and that is an upload when it has ended."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from oss_jupyter import forks
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.errors import CheckpointForeign, CheckpointNotWritable, before_sending
from oss_jupyter.local.room import NO_ROOM
from oss_jupyter.local.spool import DraftFile, Spools, SpoolSource
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.session.interrupts import interrupts_later
from oss_jupyter.session.spooling import Spooling, keep
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.transfer import Transfer

# Small writes come together; larger ones go past it. The standard library's buffer would be written once more by a
# forked child.
_BUFFER_BYTES = 256 * 1024


class OpenSpool:
    """A draft that is open for writing. One thread at a time may use it; a forked child lets go of it.

    begin: makes the upload of what was written. Raises CheckpointNotWritable, CheckpointForeign.
    """

    def __init__(self, spools: Spools, begin: Callable[[Path], Transfer]) -> None:
        self._begin = begin
        self._buffer = bytearray()
        self._held = ExitStack()
        self._draft: DraftFile = self._held.enter_context(spools.draft())
        forks.in_child(self._leave)

    @property
    def path(self) -> Path:
        """Where it lies until it is an upload."""
        return self._draft.path

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Take all of it. Raises CheckpointNotWritable where the disk is full, with the numbers; OSError."""
        if self._draft.closed:
            raise ValueError(tr("write to closed file"))
        view = memoryview(data).cast("B")
        if len(self._buffer) + len(view) > _BUFFER_BYTES:
            self.flush()
        if len(view) >= _BUFFER_BYTES:
            with self._full():
                return self._draft.write(view)
        self._buffer += view
        return len(view)

    def flush(self) -> None:
        """Write what is buffered. Raises as `write` does."""
        with self._full():
            self._draft.write(self._buffer)
        self._buffer = bytearray()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to another place."""
        self.flush()
        return self._draft.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._draft.tell() + len(self._buffer)

    def truncate(self, size: int | None = None) -> int:
        """Cut it off, or make it longer."""
        self.flush()
        return self._draft.truncate(size)

    def finish(self) -> None:
        """Write all of it; from here on nobody has it open."""
        self.flush()
        self._draft.close()

    def upload(self) -> Transfer:
        """Begin the upload of what was finished; it may still be read here, so it is let go of when that is over."""
        return self._begin(self.path)

    def discard(self) -> None:
        """Let go of it; what has not become an upload is removed."""
        self._buffer = bytearray()
        self._held.close()

    @contextmanager
    def _full(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._draft.full(error) or error from None

    def _leave(self) -> None:
        forks.leave(self._held, self._draft)
        self._buffer = bytearray()
        self._held = ExitStack()


def open_spool(spooling: Spooling, label: str, target: str, arguments: UploadArguments) -> OpenSpool:
    """Return a spool that the caller writes.

    label: what the user calls it. What goes in parts outlives the kernel with its checkpoint; what is one request is a
    draft until it has been sent. Where there can be no checkpoints, both lie in the system's folder for temporary
    files. Raises InputError, CheckpointNotWritable where the disk is full.
    """
    with before_sending():
        try:
            return _opened(spooling, label, target, arguments)
        except (CheckpointNotWritable, CheckpointForeign) as error:
            if error.code == NO_ROOM:
                raise
        without = UploadArguments.of(**{**arguments.given, "checkpoint_dir": None})
        return _opened(spooling, label, target, without)


def _opened(spooling: Spooling, label: str, target: str, arguments: UploadArguments) -> OpenSpool:
    asked, store = spooling.asked(label, target, arguments), spooling.store(arguments)

    def settled(size_bytes: int, crc: int, salt: str = "") -> TransferSpec:
        return spooling.settled(asked, size_bytes, crc, arguments, store.spools, salt)

    def begin(draft: Path) -> Transfer:
        written = SpoolSource(draft, asked.spooled)
        size_bytes = written.fingerprint().size
        crc = written.crc64(0, size_bytes)
        with before_sending(), interrupts_later():
            spec = settled(size_bytes, crc)
            if spec.plan.single:  # one request, of which nothing is left to go on with
                nowhere = spooling.store(UploadArguments.of(checkpoint_dir=None))
                return spooling.begin(replace(spec, source=written, store=nowhere), arguments)
            if store.busy(spec.transfer_id):  # another program writes the same, and both are to succeed
                spec = settled(size_bytes, crc, salt=secrets.token_hex(8))
            keep(store, spec, draft, crc)
            return spooling.begin(spec, arguments)

    return OpenSpool(store.spools, begin)
