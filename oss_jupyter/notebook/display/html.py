"""The same words as plain HTML: readable without CSS, without scripts, and with everything from outside escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from oss_jupyter.console.lines import remarks
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.names import printable
from oss_jupyter.session.text import name_of, status_line

# JupyterLab aligns the cells of a table to the right.
_LEFT = "text-align:left"
# A path or a key has no blank at which its line could end. Only such words are broken: where every cell may break
# anywhere, a narrow page breaks the short ones first.
_LONG_WORD = 24
_ROOM = f"{_LEFT};min-width:7em"
_BREAKS = f"{_ROOM};overflow-wrap:anywhere"
# A line may end between any two Chinese characters, and a narrow page would leave room for a single one.
_HAN = re.compile("[\u2e80-\u9fff\uff00-\uffef]")
_WORD = re.compile("[^\\s\u2e80-\u9fff\uff00-\uffef]+")
# An age, a size, a number with its unit.
_SHORT = 12
_WHOLE = f"{_LEFT};white-space:nowrap"
# What is wider than its page is moved by itself, and the page stays.
_SCROLLS = "overflow-x:auto"


def transfer_html(now: Snapshot, *, with_error: bool = True) -> str:
    """Return a transfer as a table of one column: what, how far, and what else there is to say."""
    head = f"<b>{escape(name_of(now))}</b> → {escape(printable(str(now.target)))} <code>{escape(now.id)}</code>"
    bar = f'<progress value="{now.fraction:.2f}"></progress> ' if not now.state.ended else ""
    below = [escape(line) for line in remarks(now, with_error=with_error)]
    return _table([[head], [bar + escape(status_line(now))], *([line] for line in below)])


def table_html(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> str:
    """Return rows of text as a table."""
    return f'<div style="{_SCROLLS}">{_table([[escape(cell) for cell in row] for row in rows], header)}</div>'


def lines_html(lines: Iterable[str]) -> str:
    """Return lines of text as one paragraph."""
    return f"<div>{'<br>'.join(escape(line) for line in lines)}</div>"


def text_html(text: str) -> str:
    """Return text to be copied, with its lines and blanks as they are."""
    return f"<pre>{escape(text)}</pre>"


def _table(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> str:
    """Return cells that are HTML already."""
    top = "".join(f'<th style="{_WHOLE}">{escape(cell)}</th>' for cell in header)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"


def _cell(html: str) -> str:
    return f'<td style="{_style(html)}">{html}</td>'


def _style(html: str) -> str:
    if len(html) <= _SHORT:
        return _WHOLE
    if max(map(len, _WORD.findall(html)), default=0) > _LONG_WORD:
        return _BREAKS
    return _ROOM if _HAN.search(html) else _LEFT
