"""Many files at once: a folder goes up as one dataset and comes back side by side.

Which file belongs to which object is fsspec's own rule, asked of its methods with an object that only writes down what
they would do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from fsspec.callbacks import Callback
from fsspec.spec import AbstractFileSystem

# Each has a few connections of its own where its file is large.
_AT_ONCE = 8

Pair = tuple[str, str]
OneByOne = Callable[..., Any]


class _Names:
    """A filesystem as the methods see it that go through files: it looks, and notes what is to be done."""

    def __init__(self, fs: AbstractFileSystem) -> None:
        self.pairs: list[Pair] = []
        self._fs = fs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fs, name)

    def put_file(self, source: str, target: str, **_: Any) -> None:
        self.pairs.append((source, target))

    get_file = put_file


def pairs_of(fs: AbstractFileSystem, method: str, source: Any, target: Any, how: dict[str, Any]) -> list[Pair]:
    """Return what `put` or `get` of fsspec's would do, as pairs of source and target."""
    names = _Names(fs)
    getattr(AbstractFileSystem, method)(names, source, target, **how)
    return names.pairs


def follows_each(callback: Callback) -> bool:
    """Whether a callback wants one of its own for each file; else it only counts them."""
    kind = type(callback)
    return kind.branched is not Callback.branched or kind.branch is not Callback.branch


def side_by_side(call: OneByOne, pairs: list[Pair], callback: Callback, how: dict[str, Any]) -> None:
    """Call a function for all pairs, some at once; the first error ends those not yet begun.

    callback: is told of one at a time, and each call has the one that it branches into.
    """
    callback.set_size(len(pairs))
    telling = threading.Lock()

    def one(source: str, target: str) -> None:
        with telling:
            child = callback.branched(source, target)
        with child:
            call(source, target, callback=child, **how)
        with telling:
            callback.relative_update()

    with ThreadPoolExecutor(min(_AT_ONCE, max(1, len(pairs))), thread_name_prefix="oss-many") as pool:
        futures = [pool.submit(partial(one, *pair)) for pair in pairs]
        try:
            for future in futures:
                future.result()
        finally:
            for future in futures:
                future.cancel()


def as_dataset(pairs: list[Pair], strip: Callable[[str], str]) -> tuple[str, dict[str, str]] | None:
    """Return the bucket and a key for each file, folders left out; None where it is not one bucket or no dataset."""
    files = [(source, strip(target)) for source, target in pairs if not Path(source).is_dir()]
    buckets = {target.partition("/")[0] for _, target in files}
    keys = {source: target.partition("/")[2] for source, target in files}
    if len(buckets) != 1 or not 1 < len(keys) == len(files) or not all(keys.values()):
        return None
    return buckets.pop(), keys
