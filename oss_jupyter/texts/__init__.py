"""What is said to people, in English and in Chinese, by key: one catalogue for Python and for the page's JavaScript.

The errors are not in it: each is worded where it is raised.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import cast

CATALOGUE = Path(__file__).with_name("messages.json")


def say(key: str, /, language: str = "en", **values: object) -> str:
    """Return the text of a key, with each ``{name}`` in it filled in by `values`; `language` is "en" or "zh"."""
    return catalogue()[key][language].format(**values)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every text by key and language. The file is read once, when somebody first asks. Raises OSError."""
    return cast("dict[str, dict[str, str]]", json.loads(CATALOGUE.read_text(encoding="utf-8")))
