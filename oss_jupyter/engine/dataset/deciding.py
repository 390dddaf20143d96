"""What is done with each file, in the order of keys: it is skipped, sent, or handed to the kernel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any

from oss_jupyter.engine.dataset.feed import WorkerFeed
from oss_jupyter.engine.dataset.listing import Listing
from oss_jupyter.engine.dataset.messages import Head, HeadWanted, Planned, ScanEnded, WorkerRequest
from oss_jupyter.engine.dataset.notes import nothing_found
from oss_jupyter.engine.dataset.tally import WorkerTally
from oss_jupyter.errors import PartStopped, SourceError
from oss_jupyter.model.compare import (
    Facts,
    Next,
    Step,
    Unknown,
    checksums_of,
    decide,
    may_be_remembered,
    needs_listing,
    proven_etag,
    vouches,
)
from oss_jupyter.model.dataset import Action, DatasetSource, FileReceipt, FoundFile, Outcome, Piece, Trouble
from oss_jupyter.model.dataset_text import reason_text
from oss_jupyter.model.small_files import FileToSend
from oss_jupyter.model.wire_values import ObjectPage
from oss_jupyter.texts import tr

# What is told of, and is no file that could fail.
_NO_FILES = (Trouble.NOT_A_FILE, Trouble.LINK_LOOP)
_HEADS_MOST = 64
_ROWS_AT_ONCE = 500


class Deciding:
    """One thread runs it; `answered` may be called by another."""

    def __init__(
        self,
        request: WorkerRequest,
        tally: WorkerTally,
        feed: WorkerFeed,
        written: Callable[[FileReceipt], None],
        ask_page: Callable[[str], ObjectPage | None],
        emit: Callable[[Any], object],
    ) -> None:
        self._request = request
        self._parts = request.parts
        self._tally = tally
        self._feed = feed
        self._written = written
        self._emit = emit
        self._prefix = request.target.key
        self._listing = Listing(ask_page)
        self._earlier = self._parts.remembered(request.files_path)
        self._receipts = self._parts.remembered(request.receipts_path)
        self._heads: SimpleQueue[Head | None] = SimpleQueue()
        self._asked: dict[int, tuple[FoundFile, Facts]] = {}
        self._may_look = True
        self._rows: list[tuple[FoundFile, Action, str]] = []
        self._passed: list[FoundFile] = []
        self._stopped: Callable[[], bool] = bool

    def run(self, stopped: Callable[[], bool]) -> None:
        """Go through all files. Raises PartStopped, and what stands in the way of all of them."""
        self._stopped = stopped
        if self._request.source.may_collide and not self._request.only_failed:
            self._parts.refuse_collisions(self._scan())
        if self._request.only_failed:
            self._count_earlier()
        files, nothing = self._scan(), True
        for file in files:
            nothing = False
            self._check()
            self._take(file)
            while self._asked and (len(self._asked) >= _HEADS_MOST or not self._heads.empty()):
                self._take_head()
        while self._asked:
            self._take_head()
        self._tell_rows()
        passed_over = getattr(files, "passed_over", None)
        if nothing and self._request.source.pieces and not self._request.only_failed:
            raise nothing_found(self._request.source.text, passed_over)
        self._emit(ScanEnded(passed_over, tuple(self._passed), self._listing.permitted, self._may_look))

    def answered(self, head: Head | None) -> None:
        """Take what HEAD said; None: there will be no more answers."""
        self._heads.put(head)

    def _source(self) -> DatasetSource:
        if not self._request.only_failed:
            return self._request.source
        failed = self._earlier.receipts(Outcome.FAILED)
        pieces = (Piece(one.path, one.key.removeprefix(self._prefix), is_file=True) for one in failed)
        return replace(self._request.source, pieces=tuple(pieces))

    def _count_earlier(self) -> None:
        """Count what earlier runs have dealt with: who tries the rest once more still sees all of it."""
        for receipt in self._earlier.receipts(Outcome.SENT, Outcome.KEPT, Outcome.SKIPPED):
            self._check()
            outcome = Outcome.SKIPPED if receipt.outcome is Outcome.SKIPPED else Outcome.KEPT
            self._tally.ended(self._tally.found(receipt.size), replace(receipt, outcome=outcome))

    def _check(self) -> None:
        if self._stopped():
            raise PartStopped("The dataset was stopped.")

    def _scan(self) -> Iterator[FoundFile]:
        return self._parts.scan(self._source(), self._request.selection, self._stopped, self._prefix)

    def _take(self, file: FoundFile) -> None:
        if file.trouble in _NO_FILES:
            self._passed.append(file)
            self._plan(file, Action.CANNOT, file.why)
            return
        number = self._tally.found(file.size)
        if file.trouble:
            self._fail(number, file, file.trouble.code, reason_text(file.why))
        elif not self._as_planned(file):
            self._fail(number, file, "SourceChanged", tr("It has changed since the plan was made."))
        elif self._sent_before(file):
            self._kept(number, file)
        elif self._skipped_by_plan(file):
            self._skip_as_planned(number, file)
        else:
            self._decide(number, file)

    def _as_planned(self, file: FoundFile) -> bool:
        planned = self._request.planned
        return planned is None or planned.get(file.key, ())[:2] == (file.size, file.mtime_ns)

    def _skipped_by_plan(self, file: FoundFile) -> bool:
        return self._request.planned is not None and self._request.planned[file.key][2]

    def _sent_before(self, file: FoundFile) -> bool:
        """Whether an earlier run of this same job has dealt with the file as it is now."""
        known = None if self._request.only_plan else self._earlier.get(self._key(file), file.path)
        if known is None or (known.size, known.mtime_ns) != (file.size, file.mtime_ns):
            return False
        if known.outcome is Outcome.SKIPPED:
            return vouches(self._earlier.receipt(self._key(file), file.path))
        return known.outcome is not Outcome.FAILED

    def _decide(self, number: int, file: FoundFile) -> None:
        compare, force = self._request.compare, self._request.force
        there = self._listing.find(self._key(file)) if needs_listing(compare, force) else Unknown.NOT_ASKED
        self._follow(number, Facts(file, there, self._remembered(file)))

    def _follow(self, number: int, facts: Facts) -> None:
        """Decide, and find out what that takes; once HEAD was refused it is asked no more."""
        if not self._may_look:
            facts = replace(facts, head=Unknown.NOT_PERMITTED)
        try:
            while (step := self._step(facts)).next is Next.CHECKSUMS:
                sums = self._parts.checksums(
                    facts.file.path, facts.file.size, facts.file.mtime_ns, step.wanted, self._stopped
                )
                facts = replace(facts, checksums=sums)
        except SourceError as error:
            self._fail(number, facts.file, error.code, error.what)
            return
        if step.next is Next.HEAD:
            self._asked[number] = (facts.file, facts)
            self._emit(HeadWanted(number, self._key(facts.file)))
            if self._request.only_plan:  # its rows keep their order
                self._take_head()
        elif step.next is Next.SKIP:
            self._skip(number, facts, step)
        else:
            self._send(number, facts.file, step)

    def _step(self, facts: Facts) -> Step:
        return decide(facts, self._request.compare, force=self._request.force)

    def _take_head(self) -> None:
        try:
            head = self._heads.get(timeout=0.5)
        except Empty:
            head = None
        self._check()
        if head is not None and head.number in self._asked:
            _, facts = self._asked.pop(head.number)
            self._may_look = self._may_look and head.permitted
            self._follow(head.number, replace(facts, head=head.head if head.answered else Unknown.NOT_PERMITTED))

    def _remembered(self, file: FoundFile) -> FileReceipt | None:
        """Return the receipt of an earlier run for the same object."""
        key = self._key(file)
        known: FileReceipt | None = self._receipts.receipt(key, file.path) or self._earlier.receipt(key, file.path)
        return known

    def _skip(self, number: int, facts: Facts, step: Step) -> None:
        assert step.why is not None
        self._plan(facts.file, Action.SKIP, step.why.key)
        etag, sums = proven_etag(facts, step), checksums_of(facts)
        self._end(number, facts.file, Outcome.SKIPPED, etag=etag, md5=sums.md5, crc64=sums.crc64)

    def _skip_as_planned(self, number: int, file: FoundFile) -> None:
        """Skip what a plan has found to be there, with the proof that an earlier run has left of it."""
        known = self._remembered(file)
        if known is None or not vouches(known) or (known.size, known.mtime_ns) != (file.size, file.mtime_ns):
            self._end(number, file, Outcome.SKIPPED)
            return
        receipt = replace(known, outcome=Outcome.SKIPPED)
        self._written(receipt)
        self._tally.ended(number, receipt)

    def _send(self, number: int, file: FoundFile, step: Step) -> None:
        assert step.why is not None
        self._plan(file, Action.SEND, step.why.key)
        if self._request.only_plan:
            return
        key, request = self._key(file), self._request
        kind = request.content_type or self._parts.content_type(key, file.path, encoded=request.content_encoded)
        one = FileToSend(number, file.path, key, file.size, file.mtime_ns, kind)
        if file.size <= request.small_most_bytes:
            self._feed.put(one)
        else:
            self._feed.hand(one)

    def _kept(self, number: int, file: FoundFile) -> None:
        self._tally.ended(number, FileReceipt(file.path, self._key(file), file.size, file.mtime_ns, Outcome.KEPT))

    def _fail(self, number: int, file: FoundFile, code: str, reason: str) -> None:
        self._plan(file, Action.CANNOT, file.why or reason)
        self._end(number, file, Outcome.FAILED, code=code, reason=reason)

    def _end(self, number: int, file: FoundFile, outcome: Outcome, **more: Any) -> None:
        receipt = FileReceipt(file.path, self._key(file), file.size, _believable(file.mtime_ns), outcome, **more)
        if not self._request.only_plan:
            self._written(receipt)
        self._tally.ended(number, receipt)

    def _plan(self, file: FoundFile, action: Action, reason: str) -> None:
        if self._request.only_plan:
            self._rows.append((replace(file, key=self._key(file)), action, reason))
            if len(self._rows) >= _ROWS_AT_ONCE:
                self._tell_rows()

    def _tell_rows(self) -> None:
        if self._rows:
            self._emit(Planned(tuple(self._rows)))
            self._rows = []

    def _key(self, file: FoundFile) -> str:
        return self._prefix + file.key


def _believable(mtime_ns: int) -> int:
    """Return the mtime by which a file may be recognised later, 0 where it is too young for that."""
    return mtime_ns if may_be_remembered(mtime_ns, time.time_ns()) else 0
