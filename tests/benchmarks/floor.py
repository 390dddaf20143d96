"""The floor: what this machine and this sink allow, whatever the client is written in.

Plain: each connection hands ranges of the file to `sendfile`, so no byte enters the process. TLS: each connection's
process lets OpenSSL encrypt straight from the mapped file. No checksum, no signature, no reply is looked at.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import socket
import ssl
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from .clients import Job

FLOOR = "floor"

_REPLY_BYTES = 4096
_COPIED_BYTES = 1024 * 1024


def send_all(job: Job, most_seconds: float) -> None:
    """Send the file's parts round robin over `parallel` processes, and wait for them."""
    until = time.monotonic() + most_seconds
    # Spawned, because a process with threads must not fork.
    spawn = multiprocessing.get_context("spawn")
    senders = [spawn.Process(target=_send, args=(job, first, until), daemon=True) for first in range(job.parallel)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()


def _send(job: Job, first: int, until: float) -> None:
    sock = _connect(job.endpoint, job.ca_bundle)
    size, step = Path(job.path).stat().st_size, job.parallel * job.part_size
    with (
        Path(job.path).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
    ):
        for offset in range(first * job.part_size, size, step):
            if time.monotonic() > until:
                break
            length = min(job.part_size, size - offset)
            sock.sendall(f"PUT /bench/floor HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode())
            if isinstance(sock, ssl.SSLSocket):
                with view[offset : offset + length] as part:
                    sock.sendall(part)
            else:
                _sendfile(sock, file.fileno(), offset, length)
            sock.recv(_REPLY_BYTES)
    sock.close()


def _sendfile(sock: socket.socket, descriptor: int, offset: int, length: int) -> None:
    while length:
        if sys.platform == "linux":
            sent = os.sendfile(sock.fileno(), descriptor, offset, length)
        else:
            sent = sock.send(os.pread(descriptor, min(length, _COPIED_BYTES), offset))
        offset += sent
        length -= sent


def _connect(endpoint: str, ca_bundle: str | None) -> socket.socket:
    url = urlsplit(endpoint)
    assert url.hostname is not None
    assert url.port is not None
    sock = socket.create_connection((url.hostname, url.port))
    # A TLS record is smaller than a packet of the loopback device, and would wait there for the one before.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not ca_bundle:
        return sock
    return ssl.create_default_context(cafile=ca_bundle).wrap_socket(sock, server_hostname=url.hostname)
