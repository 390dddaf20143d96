"""Which language people are spoken to in: the setting's, else Chinese where page or environment name it. Any thread.

A page says "en" where nobody has chosen a language, so one in English counts no more than the environment.
"""

from __future__ import annotations

import os
import re

LANGUAGES = ("en", "zh")
# What a process of ours was told by the one that started it, and what a script or a shell may set.
VARIABLE = "OSS_JUPYTER_LANGUAGE"
# In the order of gettext(3).
_LOCALE_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")

_chosen = {"setting": "", "page": ""}


def language() -> str:
    """Return "en" or "zh"."""
    return language_for_pages() or _chosen["page"] or "en"


def language_for_pages() -> str:
    """Return what a page is to speak, whatever it says of itself: "en", "zh", or "" for its own language."""
    environment = _of_environment()
    return _chosen["setting"] or _known(os.environ.get(VARIABLE, "")) or (environment if environment != "en" else "")


def choose_language(code: str) -> None:
    """Take the language of the setting: "en", "zh", or "" for what page and environment say."""
    _chosen["setting"] = _known(code)


def page_speaks(tag: object) -> None:
    """Take the language of the page that shows the notebook, if it is a tag like ``zh-CN`` (RFC 5646)."""
    if isinstance(tag, str) and tag:
        _chosen["page"] = _known(tag) or "en"


def _of_environment() -> str:
    """Return what the first variable that is set names: a language like ``zh_CN.UTF-8``, LANGUAGE several of them."""
    named = next(filter(None, map(os.environ.get, _LOCALE_VARIABLES)), "")
    return next(filter(None, map(_known, named.split(":"))), "")


def _known(tag: str) -> str:
    """Return the language of a tag, empty if nothing is said in it."""
    code = re.split(r"[-_.@]", tag.strip(), maxsplit=1)[0].lower()  # zh-CN, zh_CN.UTF-8, zh@pinyin
    return code if code in LANGUAGES else ""
