"""Whether all files are refused, or those of one place: some from elsewhere are tried before all are given up."""

from __future__ import annotations

from collections import deque

from oss_jupyter.model.small_files import FileToSend

# So many files in a row that were refused in the same way, with none sent in between, say that all may be.
_ALIKE_MOST = 8
# So many from elsewhere that are refused as well say that they are.
_ELSEWHERE_MOST = 4


class Refusals:
    """One thread at a time."""

    def __init__(self) -> None:
        self._code = ""
        self._alike = 0
        self._folders: set[str] = set()
        self._tried: set[int] = set()
        self._in_vain = 0
        self.has_sent = False
        """Whether any file was sent."""

    def sent(self) -> None:
        """Note that a file was sent."""
        self.has_sent = True
        self._begin("")

    def _begin(self, code: str) -> None:
        self._code = code
        self._alike = self._in_vain = 0
        self._folders.clear()
        self._tried.clear()

    def refused(self, number: int, key: str, code: str) -> None:
        """Note that a file was refused, by its number."""
        if code != self._code:
            self._begin(code)
        self._alike += 1
        self._folders.add(_folder(key))
        self._in_vain += number in self._tried
        self.told(number)

    def told(self, number: int) -> None:
        """Note that a file has come to an end that says nothing of others."""
        self._tried.discard(number)

    @property
    def doubts(self) -> bool:
        """Whether the next file should be one from elsewhere."""
        return self._alike >= _ALIKE_MOST

    @property
    def of_all(self) -> bool:
        """Whether files from elsewhere were refused, too."""
        return self._in_vain >= _ELSEWHERE_MOST

    def take(self, files: deque[FileToSend], *, all_known: bool) -> FileToSend | None:
        """Take the next of some files: the first, or one from elsewhere; None while another one may tell.

        all_known: whether it is useless to wait for others. Where none is left elsewhere and any file was sent, it is
        the folder that is refused, and nothing else.
        """
        if not self.doubts:
            return files.popleft()
        if self._tried or self.of_all:
            return None
        place = self._elsewhere(files)
        if place is None and not all_known:
            return None
        if place is None and self.has_sent:
            return files.popleft()
        file = files[-1 if place is None else place]
        del files[-1 if place is None else place]
        self._tried.add(file.number)
        return file

    def _elsewhere(self, files: deque[FileToSend]) -> int | None:
        """Return the place of a file in whose folder none was refused, the first time the last; None: there is none."""
        places = [place for place, file in enumerate(files) if _folder(file.key) not in self._folders]
        return places[-1 - self._in_vain * len(places) // _ELSEWHERE_MOST] if places else None


def _folder(key: str) -> str:
    return key.rpartition("/")[0]
