"""What `import oss_jupyter as oj` offers, as one object per kernel: start, find, resume, show."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Mapping
from typing import Any

from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.reporter import Reporter
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError, TransferStateError
from oss_jupyter.local.found import Found
from oss_jupyter.local.source import FileSource
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.record import CheckpointRecord
from oss_jupyter.model.states import Event, State, allowed
from oss_jupyter.notebook.config import OssJupyter
from oss_jupyter.notebook.interrupts import interrupts_later
from oss_jupyter.notebook.rehoming import rehome_checkpoint
from oss_jupyter.notebook.wiring import Wiring, parse_limit

# A kernel that goes waits this long, all told, for parts to give way; what is later is sent again by the next one.
_EXIT_SECONDS = 1.5


class Workbench:
    """The transfers of this kernel and how to get more."""

    def __init__(self, settings: OssJupyter | None = None) -> None:
        self.settings = settings or OssJupyter()
        self.manager = Manager()
        self.wiring = Wiring(self.settings, known_speed=self.manager.connection_speed)
        self.manager.set_limit(parse_limit(self.settings.limit))
        self.settings.observe(lambda change: self.manager.set_limit(parse_limit(change["new"])), "limit")
        self.reporter = Reporter()
        atexit.register(self.manager.pause_all, _EXIT_SECONDS)

    def upload(
        self,
        source: str | os.PathLike[str],
        target: str,
        arguments: Mapping[str, Any],
        on_progress: Callable[[Snapshot], None] | None = None,
    ) -> Transfer:
        """Start, attach to or resume the upload of `source` to `target`."""
        if on_progress is not None and not callable(on_progress):
            raise InputError(
                "on_progress is nothing that can be called.",
                "Give a function: on_progress=print.",
                safe="Nothing was sent.",
            )
        order = self.wiring.order(source, target, arguments)
        with interrupts_later():
            order.lane.start()
            transfer = self.manager.upload(order)
            if on_progress is not None:
                self.reporter.add(transfer, on_progress)
            return transfer

    def transfers(self) -> tuple[Transfer, ...]:
        """Return those of this kernel, and those in the checkpoint directories that others left or drive."""
        for store in self.wiring.directories():
            self._look_into(store)
        return self.manager.transfers()

    def problems(self) -> list[Found]:
        """Return the checkpoints that cannot be used, each with its problem."""
        return [found for store in self.wiring.directories() for found in store.inventory() if found.problem]

    def find(self, text: str) -> Transfer:
        """Return the transfer whose id begins with `text`. Raises TransferNotFound, InputError."""
        self.transfers()
        return self.manager.find(text)

    def unfinished(self) -> tuple[Transfer, ...]:
        """Return what could be resumed now."""
        return tuple(transfer for transfer in self.transfers() if allowed(transfer.state, Event.RESUME))

    def resume(self, text: str, credentials: Any = None) -> tuple[Transfer, ...]:
        """Resume one transfer, or all of them for ``"all"``, and return them."""
        chosen = self.unfinished() if text == "all" else (self.find(text),)
        for transfer in chosen:
            if credentials is not None:
                transfer.renew_control(self.wiring.with_credentials(transfer.order, credentials))
            with interrupts_later():
                transfer.resume()
        return chosen

    def rehome(self, transfer: Transfer, path: str | os.PathLike[str]) -> Transfer:
        """Return the same upload, interrupted, with its file at another path; it has another id.

        Raises TransferStateError where it runs, is paused or is over, InputError where that cannot be the same file.
        """
        if transfer.state not in (State.FAILED, State.INTERRUPTED):
            raise TransferStateError(
                f"The file of an upload that is {transfer.state} stays where it is.", "Abort it and begin a new one."
            )
        order = transfer.order
        record = rehome_checkpoint(order, FileSource(path))
        if record.header.transfer_id == transfer.id:
            return transfer
        self.manager.forget(lambda known: known is transfer)
        return self.manager.adopt(self.wiring.order_of(record, order.store), record)

    def _look_into(self, store: CheckpointDirectory) -> None:
        # Asked before looking, so that a lock that is seen to be held by then is another kernel's.
        moving = {transfer.id for transfer in self.manager.transfers() if not transfer.wait(0)}
        for found in store.inventory():
            if found.record is not None and found.transfer_id not in moving:
                self._adopt(found.record, store, elsewhere=found.busy)
        self.manager.forget(
            lambda transfer: (
                transfer.order.store is store
                and transfer.state in (State.INTERRUPTED, State.ELSEWHERE)
                and not store.path_of(transfer.id).exists()
            )
        )

    def _adopt(self, record: CheckpointRecord, store: CheckpointDirectory, *, elsewhere: bool) -> None:
        try:
            order = self.wiring.order_of(record, store)
        except InputError:
            return  # it names a certificate file or an endpoint that is not valid here; its journal stays
        self.manager.adopt(order, record, elsewhere=elsewhere)
