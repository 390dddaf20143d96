"""Which language people are spoken to in: the setting's, else the page's, else the environment's. Any thread."""

from __future__ import annotations

import os
from collections.abc import Iterator

LANGUAGES = ("en", "zh")
# What a process of ours was told by the one that started it, and what a script or a shell may set.
VARIABLE = "OSS_JUPYTER_LANGUAGE"
# In the order of gettext(3).
_LOCALE_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")

_chosen = {"setting": "", "page": ""}


def language() -> str:
    """Return "en" or "zh"."""
    return next(filter(None, _asked_for()), "en")


def choose_language(code: str) -> None:
    """Take the language of the setting: "en", "zh", or "" for that of the page or the environment."""
    _chosen["setting"] = _known(code)


def page_speaks(tag: object) -> None:
    """Take the language of the page that shows the notebook, if it is a tag like ``zh-CN`` (RFC 5646)."""
    if isinstance(tag, str) and tag:
        _chosen["page"] = _known(tag) or "en"


def _asked_for() -> Iterator[str]:
    yield _chosen["setting"]
    yield _known(os.environ.get(VARIABLE, ""))
    yield _chosen["page"]
    yield _of_environment()


def _of_environment() -> str:
    """Return what the first variable that is set names: a language like ``zh_CN.UTF-8``, LANGUAGE several of them."""
    named = next(filter(None, map(os.environ.get, _LOCALE_VARIABLES)), "")
    return next(filter(None, map(_known, named.split(":"))), "")


def _known(tag: str) -> str:
    """Return the language of a tag, empty if nothing is said in it."""
    code = tag.replace("_", "-").partition("-")[0].partition(".")[0].lower()
    return code if code in LANGUAGES else ""
