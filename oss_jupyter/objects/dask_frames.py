"""Tables of Dask: many files, one for each partition, written as a table of pandas is, and named so that their order
stays.
"""

from __future__ import annotations

import importlib
import math
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import IO, Any

from oss_jupyter.errors import InputError, OssJupyterError, PackageMissing
from oss_jupyter.model.parted import Alike, Taker, names_of
from oss_jupyter.objects.find import Found, find
from oss_jupyter.objects.kinds import is_a
from oss_jupyter.redact import said_by
from oss_jupyter.texts import english, tr

is_dask_frame = is_a("dask.DataFrame", "dask.Series", "dask_expr.DataFrame", "dask_expr.Series")
"""Whether an object is a table or a column of Dask's, of whichever version."""


@dataclass(frozen=True)
class PartitionWriter:
    """Writes partitions, wherever they are: a value that can go there.

    name: of a file, by whose ending the format is found. text: what the table is called. options: for whoever writes.
    types: those of all partitions, also where one has nothing in a column.
    """

    name: str
    text: str
    options: Mapping[str, Any]
    types: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: Any, text: str, name: str, options: Mapping[str, Any]) -> PartitionWriter:
        """Return that of a table. Raises InputError where the name's ending is of no format for its partitions."""
        told = frame._meta
        plain = cls(name, text, options)
        form = plain.form(told)
        if form.suffix != ".parquet" or not type(told).__module__.startswith("pandas"):
            return plain
        # As Dask writes it: with the index, and all partitions with the same types.
        types = {} if {"schema", "engine", "index"} & set(options) else _types(frame)
        return replace(plain, options={"index": True, **options}, types=types)

    def form(self, partition: Any) -> Found:
        """Return how a partition is written. Raises InputError."""
        form = find(partition, self.name, tr("a partition of {table}", table=self.text), is_data=True)
        if form is None:
            what = english("A partition of {table} is of type {kind}, which nobody here can write.")
            raise InputError(
                tr(what, table=self.text, kind=type(partition).__name__),
                tr(
                    "Let its partitions be tables of pandas, or write it yourself: its to_parquet takes oss:// as well."
                ),
            )
        return form

    def write(self, partition: Any, file: IO[bytes]) -> None:
        """Write a partition that has been computed. Raises as Found.write does."""
        form, begin = self.form(partition), file.tell()
        try:
            form.write(file, {**self.options, **self.types})
        except InputError:
            if not self.types or file.tell() != begin:
                raise
            # A column of objects is described as one of texts, whatever it holds.
            form.write(file, self.options)


def _types(frame: Any) -> Mapping[str, Any]:
    """Return the types that the table's description says, where that can be told."""
    if type(frame._meta).__name__ != "DataFrame":
        return {}
    import pyarrow

    try:
        return {"schema": pyarrow.Schema.from_pandas(frame._meta_nonempty, preserve_index=True)}
    except (pyarrow.ArrowException, AttributeError, TypeError, ValueError):
        return {}


@dataclass(frozen=True)
class DaskFrame:
    """A table of Dask's, as in Parted."""

    frame: Any
    text: str
    names: tuple[str, ...]
    writer: PartitionWriter

    @classmethod
    def of(cls, frame: Any, text: str, pattern: str, options: Mapping[str, Any]) -> DaskFrame:
        """Return it. pattern: of the names, as in `names_of`.

        Raises InputError where its ending is of no format that the partitions can have.
        """
        names = names_of(pattern, frame.npartitions)
        return cls(frame, text, names, PartitionWriter.of(frame, text, names[0], options))

    def make(self, numbers: Collection[int], taker: Taker) -> None:
        """As in Parted: all at once, so that what partitions have in common is computed once."""
        _Making(self, taker).make(sorted(numbers))

    @cached_property
    def partitions(self) -> list[Any]:
        """What computes each partition."""
        return list(self.frame.to_delayed())


class _Making:
    """Computes partitions with Dask's threads. What fails is halved until it is one partition, which is named.

    `_changed` (a condition) guards _attempt, _taking, _done, _alike and _broken.
    """

    def __init__(self, frame: DaskFrame, taker: Taker) -> None:
        self._frame = frame
        self._taker = taker
        self._changed = threading.Condition()
        self._attempt = 0
        self._taking = 0
        self._done: set[int] = set()
        self._alike = Alike(frame.text)
        self._broken: OssJupyterError | None = None

    def make(self, numbers: list[int]) -> None:
        """Make these files, or say of each why not."""
        try:
            self._compute(numbers)
        except Exception as error:
            left = self._left(numbers)
            if len(left) > 1:
                half = math.ceil(len(left) / 2)
                self.make(left[:half])
                self.make(left[half:])
            elif left:
                self._failed(left[0], f"{type(error).__name__}: {said_by(error)}")
        if self._broken is not None:
            raise self._broken

    def _left(self, numbers: list[int]) -> list[int]:
        """Return those that are to be tried again, when what Dask's threads still have in hand is done."""
        with self._changed:
            self._attempt += 1
            self._changed.wait_for(lambda: not self._taking)
            return [] if self._broken else [number for number in numbers if number not in self._done]

    def _compute(self, numbers: list[int]) -> None:
        dask: Any = importlib.import_module("dask")  # it has no annotations
        take = dask.delayed(self._take, pure=False, traverse=False)
        partitions = self._frame.partitions
        jobs = (take(partitions[number], number, self._attempt) for number in numbers)
        dask.compute(*jobs, scheduler="threads")

    def _take(self, partition: Any, number: int, attempt: int) -> None:
        """Take a partition that has been computed, on a thread of Dask's, which may come late."""
        with self._changed:
            if attempt != self._attempt:
                return
            self._taking += 1
        try:
            self._taker.take(number, partial(self._frame.writer.write, partition))
            with self._changed:
                self._done.add(number)
                self._alike.made()
        except (InputError, PackageMissing) as error:
            self._failed(number, error.what)
        except OssJupyterError as error:
            self._broken = error
            raise
        finally:
            with self._changed:
                self._taking -= 1
                self._changed.notify_all()

    def _failed(self, number: int, why: str) -> None:
        with self._changed:
            self._done.add(number)
            error = self._alike.failed(why)
        self._taker.failed(number, tr("partition {number}: {why}", number=number, why=why))
        if error is not None:
            self._broken = error
            raise error
