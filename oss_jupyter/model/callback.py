"""What the service calls when the object is stored: JSON in base64, as x-oss-callback and -var carry it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.model.given import as_text
from oss_jupyter.redact import quoted
from oss_jupyter.texts import english, tr

# Documentation "Callback": of each header, encoded.
_MAX_BYTES = 5 * 1024
_NEEDED = ("callbackUrl", "callbackBody")
_VARIABLE = re.compile(r"x:[a-z0-9_.-]+")

# Advice on how they are written.
_CALLBACK_FORM = english(
    'Write it like callback={{"callbackUrl": "https://example.com/done", '
    '"callbackBody": "key=${{object}}"}}, or as the base64 of that JSON.'
)
_VARIABLES_FORM = english('Write it like callback_var={{"x:project": "taxi"}}, or as the base64 of that JSON.')


def as_callback(given: Any) -> str:
    """Return a callback as its header has it, from a mapping, its JSON or the base64 of that. Raises InputError."""
    document = _document(given, "callback", _CALLBACK_FORM)
    missing = next((name for name in _NEEDED if not document.get(name)), None)
    if missing:
        raise InputError(tr("callback has no {name}.", name=missing), tr(_CALLBACK_FORM))
    return _encoded(given, document, "callback", _CALLBACK_FORM)


def as_callback_variables(given: Any) -> str:
    """Return the variables of a callback as their header has them, from the same forms. Raises InputError."""
    document = _document(given, "callback_var", _VARIABLES_FORM)
    for name, value in document.items():
        _check_variable(name, value)
    texts = {name: as_text(value) for name, value in document.items()}
    return _encoded(given, texts, "callback_var", _VARIABLES_FORM)


def _check_variable(name: str, value: Any) -> None:
    what = ""
    if not _VARIABLE.fullmatch(name):
        what = tr("callback_var: {name} is no name of a variable: x: and small letters.", name=quoted(name))
    elif as_text(value) is None:
        what = tr("callback_var: the value of {name} is no text.", name=quoted(name))
    if what:
        raise InputError(what, tr(_VARIABLES_FORM))


def _document(given: Any, name: str, form: str) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return {as_text(key) or "": value for key, value in given.items()}
    if not isinstance(given, str):
        raise InputError(tr("{name} is of type {type}.", name=name, type=type(given).__name__), tr(form))
    found: Any = None
    try:
        raw = given if given.lstrip().startswith("{") else base64.b64decode(given, validate=True)
        found = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):  # no base64, no UTF-8, no JSON
        pass
    if not isinstance(found, dict):
        raise InputError(tr("{name} is not the base64 of a JSON object.", name=name), tr(form))
    return found


def _encoded(given: Any, document: Mapping[str, Any], name: str, form: str) -> str:
    # What is encoded already stays as it was signed for elsewhere, to the letter.
    is_encoded = isinstance(given, str) and not given.lstrip().startswith("{")
    encoded: str = given if is_encoded else _base64(document, name, form)
    if len(encoded) > _MAX_BYTES:
        number, most = f"{len(encoded):,}", f"{_MAX_BYTES:,}"
        what = tr("{name} has {number} bytes; the service takes {most}.", name=name, number=number, most=most)
        raise InputError(what, tr(form))
    return encoded


def _base64(document: Mapping[str, Any], name: str, form: str) -> str:
    try:
        written = json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (TypeError, ValueError, RecursionError):
        raise InputError(tr("{name} holds what JSON cannot.", name=name), tr(form)) from None
    return base64.b64encode(written).decode("ascii")
