"""How a kernel asks the host: one connection a question, so that neither keeps the other waiting for long.

Any thread may call it.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from typing import Any

from oss_jupyter.child import child_environment, python_command
from oss_jupyter.errors import CheckpointForeign, OssJupyterError
from oss_jupyter.session.detached.place import HostPlace
from oss_jupyter.session.detached.values import Answer, Question

_ANSWER_SECONDS = 20.0
_START_SECONDS = 30.0
_LOOK_SECONDS = 0.05


class HostGone(OssJupyterError):
    """No host listens, or it ended before it answered."""


def ask(name: str, **values: Any) -> Any:
    """Return what the host answers. Raises HostGone, and what it raises."""
    from multiprocessing import AuthenticationError
    from multiprocessing.connection import Client  # 10 ms, and no use to an interpreter that is ending

    place = HostPlace()
    try:
        with Client(str(place.socket), "AF_UNIX", authkey=place.made().read_key()) as connection:
            connection.send(Question(name, values))
            if not connection.poll(_ANSWER_SECONDS):
                raise TimeoutError
            answer: Answer = connection.recv()
    except (OSError, EOFError, AuthenticationError, CheckpointForeign):
        answer = Answer(error=host_gone())
    if answer.error is not None:
        raise answer.error
    return answer.value


def is_there() -> bool:
    """Whether something may listen: it costs one look at the disk."""
    return HostPlace().socket.exists()


def start() -> None:
    """Let a host run, unless one does. Raises OssJupyterError where none can be started; nothing was sent then."""
    until = time.monotonic() + _START_SECONDS
    begun = False
    while True:
        with suppress(HostGone):
            ask("hello")
            return
        if not begun:
            begun = _begin()
        if time.monotonic() >= until:
            raise _no_host("it did not answer")
        time.sleep(_LOOK_SECONDS)


def _begin() -> bool:
    try:
        HostPlace().made()
        subprocess.run(
            python_command("oss_jupyter.session.detached.host"),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_START_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _no_host(type(error).__name__) from None
    return True


def host_gone() -> HostGone:
    """Return that the host has ended, in words."""
    return HostGone(
        "The process that outlives the kernel has ended.",
        'Run the cell again, or oj.resume("ID"): it carries on, or finds that the object is there.',
        safe="What the service has confirmed is in the checkpoint.",
    )


def _no_host(why: str) -> OssJupyterError:
    return OssJupyterError(
        f"No process could be started that would outlive the kernel: {why}.",
        "Upload without detach; then the kernel sends it, and the next one can resume it.",
        safe="Nothing was sent.",
        code="HostNotStarted",
    )
