"""Credentials that were given in Python."""

from __future__ import annotations

from typing import Any

from oss_jupyter.oss.places.foreign import HOW_TO_GIVE, convert, guarded
from oss_jupyter.oss.places.found import Credentials


class Given:
    """A pair, a triple, a mapping, a provider, or a callable that returns any of them; asked anew each time."""

    name = "given in Python"
    mode = ""

    def __init__(self, given: Any) -> None:
        self._given = given

    def find(self) -> Credentials:
        """Return what they are now. Raises CredentialsError."""
        return guarded(
            lambda: convert(self._given), _raised, f"{HOW_TO_GIVE} Call yours in a cell to see what it says."
        )


def _raised(error: BaseException) -> str:
    return f"The credentials given in Python cannot be used: what gives them raised {type(error).__name__}"
