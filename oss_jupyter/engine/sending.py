"""The parts of one run: which goes next, what becomes of it, and when to give up."""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.log import log, log_decision
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.part_ended import PartEnded, told
from oss_jupyter.errors import LaneLost, NetworkError, OssJupyterError, ServiceError, SourceChanged
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.progress import PartState, Phase
from oss_jupyter.model.retry import Action, Decision, classify, decide
from oss_jupyter.model.wire_values import PartReceipt, PartRequest

if TYPE_CHECKING:
    from oss_jupyter.engine.beside import Beside
    from oss_jupyter.engine.run_state import RunState
    from oss_jupyter.engine.signing import Signer
    from oss_jupyter.engine.source_watch import Watch

# How often speed and silence are sampled; displays look about as often.
TICK_SECONDS = 0.25
# A stopped part gives way within a tick of its socket; whatever is later (a name server, a handshake) is let go of,
# and looks at its stop switch before it sends a byte.
LET_GO_SECONDS = 1.0
# So many parts may fail for good before any succeeds again: then it is not the parts, it is the service.
_FAILED_IN_A_ROW = 3
# Other bytes arrived than were declared: where the file has changed meanwhile, that is why.
_OTHER_BYTES = frozenset({"InvalidDigest", "InvalidCRC64", "IntegrityError"})
# So often may a part be refused for the time it was signed with: a service whose clocks disagree is told as it is.
_WRONG_TIMES_MOST = 5


class Sending:
    """Sends the parts that have no receipt yet, and those that turn out to have other bytes now.

    Only the run's own thread uses it.
    """

    def __init__(self, state: RunState, signer: Signer, watch: Watch, beside: Beside) -> None:
        self._transfer = state.transfer
        self._spec = state.transfer.spec
        self._ledger = state.transfer.ledger
        self._events = state.events
        self._requests = state.requests
        self._journal = state.open_journal
        self._signer = signer
        self._watch = watch
        self._beside = beside
        self._route = self._spec.control.route(self._spec.target)
        self._waiting = deque(beside.missing())
        self._delayed: list[tuple[float, int]] = []
        self._gauges: dict[int, Gauge] = {}
        self._cut_off: Counter[int] = Counter()  # attempts of each part that broke off after some bytes
        self._parallel, self._parallel_of = self._transfer.new_parallel(), self._command()
        self._granted = 0
        self._failed_in_a_row = 0
        self._sampled_at = 0.0
        self._phase = Phase.NONE
        self._first_failure: OssJupyterError | None = None

    def run(self) -> None:
        """Return once every part has a receipt, and all that is to be read again has been.

        Raises Interrupted when the user wants something else, or what stands in the way; by then nothing is on the
        wire any longer and every receipt that arrived is in the journal.
        """
        self._requests.wait = self._land_meanwhile
        try:
            while self._sends or (self._beside.pending and self._first_failure is None):
                self._requests.check()
                self._dispatch()
                self._beside.dispatch(self._parallel.target)
                self._sample()
                self._take(self._events.next_event(self._timeout()), self._take_outcome)
        except BaseException:
            self._drain()
            raise
        finally:
            self._requests.wait = self._events.sleep
            self._transfer.leave_connections()
        if self._first_failure is not None:
            self._beside.stop()
            raise self._first_failure

    @property
    def _sends(self) -> bool:
        return bool(self._waiting or self._delayed or self._gauges)

    def _dispatch(self) -> None:
        now = self._spec.clock.monotonic()
        while self._delayed and self._delayed[0][0] <= now:
            self._waiting.appendleft(heapq.heappop(self._delayed)[1])
        lane = self._spec.lane
        room = lane.set_width(self._transfer.id, self._allowed())
        while self._waiting and len(self._gauges) < room:
            self._start_part(self._waiting.popleft())
        if lane.remark:
            self._transfer.note(lane.remark)

    def _allowed(self) -> int:
        command = self._command()
        if command != self._parallel_of:
            self._parallel, self._parallel_of = self._transfer.new_parallel(self._parallel.target), command
        unsent = len(self._waiting) + len(self._delayed) + len(self._gauges)
        granted = self._transfer.grant(min(self._parallel.target, unsent))
        self._parallel.hold(granted)
        if self._waiting:  # at the end it needs fewer, which says nothing of the line
            self._granted = granted
        return granted

    def _command(self) -> tuple[int | None, bool, int]:
        """Return what decides how many parts are wanted on the wire."""
        return *self._transfer.parallel_wanted(), self._transfer.connections_most

    def _sample(self) -> None:
        now = self._spec.clock.monotonic()
        if now - self._sampled_at >= TICK_SECONDS:
            self._sampled_at = now
            self._parallel.sample(now, self._ledger.sample(now))
            self._transfer.show_parallel(self._granted)
            self._show_phase(now)
            self._journal.drive(self._transfer.limit, self._transfer.parallel_wanted()[0])

    def _show_phase(self, now: float) -> None:
        phase = Phase.NONE if self._sends else self._beside.phase
        if phase:
            self._ledger.rest(now)
        if phase != self._phase:
            self._phase = phase
            self._transfer.set_phase(phase)

    def _start_part(self, number: int) -> None:
        signed = self._signer.sign(number)
        where = self._beside.range_of(number)
        request = PartRequest(signed, where.path, where.offset, where.length, number, self._route)
        lane = self._spec.lane
        gauge = self._gauges[number] = lane.gauge(self._transfer.id)
        attempt = self._ledger.started(number, gauge, self._spec.clock.monotonic())
        log.debug(
            "%s: part %d, attempt %d: %d bytes at %d", self._transfer.id, number, attempt, where.length, where.offset
        )
        future = lane.submit(self._spec.send_part, request, gauge, self._transfer.id)
        future.add_done_callback(lambda done: self._events.put(PartEnded(number, attempt, signed, done)))

    def _timeout(self) -> float:
        if not self._delayed:
            return TICK_SECONDS
        return min(TICK_SECONDS, max(0.0, self._delayed[0][0] - self._spec.clock.monotonic()))

    def _take(self, event: Any, take_outcome: Callable[[PartEnded], None]) -> None:
        self._take_beside(event)
        if not isinstance(event, PartEnded) or event.part_number not in self._gauges:
            return
        gauge = self._gauges.pop(event.part_number)
        self._cut_off[event.part_number] += gauge.sent_bytes > 0
        try:
            take_outcome(event)
        finally:
            gauge.taken()

    def _take_outcome(self, event: PartEnded) -> None:
        error = event.error
        if error is None:
            self._confirm(event.future.result())
        elif isinstance(error, LaneLost):
            self._send_again(event.part_number, error)
        elif isinstance(error, ServiceError):
            self._fail(event, self._spec.control.explain(error, self._spec.target))
        elif isinstance(error, OssJupyterError):
            self._fail(event, error)
        else:
            self._ledger.failed(event.part_number, PartState.FAILED, told(error))
            raise error

    def _take_beside(self, event: Any) -> None:
        try:
            number = self._beside.take(event)
        except SourceChanged:
            self._watch.look()  # it knows both sizes and times
            raise
        if number is not None:
            self._waiting.append(number)

    def _confirm(self, receipt: PartReceipt) -> None:
        try:
            self._watch.confirmed()
            self._journal.add(receipt)
            self._transfer.note_all(self._journal.remarks)
        except OssJupyterError as error:
            # The bytes are of another file, or nothing remembers the receipt: the part does not count.
            self._ledger.failed(receipt.part_number, PartState.FAILED, error.what)
            raise
        self._ledger.confirmed(receipt)
        self._beside.confirmed(receipt.part_number)
        self._requests.confirmed()
        self._failed_in_a_row = 0
        self._parallel.confirmed()

    def _fail(self, event: PartEnded, error: OssJupyterError) -> None:
        number, ledger = event.part_number, self._ledger
        if error.code in _OTHER_BYTES:
            self._watch.look()
        if event.attempt < _WRONG_TIMES_MOST and self._spec.control.heed_clock(error, event.signed):
            self._transfer.note_all(self._spec.control.remarks)
            ledger.failed(number, PartState.RETRYING, error.what)
            self._waiting.appendleft(number)
            return
        # An attempt that got bytes through has found a network; where that goes on, the part is the trouble.
        policy = self._transfer.spec.policy
        patient = self._cut_off[number] < policy.attempts
        decision = decide(error, event.attempt, policy, self._requests.silent_seconds if patient else None)
        log_decision(self._transfer.id, f"part {number}, attempt {event.attempt}", error, decision)
        if decision.action in (Action.RETRY, Action.SLOW_DOWN):
            self._send_later(number, error, decision)
        elif decision.action is Action.RENEW:
            ledger.failed(number, PartState.RETRYING, error.what)
            self._waiting.appendleft(number)
            self._transfer.leave_connections()
            self._requests.renew_credentials(error, event.signed.credentials_version)
        else:
            ledger.failed(number, PartState.FAILED, error.what)
            self._give_up(error)

    def _send_later(self, number: int, error: OssJupyterError, decision: Decision) -> None:
        now = self._spec.clock.monotonic()
        if decision.action is Action.SLOW_DOWN or isinstance(error, NetworkError):
            self._parallel.slow_down(now)
        self._ledger.failed(number, PartState.RETRYING, error.what)
        if decision.note:
            self._transfer.note(decision.note, Lasts.THIS_RUN)
        heapq.heappush(self._delayed, (now + decision.wait_seconds, number))

    def _send_again(self, number: int, error: LaneLost) -> None:
        """Send a part whose process died once more, at once: neither the part nor the line is to blame."""
        if error.what:
            self._transfer.note(error.what)
        self._ledger.failed(number, PartState.WAITING)
        self._waiting.appendleft(number)

    def _give_up(self, error: OssJupyterError) -> None:
        """Raise, or go on with the other parts where the failure is this part's own."""
        if isinstance(error, SourceChanged):
            self._watch.look()  # it knows both sizes and times
        self._failed_in_a_row += 1
        own_failure = classify(error) in (Action.RETRY, Action.SLOW_DOWN)
        if not own_failure or self._failed_in_a_row >= _FAILED_IN_A_ROW:
            raise error
        self._first_failure = self._first_failure or error

    def _land_meanwhile(self, seconds: float) -> bool:
        """Wait for credentials, taking what lands meanwhile; return whether a wake-up ended it."""
        clock = self._spec.clock
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            if self._events.sleep(min(left, TICK_SECONDS) if self._gauges else left):
                return True
            while (event := self._events.pop()) is not None:
                self._take(event, self._land)
            self._ledger.settle()
        return False

    def _land(self, event: PartEnded) -> None:
        if event.error is None:
            self._confirm(event.future.result())
        else:
            self._ledger.failed(event.part_number, PartState.RETRYING, told(event.error))
            self._waiting.appendleft(event.part_number)

    def _drain(self) -> None:
        """Stop what is on the wire, and write down whatever still lands."""
        self._beside.stop()
        for gauge in self._gauges.values():
            gauge.stop()
        clock = self._spec.clock
        until = clock.monotonic() + LET_GO_SECONDS
        while self._gauges and (left := until - clock.monotonic()) > 0:
            event = self._events.next_event(left)
            if isinstance(event, PartEnded) and event.part_number in self._gauges:
                self._drain_one(event)
                self._gauges.pop(event.part_number).taken()
        for number, gauge in self._gauges.items():
            self._ledger.failed(number, PartState.WAITING)
            gauge.taken()
        self._gauges.clear()

    def _drain_one(self, event: PartEnded) -> None:
        error = event.error
        if error is None:
            with suppress(OssJupyterError):  # on the way down because of something else
                self._confirm(event.future.result())
        else:
            self._ledger.failed(event.part_number, PartState.WAITING, told(error))
