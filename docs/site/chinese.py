"""Searching the pages in Chinese: any two characters side by side are a word, on the page and in the question.

Chinese has no spaces, and Sphinx by itself splits it only with a package that brings a dictionary. A Sphinx extension.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.search import SearchLanguage

_RUN = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z0-9_]+")
# The same as `split`, where the reader's question is taken apart.
_SPLIT_THE_QUESTION = """
var splitQuery = (query) =>
  (query.match(/[\\u4e00-\\u9fff]+|[A-Za-z0-9_]+/g) || []).flatMap((run) =>
    run < "\\u4e00" || run.length < 3 ? [run] : Array.from(run.slice(1), (after, at) => run[at] + after),
  );
"""


class SearchInChinese(SearchLanguage):
    """Splits Chinese into pairs of characters, and leaves Latin words as they are."""

    lang = "zh"
    language_name = "Chinese"
    stopwords: frozenset[str] = frozenset()
    js_splitter_code = _SPLIT_THE_QUESTION

    def split(self, text: str) -> list[str]:
        """Return the words of a text."""
        return [word for run in _RUN.findall(text) for word in _words(run)]

    def word_filter(self, word: str) -> bool:
        """Whether a word is worth a place in the index."""
        return len(word) > 1


def _words(run: str) -> list[str]:
    if run < "\u4e00" or len(run) < 3:
        return [run]
    return [run[at : at + 2] for at in range(len(run) - 1)]


def setup(app: Any) -> dict[str, bool]:
    """Make the language known; Sphinx calls it."""
    app.add_search_language(SearchInChinese)
    return {"parallel_read_safe": True}
