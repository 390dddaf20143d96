"""Tables and datasets of pyarrow, and those of any library that speaks Arrow: written batch by batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any

from oss_jupyter.objects.kinds import Kind, Writer, as_text, is_a
from oss_jupyter.objects.plain import jsonable

# Makes (schema, batches) of an object.
Reader = Callable[[Any], tuple[Any, Iterable[Any]]]


def _parquet(schema: Any, batches: Iterable[Any], file: IO[bytes], options: Mapping[str, Any]) -> None:
    from pyarrow.parquet import ParquetWriter

    with ParquetWriter(file, schema, **options) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _csv(schema: Any, batches: Iterable[Any], file: IO[bytes], options: Mapping[str, Any]) -> None:
    from pyarrow.csv import CSVWriter, WriteOptions

    with CSVWriter(file, schema, write_options=WriteOptions(**options)) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _arrow(schema: Any, batches: Iterable[Any], file: IO[bytes], options: Mapping[str, Any]) -> None:
    from pyarrow import ipc

    with ipc.new_file(file, schema, options=ipc.IpcWriteOptions(**options)) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _lines(schema: Any, batches: Iterable[Any], file: IO[bytes], options: Mapping[str, Any]) -> None:
    with as_text(file) as text:
        for batch in batches:
            for row in batch.to_pylist():
                text.write(json.dumps(row, default=jsonable, **{"ensure_ascii": False, **options}) + "\n")


def _json(schema: Any, batches: Iterable[Any], file: IO[bytes], options: Mapping[str, Any]) -> None:
    rows = [row for batch in batches for row in batch.to_pylist()]
    with as_text(file) as text:
        json.dump(rows, text, default=jsonable, **{"ensure_ascii": False, **options})


_FORMATS = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".tsv": lambda schema, batches, file, options: _csv(schema, batches, file, {"delimiter": "\t", **options}),
    ".feather": _arrow,
    ".arrow": _arrow,
    ".jsonl": _lines,
    ".ndjson": _lines,
    ".json": _json,
}


def _of_a_table(value: Any) -> tuple[Any, Iterable[Any]]:
    return value.schema, value.to_batches()


def _of_a_batch(value: Any) -> tuple[Any, Iterable[Any]]:
    return value.schema, [value]


def _of_a_stream(value: Any) -> tuple[Any, Iterable[Any]]:
    from pyarrow import RecordBatchReader

    reader = RecordBatchReader.from_stream(value)
    return reader.schema, reader


def _of_an_interchange(value: Any) -> tuple[Any, Iterable[Any]]:
    from pyarrow.interchange import from_dataframe

    return _of_a_table(from_dataframe(value))


def _writers(read: Reader) -> dict[str, Writer]:
    def writer(write: Callable[..., None]) -> Writer:
        return lambda value, file, options: write(*read(value), file, options)

    return {suffix: writer(write) for suffix, write in _FORMATS.items()}


def _has(method: str) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, type) and callable(getattr(type(value), method, None))


ARROW = (
    Kind(is_a("pyarrow.Table", "pyarrow.Dataset"), _writers(_of_a_table)),
    Kind(is_a("pyarrow.RecordBatch"), _writers(_of_a_batch)),
)
# Asked after all others: most tables speak Arrow, too, and write better by themselves.
ANY_TABLE = (
    Kind(_has("__arrow_c_stream__"), _writers(_of_a_stream)),
    Kind(_has("__dataframe__"), _writers(_of_an_interchange)),
)
