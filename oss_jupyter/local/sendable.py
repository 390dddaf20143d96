"""Files, by their paths. For what is neither a path nor an object that is known, how it becomes one of these."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.redact import is_address, quoted
from oss_jupyter.texts import tr

# What has such a method is written to a file by it; the first that fits, so the best form of a table comes first.
_WRITTEN_BY = (
    ("to_parquet", 'data.to_parquet("data.parquet")', "data.parquet"),
    ("write_parquet", 'data.write_parquet("data.parquet")', "data.parquet"),
    ("to_csv", 'data.to_csv("data.csv")', "data.csv"),
    ("to_netcdf", 'data.to_netcdf("data.nc")', "data.nc"),
    ("savefig", 'figure.savefig("figure.png")', "figure.png"),
    ("tofile", 'numpy.save("data.npy", data)', "data.npy"),
)
# What has such a method goes up as what comes out of it.
_HOLDS = (
    ("getvalue", "file.getvalue().encode()"),
    ("__array__", "numpy.asarray(data)"),
)


def sendable(source: Any) -> str | os.PathLike[str]:
    """Return `source` where it can be the path of a file. Raises InputError that says how it becomes one."""
    if isinstance(source, os.PathLike):
        return source
    if isinstance(source, str):
        _refuse_address(source)
        return source
    raise InputError(
        tr("A source is a path or an object that can be written, and this is {kind}.", kind=_kind(source)),
        how_it_becomes_a_file(source),
        code="SourceNotAPath",
    )


def _refuse_address(text: str) -> None:
    if not is_address(text) or os.path.lexists(text):
        return
    raise InputError(
        tr("The source {address} is an address and not a local file.", address=quoted(text)),
        tr('The source comes first, then the target: upload("data/file.bin", "oss://bucket/key").')
        if text[:4].lower() == "oss:"
        else tr("Upload takes a file of this computer: download it first, or give its path."),
        code="SourceNotAPath",
    )


def is_list(source: Any) -> bool:
    """Whether it is a list of paths, or of what should be some: no table, array or open file, unless of texts."""
    if not isinstance(source, Iterable) or isinstance(source, (str, bytes, bytearray, memoryview, io.IOBase, Mapping)):
        return False
    if any(callable(getattr(source, method, None)) for method, *_ in (*_WRITTEN_BY, *_HOLDS)):
        return _is_a_column_of_paths(source)
    return not isinstance(source, os.PathLike) and not hasattr(source, "read") and not hasattr(source, "write")


def _is_a_column_of_paths(source: Any) -> bool:
    """Whether it is an array or a column of a table, one-dimensional, whose values are paths."""
    if getattr(source, "ndim", len(getattr(source, "shape", ()))) != 1:
        return False
    return isinstance(next(iter(source), None), (str, os.PathLike))


def how_it_becomes_a_file(source: Any) -> str:
    """Return the advice for what is no path."""
    if source is None:
        return tr('Give the path of a file, like upload("data/file.bin", …); the variable holds nothing.')
    if isinstance(source, FunctionType):
        return tr("Call it, and upload what it gives: upload(function(), …); a generator of bytes goes up as it comes.")
    return _by_its_methods(source) or _by_its_name(source) or _by_its_type(source)


def _by_its_methods(source: Any) -> str:
    if callable(getattr(source, "get_figure", None)):
        return tr("Give the figure that it is a part of: upload(axes.get_figure(), …).")
    for method, cell, file in _WRITTEN_BY:
        if callable(getattr(source, method, None)):
            return _written_first(cell, file)
    for method, holds in _HOLDS:
        if callable(getattr(source, method, None)):
            return tr(
                "Give what it holds, upload({content}, …); or write it to a file first, and give its path.",
                content=holds,
            )
    return ""


def _written_first(cell: str, file: str) -> str:
    return tr('Write it to a file first, {cell}, and upload("{file}", …).', cell=cell, file=file)


def _by_its_name(source: Any) -> str:
    is_file = hasattr(source, "read") or hasattr(source, "write")
    if isinstance(getattr(source, "name", None), str) and is_file:
        return tr("Close the file, so that all of it is on the disk, and give its path: upload(file.name, …).")
    if isinstance(getattr(source, "name", None), str) or hasattr(source, "iterdir"):
        return tr("Give the path of the file or the folder, as a text: upload(folder.name, …).")
    return tr("Give what is in it, upload(stream.read(), …); write a large stream to a file first.") if is_file else ""


def _by_its_type(source: Any) -> str:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return tr('Pieces of bytes go up as one, upload(b"".join(pieces), …); write a long stream to a file first.')
    if isinstance(source, (list, tuple, set)):
        return tr('Give the paths in one list, upload(["a.csv", "b.csv"], …); write other data to a file first.')
    if isinstance(source, Mapping):
        return _written_first('json.dump(data, open("data.json", "w"))', "data.json")
    return tr(
        "Give the path of a file; or a table, an array, a figure, bytes, an open binary file; or text, a list or a "
        "dict for a key in .json. Write other data to a file first."
    )


def _kind(source: Any) -> str:
    """Return what it is, in words: ``a dict``."""
    kind = type(source).__name__
    return (
        "None" if source is None else tr("an {type}" if kind[:1].lower() in tuple("aeiou") else "a {type}", type=kind)
    )
