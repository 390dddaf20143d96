"""How a kernel asks the host: one connection a question, so that neither keeps the other waiting for long.

Any thread may call it.
"""

from __future__ import annotations

import os
import pickle
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from oss_jupyter.child import child_environment, last_words, python_command
from oss_jupyter.errors import CheckpointForeign, OssJupyterError
from oss_jupyter.local.room import FULL
from oss_jupyter.session.detached.place import HostPlace
from oss_jupyter.session.detached.values import VERSION, Answer, HostedView, Question
from oss_jupyter.session.private import connected
from oss_jupyter.texts import about, english, tr
from oss_jupyter.texts.system import in_words, system_words

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from oss_jupyter.engine.spec import JobSpec

# A host that is busy answers within a moment; one that was stopped never does.
_ANSWER_SECONDS = 10.0
_START_SECONDS = 30.0
_ELSEWHERE = english(
    "It listens in your home directory. Name a directory that can be written with the environment variable "
    "OSS_JUPYTER_STATE_DIR, or upload without detach."
)


class HostGone(OssJupyterError):
    """No host listens, or it ended before it answered."""


class HostSilent(OssJupyterError):
    """A host is there, and does not answer."""


def ask(name: str, **values: Any) -> Any:
    """Return what the host answers. Raises HostGone, HostSilent, and what it raises."""
    try:
        with _connected() as connection:
            connection.send(Question(name, values))
            answer: Answer = connection.recv()
    except BlockingIOError:  # its time is up
        raise _silent() from None
    except (OSError, EOFError, CheckpointForeign):
        raise host_gone() from None
    if answer.error is not None:
        raise answer.error
    return answer.value


def _connected() -> Connection:
    """Return a connection on which both sides have proved that they know the key. Raises OSError, EOFError."""
    place = HostPlace()
    return connected(place.read_address(), place.read_key(), _ANSWER_SECONDS)


def last_word_of(transfer_id: str) -> HostedView | None:
    """Return how an upload had ended when its host ended, or None where nothing was left of that."""
    with suppress(Exception):  # a file of another version holds anything
        version, views = pickle.loads(HostPlace().read_last())  # noqa: S301 - of this user, in a directory of theirs alone
        if version == VERSION:
            view: HostedView | None = views.get(transfer_id)
            return view
    return None


def why_failed(spec: JobSpec) -> OssJupyterError | None:
    """Return why an upload of the disk failed whose host has ended; None, too, where it has gone on since."""
    checkpoint = spec.store.path_of(spec.transfer_id)
    with suppress(OSError):
        if checkpoint is not None and checkpoint.stat().st_mtime_ns <= HostPlace().last.stat().st_mtime_ns:
            told = last_word_of(spec.transfer_id)
            return told.error if told is not None else None
    return None


def is_there() -> bool:
    """Whether something may listen: it costs one look at the disk."""
    return HostPlace().key.exists()


def start() -> None:
    """Let a host run, unless one does. Raises OssJupyterError where none can be started; nothing was sent then."""
    with suppress(HostGone):
        ask("hello")
        return
    said = _begin()
    try:
        ask("hello")
    except HostGone:
        raise _no_host(said) from None


def _begin() -> str:
    """Start one and wait until it listens; return what it says where it does not."""
    _make_place()
    try:
        begun = subprocess.run(
            python_command("oss_jupyter.session.detached.host"),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_START_SECONDS,
            check=False,
            close_fds=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        why = system_words(error) if isinstance(error, OSError) else type(error).__name__
        raise _no_host(why) from None
    return last_words(begun.stdout) or tr("it ended at once")


def _make_place() -> None:
    """Make the directory where it listens. Raises OssJupyterError with what to do where that cannot be."""
    place = HostPlace()
    try:
        place.made()
    except OSError as error:
        raise _no_host(about(str(place.directory), system_words(error)), tr(_ELSEWHERE)) from None


def host_gone() -> HostGone:
    """Return that the host has ended, in words."""
    return HostGone(
        tr("The process that outlives the kernel has ended."),
        tr('Run the cell again, or oj.resume("ID"): it carries on, or finds that the object is there.'),
        safe=tr("What the service has confirmed is in the checkpoint."),
    )


def _silent() -> HostSilent:
    pid: object = "PID"
    with suppress(OSError, CheckpointForeign):
        pid = HostPlace().told().get("pid", pid)
    return HostSilent(
        tr(
            "The process that outlives the kernel, {pid}, does not answer: it was stopped, or this computer is very "
            "busy.",
            pid=pid,
        ),
        tr(
            "Try it again in a moment. If it was stopped: kill -CONT {pid} lets it go on; kill -KILL {pid} ends it, "
            "and its uploads can be resumed.",
            pid=pid,
        ),
        safe=tr("What the service has confirmed is in the checkpoint."),
    )


def _no_host(why: str, advice: str = "") -> OssJupyterError:
    if any(in_words(os.strerror(number)) in why for number in FULL):
        advice = tr("Make room on the disk of {directory}, and run the cell again.", directory=HostPlace().directory)
    without = tr("Upload without detach; then the kernel sends it, and the next one can resume it.")
    return OssJupyterError(
        tr("No process could be started that would outlive the kernel: {why}.", why=why.rstrip(".。")),
        advice or without,
        safe=tr("Nothing was sent."),
        code="HostNotStarted",
    )
