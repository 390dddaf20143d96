"""An object of the notebook becomes a file before it is sent: written in the calling cell, and then like any other.

The id of such an upload is made from its bytes, so the same object finds its upload again, in this kernel or the next,
and another one never mixes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.errors import CheckpointNotWritable, InputError, TransferBusy, before_sending
from oss_jupyter.local.spool import DraftFile, Spools, SpoolSource
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.selection import refuse_for_one_file
from oss_jupyter.model.target import parse_target
from oss_jupyter.names import printable
from oss_jupyter.objects.find import Found, find
from oss_jupyter.redact import quoted
from oss_jupyter.session.interrupts import ToldInterrupt, interrupts_later
from oss_jupyter.session.shell import Shell, Writing
from oss_jupyter.session.stores import UNSET
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words

if TYPE_CHECKING:
    from oss_jupyter.engine.transfer import Transfer
    from oss_jupyter.local.store import Checkpoints
    from oss_jupyter.model.upload_arguments import UploadArguments
    from oss_jupyter.session.wiring import Wiring


class WritingInterrupted(ToldInterrupt):
    """Somebody interrupted the cell while an object was written: the cell ends, and nothing is left."""


class Spooling:
    """Makes uploads of objects with the means of `wiring`. Any thread may call it.

    shell: returns where the user sits, or None. begin: starts what a spec says.
    """

    def __init__(
        self,
        wiring: Wiring,
        shell: Callable[[], Shell | None],
        begin: Callable[[TransferSpec, UploadArguments], Transfer],
    ) -> None:
        self._wiring = wiring
        self._shell = shell
        self._begin = begin

    def find(self, value: Any, target: str, name: str | None, *, is_data: bool = False) -> Found | None:
        """Return how an object becomes a file for its target, or None where it is none. Raises InputError.

        name: of the variable that holds it, where there is one. is_data: it is meant itself, whatever it looks like.
        """
        with before_sending():
            key = target.rpartition("://")[2].partition("/")[2] if isinstance(target, str) else ""
            return find(value, key, name or _called(value), is_data=is_data)

    def upload(self, found: Found, target: str, arguments: UploadArguments, spell: Callable[[str], str]) -> Transfer:
        """Write an object down, and start, attach to or resume its upload.

        Raises InputError, PackageMissing, CheckpointError; WritingInterrupted.
        """
        with before_sending():
            options, expected_bytes = writer_options(arguments.given.get("writer_options")), found.expected_bytes
            with self.draft(found.label, target, arguments, expected_bytes) as draft:
                with draft.written():
                    found.write(draft.file, options)
                return draft.upload(spell)

    @contextmanager
    def draft(
        self, label: str, target: str, arguments: UploadArguments, expected_bytes: int | None = None
    ) -> Iterator[Draft]:
        """Give what an object is written to, which is gone at the end of the block unless its upload has begun.

        label: what the object is called. Raises InputError, CheckpointError, before anything is written.
        """
        asked = self.asked(label, target, arguments)
        store = self.store(arguments)
        with store.spools.draft(expected_bytes) as file:
            yield Draft(self, asked, arguments, file, store, expected_bytes)

    def store(self, arguments: UploadArguments) -> Checkpoints:
        """Return where the checkpoint of an upload lies, and its spool."""
        return self._wiring.stores.at(arguments.given.get("checkpoint_dir", UNSET))

    def begin(self, spec: TransferSpec, arguments: UploadArguments) -> Transfer:
        """Start, attach to or resume an upload whose spool is written."""
        return self._begin(spec, arguments)

    @contextmanager
    def watched(self, writing: Writing) -> Iterator[None]:
        """Show how an object is being written. Raises WritingInterrupted."""
        shell = self._shell()
        try:
            with shell.watch(writing) if shell else nullcontext():
                yield
        except KeyboardInterrupt:
            raise WritingInterrupted(
                tr(
                    "Interrupted while {label} was being written: nothing was sent, and nothing of it is left.",
                    label=writing.label,
                )
            ) from None

    def asked(self, label: str, target: str, arguments: UploadArguments) -> TransferSpec:
        """Return the spec as far as it is known before anything is written."""
        refuse_for_one_file(arguments, label)
        source = SpoolSource(Path(f"/{label}"), printable(label))
        return replace(self._wiring.spec_to(parse_target(target), source, 0, arguments), spooled=printable(label))

    def settled(
        self,
        asked: TransferSpec,
        size_bytes: int,
        crc: int,
        arguments: UploadArguments,
        spools: Spools,
        salt: str = "",
    ) -> TransferSpec:
        """Return the spec of what has been written. salt: makes it another upload than that of the same bytes."""
        given = arguments.given
        known = transfer_id(f"\0{size_bytes}-{crc:016x}{salt}", asked.target, asked.host)
        plan = self._wiring.plan(size_bytes, given.get("part_size"), asked.host)
        return replace(
            asked,
            transfer_id=known,
            source=SpoolSource(spools.path_of(known), asked.spooled),
            plan=plan,
            lane=self._wiring.lane(plan, given.get("executor")),
        )


class Draft:
    """An object that is being written down. Whichever thread writes may call it.

    file: what takes its bytes. size_bytes: how many these are, once they are written.
    """

    def __init__(
        self,
        spooling: Spooling,
        asked: TransferSpec,
        arguments: UploadArguments,
        file: DraftFile,
        store: Checkpoints,
        expected_bytes: int | None,
    ) -> None:
        self.file = file
        self._spooling = spooling
        self._asked = asked
        self._arguments = arguments
        self._store = store
        self._writing = Writing(asked.spooled, asked.target, expected_bytes, file)
        self.size_bytes = self._crc = 0

    @contextmanager
    def written(self) -> Iterator[None]:
        """Show how far it is while the block writes. Raises CheckpointNotWritable, WritingInterrupted."""
        with self._spooling.watched(self._writing):
            try:
                yield
                self.file.flush()
            except Exception as error:
                full = self.file.full(error)
                if full is not None:
                    raise full from error
                if isinstance(error, OSError):
                    raise _not_writable(self._asked.spooled, self.file.path, error) from error
                raise
            source = SpoolSource(self.file.path, self._asked.spooled)
            self.size_bytes = source.fingerprint().size
            self._crc = source.crc64(0, self.size_bytes)

    def upload(self, spell: Callable[[str], str]) -> Transfer:
        """Start, attach to or resume the upload of what has been written. Raises CheckpointError."""
        with interrupts_later():
            spec = self._spooling.settled(self._asked, self.size_bytes, self._crc, self._arguments, self._store.spools)
            spec = replace(spec, spell=spell)
            keep(self._store, spec, self.file.path, self._crc)
            return self._spooling.begin(spec, self._arguments)


def _not_writable(label: str, path: Path, error: OSError) -> CheckpointNotWritable:
    return CheckpointNotWritable(
        tr(
            "Writing {label} failed in {folder}: {why}.",
            label=label,
            folder=path.parent,
            why=system_words(error),
        ),
        tr("Check that disk, or choose another with checkpoint_dir=…"),
    )


def keep(store: Checkpoints, spec: TransferSpec, draft: Path, crc: int) -> None:
    """Let a draft be the spool of its upload, with a journal that says so: from here on it outlives the kernel."""

    def is_same(path: Path) -> bool:
        there = SpoolSource(path, spec.spooled)
        return there.fingerprint().size == spec.plan.size and there.crc64(0, spec.plan.size) == crc

    store.spools.keep(draft, spec.transfer_id, is_same)
    with suppress(TransferBusy):  # it is being sent, so all of that is there
        journal, record = store.open(spec.transfer_id)
        try:
            if record is None:
                journal.start(spec.header(spec.source.fingerprint()).driven(spec.limit, spec.parallel))
        finally:
            journal.close()


def writer_options(given: Any) -> Mapping[str, Any]:
    """Return what is given as options for whoever writes. Raises InputError."""
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise InputError(
            tr("writer_options={given} is no dictionary of names and values.", given=quoted(given)),
            tr('Write it like writer_options={{"index": False}}.'),
        )
    return given


def _called(value: Any) -> str:
    """Return what an object is called that no variable names: an open file as on the disk, others by their type."""
    path, kind = getattr(value, "name", None), type(value).__name__
    if isinstance(path, str) and path and hasattr(value, "read"):
        return Path(path).name
    if isinstance(value, bytes):
        return kind
    return tr("an {kind}" if kind[:1].lower() in tuple("aeiou") else "a {kind}", kind=kind)
