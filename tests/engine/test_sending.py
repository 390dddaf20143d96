"""The parts of one run, by hand: which goes when, what becomes of it, and what is written down whatever happens."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.crc64 import crc64
from oss_jupyter.engine.sending import LET_GO_SECONDS
from oss_jupyter.errors import LaneLost, NetworkError, OssJupyterError, ServiceError, ServiceReply, SourceChanged
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.states import State
from oss_jupyter.model.wire_values import PartReceipt, SignedRequest

from .by_hand import PART_SECONDS, Hand, Interrupted
from .fakes import Service, refusal
from .kit import PART, Kernel

PARTS = list(range(1, 13))
BUSY = refusal("InternalError", 500)
NewHand = Callable[..., Hand]


@pytest.fixture
def new_hand(kernel: Kernel, service: Service, source: Path) -> NewHand:
    """Makes a run by hand of a file of twelve parts."""
    return lambda **arguments: Hand(kernel, source, service, **arguments)


@pytest.fixture
def hand(new_hand: NewHand) -> Hand:
    """A run by hand, three parts at once, each of which takes a second."""
    return new_hand()


def failure(hand: Hand) -> OssJupyterError:
    """Send, and return why it did not work."""
    with pytest.raises(OssJupyterError) as caught:
        hand.send()
    return caught.value


def test_every_part_goes_once_and_is_written_down(hand: Hand, service: Service) -> None:
    """As many as are wanted are on the wire at once, and the book, the journal and the service agree at the end."""
    hand.send()
    assert [number for number, _ in hand.lane.begun] == PARTS
    assert (hand.lane.most, hand.seconds) == (3, 4 * PART_SECONDS)
    assert sorted(hand.receipts()) == sorted(*service.uploads.values()) == PARTS
    assert hand.transfer.ledger.missing() == []
    assert hand.lane.taken == len(PARTS)


def test_a_part_that_fails_is_sent_again_after_its_wait(hand: Hand, service: Service) -> None:
    """The others go on meanwhile, so one bad moment of the line costs one part and not the upload."""
    service.script["part 2"].extend([BUSY, BUSY])
    hand.send()
    assert hand.lane.begun_at(2) == [0, PART_SECONDS + 1, 2 * PART_SECONDS + 1 + 2]
    assert [number for number, _ in hand.lane.begun].count(2) == 3
    assert len(hand.lane.begun) == len(PARTS) + 2
    assert hand.transfer.snapshot().retries == 2
    assert sorted(hand.receipts()) == PARTS


def test_a_part_of_its_own_trouble_is_told_at_the_end(hand: Hand, service: Service) -> None:
    """All that can be sent is sent first, so that one part is left for a resume."""
    service.script["part 2"].extend([BUSY] * 9)
    assert failure(hand).code == "InternalError"
    assert sorted(hand.receipts()) == [number for number in PARTS if number != 2]
    assert hand.transfer.ledger.missing() == [2]
    assert len(hand.lane.begun_at(2)) == 4


def test_three_parts_in_a_row_are_the_services_trouble(hand: Hand, service: Service) -> None:
    """A service that takes nothing is not asked for each of ten thousand parts, four times each."""
    for number in PARTS:
        service.script[f"part {number}"].extend([BUSY] * 9)
    assert failure(hand).code == "InternalError"
    assert hand.transfer.snapshot().parts_failed == 3
    assert hand.lane.flying == {}


def test_a_refusal_ends_it_at_once_and_keeps_what_arrives(hand: Hand, service: Service) -> None:
    """A missing permission is told within a second, and parts that were on the wire by then are not sent again."""
    hand.lane.seconds[2], hand.lane.arrived = 0.5, {1}
    service.script["part 2"].append(refusal("AccessDenied", 403))
    assert failure(hand).code == "AccessDenied"
    assert hand.seconds < 0.5 + LET_GO_SECONDS
    assert set(hand.receipts()) == set(*service.uploads.values()) == {1}
    assert hand.lane.taken == len(hand.lane.begun)


def test_a_pause_stops_what_is_on_the_wire(hand: Hand, service: Service) -> None:
    """Within a moment nothing is sent any more, each part has given its place back, and none counts as an attempt."""
    hand.queue.after(1.5, hand.command(hand.transfer.pause))
    with pytest.raises(Interrupted):
        hand.send()
    assert hand.seconds <= 1.5 + 0.2
    assert sorted(hand.receipts()) == [1, 2, 3]
    assert hand.lane.flying == {}
    assert hand.lane.taken == 6
    assert [hand.transfer.part(number).attempts for number in (3, 4, 7)] == [1, 0, 0]


def test_what_lands_beside_a_pause_is_written_down(hand: Hand, service: Service) -> None:
    """A receipt that came in the same moment is a part that need not be sent again."""
    hand.lane.arrived = {1, 3}
    hand.queue.after(0.5, hand.command(hand.transfer.pause))
    with pytest.raises(Interrupted):
        hand.send()
    assert sorted(hand.receipts()) == sorted(*service.uploads.values()) == [1, 3]


def test_a_part_that_does_not_give_way_is_let_go_of(hand: Hand) -> None:
    """A name server that does not answer must not hold up the pause."""
    hand.lane.seconds[2], hand.lane.deaf = 60.0, {2}
    hand.queue.after(1.5, hand.command(hand.transfer.pause))
    with pytest.raises(Interrupted):
        hand.send()
    assert hand.seconds == pytest.approx(1.5 + LET_GO_SECONDS, abs=0.3)
    assert 2 not in hand.receipts()
    assert hand.lane.taken == len(hand.lane.begun)
    assert hand.transfer.part(2).attempts == 0


def test_a_helper_that_died_costs_no_attempt(hand: Hand, service: Service) -> None:
    """Its parts go again at once, as often as it takes: neither they nor the line are to blame."""
    for number in (1, 2, 3):
        service.script[f"part {number}"].extend([LaneLost("The helper process ended.")] * 6)
    hand.send()
    assert len(hand.lane.begun) == len(PARTS) + 3 * 6
    assert hand.transfer.part(2).attempts == 1
    assert hand.transfer.snapshot().retries == 0
    assert "The helper process ended." in hand.notes


def test_expired_credentials_stop_the_parts_and_not_the_upload(hand: Hand, service: Service) -> None:
    """Each part that was refused goes again with the new ones, and the wait for those is no attempt of any part."""
    service.refused_versions.add("first")
    states: list[State] = []
    hand.queue.after(10.0, lambda: states.append(hand.transfer.state))
    hand.queue.after(11.0, lambda: setattr(service, "version", "second"))
    hand.send()
    assert states == [State.WAITING_FOR_CREDENTIALS]
    assert sorted(hand.receipts()) == PARTS
    assert hand.seconds < 11 + 5 + 6 * PART_SECONDS


def test_a_dead_line_is_put_up_with_where_it_once_worked(hand: Hand, service: Service) -> None:
    """A train in a tunnel for some minutes ends no upload of which something has arrived."""
    for number in PARTS[3:]:
        service.script[f"part {number}"].extend([NetworkError("The line is dead.")] * 10)
    hand.send()
    assert hand.seconds > 60
    assert sorted(hand.receipts()) == PARTS


def test_a_file_of_another_size_ends_it(hand: Hand, source: Path) -> None:
    """Parts of two states of a file are no object, and the receipt that came last does not count."""
    hand.queue.after(1.5, lambda: os.truncate(source, 10_000))
    assert isinstance(failure(hand), SourceChanged)
    assert sorted(hand.receipts()) == [1, 2, 3]
    assert hand.lane.flying == {}


def test_fewer_or_more_at_once_while_it_runs(hand: Hand) -> None:
    """Who turns it down or up sees it within a part, and no part is broken off for it."""
    hand.queue.after(1.5, hand.command(lambda: hand.transfer.set_parallel(1)))
    hand.queue.after(3.5, hand.command(lambda: hand.transfer.set_parallel(6)))
    hand.send()
    at = {number: hand.lane.begun_at(number) for number in PARTS}
    assert [at[number] for number in (4, 5, 6, 7, 8)] == [[1], [1], [1], [2], [3]]
    assert [at[number] for number in (9, 10, 11, 12)] == [[3.5]] * 4


def test_a_kept_part_with_other_bytes_is_sent_again(hand: Hand, source: Path) -> None:
    """What an earlier run has sent counts only where the file still has these bytes."""
    data = source.read_bytes()
    same = PartReceipt(1, "E1", crc64(data[:PART]))
    other = PartReceipt(2, "E2", crc64(b"what the file was"))
    hand.send(same, other)
    assert sorted(hand.receipts()) == PARTS[1:]
    assert hand.transfer.ledger.receipt(1) == same
    assert hand.transfer.ledger.receipt(2).crc64 == crc64(data[PART : 2 * PART])
    assert hand.transfer.snapshot().parts_kept == 1


def test_what_is_to_be_known_of_the_lane_is_told_once(hand: Hand) -> None:
    """Parts that run in threads of the kernel make cells slower, and the user should know why."""
    hand.lane.remark = "Parts run in threads of the kernel."
    hand.send()
    assert hand.notes == "Parts run in threads of the kernel."


def test_it_shows_how_it_goes_on(hand: Hand, source: Path) -> None:
    """The card and the next kernel learn how fast it goes, in how many parts at once, and what is going on."""
    seen = []
    hand.queue.after(3.5, lambda: seen.append(hand.transfer.snapshot()))
    hand.queue.after(3.6, hand.command(lambda: hand.transfer.set_parallel(2)))
    hand.lane.seconds[1] = 3.0
    hand.send(PartReceipt(5, "E5", crc64(source.read_bytes()[4 * PART : 5 * PART])))
    (shown,) = seen
    assert shown.bytes_per_second == pytest.approx(3 * PART, rel=0.5)
    assert (shown.parallel, shown.phase) == (3, Phase.NONE)
    assert {parallel for _, parallel in hand.journal.driven} == {3, 2}


def test_a_part_that_keeps_breaking_off_is_the_trouble(hand: Hand, service: Service) -> None:
    """Patience is for a network that is silent; bytes that went through have found one, so it is told soon."""
    service.after["part 2"].extend([NetworkError("The line is dead.")] * 99)
    assert isinstance(failure(hand), NetworkError)
    assert 4 <= len(hand.lane.begun_at(2)) <= 8
    assert sorted(hand.receipts()) == [number for number in PARTS if number != 2]


def test_parts_that_fail_now_and_then_are_their_own_trouble(new_hand: NewHand, service: Service) -> None:
    """Three parts of ten thousand that fail, with others between them, keep no other part from being sent."""
    hand = new_hand(attempts=1, parallel=1)
    for number in (2, 6, 10):
        service.script[f"part {number}"].append(BUSY)
    assert failure(hand) is BUSY
    assert hand.transfer.ledger.missing() == [2, 6, 10]


def test_a_part_with_a_wrong_time_goes_again_at_once(kernel: Kernel, source: Path) -> None:
    """Each part that was signed before the service's time was known is refused once, and that is nobody's trouble."""

    class Skewed(Service):
        def heed_clock(self, error: OssJupyterError, signed: SignedRequest) -> bool:
            return error.code == "RequestTimeTooSkewed"

    service = Skewed()
    hand = Hand(kernel, source, service)
    for number in (1, 2, 3):
        service.script[f"part {number}"].append(refusal("RequestTimeTooSkewed", 403))
    hand.send()
    assert hand.seconds == 5 * PART_SECONDS
    assert sorted(hand.receipts()) == PARTS


def test_a_throttled_part_slows_all_down(hand: Hand, service: Service) -> None:
    """The service asks for a pause: it gets one, with fewer parts at once, and the user reads why."""
    reply = ServiceReply(503, "QpsLimitExceeded", retry_after_seconds=30.0)
    service.script["part 3"].append(ServiceError(reply, "Too many requests.", "Wait."))
    shown: list[int] = []
    for seconds in (0.5, 1.5):
        hand.queue.after(seconds, lambda: shown.append(hand.transfer.snapshot().parallel))
    hand.send()
    assert shown == [3, 1]
    assert hand.lane.begun_at(3) == [0, PART_SECONDS + 30]
    assert "asks to wait 30 s" in hand.notes


def test_other_failures_are_not_hidden(hand: Hand, service: Service) -> None:
    """A defect of ours in a part ends the run with that defect, and not with silence or another try."""
    service.script["part 2"].append(ZeroDivisionError("a defect"))
    with pytest.raises(ZeroDivisionError):
        hand.send()
    assert len(hand.lane.begun_at(2)) == 1
    assert hand.lane.flying == {}
