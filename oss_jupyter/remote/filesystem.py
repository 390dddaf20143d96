"""The filesystem itself: what writes, copies and removes. What looks and reads stands in readable.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fsspec.callbacks import DEFAULT_CALLBACK, Callback

from oss_jupyter.errors import ObjectThere
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.remote import asking, many
from oss_jupyter.remote.files import WritingFile
from oss_jupyter.remote.paths import target_of
from oss_jupyter.remote.readable import ReadableFileSystem
from oss_jupyter.remote.storing import put_file, put_files, put_written, spool_for
from oss_jupyter.texts import tr


class OssFileSystem(ReadableFileSystem):
    """Buckets and objects as folders and files: ``oss://bucket/key``, or ``bucket/key``.

    place: how the service is reached, as in `oss_jupyter.upload`; what is not given comes from the settings. key,
    secret and token are understood as credentials. pickle_credentials: whether they travel with a pickled filesystem,
    to the workers of a cluster for example; else they are found again there, in the environment or ~/.ossutilconfig.

    What is read is proven by its CRC-64 where all of it is read; what is written is an upload, and takes the place of
    an object that is there when it is complete. Lists are never cached. Any thread may use it.
    """

    def put(
        self,
        lpath: Any,
        rpath: Any,
        recursive: bool = False,
        callback: Callback = DEFAULT_CALLBACK,
        maxdepth: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Upload files of this computer: several are one dataset, with one card and one place that is kept.

        Where a callback has one of its own for each file, or `mode` is given, they are single uploads, side by side.
        """
        how = {"recursive": recursive, "maxdepth": maxdepth}
        pairs = many.pairs_of(self, "put", lpath, rpath, how)
        dataset = None if kwargs or many.follows_each(callback) else many.as_dataset(pairs, self._strip_protocol)
        if dataset is None:
            many.side_by_side(self.put_file, pairs, callback, kwargs)
            return
        callback.set_size(len(dataset[1]))
        put_files(self._place, *dataset, callback.absolute_update)

    def put_file(self, lpath: Any, rpath: str, callback: Any = None, mode: str = "overwrite", **_: Any) -> None:
        """Upload a file of this computer as `oss_jupyter.upload` does, and wait."""
        path = self._strip_protocol(rpath)
        if Path(lpath).is_dir():
            self.makedirs(path, exist_ok=True)
            return
        self._refuse_if_there(path, mode)
        told = _progress(callback)
        put_file(self._place, Path(lpath), target_of(path), replace=mode == "overwrite", told=told)

    def pipe_file(self, path: str, value: Any, mode: str = "overwrite", **_: Any) -> None:
        """Store bytes as an object."""
        with self.open(path, "wb" if mode == "overwrite" else "xb") as file:
            file.write(value)

    def touch(self, path: str, truncate: bool = True, **_: Any) -> None:
        """Make an empty object; with truncate=False one that is there stays as it is, and gets today's time."""
        if truncate or not self.exists(path):
            self.pipe_file(path, b"")
        else:
            self.cp_file(path, path)

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        """Copy an object within the service; no byte comes here."""
        asking.copy(self._place.control(), self._strip_protocol(path1), self._strip_protocol(path2))

    def rm_file(self, path: str) -> None:
        """Remove an object. Its name is no pattern."""
        asking.remove(self._place.control(), [self._strip_protocol(path)], recursive=False)

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Remove objects, a thousand a request; with `recursive` all that lies below them."""
        paths = self.expand_path(path, recursive=recursive and maxdepth is not None, maxdepth=maxdepth)
        if maxdepth is not None:
            paths = [name for name in paths if not self.isdir(name)]
        asking.remove(self._place.control(), paths, recursive=recursive and maxdepth is None)

    def mkdir(self, path: str, create_parents: bool = True, **_: Any) -> None:
        """Make a bucket. A folder needs no making in OSS; one that is there already is an error."""
        asking.make_folder(self._place.control(), self._strip_protocol(path), exist_ok=False)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Do the same; with `exist_ok` nothing but a bucket is asked for."""
        path = self._strip_protocol(path)
        if "/" in path or not exist_ok:
            asking.make_folder(self._place.control(), path, exist_ok=exist_ok)

    def rmdir(self, path: str) -> None:
        """Remove an empty bucket, or what stands for an empty folder. Raises OSError where it is not empty."""
        asking.remove_folder(self._place.control(), self._strip_protocol(path))

    def _open(
        self, path: str, mode: str = "rb", block_size: int | None = None, autocommit: bool = True, **kwargs: Any
    ) -> Any:
        if mode == "rb":
            return self._open_to_read(path, block_size, kwargs)
        self._last_look.take(path)  # what was seen there counts no more
        if mode not in ("wb", "xb", "ab"):
            told = tr("an object cannot be opened with mode {mode}: use rb, wb, xb or ab", mode=repr(mode))
            raise NotImplementedError(told)
        self._refuse_if_there(path, "create" if mode == "xb" else "overwrite")
        target = target_of(path)
        spool = spool_for(self._place, target, replace=mode != "xb")
        file = WritingFile(path, spool, lambda: put_written(self._place, spool, target), autocommit=autocommit)
        if mode == "ab" and self.exists(path):
            file.write(self.cat_file(path))
        return file

    def _refuse_if_there(self, path: str, mode: str) -> None:
        if mode == "create" and self.exists(path):
            advice = tr("Choose another name, or replace it with mode wb.")
            raise ObjectThere(tr("oss://{path} is there already.", path=path), advice)


def _progress(callback: Any) -> Callable[[Snapshot], None] | None:
    if callback is None:
        return None

    def told(now: Snapshot) -> None:
        callback.set_size(now.total_bytes)
        callback.absolute_update(now.kept_bytes + now.confirmed_bytes)

    return told
