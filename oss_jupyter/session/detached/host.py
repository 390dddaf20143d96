"""The process that carries detached uploads on. It outlives kernels, and ends when it has nothing to do.

The first thing it does is to become nobody's child: whoever started it need not wait for it. One runs for each state
directory, the one that holds the lock. Credentials come over the socket and stay in its memory.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from oss_jupyter.session.detached.place import HostPlace
    from oss_jupyter.session.detached.values import Answer, Question

_LOOK_SECONDS = 0.5
# Kernels look twice a second, so all have seen an end by then.
_IDLE_SECONDS = 15.0
# One that ends keeps its lock for so long at most.
_PATIENCE_SECONDS = 5.0


class Host:
    """Answers kernels. Each question is answered on a thread of its own; `serve` is the main thread's.

    `_lock` guards _asked_at, when something was asked for last in monotonic seconds, _ending, and _from_environment,
    the ids of uploads whose credentials were in a kernel's environment.
    """

    def __init__(self, place: HostPlace) -> None:
        import threading

        from oss_jupyter.session.session import Session

        self._place = place
        self._session = Session()
        self._lock = threading.Lock()
        self._asked_at = time.monotonic()
        self._ending = False
        self._from_environment: set[str] = set()

    def serve(self) -> None:
        """Answer until there has been nothing to do for some seconds."""
        from oss_jupyter.engine.threads import start_thread
        from oss_jupyter.local.files import create_own

        for path in (self._place.socket, self._place.key):
            path.unlink(missing_ok=True)
        key = secrets.token_bytes(32)
        descriptor = create_own(self._place.key)
        os.write(descriptor, key)
        os.close(descriptor)
        with Listener(str(self._place.socket), "AF_UNIX", backlog=64) as listener:
            self._place.socket.chmod(0o600)
            start_thread(self._accept, "oss-host", listener, key)
            while not self._may_end():
                time.sleep(_LOOK_SECONDS)
        self._place.key.unlink(missing_ok=True)

    def _may_end(self) -> bool:
        moving = any(not transfer.wait(0) for transfer in self._session.manager.transfers())
        with self._lock:
            if moving:
                self._asked_at = time.monotonic()
            self._ending = time.monotonic() - self._asked_at > _IDLE_SECONDS
            return self._ending

    def _accept(self, listener: Listener, key: bytes) -> None:
        from oss_jupyter.engine.threads import start_thread

        with suppress(OSError):  # it is closed: the process ends
            while True:
                start_thread(self._answer, "oss-host-answer", listener.accept(), key)

    def _answer(self, connection: Connection, key: bytes) -> None:
        from oss_jupyter.errors import OssJupyterError
        from oss_jupyter.session.detached.values import Answer

        with connection:
            try:
                deliver_challenge(connection, key)
                answer_challenge(connection, key)
                question = connection.recv()
                try:
                    answer = self._answered(question)
                except OssJupyterError as error:
                    answer = Answer(error=error)
                connection.send(answer)
            except (OSError, EOFError, AuthenticationError):
                return

    def _answered(self, question: Question) -> Answer:
        from oss_jupyter.errors import OssJupyterError
        from oss_jupyter.session.detached.link import host_gone
        from oss_jupyter.session.detached.values import VERSION, Answer

        if question.version != VERSION:
            raise OssJupyterError(
                "The process that carries detached uploads on is of another version of this package.",
                "Let its uploads end, or pause them in a kernel of that version; it ends by itself then.",
                safe="It goes on, and nothing was touched.",
                code="HostOfAnotherVersion",
            )
        with self._lock:
            if self._ending:
                raise host_gone()
            if question.name in ("hello", "upload"):
                self._asked_at = time.monotonic()
        value: Any = getattr(self, f"do_{question.name}")(**question.values)
        return Answer(value)

    def do_hello(self) -> int:
        """Tell that it is there: return its process id."""
        return os.getpid()

    def do_views(self) -> list[Any]:
        """Return how all its uploads stand."""
        from oss_jupyter.engine.transfer import coordinator_of
        from oss_jupyter.session.detached.values import HostedView

        views = []
        for transfer in self._session.manager.transfers():
            job = coordinator_of(transfer)
            rest = job.rest  # before looking, so that what is seen at rest is final
            with self._lock:
                from_environment = transfer.id in self._from_environment
            views.append(HostedView(transfer.snapshot(), rest, job.error, from_environment))
        return views

    def do_upload(
        self, source: str, target: str, given: dict[str, Any], settings: dict[str, Any], from_environment: bool
    ) -> str:
        """Begin, or carry on with, an upload and return its id."""
        from oss_jupyter.model.upload_arguments import UploadArguments

        for name, value in settings.items():
            if getattr(self._session.settings, name) != value:
                setattr(self._session.settings, name, value)
        transfer = self._session.upload(source, target, UploadArguments.of(**given), name="")
        with self._lock:
            (self._from_environment.add if from_environment else self._from_environment.discard)(transfer.id)
        return transfer.id

    def do_verb(self, transfer_id: str, verb: str, values: dict[str, Any]) -> None:
        """Do what a handle does: pause, resume, abort."""
        getattr(self._session.manager.find(transfer_id), verb)(**values)

    def do_pace(self, transfer_id: str, dial: str, value: Any) -> None:
        """Set `limit` or `parallel`."""
        setattr(self._session.manager.find(transfer_id), dial, value)

    def do_sign(self, transfer_id: str, anew: dict[str, Any]) -> None:
        """Let an upload go on with other credentials."""
        self._session.resume(transfer_id, **anew)


def main() -> None:
    """Run the host, unless one runs."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.umask(0o077)
    from filelock import FileLock, Timeout

    from oss_jupyter.session.detached.place import HostPlace

    place = HostPlace().made()
    os.chdir(place.directory)
    try:
        with FileLock(place.lock, mode=0o600).acquire(timeout=_PATIENCE_SECONDS):
            Host(place).serve()
    except Timeout:
        return


if __name__ == "__main__":
    main()
