"""Advice in the words of whoever reads it: errors and notes write arguments as Python does, lines have dashes.

`Use region="cn-hangzhou"` becomes `Use --region cn-hangzhou`, and `oj.resume("wtd6", ca_bundle="FILE")` becomes
`%oss_uploads resume wtd6 --ca-bundle FILE` or `oss-jupyter resume wtd6 --ca-bundle FILE`.
"""

from __future__ import annotations

import copy
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import PurePath
from typing import Any, TypeVar

from oss_jupyter.console import typed
from oss_jupyter.console.options import FLAGS
from oss_jupyter.errors import OssJupyterError

Method = TypeVar("Method", bound=Callable[..., Any])

# Only ASCII counts as the letters of a name or a value: Chinese characters stand beside them, and end them.
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_VALUE = (
    rf"(?P<quoted>{_QUOTED})"
    rf"|(?P<mapping>\{{(?:[^{{}}\"']|{_QUOTED})*\}})"
    r"|(?P<bare>…|[\w.%:/+-]*[\w%…])"
)
_CALL = re.compile(
    r"\boj\.(?P<verb>transfers|resume|abort|forget)\("
    rf"(?:\"?(?P<id>\w+)\"?(?:, (?P<rest>(?:[^()\"']|{_QUOTED})*))?)?\)",
    re.ASCII,
)
_LEFTOVERS = re.compile(r"\boj\.leftovers\(\"([^\"]*)\"\)\.remove\(\"(\w+)\"(?:, ([^()]*))?\)", re.ASCII)
_NAMES = "|".join(sorted(FLAGS, key=len, reverse=True))
# A name that could be a word of a sentence (parallel, endpoint) is left alone where it has no value.
_ALONE = "|".join(name for name in FLAGS if "_" in name)
_ARGUMENT = re.compile(rf"(?<![\w%-])(?:(?P<argument>{_NAMES})=(?:{_VALUE})?|(?P<alone>{_ALONE})(?![\w=]))", re.ASCII)
_SEPARATOR = re.compile(rf"({_QUOTED})|, ")
_CELLS = (
    (re.compile(r"\b([Rr]un )(?:the|its) cell\b"), r"\1the command"),
    (re.compile(r"运行(?:该|其|此|对应的?)?单元格"), "执行该命令"),
)
# What a cell hands to a shell, or asks of IPython.
_SHELL = re.compile(r"(?<=[:：] )!(?=(?:chmod|cat) )|(?<=：)!(?=(?:chmod|cat) )|%(?=cd )")
_CREDENTIALS = re.compile(r"\bcredentials=(?:…|VARIABLE)", re.ASCII)


@dataclass(frozen=True)
class Commands:
    """What is typed in one place. uploads: lists them; acts: {verb} and {id} on one; leftovers: of a bucket."""

    uploads: str
    acts: str
    leftovers: str

    def act(self, verb: str, transfer_id: str) -> str:
        """Return what does something with one upload, like ``%oss_uploads resume wtd6``."""
        return self.acts.format(verb=verb, id=transfer_id)

    def at(self, directory: PurePath) -> Commands:
        """Return the same for uploads that are kept in a directory which is not the default one."""
        there = f" --checkpoint-dir {quoted_word(str(directory))}"
        return replace(self, uploads=self.uploads + there, acts=self.acts + there.replace("{", "{{").replace("}", "}}"))

    def spell(self, text: str) -> str:
        """Return a text, in which a call of Python's stands for what is typed here."""
        text = _LEFTOVERS.sub(self._of_leftovers, text)
        text = _CALL.sub(self._call, text)
        return _ARGUMENT.sub(_argument, text)

    def _call(self, call: re.Match[str]) -> str:
        if call["verb"] == "transfers":
            return self.uploads
        forgets = call["verb"] == "forget"
        line = self.act("abort" if forgets else call["verb"], call["id"]) + (" --forget" if forgets else "")
        return f"{line} {_SEPARATOR.sub(lambda one: one[1] or ' ', call['rest'])}" if call["rest"] else line

    def _of_leftovers(self, call: re.Match[str]) -> str:
        return " ".join(filter(None, (self.leftovers, quoted_word(call[1]), "remove", call[2], call[3])))


MAGICS = Commands("%oss_uploads", "%oss_uploads {verb} {id}", "%oss_leftovers")
COMMANDS = Commands("oss-jupyter list", "oss-jupyter {verb} {id}", "oss-jupyter leftovers")

as_magic = MAGICS.spell


def as_command(text: str, commands: Commands = COMMANDS) -> str:
    """Return a text for somebody who types commands: there is no cell, and no variable that holds credentials."""
    for cell, command in _CELLS:
        text = cell.sub(command, text)
    text = _SHELL.sub("", text)
    return commands.spell(_CREDENTIALS.sub('profile="NAME"', text))


def quoted_word(text: str) -> str:
    """Return a word as the system's shell takes it."""
    return subprocess.list2cmdline([text]) if sys.platform == "win32" else shlex.quote(text)


def in_magic_words(method: Method) -> Method:
    """Let a magic raise its errors with advice for somebody who types magics."""

    @wraps(method)
    def spelled(*arguments: Any) -> Any:
        with magic_words():
            return method(*arguments)

    return spelled  # type: ignore[return-value]


@contextmanager
def magic_words() -> Iterator[None]:
    """Let errors of the block have advice for somebody who types magics."""
    try:
        yield
    except OssJupyterError as error:
        mine = copy.copy(error)  # the transfer keeps its own, for Python
        mine.what, mine.safe, mine.advice = map(as_magic, (error.what, error.safe, error.advice))
        raise mine from None


def _argument(found: re.Match[str]) -> str:
    name, bare = found["argument"] or found["alone"], found["bare"]
    flag = FLAGS[name]
    if found["mapping"]:
        return typed.mapping(flag, name, found["mapping"]) or found[0]
    if found["quoted"]:
        return typed.option(flag, typed.literal(found["quoted"][1:-1]))
    if bare in ("True", None):
        return flag
    if bare == "False":
        return f"--no-{flag.removeprefix('--')}"
    return f"{flag} {'none' if bare == 'None' else bare}"
