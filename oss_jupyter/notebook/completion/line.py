"""The line of a magic as far as the cursor: which magic, the words before, and the one that is being typed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from oss_jupyter.notebook.magics.argv import PIECE

# Behind `t =` as well; without its % only where the line begins with it, as IPython's automagic has it.
_MAGIC = re.compile(r"(?:^|.*?[\s=(])(?P<signs>%{1,2})(?P<name>oss_\w+)\s|^\s*(?P<bare>oss_\w+)\s(?!\s*[=.,])")


@dataclass(frozen=True)
class Line:
    """What is typed. Behind the cursor nothing is looked at but what closes a quote.

    magic: its name. is_cell: whether it has two signs. words: those that are complete, without quotes. raw: the word at
    the cursor as it is typed, and text: what it means. quote: the one that is open in it, or "". closed: whether the
    editor has put its other end behind the cursor already.
    """

    magic: str
    is_cell: bool
    words: tuple[str, ...]
    raw: str
    text: str
    quote: str = ""
    closed: bool = False

    def behind(self, sign: str) -> Line:
        """Return the line with the word that begins behind a sign, as in --option=value."""
        return replace(self, raw=self.raw.partition(sign)[2], text=self.text.partition(sign)[2])


def read_line(line: str, cursor: int) -> Line | None:
    """Return the line of one of our magics, None where the cursor does not stand behind the name of one.

    cursor: how many characters of the line stand before it.
    """
    found = _MAGIC.match(line[:cursor])
    if found is None:
        return None
    before = line[found.end() : cursor]
    words: list[str] = []
    word, begin, quote = "", len(before), ""
    for piece in PIECE.finditer(before):
        kind = piece.lastgroup or ""
        begin = min(begin, piece.start())
        if kind == "gap":
            words += [word] if begin < piece.start() else []
            word, begin = "", len(before)
        elif kind == "lone":
            word, quote = word + before[piece.end() :], piece[kind]
            break
        elif piece.start() == begin and piece[0].startswith("#"):
            return None
        else:
            word += piece[kind]
    magic = found["name"] or found["bare"]
    closed = bool(quote) and line[cursor:].startswith(quote)
    return Line(magic, found["signs"] == "%%", tuple(words), before[begin:], word, quote, closed)
