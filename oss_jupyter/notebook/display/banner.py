"""What is said when the extension is loaded: nothing, or which uploads can be carried on, or run without a kernel."""

from __future__ import annotations

from collections.abc import Sequence

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.session.left_alone import is_left_alone
from oss_jupyter.session.session import Session
from oss_jupyter.session.text import in_oss, left_alone, name_of, state_word
from oss_jupyter.texts import clauses, say

_LINES_MAX = 5


def banner(session: Session, unfinished: Sequence[Transfer]) -> list[str]:
    """Return the lines to show; nothing is sent, unless the user has set `auto_resume`."""
    ready = [transfer for transfer in unfinished if not is_left_alone(transfer)]
    waiting = [left_alone(transfer.snapshot()) for transfer in unfinished if is_left_alone(transfer)]
    return [*_ready(session, ready), *waiting[:_LINES_MAX], *_unusable(session)]


def going_on(transfers: Sequence[Transfer]) -> list[str]:
    """Return the lines about uploads that outlived their kernel and still run."""
    lines = [_line(transfer) for transfer in transfers if runs_apart(transfer)]
    return _lines("going_on", lines, say("watch_with", command="%oss_uploads")) if lines else []


def runs_apart(transfer: Transfer) -> bool:
    """Whether it outlived its kernel and still runs, though it may wait for credentials."""
    job = coordinator_of(transfer)
    return job.apart and not job.resting


def _ready(session: Session, ready: Sequence[Transfer]) -> list[str]:
    if not ready:
        return []
    lines = [_line(transfer) for transfer in ready]
    if len(lines) > 1:
        lines = [f"{transfer.id}  {line}" for transfer, line in zip(ready, lines, strict=True)]
    if session.settings.auto_resume:
        for transfer in ready:
            transfer.resume()
        return _lines("carried_on", lines, say("watch_with", command="%oss_uploads"))
    which = ready[0].id if len(ready) == 1 else "all"
    return _lines("unfinished", lines, say("carry_on_with", command=f"%oss_uploads resume {which}"))


def _unusable(session: Session) -> list[str]:
    """Say that there are checkpoints of the user's that cannot be used: parts may lie in OSS that nobody asks for."""
    mine = [found for found in session.on_disk.problems() if not isinstance(found.problem, CheckpointForeign)]
    return [_counted("unusable", len(mine), command="%oss_uploads")] if mine else []


def _lines(kind: str, lines: list[str], then: str) -> list[str]:
    if len(lines) == 1:
        return [say("banner_one", uploads=_counted(kind, 1, what=lines[0]), then=then)]
    left_out = len(lines) - _LINES_MAX
    more = [say("banner_more", count=left_out, command="%oss_uploads")] if left_out > 0 else []
    return [_counted(kind, len(lines), what="").rstrip(), *lines[:_LINES_MAX], *more, then]


def _counted(kind: str, count: int, **values: str) -> str:
    """Return the sentence for so many; the page's banner says the same in its own language."""
    return say(f"banner_{kind}_{'one' if count == 1 else 'many'}", count=f"{count:,}", **values)


def _line(transfer: Transfer) -> str:
    now = transfer.snapshot()
    waits = state_word(now) if now.state is State.WAITING_FOR_CREDENTIALS else ""
    return clauses(f"{name_of(now)} -> {printable(str(now.target))}", in_oss(now), waits)
