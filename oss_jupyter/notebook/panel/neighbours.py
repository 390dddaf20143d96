"""What the other kernels of this user tell of their uploads, each asked on a thread of its own while somebody looks."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.notebook.panel.answers import VIEW
from oss_jupyter.notebook.panel.common.commands import Reply
from oss_jupyter.notebook.panel.common.row import RowElsewhere
from oss_jupyter.session.neighbours.asking import KernelGone, ask
from oss_jupyter.session.neighbours.place import KernelPlace, places
from oss_jupyter.texts import tr
from oss_jupyter.texts.spoken import language

_EVERY_SECONDS = 1.0
# The page asks again within a second while something moves.
_LOOKING_SECONDS = 3.0
_LATER_SECONDS = 0.1


@dataclass(frozen=True)
class Told:
    """What a kernel told last: its rows, and the card of the upload `opened` with the parts of a file, in base64."""

    rows: tuple[RowElsewhere, ...] = ()
    opened: str = ""
    detail: str = ""
    part_map: str = ""


class Neighbours:
    """Any thread may call it. `_changed` guards _told, by kernel, _followed, the kernels that are being asked, _until,
    in monotonic seconds, and _opened, the upload whose card is wanted and its file.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._told: dict[KernelPlace, Told] = {}
        self._followed: set[KernelPlace] = set()
        self._until = float("-inf")
        self._opened = ("", "")

    def look(self, opened: str = "", file: str = "") -> None:
        """Ask all of them, and again for some seconds. It waits for none."""
        listening = places()
        with self._changed:
            self._until = self._clock() + _LOOKING_SECONDS
            if self._opened != (opened, file):
                self._opened = (opened, file)
                self._changed.notify_all()
            new = [place for place in listening if place not in self._followed]
            self._followed.update(new)
        for place in new:
            self._begin(place)

    def hurry(self) -> None:
        """Ask at once: something was asked for."""
        with self._changed:
            self._changed.notify_all()

    def rows(self) -> list[RowElsewhere]:
        """Return what they told, of each upload the row of the kernel in which it moves."""
        with self._changed:
            told = tuple(self._told.values())
        rows: dict[str, RowElsewhere] = {}
        for row in (row for one in told for row in one.rows):
            if row["id"] not in rows or row["moving"]:
                rows[row["id"]] = row
        return list(rows.values())

    def card(self, transfer_id: str) -> tuple[str, str]:
        """Return the card that was asked for and the parts of its file, in base64, as far as it was told."""
        with self._changed:
            told = next((one for one in self._told.values() if transfer_id and one.opened == transfer_id), Told())
        return told.detail, told.part_map

    def place_of(self, transfer_id: str) -> KernelPlace | None:
        """Return where to ask for something of an upload, or None where no other kernel has told of it."""
        with self._changed:
            having = [
                (row["moving"], place)
                for place, one in self._told.items()
                for row in one.rows
                if row["id"] == transfer_id
            ]
        return max(having, key=lambda one: one[0])[1] if having else None

    def all_places(self) -> list[KernelPlace]:
        """Return where to ask for something that is for all."""
        with self._changed:
            return list(self._told)

    def _begin(self, place: KernelPlace) -> None:
        try:
            start_thread(self._follow, "oss-neighbour", place)
        except OssJupyterError:  # whoever looks next may get a thread
            with self._changed:
                self._followed.discard(place)

    def _follow(self, place: KernelPlace) -> None:
        with suppress(OssJupyterError):
            for opened, file in self._turns(place):
                answer = ask(place, {"command": VIEW, "arguments": {"transfer": opened or None, "file": file}})
                told = _told(answer, opened)
                with self._changed:
                    self._told[place] = told
            return
        with self._changed:
            self._told.pop(place, None)
            self._followed.discard(place)

    def _turns(self, place: KernelPlace) -> Iterator[tuple[str, str]]:
        """Yield which card is wanted, each time when a kernel is to be asked."""
        while True:
            with self._changed:
                if self._clock() >= self._until:
                    self._followed.discard(place)
                    return
                opened = self._opened
            yield opened
            with self._changed:
                if self._opened == opened:
                    self._changed.wait(_EVERY_SECONDS)


def hand_on(place: KernelPlace, command: str, arguments: dict[str, Any]) -> Reply:
    """Ask another kernel for something, and return its reply, however long that takes. Raises KernelGone."""
    question = {"id": uuid.uuid4().hex, "command": command, "arguments": arguments, "page": language()}
    reply = ask(place, question)
    while reply.get("later"):
        time.sleep(_LATER_SECONDS)
        reply = ask(place, {**question, "id": uuid.uuid4().hex, "arguments": {"later": reply["later"]}})
    if reply.get("status") not in ("ok", "error"):
        raise KernelGone(tr("The kernel that has this upload answered something else."), tr("Reload the page."))
    return {name: value for name, value in reply.items() if name != "id"}


def _told(answer: dict[str, Any], opened: str) -> Told:
    """Return what a kernel told; it may be of another version of this package. Raises KernelGone."""
    rows = answer.get("rows")
    if not isinstance(rows, list) or not all(map(_is_row, rows)):
        raise KernelGone(tr("The other kernel tells something else."), tr("Restart it."))
    kernel, detail = str(answer.get("kernel", "")), str(answer.get("detail", ""))
    named = tuple(cast(RowElsewhere, {**row, "kernel": kernel}) for row in rows)
    return Told(named, opened if detail else "", detail, str(answer.get("part_map", "")))


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str) and isinstance(row.get("moving"), bool)
