"""What unfinished uploads a bucket holds, what they cost, and the rule that removes them. Values and text, no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from html import escape
from typing import Any, Protocol

from oss_jupyter.errors import InputError
from oss_jupyter.model import leftover_text
from oss_jupyter.model.ages import parse_age
from oss_jupyter.model.columns import columns
from oss_jupyter.model.frames import frame
from oss_jupyter.model.leftover_text import cells
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.model.target import Target
from oss_jupyter.names import printable
from oss_jupyter.redact import quoted
from oss_jupyter.texts import english, tr

# Of a long list the first and the last rows are shown.
ROWS_SHOWN = 20
RULE_DAYS = 7
# What the service bills by: 1 GB of it has 1024^3 bytes (documentation "Storage fees").
_GB = 1024**3
_NONE_BEGINS_SO = english("No unfinished upload here has an id that begins with {begin}.")
_TWO_BEGIN_SO = english("More than one unfinished upload has an id that begins with {begin}.")


class Owner(Enum):
    """Who knows of an upload, as far as this computer can tell."""

    LIVE = english("being sent")
    KEPT = english("checkpoint here")
    UNKNOWN = english("unknown")

    def __str__(self) -> str:
        return tr(self.value)


@dataclass(frozen=True)
class Leftover:
    """An unfinished multipart upload. begun_at: in UTC. parts, size_bytes: None where they were not counted."""

    key: str
    upload_id: str
    begun_at: datetime
    age_seconds: float
    owner: Owner = Owner.UNKNOWN
    parts: int | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, repr=False)
class Removed:
    """What `Leftovers.remove` did: uploads that are gone, and those that stay, each with the reason."""

    gone: tuple[Leftover, ...]
    stay: tuple[tuple[Leftover, str], ...]

    def __str__(self) -> str:
        size = sum(one.size_bytes or 0 for one in self.gone)
        uploads = count(len(self.gone), "unfinished upload")
        told = tr("{uploads} removed from OSS.", uploads=uploads)
        if size:
            told = tr("{uploads} ({size}) removed from OSS.", uploads=uploads, size=format_size(size))
        return "\n".join([told, *self.reasons()])

    def __repr__(self) -> str:
        uploads, others = count(len(self.gone), "unfinished upload"), f"{len(self.stay):,}"
        return tr("<Removed: {uploads} gone, {others} not>", uploads=uploads, others=others)

    def reasons(self) -> list[str]:
        """Return how many stay and why, a line for each reason."""
        numbers = Counter(why for _, why in self.stay)
        return [
            tr(
                "{uploads} stays: {why}" if number == 1 else "{uploads} stay: {why}",
                uploads=count(number, "upload"),
                why=why,
            )
            for why, number in numbers.items()
        ]


class Bucket(Protocol):
    """Where the uploads are. What it cannot ask or do it raises as OssJupyterError."""

    def counted(self, rows: Sequence[Leftover], most: int) -> tuple[list[Leftover], list[str]]:
        """Return the rows, the first `most` with their parts, and what hindered that."""

    def judged(self, chosen: Sequence[Leftover], *, force: bool) -> Removed:
        """Return what `remove` would do at this moment."""

    def remove(self, chosen: Sequence[Leftover], *, force: bool) -> Removed:
        """Remove what may be removed. force: also what is young, or has a checkpoint here."""

    def adopt(self, one: Leftover, file: Any) -> Any:
        """Carry on with an upload from a local file."""


@dataclass(frozen=True)
class Leftovers:
    """The unfinished uploads below a place, by key and upload id; a table where it is shown.

    place: bucket and prefix. prices: what a GB costs a month, by storage class, in `currency`, "" where that is not
    known. notes: what could not be found out. The service does not tell the storage class of an upload in its list, so
    costs are told for each class.
    """

    place: Target
    rows: tuple[Leftover, ...]
    prices: Mapping[str, float]
    currency: str
    notes: tuple[str, ...] = ()
    _bucket: Bucket | None = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Leftover]:
        return iter(self.rows)

    def __repr__(self) -> str:
        uploads = count(len(self.rows), "unfinished upload")
        return tr("<Leftovers of {place}: {uploads}>", place=printable(str(self.place)), uploads=uploads)

    def __str__(self) -> str:
        return "\n".join([self.heading, *([columns([self.header, *self.shown()])] if self.rows else []), *self.below()])

    @property
    def size_bytes(self) -> int:
        """Bytes of all parts that were counted."""
        return sum(one.size_bytes or 0 for one in self.rows)

    @property
    def newest(self) -> Leftover | None:
        """The upload that was begun last."""
        return min(self.rows, key=lambda one: one.age_seconds, default=None)

    @property
    def oldest(self) -> Leftover | None:
        """The upload that was begun first."""
        return max(self.rows, key=lambda one: one.age_seconds, default=None)

    @property
    def monthly_cost(self) -> dict[str, float]:
        """What the counted parts cost a month if all were of one storage class, by class, in `currency`."""
        return {name: self.size_bytes / _GB * price for name, price in self.prices.items()}

    @property
    def heading(self) -> str:
        """How many, how much, from when to when."""
        return leftover_text.heading(self.place, self.rows)

    @property
    def header(self) -> tuple[str, ...]:
        """What stands above the cells of the rows."""
        return leftover_text.header()

    def shown(self) -> list[tuple[str, ...]]:
        """Return the cells of the first and last rows."""
        half = ROWS_SHOWN // 2
        if len(self.rows) <= ROWS_SHOWN:
            return [cells(one) for one in self.rows]
        more = ("", f"… {count(len(self.rows) - ROWS_SHOWN, 'more', 'more')}", "", "", "", "")
        return [*map(cells, self.rows[:half]), more, *map(cells, self.rows[-half:])]

    def below(self) -> list[str]:
        """Return what stands below the table: costs, and what was not found out."""
        if not self.size_bytes:
            return list(self.notes)
        told, *whose = leftover_text.costs(self.monthly_cost, self.currency)
        return [told, *self.notes, *whose]

    def in_a_sentence(self) -> str:
        """Return how much they hold and what the first storage class costs a month, as far as it was counted."""
        return leftover_text.in_a_sentence(self.rows, self.monthly_cost, self.currency)

    def remove(
        self, upload_id: str | None = None, *, older_than: str | float | None = None, force: bool = False
    ) -> Removed:
        """Remove one upload, whose id begins with `upload_id`, or all that are older than a time like ``"7d"``.

        What your kernels on this computer and the process behind detach say they are sending stays in any case. What
        was begun within the last day, and what a checkpoint here can carry on, stays without `force`: another computer
        may be sending the first.

        Raises InputError where nothing, or more than one, is meant, and what the service says against it.
        """
        return self._in_bucket.remove(self.chosen(upload_id, older_than=older_than), force=force)

    def would_remove(
        self, upload_id: str | None = None, *, older_than: str | float | None = None, force: bool = False
    ) -> Removed:
        """Return what `remove` would do, and do nothing. Raises InputError."""
        return self._in_bucket.judged(self.chosen(upload_id, older_than=older_than), force=force)

    def counted(self, rows: Sequence[Leftover], most: int) -> Leftovers:
        """Return some of them alone, the first `most` with their parts and bytes, a request for each."""
        found, notes = self._in_bucket.counted(rows, most)
        return replace(self, rows=tuple(found), notes=tuple(notes))

    def adopt(self, upload_id: str, file: Any) -> Any:
        """Carry on with the upload whose id begins with `upload_id`, from a local file, and return its Transfer.

        For a checkpoint that is lost: each part that is there is compared with the file by CRC-64, and only what
        differs or is missing is sent. Access, storage class and encryption stay those that the upload was begun with.

        Raises InputError where the parts cannot be those of the file, TransferBusy where a kernel here sends them.
        """
        (one,) = self.chosen(upload_id)
        return self._in_bucket.adopt(one, file)

    @property
    def _in_bucket(self) -> Bucket:
        assert self._bucket is not None, "only a list that was asked for can act"
        return self._bucket

    def chosen(self, upload_id: str | None = None, *, older_than: str | float | None = None) -> tuple[Leftover, ...]:
        """Return what `remove` would try to remove. Raises InputError."""
        if (upload_id is None) == (older_than is None):
            what = tr("Nothing says which unfinished uploads are meant.")
            if upload_id is not None:
                what = tr("An upload id and an age are given, and only one of them can say which uploads are meant.")
            raise InputError(what, tr('Give the beginning of an upload id, or older_than="7d".'))
        if older_than is not None:
            least = parse_age(older_than)
            return tuple(one for one in self.rows if one.age_seconds >= least)
        found = tuple(one for one in self.rows if upload_id and one.upload_id.startswith(upload_id))
        if len(found) != 1:
            what = tr(_TWO_BEGIN_SO if found else _NONE_BEGINS_SO, begin=quoted(upload_id))
            raise InputError(what, tr("Write more of its id, or list anew."))
        return found

    def lifecycle_rule(self, days: int = RULE_DAYS) -> str:
        """Return a rule, as XML, by which the bucket itself removes what has been unfinished for so many days."""
        prefix = escape(self.place.key, quote=False)
        return (
            "<LifecycleConfiguration>\n  <Rule>\n    <ID>remove-unfinished-uploads</ID>\n"
            f"    <Prefix>{prefix}</Prefix>\n    <Status>Enabled</Status>\n"
            f"    <AbortMultipartUpload><Days>{days}</Days></AbortMultipartUpload>\n"
            "  </Rule>\n</LifecycleConfiguration>"
        )

    def to_frame(self) -> Any:
        """Return the rows as a pandas.DataFrame. Raises PackageMissing."""
        return frame(Leftover, self.rows)
