"""What the history keeps of an upload that has ended: one value, one line of JSON. Nothing secret is in it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from enum import Enum
from typing import Annotated, Any

from oss_jupyter.model.dataset import FilesView
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.dataset_snippets import dataset_snippet
from oss_jupyter.model.described import described
from oss_jupyter.model.progress import Receipt, Snapshot
from oss_jupyter.model.reach import Reached
from oss_jupyter.model.reading_formats import Format
from oss_jupyter.model.snippets import snippet
from oss_jupyter.model.states import State
from oss_jupyter.model.target import parse_prefix, parse_target
from oss_jupyter.names import printable
from oss_jupyter.redact import without_addresses

# Of no line that this package writes; a longer one is foreign.
LINE_MOST_BYTES = 64 * 1024
# No upload comes near them, and a table of pandas holds no more.
_NUMBER_END, _CRC64_END = 2**63, 2**64


class HowEnded(str, Enum):
    """How an upload ended. People are told it by the texts `state_…`."""

    COMPLETED = "completed"
    ALREADY_THERE = "already there"
    COMPLETED_WITH_ERRORS = "completed with errors"
    FAILED = "failed"
    ABORTED = "aborted"

    __str__ = str.__str__

    @property
    def key(self) -> str:
        """The name that its words have in the catalogue, behind "state_"."""
        return self.name.lower()


_OF_STATE = {
    State.COMPLETED: HowEnded.COMPLETED,
    State.COMPLETED_WITH_ERRORS: HowEnded.COMPLETED_WITH_ERRORS,
    State.FAILED: HowEnded.FAILED,
    State.ABORTED: HowEnded.ABORTED,
}


@described
@dataclass(frozen=True)
class HistoryEntry(Reached):
    """One end of an upload. One that fails and is resumed has several.

    snippet(kind) makes a cell that reads back what was sent.
    """

    ended_at: Annotated[str, "In UTC, like 2026-01-31T12:00:00Z."]
    id: Annotated[str, "Of the transfer."]
    source: Annotated[str, "What was sent, as lists show it."]
    target: Annotated[str, "oss://bucket/key, as it is; of a dataset what all keys begin with."]
    outcome: Annotated[HowEnded, "How it ended."]
    code: Annotated[str, "Of the error; empty where there was none."] = ""
    size_bytes: Annotated[int, "Of the object, or of all files."] = 0
    kept_bytes: Annotated[int, "In OSS already, from earlier runs."] = 0
    sent_bytes: Annotated[int, "Sent by this process."] = 0
    seconds: Annotated[float, "In this process, pauses left out."] = 0.0
    retries: Annotated[int, "How often something was tried again."] = 0
    crc64: Annotated[int | None, "Of the object; None: of a dataset, or there is none."] = None
    version_id: Annotated[str, "Of the object, in a bucket that keeps versions."] = ""
    files: Annotated[int, "Of a dataset; 0: it was one file."] = 0
    files_skipped: Annotated[int, "Files that were there already."] = 0
    files_failed: Annotated[int, "Files that could not be sent."] = 0

    def snippet(self, kind: str = "") -> str:
        """Return a cell that reads the object, if it is still there; see Receipt.snippet.

        Of a dataset only "python" and "ossutil": which tables it has is not kept. Raises InputError.
        """
        if self.files:
            prefix = parse_prefix(self.target)
            return dataset_snippet(kind, prefix, Format("", ""), *self._place_of(prefix))
        target = parse_target(self.target)
        return snippet(kind, target, *self._place_of(target))

    def has(self, words: Sequence[str]) -> bool:
        """Whether each of some words in small letters stands somewhere in source, target, outcome, code or id."""
        targets = (self.target, printable(self.target))  # as it is, and as lists show it
        text = " ".join((self.source, *targets, self.outcome, self.code, self.id)).lower()
        return all(word in text for word in words)


def entry_of(now: Snapshot, code: str, ended_at: float) -> HistoryEntry | None:
    """Return what is kept of an upload that rests; None: it has not ended. ended_at: seconds since the epoch."""
    outcome = _OF_STATE.get(now.state)
    if outcome is None:
        return None
    values: dict[str, Any] = {
        "ended_at": datetime.fromtimestamp(ended_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "id": now.id,
        "source": without_addresses(printable(now.source)),
        "target": str(now.target),
        "outcome": outcome,
        "code": code,
        "seconds": round(now.elapsed_seconds, 3),
    }
    return HistoryEntry(**values | (_of_snapshot(now) if now.receipt is None else _of_receipt(now)))


def _of_receipt(now: Snapshot) -> dict[str, Any]:
    receipt = now.receipt
    if isinstance(receipt, DatasetReceipt):
        return {
            "size_bytes": receipt.total_bytes,
            "kept_bytes": receipt.kept_bytes,
            "sent_bytes": receipt.sent_bytes,
            "retries": receipt.retries,
            "files": receipt.total,
            "files_skipped": receipt.skipped,
            "files_failed": receipt.failed,
        }
    assert isinstance(receipt, Receipt)
    there = {"outcome": HowEnded.ALREADY_THERE} if receipt.sent_nothing else {}
    return there | {
        "size_bytes": receipt.size,
        "kept_bytes": receipt.kept_bytes,
        "sent_bytes": receipt.sent_bytes,
        "retries": receipt.retries,
        "crc64": receipt.crc64,
        "version_id": receipt.version_id,
    }


def _of_snapshot(now: Snapshot) -> dict[str, Any]:
    files = now.files or FilesView()
    return {
        "files": files.total,
        "files_skipped": files.skipped,
        "files_failed": files.failed,
        "size_bytes": now.total_bytes,
        "kept_bytes": now.kept_bytes,
        "sent_bytes": now.confirmed_bytes,
        "retries": now.retries,
    }


def line_of_entry(entry: HistoryEntry) -> bytes:
    """Return the entry as one line of JSON, in ASCII, with its end."""
    return json.dumps(asdict(entry)).encode("ascii") + b"\n"


def entry_of_line(line: bytes) -> HistoryEntry | None:
    """Return what a line says; None for one that is torn, foreign, or of a later version that this one cannot read."""
    if len(line) > LINE_MOST_BYTES:
        return None
    try:
        values = json.loads(line)
        return _checked(values) if isinstance(values, dict) else None
    except (ValueError, TypeError, RecursionError):
        return None


def _checked(values: Mapping[str, Any]) -> HistoryEntry:
    """Raise ValueError or TypeError where a field is not what it should be; unknown fields are passed over."""
    known = {name: values[name] for name in _KINDS if name in values}
    for name, value in known.items():
        if isinstance(value, bool) or not isinstance(value, _KINDS[name]):
            raise TypeError(name)
        if isinstance(value, (int, float)) and not 0 <= value < (_CRC64_END if name == "crc64" else _NUMBER_END):
            raise ValueError(name)  # NaN is not, either
    texts = {name: printable(value) for name, value in known.items() if isinstance(value, str) and name != "target"}
    str(known.get("target")).encode()  # no page or file could take it, where that fails
    return HistoryEntry(**known | texts | {"outcome": HowEnded(known.get("outcome"))})


_TEXTS = ("ended_at", "id", "source", "target", "outcome", "code", "version_id")
_KINDS: dict[str, type | tuple[type, ...]] = {
    **{one.name: str if one.name in _TEXTS else int for one in fields(HistoryEntry)},
    "seconds": (int, float),
    "crc64": (int, type(None)),
}
