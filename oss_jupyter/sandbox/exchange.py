"""One request on its way through the event loop: headers, body, operation, reply.

The loop's thread moves bytes and stores small objects; all that takes longer runs in the pool. The reply to a refused
request waits until its body has been read, or the next request on the connection would be read out of it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace

from tornado import httputil
from tornado.http1connection import HTTP1Connection

from oss_jupyter.sandbox.admission import OPERATIONS, check_before_body, identify, incoming_for, takes_file
from oss_jupyter.sandbox.core import Call, Core, new_request_id
from oss_jupyter.sandbox.disk import disk_error
from oss_jupyter.sandbox.faults import Fault
from oss_jupyter.sandbox.intake import Intake
from oss_jupyter.sandbox.keys import Key
from oss_jupyter.sandbox.replies import Reply, ServiceError, error_reply
from oss_jupyter.sandbox.request import Request, read_request
from oss_jupyter.sandbox.request_log import RequestRecord, headers_of_interest
from oss_jupyter.sandbox.sending import send
from oss_jupyter.sandbox.silence import Silence
from oss_jupyter.sandbox.throttle import Throttle

_DRAIN_LIMIT_BYTES = 64 * 1024 * 1024  # a refused body larger than this is not read: the connection is closed
_ADMIN_PREFIX = "/-/"  # no bucket can be named so

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Peer:
    """One connection, and the paces it has to keep."""

    connection_id: int
    own_pace: Throttle
    shared_pace: Throttle

    async def pace(self, size_bytes: int) -> None:
        """Return when this many bytes may have passed."""
        await self.own_pace.take(size_bytes)
        await self.shared_pace.take(size_bytes)


class Exchange(httputil.HTTPMessageDelegate):
    """The life of one request. Every method runs on the loop's thread."""

    _request: Request  # there as soon as the headers are

    def __init__(self, core: Core, connection: HTTP1Connection, peer: Peer) -> None:
        self._core = core
        self._connection = connection
        self._stream = connection.stream
        self._peer = peer
        self._silence = Silence(connection.stream, core.silent_seconds)
        self._request_id = new_request_id()
        self._started_at = core.clock()
        self._admin_reply: Reply | None = None
        self._key: Key | None = None
        self._fault: Fault | None = None
        self._strike_at_bytes: int | None = None  # where in the body the fault strikes
        self._error: ServiceError | None = None
        self._intake: Intake | None = None
        self._received_bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._is_open = False

    async def headers_received(
        self, start_line: httputil.RequestStartLine | httputil.ResponseStartLine, headers: httputil.HTTPHeaders
    ) -> None:
        """Decide what the headers alone decide."""
        assert isinstance(start_line, httputil.RequestStartLine)
        method, target = start_line.method, start_line.path
        self._request = read_request(method, target, headers.get_all(), self._core.host_suffixes)
        if self._core.admin and target.startswith(_ADMIN_PREFIX):
            token = self._request.headers.get("x-sandbox-token", "")
            self._admin_reply = self._core.admin(method, target, self._request.host, token)
            return
        self._is_open = True
        self._core.request_began()
        try:
            self._admit()
        except Exception as error:
            self._refuse(error)
        if self._error and not self._may_drain():
            await self._send(self._worded(self._error), is_last=True)
        self._silence.begins()

    async def data_received(self, chunk: bytes) -> None:
        """Take the next bytes of the body, no faster than the pace."""
        self._silence.ends()
        try:
            while chunk and not self._stream.closed():
                room = len(chunk)
                if self._strike_at_bytes is not None:
                    room = min(room, self._strike_at_bytes - self._received_bytes)
                await self._take(chunk[:room])
                chunk = chunk[room:]
                await self._strike_if_due()
        except asyncio.CancelledError:  # the sandbox stops
            self._stream.close()
            self._end(None)
            return
        self._silence.begins()

    def finish(self) -> None:
        """Begin the operation: the request is complete."""
        self._silence.ends()
        if not self._is_open and self._admin_reply is None:
            return  # the sandbox stopped while it took the last bytes in
        self._task = asyncio.ensure_future(self._answer())
        # Not within the task: one that the end of the sandbox cancels may not have begun.
        self._task.add_done_callback(lambda _: self._end(None))

    def on_connection_close(self) -> None:
        """Clean up after a request that ended before it was complete."""
        self._silence.ends()
        if self._task is None:
            self._end(None)

    # -- before and while the body comes

    def _admit(self) -> None:
        self._key = identify(self._request, self._core)
        self._fault = self._core.faults.take(self._request)
        if self._fault and self._fault.kind == "answer":
            raise self._fault.error()
        if self._fault and self._fault.kind in ("drop_body", "stall"):
            self._strike_at_bytes = self._fault.after_bytes
        check_before_body(self._request, self._core)
        self._intake = Intake(self._core.pool, incoming_for(self._request, self._core))

    def _may_drain(self) -> bool:
        # A client that expects 100 Continue may keep its body when it hears a final status instead.
        is_small = (self._request.declared_bytes or 0) <= _DRAIN_LIMIT_BYTES
        return is_small and "expect" not in self._request.headers

    async def _take(self, data: bytes) -> None:
        await self._peer.pace(len(data))
        self._received_bytes += len(data)
        if self._intake is None or self._stream.closed():
            return
        try:
            await self._intake.take(data)
        except Exception as error:
            self._refuse(error)

    async def _strike_if_due(self) -> None:
        if self._fault is None or self._strike_at_bytes != self._received_bytes:
            return
        self._strike_at_bytes = None
        if self._fault.kind == "drop_body":
            self._drop_connection()
        elif self._fault.seconds is None:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(self._fault.seconds)

    def _refuse(self, error: Exception) -> None:
        if isinstance(error, OSError):
            error = disk_error(error, self._core.storage.data_dir)
        if not isinstance(error, ServiceError):
            if not self._core.stopping:  # then there is no pool any more, and nobody to answer to
                _log.error("The sandbox failed.", exc_info=error)
            error = ServiceError("InternalError")
        elif error.code.startswith("Sandbox"):
            self._note(error.message)
        self._error = error
        self._discard()

    def _note(self, trouble: str) -> None:
        if trouble != self._core.trouble:  # said once, and not for each request that meets it
            _log.error("%s", trouble)
        self._core.trouble = trouble

    # -- the operation and its reply

    async def _answer(self) -> None:
        reply = self._admin_reply
        if reply is None:
            await self._strike_if_due()  # where there is no body, a fault at its beginning is due now
            if self._stream.closed():
                return
            reply = await self._run()
            await self._linger()
            if self._fault and self._fault.kind == "drop_reply":
                self._drop_connection()
                return
        await self._send(self._spoiled(reply))

    async def _run(self) -> Reply:
        try:
            if self._intake is not None:
                call = Call(self._core, self._request, await self._intake.whole())
                if _is_quick(call):
                    reply = _operate(call)
                else:
                    reply = await asyncio.get_running_loop().run_in_executor(self._core.pool, _operate, call)
                if takes_file(self._request):
                    self._core.trouble = ""
                return reply
        except Exception as error:
            self._refuse(error)
        assert self._error is not None
        return self._worded(self._error)

    async def _linger(self) -> None:
        if self._fault and self._fault.kind in ("answer", "delay"):
            await asyncio.sleep(self._fault.seconds or 0)
        await asyncio.sleep(self._core.switches.latency_seconds)

    def _worded(self, error: ServiceError) -> Reply:
        is_head = self._request.method == "HEAD"
        return error_reply(error, request_id=self._request_id, host=self._request.host, is_head=is_head)

    def _spoiled(self, reply: Reply) -> Reply:
        if self._fault is None or reply.code is not None:
            return reply
        if self._fault.kind == "callback_failed":
            return self._worded(ServiceError("CallbackFailed"))
        crc64 = reply.headers.get("x-oss-hash-crc64ecma")
        if self._fault.kind == "wrong_crc" and crc64 is not None:
            return replace(reply, headers={**reply.headers, "x-oss-hash-crc64ecma": str((int(crc64) + 1) % 2**64)})
        return reply

    async def _send(self, reply: Reply, *, is_last: bool = False) -> None:
        # Logged first: whoever has the reply in hand finds it in the log.
        self._end(None if self._stream.closed() else reply)
        now = self._core.clock()
        try:
            await send(
                self._connection,
                reply,
                request_id=self._request_id,
                now=now,
                server_time_ms=max(0, round((now - self._started_at) * 1000)),
                is_head=self._request.method == "HEAD",
                is_last=is_last,
                pace=self._peer.pace,
            )
        except OSError:  # the client did not wait, or the object was replaced before it was opened
            self._stream.close()

    def _drop_connection(self) -> None:
        self._end(None)
        self._stream.close()

    def _discard(self) -> None:
        if self._intake is not None:
            self._intake.discard()
            self._intake = None

    def _end(self, reply: Reply | None) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._discard()
        self._core.request_ended()
        request = self._request
        self._core.log.append(
            RequestRecord(
                operation=request.operation,
                bucket=request.bucket,
                key=request.key,
                upload_id=request.upload_id,
                part_number=request.part_number,
                status=reply.status if reply else None,
                code=reply.code if reply else None,
                body_bytes=self._received_bytes,
                started_at=self._started_at,
                headers=headers_of_interest(request),
                connection_id=self._peer.connection_id,
                access_key_id=self._key.access_key_id if self._key else None,
                request_id=self._request_id,
            )
        )


def _is_quick(call: Call) -> bool:
    """Say whether the way to the pool and back would take longer than the operation."""
    return call.request.operation in ("PutObject", "HeadObject") and call.body.path is None


def _operate(call: Call) -> Reply:
    call.body.close()
    call.body.check(call.request)
    return OPERATIONS[call.request.operation](call)
