"""One ES module out of several, because a widget's front end loads exactly one and there is no build step.

The modules are ordinary ones, which tests import as they are. They keep to four rules, and then joining them is no more
than taking lines away: imports and exports stand at the beginning of a line; imports name what they take, from a path
that begins with ``./`` or ``../``; only declarations are exported; and no two modules declare the same name at their
top level. What a module imports from a file of JSON is written into it.
"""

from __future__ import annotations

import json
import posixpath
import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[\w/-]+\.js)";\n', re.MULTILINE)
_DATA = re.compile(r'^import (\w+) from "(\.{1,2}/[\w./-]+\.json)" with \{ type: "json" \};$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const|let)\b)", re.MULTILINE)


@cache
def script(entry: str) -> str:
    """Return the module `entry` of static/ together with everything it imports, as one module."""
    return "\n".join(_without_joints(name) for name in _in_order(entry))


@cache
def style(name: str) -> str:
    """Return a stylesheet of static/."""
    return _read(name)


def _in_order(entry: str, seen: dict[str, None] | None = None) -> dict[str, None]:
    """Return the modules with the imported ones first; a dict, because it keeps the order and each name once."""
    seen = {} if seen is None else seen
    if entry not in seen:
        for imported in _IMPORT.findall(_read(entry)):
            _in_order(_beside(entry, imported), seen)
        seen[entry] = None
    return seen


def _without_joints(name: str) -> str:
    code = _DATA.sub(lambda found: f"const {found[1]} = {_data(_beside(name, found[2]))};", _read(name))
    return f"// {name}\n" + _EXPORT.sub("", _IMPORT.sub("", code))


def _data(name: str) -> str:
    return json.dumps(json.loads(_read(name)), ensure_ascii=False, separators=(",", ":"))


def _beside(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")
