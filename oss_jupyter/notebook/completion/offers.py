"""What may stand at the cursor, and how it is written so that the magic reads it as one word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oss_jupyter.notebook.completion.line import Line

# What a bare word cannot hold, begin with or end with: see `split_line`.
_NEEDS_QUOTES = re.compile(r"[\s\"'\\]|^#|;$")
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Offer:
    """One word. about: what is said beside it. goes_on: whether more of the word may follow, as behind a folder."""

    text: str
    about: str = ""
    goes_on: bool = False


def spelled(offers: Iterable[Offer], line: Line) -> Iterator[Offer]:
    """Yield the offers as they are typed, those left out that cannot be."""
    for offer in offers:
        typed = _typed(offer, line)
        if typed is not None and not _UNSPEAKABLE.search(offer.text):
            yield Offer(typed, offer.about, offer.goes_on)


def _typed(offer: Offer, line: Line) -> str | None:
    quote = line.quote
    if not quote:
        if not _NEEDS_QUOTES.search(offer.text):
            return offer.text
        quote = "'" if '"' in offer.text else '"'
    if quote in offer.text:
        return None
    return quote + offer.text + ("" if offer.goes_on or line.closed else quote)
