"""A connection with TLS 1.3 that decrypts heads and skips bodies.

Decrypting would cost the sink as much as encrypting costs the client, and on a machine of two cores one would then
measure the sink. What a client sends is real TLS; but the length of a record is readable, so a record of a body need
not be opened to be counted. The heads are opened with the key that OpenSSL writes to its key log (RFC 8446, 5 and 7).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import ssl
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_HEADER_BYTES = 5
# A record carries besides its text one byte that tells its type, and the tag.
_EXTRA_BYTES = 17
_TAKEN_BYTES = 1024 * 1024
_APPLICATION_DATA = 23
# By name: bytes of the key, hash of the key schedule.
_CIPHERS = {"TLS_AES_256_GCM_SHA384": (32, "sha384"), "TLS_AES_128_GCM_SHA256": (16, "sha256")}


class TlsWire:
    """The same as PlainWire, over TLS."""

    def __init__(self, sock: socket.socket, certificate: Path) -> None:
        self._sock = sock
        self._buffer = memoryview(bytearray(_TAKEN_BYTES))
        self._start = self._end = 0  # of what has arrived and was not looked at
        self._records = 0
        self._skipping_bytes = 0  # left of a record that began to be thrown away
        self._skipped_text_bytes = 0
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with tempfile.NamedTemporaryFile("r") as key_log:
            context = _context(certificate, key_log.name)
            self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
            self._shake_hands()
            self._key, self._nonce = _keys(key_log.read(), self._tls.cipher())

    def read(self) -> bytes:
        """Return the text of the next record, b"" at the end."""
        record = self._record()
        if not record:
            return b""
        nonce = (int.from_bytes(self._nonce, "big") ^ self._records).to_bytes(12, "big")
        self._records += 1
        text = self._key.decrypt(nonce, record[_HEADER_BYTES:], record[:_HEADER_BYTES]).rstrip(b"\0")
        return text[:-1] if text[-1] == _APPLICATION_DATA else b""

    def throw_away(self, most_bytes: int) -> int:
        """Drop what has arrived and return how many bytes of text that was; 0 at the end."""
        text_bytes = 0
        while not text_bytes:
            if self._start == self._end and not self._fill(most_bytes):
                return 0
            text_bytes = self._skip()
            if not text_bytes and self._start < self._end and not self._fill(most_bytes):
                return 0
        return text_bytes

    def send(self, data: bytes) -> None:
        """Send a reply."""
        self._tls.write(data)
        self._sock.sendall(self._outgoing.read())

    def _skip(self) -> int:
        """Step over the records in the buffer and return the text in those that ended."""
        buffer, at, end, text_bytes = self._buffer, self._start, self._end, 0
        while at < end:
            if not self._skipping_bytes:
                if end - at < _HEADER_BYTES:
                    break
                length = buffer[at + 3] << 8 | buffer[at + 4]
                self._skipping_bytes = _HEADER_BYTES + length
                self._skipped_text_bytes = length - _EXTRA_BYTES
                self._records += 1
            step = min(self._skipping_bytes, end - at)
            at += step
            self._skipping_bytes -= step
            if not self._skipping_bytes:
                text_bytes += self._skipped_text_bytes
        self._start = at
        return text_bytes

    def send_file(self, descriptor: int, first: int, length: int) -> None:
        """Send a range of a file."""
        while length:
            data = os.pread(descriptor, min(length, _TAKEN_BYTES), first)
            self.send(data)
            first += len(data)
            length -= len(data)

    def _record(self) -> bytes:
        """Return the next record with its header, b"" at the end."""
        while True:
            have = self._end - self._start
            if have >= _HEADER_BYTES:
                length = int.from_bytes(self._buffer[self._start + 3 : self._start + 5], "big")
                if have >= _HEADER_BYTES + length:
                    until = self._start + _HEADER_BYTES + length
                    record = bytes(self._buffer[self._start : until])
                    self._start = until
                    return record
            if not self._fill(_TAKEN_BYTES):
                return b""

    def _fill(self, most_bytes: int) -> int:
        left = bytes(self._buffer[self._start : self._end])
        self._buffer[: len(left)] = left
        self._start, self._end = 0, len(left)
        got = self._sock.recv_into(self._buffer[self._end :], min(most_bytes, _TAKEN_BYTES - self._end))
        self._end += got
        return got

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._sock.sendall(self._outgoing.read())
                record = self._record()
                if not record:
                    raise ConnectionError("the client left during the handshake") from None
                self._incoming.write(record)  # one by one: what follows the handshake is not OpenSSL's
            else:
                self._sock.sendall(self._outgoing.read())
                return


def _context(certificate: Path, key_log: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.keylog_filename = key_log
    return context


def _keys(key_log: str, cipher: tuple[str, str, int] | None) -> tuple[AESGCM, bytes]:
    """Return what opens the client's records."""
    assert cipher is not None
    key_bytes, algorithm = _CIPHERS[cipher[0]]
    lines = (line.split() for line in key_log.splitlines())
    secret = next(bytes.fromhex(line[2]) for line in lines if line[:1] == ["CLIENT_TRAFFIC_SECRET_0"])
    return AESGCM(_expand(secret, "key", key_bytes, algorithm)), _expand(secret, "iv", 12, algorithm)


def _expand(secret: bytes, label: str, length: int, algorithm: str) -> bytes:
    """HKDF-Expand-Label of RFC 8446, for results no longer than one hash."""
    name = b"tls13 " + label.encode()
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0\1"
    return hmac.new(secret, info, getattr(hashlib, algorithm)).digest()[:length]
