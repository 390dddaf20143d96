"""Finding out how an object of the notebook becomes a file: by its kind, and by the ending of the key."""

from __future__ import annotations

import gzip
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import IO, Any

from oss_jupyter.errors import InputError, OssJupyterError, PackageMissing
from oss_jupyter.names import printable
from oss_jupyter.objects.arrays import ARRAYS
from oss_jupyter.objects.arrow import ANY_TABLE, ARROW
from oss_jupyter.objects.figures import FIGURES
from oss_jupyter.objects.kinds import Kind, Writer
from oss_jupyter.objects.plain import PLAIN
from oss_jupyter.objects.tables import TABLES
from oss_jupyter.redact import said_by
from oss_jupyter.texts import english, listed, tr

GROUP = "oss_jupyter.objects"
# Arrays before what Python has: a dictionary of arrays is a dictionary, too.
_OURS = (*TABLES, *ARROW, *ARRAYS, *FIGURES, *PLAIN)
_PACKED = ".gz"
# What is packed already gains nothing by being packed.
_PACKABLE = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".md", ".xml", ".html", ".geojson", ".log")
# Libraries say what to install in words like these; where several packages would do, the better one comes first.
_TO_INSTALL = re.compile(r"(?:pip install|conda to install|tool to install(?: the)?) ([A-Za-z0-9][\w-]*)")
_TOO_OLD = re.compile("requires version")  # installing what is there already would change nothing
_FOLDER = english("The target is a folder, and {label} has no file name that could be added.")
_BUCKET = english("The target is a bucket, and {label} has no file name that could be added.")


@dataclass(frozen=True)
class Found:
    """How one object is written. label: what it is called. suffix: the ending of the key that decided it, or ""."""

    value: Any
    label: str
    suffix: str
    writer: Writer
    kind: Kind

    @property
    def expected_bytes(self) -> int | None:
        """How large the file will be, where that can be told. Raises InputError where it would be a mistake."""
        return self.kind.expected_bytes(self.value, self.suffix)

    def write(self, file: IO[bytes], options: Mapping[str, Any]) -> None:
        """Write it. Raises InputError, PackageMissing, and of the system's errors OSError."""
        try:
            if self.suffix.endswith(_PACKED):
                # Without name and time the same object always becomes the same bytes.
                with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
                    self.writer(self.value, packed, options)  # type: ignore[arg-type]
            else:
                self.writer(self.value, file, options)
        except (OssJupyterError, OSError):
            raise
        except ImportError as error:
            raise self._lacks(error) from error
        except Exception as error:
            raise self._failed(error) from error

    def _lacks(self, error: ImportError) -> PackageMissing:
        said = said_by(error)
        module = (error.name or "").partition(".")[0]
        package = "" if module else _to_install(said)
        advice = tr("Install it, or let the key end otherwise.")
        if module or package:
            advice = tr("{install}, or let the key end otherwise.", install=f"%pip install {module or package}")
        return PackageMissing(self._needs(package) if package else self._needs_what(said), advice)

    def _needs(self, package: str) -> str:
        return tr(
            "Writing {label} as {suffix} needs the package {package}, which is not installed.",
            label=self.label,
            suffix=self.suffix,
            package=package,
        )

    def _needs_what(self, said: str) -> str:
        return tr(
            "Writing {label} as {suffix} needs a package that is not installed: {said}",
            label=self.label,
            suffix=self.suffix,
            said=said,
        )

    def _failed(self, error: Exception) -> InputError:
        said = said_by(error)
        return InputError(
            tr(
                "Writing {label} as {suffix} failed: {error}",
                label=self.label,
                suffix=self.suffix or tr("bytes"),
                error=f"{type(error).__name__}{f': {said}' if said else ''}",
            ),
            tr(
                "It is the library that refuses: change the object, its writer_options, or the ending of the key; "
                "or write it to a file yourself and upload that."
            ),
            code="NotWritten",
        )


def _to_install(said: str) -> str:
    """Return the package that a library says is missing; empty where it names none, or one that is too old."""
    found = None if _TOO_OLD.search(said) else _TO_INSTALL.search(said)
    return found[1] if found else ""


def find(value: Any, key: str, label: str, *, is_data: bool = False) -> Found | None:
    """Return how an object is written for this key; None where it is none that is known, or where it names files.

    is_data: texts and lists are meant themselves, whatever they look like. Raises InputError where the key ends in
    nothing that the object can become.
    """
    kind = next((kind for kind in _kinds() if kind.takes(value)), None)
    if kind is None:
        return None
    suffix, writer = _writer(kind, key)
    if not is_data and kind.may_be_paths(value) and not (writer and kind.is_data(value)):
        return None
    if writer is None:
        raise _no_format(kind, key, label)
    return Found(value, label, suffix, writer, kind)


def could_be(value: Any) -> bool:
    """Whether an object can be sent, if the key is right."""
    return any(kind.takes(value) for kind in _kinds())


def _kinds() -> Iterator[Kind]:
    yield from _OURS
    yield from _theirs()
    yield from ANY_TABLE


@cache
def _theirs() -> tuple[Kind, ...]:
    """Return what other packages offer; one that cannot be loaded is said, and left out."""
    return tuple(kind for entry in entry_points(group=GROUP) if (kind := _loaded(entry)) is not None)


def _loaded(entry: EntryPoint) -> Kind | None:
    try:
        return Kind.of(entry.load())
    except Exception as error:
        told = tr("{name} of {group} cannot be used: {said}", name=entry.name, group=GROUP, said=said_by(error))
        warnings.warn(told, stacklevel=2)
    return None


def _writer(kind: Kind, key: str) -> tuple[str, Writer | None]:
    name = key.rpartition("/")[2].lower()
    fits = [suffix for suffix in kind.writers if name.endswith(suffix)]
    if fits:
        suffix = max(fits, key=len)
        return suffix, kind.writers[suffix]
    inner = name.removesuffix(_PACKED)
    packed = [suffix for suffix in kind.writers if inner != name and inner.endswith(suffix) and suffix in _PACKABLE]
    if packed:
        suffix = max(packed, key=len)
        return suffix + _PACKED, kind.writers[suffix]
    return "", kind.other if name else None


def _no_format(kind: Kind, key: str, label: str) -> InputError:
    if not kind.writers:
        what = tr("The target names no object.")
        return InputError(what, tr("Write the whole key, like {place}/file.bin.", place="oss://bucket/data"))
    if not key or key.endswith("/"):
        return InputError(
            tr(_FOLDER if key else _BUCKET, label=label),
            tr("Write the whole key; it can end in {endings}.", endings=_endings(kind)),
            code="NoFormat",
        )
    return InputError(
        tr("The key {key} does not say what {label} becomes.", key=repr(printable(key)), label=label),
        tr(
            "Let it end in {endings}; or write it to a file first, and upload that.",
            endings=_endings(kind),
        ),
        code="NoFormat",
    )


def _endings(kind: Kind) -> str:
    *most, last = kind.writers
    return tr("{some} or {last}", some=listed(most), last=last) if most else last
