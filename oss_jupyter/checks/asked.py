"""What was asked for, as far as it can be meant: what cannot is a line of its own, and all else is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from oss_jupyter.checks.ends import LIFE
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.finding import Finding, wrong
from oss_jupyter.texts import english

SOURCE, ENDPOINT = english("source"), english("endpoint")
# Which line a refusal belongs into, where that is not the one of what was asked for.
_LINES = {"ProfileNotFound": LIFE}
T = TypeVar("T")


class Asked:
    """Collects what stands in the way before anybody is asked. One thread uses it."""

    def __init__(self) -> None:
        self._wrong: list[Finding] = []

    def take(self, name: str, read: Callable[[], T]) -> T | None:
        """Return what `read` does, or None where it refuses: then the line of that name says why, and what to do."""
        try:
            return read()
        except OssJupyterError as error:
            self._wrong.append(wrong(_LINES.get(error.code, name), error.what, error.advice))
        return None

    def __contains__(self, name: object) -> bool:
        return any(one.name == name for one in self._wrong)

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What was asked for wrongly, in the order in which it was read."""
        return tuple(self._wrong)
