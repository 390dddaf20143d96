"""From an object that becomes many files to a DatasetSpec that the engine can carry out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.cluster_lane import ClusterLane
from oss_jupyter.engine.dataset.held_files import HeldFiles
from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.errors import InputError, before_sending
from oss_jupyter.local.held_file import hold
from oss_jupyter.local.parted_spool import PartedSpool
from oss_jupyter.local.read_again import read_again
from oss_jupyter.model.dataset import FoundFile
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.parted import NAMES, ending_of, pattern_of
from oss_jupyter.model.target import Target, parse_prefix
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.names import printable
from oss_jupyter.objects.dask_cluster import ClusterMaker, client_of
from oss_jupyter.objects.dask_frames import DaskFrame
from oss_jupyter.session.spooling import writer_options
from oss_jupyter.session.stores import UNSET
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.session.dataset_wiring import DatasetWiring


@dataclass(frozen=True)
class PartedWiring:
    """Makes specs of objects that become many files. Any thread may call it."""

    datasets: DatasetWiring

    def spec(self, frame: Any, name: str | None, target: str, arguments: UploadArguments) -> DatasetSpec:
        """Return a checked spec; nothing is computed. name: of the variable that holds the object.

        Raises InputError.
        """
        with before_sending():
            called = name or tr("a {kind} of Dask", kind=type(frame).__name__)
            return self._spec(frame, printable(called), target, arguments)

    def _spec(self, frame: Any, text: str, target: str, arguments: UploadArguments) -> DatasetSpec:
        wiring, given = self.datasets.wiring, arguments.given
        parse_prefix(target)  # before anything else is said of it
        below, pattern = pattern_of(target)
        parted = _parted(frame, text, below, pattern, writer_options(given.get("writer_options")))
        store = wiring.stores.at(given.get("checkpoint_dir", UNSET))
        goal, host = parse_prefix(below), wiring.endpoint(given).describe()
        known = _id_of(parted.names[0], goal, host)
        place = wiring.stores.datasets_of(store).made_path(known)
        others = {name: value for name, value in given.items() if name != "writer_options"}
        client = client_of(given.get("executor"))
        if client is None:
            files: PartedSpool | HeldFiles = PartedSpool(parted, place)
        else:
            others["executor"] = client.get_executor(pure=False)
            lane = ClusterLane(others["executor"])
            files = HeldFiles(ClusterMaker(parted, client, hold), place or Path(f"/{known}"), lane, read_again)
        spec = self.datasets.spec(files.source(), below, UploadArguments.of(**others))
        # The worker is a thread of the kernel: whatever computes the files is here.
        made = replace(spec, transfer_id=known, worker_lane=wiring.threads, made=True)
        if isinstance(files, PartedSpool):
            parts = replace(spec.parts, scan=files.scan, refuse_collisions=_no_collisions, ended=files.ended)
            return self.datasets.with_files(replace(made, parts=parts), store)
        held = replace(
            spec.parts,
            scan=files.scan,
            refuse_collisions=_no_collisions,
            checksums=files.checksums,
            ended=files.ended,
            rest=files.rest,
        )
        made = replace(made, parts=held, lane=lane, files_per_task=1)
        return self.datasets.with_files(made, store, files.source_of)


def _parted(frame: Any, text: str, below: str, pattern: str, options: Mapping[str, Any]) -> DaskFrame:
    """Return the object, whose format is that of the pattern, of the target's own ending, or Parquet."""
    if not pattern and (ending := ending_of(below)):
        with suppress(InputError):  # a name with a dot in it
            return DaskFrame.of(frame, text, f"{NAMES}{ending}", options)
    return DaskFrame.of(frame, text, pattern or f"{NAMES}.parquet", options)


def _id_of(name: str, target: Target, host: str) -> str:
    """Return the id: all objects to one place are one upload, whatever makes them, as with streams."""
    return transfer_id(f"files that are made\2{name}", target, host)


def _no_collisions(files: Iterable[FoundFile]) -> None:
    """No two have one name; looking would make them."""
