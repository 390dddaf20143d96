"""Credentials that were given in Python."""

from __future__ import annotations

from typing import Any

from oss_jupyter.oss.places.foreign import HOW_TO_GIVE, convert, guarded
from oss_jupyter.oss.places.found import Credentials
from oss_jupyter.texts import sentences, tr


class Given:
    """A pair, a triple, a mapping, a provider, or a callable that returns any of them; asked anew each time."""

    mode = ""

    def __init__(self, given: Any) -> None:
        self._given = given

    @property
    def name(self) -> str:
        """That they were given."""
        return tr("given in Python")

    def find(self) -> Credentials:
        """Return what they are now. Raises CredentialsError."""
        advice = sentences(tr(HOW_TO_GIVE), tr("Call yours in a cell to see what it says."))
        return guarded(lambda: convert(self._given), _raised, advice)


def _raised(error: BaseException) -> str:
    return tr(
        "The credentials given in Python cannot be used: what gives them raised {error}.", error=type(error).__name__
    )
