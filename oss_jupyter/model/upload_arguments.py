"""The arguments that were given for one upload: their names are checked here, and the kinds that nobody else checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, cast

from oss_jupyter.errors import InputError, before_sending
from oss_jupyter.model.arguments import ARGUMENTS, OBJECT_NAMES, UploadOptions
from oss_jupyter.model.given import text, yes_or_no
from oss_jupyter.redact import quoted
from oss_jupyter.texts import listed, tr


@dataclass(frozen=True)
class UploadArguments:
    """The arguments of one upload, as they were given. What is not there comes from the settings."""

    given: UploadOptions = field(default_factory=UploadOptions, repr=False)

    @classmethod
    def of(cls, **given: Any) -> UploadArguments:
        """Return them, their names checked, and the kinds of those that nobody else looks at. Raises InputError."""
        with before_sending():
            unknown = sorted(set(given) - set(ARGUMENTS))
            if unknown:
                raise _unknown(unknown[0])
            named = {name: value for name, value in given.items() if value is not None or ARGUMENTS[name].none}
            return cls(cast("UploadOptions", {name: _checked(name, value) for name, value in named.items()}))

    def of_object(self) -> dict[str, Any]:
        """Return those that the object and its requests carry."""
        return {name: value for name, value in self.given.items() if name in OBJECT_NAMES}


def _unknown(name: str) -> InputError:
    near = get_close_matches(name, ARGUMENTS, 1)
    advice = tr("The arguments are {names}.", names=listed(ARGUMENTS))
    if name == "wait":
        advice = tr("Wait with .result(), which upload(…) returns the handle for.")
    elif near:
        advice = tr("Did you mean {name}? help(oj.upload) tells all of them.", name=near[0])
    what = tr("{name} is not an argument of an upload.", name=quoted(name))
    return InputError(what, advice, code="UnknownArgument")


def _checked(name: str, value: Any) -> Any:
    argument = ARGUMENTS[name]
    if name not in OBJECT_NAMES and argument.types in _KINDS:
        return _KINDS[argument.types](value, name)
    return value


def _function(value: Any, name: str) -> Any:
    if not callable(value):
        what = tr("{name} is nothing that can be called.", name=name)
        raise InputError(what, tr("Give a function: {name}=print.", name=name))
    return value


_KINDS: Mapping[tuple[str, ...], Callable[[Any, str], Any]] = {
    ("str",): text,
    ("bool",): yes_or_no,
    ("Callable",): _function,
}
