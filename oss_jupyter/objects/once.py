"""What can be read only once goes to one upload only, and what was taken of it to look at it is lost to nobody."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from oss_jupyter.errors import InputError
from oss_jupyter.objects.streamed import Streamed
from oss_jupyter.texts import tr

# So many that were looked at and not read are known: an upload may be refused for its target, and be asked for again.
_UNREAD_MOST = 32

_lock = threading.Lock()
_unread: deque[tuple[Once, Streamed]]
_read: WeakSet[Once]


class Once(Iterator[Any]):
    """The bytes of one source. The first who iterates it has it; whoever comes later is refused.

    source: what the user gave. `_lock` guards `_unread`, `_read` and _taken.
    """

    def __init__(self, source: Any, streamed: Streamed) -> None:
        self.source = source
        self._chunks = streamed.chunks
        self._text = streamed.text
        self._taken: Iterator[Any] | None = None

    def __iter__(self) -> Once:
        with _lock:
            if self._taken is not None:
                what = tr("{source} was given to an upload before, and gives its bytes only once.", source=self._text)
                raise _given_before(what)
            self._taken = iter(self._chunks)
            _read.add(self)
            for one in [one for one in _unread if one[0] is self]:
                _unread.remove(one)
        return self

    def __next__(self) -> Any:
        assert self._taken is not None, "it is iterated"
        return next(self._taken)

    def close(self) -> None:
        """Close what it comes from."""
        for one in (self._taken, self.source):
            close = getattr(one, "close", None)
            if close is not None:
                with suppress(Exception):
                    close()


_unread = deque(maxlen=_UNREAD_MOST)
_read = WeakSet()


def once(source: Any, make: Callable[[], Streamed | Any]) -> Streamed | Any:
    """Return what `make` makes of a source, so that it is read once; the same for the same source until it is read.

    Raises InputError where an upload has it already, and what `make` does.
    """
    with _lock:
        if any(one.source is source for one in _read):
            what = tr("What is to be uploaded was given to an upload before, and gives its bytes only once.")
            raise _given_before(what)
        for one, streamed in _unread:
            if one.source is source:
                return streamed
    made = make()
    if not isinstance(made, Streamed):
        return made
    alone = Once(source, made)
    streamed = Streamed(alone, made.text, made.name)
    with _lock:
        _unread.append((alone, streamed))
    return streamed


def _given_before(what: str) -> InputError:
    advice = tr("Make it anew, for example by calling its function again. oj.transfers() lists the upload that has it.")
    return InputError(what, advice, code="GivenBefore")
