"""What becomes of uploads when the interpreter ends.

In a script they are waited for, as the futures of a ThreadPoolExecutor are; a failure that nobody looked at is told.
In IPython and in kernels the user is there to see: what still runs is brought to rest, and waits on disk.
"""

from __future__ import annotations

import atexit
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import before_sending
from oss_jupyter.model.ending import ending_of, interpreter_ending
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.sizes import count
from oss_jupyter.model.states import State
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.text import head_line, status_line
from oss_jupyter.texts import about, say, tr

# A process that goes waits this long, all told, for parts to give way; what is later is sent again by the next one.
_REST_SECONDS = 1.5
# A shorter wait needs no word, and then a line now and then shows that it is alive.
_QUIET_SECONDS = 1.0
_WORD_SECONDS = 30.0
# Of hundreds that wait nobody reads each.
_LINES_MOST = 12


class Leaving:
    """Called once, at the end of the process that made it, on the main thread; a forked child is another process.

    Threads that outlive the main thread may upload after that, where Python lets them, and are waited for, too.

    shell_ends: asked at the end for what a shell, if the user sits at one, does when everything has come to rest.
    """

    def __init__(self, manager: Manager, shell_ends: Callable[[], Callable[[], None] | None]) -> None:
        self._manager = manager
        self._shell_ends = shell_ends
        self._process = os.getpid()
        self._arranged_for: set[str] = set()

    def arrange(self) -> None:
        """Come before the pools whose modules are loaded by now: at the end they refuse new work.

        Raises InterpreterEnding where it is too late to begin an upload.
        """
        with before_sending():
            if not self._process:
                self._arrange_again()
            self._arrange()

    def _arrange(self) -> None:
        try:
            import concurrent.futures.thread  # noqa: F401 - before ours: who registers last is called first

            pools = sys.modules.keys() & {"concurrent.futures.thread", "concurrent.futures.process"}
            if pools - self._arranged_for:
                _before_threads_end(self._leave)
                self._arranged_for |= pools
        except RuntimeError as error:
            raise ending_of(error) or error from None

    def _arrange_again(self) -> None:
        # On the main thread that is an exit handler, after which nobody would be left to wait.
        if threading.current_thread() is threading.main_thread():
            raise interpreter_ending()
        self._process = os.getpid()
        atexit.register(self._leave)

    def _leave(self) -> None:
        if os.getpid() != self._process:
            return
        self._process = 0  # what is told, is told once
        transfers, then = self._manager.transfers(), self._shell_ends()
        if then is not None:
            self._bring_to_rest()
            then()
            return
        running = [one for one in transfers if coordinator_of(one).spec.wait_at_exit and not one.wait(0)]
        try:
            said = _wait_for(running)
        except KeyboardInterrupt:
            self._bring_to_rest()
            _say(*_how_to_go_on(running))
            _end_by_interrupt()
        else:
            self._bring_to_rest()
            if said:
                _say(*(_line(one.snapshot()) for one in running if not coordinator_of(one).unseen_error()))
        _say(*_going_on(transfers))
        for transfer in transfers:
            error = coordinator_of(transfer).unseen_error()
            if error is not None:
                _say(head_line(transfer.snapshot()), str(error))

    def _bring_to_rest(self) -> None:
        with suppress(KeyboardInterrupt):
            self._manager.pause_all(_REST_SECONDS)
            self._manager.wait_until_told(_REST_SECONDS)


def _wait_for(running: Sequence[Transfer]) -> bool:
    """Wait until all rest; return whether it took so long that it was told."""
    next_word, said = time.monotonic() + _QUIET_SECONDS, False
    while moving := [transfer for transfer in running if not transfer.wait(0)]:
        if moving[0].wait(max(0.0, next_word - time.monotonic())) or time.monotonic() < next_word:
            continue
        if not said:
            _say(_waiting_for(len(moving)))
        _say(*_lines([transfer.snapshot() for transfer in moving]))
        next_word, said = time.monotonic() + _WORD_SECONDS, True
    return said


def _waiting_for(number: int) -> str:
    return tr(
        "oss_jupyter: waiting for {uploads} before this program ends; Ctrl-C keeps its place and ends it now."
        if number == 1
        else "oss_jupyter: waiting for {uploads} before this program ends; Ctrl-C keeps their places and ends it now.",
        uploads=count(number, "upload"),
    )


def _lines(uploads: Sequence[Snapshot]) -> list[str]:
    """Return a line for each upload, or for some of very many and what is left: those that are queued come last."""
    in_order = sorted(uploads, key=lambda now: now.state is State.QUEUED)
    left = in_order[_LINES_MOST:]
    more = [tr("And {more}.", more=count(len(left), "more", "more"))] if left else []
    return [*map(_line, in_order[:_LINES_MOST]), *more]


def _line(now: Snapshot) -> str:
    return about(head_line(now), status_line(now))


def _how_to_go_on(uploads: Sequence[Transfer]) -> list[str]:
    """Say where each upload stands, and which command carries on."""
    lines = _lines([transfer.snapshot() for transfer in uploads])
    left: dict[Path, list[str]] = {}
    for transfer in uploads:
        store = coordinator_of(transfer).spec.store
        if store.directory and store.keeps(transfer.id) and not transfer.state.ended_for_good:
            left.setdefault(store.directory, []).append(transfer.id)
    for directory, ids in left.items():
        code = "; ".join(["import oss_jupyter as oj", *(f'oj.resume("{one}")' for one in ids)])
        command = _command(*_environment(directory), sys.orig_argv[0], "-c", code)
        lines.append(say("carry_on_with", command=command))
    again = tr(
        "Running the same again does so too: {command}" if left else "Running the same again starts over: {command}",
        command=_command(*sys.orig_argv),
    )
    return [*lines, again]


def _going_on(transfers: Sequence[Transfer]) -> list[str]:
    """Return a line for each upload that was handed to another process and goes on there, and how to look at them."""
    moving = [one.snapshot() for one in transfers if coordinator_of(one).handed and not coordinator_of(one).resting]
    if not moving:
        return []
    look = _command(sys.orig_argv[0], "-c", "import oss_jupyter as oj; [print(one) for one in oj.transfers()]")
    goes_on = tr(
        "It goes on without this program. Look with: {command}"
        if len(moving) == 1
        else "They go on without this program. Look with: {command}",
        command=look,
    )
    return [*_lines(moving), goes_on]


def _environment(directory: Path) -> list[str]:
    """Return what leads another process to these checkpoints, if its defaults do not."""
    return [] if directory == OssJupyter().checkpoint_path() else ["env", f"OSS_JUPYTER_CHECKPOINT_DIR={directory}"]


def _command(*words: str) -> str:
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def _end_by_interrupt() -> None:
    """Let the process end by the signal: Python does so, once it has tidied up, if the last text it ran ended so."""
    with suppress(KeyboardInterrupt):
        exec("raise KeyboardInterrupt", {})  # noqa: S102


def _say(*lines: str) -> None:
    if lines and sys.stderr is not None:  # a program without a window has none
        with suppress(OSError, ValueError):
            print(*lines, sep="\n", file=sys.stderr, flush=True)  # noqa: T201


def _before_threads_end(function: Callable[[], None]) -> None:
    """Call it at the end while threads can still be started, which since Python 3.12 is over when atexit begins.

    Raises RuntimeError where the end has begun.
    """
    getattr(threading, "_register_atexit", atexit.register)(function)
