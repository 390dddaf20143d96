"""Answering other kernels of this user: on a socket in a directory that nobody else can look into.

What is asked and answered is JSON: nothing that comes from there is ever made into code or objects of ours. Both sides
prove that they know a key that lies beside the socket.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from oss_jupyter import forks
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.local.files import create_own
from oss_jupyter.session.neighbours.place import KernelPlace, new_place
from oss_jupyter.session.private import KEY_BYTES

if TYPE_CHECKING:
    from multiprocessing.connection import Connection, Listener

_QUESTION_MOST_BYTES = 1024 * 1024


class Listening:
    """Any thread may call it. `_lock` guards _begun, _listener and _place, where this kernel listens.

    answer: returns the answer to a question, on a thread of its own, and raises nothing.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._begun = False
        self._listener: Listener | None = None
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

    @property
    def place(self) -> KernelPlace | None:
        """Where this kernel listens, if it does."""
        with self._lock:
            return self._place

    def end(self) -> None:
        """Leave nothing on the disk: the kernel ends."""
        with self._lock:
            place, listener = self._place, self._listener
            self._place = self._listener = None
        if listener is not None:
            with suppress(OSError):
                listener.close()  # else multiprocessing would at exit, and complain that the socket is gone
        if place is not None:
            place.remove()

    def _be_deaf(self) -> None:
        """Do not answer in a forked child: the uploads are its parent's."""
        self._lock, self._begun, self._listener, self._place = threading.Lock(), False, None, None

    def _listen(self) -> None:
        from multiprocessing.connection import Listener

        with suppress(OSError, OssJupyterError):
            place, key = new_place(), secrets.token_bytes(KEY_BYTES)
            descriptor = create_own(place.key)
            os.write(descriptor, key)
            os.close(descriptor)
            with self._lock:
                self._place = place
            listener = Listener(str(place.socket), "AF_UNIX", backlog=64)
            place.socket.chmod(0o600)
            with self._lock:
                self._listener = listener
            self._accept(listener, key)

    def _accept(self, listener: Listener, key: bytes) -> None:
        while True:
            connection = listener.accept()
            with suppress(OssJupyterError):  # no thread to be had: whoever asks asks again
                start_thread(self._serve, "oss-neighbour-answer", connection, key)

    def _serve(self, connection: Connection, key: bytes) -> None:
        from multiprocessing import AuthenticationError
        from multiprocessing.connection import answer_challenge, deliver_challenge

        with connection, suppress(OSError, EOFError, ValueError, AuthenticationError):
            deliver_challenge(connection, key)
            answer_challenge(connection, key)
            question = json.loads(connection.recv_bytes(_QUESTION_MOST_BYTES))
            if isinstance(question, dict):
                connection.send_bytes(json.dumps(self._answer(question)).encode())
