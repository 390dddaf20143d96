"""Rows for whoever goes on working with them: a table of pandas, which is loaded only then, or lines of CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import fields
from enum import Enum
from importlib import import_module
from typing import IO, Any

from oss_jupyter.errors import PackageMissing
from oss_jupyter.names import printable
from oss_jupyter.texts import tr

# With 64 bits and gaps: pandas would make it a float, which has 53.
_UNSIGNED = frozenset({"crc64"})
# What a spreadsheet takes a text for a formula by, and a file may be called.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def frame(kind: type[Any], rows: Iterable[Any]) -> Any:
    """Return a pandas.DataFrame with a column for each field of the dataclass `kind`. Raises PackageMissing."""
    pandas = _pandas()
    names = names_of(kind)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row in rows:
        for name, value in zip(names, values_of(row, names), strict=True):
            columns[name].append(value)
    for name in _UNSIGNED & columns.keys():
        columns[name] = pandas.array(columns[name], dtype="UInt64")
    return pandas.DataFrame(columns)


def _pandas() -> Any:
    try:
        return import_module("pandas")
    except ImportError:
        raise PackageMissing(
            tr("to_frame() makes a table of pandas, and pandas is not installed here."),
            tr("Install it with: %pip install pandas. Without it, go through the rows one by one."),
            safe=tr("Nothing was changed."),
        ) from None


def write_csv(file: IO[str], kind: type[Any], rows: Iterable[Any]) -> None:
    """Write a line for each row, below one with the names. What would be a formula has an apostrophe before it."""
    names = names_of(kind)
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(map(_no_formula, values_of(row, names)) for row in rows)


def _no_formula(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def names_of(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of a dataclass's fields."""
    return tuple(one.name for one in fields(kind))


def values_of(row: Any, names: Sequence[str]) -> list[Any]:
    """Return the fields of a row: of an enum its word, and every text so that it can be written as UTF-8."""
    return [_plain(getattr(row, name)) for name in names]


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return printable(value)
    return value
