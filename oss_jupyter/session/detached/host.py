"""The process that carries detached uploads on. It outlives kernels, and ends when it has nothing to do.

The first thing it does is to become nobody's child: whoever started it waits until it listens, and no longer. One runs
for each state directory, the one that holds the lock. Credentials come over the socket and stay in its memory.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import time
from contextlib import AbstractContextManager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, answer_challenge, deliver_challenge
from typing import TYPE_CHECKING

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.texts import about, tr

if TYPE_CHECKING:
    from oss_jupyter.session.detached.place import HostPlace
    from oss_jupyter.session.detached.values import Answer, Question

_LOOK_SECONDS = 0.5
# Kernels look twice a second, so all have seen an end by then.
_IDLE_SECONDS = 15.0
# One that ends keeps its lock for so long at most.
_PATIENCE_SECONDS = 5.0
# Whether another one listens is looked at so often meanwhile.
_TRY_SECONDS = 0.2
# Who connects and says nothing is let go after that, and so many are listened to at once.
_QUESTION_SECONDS = 5.0
_QUESTIONS_MOST = 64


class Host:
    """Answers kernels. Each question is answered on a thread of its own; `serve` is the main thread's.

    `_lock` guards _asked_at, when something was asked for last in monotonic seconds, and _ending.
    """

    def __init__(self, place: HostPlace) -> None:
        import threading

        from oss_jupyter.session.detached.answers import Answers
        from oss_jupyter.session.session import Session

        self._place = place
        self._session = Session(is_host=True)
        self._answers = Answers(self._session)
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(_QUESTIONS_MOST)
        self._asked_at = time.monotonic()
        self._ending = False

    def serve(self) -> bool:
        """Answer until there has been nothing to do for some seconds; return False where its place was taken away."""
        from oss_jupyter.engine.threads import start_thread

        key = secrets.token_bytes(32)
        with self._place.listening(key) as listener:
            start_thread(self._accept, "oss-host", listener, key)
            _let_go_of_the_starter("")
            while not self._may_end():
                time.sleep(_LOOK_SECONDS)
                if not self._place.is_mine(key):
                    break
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            over = self._may_end()
            if over:
                with suppress(OSError):  # a full disk: it is in the history as well
                    self._place.write_last(self._answers.last_word())
        return over

    def finish(self) -> None:
        """Let what moves come to its end, although nobody can ask for it any more."""
        while self._answers.moving:
            time.sleep(_LOOK_SECONDS)

    def _may_end(self) -> bool:
        moving = self._answers.moving
        with self._lock:
            if moving:
                self._asked_at = time.monotonic()
            self._ending = time.monotonic() - self._asked_at > _IDLE_SECONDS
            return self._ending

    def _accept(self, listener: socket.socket, key: bytes) -> None:
        from oss_jupyter.engine.threads import start_thread
        from oss_jupyter.errors import Shortage
        from oss_jupyter.session.private import be_patient

        while True:
            self._room.acquire()
            try:
                one, _ = listener.accept()
            except OSError:  # it is closed: the process ends, or its place has gone
                self._room.release()
                return
            be_patient(one, _QUESTION_SECONDS)
            connection = Connection(one.detach())
            try:
                start_thread(self._answer, "oss-host-answer", connection, key)
            except Shortage:  # whoever asks asks again
                connection.close()
                self._room.release()

    def _answer(self, connection: Connection, key: bytes) -> None:
        with connection:
            try:
                # Before anything is unpickled, both sides prove that they know the key.
                deliver_challenge(connection, key)
                answer_challenge(connection, key)
                connection.send(self._answered(connection.recv_bytes()))
            except (OSError, EOFError, AuthenticationError):
                return
            finally:
                self._room.release()

    def _answered(self, asked: bytes) -> Answer:
        import pickle

        from oss_jupyter.session.detached.values import VERSION, Answer

        try:
            question: Question = pickle.loads(asked)  # noqa: S301 - of somebody who knows the key
            same = question.version == VERSION
        except Exception:
            same = False
        if not same:
            return Answer(error=_of_another_version())
        try:
            self._heed(question)
            return Answer(self._answers.to(question))
        except OssJupyterError as error:
            return Answer(error=error)

    def _heed(self, question: Question) -> None:
        """Stay for what has been asked. Raises HostGone where it is about to end."""
        from oss_jupyter.session.detached.link import host_gone

        with self._lock:
            if self._ending:
                raise host_gone()
            if question.name in ("hello", "upload"):
                self._asked_at = time.monotonic()


def _of_another_version() -> OssJupyterError:
    return OssJupyterError(
        tr(
            "The process that carries detached uploads on, {pid}, is of another version of this package.",
            pid=os.getpid(),
        ),
        tr(
            "Let its uploads end, or end it (kill {pid}) and resume them: it ends by itself when all have ended.",
            pid=os.getpid(),
        ),
        safe=tr("Its uploads go on, and nothing was touched."),
        code="HostOfAnotherVersion",
    )


def held(place: HostPlace, patience_seconds: float = _PATIENCE_SECONDS) -> AbstractContextManager[object]:
    """Return the lock of the one host. Raises Timeout where another one has it and listens, or keeps it for long."""
    from filelock import FileLock, Timeout

    lock = FileLock(place.lock, mode=0o600)
    until = time.monotonic() + patience_seconds
    while True:
        with suppress(Timeout):
            return lock.acquire(timeout=_TRY_SECONDS)
        if time.monotonic() >= until or _another_listens():
            return lock.acquire(timeout=0)


def _another_listens() -> bool:
    """Whether one answers, however: two kernels that need one at the same moment start two."""
    from oss_jupyter.session.detached.link import HostGone, ask

    try:
        ask("hello")
    except HostGone:  # it ends, or is not ready yet
        return False
    except OssJupyterError:
        pass
    return True


def _held_by_another(place: HostPlace) -> str:
    told = place.told()
    return tr(
        "another one, process {pid} on {node}, holds {path}",
        pid=told.get("pid"),
        node=told.get("node"),
        path=place.lock,
    )


def _let_go_of_the_starter(said: str) -> None:
    """Say a last word to whoever started this process, who waits until its output ends."""
    if said:
        print(said)  # noqa: T201
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def main() -> None:
    """Run the host, unless one runs."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.umask(0o077)
    from filelock import Timeout

    from oss_jupyter.session.detached.place import HostPlace
    from oss_jupyter.texts.system import system_words

    place = HostPlace().made()
    os.chdir("/")
    host: Host | None = None
    try:
        while True:
            with held(place.made()):
                host = host or Host(place)
                if host.serve():
                    return
    except Timeout:
        _let_go_of_the_starter(_held_by_another(place))
    except OSError as error:
        _let_go_of_the_starter(about(str(error.filename or ""), system_words(error)))
    except OssJupyterError as error:
        _let_go_of_the_starter(error.what)
    if host is not None:
        host.finish()


if __name__ == "__main__":
    main()
