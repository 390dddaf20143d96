"""What is left of a stream whose kernel is gone."""

from __future__ import annotations

from pathlib import Path

from oss_jupyter.errors import OssJupyterError, SourceMissing
from oss_jupyter.local.stream_folders import remove_left
from oss_jupyter.model.pieces import STREAM_GONE, CutSoFar, Tell
from oss_jupyter.texts import english, tr

STREAM_GOES_ON = english("Run the cell again: what is in OSS already and is the same is not sent again.")


class GoneStream:
    """What is left of a stream whose kernel is gone: what may lie on the disk. As in PieceSource.

    begun: whether any of it is in OSS.
    """

    def __init__(self, text: str, place: Path, name: str, part_size: int, *, begun: bool = True) -> None:
        self.part_size = part_size
        self._text = text
        self._place = place
        self._name = name
        self._begun = begun

    @property
    def stuck(self) -> OssJupyterError | None:
        """As in PieceSource."""
        return gone(self._text, self._name, begun=self._begun)

    def follow(self, tell: Tell) -> CutSoFar:
        """Raise SourceMissing: it cannot go on."""
        raise gone(self._text, self._name, begun=self._begun)

    def make_room(self, pieces: int) -> None:
        """There is nothing to make room for."""

    def confirmed(self, number: int) -> None:
        """There are no pieces."""

    def rest(self) -> None:
        """It rests for good."""

    def close(self, *, given_up: bool = False) -> None:
        """As in PieceSource."""
        remove_left(self._place, self._name, also_held=given_up)


def gone(text: str, name: str, *, begun: bool = True) -> SourceMissing:
    """Return why a stream cannot go on. name: as of the folder of its pieces."""
    known = name.partition(".")[0]
    if not begun:
        return SourceMissing(
            tr("What made {stream} has gone with its kernel, before any part of it was in OSS.", stream=text),
            tr('Run the cell again. Or give it up: oj.abort("{id}")', id=known),
            code=STREAM_GONE,
        )
    return SourceMissing(
        tr(
            "The beginning of {stream} is in OSS, and what made it has gone with its kernel: it cannot go on by "
            "itself.",
            stream=text,
        ),
        tr('{again} Or give it up, which removes its parts: oj.abort("{id}")', again=tr(STREAM_GOES_ON), id=known),
        safe=tr("What is in OSS is kept there, and billed, until it is used or removed."),
        code=STREAM_GONE,
    )
