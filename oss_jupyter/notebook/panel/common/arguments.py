"""Reading what a page sent. Nothing of it is believed: every value has a kind and a limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.model.sizes import parse_size
from oss_jupyter.texts import tr


class PageArguments:
    """The arguments of one request. Every method raises InputError where the value is not what it should be."""

    def __init__(self, values: Any) -> None:
        if not isinstance(values, Mapping):
            raise _refused("arguments", tr("an object"))
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def without(self, *names: str) -> dict[str, Any]:
        """Return all but these, as they came: whoever they are handed on to looks at them."""
        return {name: value for name, value in self._values.items() if name not in names}

    def has_text(self, name: str) -> bool:
        """Return whether there is something, and it is not an empty text."""
        return self._values.get(name) not in (None, "")

    def text(self, name: str, longest: int = 200) -> str:
        """Return a text that is not empty."""
        value = self._values.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise _refused(name, tr("a text of 1 to {longest} characters", longest=longest))
        return value

    def texts(self, name: str, most: int, longest: int = 200) -> list[str]:
        """Return several texts, none of them empty."""
        values = self._values.get(name)
        if not isinstance(values, list) or len(values) > most:
            raise _refused(name, tr("a list of at most {most} texts", most=f"{most:,}"))
        return [PageArguments({name: value}).text(name, longest) for value in values]

    def whole(self, name: str, least: int, most: int) -> int:
        """Return a whole number."""
        value = self._values.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _refused(name, tr("a whole number from {least} to {most}", least=f"{least:,}", most=f"{most:,}"))
        return value

    def flag(self, name: str) -> bool:
        """Return true or false; what was left out is false."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise _refused(name, tr("true or false"))
        return value

    def size(self, name: str) -> int | None:
        """Return bytes, from a number or a text like ``8 MiB``; None where nothing was given."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, (int, str)) or isinstance(value, bool) or len(str(value)) > 30:
            raise _refused(name, tr("a size like 8 MiB"))
        return parse_size(value, name)


def _refused(name: str, wanted: str) -> InputError:
    # The value itself is not repeated: it came from outside and can be anything.
    return InputError(
        tr("{name} is not {wanted}.", name=name, wanted=wanted),
        tr("Press the button again; if it stays so, reload the page."),
    )
