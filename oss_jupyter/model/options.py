"""What an object carries besides its bytes, and what each request carries: the options of PutObject and multipart.

The names are the SDK's, and stand in arguments.py; here each is read and checked. They are saved in the checkpoint,
because a resumed upload must end as the same object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.model.arguments import ARGUMENTS, OBJECT_NAMES
from oss_jupyter.model.callback import as_callback, as_callback_variables
from oss_jupyter.model.content_type import guess_content_type
from oss_jupyter.model.given import as_text, plain, whole, yes_or_no
from oss_jupyter.model.header_values import disposition, header_value, http_date, iso_date
from oss_jupyter.model.tags import as_tagging
from oss_jupyter.redact import quoted
from oss_jupyter.texts import listed, tr

# x-oss-traffic-limit is in bit/s (documentation "Single-connection bandwidth throttling").
TRAFFIC_LIMIT_MIN_BITS = 819_200
TRAFFIC_LIMIT_MAX_BITS = 838_860_800

_META_NAME = re.compile(r"[A-Za-z0-9-]+")
_META_MAX_BYTES = 8 * 1024
# Shorter words for options, in Python as in the magics.
ALIASES = {name: ARGUMENTS[name].short_for for name in OBJECT_NAMES if ARGUMENTS[name].short_for}
OPTION_NAMES = tuple(name for name in OBJECT_NAMES if name not in ALIASES)


@dataclass(frozen=True)
class ObjectOptions:
    """The options of an upload as requests carry them, by name; one that is not there is left out.

    Most are texts. metadata: texts by their names, which become ``x-oss-meta-*``. forbid_overwrite: True or False.
    traffic_limit: bit/s for each connection. callback, callback_var: base64 JSON. expires: an HTTP date.
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """Return an option, or None."""
        return self.values.get(name)

    def as_dict(self) -> dict[str, Any]:
        """Return the options that are set, ready for JSON, in the order in which they are told of."""
        return {name: self.values[name] for name in OPTION_NAMES if self.values.get(name) not in (None, {})}


def make_options(given: Mapping[str, Any], *names: str) -> ObjectOptions:
    """Return checked options; `names` (the key first, then the source) serve to guess the content type.

    Tags, callbacks and dates may come as mappings and datetimes. Raises InputError, so that a wrong option is refused
    before anything is sent.
    """
    unknown = sorted(set(given) - set(OPTION_NAMES) - set(ALIASES))
    if unknown:
        raise InputError(
            tr("{name} is not an option of an upload.", name=quoted(unknown[0])),
            tr("The options are {names}.", names=listed(OPTION_NAMES)),
        )
    named = _by_full_names({name: value for name, value in given.items() if value is not None})
    values = {name: _read(name, value) for name, value in named.items()}
    _check_keys_of_encryption(values)
    if not values.get("content_type"):
        values["content_type"] = guess_content_type(*names, encoded=bool(values.get("content_encoding")))
    return ObjectOptions(values)


def _read(name: str, value: Any) -> Any:
    reader: Callable[[Any, str], Any] = _READ.get(name, _read_text)
    return reader(value, name)


def _by_full_names(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in given.items() if name not in ALIASES}
    for alias, name in ALIASES.items():
        if alias not in given:
            continue
        if name in values and values[name] != given[alias]:
            what = tr("{alias} and {name} are one option, and are given two values.", alias=alias, name=name)
            raise InputError(what, tr("Leave out one of them."))
        values[name] = given[alias]
    return values


def _read_text(value: Any, name: str) -> str:
    text = header_value(value, name)
    choices = ARGUMENTS[name].choices
    if choices and text not in choices:
        what = tr("{name}={value} is not known.", name=name, value=quoted(text))
        raise InputError(what, tr("Choose one of {choices}.", choices=listed(choices)))
    return text


def _read_traffic_limit(limit: Any, name: str) -> int:
    advice = tr(
        "It is in bit/s, from {least} (100 KiB/s) to {most} (100 MiB/s).",
        least=f"{TRAFFIC_LIMIT_MIN_BITS:,}",
        most=f"{TRAFFIC_LIMIT_MAX_BITS:,}",
    )
    try:
        number = whole(limit, name)
    except InputError as error:
        raise InputError(error.what, advice) from None
    if not TRAFFIC_LIMIT_MIN_BITS <= number <= TRAFFIC_LIMIT_MAX_BITS:
        raise InputError(
            tr("{name}={value} is outside what the service takes.", name=name, value=quoted(number)), advice
        )
    return number


def _read_metadata(metadata: Any, _name: str) -> dict[str, str]:
    if not isinstance(metadata, Mapping):
        raise InputError(tr("metadata is not a mapping."), tr('Write it like metadata={{"project": "taxi"}}.'))
    pairs: dict[str, str] = {}
    for given_name, given_value in metadata.items():
        name, value = (as_text(given_name) or "").lower(), as_text(given_value)
        if not _META_NAME.fullmatch(name):
            what = tr("metadata: {name} is not allowed.", name=quoted(name))
            raise InputError(what, tr("Use letters, digits and - in names."))
        if name in pairs:
            what = tr("metadata has {name} twice: capitals do not count.", name=quoted(name))
            raise InputError(what, tr("Choose another name for one."))
        if value is None:
            shown = quoted(plain(given_value))
            what = tr("metadata: the value of {name} is {value}.", name=quoted(name), value=shown)
            raise InputError(what, tr("Write it as a text."))
        pairs[name] = header_value(value, tr("metadata: the value of {name}", name=quoted(name)))
    if sum(len(name) + len(value) for name, value in pairs.items()) > _META_MAX_BYTES:
        raise InputError(tr("metadata has more than 8 KiB."), tr("Put long descriptions into an object of their own."))
    return pairs


def _check_keys_of_encryption(values: Mapping[str, Any]) -> None:
    # Documentation "Server-side encryption": both belong to KMS.
    for name in ("server_side_encryption_key_id", "server_side_data_encryption"):
        if values.get(name) and values.get("server_side_encryption") != "KMS":
            raise InputError(
                tr("{name} counts with KMS only.", name=name),
                tr('Add server_side_encryption="KMS", or leave out {name}.', name=name),
            )


# What reads an option that is more than a text.
_READ: Mapping[str, Callable[[Any, str], Any]] = {
    "metadata": _read_metadata,
    "tagging": lambda value, _name: as_tagging(value),
    "content_disposition": lambda value, _name: disposition(value),
    "expires": http_date,
    "forbid_overwrite": yes_or_no,
    "traffic_limit": _read_traffic_limit,
    "callback": lambda value, _name: as_callback(value),
    "callback_var": lambda value, _name: as_callback_variables(value),
    "object_worm_retain_until_date": iso_date,
}
