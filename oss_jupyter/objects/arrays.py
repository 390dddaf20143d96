"""Arrays of NumPy, alone or several by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from oss_jupyter.objects.kinds import Kind, holds_texts, is_a
from oss_jupyter.objects.plain import JSON_WRITERS, names_no_file

# What .npy says of an array before its bytes.
_HEADER_BYTES = 128
_is_array = is_a("numpy.ndarray")
_is_masked = is_a("numpy.MaskedArray")


def _npy(array: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    import numpy

    # Pickled objects are loaded by nobody who is careful.
    numpy.save(file, array, **{"allow_pickle": False, **options})


def _npz(array: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    _savez({"arr_0": array}, file, options)


def _savez(arrays: Mapping[str, Any], file: IO[bytes], options: Mapping[str, Any]) -> None:
    import numpy

    rest = {"allow_pickle": False, **options}
    save: Any = numpy.savez_compressed if rest.pop("compressed", False) else numpy.savez
    save(file, **arrays, **rest)


def _expected_bytes(array: Any, suffix: str) -> int | None:
    return int(array.nbytes) + _HEADER_BYTES if suffix == ".npy" else None


def _is_some_arrays(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(name, str) and _is_array(one) and not _is_masked(one) for name, one in value.items())
    )


ARRAYS = (
    # A masked array is none: its mask would be lost.
    Kind(
        lambda value: _is_array(value) and not _is_masked(value),
        {".npy": _npy, ".npz": _npz},
        expected_bytes=_expected_bytes,
        may_be_paths=lambda array: array.ndim == 1 and holds_texts(array),
        is_data=names_no_file,
    ),
    Kind(_is_some_arrays, {".npz": _savez, **JSON_WRITERS}),
)
