"""Every order of verbs, on the machine that decides them: it always ends in a state of the table."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oss_jupyter.errors import TransferStateError
from oss_jupyter.model.lifecycle import Command, Lifecycle
from oss_jupyter.model.states import Event, State
from oss_jupyter.model.waiting_list import Turn

# How a run may go on by itself, and in which states it says so.
_STEPS = {
    Event.CREDENTIALS_EXPIRED: (State.RUNNING, State.COMPLETING),
    Event.CREDENTIALS_RENEWED: (State.WAITING_FOR_CREDENTIALS,),
    Event.ALL_PARTS_DONE: (State.RUNNING,),
    Event.PARTS_MISSING: (State.COMPLETING,),
}


class Orders(RuleBasedStateMachine):
    """One transfer after the other for the same file, each with at most one run, and a user who asks for anything."""

    def __init__(self) -> None:
        super().__init__()
        self.lifecycle = Lifecycle(State.QUEUED)
        self.older: list[Lifecycle] = []
        self.runs = 0  # of the transfer that counts; more than one would write one journal twice
        self.obeyed = Command.GO

    @rule()
    def upload_again(self) -> None:
        """Run the same cell again."""
        if self.lifecycle.retire():
            self.older.append(self.lifecycle)
            self.lifecycle, self.runs = Lifecycle(State.QUEUED), 0
        assert not self.lifecycle.over
        self.lifecycle.resume()
        assert self.lifecycle.waits or self.lifecycle.running

    @rule()
    def pause(self) -> None:
        """Press Pause."""
        with suppress(TransferStateError):
            self.lifecycle.pause()
            assert self.lifecycle.command is Command.PAUSE or self.lifecycle.state is State.PAUSED

    @rule()
    def resume(self) -> None:
        """Press Resume."""
        with suppress(TransferStateError):
            self.lifecycle.resume()
            assert self.lifecycle.waits or self.lifecycle.running

    @rule()
    def ask_for_something_else(self) -> None:
        """Run the same cell again with another argument, which a run that goes on does at its beginning."""
        before = self.lifecycle.command
        self.lifecycle.begin_over()
        assert self.lifecycle.command is before or (before is Command.GO and self.lifecycle.running)

    @precondition(lambda self: self.lifecycle.running)
    @rule()
    def begin_anew(self) -> None:
        """Get to the beginning of a run."""
        self.lifecycle.begun()
        assert self.lifecycle.command is not Command.BEGIN_OVER

    @rule(of_no_use=st.booleans())
    def its_turn(self, of_no_use: bool) -> None:
        """Others have ended, so that it may begin, unless there is no thread for it or nothing to be done any more."""
        waited = self.lifecycle.waits
        assert self.lifecycle.begin() is waited
        if waited and of_no_use:
            self.lifecycle.put_back()
            assert self.lifecycle.waits
        elif waited:
            self.runs += 1
            self.obeyed = self.lifecycle.command

    @rule(keep_parts=st.booleans())
    def abort(self, keep_parts: bool) -> None:
        """Press Abort; from then on nothing but the end, or a failure, can come."""
        with suppress(TransferStateError):
            self.lifecycle.abort(keep_parts=keep_parts)
            assert self.lifecycle.leaving or self.lifecycle.state is State.ABORTED

    @rule()
    def exit(self) -> None:
        """The process is asked to go."""
        self.lifecycle.stop(Command.PAUSE)
        assert self.lifecycle.leaving or not self.lifecycle.waits

    @rule(data=st.data())
    def old_handles(self, data: st.DataObject) -> None:
        """Somebody still holds a handle of before: nothing that he does starts anything."""
        if not self.older:
            return
        old = data.draw(st.sampled_from(self.older))
        verb = data.draw(st.sampled_from((old.resume, lambda: old.abort(keep_parts=False), old.pause)))
        waited = old.waits
        with suppress(TransferStateError):
            verb()
        assert old.waits is waited

    @precondition(lambda self: self.runs)
    @rule(event=st.sampled_from(list(_STEPS)))
    def go_on(self, event: Event) -> None:
        """The run gets on, wherever it is, not knowing of a command that has just been made."""
        if self.lifecycle.state in _STEPS[event]:
            self.lifecycle.move(event)

    @precondition(lambda self: self.runs)
    @rule()
    def look(self) -> None:
        """The run looks at the command, and will obey this one."""
        self.obeyed = self.lifecycle.command

    @precondition(lambda self: self.runs)
    @rule(fails=st.booleans())
    def end(self, fails: bool) -> None:
        """The run ends with what it has obeyed, or fails on its way."""
        event = {Command.GO: Event.CONFIRMED, Command.PAUSE: Event.PAUSE}.get(self.obeyed, Event.ABORT)
        if event is Event.CONFIRMED and self.lifecycle.state not in (State.RUNNING, State.COMPLETING):
            return
        if self.lifecycle.end(Event.FAIL if fails else event, self.obeyed):
            self.runs = 0
            assert self.lifecycle.resting

    @invariant()
    def what_runs_can_end(self) -> None:
        """At most one run; while it goes on, or is waited for, the state is active or the transfer is being aborted."""
        assert self.runs == int(self.lifecycle.running)
        assert not (self.lifecycle.running and self.lifecycle.waits)
        if self.lifecycle.running:
            assert self.lifecycle.state.active or self.lifecycle.leaving
        elif self.lifecycle.waits:
            assert self.lifecycle.state is State.QUEUED or self.lifecycle.leaving
        else:
            assert self.lifecycle.resting or self.lifecycle.state is State.QUEUED


Orders.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestOrders = Orders.TestCase


def test_an_abort_is_final() -> None:
    """While an abort is carried out, pause and resume are refused with advice; a second abort decides on the parts."""
    lifecycle = Lifecycle(State.QUEUED)
    lifecycle.resume()
    assert lifecycle.begin()
    lifecycle.abort(keep_parts=True)
    assert not lifecycle.begin()
    for verb, word in ((lifecycle.pause, "paused"), (lifecycle.resume, "resumed")):
        with pytest.raises(TransferStateError) as refused:
            verb()
        assert refused.value.what == f"A transfer that is being aborted cannot be {word}."
        assert "run the upload again" in refused.value.advice
    lifecycle.abort(keep_parts=False)
    assert lifecycle.command is Command.ABORT
    assert not lifecycle.end(Event.ABORT, Command.ABORT_KEEP_PARTS), "the first abort was overtaken by the second"
    lifecycle.abort(keep_parts=True)
    assert lifecycle.end(Event.ABORT, Command.ABORT), "the parts were gone before they could be kept"
    assert (lifecycle.state, lifecycle.command) == (State.ABORTED, Command.ABORT)


def test_what_is_asked_twice_is_harmless() -> None:
    """Pausing what is paused, resuming what runs and aborting what is aborted change nothing and raise nothing."""
    lifecycle = Lifecycle(State.QUEUED)
    lifecycle.resume()
    lifecycle.resume()
    assert lifecycle.begin()
    lifecycle.resume()
    assert not lifecycle.begin()
    lifecycle.pause()
    lifecycle.end(Event.PAUSE, Command.PAUSE)
    lifecycle.pause()
    assert lifecycle.turn is Turn.NONE
    lifecycle.abort(keep_parts=False)
    lifecycle.abort(keep_parts=False)
    assert lifecycle.begin()
    lifecycle.end(Event.ABORT, Command.ABORT)
    lifecycle.abort(keep_parts=False)
    assert (lifecycle.state, lifecycle.turn) == (State.ABORTED, Turn.NONE)


def test_what_is_asked_in_the_queue() -> None:
    """One that waits for its turn can be paused, queued again and given up, and takes the turn only where it waits."""
    lifecycle = Lifecycle(State.INTERRUPTED)
    lifecycle.resume()
    assert (lifecycle.state, lifecycle.turn, lifecycle.resting) == (State.QUEUED, Turn.WAITS, False)
    lifecycle.pause()
    assert (lifecycle.state, lifecycle.turn, lifecycle.resting) == (State.PAUSED, Turn.NONE, True)
    assert not lifecycle.begin()
    lifecycle.resume()
    lifecycle.abort(keep_parts=True)
    assert (lifecycle.turn, lifecycle.leaving) == (Turn.WAITS, True)
    with pytest.raises(TransferStateError, match="being aborted"):
        lifecycle.resume()
    assert lifecycle.begin()
    lifecycle.end(Event.ABORT, Command.ABORT_KEEP_PARTS)
    assert (lifecycle.state, lifecycle.turn) == (State.ABORTED, Turn.NONE)


def test_waiting_for_credentials_lends_the_turn() -> None:
    """Who waits for new credentials sends nothing: another may, until they are there."""
    lifecycle = Lifecycle(State.QUEUED)
    lifecycle.resume()
    turns = []
    lifecycle.begin()
    for event in (Event.CREDENTIALS_EXPIRED, Event.CREDENTIALS_RENEWED):
        turns.append(lifecycle.turn)
        lifecycle.move(event)
    assert [*turns, lifecycle.turn] == [Turn.HAS, Turn.LENDS, Turn.HAS]


def test_parts_that_were_kept_are_removed_elsewhere() -> None:
    """After an abort that kept the parts, the refusal of another abort names the command that removes them."""
    lifecycle = Lifecycle(State.PAUSED)
    lifecycle.abort(keep_parts=True)
    lifecycle.begin()
    lifecycle.end(Event.ABORT, Command.ABORT_KEEP_PARTS)
    with pytest.raises(TransferStateError) as refused:
        lifecycle.abort(keep_parts=False)
    assert "oj.abort(" in refused.value.advice
