"""The lines of a dataset's files, written and read: one for each that has been dealt with, as short as it can be.

Each line is JSON with its CRC-32, see `checked_line`. A run begins with a line that names the format. Path and key of a
file mostly end in the same way, and many files share what stands before: that is a root. It has a line of its own, and
is named by the place of that line in the file, in bytes. So nothing is stored twice, what has a damaged root is left
out, and writers need not know what is there already:

    {"files":1} 5d41402a
    ["root","/home/ada/data/","raw/"] 0cc175b9
    ["s",21,"train/000001.jpg",20480,1700000000123456789,"iLg9MsMf26nRu2X0MCqwI74w21lmdn9U",0.043] 51471d54
    ["f",21,"train/000002.jpg",20480,1700000000123456789,"",0,"","SourceUnreadable","Permission denied"] 83a9c1d2
    ["t",88740,1817395200] 4a8a08f0

The numbers are size, mtime in nanoseconds and seconds on the wire; between them MD5 and CRC-64 in base64, told apart by
their lengths. An ETag follows only where it is not the MD5. The last line about a key counts. 100,000 files cost 12 MB.
"""

from __future__ import annotations

import json
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from oss_jupyter.errors import CheckpointDamaged
from oss_jupyter.model.checked_line import checked_line, text_of, too_new
from oss_jupyter.model.dataset import Checksums, FileReceipt, Outcome
from oss_jupyter.texts import english, tr

FILES_FORMAT = 1
# Names of two times 32,768 characters at six bytes each, and room for a reason.
LINE_MAX_BYTES = 1024 * 1024
_REASON_MAX_CHARACTERS = 500
_MD5_BYTES, _CRC64_BYTES = 16, 8
# Of each length in base64: nothing, CRC-64, MD5, both.
_DIGEST_BYTES = {0: 0, 12: 8, 24: 16, 32: 24}
_WORDS = {Outcome.SENT: "s", Outcome.KEPT: "k", Outcome.SKIPPED: "x", Outcome.FAILED: "f"}
OUTCOMES = {word: outcome for outcome, word in _WORDS.items()}

_INT64 = 2**63
_KINDS = (str, int, str, int, int, str)
# Seconds may be whole; an ETag may follow, and then code and reason.
_FILE_KINDS = {_KINDS + (seconds,) + (str,) * more for seconds in (float, int) for more in (0, 1, 3)}

_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_text = json.encoder.encode_basestring_ascii
_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True)
class Root:
    """What stands before the rest that path and key have in common, / between its segments. Empty: they have none."""

    path: str = ""
    key: str = ""

    def rest(self, path: str, key: str) -> str | None:
        """Return what follows, or None where it is another root's."""
        rest = key[len(self.key) :] if self.path else ""
        return rest if rest and self.names(rest) == (path, key) else None

    def names(self, rest: str) -> tuple[str, str]:
        """Return path and key of a rest; raises ValueError where it is none."""
        if not self.path:
            path, key = rest.split("\0", 1)
            return path, key
        return self.path + (rest if self.path[0] == "/" else rest.replace("/", "\\")), self.key + rest


WHOLE = Root()


def root_of(path: str, key: str) -> Root:
    """Return the shortest root of a file, or WHOLE where path and key end in different names."""
    slashed = path if path.startswith("/") else path.replace("\\", "/")
    rest = key
    while rest and not slashed.endswith(f"/{rest}"):
        rest = rest.partition("/")[2]
    root = Root(path[: len(path) - len(rest)], key[: len(key) - len(rest)])
    return WHOLE if root.rest(path, key) is None else root


def run_line() -> bytes:
    """Return the line with which a run begins."""
    return checked_line(_encode({"files": FILES_FORMAT}).encode("ascii"))


def root_line(root: Root) -> bytes:
    """Return the line of a root."""
    return checked_line(_encode(["root", root.path, root.key]).encode("ascii"))


def file_line(receipt: FileReceipt, rest: str, root_place: int) -> bytes:
    """Return the line of a file. root_place: where the line of its root begins; 0 where it has none."""
    digest = b2a_base64(_packed(receipt.md5, receipt.crc64), newline=False).decode("ascii")
    more: tuple[str, ...] = () if receipt.etag == receipt.md5 else (receipt.etag,)
    if receipt.code or receipt.reason:
        more = (receipt.etag, receipt.code, receipt.reason[:_REASON_MAX_CHARACTERS])
    # Put together by hand, which takes a third of the time: it is done for each file beside the sending.
    text = (
        f'["{_WORDS[receipt.outcome]}",{root_place},{_text(rest)},{receipt.size},{receipt.mtime_ns},"{digest}",'
        f"{round(receipt.seconds, 3)}{''.join(f',{_text(one)}' for one in more) if more else ''}]"
    )
    return checked_line(text.encode("ascii"))


def starts_of(outcomes: Iterable[Outcome]) -> tuple[bytes, ...]:
    """Return how lines begin that may be of files with such outcomes; what an earlier run has sent is kept."""
    words = {_WORDS[outcome] for outcome in outcomes}
    return tuple(f'["{word}",'.encode("ascii") for word in words | ({"s"} if "k" in words else set()))


def whole_rest(path: str, key: str) -> str:
    """Return the rest of a file that has no root: both names."""
    return f"{path}\0{key}"


def totals_line(files: int, size_bytes: int) -> bytes:
    """Return the line that says how many files there are, once the scan has ended."""
    return checked_line(_encode(["t", files, size_bytes]).encode("ascii"))


def entry_of(line: bytes) -> Any:
    """Return what a line says, unchecked, or None where it is torn or damaged."""
    text = text_of(line)
    try:
        return None if text is None else _decode(text.decode("ascii"))[0]
    except (ValueError, RecursionError):
        return None


def check_run(entry: Any) -> bool:
    """Return whether a run begins here. Raises CheckpointTooNew."""
    number = entry.get("files") if isinstance(entry, dict) else None
    if type(number) is int and number > FILES_FORMAT:
        raise too_new(
            english(
                "The list of the dataset's files has format {number}; this version of oss_jupyter reads up to {most}."
            ),
            number,
            FILES_FORMAT,
        )
    return type(number) is int and number >= 1


def check_first(line: bytes) -> None:
    """Raise CheckpointDamaged or CheckpointTooNew unless this can be the first line of a list of files."""
    if not check_run(entry_of(line)):
        raise CheckpointDamaged(
            tr("The first line of the list of the dataset's files cannot be read."),
            tr("It is set aside; run the upload again: files that are there already are not sent again."),
            safe=tr("What was sent is in OSS."),
        )


def root_of_entry(entry: Any) -> Root | None:
    """Return the root that a line holds."""
    match entry:
        case ["root", str(path), str(key)] if path:
            return Root(path, key)
    return None


def totals_of(entry: Any) -> tuple[int, int] | None:
    """Return how many files and bytes a line says there are."""
    match entry:
        case ["t", int(files), int(size_bytes)] if files >= 0 and size_bytes >= 0:
            return files, size_bytes
    return None


def is_file(entry: Any) -> bool:
    """Whether a line can be that of a file; its digest and its root are still to be looked at."""
    kinds = tuple(map(type, entry)) if type(entry) is list else ()
    if kinds not in _FILE_KINDS:
        return False
    word, place, _, size, mtime_ns, _, seconds = entry[:7]
    return word in OUTCOMES and place >= 0 <= size < _INT64 and -_INT64 <= mtime_ns < _INT64 and 0 <= seconds < _INT64


def digest_of(entry: Any) -> bytes | None:
    """Return MD5 and CRC-64 of a file's line, one after the other, or None where they cannot be that."""
    try:
        digest = a2b_base64(entry[5])
    except (Error, ValueError):
        return None
    return digest if len(digest) == _DIGEST_BYTES.get(len(entry[5])) else None


def etag_of(entry: Any, digest: bytes) -> str | None:
    """Return the ETag of a file's line where it is not the MD5 of its digest, else None."""
    return entry[7] if len(entry) > 7 and entry[7] != checksums_of(digest).md5 else None


def checksums_of(digest: bytes) -> Checksums:
    """Return what a digest holds."""
    has_md5, has_crc64 = len(digest) >= _MD5_BYTES, len(digest) % _MD5_BYTES == _CRC64_BYTES
    return Checksums(
        digest[:_MD5_BYTES].hex().upper() if has_md5 else "",
        int.from_bytes(digest[-_CRC64_BYTES:], "big") if has_crc64 else None,
    )


def receipt_of_entry(entry: Any, path: str, key: str, outcome: Outcome) -> FileReceipt:
    """Return the receipt of a line that is a file's."""
    sums = checksums_of(digest_of(entry) or b"")
    more: list[str] = entry[7:]
    etag, code, reason = (*more, *(sums.md5, "", "")[len(more) :])
    size, mtime_ns, seconds = entry[3], entry[4], entry[6]
    return FileReceipt(path, key, size, mtime_ns, outcome, etag, sums.crc64, sums.md5, seconds, code, reason)


def _packed(md5: str, crc64: int | None) -> bytes:
    return bytes.fromhex(md5) + (b"" if crc64 is None else crc64.to_bytes(_CRC64_BYTES, "big"))
