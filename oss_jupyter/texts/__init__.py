"""What is said to people, in English and in Chinese.

There are two catalogues. The words of the panels have keys, because Python and the page's JavaScript share them: `say`.
A sentence that only Python says stands, in English, where it is said, and the Chinese one is found by it: `tr`. One of
which the catalogue knows nothing is told in English; a test sees to it that there is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import cast

from oss_jupyter.texts.spoken import language

CATALOGUE = Path(__file__).with_name("messages.json")
CHINESE = Path(__file__).with_name("zh")
_FULL_STOPS = ("。", "！", "？", "：", "；")


def say(key: str, /, in_language: str = "", **values: object) -> str:
    """Return the text of a key, with each ``{name}`` in it filled in by `values`.

    in_language: "en", "zh", or "" for the language of whoever reads it. Without a descriptor left to read the catalogue
    by, the words of the key are told, and the values: whoever tells of an error makes no other one.
    """
    try:
        texts = catalogue()
    except OSError:
        return " ".join((*key.split("_"), *map(str, values.values())))
    return texts[key][in_language or language()].format(**values)


def is_key(key: str, /) -> bool:
    """Whether `say` has a text for it."""
    try:
        return key in catalogue()
    except OSError:
        return False


def tr(sentence: str, /, **values: object) -> str:
    """Return an English sentence in the language of whoever reads it, each ``{name}`` filled in by `values`.

    The sentence is a literal, or one that `english` has marked. Where the catalogue cannot be read, it is told in
    English: whoever tells of an error makes no other one.
    """
    if language() == "zh":
        sentence = _in_chinese(sentence)
    return sentence.format(**values)


def english(sentence: str, /) -> str:
    """Return a sentence as it is, and mark it as one that `tr` is given later: a constant, an entry of a table."""
    return sentence


def sentences(*told: str) -> str:
    """Return whole sentences behind each other, those that are empty left out: no blank follows a full-width stop."""
    whole = ""
    for one in filter(None, told):
        whole += one if not whole or whole.endswith(_FULL_STOPS) else f" {one}"
    return whole


def listed(phrases: Iterable[object], mark: str = ",") -> str:
    """Return phrases in a row: with commas, or with `mark` ";" between those that hold commas themselves."""
    between = {",": "、", ";": "；"}[mark] if language() == "zh" else f"{mark} "
    return between.join(map(str, phrases))


def clauses(*told: str) -> str:
    """Return pieces of one sentence behind each other, with commas, those that are empty left out."""
    return ("，" if language() == "zh" else ", ").join(filter(None, told))


def about(what: str, said: str) -> str:
    """Return what it is about and, behind a colon, what is said of it or why it is so; no colon where one is empty."""
    return ("：" if language() == "zh" else ": ").join(filter(None, (what, said)))


def bracketed(told: str, more: object) -> str:
    """Return what is told and, in brackets, more of it."""
    return f"{told}（{more}）" if language() == "zh" else f"{told} ({more})"


def _in_chinese(sentence: str) -> str:
    try:
        return chinese().get(sentence, sentence)
    except (OSError, ValueError):  # no descriptor is left, nobody may read it, or half of it was installed
        return sentence


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every text by key and language. The file is read once, when somebody first asks. Raises OSError."""
    return cast("dict[str, dict[str, str]]", json.loads(CATALOGUE.read_text(encoding="utf-8")))


@cache
def chinese() -> dict[str, str]:
    """Return the Chinese sentences by the English ones, read once from a file for each package. Raises OSError."""
    read = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(CHINESE.glob("*.json")))
    return {sentence: translated for of_package in read for sentence, translated in of_package.items()}
