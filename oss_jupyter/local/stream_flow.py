"""What a stream gives, in hand: pieces of any size become stretches of the size that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from oss_jupyter.errors import SourceUnreadable
from oss_jupyter.model.flat import flat
from oss_jupyter.texts import tr

_END: Any = object()


class Flow:
    """A stream as it is read. One thread uses it.

    It holds one chunk at most, and none while the next one is made: a chunk may be as large as memory allows.
    stopped: asked before each chunk; once it is true the stream counts as over.
    """

    def __init__(self, chunks: Iterable[Any], text: str, stopped: Callable[[], bool]) -> None:
        self._chunks: Iterator[Any] = iter(chunks)
        self._text = text
        self._stopped = stopped
        self._rest: memoryview | None = None

    def comes(self) -> bool:
        """Wait for the next byte; return whether there is one. Raises SourceUnreadable, and what the stream does."""
        while not self._rest and not self._stopped():
            self._rest = None
            chunk = next(self._chunks, _END)
            if chunk is _END:
                return False
            self._rest = self._flat(chunk)
            del chunk
        return not self._stopped()

    def take(self, most: int) -> memoryview:
        """Return what is in hand of the next so many bytes; ask `comes` before."""
        assert self._rest is not None, "something has come"
        taken, self._rest = self._rest[:most], self._rest[most:] or None
        return taken

    def close(self) -> None:
        """Let go of the stream, as far as it can be told."""
        self._rest = None
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()

    def _flat(self, chunk: Any) -> memoryview:
        if isinstance(chunk, str):
            raise SourceUnreadable(
                tr("{stream} gave text, and not bytes.", stream=self._text), tr("Let it give text.encode().")
            )
        try:
            return flat(chunk)
        except TypeError:
            raise SourceUnreadable(
                tr(
                    "{stream} gave a value of type {type}, and not bytes.", stream=self._text, type=type(chunk).__name__
                ),
                tr("Let it give bytes, bytearray or memoryview."),
            ) from None
