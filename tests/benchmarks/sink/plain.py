"""A connection without TLS, whose bodies the kernel throws away."""

from __future__ import annotations

import os
import socket
import sys

# Discarding is one system call for as much as has arrived, so the more may arrive the better.
_TAKEN_BYTES = 4 * 1024 * 1024
_HEAD_BYTES = 64 * 1024
# TCP on Linux then drops what has arrived without copying it (tcp(7)); elsewhere it is copied and forgotten.
_DISCARD = socket.MSG_TRUNC if sys.platform == "linux" else 0


class PlainWire:
    """What the sink needs of a connection: some bytes to look at, many to throw away, and a few to send."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = bytearray(_TAKEN_BYTES)

    def read(self) -> bytes:
        """Return what comes next, b"" at the end."""
        return self._sock.recv(_HEAD_BYTES)

    def throw_away(self, most_bytes: int) -> int:
        """Drop up to so many bytes and return how many; 0 at the end."""
        return self._sock.recv_into(self._buffer, min(most_bytes, _TAKEN_BYTES), _DISCARD)

    def send(self, data: bytes) -> None:
        """Send a reply."""
        self._sock.sendall(data)

    def send_file(self, descriptor: int, first: int, length: int) -> None:
        """Send a range of a file, which never enters this process where the system can do without."""
        while length:
            if sys.platform == "linux":
                sent = os.sendfile(self._sock.fileno(), descriptor, first, length)
            else:
                sent = self._sock.send(os.pread(descriptor, min(length, _TAKEN_BYTES), first))
            first += sent
            length -= sent
