"""What can be looked at and read: fsspec's methods, each in OSS's terms. Nothing that is listed is cached."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, get_type_hints

from fsspec.callbacks import DEFAULT_CALLBACK, Callback
from fsspec.spec import AbstractFileSystem

from oss_jupyter.errors import ObjectMissing, OssJupyterError
from oss_jupyter.model.arguments import ReachingOptions
from oss_jupyter.remote import asking, many
from oss_jupyter.remote.entries import Entry, LastLook
from oss_jupyter.remote.files import ReadingFile, copy_proven
from oss_jupyter.remote.paths import as_of_files, missing, target_of
from oss_jupyter.remote.place import Place
from oss_jupyter.remote.read_ahead import ReadAhead
from oss_jupyter.remote.reading import together
from oss_jupyter.texts import tr

_BLOCK_BYTES = 8 * 1024 * 1024
_SIGNED_MOST_SECONDS = 7 * 24 * 3600


class ReadableFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """Buckets and objects as they can be read. Any thread may call it. The arguments are told by OssFileSystem."""

    protocol = "oss"
    root_marker = ""

    def __init__(self, pickle_credentials: bool = False, **place: Any) -> None:
        super().__init__(pickle_credentials=pickle_credentials, **place)
        self.pickle_credentials = pickle_credentials
        self._last_look = LastLook()
        self._place = Place(place, tuple(get_type_hints(ReachingOptions)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (type(self), self._travelling())

    def _travelling(self) -> dict[str, Any]:
        kept = self._place.to_travel(with_credentials=self.pickle_credentials)
        return {**kept, **({"pickle_credentials": True} if self.pickle_credentials else {})}

    def to_dict(self, *, include_password: bool = True) -> dict[str, Any]:
        """Return what makes it again, without credentials."""
        options = self._place.to_travel(with_credentials=False)
        return {"cls": f"{type(self).__module__}.{type(self).__name__}", "protocol": "oss", "args": [], **options}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def info(self, path: str, **_: Any) -> Entry:
        """Return name, size, type, ETag, LastModified and crc64. Raises FileNotFoundError."""
        path = self._strip_protocol(path)
        entry = asking.info(self._place.control(), path)
        self._last_look.note(path, entry)
        return entry

    def info_to_open(self, path: str) -> Entry:
        """Return the same of a file that is opened now, which may just have been looked at."""
        return self._last_look.take(path) or self.info(path)

    def exists(self, path: str, **_: Any) -> bool:
        """Whether there is an object, a folder or a bucket. Raises where that could not be found out."""
        return self._kind(path) != ""

    def isfile(self, path: str) -> bool:
        """Whether there is an object."""
        return self._kind(path) == "file"

    def isdir(self, path: str) -> bool:
        """Whether there is a folder or a bucket."""
        return self._kind(path) == "directory"

    def _kind(self, path: str) -> str:
        try:
            return str(self.info(path)["type"])
        except ObjectMissing:
            return ""

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """Return what lies directly in a folder, by name."""
        found = asking.children(self._place.control(), self._strip_protocol(path))
        return found if detail else [entry["name"] for entry in found]

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **kwargs: Any
    ) -> Any:
        """Return all files below a path, for one request per thousand."""
        path = self._strip_protocol(path)
        if not path or maxdepth is not None:
            return super().find(path, maxdepth=maxdepth, withdirs=withdirs, detail=detail, **kwargs)
        try:
            found = asking.tree(self._place.control(), path, withdirs=withdirs, prefix=kwargs.get("prefix", ""))
        except ObjectMissing:
            found = {}
        if not found and self.isfile(path):
            found = {path: self.info(path)}
        return found if detail else list(found)

    def modified(self, path: str) -> datetime:
        """Return when it was written, in UTC."""
        at = self.info(path).get("LastModified")
        if at is None:
            raise missing(self._strip_protocol(path))
        return at  # type: ignore[no-any-return]

    def checksum(self, path: str) -> int:
        """Return the object's CRC-64; where the service has none, a number that changes with the object."""
        entry = self.info(path)
        crc64 = entry.get("crc64")
        return crc64 if crc64 is not None else int(self.ukey(path), 16)

    def sign(self, path: str, expiration: float = 100, **_: Any) -> str:
        """Return a link by which anybody can read it, for so many seconds; a week is the most."""
        target = target_of(self._strip_protocol(path))
        return str(self._place.control().signed_url(target, min(max(1, round(expiration)), _SIGNED_MOST_SECONDS)))

    def invalidate_cache(self, path: str | None = None) -> None:
        """Do nothing: nothing is cached."""

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: Any) -> bytes:
        """Return an object or a range of it; what is negative counts from its end. It is in memory once."""
        path = self._strip_protocol(path)
        reading, target = self._place.reading(), target_of(path)
        etag = ""
        if (start or 0) < 0 or (end or 0) < 0:
            entry = self.info(path)
            start, end, _step = slice(start, end).indices(entry["size"])
            etag = entry.get("ETag", "")
        with as_of_files(path):
            return reading.range(target, start or 0, end, etag)

    def cat_ranges(
        self,
        paths: Any,
        starts: Any,
        ends: Any,
        max_gap: int | None = None,
        on_error: str = "return",
        **_: Any,
    ) -> list[Any]:
        """Return many ranges, read side by side."""
        paths = [paths] if isinstance(paths, str) else list(paths)
        starts = starts if isinstance(starts, Sequence) else [starts] * len(paths)
        ends = ends if isinstance(ends, Sequence) else [ends] * len(paths)
        calls = [_kept(self._range, *one) for one in zip(paths, starts, ends, strict=True)]
        found = together(calls)
        if on_error != "return":
            _raise_first(found)
        return found

    def _range(self, path: str, start: int | None, end: int | None) -> bytes:
        path = self._strip_protocol(path)
        if (start or 0) < 0 or (end or 0) < 0:
            start, end, _step = slice(start, end).indices(self.info(path)["size"])
        with as_of_files(path):
            return self._place.reading().alone(target_of(path), start or 0, end)

    def cat(self, path: Any, recursive: bool = False, on_error: str = "raise", **kwargs: Any) -> Any:
        """Return an object, or a dictionary of several, read side by side."""
        paths = self.expand_path(path, recursive=recursive)
        if isinstance(path, str) and paths == [self._strip_protocol(path)] and not kwargs and not recursive:
            return self.cat_file(paths[0])
        names = [name for name in paths if not (recursive and self.isdir(name))]
        start, end = kwargs.get("start"), kwargs.get("end")
        found = dict(zip(names, self.cat_ranges(names, [start] * len(names), [end] * len(names)), strict=True))
        if on_error == "raise":
            _raise_first(list(found.values()))
        return {name: data for name, data in found.items() if on_error == "return" or not isinstance(data, Exception)}

    def get(
        self,
        rpath: Any,
        lpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Write objects into files of this computer, some at once."""
        pairs = many.pairs_of(self, "get", rpath, lpath, {"recursive": recursive, "maxdepth": maxdepth})
        many.side_by_side(self.get_file, pairs, callback, kwargs)

    def get_file(self, rpath: str, lpath: Any, callback: Any = None, outfile: Any = None, **_: Any) -> None:
        """Write an object into a file of this computer, which is there when all of it is.

        Of an object no more than 8 MiB are in memory; into an open file it is read as from one.
        """
        path = self._strip_protocol(rpath)
        if outfile is not None or hasattr(lpath, "write"):
            with self.open(path) as file:
                copy_proven(file, outfile or lpath, _told(callback))
            return
        local = Path(lpath)
        try:
            self._get(path, local, callback)
        except ObjectMissing:
            if not self.isdir(path):
                raise
            local.mkdir(parents=True, exist_ok=True)

    def _get(self, path: str, local: Path, callback: Any) -> None:
        if "/" not in path:
            raise missing(path)
        part = local.with_name(f"{local.name[:200]}.{os.getpid()}.part")
        try:
            with as_of_files(path):
                self._place.reading().into(target_of(path), part, _told(callback))
            part.replace(local)
        finally:
            part.unlink(missing_ok=True)

    def _open_to_read(self, path: str, block_size: int | None, kwargs: Mapping[str, Any]) -> ReadingFile:
        how = {"cache_type": ReadAhead.name, **kwargs}
        file = ReadingFile(self, path, self._place.reading(), block_size=block_size or _BLOCK_BYTES, **how)
        if file.details["type"] == "directory":
            raise IsADirectoryError(tr("oss://{path} is a folder", path=path))
        return file


def _unpickled(kind: type[ReadableFileSystem], options: dict[str, Any]) -> ReadableFileSystem:
    return kind(**options)


def _kept(call: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Return a call that returns its error."""

    def kept() -> Any:
        try:
            return call(*arguments)
        except (OssJupyterError, OSError) as error:
            return error

    return kept


def _raise_first(found: list[Any]) -> None:
    for one in found:
        if isinstance(one, Exception):
            raise one


def _told(callback: Any) -> Callable[[int, int], object]:
    """Return what tells fsspec's callback how many bytes are there."""

    def told(count: int, size: int) -> None:
        if callback is not None:
            callback.set_size(size)
            callback.relative_update(count)

    return told
