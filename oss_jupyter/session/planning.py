"""A plan of an upload: made by looking, and carried out exactly as it was shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.dataset.planning import look_through
from oss_jupyter.errors import InputError
from oss_jupyter.local.dataset_source import dataset_source
from oss_jupyter.local.sendable import sendable
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.dataset import Action, DatasetSource, Piece
from oss_jupyter.model.dataset_plan import DatasetPlan, PlanBuilder
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.planned_rows import PlannedFile
from oss_jupyter.model.target import Target, parse_target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.objects.dask_frames import is_dask_frame
from oss_jupyter.objects.streams import is_stream
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.spec import DatasetSpec
    from oss_jupyter.engine.transfer import Transfer
    from oss_jupyter.session.session import Session

_POSSIBLE = (Action.SEND, Action.RESUME, Action.SKIP)


def plan(
    session: Session,
    given: Any,
    target: str,
    arguments: UploadArguments,
    spell: Callable[[str], str] = str,
    name: str | None = None,
) -> DatasetPlan:
    """Return what `upload` with the same arguments would do; nothing is sent. Raises what stands in its way.

    spell: how arguments are written in its sentences. name: as in `Session.upload`.
    """
    source, below = _source_and_target(_files(session, given, target, name), target)
    spec = session.datasets.spec(source, below, arguments)

    def begin(shown: DatasetPlan, **how: Any) -> Transfer:
        return _carry_out(session, shown, spec, arguments, how)

    builder = PlanBuilder(str(spec.target), spec.source_text, spec.part_size, begin)
    looked = look_through(spec, lambda row: builder.add(_resumed(row, spec, session)))
    return builder.plan(lists=looked.pages, heads=looked.heads, passed_over=[spell(note) for note in looked.notes])


def _files(session: Session, given: Any, target: str, name: str | None) -> Any:
    """Return what is given, where it can be files. Raises InputError for an object and a stream."""
    if name == "":
        return given
    label = name or tr("what is given ({kind})", kind=type(given).__name__)
    if isinstance(given, Iterator):
        first = next(given, None)
        if isinstance(first, (bytes, bytearray, memoryview)):
            raise _no_files(
                label,
                tr(
                    "Make it anew, because its first piece has been read, and upload it. Or write it to a file, and "
                    "plan that."
                ),
            )
        return given if first is None else chain((first,), given)
    if is_stream(given) or is_dask_frame(given) or session.spooling.find(given, target, name) is not None:
        raise _no_files(
            label, tr("Upload it: what is in OSS already is not sent again. Or write it to a file, and plan that.")
        )
    return given


def _no_files(label: str, instead: str) -> InputError:
    return InputError(
        tr(
            "A plan tells what would be done with files, and {label} is an object: how many bytes it becomes, and "
            "whether they are there, is known once it is written.",
            label=label,
        ),
        instead,
        safe=tr("Nothing was sent."),
        code="NothingToPlan",
    )


def _source_and_target(given: Any, target: str) -> tuple[DatasetSource, str]:
    """Return a dataset and its prefix; one file is a dataset of one."""
    source = dataset_source(given)
    if source is not None:
        return source, target
    path = FileSource(sendable(given)).path
    goal = parse_target(target, path.name)
    folder, _, name = goal.key.rpartition("/")
    below = f"oss://{goal.bucket}/{folder}/" if folder else f"oss://{goal.bucket}/"
    return DatasetSource((Piece(str(path), name, is_file=True),), str(given)), below


def _resumed(row: PlannedFile, spec: DatasetSpec, session: Session) -> PlannedFile:
    """Return the row as one that carries on, where a large file has been begun."""
    if row.action is not Action.SEND or row.size <= spec.small_most_bytes:
        return row
    known = transfer_id(row.path, Target(spec.target.bucket, row.key), spec.host)
    begun = any(store.keeps(known) for store in session.on_disk.directories())
    return replace(row, action=Action.RESUME) if begun else row


def _carry_out(
    session: Session, shown: DatasetPlan, spec: DatasetSpec, arguments: UploadArguments, how: dict[str, Any]
) -> Transfer:
    prefix = spec.target.key
    rows = [row for row in shown if row.action in _POSSIBLE]
    pieces = tuple(Piece(row.path, row.key.removeprefix(prefix), is_file=True) for row in rows)
    planned = {
        piece.key: (row.size, row.mtime_ns, row.action is Action.SKIP) for piece, row in zip(pieces, rows, strict=True)
    }
    asked = UploadArguments.of(**{**arguments.given, **how})
    made = session.datasets.spec(spec.source, str(spec.target), asked)
    # It keeps the id of what was planned, so that the same cell finds it again.
    chosen = replace(made, source=DatasetSource(pieces, spec.source.text), planned=planned)
    return session.begin(chosen, asked)
