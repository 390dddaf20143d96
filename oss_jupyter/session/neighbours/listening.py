"""Answering other kernels of this user: on a socket in a directory that nobody else can look into.

What is asked and answered is JSON: nothing that comes from there is ever made into code or objects of ours. Both sides
prove that they know a key that is written down there.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from oss_jupyter import forks
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.session.neighbours.place import KernelPlace, listening
from oss_jupyter.session.private import be_patient

_QUESTION_MOST_BYTES = 1024 * 1024
_QUESTION_SECONDS = 20.0
# Far more than there are kernels that ask; strangers who connect and say nothing take no more threads.
_AT_ONCE = 16


class Listening:
    """Any thread may call it. `_lock` guards _begun, _listener and _place, where this kernel listens. A fork changes
    _room.

    answer: returns the answer to a question, on a thread of its own, and raises nothing.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._room = threading.Semaphore(_AT_ONCE)
        self._begun = False
        self._listener: socket.socket | None = None
        self._place: KernelPlace | None = None
        forks.in_child(self._be_deaf)

    def begin(self) -> None:
        """Listen from now on, where the system has such sockets; without, uploads are seen on the disk alone."""
        with self._lock:
            if self._begun or os.name == "nt":
                return
            self._begun = True
        with suppress(OssJupyterError):  # the upload is worth more
            start_thread(self._listen, "oss-neighbours")

    def end(self) -> None:
        """Leave nothing on the disk: the kernel ends."""
        with self._lock:
            place, listener = self._place, self._listener
            self._place = self._listener = None
        if listener is not None:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # which ends the thread
        if place is not None:
            place.remove()

    def _be_deaf(self) -> None:
        """Do not answer in a forked child: the uploads are its parent's."""
        self._lock, self._begun, self._listener, self._place = threading.Lock(), False, None, None
        self._room = threading.Semaphore(_AT_ONCE)

    def _listen(self) -> None:
        with suppress(OSError, OssJupyterError), listening() as (place, listener, key):
            with self._lock:
                self._place, self._listener = place, listener
            while True:
                self._room.acquire()
                one, _ = listener.accept()
                self._begin(one, key)

    def _begin(self, one: socket.socket, key: bytes) -> None:
        one.setblocking(True)
        be_patient(one, _QUESTION_SECONDS)
        try:
            start_thread(self._serve, "oss-neighbour-answer", one, key)
        except OssJupyterError:  # no thread to be had: whoever asks asks again
            one.close()
            self._room.release()

    def _serve(self, one: socket.socket, key: bytes) -> None:
        from multiprocessing import AuthenticationError
        from multiprocessing.connection import Connection, answer_challenge, deliver_challenge  # 10 ms

        try:
            with Connection(one.detach()) as connection:
                deliver_challenge(connection, key)
                answer_challenge(connection, key)
                question = json.loads(connection.recv_bytes(_QUESTION_MOST_BYTES))
                if isinstance(question, dict):
                    connection.send_bytes(json.dumps(self._answer(question)).encode())
        except (OSError, EOFError, ValueError, AuthenticationError):
            return
        finally:
            self._room.release()
