"""What is kept of an unfinished dataset beside its files: the lines of `ID.dataset`, written and believed.

A header, then a line for each file that goes up as a transfer of its own, and one when the dataset has ended with files
that failed. The lines of its other files are those of `model/file_lines.py`, in a journal of their own.

    {"format":1,"id":"k3v9x2qa","text":"data/","pieces":[["/home/ada/data","","",false]], … } 5d41402a
    {"child":"q7r2m5ab","path":"/home/ada/data/big.parquet","key":"raw/big.parquet"} 0cc175b9
    {"errors":true} 83a9c1d2
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from oss_jupyter.errors import CheckpointDamaged, InputError
from oss_jupyter.model.checked_line import checked_line, text_of, too_new
from oss_jupyter.model.dataset import Compare, DatasetSource, Piece, Rule, Selection, parse_compare
from oss_jupyter.model.journal_fields import Fields, is_path, parse_json
from oss_jupyter.model.plan import PART_MAX_BYTES, PART_MIN_BYTES
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.target import Target, make_prefix
from oss_jupyter.texts import english, tr

DATASET_FORMAT = 1
# A list of a hundred thousand files is in the pieces; for people its beginning is enough.
_TEXT_MAX_CHARACTERS = 4_096
_DRIVEN = ("profile", "credentials_given", "detached", "limit", "parallel", "part_size", "prove", "force", "made")


@dataclass(frozen=True)
class DatasetHeader:
    """What a dataset is and how it is sent.

    target: the bucket and the prefix of all keys, which may be empty. options: object options that are set. place: how
    the service was reached, as in CheckpointHeader. created_at: seconds since the epoch.

    profile, credentials_given, detached, limit, parallel, prove: as in CheckpointHeader. part_size: bytes, if asked
    for. force: what is there already is sent all the same. made: a kernel makes its files when their turn comes, and
    they are gone with it.
    """

    transfer_id: str
    source: DatasetSource
    target: Target
    selection: Selection = field(default_factory=Selection)
    compare: Compare = Compare.CONTENT
    options: Mapping[str, Any] = field(default_factory=dict)
    place: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    profile: str = ""
    credentials_given: bool = False
    detached: bool = False
    limit: float | None = None
    parallel: int | str | None = None
    part_size: int | None = None
    prove: Prove | None = None
    force: bool = False
    made: bool = False

    def driven(self, limit: float | None, parallel: int | None) -> DatasetHeader:
        """Return the header with another speed limit and number of connections, None to follow the line."""
        return replace(self, limit=limit, parallel=parallel or "auto")


@dataclass(frozen=True)
class Child:
    """A file of a dataset that goes up as a transfer of its own: its id, its path and its whole key."""

    transfer_id: str
    path: str
    key: str


@dataclass(frozen=True)
class DatasetRecord:
    """A dataset's journal read back. children: by their ids, those that have ended among them.

    with_errors: it came to its end, and some files failed. damaged_lines: lines that could not be believed. updated_at:
    the last change, epoch seconds.
    """

    header: DatasetHeader
    children: Mapping[str, Child] = field(default_factory=dict)
    with_errors: bool = False
    damaged_lines: int = 0
    torn: bool = False
    updated_at: float = 0.0


def dataset_line(header: DatasetHeader) -> bytes:
    """Return the first line of a dataset's journal."""
    selection = header.selection
    driven = {name: getattr(header, name) for name in _DRIVEN}
    return _line(
        {
            "format": DATASET_FORMAT,
            "id": header.transfer_id,
            "text": header.source.text[:_TEXT_MAX_CHARACTERS],
            "pieces": [[piece.path, piece.key, piece.pattern, piece.is_file] for piece in header.source.pieces],
            "rules": [[rule.pattern, rule.takes_in] for rule in selection.rules],
            "hidden": selection.hidden,
            "follow_links": selection.follow_links,
            "compare": header.compare,
            "bucket": header.target.bucket,
            "key": header.target.key,
            "options": dict(header.options),
            "place": dict(header.place),
            "created_at": header.created_at,
            **{name: value for name, value in driven.items() if value},
        }
    )


def child_line(child: Child) -> bytes:
    """Return the line of a file that goes up as a transfer of its own."""
    return _line({"child": child.transfer_id, "path": child.path, "key": child.key})


def errors_line() -> bytes:
    """Return the line that says that the dataset has ended and files have failed."""
    return _line({"errors": True})


def read_dataset(data: bytes) -> DatasetRecord:
    """Return what a dataset's journal says; lines that are torn or damaged are counted and left out.

    Raises CheckpointTooNew or CheckpointDamaged where the header cannot be used.
    """
    first, *rest = data.split(b"\n")
    header = _read_header(_parse(first))
    children: dict[str, Child] = {}
    with_errors, damaged = False, 0
    for raw in rest[:-1]:
        entry = _parse(raw) or {}
        if (child := _child_of(entry)) is not None:
            children[child.transfer_id] = child
        elif entry.get("errors") is True:
            with_errors = True
        else:
            damaged += 1
    return DatasetRecord(header, children, with_errors, damaged, torn=bool(rest and rest[-1]))


def _line(entry: Mapping[str, Any]) -> bytes:
    return checked_line(json.dumps(entry, ensure_ascii=True, separators=(",", ":")).encode("ascii"))


def _parse(raw: bytes) -> dict[str, Any] | None:
    text = text_of(raw)
    entry = None if text is None else parse_json(text)
    return entry if isinstance(entry, dict) else None


def _child_of(entry: dict[str, Any]) -> Child | None:
    if "child" not in entry:
        return None
    fields = Fields({**entry, "id": entry["child"], "source": entry.get("path")})
    try:
        return Child(fields.transfer_id(), fields.source(), fields.any_text("key"))
    except CheckpointDamaged:
        return None


def _read_header(entry: dict[str, Any] | None) -> DatasetHeader:
    if entry is None or type(entry.get("format")) is not int or entry["format"] < 1:
        raise _damaged()
    if entry["format"] > DATASET_FORMAT:
        what = english("The dataset's checkpoint has format {number}; this version of oss_jupyter reads up to {most}.")
        raise too_new(what, entry["format"], DATASET_FORMAT)
    fields = Fields(entry)
    return DatasetHeader(
        transfer_id=fields.transfer_id(),
        source=DatasetSource(fields.checked("pieces", _pieces), fields.any_text("text")),
        target=fields.target(make_prefix),
        selection=Selection(fields.checked("rules", _rules), fields.flag("hidden"), fields.flag("follow_links")),
        compare=fields.checked("compare", parse_compare),
        options=fields.options(),
        place=fields.place(),
        created_at=fields.seconds("created_at"),
        profile=fields.optional_text("profile"),
        credentials_given=fields.flag("credentials_given"),
        detached=fields.flag("detached"),
        limit=fields.optional_speed("limit"),
        parallel=fields.optional_parallel("parallel"),
        part_size=fields.optional_whole("part_size", PART_MIN_BYTES, PART_MAX_BYTES),
        prove=fields.optional_prove("prove"),
        force=fields.flag("force"),
        made=fields.flag("made"),
    )


def _damaged() -> CheckpointDamaged:
    return CheckpointDamaged(
        tr("The first line of the dataset's checkpoint cannot be read."),
        tr("It is set aside; run the upload again: files that are there already are not sent again."),
        safe=tr("What was sent is in OSS."),
    )


def _pieces(value: Any) -> tuple[Piece, ...]:
    if not isinstance(value, list) or not all(map(_is_piece, value)):
        raise InputError("", "")
    return tuple(Piece(*entry) for entry in value)


def _is_piece(entry: Any) -> bool:
    match entry:
        case [str(path), str(key), str(pattern), bool()]:
            return is_path(path) and "\0" not in key + pattern
    return False


def _rules(value: Any) -> tuple[Rule, ...]:
    if not isinstance(value, list) or not all(map(_is_rule, value)):
        raise InputError("", "")
    return tuple(Rule(*entry) for entry in value)


def _is_rule(entry: Any) -> bool:
    match entry:
        case [str(), bool()]:
            return True
    return False
