"""What `import oss_jupyter as oj` offers, as one object per kernel: start, find, resume, show."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from oss_jupyter import forks
from oss_jupyter.engine.budget import Budget
from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.reporter import Reporter
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError, InterpreterEnding, TransferNotFound, before_sending
from oss_jupyter.local.dataset_source import dataset_source
from oss_jupyter.model.arguments import AnewOptions
from oss_jupyter.model.reach import set_here
from oss_jupyter.model.sizes import parse_limit
from oss_jupyter.model.states import Event, allowed
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.objects.dask_frames import is_dask_frame
from oss_jupyter.objects.streamed import Streamed
from oss_jupyter.objects.streams import as_stream
from oss_jupyter.session.after_failure import look_after_failure
from oss_jupyter.session.anew import given_anew, refuse_for_all
from oss_jupyter.session.dataset_wiring import DatasetWiring
from oss_jupyter.session.detached.detached import Detached
from oss_jupyter.session.detached.hosted import Hosted
from oss_jupyter.session.history import Recorder
from oss_jupyter.session.interrupts import interrupts_later
from oss_jupyter.session.kept_spec import ASKS_FIRST
from oss_jupyter.session.leaving import Leaving
from oss_jupyter.session.left_alone import is_left_alone, waits_for_a_word
from oss_jupyter.session.on_disk import OnDisk
from oss_jupyter.session.parted_wiring import PartedWiring
from oss_jupyter.session.reach import ReachFromHere
from oss_jupyter.session.relocating import relocated
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.shell import Shell
from oss_jupyter.session.spooling import Spooling
from oss_jupyter.session.stream_wiring import StreamWiring
from oss_jupyter.session.text import in_a_word
from oss_jupyter.session.wiring import Wiring
from oss_jupyter.texts import catalogue, chinese, tr
from oss_jupyter.texts.spoken import choose_language, language

if TYPE_CHECKING:
    from typing_extensions import Unpack  # in typing only from Python 3.11 on


class Session:
    """The transfers of this kernel and how to get more. shell: where the user sits, or None in a script.

    is_host: this is the process that outlives kernels.
    """

    def __init__(self, settings: OssJupyter | None = None, *, is_host: bool = False) -> None:
        self.settings = settings or OssJupyter()
        self._is_host = is_host
        self.shell: Shell | None = None
        choose_language(self.settings.language)
        with suppress(OSError):  # read while there are descriptors: what is to be said later may be that there are none
            catalogue()
            if language() == "zh":
                chinese()
        self._begin()
        self.leaving.arrange()
        self.settings.observe(lambda change: self.manager.set_limit(parse_limit(change["new"])), "limit")
        self.settings.observe(lambda change: self.manager.set_uploads_at_once(change["new"]), "uploads_at_once")
        self.settings.observe(lambda change: choose_language(change["new"]), "language")
        self.settings.observe(lambda change: self.wiring.cool_down(), "helper")
        of_host = ["limit", "uploads_at_once", "parallel_most"]
        self.settings.observe(lambda change: self.detached.set_for_all(change["name"], change["new"]), of_host)
        forks.in_child(self._begin_anew)

    def _begin(self) -> None:
        self.manager = Manager(
            self.settings.uploads_at_once,
            Budget(self.settings.connections),
            self._one_runs,
            partial(self._one_ended, Recorder(self.settings)),
        )
        self.wiring = Wiring(self.settings, known_speed=self.manager.connection_speed)
        self.datasets = DatasetWiring(self.wiring)
        self.on_disk = OnDisk(self.wiring, self.datasets, self.manager, lambda job: self.detached.carry_on(job))
        self.detached = Detached(self.settings, self.manager, is_host=self._is_host)
        self.streams = StreamWiring(self.wiring)
        self.parted = PartedWiring(self.datasets)
        self.spooling = Spooling(self.wiring, lambda: self.shell, self.begin)
        self.manager.set_limit(parse_limit(self.settings.limit))
        self.reporter = Reporter()
        self.leaving = Leaving(self.manager, lambda: self.shell.ends if self.shell else None)
        set_here(ReachFromHere(self.wiring, self.manager))

    def _begin_anew(self) -> None:
        """Know no transfer in a forked child: those of the parent run there. The settings are the same."""
        forks.leave(self.manager, self.wiring, self.datasets, self.reporter, self.leaving)
        self._begin()
        with suppress(InterpreterEnding):  # whoever wants to upload is told
            self.leaving.arrange()

    def upload(
        self,
        source: Any,
        target: str,
        arguments: UploadArguments,
        spell: Callable[[str], str] = str,
        name: str | None = None,
        is_data: bool = False,
    ) -> Transfer:
        """Start, attach to or resume the upload of `source`, a file, a dataset, an object or a stream, to `target`.

        spell: as in JobSpec. name: of the variable that holds the source; "" where paths alone are meant. is_data: a
        text or a list is meant itself, and is no path.
        """
        self.detached.wanted(arguments.given)  # before an object is written
        if is_dask_frame(source):
            spec = self.parted.spec(source, name, target, arguments)
            return self.begin(replace(spec, spell=spell), arguments)
        found = None if name == "" else self.spooling.find(source, target, name, is_data=is_data)
        if found is not None:
            return self.spooling.upload(found, target, arguments, spell)
        return self.begin(replace(self._spec(as_stream(source), target, arguments), spell=spell), arguments)

    def _spec(self, source: Any, target: str, arguments: UploadArguments) -> TransferSpec | DatasetSpec:
        if isinstance(source, Streamed):
            return self.streams.spec(source, target, arguments)
        dataset = dataset_source(source)
        if dataset is None:
            return self.wiring.spec(source, target, arguments)
        return self.datasets.spec(dataset, target, arguments)

    def begin(self, spec: TransferSpec | DatasetSpec, arguments: UploadArguments) -> Transfer:
        """Start, attach to or resume what a spec says, here or in the process that outlives this one."""
        self.leaving.arrange()
        self._uploads_begin()
        detach = self.detached.wanted(arguments.given)
        with before_sending() if detach else nullcontext(), interrupts_later():
            transfer = self.detached.upload(spec) if detach else self._begin_here(spec)
            on_progress = arguments.given.get("on_progress")
            if on_progress is not None:
                self.reporter.add(transfer, on_progress)
            return transfer

    def _begin_here(self, spec: TransferSpec | DatasetSpec) -> Transfer:
        spec.lane.start()
        transfer = self.manager.upload(spec)
        _raise_if_too_late(transfer)
        return transfer

    def transfers(self) -> tuple[Transfer, ...]:
        """Return those of this kernel, and those in the checkpoint directories that others left or drive."""
        self.detached.leave_gone()
        self.on_disk.adopt()
        if self.wiring.stores.learn(self.detached.adopt()):
            self.on_disk.adopt()
            self.detached.adopt()
        return self.manager.transfers()

    def find(self, text: str) -> Transfer:
        """Return the transfer whose id begins with `text`.

        Raises TransferNotFound, InputError, and what is the matter with a checkpoint of that name.
        """
        self.transfers()
        try:
            return self.manager.find(text)
        except TransferNotFound as error:
            raise self.on_disk.why_unusable(text) or error from None

    def unfinished(self) -> tuple[Transfer, ...]:
        """Return what could be resumed now."""
        return tuple(transfer for transfer in self.transfers() if allowed(transfer.state, Event.RESUME))

    def left_alone(self) -> tuple[Transfer, ...]:
        """Return what is left out where all are resumed; the error of each says why."""
        return tuple(filter(is_left_alone, self.manager.transfers()))

    def resume(self, text: str, **anew: Unpack[AnewOptions]) -> tuple[Transfer, ...]:
        """Resume one transfer, or for ``"all"`` all that wait for nothing, and return them.

        anew: what replaces the arguments of the first time.
        """
        anew = given_anew(anew)
        if text == "all":
            refuse_for_all(anew)
            chosen = tuple(transfer for transfer in self.unfinished() if not is_left_alone(transfer))
        else:
            chosen = (self.find(text),)
        self.leaving.arrange()
        self._uploads_begin()
        for transfer in chosen:
            if anew:
                self.give_anew(transfer, anew)
            with interrupts_later():
                transfer.resume()
            _raise_if_too_late(transfer)
        return chosen

    def abort(self, text: str, keep_parts: bool = False, **anew: Unpack[AnewOptions]) -> tuple[Transfer, ...]:
        """Give one transfer up, or for ``"all"`` all that wait for nothing, and return them."""
        anew = given_anew(anew)
        if text == "all":
            refuse_for_all(anew)
            # What another may have planted is not asked about at its endpoint.
            live = (transfer for transfer in self.transfers() if allowed(transfer.state, Event.ABORT))
            chosen = tuple(transfer for transfer in live if not waits_for_a_word(transfer))
        else:
            chosen = (self.find(text),)
        for transfer in chosen:
            if anew:
                self.give_anew(transfer, anew)
            transfer.abort(keep_parts=keep_parts)
        return chosen

    def warm_up(self) -> None:
        """Start what uploads need, because the package is used: it takes no time of the caller's."""
        with interrupts_later():
            self.wiring.warm_up()

    def _uploads_begin(self) -> None:
        if self.shell is not None:
            self.shell.uploads_begin()

    def _one_runs(self) -> None:
        if self.shell is not None:
            self.shell.one_runs()

    def _one_ended(self, recorder: Recorder, job: AnyJob) -> None:
        recorder.record(job)
        look_after_failure(job)

    def give_anew(self, transfer: Transfer, anew: AnewOptions) -> None:
        """Let a transfer go on with other arguments. Raises InputError where they do not suffice."""
        job = coordinator_of(transfer)
        if isinstance(job, Hosted):
            self.detached.give_anew(job, anew)
            return
        spec = job.spec
        found = self.on_disk.found(transfer.id) if transfer.wait(0) else None
        if found is not None:
            spec = self.wiring.spec_of(found, spec.store, anew)
            if spec.hindrance is not None and spec.hindrance.code != ASKS_FIRST:
                raise spec.hindrance
            before = coordinator_of(transfer).spec
            spec = replace(spec, lane=before.lane, policy=before.policy, prove=before.prove, hindrance=None)
        elif set(anew) <= {"credentials", "profile"}:
            spec = self.wiring.signed_anew(spec, anew)
        else:
            raise InputError(
                tr(
                    "Only credentials and profile of an upload that is {state} can be given anew.",
                    state=in_a_word(transfer.state),
                ),
                tr("Pause it first, or run its cell again with the arguments that it needs."),
            )
        coordinator_of(transfer).renew_spec(spec)

    def relocate(self, transfer: Transfer, path: str | os.PathLike[str]) -> Transfer:
        """Return the same upload, interrupted, with its file at another path; it has another id.

        Raises TransferStateError where it runs, is paused or is over, InputError where that cannot be the same file.
        """
        return relocated(self.wiring, self.manager, transfer, path)


_shared: list[Session] = []


def current_session(settings: OssJupyter | None = None) -> Session:
    """Return this process's session; the first call makes it, with `settings` or the defaults."""
    if not _shared:
        _shared.append(Session(settings))
    return _shared[0]


def _raise_if_too_late(transfer: Transfer) -> None:
    """Raise at once what nobody would be left to ask for."""
    if isinstance(transfer.error, InterpreterEnding):
        raise transfer.error
