"""What is asked about buckets and keys: what is there, and to remove or copy it. Any thread may call it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from oss_jupyter.errors import ObjectMissing, ObjectRefused, ObjectThere
from oss_jupyter.model.wire_values import ListedObject
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.objects import (
    copy_object,
    delete_objects,
    list_below,
    list_buckets,
    list_folder,
    make_bucket,
    remove_bucket,
)
from oss_jupyter.remote.entries import Entry, directory, folders_between, is_marker, of_head, of_listed
from oss_jupyter.remote.paths import as_of_files, can_hold, folder_of, missing, split, target_of
from oss_jupyter.remote.reading import together
from oss_jupyter.texts import tr


def info(control: SdkControl, path: str) -> Entry:
    """Return an object, a folder, a bucket or the root. Raises ObjectMissing."""
    bucket, key = split(path)
    if not bucket:
        return directory("")
    with as_of_files(path):
        head = control.head(target_of(path)) if key and not key.endswith("/") else None
    if head is not None:
        return of_head(target_of(path), head)
    if not is_folder(control, path):
        raise missing(path)
    return directory(path)


def is_folder(control: SdkControl, path: str) -> bool:
    """Whether something lies below a path; a bucket may be empty. Where lists are not allowed, nothing seems to."""
    if not can_hold(path):
        return False
    target = folder_of(path)
    try:
        with as_of_files(path):
            page = next(list_folder(control, target.bucket, target.key, most=1))
    except ObjectMissing:
        return False
    except ObjectRefused:
        if not target.key:
            raise
        return False
    return not target.key or bool(page.objects or page.prefixes)


def children(control: SdkControl, path: str) -> list[Entry]:
    """Return what lies directly in a folder, a bucket or the root; an object is alone. Raises ObjectMissing."""
    if not path:
        with as_of_files(path):
            return [directory(name) for name in list_buckets(control)]
    if not can_hold(path):
        return [info(control, path)]
    target = folder_of(path)
    found: list[Entry] = []
    there = not target.key
    with as_of_files(path):
        for page in list_folder(control, target.bucket, target.key):
            there = there or bool(page.objects or page.prefixes)
            found += [directory(f"{target.bucket}/{prefix[:-1]}") for prefix in page.prefixes]
            found += [of_listed(target.bucket, one) for one in page.objects if one.key != target.key]
    if not there:
        return [info(control, path)]
    return sorted(found, key=lambda entry: str(entry["name"]))


def below(control: SdkControl, path: str, prefix: str = "") -> Iterator[ListedObject]:
    """Yield the objects below a path, folder markers included. prefix: of their names below it."""
    if not can_hold(path):
        return
    target = folder_of(path)
    with as_of_files(path):
        for page in list_below(control, target.bucket, target.key + prefix):
            yield from page.objects


def tree(control: SdkControl, path: str, *, withdirs: bool, prefix: str = "") -> dict[str, Entry]:
    """Return all files below a path by name, and with `withdirs` all folders, itself included."""
    bucket = split(path)[0]
    listed = [one for one in below(control, path, prefix) if one.key != folder_of(path).key]
    files = {f"{bucket}/{one.key}": of_listed(bucket, one) for one in listed if not is_marker(one)}
    if not withdirs:
        return files
    names = [f"{bucket}/{one.key}" for one in listed]
    folders = {name: directory(name) for name in folders_between(path, names)}
    own = {path: directory(path)} if listed and not prefix else {}
    return dict(sorted({**own, **folders, **files}.items()))


def remove(control: SdkControl, paths: list[str], *, recursive: bool) -> None:
    """Remove objects, and with `recursive` all that lies below a path. Raises ObjectMissing, IsADirectoryError."""
    keys: dict[str, dict[str, None]] = {}
    unsure: list[str] = []
    for path in paths:
        bucket, key = split(path)
        inside = [one.key for one in below(control, path)] if recursive else []
        unsure += [path] if key and not inside else []
        keys.setdefault(bucket, {}).update(dict.fromkeys([*inside, *([key] if key else [])]))
    for entry in together([partial(info, control, path) for path in unsure]):
        if entry["type"] == "directory":
            raise IsADirectoryError(tr("oss://{path} is a folder: remove it with recursive=True", path=entry["name"]))
    for bucket, some in keys.items():
        with as_of_files(bucket):
            delete_objects(control, bucket, list(some))


def copy(control: SdkControl, source: str, target: str) -> None:
    """Copy an object within the service. Raises ObjectMissing."""
    head = None
    with as_of_files(source):
        head = control.head(target_of(source))
        if head is not None:
            copy_object(control, target_of(source), head, target_of(target), together)
    if head is None:
        raise missing(source)


def make_folder(control: SdkControl, path: str, *, exist_ok: bool) -> None:
    """Make a bucket. A folder needs no making: it is there as long as something lies in it."""
    bucket, key = split(path)
    if not key:
        if not exist_ok and is_folder(control, bucket):
            raise ObjectThere(tr("The bucket {bucket} is there already.", bucket=bucket), tr("Nothing has to be done."))
        with as_of_files(path):
            make_bucket(control, bucket)
    elif not exist_ok and is_folder(control, path):
        advice = tr("With exist_ok=True that is no error.")
        raise ObjectThere(tr("oss://{path} is there already.", path=path), advice)


def remove_folder(control: SdkControl, path: str) -> None:
    """Remove an empty bucket, or the object that stands for an empty folder. Raises OSError where it is not empty."""
    bucket, key = split(path)
    if not key:
        with as_of_files(path):
            remove_bucket(control, bucket)
        return
    target = folder_of(path)
    if any(one.key != target.key for one in below(control, path)):
        raise OSError(
            tr("oss://{path} is not empty: rm with recursive=True removes it with all that lies in it", path=path)
        )
    with as_of_files(path):
        delete_objects(control, bucket, [target.key])
