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
from oss_jupyter.local.spool import DraftFile, SpoolSource
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.selection import refuse_for_one_file
from oss_jupyter.model.target import parse_target
from oss_jupyter.names import printable
from oss_jupyter.objects.find import Found, find
from oss_jupyter.redact import quoted
from oss_jupyter.session.interrupts import interrupts_later
from oss_jupyter.session.shell import Shell, Writing
from oss_jupyter.session.stores import UNSET

if TYPE_CHECKING:
    from oss_jupyter.engine.transfer import Transfer
    from oss_jupyter.local.store import Checkpoints
    from oss_jupyter.model.upload_arguments import UploadArguments
    from oss_jupyter.session.wiring import Wiring


class WritingInterrupted(KeyboardInterrupt):
    """Somebody interrupted the cell while an object was written: the cell ends, and nothing is left."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this line instead of a traceback."""
        return [str(self)]


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
            return find(value, key, name or _with_article(type(value).__name__), is_data=is_data)

    def upload(self, found: Found, target: str, arguments: UploadArguments, spell: Callable[[str], str]) -> Transfer:
        """Write an object down, and start, attach to or resume its upload.

        Raises InputError, PackageMissing, CheckpointError; WritingInterrupted.
        """
        with before_sending():
            asked, options = self._asked(found, target, arguments)
            expected_bytes = found.expected_bytes
            store = self._store(arguments)
            with store.spools.draft(expected_bytes) as file:
                with self._watched(Writing(asked.spooled, asked.target, expected_bytes, file)):
                    size_bytes, crc = _written(found, file, options)
                with interrupts_later():
                    spec = replace(self._settled(asked, size_bytes, crc, arguments), spell=spell)
                    _keep(store, spec, file.path, crc)
                    return self._begin(spec, arguments)

    def _store(self, arguments: UploadArguments) -> Checkpoints:
        return self._wiring.stores.at(arguments.given.get("checkpoint_dir", UNSET))

    @contextmanager
    def _watched(self, writing: Writing) -> Iterator[None]:
        """Show how an object is being written. Raises WritingInterrupted."""
        shell = self._shell()
        try:
            with shell.watch(writing) if shell else nullcontext():
                yield
        except KeyboardInterrupt:
            raise WritingInterrupted(
                f"Interrupted while {writing.label} was being written: nothing was sent, and nothing of it is left."
            ) from None

    def _asked(self, found: Found, target: str, arguments: UploadArguments) -> tuple[TransferSpec, Mapping[str, Any]]:
        """Return the spec as far as it is known before anything is written, and the writer's options."""
        refuse_for_one_file(arguments, found.label)
        label = printable(found.label)
        source = SpoolSource(Path(f"/{found.label}"), label)
        spec = replace(self._wiring.spec_to(parse_target(target), source, 0, arguments), spooled=label)
        return spec, _options(arguments.given.get("writer_options"))

    def _settled(self, asked: TransferSpec, size_bytes: int, crc: int, arguments: UploadArguments) -> TransferSpec:
        given = arguments.given
        known = transfer_id(f"\0{size_bytes}-{crc:016x}", asked.target, asked.host)
        plan = self._wiring.plan(size_bytes, given.get("part_size"), asked.host)
        spools = self._store(arguments).spools
        return replace(
            asked,
            transfer_id=known,
            source=SpoolSource(spools.path_of(known), asked.spooled),
            plan=plan,
            lane=self._wiring.lane(plan, given.get("executor")),
        )


def _written(found: Found, file: DraftFile, options: Mapping[str, Any]) -> tuple[int, int]:
    """Write an object, and return how many bytes that are, and their CRC-64."""
    try:
        found.write(file, options)
        file.flush()
    except Exception as error:
        full = file.full(error)
        if full is not None:
            raise full from error
        if isinstance(error, OSError):
            raise CheckpointNotWritable(
                f"Writing {found.label} failed in {file.path.parent}: {error.strerror or type(error).__name__}.",
                "Check that disk, or choose another with checkpoint_dir=…",
            ) from error
        raise
    draft = SpoolSource(file.path, found.label)
    size_bytes = draft.fingerprint().size
    return size_bytes, draft.crc64(0, size_bytes)


def _keep(store: Checkpoints, spec: TransferSpec, draft: Path, crc: int) -> None:
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


def _options(given: Any) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise InputError(
            f"writer_options={quoted(given)} is no dictionary of names and values.",
            'Write it like writer_options={"index": False}.',
        )
    return given


def _with_article(kind: str) -> str:
    return f"{'an' if kind[:1].lower() in tuple('aeiou') else 'a'} {kind}"
