"""What the checkpoint directories hold: transfers that earlier kernels left or other ones drive, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from oss_jupyter.engine.dataset.tally import counts_of, failed_file
from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.spec import JobSpec
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.local.dataset_store import DatasetStore
from oss_jupyter.local.found import Found, unusable
from oss_jupyter.local.found_dataset import FoundDataset
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.states import State
from oss_jupyter.session.dataset_wiring import DatasetWiring
from oss_jupyter.session.detached.link import why_failed
from oss_jupyter.session.wiring import Wiring

S = TypeVar("S", bound=JobSpec)


@dataclass(frozen=True)
class OnDisk:
    """Looks at each call. Any thread may call it.

    carry_on: resumes an upload that was to outlive its kernel, in the process that does; it takes the job.
    """

    wiring: Wiring
    datasets: DatasetWiring
    manager: Manager
    carry_on: Callable[[AnyJob], None]

    def directories(self) -> tuple[CheckpointDirectory, ...]:
        """Return the settings' checkpoint directory and every other one that was used in this kernel."""
        return self.wiring.stores.directories()

    def problems(self) -> list[Found]:
        """Return the checkpoints that cannot be used, each with its problem."""
        files = [found for store in self.directories() for found in store.problems()]
        return files + [
            found.as_found() for store in self.directories() for found in self._datasets_of(store).problems()
        ]

    def problem_of(self, text: str) -> Found | None:
        """Return the checkpoint that cannot be used and whose name begins with `text`, or None."""
        return next((found for found in self.problems() if text and found.transfer_id.startswith(text)), None)

    def why_unusable(self, text: str) -> OssJupyterError | None:
        """Return what is the matter with the checkpoint whose name begins with `text`, and what to do, or None."""
        found = self.problem_of(text)
        return unusable(found, found.problem) if found and found.problem else None

    def found(self, transfer_id: str) -> Found | None:
        """Return the checkpoint of a single file's transfer, or None."""
        everything = (found for store in self.directories() for found in store.inventory())
        return next((one for one in everything if one.transfer_id == transfer_id and one.record is not None), None)

    def found_dataset(self, transfer_id: str) -> FoundDataset | None:
        """Return the checkpoint of a dataset, or None."""
        everything = (found for store in self.directories() for found in self._datasets_of(store).inventory())
        return next((one for one in everything if one.transfer_id == transfer_id and one.record is not None), None)

    def busy_children(self, store: CheckpointDirectory) -> frozenset[str]:
        """Return the ids of transfers that belong to datasets which a process drives, this one or another."""
        inventory = self._datasets_of(store).inventory()
        return frozenset().union(*(found.children for found in inventory if found.busy))

    def adopt(self) -> None:
        """Let the manager know every transfer that is there, and forget those that are there no longer."""
        for store in self.directories():
            self._adopt(store)

    def _adopt(self, store: CheckpointDirectory) -> None:
        # Asked before looking, so that a lock that is seen to be held by then is another kernel's.
        moving = {transfer.id for transfer in self.manager.transfers() if not coordinator_of(transfer).resting}
        datasets = self._datasets_of(store)
        for one in datasets.inventory():
            if one.record is not None and one.transfer_id not in moving:
                self._adopt_dataset(one, store)
        children = datasets.children()
        for found in store.inventory():
            if found.record is not None and found.transfer_id not in moving and found.transfer_id not in children:
                spec = self._as_begun(self.wiring.spec_of(found, store))
                self.manager.adopt(spec, found.record, elsewhere=found.busy)
        self.manager.forget(lambda transfer: _is_gone(transfer, (store, datasets)))

    def _adopt_dataset(self, found: FoundDataset, store: CheckpointDirectory) -> None:
        assert found.record is not None
        spec = self._as_begun(self.datasets.spec_of(found, store))
        failures = [failed_file(receipt) for receipt in found.failures]
        self.manager.adopt_dataset(spec, found.record, counts_of(found.files), failures, elsewhere=found.busy)

    def _as_begun(self, spec: S) -> S:
        """Return the spec of an upload that goes on where it was begun, if nothing stands in the way of that."""
        there = spec.detached and spec.hindrance is None and spec.stuck is None
        return replace(spec, carry_on=self.carry_on, failed=why_failed(spec)) if there else spec

    def _datasets_of(self, store: CheckpointDirectory) -> DatasetStore:
        datasets = self.wiring.stores.datasets_of(store)
        assert isinstance(datasets, DatasetStore), "a directory has a store of datasets on disk"
        return datasets


def _is_gone(transfer: Transfer, stores: tuple[object, ...]) -> bool:
    store = coordinator_of(transfer).spec.store
    left = transfer.state in (State.INTERRUPTED, State.ELSEWHERE)
    return store in stores and left and not store.keeps(transfer.id)
