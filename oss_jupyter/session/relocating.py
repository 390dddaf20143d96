"""The file of an unfinished upload has moved: the same upload with another path, and so with another id."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError, TransferStateError
from oss_jupyter.local.dataset_store import DatasetStore, NoDatasetStore
from oss_jupyter.local.found import Found
from oss_jupyter.local.relocate import relocate
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.states import State
from oss_jupyter.session.text import in_a_word
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.manager import Manager
    from oss_jupyter.session.wiring import Wiring


def relocated(wiring: Wiring, manager: Manager, transfer: Transfer, path: str | os.PathLike[str]) -> Transfer:
    """Return what `Session.relocate` does."""
    if transfer.state not in (State.FAILED, State.INTERRUPTED):
        raise TransferStateError(
            tr("The file of an upload that is {state} stays where it is.", state=in_a_word(transfer.state)),
            tr("Abort it and begin a new one."),
        )
    spec = coordinator_of(transfer).spec
    store = wiring.stores.of(spec)
    if isinstance(store, (DatasetStore, NoDatasetStore)):
        raise InputError(
            tr("The files of a dataset stay where they are."),
            tr("Begin a new upload of where they are now: those that are in OSS already are not sent again."),
        )
    record = relocate(store, transfer.id, FileSource(path), spec.host)
    if record.header.transfer_id == transfer.id:
        return transfer
    manager.forget(lambda known: known is transfer)
    journal: Path = spec.store.path_of(record.header.transfer_id) or spec.source.path
    found = Found(record.header.transfer_id, journal, record)
    return manager.adopt(wiring.spec_of(found, spec.store), record)
