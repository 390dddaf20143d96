"""What a dataset that has come to its end leaves in the user's hand: counts, bytes, and why some files failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Annotated, Any

from oss_jupyter.errors import FilesFailed, InputError
from oss_jupyter.model.dataset import FailedFile, FileReceipt, Outcome
from oss_jupyter.model.dataset_snippets import dataset_snippet, format_of_all
from oss_jupyter.model.dataset_text import failure_lines, files, files_pace, nothing_sent, outcomes_line
from oss_jupyter.model.described import described
from oss_jupyter.model.frames import frame, write_csv
from oss_jupyter.model.reach import Reached
from oss_jupyter.model.signed_url import SignedUrl, parse_expires
from oss_jupyter.model.sizes import count, format_duration, format_size, format_speed
from oss_jupyter.model.target import make_target, parse_prefix
from oss_jupyter.names import printable
from oss_jupyter.texts import about, bracketed, clauses, english, listed, tr

# So many failures are kept in memory; all of them are among the receipts of the files.
FAILURES_MOST = 1000
_NAMED = 3
# Files by which is told what a dataset holds.
_LOOKED_AT = 1000
_COUNTED = {
    Outcome.SENT: english("{number} sent"),
    Outcome.KEPT: english("{number} kept"),
    Outcome.SKIPPED: english("{number} skipped"),
    Outcome.FAILED: english("{number} failed"),
}

Saved = Callable[[], Iterable[FileReceipt]]


@described
@dataclass(frozen=True, repr=False)
class DatasetReceipt(Reached):
    """What is known of a dataset that has come to its end. Every file counts once.

    files() goes through the receipts of all files, to_frame() and to_csv(path) give them as a table, and
    raise_for_failed() raises FilesFailed where some were not sent. snippet(kind) is a cell that reads them all, and
    signed_url(key=...) makes a link to one.
    """

    id: Annotated[str, "Of the transfer."]
    url: Annotated[str, "oss://bucket/prefix, with which all keys begin."]
    sent: Annotated[int, "Files sent by this run."] = 0
    sent_bytes: Annotated[int, "Bytes of them."] = 0
    kept: Annotated[int, "Files sent by earlier runs."] = 0
    kept_bytes: Annotated[int, "Bytes of them."] = 0
    skipped: Annotated[int, "Files whose objects were there already."] = 0
    skipped_bytes: Annotated[int, "Bytes of them."] = 0
    failed: Annotated[int, "Files that could not be sent."] = 0
    failed_bytes: Annotated[int, "Bytes of them."] = 0
    seconds: Annotated[float, "Of this run."] = 0.0
    retries: Annotated[int, "How often something was tried again."] = 0
    resent_bytes: Annotated[int, "Over the wire once more."] = 0
    failures: Annotated[tuple[FailedFile, ...], "The first 1,000 that failed, with the reasons."] = ()
    saved: Annotated[Saved | None, "Where the receipts of the files are found."] = field(default=None, compare=False)

    def __repr__(self) -> str:
        counts = (tr(_COUNTED[one], number=f"{number:,}") for one, number, _ in self.outcomes if number)
        return printable(f"<DatasetReceipt {about(self.url, clauses(count(self.total, 'file'), *counts))}>")

    def __str__(self) -> str:
        """Return how it ended, and the first failures with their reasons, a line each."""
        return "\n".join((self.heading, *failure_lines(self.failures, self.failed)))

    def __getstate__(self) -> dict[str, Any]:
        """What can be pickled: the counts and failures go anywhere, the place of the rest is of this computer."""
        return vars(replace(self, saved=None)).copy()

    @property
    def total(self) -> int:
        """How many files there are, whatever became of them."""
        return self.sent + self.kept + self.skipped + self.failed

    @property
    def total_bytes(self) -> int:
        """How many bytes they have."""
        return self.sent_bytes + self.kept_bytes + self.skipped_bytes + self.failed_bytes

    @property
    def heading(self) -> str:
        """How it ended, in one line."""
        return printable(about(self.url, receipt_line(self)))

    @property
    def sent_nothing(self) -> bool:
        """Whether every object was there before anything was sent by this run."""
        return not self.sent and not self.failed

    @property
    def outcomes(self) -> tuple[tuple[Outcome, int, int], ...]:
        """For each outcome how many files, and how many bytes."""
        return (
            (Outcome.SENT, self.sent, self.sent_bytes),
            (Outcome.KEPT, self.kept, self.kept_bytes),
            (Outcome.SKIPPED, self.skipped, self.skipped_bytes),
            (Outcome.FAILED, self.failed, self.failed_bytes),
        )

    def raise_for_failed(self) -> None:
        """Do nothing where all files are in OSS; else raise FilesFailed, with the first reasons."""
        if not self.failed:
            return
        there = self.total - self.failed
        raise FilesFailed(
            self._what_failed(),
            tr('Clear up the reasons, then oj.resume("{id}") takes only those files.', id=self.id),
            safe=tr("{files} in OSS.", files=count(there, "file is", "files are")) if there else "",
        )

    def _what_failed(self) -> str:
        failed, total = f"{self.failed:,}", count(self.total, "file")
        reasons = [bracketed(one.path, (one.reason or one.code).rstrip(".。")) for one in self.failures[:_NAMED]]
        if not reasons:
            return tr("{number} of {files} could not be sent.", number=failed, files=total)
        if len(reasons) == _NAMED < self.failed:
            reasons.append(tr("and {number} more", number=f"{self.failed - _NAMED:,}"))
        return tr(
            "{number} of {files} could not be sent: {reasons}.",
            number=failed,
            files=total,
            reasons=listed(reasons, ";"),
        )

    def files(self) -> Iterator[FileReceipt]:
        """Go through the receipts of all files, as they are read from where they are saved. Raises InputError."""
        if self.saved is None:
            raise InputError(
                tr(
                    "The receipts of the single files are not at hand: none were saved, or this is a copy of the "
                    "receipt."
                ),
                tr("The counts and the first failures are in the receipt itself."),
                code="NotSaved",
            )
        return iter(self.saved())

    def signed_url(self, expires: object = "1h", *, key: str = "") -> SignedUrl:
        """Return a link to one file, named by its whole key or by what stands behind the prefix; see Receipt.

        Raises InputError, CredentialsError.
        """
        prefix = parse_prefix(self.url)
        if not isinstance(key, str) or not key or key.endswith("/"):
            raise _no_link()
        seconds = parse_expires(expires)
        target = make_target(prefix.bucket, key if key.startswith(prefix.key) else prefix.key + key)
        return self._reach_to(prefix).signed_url(target, seconds)

    def snippet(self, kind: str = "") -> str:
        """Return a cell that reads all files of the dataset as one table; see Receipt.

        Where there are several kinds of tables, those of the kind that most of the first files have. Raises InputError,
        also as `files` does.
        """
        prefix = parse_prefix(self.url)
        found = format_of_all(one.key for one in islice(self.files(), _LOOKED_AT))
        return dataset_snippet(kind, prefix, found, *self._place_of(prefix))

    def to_frame(self) -> Any:
        """Return the receipts of all files as a pandas.DataFrame; names that are no Unicode are written out in it.

        Raises PackageMissing, and InputError as `files` does.
        """
        return frame(FileReceipt, self.files())

    def to_csv(self, path: Any) -> None:
        """Write the receipts of all files to a file of CSV in UTF-8, named by a text or a Path.

        A text that a spreadsheet would take for a formula has an apostrophe before it. Raises InputError as `files`
        does, and OSError where the file cannot be written.
        """
        rows = self.files()
        with open(path, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - the model has no paths of its own
            write_csv(file, FileReceipt, rows)


def _no_link() -> InputError:
    return InputError(
        tr("A dataset has no link of its own: each of its files has one."),
        tr('Name a file: receipt.signed_url("1h", key="name.csv"); receipt.files() tells their keys.'),
        code="NoLink",
    )


def receipt_line(receipt: DatasetReceipt) -> str:
    """Return how a dataset ended, without its name: what is there, how long it took, and what became of the files."""
    size = format_size(receipt.total_bytes)
    if receipt.sent_nothing:
        return " · ".join((nothing_sent(receipt.total), *([size] if receipt.total else [])))
    took = [format_duration(receipt.seconds, tenths=True)]
    if receipt.sent and receipt.seconds:
        took += [format_speed(receipt.sent_bytes / receipt.seconds), files_pace(receipt.sent / receipt.seconds)]
    outcomes = ((outcome, number) for outcome, number, _ in receipt.outcomes)
    return " · ".join((files(receipt.total), size, *took, outcomes_line(outcomes)))
