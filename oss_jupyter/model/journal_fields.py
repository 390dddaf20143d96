"""What the lines of a journal may hold: every field is checked before it is believed.

A journal can be edited by hand, copied, or written by a later version with a bug, and its CRC can still be right. So a
value of the wrong type, or outside what the service takes, is refused here and reaches nobody.
"""

from __future__ import annotations

import json
import ntpath
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard, TypeVar

from oss_jupyter.errors import CheckpointDamaged, InputError
from oss_jupyter.model.parallel import PARALLEL_MOST
from oss_jupyter.model.plan import MAX_PARTS, OBJECT_MAX_BYTES, PART_MAX_BYTES, PART_MIN_BYTES, Plan
from oss_jupyter.model.prove import Prove, parse_prove
from oss_jupyter.model.target import Target, make_target
from oss_jupyter.model.wire_values import PartReceipt
from oss_jupyter.texts import tr

# Ids are names of files. Ours have eight letters and digits.
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# What the service makes up: upload ids and ETags. They go back into URLs and XML.
_TOKEN = re.compile(r"[!-~]{0,1024}")
T = TypeVar("T")
_INT64 = 2**63
# Earlier versions allowed so many.
_PARALLEL_EVER = 1024
_CRC64_MAX = 2**64 - 1
# The year 9999, which is also where Python's dates end.
_TIME_MAX_SECONDS = 253_402_300_799
_PATH_MAX_CHARACTERS = 32_768
_FLAGS = frozenset({"internal", "accelerate", "dual_stack", "cname", "path_style", "insecure_http"})


def parse_json(text: bytes) -> Any:
    """Return what JSON says, or None where it is no JSON: NaN, infinity and endless nesting are none either."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


class Fields:
    """The fields of a journal's first line. Every method raises CheckpointDamaged where a value cannot be believed."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self._entry = entry

    def transfer_id(self) -> str:
        """Return the transfer's id."""
        return self._text("id", _ID.fullmatch)

    def source(self) -> str:
        """Return the absolute path of the file."""
        return self._text("source", is_path)

    def target(self, make: Callable[[str, str], Target] = make_target) -> Target:
        """Return the bucket and the key; `make` checks them."""
        bucket, key = self._text("bucket"), self.any_text("key")
        try:
            return make(bucket, key)
        except InputError:
            raise _damaged(tr("bucket or key")) from None

    def checked(self, name: str, make: Callable[[Any], T]) -> T:
        """Return what `make` makes of a value; it raises InputError where it can make nothing of it."""
        try:
            return make(self._entry.get(name))
        except InputError:
            raise _damaged(name) from None

    def size_and_part_size(self) -> tuple[int, int]:
        """Return the file's size and that of its parts in bytes, which the service would take."""
        size = self.whole("size", 0, OBJECT_MAX_BYTES)
        part_size = self.whole("part_size", PART_MIN_BYTES, PART_MAX_BYTES)
        if size > MAX_PARTS * part_size:
            raise _damaged("part_size")
        return size, part_size

    def token(self, name: str) -> str:
        """Return a word of the service's."""
        return self._text(name, _TOKEN.fullmatch)

    def text(self, name: str) -> str:
        """Return a text."""
        return self._text(name)

    def any_text(self, name: str) -> str:
        """Return a text, whatever it holds."""
        return self._text(name, lambda text: True)

    def optional_text(self, name: str) -> str:
        """Return a text, or nothing where the field is absent, as it is in older journals."""
        return self._text(name) if name in self._entry else ""

    def nanoseconds(self, name: str) -> int:
        """Return a file's time."""
        return self.whole(name, -_INT64, _INT64 - 1)

    def seconds(self, name: str) -> float:
        """Return a moment since the epoch."""
        return self._number(name, 0, _TIME_MAX_SECONDS)

    def optional_speed(self, name: str) -> float | None:
        """Return bytes per second, or None where there is no limit."""
        return self._number(name, 1, _INT64) if self._entry.get(name) is not None else None

    def optional_parallel(self, name: str) -> int | str | None:
        """Return how many at once, ``"auto"``, or None where nothing was asked for."""
        if self._entry.get(name) == "auto":
            return "auto"
        count = self.optional_whole(name, 1, _PARALLEL_EVER)
        return None if count is None else min(count, PARALLEL_MOST)

    def optional_prove(self, name: str) -> Prove | None:
        """Return which bytes are read again, or None where nothing was asked for."""
        return None if self._entry.get(name) is None else self.checked(name, parse_prove)

    def flag(self, name: str) -> bool:
        """Return true or false; absent is false."""
        value = self._entry.get(name, False)
        if not isinstance(value, bool):
            raise _damaged(name)
        return value

    def whole(self, name: str, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self._entry.get(name)
        if not is_whole(value, least, most):
            raise _damaged(name)
        return value

    def optional_whole(self, name: str, least: int, most: int) -> int | None:
        """Return a whole number within bounds, or None where nothing was asked for."""
        return None if self._entry.get(name) is None else self.whole(name, least, most)

    def place(self) -> dict[str, Any]:
        """Return how the service was reached: texts, and flags by the names that flags have."""
        place = self._mapping("place")
        if not all(isinstance(value, bool if name in _FLAGS else str) for name, value in place.items()):
            raise _damaged("place")
        return place

    def options(self) -> dict[str, Any]:
        """Return the object's options. Whether they make sense is for `make_options` to say."""
        options = self._mapping("options")
        if not all(_is_option(value) for value in options.values()):
            raise _damaged("options")
        return options

    def _mapping(self, name: str) -> dict[str, Any]:
        value = self._entry.get(name)
        if not isinstance(value, dict):
            raise _damaged(name)
        return value

    def _text(self, name: str, is_good: Callable[[str], Any] = str.isprintable) -> str:
        value = self._entry.get(name)
        if not isinstance(value, str) or len(value) > _PATH_MAX_CHARACTERS or not is_good(value):
            raise _damaged(name)
        return value

    def _number(self, name: str, least: float, most: float) -> float:
        value = self._entry.get(name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most:
            raise _damaged(name)
        return value


def receipt_of(entry: Mapping[str, Any], plan: Plan) -> PartReceipt | None:
    """Return the receipt that a line holds, or None where it cannot be one of this plan's."""
    number, etag, crc = entry.get("p"), entry.get("e"), entry.get("c")
    if not is_whole(number, 1, len(plan)) or not is_whole(crc, 0, _CRC64_MAX):
        return None
    if not isinstance(etag, str) or not etag or not _TOKEN.fullmatch(etag):
        return None
    return PartReceipt(number, etag, crc)


def is_path(text: str) -> bool:
    """Whether a text can be an absolute path, on this system or another."""
    return "\0" not in text and (posixpath.isabs(text) or ntpath.isabs(text))


def _is_option(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(entry, str) for entry in value.values())
    return isinstance(value, (str, int))


def is_whole(value: Any, least: int, most: int) -> TypeGuard[int]:
    """Whether a value is a whole number within bounds."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _damaged(name: str) -> CheckpointDamaged:
    return CheckpointDamaged(
        tr("The first line of the checkpoint holds a {field} that cannot be.", field=name),
        tr("It is set aside; run the upload again, it starts from the beginning."),
    )
