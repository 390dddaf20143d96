"""Writing a reply to a connection, as the service words its headers."""

from __future__ import annotations

import asyncio
import http
from collections.abc import Awaitable, Callable, Iterable
from typing import IO

from tornado import httputil
from tornado.http1connection import HTTP1Connection

from oss_jupyter.sandbox.core import http_time
from oss_jupyter.sandbox.replies import FileSlice, Reply

_SLICE_BYTES = 256 * 1024

Pace = Callable[[int], Awaitable[None]]


class _Headers(httputil.HTTPHeaders):
    """Headers whose x-oss- names go out in lower case, as the service writes them and as clients look for them."""

    def get_all(self) -> Iterable[tuple[str, str]]:
        for name, value in super().get_all():
            yield (name.lower() if name.startswith("X-Oss-") else name), value


async def send(
    connection: HTTP1Connection,
    reply: Reply,
    *,
    request_id: str,
    now: float,
    server_time_ms: int,
    is_head: bool,
    is_last: bool,
    pace: Pace,
) -> None:
    """Write the whole reply; raise OSError if the client or the file has gone."""
    headers = _Headers()
    headers["Server"] = "AliyunOSS"
    headers["Date"] = http_time(now)
    headers["x-oss-request-id"] = request_id
    headers["x-oss-server-time"] = str(server_time_ms)
    for name, value in reply.headers.items():
        headers[name] = value.encode().decode("latin-1")  # stored as text, sent as the UTF-8 it came in
    may_have_body = reply.status not in (204, 304)
    if may_have_body:
        headers["Content-Length"] = str(reply.length)
    if is_last:
        headers["Connection"] = "close"
    status = httputil.ResponseStartLine("HTTP/1.1", reply.status, http.HTTPStatus(reply.status).phrase)
    wants_body = may_have_body and not is_head
    if wants_body and reply.file and reply.file.length:
        with _open_at(reply.file) as opened:  # here, where nothing can come between opening and closing it
            await connection.write_headers(status, headers)
            await _send_file(connection, opened, reply.file.length, pace)
    else:
        await connection.write_headers(status, headers, reply.body if wants_body else None)
    connection.finish()


async def _send_file(connection: HTTP1Connection, opened: IO[bytes], remaining_bytes: int, pace: Pace) -> None:
    while remaining_bytes:
        data = await asyncio.to_thread(opened.read, min(remaining_bytes, _SLICE_BYTES))
        if not data:
            raise OSError("the file is shorter than its record")
        await pace(len(data))
        await connection.write(data)
        remaining_bytes -= len(data)


def _open_at(file: FileSlice) -> IO[bytes]:
    opened = file.path.open("rb")
    opened.seek(file.offset)
    return opened
