"""TLS whose records are made in memory: a piece of a part is encrypted in one go, and goes to the system in another.

The standard library's TLS socket encrypts and sends a record of 16 KiB at a time, with a system call, two turns of the
interpreter lock and often a packet for each. Connecting, certificates and the names in them stay urllib3's: it is given
a context that makes these connections. One thread uses a connection; contexts are shared by all.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

from urllib3.exceptions import SSLError
from urllib3.util.ssl_ import create_urllib3_context
from urllib3.util.ssltransport import SSLTransport

from oss_jupyter import forks

# Measured: less means more turns of the interpreter lock, more falls out of the processor's cache before it is sent.
SEALED_BYTES = 512 * 1024
_READ_BYTES = 64 * 1024
_HANDSHAKE_SECONDS = 30.0


class SealingTls(SSLTransport):
    """A connection with TLS over a socket, with what a TLS socket lacks: `seal`, and `take_in` without a wait.

    What has arrived is decrypted at once, so `pending` tells whether there is something to read, and what the other
    side asks for in between (new keys, another handshake) is answered when it comes.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, server_hostname: str | None) -> None:
        self._read_ahead = bytearray()
        self._ended = False
        self._failure: ssl.SSLError | None = None
        try:
            super().__init__(sock, context, server_hostname)
        except ssl.SSLError:
            with suppress(OSError):  # so that the other side knows why
                sock.sendall(self.outgoing.read())
            raise

    def seal(self, data: memoryview) -> memoryview:
        """Return the records that hold the data; they have to be sent before anything else is. Raises OSError."""
        try:
            self.sslobj.write(data)  # memory takes all of it
        except ssl.SSLWantReadError:  # the other side has asked for another handshake
            self.socket.settimeout(_HANDSHAKE_SECONDS)
            self._ssl_io_loop(self.sslobj.do_handshake)
            self.sslobj.write(data)
        return memoryview(self.outgoing.read())

    def pending(self) -> int:
        """Return whether something can be read without the socket: bytes, the end, or a failure."""
        return len(self._read_ahead) or int(self._ended)

    def take_in(self) -> bool:
        """Receive what the socket has, or wait for it; return whether there is something to read. Raises OSError."""
        content = self.socket.recv(_READ_BYTES)
        self.incoming.write(content) if content else self.incoming.write_eof()
        try:
            while plain := self.sslobj.read(_READ_BYTES):
                self._read_ahead += plain
            self._ended = True
        except ssl.SSLWantReadError:
            self._ended = not content
        except ssl.SSLError as error:
            # What came before is read first. An end without a word is one; who reads knows whether it came too early.
            self._ended, self._failure = True, None if isinstance(error, ssl.SSLEOFError) else error
        if self.outgoing.pending:
            self.socket.sendall(self.outgoing.read())
        return bool(self.pending())

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Read decrypted bytes into the buffer, 0 at the end. Raises OSError."""
        while not self.pending():
            self.take_in()
        if not self._read_ahead and self._failure is not None:
            raise self._failure
        count = min(len(self._read_ahead), nbytes or len(buffer))
        buffer[:count] = self._read_ahead[:count]
        del self._read_ahead[:count]
        return count

    def setblocking(self, flag: bool) -> None:
        """Let the socket wait, or not."""
        self.socket.setblocking(flag)

    def shutdown(self, how: int) -> None:
        """End the connection in one direction or both."""
        self.socket.shutdown(how)


class _Context(ssl.SSLContext):
    """What urllib3 asks for a TLS socket, and gets this."""

    def wrap_socket(self, sock: socket.socket, *_: Any, server_hostname: Any = None, **__: Any) -> Any:
        return SealingTls(sock, self, server_hostname)


# Reading the usual certificates takes 20 to 50 ms, and each connection would do that by itself.
_contexts: dict[object, _Context] = {}


def _begin_anew() -> None:
    """Share none with the parent of a forked child: a thread of it may have held one's lock."""
    forks.leave(dict(_contexts))
    _contexts.clear()


forks.in_child(_begin_anew)


def context_for(ca_file: str | None, ca_folder: str | None) -> ssl.SSLContext:
    """Return the context that trusts these certificates, read once for each file. Raises urllib3's SSLError."""
    try:
        known = Path(ca_file).stat() if ca_file else None
        which = (ca_file, ca_folder, known and (known.st_mtime_ns, known.st_size, known.st_ino))
        with forks.no_forks:
            if which not in _contexts:
                _contexts[which] = _new(ca_file, ca_folder)
            return _contexts[which]
    except OSError as error:
        raise SSLError(error) from error


def _new(ca_file: str | None, ca_folder: str | None) -> _Context:
    context, like = _Context(ssl.PROTOCOL_TLS_CLIENT), create_urllib3_context()
    context.minimum_version, context.options = like.minimum_version, like.options
    context.verify_flags, context.post_handshake_auth = like.verify_flags, like.post_handshake_auth
    context.hostname_checks_common_name = like.hostname_checks_common_name
    if ca_file or ca_folder:
        context.load_verify_locations(ca_file, ca_folder)
    else:
        context.load_default_certs()
    return context
