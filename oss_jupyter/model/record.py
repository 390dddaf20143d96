"""The checkpoint as lines of text: what is written, what is believed when it is read back.

A journal is one header line and then one line per event. Every line is JSON followed by a space and the CRC-32 of the
JSON in eight hex digits, so that a torn or damaged line is known by itself and the others are still good:

    {"format":1,"id":"k3v9x2qa","source":…,"target":…,"upload_id":…, …} 5d41402a
    {"p":1,"e":"9E107D9D372BB6826BD81D3542A419D6","c":11051210869376104954} 0cc175b9
    {"gone":1} 83a9c1d2
    {"completing":true} 4a8a08f0

The last line about a part counts. A receipt costs about 75 bytes, so 10,000 parts cost 0.75 MB in all. No line holds a
key, a token or a signed URL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from oss_jupyter.errors import CheckpointDamaged
from oss_jupyter.model.checked_line import checked_line, text_of, too_new
from oss_jupyter.model.journal_fields import Fields, parse_json, receipt_of
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Fingerprint, PartReceipt
from oss_jupyter.texts import english, tr

FORMAT = 1
_DRIVEN = ("profile", "credentials_given", "detached", "limit", "parallel", "prove")
# Of what cannot be believed, so much is shown at most.
_REMNANT_MAX = 300


@dataclass(frozen=True)
class CheckpointHeader:
    """What does not change while an upload id lives.

    upload_id: empty for a single PutObject. part_size: bytes. fingerprint: the source when the upload id was made.
    options: object options that are set. place: how the service was reached (region, endpoint and flags), never a
    proxy or credentials. created_at: seconds since the epoch. unread: the file changed since, and the kept parts have
    not been compared with it yet. spooled: what the user calls the object of which `source` is the spool; else "".

    How it is driven can change from run to run: profile: the name of the profile that signs. credentials_given: they
    were given in Python, so no checkpoint can keep them. detached: in a process that outlives kernels. limit: bytes per
    second. parallel: parts at once, or "auto"; prove: which bytes are read again. None where a journal of an earlier
    version says nothing.
    stream: what is streamed, in words; then source is where its pieces lay, and the size is the most it could have.
    """

    transfer_id: str
    source: str
    target: Target
    fingerprint: Fingerprint
    part_size: int
    upload_id: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    place: Mapping[str, Any] = field(default_factory=dict)
    created_at: float = 0.0
    unread: bool = False
    profile: str = ""
    credentials_given: bool = False
    detached: bool = False
    limit: float | None = None
    parallel: int | str | None = None
    prove: Prove | None = None
    stream: str = ""
    spooled: str = ""

    @property
    def plan(self) -> Plan:
        """The parts of the source as it was."""
        return Plan(self.fingerprint.size, self.part_size)

    def driven(self, limit: float | None, parallel: int | None) -> CheckpointHeader:
        """Return the header with another speed limit and number of parts at once, None to follow the line."""
        return replace(self, limit=limit, parallel=parallel or "auto")


@dataclass(frozen=True)
class CheckpointRecord:
    """A journal read back: its header, the receipts that count, and how many lines could not be believed.

    completing: Complete was asked, so the object may exist. updated_at: the journal's last change, epoch seconds.
    """

    header: CheckpointHeader
    receipts: Mapping[int, PartReceipt] = field(default_factory=dict)
    completing: bool = False
    damaged_lines: int = 0
    torn: bool = False
    updated_at: float = 0.0

    @property
    def plan(self) -> Plan:
        """The parts of the source as far as they are known: of a stream those that have been sent."""
        if not self.header.stream:
            return self.header.plan
        return Plan(max(self.receipts, default=0) * self.header.part_size, self.header.part_size)

    @property
    def kept_bytes(self) -> int:
        """Bytes the service has confirmed."""
        plan = self.plan
        return sum(plan.part(number).length for number in self.receipts)


def header_line(header: CheckpointHeader) -> bytes:
    """Return the first line of a journal."""
    fingerprint = header.fingerprint
    driven = {name: getattr(header, name) for name in _DRIVEN}
    return _line(
        {
            "format": FORMAT,
            "id": header.transfer_id,
            "source": header.source,
            "bucket": header.target.bucket,
            "key": header.target.key,
            "size": fingerprint.size,
            "mtime_ns": fingerprint.mtime_ns,
            "file_id": fingerprint.file_id,
            "part_size": header.part_size,
            "upload_id": header.upload_id,
            "options": dict(header.options),
            "place": dict(header.place),
            "created_at": header.created_at,
            **({"unread": True} if header.unread else {}),
            **({"stream": header.stream} if header.stream else {}),
            **({"spooled": header.spooled} if header.spooled else {}),
            **{name: value for name, value in driven.items() if value},
        }
    )


def receipt_line(receipt: PartReceipt) -> bytes:
    """Return the line of one finished part."""
    return _line({"p": receipt.part_number, "e": receipt.etag, "c": receipt.crc64})


def gone_line(part_number: int) -> bytes:
    """Return the line that takes a receipt back: the file no longer has these bytes."""
    return _line({"gone": part_number})


def completing_line() -> bytes:
    """Return the line that says Complete is about to be asked."""
    return _line({"completing": True})


def read_journal(data: bytes) -> CheckpointRecord:
    """Return what a journal says; lines that are torn or damaged are counted and left out.

    Raises CheckpointTooNew or CheckpointDamaged where the header cannot be used.
    """
    first, *rest = data.split(b"\n")
    record = CheckpointRecord(_read_header(_parse(first)))
    plan = record.header.plan
    receipts: dict[int, PartReceipt] = {}
    completing, damaged = False, 0
    torn = bool(rest and rest[-1])
    for raw in rest[:-1] if rest else []:
        entry = _parse(raw) or {}
        receipt = receipt_of(entry, plan)
        if receipt is not None:
            receipts[receipt.part_number] = receipt
            completing = False
        elif isinstance(gone := entry.get("gone"), int):
            receipts.pop(gone, None)
        elif entry.get("completing") is True:
            completing = True
        else:
            damaged += 1
    return replace(record, receipts=receipts, completing=completing, damaged_lines=damaged, torn=torn)


def read_remnant(data: bytes) -> str:
    """Return what a journal that cannot be believed may still tell: its upload id and target in words, or nothing.

    Only for people to look at: nothing of it is proven.
    """
    entry = parse_json(data.partition(b"\n")[0].rpartition(b" ")[0])
    if not isinstance(entry, dict):
        return ""
    upload_id, bucket, key = (entry.get(name) for name in ("upload_id", "bucket", "key"))
    if not all(isinstance(text, str) and text and text.isprintable() for text in (upload_id, bucket, key)):
        return ""
    told = tr("upload id {upload_id} to {target}", upload_id=upload_id, target=f"oss://{bucket}/{key}")
    return told[:_REMNANT_MAX]


def _line(entry: Mapping[str, Any]) -> bytes:
    return checked_line(json.dumps(entry, ensure_ascii=True, separators=(",", ":")).encode("ascii"))


def _parse(raw: bytes) -> dict[str, Any] | None:
    text = text_of(raw)
    entry = None if text is None else parse_json(text)
    return entry if isinstance(entry, dict) else None


def _read_header(entry: dict[str, Any] | None) -> CheckpointHeader:
    if entry is None or type(entry.get("format")) is not int or entry["format"] < 1:
        raise CheckpointDamaged(
            tr("The first line of the checkpoint cannot be read."),
            tr("It is set aside; run the upload again, it starts from the beginning."),
        )
    if entry["format"] > FORMAT:
        what = english("The checkpoint has format {number}; this version of oss_jupyter reads up to {most}.")
        raise too_new(what, entry["format"], FORMAT)
    fields = Fields(entry)
    size, part_size = fields.size_and_part_size()
    return CheckpointHeader(
        transfer_id=fields.transfer_id(),
        source=fields.source(),
        target=fields.target(),
        fingerprint=Fingerprint(size, fields.nanoseconds("mtime_ns"), fields.text("file_id")),
        part_size=part_size,
        upload_id=fields.token("upload_id"),
        options=fields.options(),
        place=fields.place(),
        created_at=fields.seconds("created_at"),
        unread=fields.flag("unread"),
        stream=fields.optional_text("stream"),
        profile=fields.optional_text("profile"),
        credentials_given=fields.flag("credentials_given"),
        detached=fields.flag("detached"),
        limit=fields.optional_speed("limit"),
        parallel=fields.optional_parallel("parallel"),
        prove=fields.optional_prove("prove"),
        spooled=fields.optional_text("spooled"),
    )
