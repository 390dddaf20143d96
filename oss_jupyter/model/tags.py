"""The tags of an object, as x-oss-tagging carries them: ``k=v&k2=v2``, each percent-encoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from oss_jupyter.errors import InputError
from oss_jupyter.model.given import as_text, plain
from oss_jupyter.redact import quoted
from oss_jupyter.texts import english, tr

# Documentation "Object tagging".
_TAGS_MAX = 10
_KEY_MAX_CHARACTERS = 128
_VALUE_MAX_CHARACTERS = 256

_FORM = english(
    'Write them like tagging={{"project": "New York", "year": 2024}}, or as query text: project=New%20York&year=2024.'
)


def as_tagging(given: Any) -> str:
    """Return tags as the header has them, from a mapping, or from a text that may be encoded already or not.

    In a text, ``+`` and ``%20`` are blanks, as in every query. Raises InputError.
    """
    pairs = _pairs(given)
    if not pairs:
        raise _wrong(tr("tagging has no tags."))
    if len(pairs) > _TAGS_MAX:
        raise _wrong(tr("tagging has {count} tags; the service takes {most}.", count=len(pairs), most=_TAGS_MAX))
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _wrong(tr("tagging has the key {key} twice.", key=quoted(twice)))
    for name, value in pairs:
        _check(name, value)
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def _pairs(given: Any) -> list[tuple[str, str]]:
    if isinstance(given, Mapping):
        return [(_text(name), _text(value)) for name, value in given.items()]
    if isinstance(given, str):
        try:
            return parse_qsl(given.strip(), keep_blank_values=True, errors="strict")
        except UnicodeError:
            raise _wrong(tr("tagging is percent-encoded, but not from UTF-8.")) from None
    raise _wrong(tr("tagging is of type {kind}.", kind=type(given).__name__))


def _text(value: Any) -> str:
    text = as_text(value)
    if text is None:
        raise _wrong(tr("tagging holds {value}.", value=quoted(plain(value))))
    return text


def _check(name: str, value: str) -> None:
    if not name:
        raise _wrong(tr("tagging has a tag without a key."))
    if len(name) > _KEY_MAX_CHARACTERS:
        what = english("tagging has a key of {length} characters; the service takes {most}.")
        raise _wrong(tr(what, length=len(name), most=_KEY_MAX_CHARACTERS))
    if len(value) > _VALUE_MAX_CHARACTERS:
        what = english("tagging has a value of {length} characters; the service takes {most}.")
        raise _wrong(tr(what, length=len(value), most=_VALUE_MAX_CHARACTERS))
    if not (name + value).replace(" ", "").isprintable():
        raise _wrong(tr("tagging holds a character that cannot be shown."))


def _wrong(what: str) -> InputError:
    return InputError(what, tr(_FORM), code="InvalidTag")
