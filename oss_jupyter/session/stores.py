"""The checkpoint directories of this process: the settings', and every other that an upload named or the host told."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.local.dataset_store import DatasetStore, DatasetStores, NoDatasetStore
from oss_jupyter.local.memory import NoCheckpoints
from oss_jupyter.local.store import CheckpointDirectory, Checkpoints
from oss_jupyter.model.given import is_off
from oss_jupyter.paths import absolute
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import tr


class Unset:
    """Stands for an argument that was not given, where None has a meaning of its own."""

    def __repr__(self) -> str:
        return tr("the setting's value")


UNSET = Unset()


class Stores:
    """One store for each directory, made once, and one for the datasets in it. Any thread may call it."""

    def __init__(self, settings: OssJupyter) -> None:
        self._settings = settings
        self._stores: dict[Path | None, Checkpoints] = {}
        self._datasets: dict[Path | None, DatasetStores] = {}

    def at(self, directory: str | os.PathLike[str] | Unset | None = UNSET) -> Checkpoints:
        """Return the checkpoint store of a directory; None, 'none' or 'off' switch resuming off."""
        path: Path | None
        if isinstance(directory, Unset):
            path = self._settings.checkpoint_path()
        elif directory is None or is_off(directory):
            path = None
        else:
            path = absolute(directory, "checkpoint_dir", made=True)
        if path not in self._stores:
            self._stores[path] = CheckpointDirectory(path) if path else NoCheckpoints()
        return self._stores[path]

    def datasets_at(self, directory: str | os.PathLike[str] | Unset | None = UNSET) -> DatasetStores:
        """Return the store of the datasets in a directory; None, 'none' or 'off' switch resuming off."""
        return self.datasets_of(self.at(directory))

    def datasets_of(self, store: Checkpoints) -> DatasetStores:
        """Return the store of the datasets beside the checkpoints of single files."""
        path = store.directory
        if path not in self._datasets:
            self._datasets[path] = DatasetStore(path) if path else NoDatasetStore()
        return self._datasets[path]

    def of(self, spec: TransferSpec | DatasetSpec) -> Checkpoints | DatasetStores:
        """Return where the checkpoint of a spec is kept, with all that the engine has no need of."""
        return next(store for store in (*self._stores.values(), *self._datasets.values()) if store is spec.store)

    def learn(self, directories: Iterable[str]) -> bool:
        """Look into these as well, from now on; return whether one of them is new."""
        new = {Path(one) for one in directories} - self._stores.keys()
        for directory in new:
            self.at(directory)
        return bool(new)

    def directories(self) -> tuple[CheckpointDirectory, ...]:
        """Return the settings' checkpoint directory and every other one that this kernel knows of."""
        self.at()
        return tuple(store for store in self._stores.values() if isinstance(store, CheckpointDirectory))
