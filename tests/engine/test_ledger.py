"""The book of parts by itself: what it adds up, whatever parts do, at times that the test names."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from oss_jupyter.crc64 import crc64
from oss_jupyter.engine.ledger import Ledger
from oss_jupyter.engine.part_detail import PartDetail
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.progress import PartState, PartsView
from oss_jupyter.model.speed_meter import SPEED_FIRST_SECONDS
from oss_jupyter.model.wire_values import PartReceipt

DATA = bytes(range(200)) + b"end"
PLAN = Plan(len(DATA), 50)  # four full parts, and one of three bytes


def receipt_of(number: int) -> PartReceipt:
    """What the service says of a part."""
    part = PLAN.part(number)
    return PartReceipt(number, f"etag {number}", crc64(DATA[part.offset : part.offset + part.length]), seconds=2.0)


class Book:
    """A ledger with a clock, and each part's dials at hand."""

    def __init__(self, *kept: int, plan: Plan = PLAN) -> None:
        self.now = 100.0
        self.ledger = Ledger(plan)
        self.gauges: dict[int, LocalGauge] = {}
        self.begin(*kept, plan=plan)

    def begin(self, *kept: int, plan: Plan = PLAN) -> None:
        """Begin a run with the receipts of these parts."""
        self.ledger.begin(plan, {number: receipt_of(number) for number in kept}, self.now)

    def start(self, number: int, sent_bytes: int = 0) -> int:
        """Put a part on the wire, and return which attempt it is."""
        self.gauges[number] = LocalGauge()
        attempt = self.ledger.started(number, self.gauges[number], self.now)
        self.gauges[number].sent_bytes = sent_bytes
        return attempt

    def confirm(self, number: int) -> None:
        """Let the service confirm it."""
        self.ledger.confirmed(receipt_of(number))

    def send(self, *numbers: int) -> None:
        """Send parts to their end."""
        for number in numbers:
            self.start(number, PLAN.part(number).length)
            self.confirm(number)

    def fail(self, number: int, state: PartState, error: str = "") -> None:
        """Take it off the wire without a receipt."""
        self.ledger.failed(number, state, error)

    def see(self) -> PartsView:
        """What a snapshot shows of it now."""
        return self.ledger.view(self.now)

    def detail(self, number: int) -> PartDetail:
        """What is shown of one part."""
        return self.ledger.detail(number, self.now)

    def pass_time(self, seconds: float) -> None:
        """Sample four times a second, as a run does."""
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            self.ledger.sample(self.now)


def test_kept_sent_and_on_the_wire_are_told_apart() -> None:
    """A bar that counted kept parts as sent would show a speed that nobody had."""
    book = Book(1, 5)
    book.send(2)
    book.start(3, sent_bytes=20)
    seen = book.see()
    assert (seen.kept_bytes, seen.confirmed_bytes, seen.in_flight_bytes) == (53, 50, 20)
    assert (seen.shown_bytes, seen.sent_bytes, seen.total_bytes) == (123, 70, 203)
    assert (seen.parts_kept, seen.parts_done, seen.parts_total) == (2, 1, 5)
    assert list(seen.part_states) == [
        PartState.KEPT,
        PartState.DONE,
        PartState.ON_THE_WIRE,
        PartState.WAITING,
        PartState.KEPT,
    ]
    assert book.ledger.missing() == [3, 4]


def test_a_part_in_the_helpers_queue_is_not_on_the_wire() -> None:
    """Before its first byte it waits for a connection, and a card that showed it as moving would be wrong for long."""
    book = Book()
    book.start(1)
    assert book.see().part_states[0] == book.detail(1).state == PartState.WAITING
    assert book.see().flights == ()
    book.gauges[1].sent_bytes = 10
    assert book.see().part_states[0] == book.detail(1).state == PartState.ON_THE_WIRE
    (flight,) = book.see().flights
    assert (flight.part_number, flight.length, flight.sent_bytes, flight.attempt) == (1, 50, 10, 1)


def test_the_bar_never_goes_back() -> None:
    """A part that breaks off takes its bytes away, and a bar that jumps back looks like lost work."""
    book = Book()
    book.start(1, sent_bytes=40)
    before = book.see().shown_bytes
    book.fail(1, PartState.RETRYING, "reset")
    assert book.see().in_flight_bytes == 0
    assert book.see().shown_bytes == before == 40
    book.begin()
    assert book.see().shown_bytes == 0  # a new run says how it really stands


def test_what_went_twice_is_counted_once_more_and_no_more() -> None:
    """Whoever pays for traffic learns what a bad line cost: of each attempt what had gone before."""
    book = Book()
    book.start(1, sent_bytes=30)
    book.fail(1, PartState.RETRYING, "reset")
    assert book.see().resent_bytes == 0
    book.start(1, sent_bytes=40)
    assert book.see().resent_bytes == 30
    book.fail(1, PartState.RETRYING, "reset")
    book.send(1)
    seen = book.see()
    assert (seen.sent_bytes, seen.resent_bytes, seen.retries) == (50, 30 + 40, 2)


def test_a_stop_is_no_attempt_and_a_failure_is() -> None:
    """A user who pauses often must not run out of the attempts that are meant for a bad line."""
    book = Book()
    assert book.start(1) == 1
    book.fail(1, PartState.WAITING)
    assert book.start(1) == 1
    book.fail(1, PartState.RETRYING, "reset")
    assert book.start(1) == 2
    assert book.detail(1).error == "reset"
    book.confirm(1)
    assert (book.detail(1).error, book.detail(1).attempts) == ("", 2)


def test_what_a_part_met_is_told_until_it_has_arrived() -> None:
    """Somebody who sees nothing move wants to know why."""
    book = Book()
    book.send(1)
    assert book.see().latest_error == ""
    book.start(2, 10)
    book.fail(2, PartState.RETRYING, "reset")
    assert book.see().latest_error == "reset"
    book.send(2)
    assert book.see().latest_error == ""


def test_a_part_that_was_sent_to_its_end_here_is_not_from_before() -> None:
    """A pause may come between a part and its answer; then OSS has it, and it is this run's own work."""
    book = Book()
    book.start(1, 50)
    book.fail(1, PartState.WAITING)
    book.start(2, 49)
    book.fail(2, PartState.WAITING)
    assert book.ledger.sent_whole == {1}
    book.begin(1, 2)
    seen = book.see()
    assert (seen.confirmed_bytes, seen.kept_bytes) == (50, 50)
    book.begin(1, 2, plan=Plan(len(DATA), 60))
    assert book.ledger.sent_whole == frozenset()


def test_the_part_that_is_tried_most_often() -> None:
    """A long silence is told with the number of the retry, on the wire and between two attempts."""
    book = Book()
    book.start(1, 10)
    assert book.ledger.most_retried() == 0
    for _ in range(3):
        book.start(2, 10)
        book.fail(2, PartState.RETRYING, "reset")
    assert book.ledger.most_retried() == 3
    book.start(2, 10)
    assert book.ledger.most_retried() == 3
    book.confirm(2)
    assert book.ledger.most_retried() == 0


def test_a_part_with_other_bytes_waits_again() -> None:
    """A receipt that no longer counts is not completed with, whether it was kept or sent here."""
    book = Book(1, 2)
    book.send(3, 4, 5)
    assert book.ledger.whole_crc64() == crc64(DATA)
    book.ledger.lose(1)
    book.ledger.lose(3)
    assert book.ledger.missing() == [1, 3]
    assert book.ledger.whole_crc64() is None
    assert (book.see().kept_bytes, book.see().confirmed_bytes) == (50, 53)
    book.send(3, 1)
    assert [receipt.part_number for receipt in book.ledger.receipts()] == [1, 2, 3, 4, 5]
    assert book.ledger.whole_crc64() == crc64(DATA)


def test_a_second_run_keeps_done_what_was_done_here() -> None:
    """After a pause a part that was sent in this kernel is not shown as one from an earlier one."""
    book = Book(1)
    book.send(2)
    book.start(3, sent_bytes=10)
    book.begin(1, 2)
    assert list(book.see().part_states[:3]) == [PartState.KEPT, PartState.DONE, PartState.WAITING]
    book.begin(1, 2, plan=Plan(len(DATA), 60))
    assert list(book.see().part_states[:2]) == [PartState.KEPT, PartState.KEPT]  # other parts have these numbers


def test_speed_and_time_left() -> None:
    """A speed of the first moment would be a guess, and a guess of hours frightens people."""
    book = Book(plan=Plan(10_000, 10_000))
    book.start(1)
    while book.now < 100 + SPEED_FIRST_SECONDS:
        assert (book.see().bytes_per_second, book.see().left_seconds) == (None, None)
        book.pass_time(0.25)
        book.gauges[1].sent_bytes += 100
    book.pass_time(0.25)
    assert book.see().bytes_per_second == pytest.approx(400, rel=0.2)
    assert book.see().left_seconds == pytest.approx((10_000 - 800) / 400, rel=0.2)


def test_silence_is_since_bytes_last_moved() -> None:
    """A stalled line is told by its silence; comparing with the file is none, because nothing is expected then."""
    book = Book()
    book.start(1, sent_bytes=10)
    book.pass_time(1)
    book.pass_time(7)
    assert book.see().silent_seconds == pytest.approx(7.75)
    assert book.ledger.moved_at == pytest.approx(100.25)
    book.ledger.rest(book.now)
    assert book.see().silent_seconds == 0
    book.gauges[1].sent_bytes += 1
    book.pass_time(0.25)
    assert book.see().silent_seconds == 0


def test_the_version_moves_with_everything_but_bytes() -> None:
    """The card sends its map only where the version has changed, so nothing may change without it."""
    book = Book()
    versions = [book.see().version]

    def has_moved() -> bool:
        versions.append(book.see().version)
        return bool(versions[-1] > versions[-2])

    book.start(1)
    assert has_moved()
    book.gauges[1].sent_bytes = 30
    assert not has_moved()
    book.fail(1, PartState.RETRYING, "reset")
    assert has_moved()
    book.send(1)
    assert has_moved()
    book.ledger.lose(1)
    assert has_moved()
    book.begin(2)
    assert has_moved()


def test_how_long_a_part_took() -> None:
    """While it is on the wire its time runs; afterwards it is what the sender measured."""
    book = Book()
    book.start(1, sent_bytes=1)
    book.now += 3
    assert book.detail(1).seconds == pytest.approx(3)
    book.confirm(1)
    book.now += 50
    assert book.detail(1).seconds == 2.0
    with pytest.raises(IndexError):
        book.detail(6)


class AnyOrder(RuleBasedStateMachine):
    """Parts that start, move, fail, arrive and are lost in any order, and runs that begin anew."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.line_bytes = 0  # that went over the line, of whatever attempt
        self.furthest = dict.fromkeys(range(1, len(PLAN) + 1), 0)  # how far any attempt of a part came

    @property
    def flying(self) -> list[int]:
        """The parts that are on the wire."""
        return sorted(self.book.gauges)

    @rule(number=st.integers(1, 5))
    def start(self, number: int) -> None:
        """Only a part that is missing is sent."""
        if number in self.book.ledger.missing() and number not in self.flying:
            self.book.start(number)

    @rule(pick=st.integers(0, 4), count=st.integers(1, 50))
    def move(self, pick: int, count: int) -> None:
        """Some bytes go, of the part that is picked."""
        if self.flying:
            number = self.flying[pick % len(self.flying)]
            gauge = self.book.gauges[number]
            self._go(number, min(count, PLAN.part(number).length - gauge.sent_bytes))

    @rule(pick=st.integers(0, 4), how=st.sampled_from(["confirmed", "retry", "stop", "failed"]))
    def end(self, pick: int, how: str) -> None:
        """A part leaves the wire."""
        if not self.flying:
            return
        number = self.flying[pick % len(self.flying)]
        gauge = self.book.gauges[number]
        if how == "confirmed":
            self._go(number, PLAN.part(number).length - gauge.sent_bytes)
            self.book.confirm(number)
        elif how == "retry":
            self.book.fail(number, PartState.RETRYING, "reset")
        elif how == "stop":
            self.book.fail(number, PartState.WAITING)
        else:
            self.book.fail(number, PartState.FAILED, "refused")
        del self.book.gauges[number]

    @rule(number=st.integers(1, 5))
    def lose(self, number: int) -> None:
        """The file has other bytes there now."""
        if number not in self.book.ledger.missing():
            self.book.ledger.lose(number)

    @rule(seconds=st.floats(0.25, 5))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.book.pass_time(seconds)

    def _go(self, number: int, count: int) -> None:
        gauge = self.book.gauges[number]
        gauge.sent_bytes += count
        self.line_bytes += count
        self.furthest[number] = max(self.furthest[number], gauge.sent_bytes)

    @invariant()
    def it_adds_up(self) -> None:
        """The sums that a user can check are right at every moment."""
        seen, ledger = self.book.see(), self.book.ledger
        done = seen.kept_bytes + seen.confirmed_bytes
        assert done == sum(PLAN.part(receipt.part_number).length for receipt in ledger.receipts())
        assert done + seen.in_flight_bytes <= seen.shown_bytes <= len(DATA)
        assert len(ledger.receipts()) + len(ledger.missing()) == len(PLAN)
        assert seen.parts_done + seen.parts_kept == len(ledger.receipts())
        assert (ledger.whole_crc64() is None) is bool(ledger.missing())

    @invariant()
    def every_byte_of_the_line_is_counted(self) -> None:
        """What went is what went for the first time and what went once more; no byte is free, and none counts twice."""
        assert sum(self.furthest.values()) + self.book.see().resent_bytes == self.line_bytes


TestAnyOrder = AnyOrder.TestCase
