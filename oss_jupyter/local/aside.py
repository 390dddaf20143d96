"""Keeping what cannot be believed under another name, for whoever wants to find out why."""

from __future__ import annotations

import os
from pathlib import Path

from oss_jupyter.local.files import create_own


def set_aside(path: Path, data: bytes) -> Path:
    """Write `data` beside `path` under a name that says so, and return where. Raises OSError."""
    aside, descriptor = _new(path)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return aside


def move_aside(path: Path) -> Path:
    """Give a file another name that says so, and return where it is. Raises OSError."""
    aside, descriptor = _new(path)
    os.close(descriptor)
    path.replace(aside)
    return aside


def _new(path: Path) -> tuple[Path, int]:
    number = 1
    while True:
        aside = path.with_suffix(f".damaged-{number}")
        try:
            return aside, create_own(aside)
        except FileExistsError:
            number += 1
