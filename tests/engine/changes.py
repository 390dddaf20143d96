"""Ways to change a file under an upload, and the upload itself, to the service in memory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oss_jupyter.model.progress import Receipt

from .fakes import Service, refusal
from .kit import LONG_SECONDS, Kernel

NewKernel = Callable[[], Kernel]


def flip(source: Path, *offsets: int) -> None:
    """Change single bytes of a file, which moves its times."""
    with source.open("r+b") as file:
        for offset in offsets:
            file.seek(offset)
            byte = file.read(1)[0]
            file.seek(offset)
            file.write(bytes([byte ^ 1]))


def flip_unseen(source: Path, *offsets: int) -> None:
    """The same, and give the file its mtime back."""
    status = source.stat()
    flip(source, *offsets)
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))


def replace(source: Path) -> None:
    """Put a copy in the file's place: the same bytes, size and time under another inode."""
    copy = source.with_name("copy")
    shutil.copy2(source, copy)
    copy.replace(source)


def touch(source: Path) -> None:
    """Move its times."""
    source.touch()


def change_mode(source: Path) -> None:
    """Move its ctime."""
    source.chmod(0o640)


def rename_twice(source: Path) -> None:
    """Move its ctime, as whoever tidies up does."""
    source.rename(source.with_name("away"))
    source.with_name("away").rename(source)


def link(source: Path) -> None:
    """Give it one more name."""
    source.with_name("second name").hardlink_to(source)


HARMLESS = [replace, touch, change_mode, rename_twice, link]


def fail_at(kernel: Kernel, service: Service, source: Path, number: int) -> None:
    """Send all parts but one, which fails at each of its three attempts."""
    service.script[f"part {number}"].extend([refusal("InternalError", 500)] * 3)
    assert kernel.upload(source, control=service, send_part=service.send_part, parallel=1).wait(LONG_SECONDS)
    service.sent.clear()


def upload(kernel: Kernel, service: Service, source: Path, **arguments: Any) -> Receipt:
    """Upload to the service in memory."""
    arguments = {"parallel": 1, **arguments}
    return kernel.upload(source, control=service, send_part=service.send_part, **arguments).result(LONG_SECONDS)


def only_object(service: Service) -> bytes:
    """Return the bytes of the one object there is."""
    (data,) = service.objects.values()
    return data
