"""From what a user wrote of a dataset to a DatasetSpec that the engine can carry out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from oss_jupyter.engine.dataset.messages import WorkerParts
from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.errors import OssJupyterError, before_sending
from oss_jupyter.local.checksums import checksums
from oss_jupyter.local.dataset_files import open_files
from oss_jupyter.local.found_dataset import FoundDataset
from oss_jupyter.local.memory import NoCheckpoints
from oss_jupyter.local.parted_spool import gone_scan, maker_gone
from oss_jupyter.local.read_again import read_again
from oss_jupyter.local.read_files import KeptFiles, read_files, search_files
from oss_jupyter.local.scan import refuse_collisions, scan
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.arguments import AnewOptions
from oss_jupyter.model.content_type import guess_content_type
from oss_jupyter.model.dataset import Compare, DatasetSource, Selection, parse_compare
from oss_jupyter.model.dataset_record import Child
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.options import ObjectOptions, make_options
from oss_jupyter.model.plan import DEFAULT_PART_BYTES
from oss_jupyter.model.prove import parse_prove
from oss_jupyter.model.remembered import FilesTally, Remembered
from oss_jupyter.model.selection import refuse_for_files, refuse_to_adopt, refuse_without_folder, selection_of
from oss_jupyter.model.sizes import SPEED_MIN, parse_size
from oss_jupyter.model.target import Target, parse_prefix
from oss_jupyter.oss.late import send_files, send_part, send_signed_files
from oss_jupyter.session.kept_spec import Hindered, KeptSpec
from oss_jupyter.session.stores import UNSET

if TYPE_CHECKING:
    from oss_jupyter.engine.ports import Control
    from oss_jupyter.local.store import Checkpoints
    from oss_jupyter.model.upload_arguments import UploadArguments
    from oss_jupyter.session.wiring import Wiring


def remembered(path: str | None) -> Any:
    """Return what is remembered of a dataset's files, see `read_files`; nothing where nothing is kept."""
    return read_files(Path(path)) if path else KeptFiles(Path(), Remembered(), FilesTally())


PARTS = WorkerParts(
    scan=scan,
    refuse_collisions=refuse_collisions,
    checksums=checksums,
    send_files=send_files,
    journal=open_files,
    remembered=remembered,
    content_type=guess_content_type,
)


@dataclass(frozen=True)
class DatasetWiring:
    """Makes specs of datasets with the means of `wiring`. Any thread may call it."""

    wiring: Wiring

    def spec(self, source: DatasetSource, target: str, arguments: UploadArguments) -> DatasetSpec:
        """Return a checked spec. Raises InputError, before anything is sent."""
        with before_sending():
            return self._spec(source, target, arguments)

    def _spec(self, source: DatasetSource, target: str, arguments: UploadArguments) -> DatasetSpec:
        wiring, given = self.wiring, arguments.given
        below = parse_prefix(target)
        selection = selection_of(arguments)
        refuse_without_folder(source, selection)
        refuse_for_files(arguments, source.text)
        refuse_to_adopt(arguments, source.text)
        options = _of_all(make_options(arguments.of_object(), "file"), arguments)
        endpoint = wiring.endpoint_to_use(given)
        store = wiring.stores.at(given.get("checkpoint_dir", UNSET))
        part_size = given.get("part_size")
        force = bool(given.get("force", False))
        compare = parse_compare(given.get("compare") or Compare.CONTENT.value)
        spec = DatasetSpec(
            transfer_id=_id_of(source, selection, below, endpoint.describe()),
            source=source,
            selection=selection,
            compare=compare,
            target=below,
            options=options,
            control=wiring.control(endpoint, given.get("credentials"), given.get("profile")),
            store=wiring.stores.datasets_of(store),
            lane=wiring.lane(None, given.get("executor")),
            send_signed=None if given.get("executor") is None else send_signed_files,
            worker_lane=wiring.streaming_lane(),
            parts=PARTS,
            clock=wiring.clock,
            policy=wiring.policy(given.get("retries")),
            place=endpoint.place(),
            host=endpoint.describe(),
            **wiring.driven(given),
            force=force,
            prove=parse_prove(given.get("prove", wiring.settings.prove)),
            part_size=None if part_size is None or part_size == "auto" else parse_size(part_size, "part_size"),
            small_most_bytes=self._small_most_bytes(part_size),
            file_spec=_unset,
            child_spec=_unset,
            kept_bytes=_unset,
            search=search_files,
        )
        return self.with_files(spec, store)

    def spec_of(self, found: FoundDataset, store: Checkpoints, anew: AnewOptions | None = None) -> DatasetSpec:
        """Return the spec that an earlier kernel began; its hindrance says why it cannot go on by itself."""
        assert found.record is not None
        wiring, header = self.wiring, found.record.header
        kept = KeptSpec(found.record, anew or {}, wiring.machine())
        missing, make = kept.missing(), partial(wiring.kept_control, kept)
        maker = (header.source.text, header.transfer_id)
        spec = DatasetSpec(
            transfer_id=header.transfer_id,
            source=header.source,
            selection=header.selection,
            compare=header.compare,
            target=header.target,
            options=ObjectOptions() if missing else ObjectOptions(header.options),
            control=cast("Control", Hindered(kept.check, make)) if missing else make(),
            store=wiring.stores.datasets_of(store),
            lane=wiring.lane(None, None),
            worker_lane=wiring.threads if header.made else wiring.streaming_lane(),
            parts=replace(PARTS, scan=gone_scan(*maker)) if header.made else PARTS,
            made=header.made,
            gone=maker_gone(*maker) if header.made else None,
            clock=wiring.clock,
            policy=wiring.policy(None),
            place=kept.place,
            host=kept.host(),
            parallel=wiring.parallel(header.parallel),
            limit=header.limit and max(header.limit, SPEED_MIN),
            force=header.force,
            profile=kept.profile,
            credentials_given=kept.credentials_given,
            detached=header.detached,
            hindrance=missing or wiring.asks_first(found, kept),
            wait_at_exit=wiring.settings.wait_at_exit,
            spell=wiring.spell,
            prove=header.prove or parse_prove(wiring.settings.prove),
            part_size=header.part_size,
            small_most_bytes=self._small_most_bytes(header.part_size),
            file_spec=_unset,
            child_spec=_unset,
            kept_bytes=_unset,
            search=search_files,
        )
        return self.with_files(spec, store)

    def with_files(
        self, spec: DatasetSpec, store: Checkpoints, source_of: Callable[[str], Any] = FileSource
    ) -> DatasetSpec:
        """Return the spec with those of its files, which have from it how they are sent."""
        return replace(
            spec,
            file_spec=partial(self._file_spec, spec, store, source_of),
            child_spec=partial(self._child_spec, spec, store),
            kept_bytes=store.kept_bytes,
        )

    def _file_spec(
        self, dataset: DatasetSpec, store: Checkpoints, source_of: Callable[[str], Any], path: str, key: str
    ) -> TransferSpec:
        """Return the spec of one file of a dataset. Raises SourceError, InputError."""
        file = source_of(path)
        goal = Target(dataset.target.bucket, key)
        plan = self.wiring.plan(file.check().size, dataset.part_size, dataset.host)
        return TransferSpec(
            transfer_id=transfer_id(str(file.path), goal, dataset.host),
            source=file,
            target=goal,
            plan=plan,
            options=make_options(dataset.options.as_dict(), key, file.path.name),
            control=dataset.control,
            store=store,
            lane=dataset.lane,
            clock=dataset.clock,
            policy=dataset.policy,
            send_part=send_part,
            read_again=read_again,
            place=dataset.place,
            host=dataset.host,
            parallel=dataset.parallel,
            given=dataset.given,
            force=dataset.force or dataset.compare is Compare.NONE,
            prove=dataset.prove,
            profile=dataset.profile,
            credentials_given=dataset.credentials_given,
            spell=dataset.spell,
        )

    def _child_spec(self, dataset: DatasetSpec, store: Checkpoints, child: Child) -> TransferSpec | None:
        """Return the spec of a file that an earlier run has begun, to give it up; None where nothing is left of it."""
        if isinstance(store, NoCheckpoints) or not store.keeps(child.transfer_id):
            return None
        found = next((one for one in store.inventory() if one.transfer_id == child.transfer_id), None)
        if found is None or found.record is None:
            return None
        try:
            spec = self.wiring.spec_of(found, store)
        except OssJupyterError:
            return None
        return replace(spec, control=dataset.control, hindrance=None)

    def _small_most_bytes(self, part_size: Any) -> int:
        """Return up to how many bytes a file goes in one piece, over the lane of small files."""
        wanted: Any = self.wiring.settings.part_size if part_size is None else part_size
        return DEFAULT_PART_BYTES if wanted == "auto" else min(DEFAULT_PART_BYTES, parse_size(wanted, "part_size"))


def _id_of(source: DatasetSource, selection: Selection, target: Target, host: str) -> str:
    """Return the id of a dataset: the same cell finds the same one in every kernel."""
    rules = [f"{'+' if rule.takes_in else '-'}{rule.pattern}" for rule in selection.rules]
    flags = f"{selection.hidden:d}{selection.follow_links:d}"
    pieces = [f"{piece.path}\1{piece.key}\1{piece.pattern}" for piece in source.pieces]
    return transfer_id("\2".join(("dataset", flags, *rules, *pieces)), target, host)


def _of_all(options: ObjectOptions, arguments: UploadArguments) -> ObjectOptions:
    """Return the options of all files: the content type only where it was given, for it is guessed for each."""
    if arguments.given.get("content_type"):
        return options
    return ObjectOptions({name: value for name, value in options.values.items() if name != "content_type"})


def _unset(*_anything: object) -> Any:
    raise AssertionError("given at the end of the wiring")
