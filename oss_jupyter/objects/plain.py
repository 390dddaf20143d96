"""What Python itself has: bytes, open binary files, texts, and what becomes JSON."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping
from datetime import date, time
from typing import IO, Any

from oss_jupyter.errors import InputError
from oss_jupyter.objects.kinds import Kind, as_text
from oss_jupyter.texts import tr

_READ_BYTES = 1024 * 1024
# What begins so is a text of JSON, and the path of nothing.
_JSON = re.compile(r'\s*[\[{"]')
_LIKE_A_PATH = re.compile(r"[/\\]|^~|[*?]|\.\w{1,8}$|^\S+$")
_PATH_MOST_CHARACTERS = 4096


def _always(value: Any) -> bool:
    return True


def _is_bytes(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, memoryview, io.BytesIO))


def _write_bytes(value: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    _no_options(options)
    file.write(value.getbuffer() if isinstance(value, io.BytesIO) else value)  # which takes whatever holds bytes


def _bytes_count(value: Any, suffix: str) -> int | None:
    return (value.getbuffer() if isinstance(value, io.BytesIO) else memoryview(value)).nbytes


def is_open_file(value: Any) -> bool:
    """Whether it is an open binary file that can be read from where it stands, and be put back there."""
    if isinstance(value, (io.TextIOBase, type)) or not all(
        callable(getattr(value, method, None)) for method in ("read", "seek", "tell")
    ):
        return False
    if getattr(value, "closed", False) or isinstance(getattr(value, "encoding", None), str):
        return False
    try:
        return all(bool(getattr(value, ability)()) for ability in ("readable", "seekable") if hasattr(value, ability))
    except (OSError, ValueError):
        return False


def _left(file: Any, suffix: str) -> int | None:
    begin = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(begin)
    left = max(0, end - begin) if isinstance(end, int) else None
    if begin and left == 0:
        raise InputError(
            tr("The open file stands at its end, so nothing of it would be sent."),
            tr("Go to where it is to begin, for example file.seek(0), and upload it then."),
            code="AtItsEnd",
        )
    return left


def _write_file(value: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    _no_options(options)
    begin = value.tell()
    try:
        while piece := value.read(_READ_BYTES):
            file.write(piece)
    finally:
        value.seek(begin)


def is_text(text: str) -> bool:
    """Whether a text is no path that was meant: of several lines, of JSON, or of words without what paths have."""
    if not text or (_may_be_looked_for(text) and _is_there(text)):
        return False
    return not _may_be_looked_for(text) or bool(_JSON.match(text)) or not _LIKE_A_PATH.search(text)


def may_name_files(text: str) -> bool:
    """Whether a text is the path of something that is there, or a glob."""
    return not is_text(text) and _may_be_looked_for(text) and (_is_there(text) or bool(set("*?[") & set(text)))


def _may_be_looked_for(text: str) -> bool:
    return bool(text) and not set(text) & set("\n\r\0") and len(text) <= _PATH_MOST_CHARACTERS


def _write_text(value: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    file.write(value.encode(**{"encoding": "utf-8", **options}))


def names_no_file(value: Any) -> bool:
    """Whether none of the items of a list, or keys of a mapping, is the path of something that is there."""
    return not any(
        isinstance(item, os.PathLike) or (isinstance(item, str) and _may_be_looked_for(item) and _is_there(item))
        for item in value
    )


def _is_there(text: str) -> bool:
    try:
        return os.path.lexists(text) or os.path.lexists(os.path.expanduser(text))  # noqa: PTH111
    except (OSError, ValueError):
        return False


def jsonable(value: Any) -> Any:
    """Return what JSON has for what it has not: NumPy's numbers and arrays, days, sets. Raises TypeError."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if callable(getattr(value, "tolist", None)):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"JSON has nothing for the type {type(value).__name__}")


def _write_json(value: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    with as_text(file) as text:
        json.dump(value, text, **{"default": jsonable, "ensure_ascii": False, **options})


def _write_lines(value: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    with as_text(file) as text:
        for item in value:
            text.write(json.dumps(item, **{"default": jsonable, "ensure_ascii": False, **options}) + "\n")


def _no_options(options: Mapping[str, Any]) -> None:
    if options:
        what = tr("Bytes are sent as they are, so writer_options have no meaning here.")
        raise InputError(what, tr("Leave them out."))


JSON_WRITERS = {".json": _write_json, ".geojson": _write_json, ".ipynb": _write_json}
_LINES_WRITERS = {".jsonl": _write_lines, ".ndjson": _write_lines}
_TEXT_SUFFIXES = (
    ".txt", ".md", ".json", ".jsonl", ".ndjson", ".geojson", ".csv", ".tsv", ".html", ".xml", ".yaml", ".yml", ".toml",
    ".ini", ".rst", ".log", ".py", ".sql", ".svg", ".tex",
)  # fmt: skip

PLAIN = (
    Kind(_is_bytes, other=_write_bytes, expected_bytes=_bytes_count),
    Kind(is_open_file, other=_write_file, expected_bytes=_left),
    Kind(
        lambda value: isinstance(value, str),
        dict.fromkeys(_TEXT_SUFFIXES, _write_text),
        is_data=is_text,
        may_be_paths=_always,
    ),
    Kind(lambda value: isinstance(value, dict), JSON_WRITERS, is_data=names_no_file, may_be_paths=_always),
    Kind(
        lambda value: isinstance(value, (list, tuple)),
        {**JSON_WRITERS, **_LINES_WRITERS},
        is_data=names_no_file,
        may_be_paths=_always,
    ),
)
