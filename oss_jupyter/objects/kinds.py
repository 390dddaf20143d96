"""What is known of one kind of object: how it is told, and which endings of a key it can be written for."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

# Writes an object to a binary file, which can be sought in, with options for whoever writes.
Writer = Callable[[Any, IO[bytes], Mapping[str, Any]], object]

_BUFFER_CHARACTERS = 1024 * 1024


class Adapter(Protocol):
    """What a package offers under the entry point group ``oss_jupyter.objects``, so that its objects can go up."""

    suffixes: Collection[str]
    """The endings of keys, in small letters, like ``.zarr.zip``."""

    def takes(self, value: Any) -> bool:
        """Whether it can write this object. It is asked of everything, so it must be quick and import nothing."""

    def write(self, value: Any, file: IO[bytes], suffix: str, options: Mapping[str, Any]) -> object:
        """Write the object, which stays as it is, to a binary file that can be sought in."""


def _unknown(value: Any, suffix: str) -> int | None:
    return None


def _always(value: Any) -> bool:
    return True


def _never(value: Any) -> bool:
    return False


@dataclass(frozen=True)
class Kind:
    """One kind of object.

    takes: whether an object is of it; it imports nothing. writers: by the ending of the key. other: for all other keys.
    expected_bytes: how large the file will be, where that can be told. may_be_paths: whether an object may as well name
    files that are to be sent; is_data: whether it is meant itself then.
    """

    takes: Callable[[Any], bool]
    writers: Mapping[str, Writer] = field(default_factory=dict)
    other: Writer | None = None
    expected_bytes: Callable[[Any, str], int | None] = _unknown
    is_data: Callable[[Any], bool] = _always
    may_be_paths: Callable[[Any], bool] = _never

    @classmethod
    def of(cls, adapter: Adapter) -> Kind:
        """Return what another package offers as one of ours."""

        def writer(suffix: str) -> Writer:
            return lambda value, file, options: adapter.write(value, file, suffix, options)

        return cls(adapter.takes, {suffix: writer(suffix) for suffix in adapter.suffixes})


def is_a(*names: str) -> Callable[[Any], bool]:
    """Return whether an object is of a class, named ``package.Class`` wherever in the package that lies."""

    def takes(value: Any) -> bool:
        return any(f"{kind.__module__.partition('.')[0]}.{kind.__name__}" in names for kind in type(value).__mro__)

    return takes


def holds_texts(column: Any) -> bool:
    """Whether the first value of a column or an array is a text or a path."""
    return isinstance(next(iter(column), None), (str, os.PathLike))


@contextmanager
def as_text(file: IO[bytes]) -> Iterator[Text]:
    """Give a binary file as one that takes text, which is written to it as UTF-8."""
    text = Text(file)
    yield text
    text.flush()


class Text(io.TextIOBase):
    """A binary file that takes text. Letting go of it leaves the file open."""

    encoding = "utf-8"

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._pieces: list[str] = []
        self._characters = 0

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, text: str, /) -> int:
        """Take a text; it is written when there is enough of it."""
        self._pieces.append(text)
        self._characters += len(text)
        if self._characters >= _BUFFER_CHARACTERS:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Write what is left."""
        pieces, self._pieces, self._characters = self._pieces, [], 0
        if pieces:
            self._file.write("".join(pieces).encode("utf-8", "surrogatepass"))
