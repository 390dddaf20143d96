"""What is said when the extension is loaded: nothing, or which uploads wait to be carried on."""

from __future__ import annotations

from collections.abc import Sequence

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.names import printable
from oss_jupyter.notebook.text import counted, in_oss, name_of
from oss_jupyter.notebook.workbench import Workbench

_LINES_MAX = 5


def unfinished_uploads(bench: Workbench) -> tuple[Transfer, ...]:
    """Return what the banner is about."""
    try:
        return bench.unfinished()
    except OSError:
        return ()  # a directory that cannot be read holds nothing to carry on; uploading says why


def banner(bench: Workbench, unfinished: Sequence[Transfer]) -> list[str]:
    """Return the lines to show; nothing is sent, unless the user has set `auto_resume`."""
    if not unfinished:
        return []
    lines = [_line(transfer) for transfer in unfinished]
    if len(lines) > 1:
        lines = [f"{transfer.id}  {line}" for transfer, line in zip(unfinished, lines, strict=True)]
    if bench.settings.auto_resume:
        for transfer in unfinished:
            transfer.resume()
        return _say("resumed", lines, "Watch with: %oss_uploads")
    which = unfinished[0].id if len(unfinished) == 1 else "all"
    return _say("unfinished", lines, f"Carry on with: %oss_uploads resume {which}")


def _say(what: str, lines: list[str], then: str) -> list[str]:
    head = f"{counted(len(lines), f'{what} upload')}:"
    if len(lines) == 1:
        return [f"{head} {lines[0]}. {then}"]
    more = [f"and {len(lines) - _LINES_MAX} more: %oss_uploads lists them"] if len(lines) > _LINES_MAX else []
    return [head, *lines[:_LINES_MAX], *more, then]


def _line(transfer: Transfer) -> str:
    now = transfer.snapshot()
    return f"{name_of(now)} -> {printable(str(now.target))}, {in_oss(now)}"
