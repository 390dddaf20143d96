"""Paths as people write them, and where this package keeps what it remembers. The disk is looked at, not changed."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import platformdirs

from oss_jupyter.errors import InputError


def absolute(path: str | os.PathLike[str], name: str = "path", start: str | os.PathLike[str] = "") -> Path:
    """Return an absolute path, links not followed. A leading ``~`` is the home directory, unless a file is called so.

    name: of the argument, for the message. start: where relative paths begin, the working directory without it.
    Raises InputError for what can be no path, or none from here.
    """
    text = _checked(path, name)
    if text.startswith("~") and not os.path.lexists(Path(start, text)):
        text = os.path.expanduser(text)  # noqa: PTH111 - Path.expanduser() raises where there is no such user
    try:
        return Path(os.path.abspath(Path(start, text)))  # noqa: PTH100 - resolve() would follow links
    except FileNotFoundError:
        raise InputError(
            f"{text} is a relative path, and the folder of this process is no longer there.",
            "Give an absolute path, or go to a folder that exists, for example: %cd ~",
            code="NoWorkingDirectory",
        ) from None


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
        return absolute(named, "OSS_JUPYTER_STATE_DIR")
    with suppress(RuntimeError):  # some of its versions raise, others give "~/.local/state"
        usual = Path(platformdirs.user_state_dir("oss_jupyter"))
        if usual.is_absolute():
            return usual
    # Nobody's home, as in a container with a user id of its own: "~" would become a folder of the working directory.
    return Path(tempfile.gettempdir(), f"oss_jupyter-{os.getuid()}")


def _checked(path: str | os.PathLike[str], name: str) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"{name} is a {type(path).__name__}, and no path.", f'Write it like {name}="data/file.bin".')
    text = os.fsdecode(path)
    if not text:
        raise InputError(f"{name} is empty.", f'Write it like {name}="data/file.bin".')
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        reason = "a character that this system has in no file name"
    else:
        reason = "a NUL character, which no file name has" if "\0" in text else ""
    if reason:
        raise InputError(f"{name}: {text!r} holds {reason}.", "Write the path again.", code="InvalidPath")
    return text
