"""The files of a dataset, one after the other in ascending order of their keys, found while whoever asks takes them.

Keys are ordered by their code points, which is the order of their bytes in UTF-8, and so that in which the service
lists objects. A folder stands where its name with a / would. Held are the names of the folders that a walk is in, and
nothing of the files behind it. One thread takes the files of one scan.
"""

from __future__ import annotations

import heapq
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from oss_jupyter.errors import InputError, SourceMissing
from oss_jupyter.local.choosing import choice_of
from oss_jupyter.local.look import Look
from oss_jupyter.local.walk import Walk
from oss_jupyter.model.dataset import DatasetSource, FoundFile, Piece, Selection, Trouble
from oss_jupyter.model.passed_over import PassedOver
from oss_jupyter.names import printable
from oss_jupyter.texts import tr


def scan(source: DatasetSource, selection: Selection, stopped: Callable[[], bool], prefix: str = "") -> Scan:
    """Return the files of a dataset, and what stands in their place where they cannot be sent.

    prefix: the key of the target, which counts in the length of each key. What the system says of a file or a folder
    becomes a row of its own; the key of a folder's ends in /. The iteration raises PartStopped soon after `stopped()`,
    and Shortage. Raises SourceMissing where every folder that a walk would begin in is gone.
    """
    if source.pieces and all(_is_gone(piece) for piece in source.pieces):
        raise _all_gone(source.pieces[0].path)
    return Scan(source, selection, Look(stopped, prefix))


class Scan(Iterator[FoundFile]):
    """The files of a dataset. `passed_over` says, at any moment, what has no row."""

    def __init__(self, source: DatasetSource, selection: Selection, look: Look) -> None:
        self._look = look
        self._files = self._found(source, selection)

    def __next__(self) -> FoundFile:
        return next(self._files)

    @property
    def passed_over(self) -> PassedOver:
        """What was passed over up to now."""
        return self._look.passed_over

    def _found(self, source: DatasetSource, selection: Selection) -> Iterator[FoundFile]:
        streams = [
            _Stream(piece.key, Walk(piece, choice_of(selection, piece.pattern), self._look, selection.follow_links))
            for piece in source.pieces
            if not piece.is_file
        ]
        files = sorted((piece for piece in source.pieces if piece.is_file), key=lambda piece: piece.key)
        if files:
            streams.append(_Stream(files[0].key, map(self._named, files)))
        return iter(streams[0].files) if len(streams) == 1 else _once(_merged(streams))

    def _named(self, piece: Piece) -> FoundFile:
        return self._look.at(piece.path, piece.key)


@dataclass(frozen=True)
class _Stream:
    """Files in the order of their keys. floor: no key is smaller, so that it need not be begun before."""

    floor: str
    files: Iterable[FoundFile]


def _merged(streams: list[_Stream]) -> Iterator[FoundFile]:
    """Yield the files of all streams in order. A stream is begun when its turn comes: until then it holds no names."""
    running = [iter(stream.files) for stream in streams]
    # What a stream has next; before it is begun only how small that can be. No two have a number in common.
    ahead: list[tuple[str, int, FoundFile | None]] = [(stream.floor, at, None) for at, stream in enumerate(streams)]
    heapq.heapify(ahead)
    while ahead:
        _, at, file = ahead[0]
        if file is not None:
            yield file
        following = next(running[at], None)
        if following is None:
            heapq.heappop(ahead)
        else:
            heapq.heapreplace(ahead, (following.key, at, following))


def _once(files: Iterator[FoundFile]) -> Iterator[FoundFile]:
    """Leave out what two pieces have in common: the same path under the same key."""
    key, paths = "", set[str]()
    for file in files:
        if file.key != key:
            key, paths = file.key, set()
        if file.path not in paths:
            yield file
        paths.add(file.path)


def _is_gone(piece: Piece) -> bool:
    """Whether a folder is no more; of a file its row says so."""
    if piece.is_file:
        return False
    try:
        return not stat.S_ISDIR(os.stat(piece.path).st_mode)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False


def _all_gone(path: str) -> SourceMissing:
    return SourceMissing(
        tr("There is no folder {path} any more.", path=path),
        tr("Put it back and resume; or upload it from where it is now: what is in OSS already is not sent again."),
    )


def refuse_collisions(files: Iterable[FoundFile]) -> None:
    """Raise InputError, with both paths, where two files would become one object. files: as a scan gives them."""
    before: FoundFile | None = None
    for file in files:
        if file.trouble is not Trouble.NONE:
            continue
        if before is not None and before.key == file.key:
            raise InputError(
                tr(
                    "{path} and {other} would both become {key}.",
                    path=before.path,
                    other=file.path,
                    key=printable(file.key),
                ),
                tr('Give each a key of its own, for example: {{"a": "a/", "b": "b/"}} for the folders a and b.'),
                code="KeyCollision",
            )
        before = file
