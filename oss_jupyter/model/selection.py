"""Which files of a dataset its user wants: the arguments `include`, `exclude`, `hidden` and `follow_links`, checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.model.arguments import SELECTING_NAMES
from oss_jupyter.model.dataset import DatasetSource, Rule, Selection
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.redact import quoted
from oss_jupyter.texts import english, listed, tr

_PATTERN_MAX = 4096
_RULES_MOST = 10_000
# A backslash with what it protects, a range in brackets, or a bracket that begins none.
_PIECE = re.compile(r"\\.|\[(?:[!^].|[^!^])[^\]]*\]|(?P<open>\[)|(?P<end>\\\Z)", re.DOTALL)
_LIKE_GITIGNORE = english("Patterns are as in .gitignore: *.csv, raw/, /2026/**/*.parquet.")
_NOTHING = english("{name}={pattern} can match no file.")


def selection_of(arguments: UploadArguments) -> Selection:
    """Return which files are wanted. Raises InputError for what can be no pattern, or can match nothing.

    Include rules count first and exclude rules after them; those of a magic's line come as rules, in their order.
    """
    given: Mapping[str, Any] = arguments.given
    rules = (*_rules(given.get("include"), "include"), *_rules(given.get("exclude"), "exclude"))
    if len(rules) > _RULES_MOST:
        what = tr("{count} patterns are too many.", count=f"{len(rules):,}")
        raise InputError(what, tr("Write them into a file .ossignore in the folder."))
    return Selection(rules, given.get("hidden", False), given.get("follow_links", False))


def _rules(value: Any, name: str) -> tuple[Rule, ...]:
    if value is None:
        return ()
    if isinstance(value, (str, Rule)):
        return (_rule(value, name),)
    if not isinstance(value, Iterable) or isinstance(value, (Mapping, bytes, bytearray)):
        what = tr("{name}={value} is no pattern.", name=name, value=quoted(value))
        raise InputError(what, tr('Write it like {name}="*.csv", or a list of those.', name=name))
    return tuple(_rule(one, name) for one in value)


def _rule(value: Any, name: str) -> Rule:
    if isinstance(value, Rule):
        return _checked(value, "include" if value.takes_in else "exclude")
    if not isinstance(value, str):
        what = tr("{name} has {value}, which is no text.", name=name, value=quoted(value))
        raise InputError(what, tr('Write it like {name}=["*.csv", "*.json"].', name=name))
    return _checked(Rule(str.__str__(value), name == "include"), name)


def _checked(rule: Rule, name: str) -> Rule:
    wrong, advice = _fault(rule.pattern)
    if wrong:
        other = "exclude" if name == "include" else "include"
        what = tr(wrong, name=name, pattern=quoted(rule.pattern), length=f"{len(rule.pattern):,}")
        raise InputError(what, tr(advice or _LIKE_GITIGNORE, other=other), code="InvalidPattern")
    return rule


def _fault(pattern: str) -> tuple[str, str]:
    """Return the sentence about what is wrong with a pattern, and the advice, where it is a special one."""
    if not pattern.strip() or "\0" in pattern:
        return _NOTHING, ""
    if len(pattern) > _PATTERN_MAX:
        return english("{name}={pattern} has {length} characters, more than a path can have."), ""
    if pattern.startswith("!"):
        advice = english("Write the rest of it under {other}; or \\! for a name that begins so.")
        return english("{name}={pattern} begins with !."), advice
    segments = pattern.split("/")
    if segments[0] in (".", "..", "~") or ".." in segments:
        advice = english("Patterns begin in the folder that goes up: write /raw/ for ./raw/.")
        return english("{name}={pattern} is no pattern below the folder."), advice
    if pattern == "/" or "//" in pattern:
        return _NOTHING, ""
    return _open_end(next((piece.lastgroup for piece in _PIECE.finditer(pattern) if piece.lastgroup), None))


def _open_end(wrong: str | None) -> tuple[str, str]:
    if wrong == "open":
        advice = english("Close it, as in [0-9]; or write \\[ where the name has one.")
        return english("{name}={pattern} has a [ that is not closed."), advice
    if wrong is not None:
        return english("{name}={pattern} ends in a backslash."), english("Separate folders by /.")
    return "", ""


def refuse_without_folder(source: DatasetSource, selection: Selection) -> None:
    """Raise InputError where rules are given and there is nothing but files, which were named one by one."""
    if selection.rules and all(piece.is_file for piece in source.pieces):
        raise InputError(
            tr("include and exclude choose among the files of a folder, and here every file is named."),
            tr("Leave them out, or give the folder."),
            code="NothingToChoose",
        )


def refuse_for_one_file(arguments: UploadArguments, path: object) -> None:
    """Raise InputError where something that is chosen for a dataset is given with a single file."""
    values: Mapping[str, Any] = arguments.given
    given = [name for name in SELECTING_NAMES if values.get(name) is not None and values[name] is not False]
    if given:
        raise InputError(
            tr(
                "{names}: that is for folders, globs and lists, and {path} is one file.", names=listed(given), path=path
            ),
            tr("Leave it out, or give the folder."),
            code="NothingToChoose",
        )


def refuse_for_files(arguments: UploadArguments, source: object) -> None:
    """Raise InputError where something that says how an object is written is given with files."""
    if "writer_options" in arguments.given:
        raise InputError(
            tr(
                "writer_options say how an object of the notebook becomes a file, and {source} is bytes already.",
                source=source,
            ),
            tr("Leave them out, or give the object itself."),
            code="NothingToWrite",
        )


def refuse_to_adopt(arguments: UploadArguments, source: object) -> None:
    """Raise InputError where parts that no checkpoint knows are wanted for what does not look for any."""
    if arguments.given.get("adopt"):
        raise InputError(
            tr("adopt is for a single file or object, and {source} is none.", source=source),
            tr("Leave it out, or upload a file by itself."),
            code="NothingToAdopt",
        )
