"""The media type of a file, guessed from its name. A packed file is what packed it, not what is inside."""

from __future__ import annotations

import mimetypes

UNKNOWN = "application/octet-stream"

# What data scientists carry and the standard library's table leaves out.
_DATA_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
    "feather": "application/vnd.apache.arrow.file",
    "ipynb": "application/x-ipynb+json",
    "jsonl": "application/jsonl",
}
# Without a Content-Encoding nobody unpacks them on the way, so a reader of "text/csv" would be given noise.
_PACKED_TYPES = {
    "gz": "application/gzip",
    "bz2": "application/x-bzip2",
    "xz": "application/x-xz",
    "lzma": "application/x-lzma",
    "zst": "application/zstd",
    "br": "application/x-brotli",
    "lz4": "application/x-lz4",
    "Z": "application/x-compress",
}
_SHORT_FORMS = {
    "tgz": "tar.gz", "taz": "tar.gz", "tbz": "tar.bz2", "tbz2": "tar.bz2", "txz": "tar.xz", "tlz": "tar.lzma",
    "tzst": "tar.zst", "svgz": "svg.gz",
}  # fmt: skip


def guess_content_type(*names: str, encoded: bool = False) -> str:
    """Return the media type of the first name that has one, else ``application/octet-stream``.

    encoded: the object gets a Content-Encoding, which says how it is packed; then its type is what is inside.
    """
    for name in names:
        guessed = _guess(name, encoded)
        if guessed:
            return guessed
    return UNKNOWN


def _guess(name: str, encoded: bool) -> str | None:
    stem, _, suffix = name.rpartition(".")
    if not stem:
        return None
    long_form = f"{stem}.{_SHORT_FORMS.get(suffix.lower(), suffix)}"
    stem, _, suffix = long_form.rpartition(".")
    packed = _PACKED_TYPES.get(suffix) or _PACKED_TYPES.get(suffix.lower())
    if packed:
        return _guess(stem, encoded=False) if encoded else packed
    return _DATA_TYPES.get(suffix.lower()) or _listed(f".{suffix}")


def _listed(suffix: str) -> str | None:
    """Return what the standard library's table says, which also has what the user added to it.

    Asking `mimetypes.guess_type` takes ten times as long, and of a dataset each file is asked about.
    """
    if not mimetypes.inited:
        mimetypes.init()
    return mimetypes.types_map.get(suffix) or mimetypes.types_map.get(suffix.lower())
