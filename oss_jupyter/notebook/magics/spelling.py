"""Advice in the words of whoever reads it: errors and notes write arguments as Python does, magics use dashes.

`Use region="cn-hangzhou"` becomes `Use --region cn-hangzhou`, and `oj.resume("wtd6", ca_bundle="FILE")` becomes
`%oss_uploads resume wtd6 --ca-bundle FILE`. The words are those of the magics' own options.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.notebook.magics.options import UPLOAD_OPTIONS

Method = TypeVar("Method", bound=Callable[..., Any])

_VALUE = (
    r"(?P<quote>[\"'])(?P<text>.*?)(?P=quote)"
    r"|\{\"(?P<name>[^\"]+)\": \"(?P<entry>[^\"]*)\"\}"
    r"|(?P<bare>…|[\w.%:/+-]*[\w%…])"
)
_CALL = re.compile(r"\boj\.(?P<verb>transfers|resume|abort|forget)\((?:\"?(?P<id>\w+)\"?(?:, (?P<rest>[^()]*))?)?\)")
_LEFTOVERS = re.compile(r"\boj\.leftovers\(\"([^\"]*)\"\)\.remove\(\"(\w+)\"(?:, ([^()]*))?\)")
_VERBS = {"transfers": "", "resume": " resume {id}", "abort": " abort {id}", "forget": " abort {id} --forget"}


def _flags() -> dict[str, str]:
    """Return the word of the magic for each argument of Python."""
    options = [getattr(option, "args", ("",)) for option in UPLOAD_OPTIONS]
    words = [(word, those[0]) for those in options for word in those if word.startswith("--")]
    return {word.removeprefix("--").replace("-", "_"): first for word, first in words}


_FLAGS = _flags()
_NAMES = "|".join(sorted(_FLAGS, key=len, reverse=True))
_ARGUMENT = re.compile(rf"(?<![\w%-])(?P<argument>{_NAMES})=(?:{_VALUE})?")
# A name that could be a word of a sentence (parallel, endpoint) is left alone where it has no value.
_ALONE = re.compile(rf"(?<![\w%-])(?:{'|'.join(name for name in _FLAGS if '_' in name)})(?![\w=])")


def as_magic(text: str) -> str:
    """Return a text for somebody who types magics."""
    text = _LEFTOVERS.sub(_leftovers, text)
    text = _CALL.sub(_call, text)
    text = _ARGUMENT.sub(_argument, text)
    return _ALONE.sub(lambda name: _FLAGS[name[0]], text)


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


def _call(call: re.Match[str]) -> str:
    line = "%oss_uploads" + _VERBS[call["verb"]].format(id=call["id"])
    return f"{line} {call['rest'].replace(', ', ' ')}" if call["rest"] else line


def _leftovers(call: re.Match[str]) -> str:
    return " ".join(filter(None, ("%oss_leftovers", call[1], "remove", call[2], call[3])))


def _argument(found: re.Match[str]) -> str:
    flag, bare = _FLAGS[found["argument"]], found["bare"]
    if found["name"]:
        return f"{flag} {found['name']}={found['entry']}"
    if found["text"] is not None:
        return f'{flag} "{found["text"]}"' if " " in found["text"] else f"{flag} {found['text']}"
    if bare in ("True", None):
        return flag
    if bare == "False":
        return f"--no-{flag.removeprefix('--')}"
    return f"{flag} {'none' if bare == 'None' else bare}"
