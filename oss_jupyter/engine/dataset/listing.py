"""What is in the bucket, asked for by the page and only where it is needed, for files that come in the order of keys.

It knows no threads: one thread owns a Listing, and `ask` may make it wait.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable

from oss_jupyter.model.compare import Unknown
from oss_jupyter.model.target import KEY_MAX_BYTES
from oss_jupyter.model.wire_values import ListedObject, ObjectPage

_HIGHEST = "\U0010fffd"  # the two behind it are no characters
_SURROGATES = range(0xD800, 0xE000)  # no text that can be sent has them


class Listing:
    """The objects below a prefix. One request at most for each 1,000 of them, and one for each file that is looked up.

    ask: returns the page behind a key, as ListObjectsV2 does, or None where the credentials may not list. Whatever it
    raises passes through, and the next `find` asks again.
    """

    def __init__(self, ask: Callable[[str], ObjectPage | None]) -> None:
        self._ask = ask
        self._objects: tuple[ListedObject, ...] = ()
        self._keys: list[str] = []
        # Known is what comes behind _after, up to and with _until; None is the end of all keys.
        self._after = ""
        self._until: str | None = ""
        self.permitted = True

    def find(self, key: str) -> ListedObject | Unknown | None:
        """Return the object with this whole key, None where there is none, NOT_PERMITTED where that may not be told."""
        while self.permitted and not self._covers(key):
            self._turn_to(key)
        if not self.permitted:
            return Unknown.NOT_PERMITTED
        place = bisect_left(self._keys, key)
        return self._objects[place] if self._keys[place : place + 1] == [key] else None

    def _covers(self, key: str) -> bool:
        return self._after < key and (self._until is None or key <= self._until)

    def _turn_to(self, key: str) -> None:
        start_after = just_below(key)
        if self._until is not None and self._until < key:
            start_after = max(start_after, self._until)
        page = self._ask(start_after)
        if page is None:
            self.permitted = False
            return
        self._objects = page.objects
        self._keys = [listed.key for listed in page.objects]
        self._after, self._until = start_after, None if page.complete else self._keys[-1]


def just_below(key: str) -> str:
    """Return a key with as few as can be between it and `key`, in the order of their bytes: one to start after."""
    start, last = key[:-1], ord(key[-1])
    if last <= ord(" "):  # what comes below are control characters, which few keys have
        return start
    below = last - 1
    if below in _SURROGATES:
        below = _SURROGATES.start - 1
    lower = start + chr(below)
    return lower + _HIGHEST if len(lower.encode()) + len(_HIGHEST.encode()) <= KEY_MAX_BYTES else lower
