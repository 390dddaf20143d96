"""What a kernel tells whose reader speaks Chinese, and which English of ours is still in it."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.texts import CATALOGUE, chinese

from .kernels import Cell, Kernel

_HOLE = re.compile(r"\{.*?\}")
_WORD = re.compile(r"[A-Za-z]{2,}")
# Three words of English beside each other.
_PROSE = re.compile(r"(?<![\w./%{-])[A-Za-z][a-z]+,?(?: [a-z]{2,}){2,}(?![\w/=(])")
# What is the same in every language: commands up to the next Chinese word, addresses, paths, calls.
_CODE = re.compile(
    r"(?:%{1,2}oss_|oss-jupyter |pip |python -|ossutil |import |from \w+ import )[\x20-\x7e]*"
    r"|\w+://[^\s，。；：]+|(?<!\w)~?/[^\s，。；：]+|\b[\w.]+\([^()\n]*\)|\"[^\"\n]*\"|'[^'\n]*'"
)
# In the words of the service, and what is typed in a terminal.
_QUOTED = ("You have no right to access this object.", "The request was refused.", "sudo timedatectl set-ntp true")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@cache
def _sentences() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return every English sentence of three words and more that Chinese has another one for, and what finds it."""
    panels = json.loads(CATALOGUE.read_text(encoding="utf-8")).values()
    every = {**chinese(), **{text["en"]: text["zh"] for text in panels}}
    long = (one for one, zh in every.items() if one != zh and len(_WORD.findall(_HOLE.sub("", one))) >= 3)
    return tuple((one, _finds(one)) for one in long)


def _finds(sentence: str) -> re.Pattern[str]:
    pieces = map(re.escape, _HOLE.split(sentence))
    return re.compile(r"(?<!\w)" + r"[^\n]+?".join(pieces))


def english_in(text: str) -> list[str]:
    """Return the English that is ours: sentences of the catalogue, and three words of prose in a row."""
    for one in _QUOTED:
        text = text.replace(one, "…")
    known = [f"a sentence: {one}" for one, finds in _sentences() if finds.search(text)]
    return known + [f"words: {one[0]}" for one in _PROSE.finditer(_CODE.sub(" … ", text))]


def told(cell: Cell) -> str:
    """Return all that a page shows of a cell, as text."""
    pieces = [cell.text]
    for bundle in cell.bundles:
        markup = re.sub(r"<(style|script|svg).*?</\1>", "", bundle.get("text/html", ""), flags=re.DOTALL)
        pieces += [bundle.get("text/plain", ""), html.unescape(re.sub(r"<[^>]*>", "\n", markup))]
    if cell.error:
        pieces += [*cell.error["traceback"], str(cell.error["evalue"])]
    return _COLOUR.sub("", "\n".join(pieces))


@dataclass(frozen=True)
class Situation:
    """A cell, and a piece of what is told below it. faults: of the service meanwhile."""

    name: str
    cell: str
    says: str
    faults: tuple[Fault, ...] = ()


class Stage:
    """A kernel whose environment speaks Chinese, and the service that it uploads to."""

    def __init__(self, kernel: Kernel, service: Sandbox) -> None:
        self.kernel = kernel
        self.service = service
        kernel.run("%load_ext oss_jupyter\nimport oss_jupyter as oj, os, time")

    def show(self, situation: Situation) -> None:
        """Run the cell of a situation, and look at what is told."""
        self.service.faults.add(*situation.faults)
        cell = self.kernel.run(situation.cell)
        self.service.faults.clear()
        self.check(situation.name, told(cell), situation.says)

    def check(self, name: str, text: str, says: str) -> None:
        """What is told says it in Chinese, and has no English of ours."""
        assert says in text, f"{name}: {says} is not in\n{text}"
        assert english_in(text) == [], f"{name}:\n{text}"

    def until(self, expression: str) -> None:
        """Wait until something is true in the kernel."""
        self.kernel.run(f"while not ({expression}): time.sleep(0.02)")


def staged(situations: tuple[Situation, ...], stage: Stage, subtests: Any) -> None:
    """Show one situation after the other; each is told by its name."""
    for situation in situations:
        with subtests.test(situation.name):
            stage.show(situation)
