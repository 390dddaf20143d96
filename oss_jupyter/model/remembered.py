"""What is remembered of each file of a dataset, packed: about 75 bytes a file, however long its name is.

A name is kept as its hash only, of 64 bits: two of a million files share one in one of thirty million datasets, and
then path, size and mtime have to be the same as well before anything is believed.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import compress
from struct import Struct
from typing import Any

from oss_jupyter.model.dataset import Checksums, Outcome
from oss_jupyter.model.file_lines import OUTCOMES, checksums_of, etag_of

# Path (half of its hash), mtime, place of the line, length of the digest, MD5 and CRC-64. The length is larger by
# _OWN_ETAG where the ETag is not the MD5, and stands in the line only.
_RECORD = Struct("<IqQB24s")
_OUTCOMES = (Outcome.SENT, Outcome.KEPT, Outcome.SKIPPED, Outcome.FAILED)
_PLACES = {word: _OUTCOMES.index(outcome) for word, outcome in OUTCOMES.items()}
_SENT_IS_KEPT = bytes([1, 1, 2, 3]) + bytes(range(4, 256))
_FILES_FEWEST = 500
_HALF = 0xFFFFFFFF
_OWN_ETAG = 128


@dataclass(frozen=True)
class Tally:
    """How many files, and how many bytes they have."""

    files: int = 0
    size_bytes: int = 0


@dataclass(frozen=True)
class FilesTally:
    """What the lines of a dataset's files come to, by outcome; the last line about a file counts.

    total: what there is in all, None while the scan has not ended. damaged_lines: could not be believed and are left
    out. torn: the last line has no end.
    """

    by_outcome: Mapping[Outcome, Tally] = field(default_factory=dict)
    total: Tally | None = None
    damaged_lines: int = 0
    torn: bool = False

    def of(self, *outcomes: Outcome) -> Tally:
        """Return files and bytes of some outcomes together."""
        found = [self.by_outcome.get(outcome, Tally()) for outcome in outcomes]
        return Tally(sum(one.files for one in found), sum(one.size_bytes for one in found))


@dataclass(frozen=True)
class RememberedFile:
    """What a line says of a file: size in bytes, mtime in nanoseconds, checksums of its bytes, and its outcome.

    etag_place: where the line begins that has an ETag other than the MD5; -1 where the MD5 is the ETag.
    """

    size: int
    mtime_ns: int
    checksums: Checksums
    outcome: Outcome
    etag_place: int = -1


class Remembered:
    """The files of a dataset by their keys. One thread at a time enters it; a table with open addressing.

    `_slots` holds numbers of records, from 1, at the places that their hashes name; 0 is free.
    """

    def __init__(self, expected: int = 0) -> None:
        """Make room for so many files; more find room as well."""
        slots = 1 << max(_FILES_FEWEST, expected * 3 // 2).bit_length()
        self._slots = array("I", bytes(4 * slots))
        self._hashes = array("q")
        self._sizes = array("Q")
        self._records = bytearray()
        self._outcomes = bytearray()

    def __len__(self) -> int:
        return len(self._hashes)

    def __repr__(self) -> str:
        return f"Remembered({len(self)} files)"

    @property
    def memory_bytes(self) -> int:
        """The memory that it takes."""
        tables = (self._slots, self._hashes, self._sizes)
        return sum(len(one) * one.itemsize for one in tables) + len(self._records) + len(self._outcomes)

    def by_outcome(self) -> dict[Outcome, Tally]:
        """Return files and bytes of each outcome."""
        return {outcome: self._tally(place) for place, outcome in enumerate(_OUTCOMES)}

    def get(self, key: str, path: str) -> RememberedFile | None:
        """Return what is remembered of a file, or None where nothing is, or it is of another path."""
        index = self._index(hash(key))
        if index < 0:
            return None
        path_hash, mtime_ns, place, length, digest = _RECORD.unpack_from(self._records, index * _RECORD.size)
        if path_hash != hash(path) & _HALF:
            return None
        sums = checksums_of(digest[: length % _OWN_ETAG])
        outcome = _OUTCOMES[self._outcomes[index]]
        return RememberedFile(self._sizes[index], mtime_ns, sums, outcome, place if length >= _OWN_ETAG else -1)

    def outcome_at(self, key: str, place: int) -> Outcome | None:
        """Return the outcome that the line at a place tells of, or None where it is not the one that counts."""
        index = self._index(hash(key))
        if index < 0 or _RECORD.unpack_from(self._records, index * _RECORD.size)[2] != place:
            return None
        return _OUTCOMES[self._outcomes[index]]

    def put(self, key: str, path: str, entry: Any, digest: bytes, place: int) -> None:
        """Remember a file by the entry of its line and its digest; place: where the line begins."""
        word, size = entry[0], entry[3]
        own_etag = 0 if etag_of(entry, digest) is None else _OWN_ETAG
        record = _RECORD.pack(hash(path) & _HALF, entry[4], place, len(digest) + own_etag, digest)
        name = hash(key)
        index = self._index(name)
        if index < 0:
            self._hashes.append(name)
            self._sizes.append(size)
            self._records += record
            self._outcomes.append(_PLACES[word])
            self._slots[-index - 1] = len(self._hashes)
            if 3 * len(self._hashes) > 2 * len(self._slots):
                self._grow()
        else:
            self._sizes[index] = size
            self._records[index * _RECORD.size : (index + 1) * _RECORD.size] = record
            self._outcomes[index] = _PLACES[word]

    def begin_run(self) -> None:
        """What was sent until now was sent by an earlier run."""
        self._outcomes = self._outcomes.translate(_SENT_IS_KEPT)

    def _tally(self, place: int) -> Tally:
        chosen = self._outcomes.translate(bytes(one == place for one in range(256)))
        return Tally(chosen.count(1), sum(compress(self._sizes, chosen)))

    def _index(self, name: int) -> int:
        """Return which record has a name, from 0; where there is none, -1 less the slot that is free for it."""
        slots, hashes = self._slots, self._hashes
        mask = len(slots) - 1
        slot = name & mask
        while number := slots[slot]:
            if hashes[number - 1] == name:
                return number - 1
            slot = (slot + 1) & mask
        return -1 - slot

    def _grow(self) -> None:
        self._slots = array("I", bytes(8 * len(self._slots)))
        for number, name in enumerate(self._hashes, 1):
            self._slots[-1 - self._index(name)] = number
