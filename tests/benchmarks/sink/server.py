"""The sink's sockets: one process per connection.

Threads would share one interpreter lock, and the sink would be slower than what it measures. A process is forked for
each connection, so the sink needs Linux or macOS.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .counters import Counters, Slot
from .exchange import Head, answer, parse_head
from .pace import Pace
from .plain import PlainWire
from .stored import Stored
from .tls import TlsWire

# What a limited connection may have taken in before it is read: enough for the loopback device, whose packets are
# 64 KiB, and little enough for the client to feel the line.
_LIMITED_BUFFER_BYTES = 256 * 1024
# A limited connection takes so much at a time: 270 looks a second at 17 MiB/s.
_LIMITED_TAKEN_BYTES = 64 * 1024
_TAKEN_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class WaitingList:
    """How the sink behaves: rate_bytes per second for each connection, latency_seconds for each request and
    connection, certificate (a PEM file with key and chain) for TLS, stored: a file that can be read, by any key."""

    rate_bytes: float | None = None
    latency_seconds: float = 0.0
    certificate: Path | None = None
    stored: Path | None = None


class Wire(Protocol):
    """A connection, with or without TLS."""

    def read(self) -> bytes: ...
    def throw_away(self, most_bytes: int) -> int: ...
    def send(self, data: bytes) -> None: ...
    def send_file(self, descriptor: int, first: int, length: int) -> None: ...


def listen(line: WaitingList) -> socket.socket:
    """Return a socket on the loopback device, on a free port."""
    listener = socket.socket()
    if line.rate_bytes:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LIMITED_BUFFER_BYTES)
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)  # a client may open 256 connections at once
    return listener


def serve(listener: socket.socket, line: WaitingList, counters: Counters) -> None:
    """Serve until standard input ends: however the benchmark ends, its end of the pipe is closed."""
    stored = Stored.of(line.stored) if line.stored else None
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended connections leave no zombies
    index = 0
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        sock, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _handle(sock, line, stored, counters.slot(index))
            os._exit(0)
        sock.close()
        index += 1


def _handle(sock: socket.socket, line: WaitingList, stored: Stored | None, slot: Slot) -> None:
    slot.open()
    try:
        with suppress(OSError):
            _Connection(sock, line, stored, slot).serve()
    finally:
        slot.close()


class _Connection:
    def __init__(self, sock: socket.socket, line: WaitingList, stored: Stored | None, slot: Slot) -> None:
        self._slot = slot
        self._stored = stored
        self._latency_seconds = line.latency_seconds
        self._pace = Pace(line.rate_bytes) if line.rate_bytes else None
        self._most_bytes = _LIMITED_TAKEN_BYTES if line.rate_bytes else _TAKEN_BYTES
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Away by the two handshakes.
        time.sleep(line.latency_seconds * (2 if line.certificate else 1))
        self._wire: Wire = TlsWire(sock, line.certificate) if line.certificate else PlainWire(sock)

    def serve(self) -> None:
        """Answer requests until the client leaves."""
        try:
            while self._request():
                pass
        finally:
            self._slot.add_cpu(time.process_time_ns())

    def _request(self) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            more = self._wire.read()
            if not more:
                return False
            data += more
        first, _, body = data.partition(b"\r\n\r\n")
        head = parse_head(first)
        if head.is_part and body:
            self._slot.add_bytes(len(body), time.monotonic_ns())
        if not self._take(head.length - len(body), head.is_part):
            return False
        time.sleep(self._latency_seconds)
        if self._stored is not None and self._stored.answers(head):
            self._give(self._stored, head)
        else:
            self._wire.send(answer(head))
        return head.keeps_alive

    def _give(self, stored: Stored, head: Head) -> None:
        """Send what is read; it is counted as what is taken is. A limited line gives at its rate."""
        first_lines, at, length = stored.answer(head)
        self._wire.send(first_lines)
        if not length:
            return
        if self._pace:
            self._pace.begin()
        with stored.path.open("rb", buffering=0) as file:
            while length:
                count, asked_at = min(length, self._most_bytes), time.monotonic()
                self._wire.send_file(file.fileno(), at, count)
                at, length = at + count, length - count
                self._slot.add_bytes(count, time.monotonic_ns())
                if self._pace:
                    self._pace.wait(count, asked_at)
        self._slot.add_part()

    def _take(self, length: int, is_part: bool) -> bool:
        """Throw the rest of a body away and return whether all of it came."""
        if is_part and self._pace:
            self._pace.begin()
        while length:
            asked_at = time.monotonic()
            taken = self._wire.throw_away(min(length, self._most_bytes))
            if not taken:
                return False
            length -= taken
            if is_part:
                self._slot.add_bytes(taken, time.monotonic_ns())
                if self._pace:
                    self._pace.wait(taken, asked_at)
        if is_part:
            self._slot.add_part()
        return True
