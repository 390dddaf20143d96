"""Every order of verbs, on the machine that decides them: it always ends in a state of the table."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oss_jupyter.errors import TransferStateError
from oss_jupyter.model.course import Course, Wish
from oss_jupyter.model.line import Turn
from oss_jupyter.model.states import Event, State

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
        self.course = Course(State.QUEUED)
        self.older: list[Course] = []
        self.runs = 0  # of the transfer that counts; more than one would write one journal twice
        self.obeyed = Wish.GO

    @rule()
    def upload_again(self) -> None:
        """Run the same cell again."""
        if self.course.retire():
            self.older.append(self.course)
            self.course, self.runs = Course(State.QUEUED), 0
        assert not self.course.over
        self.course.resume()
        assert self.course.waits or self.course.running

    @rule()
    def pause(self) -> None:
        """Press Pause."""
        with suppress(TransferStateError):
            self.course.pause()
            assert self.course.wish is Wish.PAUSE or self.course.state is State.PAUSED

    @rule()
    def resume(self) -> None:
        """Press Resume."""
        with suppress(TransferStateError):
            self.course.resume()
            assert self.course.waits or self.course.running

    @rule(of_no_use=st.booleans())
    def its_turn(self, of_no_use: bool) -> None:
        """Others have ended, so that it may begin, unless there is no thread for it or nothing to be done any more."""
        waited = self.course.waits
        assert self.course.begin() is waited
        if waited and of_no_use:
            self.course.put_back()
            assert self.course.waits
        elif waited:
            self.runs += 1
            self.obeyed = self.course.wish

    @rule(keep_parts=st.booleans())
    def abort(self, keep_parts: bool) -> None:
        """Press Abort; from then on nothing but the end, or a failure, can come."""
        with suppress(TransferStateError):
            self.course.abort(keep_parts=keep_parts)
            assert self.course.leaving or self.course.state is State.ABORTED

    @rule()
    def exit(self) -> None:
        """The process is asked to go."""
        self.course.stop(Wish.PAUSE)
        assert self.course.leaving or not self.course.waits

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
        """The run gets on, wherever it is, not knowing of a wish that has just been made."""
        if self.course.state in _STEPS[event]:
            self.course.move(event)

    @precondition(lambda self: self.runs)
    @rule()
    def look(self) -> None:
        """The run looks at the wish, and will obey this one."""
        self.obeyed = self.course.wish

    @precondition(lambda self: self.runs)
    @rule(fails=st.booleans())
    def end(self, fails: bool) -> None:
        """The run ends with what it has obeyed, or fails on its way."""
        event = {Wish.GO: Event.CONFIRMED, Wish.PAUSE: Event.PAUSE}.get(self.obeyed, Event.ABORT)
        if event is Event.CONFIRMED and self.course.state not in (State.RUNNING, State.COMPLETING):
            return
        if self.course.end(Event.FAIL if fails else event, self.obeyed):
            self.runs = 0
            assert self.course.resting

    @invariant()
    def what_runs_can_end(self) -> None:
        """At most one run; while it goes on, or is waited for, the state is active or the transfer is being aborted."""
        assert self.runs == int(self.course.running)
        assert not (self.course.running and self.course.waits)
        if self.course.running:
            assert self.course.state.active or self.course.leaving
        elif self.course.waits:
            assert self.course.state is State.QUEUED or self.course.leaving
        else:
            assert self.course.resting or self.course.state is State.QUEUED


Orders.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestOrders = Orders.TestCase


def test_an_abort_is_final() -> None:
    """While an abort is carried out, pause and resume are refused with advice; a second abort decides on the parts."""
    course = Course(State.QUEUED)
    course.resume()
    assert course.begin()
    course.abort(keep_parts=True)
    assert not course.begin()
    for verb, word in ((course.pause, "paused"), (course.resume, "resumed")):
        with pytest.raises(TransferStateError) as refused:
            verb()
        assert refused.value.what == f"A transfer that is being aborted cannot be {word}."
        assert "run the upload again" in refused.value.advice
    course.abort(keep_parts=False)
    assert course.wish is Wish.ABORT
    assert not course.end(Event.ABORT, Wish.ABORT_KEEP_PARTS), "the first abort was overtaken by the second"
    course.abort(keep_parts=True)
    assert course.end(Event.ABORT, Wish.ABORT), "the parts were gone before they could be kept"
    assert (course.state, course.wish) == (State.ABORTED, Wish.ABORT)


def test_what_is_asked_twice_is_harmless() -> None:
    """Pausing what is paused, resuming what runs and aborting what is aborted change nothing and raise nothing."""
    course = Course(State.QUEUED)
    course.resume()
    course.resume()
    assert course.begin()
    course.resume()
    assert not course.begin()
    course.pause()
    course.end(Event.PAUSE, Wish.PAUSE)
    course.pause()
    assert course.turn is Turn.NONE
    course.abort(keep_parts=False)
    course.abort(keep_parts=False)
    assert course.begin()
    course.end(Event.ABORT, Wish.ABORT)
    course.abort(keep_parts=False)
    assert (course.state, course.turn) == (State.ABORTED, Turn.NONE)


def test_what_is_asked_in_the_queue() -> None:
    """One that waits for its turn can be paused, queued again and given up, and takes the turn only where it waits."""
    course = Course(State.INTERRUPTED)
    course.resume()
    assert (course.state, course.turn, course.resting) == (State.QUEUED, Turn.WAITS, False)
    course.pause()
    assert (course.state, course.turn, course.resting) == (State.PAUSED, Turn.NONE, True)
    assert not course.begin()
    course.resume()
    course.abort(keep_parts=True)
    assert (course.turn, course.leaving) == (Turn.WAITS, True)
    with pytest.raises(TransferStateError, match="being aborted"):
        course.resume()
    assert course.begin()
    course.end(Event.ABORT, Wish.ABORT_KEEP_PARTS)
    assert (course.state, course.turn) == (State.ABORTED, Turn.NONE)


def test_waiting_for_credentials_lends_the_turn() -> None:
    """Who waits for new credentials sends nothing: another may, until they are there."""
    course = Course(State.QUEUED)
    course.resume()
    turns = []
    course.begin()
    for event in (Event.CREDENTIALS_EXPIRED, Event.CREDENTIALS_RENEWED):
        turns.append(course.turn)
        course.move(event)
    assert [*turns, course.turn] == [Turn.HAS, Turn.LENDS, Turn.HAS]


def test_parts_that_were_kept_are_removed_elsewhere() -> None:
    """After an abort that kept the parts, the refusal of another abort names the command that removes them."""
    course = Course(State.PAUSED)
    course.abort(keep_parts=True)
    course.begin()
    course.end(Event.ABORT, Wish.ABORT_KEEP_PARTS)
    with pytest.raises(TransferStateError) as refused:
        course.abort(keep_parts=False)
    assert "oj.abort(" in refused.value.advice
