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

# Documentation "Callback": of each header, encoded.
_MAX_BYTES = 5 * 1024
_NEEDED = ("callbackUrl", "callbackBody")
_VARIABLE = re.compile(r"x:[a-z0-9_.-]+")

_CALLBACK_FORM = (
    'Write it like callback={"callbackUrl": "https://example.com/done", '
    '"callbackBody": "key=${object}"}, or as the base64 of that JSON.'
)
_VARIABLES_FORM = 'Write it like callback_var={"x:project": "taxi"}, or as the base64 of that JSON.'


def as_callback(given: Any) -> str:
    """Return a callback as its header has it, from a mapping, its JSON or the base64 of that. Raises InputError."""
    document = _document(given, "callback", _CALLBACK_FORM)
    missing = next((name for name in _NEEDED if not document.get(name)), None)
    if missing:
        raise InputError(f"callback has no {missing}.", _CALLBACK_FORM)
    return _encoded(given, document, "callback", _CALLBACK_FORM)


def as_callback_variables(given: Any) -> str:
    """Return the variables of a callback as their header has them, from the same forms. Raises InputError."""
    document = _document(given, "callback_var", _VARIABLES_FORM)
    for name, value in document.items():
        if not _VARIABLE.fullmatch(name):
            raise InputError(
                f"callback_var: {quoted(name)} is no name of a variable: x: and small letters.", _VARIABLES_FORM
            )
        if as_text(value) is None:
            raise InputError(f"callback_var: the value of {quoted(name)} is no text.", _VARIABLES_FORM)
    texts = {name: as_text(value) for name, value in document.items()}
    return _encoded(given, texts, "callback_var", _VARIABLES_FORM)


def _document(given: Any, name: str, form: str) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return {as_text(key) or "": value for key, value in given.items()}
    if not isinstance(given, str):
        raise InputError(f"{name} is a {type(given).__name__}.", form)
    found: Any = None
    try:
        raw = given if given.lstrip().startswith("{") else base64.b64decode(given, validate=True)
        found = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):  # no base64, no UTF-8, no JSON
        pass
    if not isinstance(found, dict):
        raise InputError(f"{name} is not the base64 of a JSON object.", form)
    return found


def _encoded(given: Any, document: Mapping[str, Any], name: str, form: str) -> str:
    if isinstance(given, str) and not given.lstrip().startswith("{"):
        encoded = given  # as it was signed for elsewhere, to the letter
    else:
        try:
            written = json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8")
        except (TypeError, ValueError, RecursionError):
            raise InputError(f"{name} holds what JSON cannot.", form) from None
        encoded = base64.b64encode(written).decode("ascii")
    if len(encoded) > _MAX_BYTES:
        raise InputError(f"{name} has {len(encoded):,} bytes; the service takes {_MAX_BYTES:,}.", form)
    return encoded
