"""What gives bytes one after the other, and only once: generators, replies, processes, pipes. Nothing is read ahead."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from oss_jupyter.errors import InputError, before_sending
from oss_jupyter.names import printable
from oss_jupyter.objects.once import once
from oss_jupyter.objects.plain import is_text, may_name_files
from oss_jupyter.objects.streamed import Streamed
from oss_jupyter.objects.urls import is_url, of_url
from oss_jupyter.redact import quoted
from oss_jupyter.texts import tr

_CHUNK_BYTES = 1024 * 1024
_OK = range(200, 300)


def as_stream(value: Any) -> Streamed | Any:
    """Return an object as a stream of bytes, or what it is instead.

    Of an iterator the first item is looked at: one of paths stays an iterator. Raises InputError for a reply that is a
    refusal, a process without a pipe, an iterator that is empty or gives text, and what was given to an upload before.
    """
    if is_url(value):
        return of_url(value)
    for fits, make in _KINDS:
        if fits(value):
            with before_sending():
                return once(getattr(value, "stdout", value), partial(make, value))
    return value


def is_stream(value: Any) -> bool:
    """Whether an object is a stream of bytes without its first item being looked at."""
    return is_url(value) or any(fits(value) for fits, make in _KINDS if make is not _of_iterator)


def _is_reply(value: Any) -> bool:
    return hasattr(value, "status_code") and (hasattr(value, "iter_content") or hasattr(value, "iter_bytes"))


def _of_reply(reply: Any) -> Streamed:
    """Return the body of a reply of requests or httpx, decoded as they do it."""
    host = printable(urlsplit(str(reply.url)).hostname or "?")
    if reply.status_code not in _OK:
        raise InputError(
            tr(
                "The reply of {host} has the status {status}, so it is not what was asked for.",
                host=host,
                status=reply.status_code,
            ),
            tr("Look at the reply: reply.text"),
            code="ReplyIsARefusal",
        )
    text = tr("the reply of {host}", host=host)
    if hasattr(reply, "iter_content"):
        return Streamed(_closing(reply.iter_content(_CHUNK_BYTES), reply), text)
    if getattr(reply, "is_stream_consumed", False) or not hasattr(reply.stream, "__aiter__"):
        return Streamed(_closing(reply.iter_bytes(_CHUNK_BYTES), reply), text)
    return Streamed(_awaited(reply.aiter_bytes(_CHUNK_BYTES)), text)


def _closing(chunks: Iterable[Any], owner: Any) -> Iterator[Any]:
    """Yield what comes, and close what it comes from in the end."""
    try:
        yield from chunks
    finally:
        with suppress(Exception):
            owner.close()


def _is_process(value: Any) -> bool:
    return hasattr(value, "stdout") and hasattr(value, "poll") and hasattr(value, "returncode")


def _of_process(process: Any) -> Streamed:
    if process.stdout is None or not _is_binary(process.stdout):
        raise InputError(
            tr("The process writes to no pipe that could be read as bytes."),
            tr("Start it with stdout=subprocess.PIPE, and without text=True."),
            code="NoPipe",
        )

    def chunks() -> Iterator[bytes]:
        try:
            yield from _read(process.stdout)
        finally:
            with suppress(OSError):
                process.stdout.close()
        if process.wait():
            raise RuntimeError(tr("the process ended with {status}", status=process.returncode))

    return Streamed(chunks(), tr("the output of a process"))


def _is_pipe(value: Any) -> bool:
    """Whether it is an open binary file that cannot be read again: a pipe, a socket, a reply of urllib."""
    if not callable(getattr(value, "read", None)) or not _is_binary(value):
        return False
    if getattr(value, "closed", False):
        raise InputError(tr("The file is closed."), tr("Open it again, or give its path."), code="FileClosed")
    seekable = getattr(value, "seekable", None)
    return seekable is not None and not seekable()


def _of_pipe(file: Any) -> Streamed:
    return Streamed(_closing(_read(file), file), tr("a stream"))


def _read(file: Any) -> Iterator[bytes]:
    read: Callable[[int], bytes] = getattr(file, "read1", file.read)
    while chunk := read(_CHUNK_BYTES):
        yield chunk


def _is_binary(file: Any) -> bool:
    return not hasattr(file, "encoding")


def _of_iterator(iterator: Any) -> Streamed | Any:
    name = _named(iterator)
    if getattr(iterator, "gi_running", False):
        what = tr("{name} is running already, in another thread.", name=name)
        raise InputError(what, tr("Make it anew, and let nobody else read it."))
    first = next(iterator, _END)
    if first is _END:
        raise InputError(
            tr("{name} gives nothing: it is empty, or was read to its end before.", name=name),
            tr("Make it anew, for example by calling its function again."),
            code="NothingGiven",
        )
    if isinstance(first, os.PathLike) or (isinstance(first, str) and may_name_files(first)):
        return chain((first,), iterator)
    if isinstance(first, str):
        raise _gives_text(name, first)
    return Streamed(_from_the_first([first], iterator), name)


def _gives_text(name: str, first: str) -> InputError:
    what = tr("{name} gives text, and not bytes.", name=name)
    if not is_text(first):
        what = tr(
            "{name} gives texts, and {item} is neither bytes nor the path of a file that is there.",
            name=name,
            item=quoted(first),
        )
    advice = tr(
        "Make it anew, as it has given its first item: with text.encode() in it, or around it, like "
        "(line.encode() for line in lines). Paths are to be those of files that exist."
    )
    return InputError(what, advice, code="GivesText")


def _from_the_first(first: list[Any], rest: Any) -> Iterator[Any]:
    """Yield the first item, which is large maybe and held by nobody from then on, and the rest."""
    yield first.pop()
    yield from rest


def _of_async_iterator(iterator: Any) -> Streamed:
    return Streamed(_awaited_alone(aiter(iterator)), _named(iterator))


def _awaited(iterator: AsyncIterator[Any]) -> Iterator[Any]:
    """Yield what the connection of an asynchronous client gives, which belongs to the loop of the calling cell."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return _awaited_alone(iterator)

    def step() -> Any:
        return asyncio.run_coroutine_threadsafe(_next(iterator), loop).result()

    return iter(step, _END)


def _awaited_alone(iterator: AsyncIterator[Any]) -> Iterator[Any]:
    with asyncio.Runner() if hasattr(asyncio, "Runner") else _OldRunner() as runner:
        while (item := runner.run(_next(iterator))) is not _END:
            yield item


class _OldRunner:
    """What asyncio has from Python 3.11 on."""

    def __enter__(self) -> _OldRunner:
        self._loop = asyncio.new_event_loop()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def run(self, coroutine: Any) -> Any:
        """Run it to its end."""
        return self._loop.run_until_complete(coroutine)


_END = object()


async def _next(iterator: AsyncIterator[Any]) -> Any:
    return await anext(iterator, _END)


def _named(iterator: Any) -> str:
    name = getattr(iterator, "__name__", "")  # a generator has that of its function
    return printable(f"{name}()") if name and name.isidentifier() else f"<{type(iterator).__name__}>"


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any], Streamed]], ...] = (
    (_is_reply, _of_reply),
    (_is_process, _of_process),
    (_is_pipe, _of_pipe),
    (lambda value: hasattr(value, "__anext__") or hasattr(value, "__aiter__"), _of_async_iterator),
    (lambda value: hasattr(value, "__next__") and not hasattr(value, "read"), _of_iterator),
)
