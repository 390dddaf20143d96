"""Paths as people write them, and where this package keeps what it remembers. The disk is looked at, not changed."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import platformdirs

from oss_jupyter.errors import InputError
from oss_jupyter.redact import is_address, quoted
from oss_jupyter.texts import english, tr

# Linux takes no longer ones; a name that is too long is for the system to refuse.
_PATH_MAX_BYTES = 4096


def absolute(
    path: str | os.PathLike[str], name: str = "path", start: str | os.PathLike[str] = "", *, made: bool = False
) -> Path:
    """Return an absolute path, links not followed. A leading ``~`` is the home directory, unless a file is called so.

    name: of the argument, for the message. start: where relative paths begin, the working directory without it. made:
    where there is nothing it is made; so a home directory that nobody knows is not taken for a folder's name.
    Raises InputError for what can be no path, or none from here.
    """
    text = _checked(path, name)
    if is_address(text) and not os.path.lexists(Path(start, text)):
        what = tr("{name}: {path} is an address, and no path on this computer.", name=name, path=quoted(text))
        raise InputError(what, _form(name), code="InvalidPath")
    if text.startswith("~") and not os.path.lexists(Path(start, text)):
        text = _from_home(text, name, made=made)
    written = os.path.join(start, text)  # noqa: PTH118 - Path() drops the / at an end
    full = _full(written, text)
    if written != full and not _the_same(written, full):
        raise _another(name, text, full)
    return Path(full)


def _from_home(text: str, name: str, *, made: bool) -> str:
    full = os.path.expanduser(text)  # noqa: PTH111 - Path.expanduser() raises where there is no such user
    if made and full == text:
        raise InputError(
            tr("{name}: no home directory of {user} is known.", name=name, user=quoted(text.partition("/")[0])),
            tr("Write the whole path; for a file or folder of that name here, put ./ before it."),
            code="InvalidPath",
        )
    return full


def _full(written: str, text: str) -> str:
    try:
        return os.path.abspath(written)  # noqa: PTH100 - resolve() would follow links
    except FileNotFoundError:
        raise InputError(
            tr("{path} is a relative path, and the folder of this process is no longer there.", path=text),
            tr("Give an absolute path, or go to a folder that exists, for example: %cd ~"),
            code="NoWorkingDirectory",
        ) from None


def _another(name: str, text: str, full: str) -> InputError:
    return InputError(
        tr("{name}: {path} leads to no such file, only {other} would.", name=name, path=text, other=full),
        tr("Write that one if you mean it: a / belongs behind a folder only, and .. leads out of where a link points."),
        code="InvalidPath",
    )


def home() -> Path | None:
    """Return the home directory, or None where neither HOME nor the system's list of users names one."""
    text = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises there
    return Path(text) if text != "~" else None


def here() -> Path:
    """Return the working directory; where it was removed, the home directory or the root."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return home() or Path(os.sep)


def state_directory() -> Path:
    """Return where this package keeps what it remembers, OSS_JUPYTER_STATE_DIR before the user's state directory."""
    named = os.environ.get("OSS_JUPYTER_STATE_DIR")
    if named:
        return absolute(named, "OSS_JUPYTER_STATE_DIR", made=True)
    with suppress(RuntimeError):  # some of its versions raise, others give "~/.local/state"
        usual = Path(platformdirs.user_state_dir("oss_jupyter"))
        if usual.is_absolute():
            return usual
    # Nobody's home, as in a container with a user id of its own: "~" would become a folder of the working directory.
    return Path(tempfile.gettempdir(), f"oss_jupyter-{os.getuid()}")


def _checked(path: str | os.PathLike[str], name: str) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(tr("{name} is of type {type}, and no path.", name=name, type=type(path).__name__), _form(name))
    text = os.fsdecode(path)
    if not text:
        raise InputError(tr("{name} is empty.", name=name), _form(name))
    wrong = _what_is_wrong(text)
    if wrong:
        what = tr(wrong, name=name, path=quoted(text), number=f"{len(text):,}")
        raise InputError(what, tr("Write the path again."), code="InvalidPath")
    return text


def _form(name: str) -> str:
    return tr('Write it like {name}="data/file.bin".', name=name)


def _what_is_wrong(text: str) -> str:
    if "\0" in text:
        return english("{name}: {path} holds a NUL character, which no file name has.")
    try:
        long = len(os.fsencode(text)) > _PATH_MAX_BYTES
    except UnicodeEncodeError:
        return english("{name}: {path} holds a character that this system has in no file name.")
    return english("{name}: {path} has {number} characters, more than a path can have.") if long else ""


def _the_same(written: str, full: str) -> bool:
    """Whether the system finds at a path as it was written what is at its short form, or nothing at either."""
    try:
        there = os.stat(full)  # noqa: PTH116
    except (OSError, ValueError):
        return True
    try:
        return os.path.samestat(os.stat(written), there)  # noqa: PTH116
    except OSError:
        return False
