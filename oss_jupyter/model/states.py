"""The states of a transfer and every move between them, as one table.

    queued -> running -> paused -> queued               (resume keeps the upload id, and queues again)
              running -> waiting_for_credentials -> running
              running -> completing -> completed        (or paused: completing may wait for a dead line)
              running -> completed with errors -> queued  (a dataset: resume takes the files that failed)
              any of them -> failed -> queued
              any of them -> aborted
    interrupted -> queued                               (found on disk, no kernel drives it)
    whatever rests here <-> in another kernel           (found on disk, another kernel drives it)

Nothing else in the project decides whether a move is legal: `after` looks it up, and a missing entry is a refusal.
"""

from __future__ import annotations

from enum import Enum

from oss_jupyter.errors import TransferStateError
from oss_jupyter.texts import english, say, tr


class State(str, Enum):
    """Where a transfer stands. The values are the words shown to people."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    WAITING_FOR_CREDENTIALS = "waiting for credentials"
    COMPLETING = "completing"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed with errors"
    FAILED = "failed"
    ABORTED = "aborted"
    INTERRUPTED = "interrupted"
    ELSEWHERE = "in another kernel"

    __str__ = str.__str__

    @property
    def key(self) -> str:
        """What its texts are looked up by."""
        return self.name.lower()

    @property
    def ended(self) -> bool:
        """Whether nothing more happens unless somebody asks."""
        return self in _ENDED

    @property
    def ended_for_good(self) -> bool:
        """Whether it can never move again."""
        return self in (State.COMPLETED, State.ABORTED)

    @property
    def active(self) -> bool:
        """Whether the transfer is doing something now."""
        return self in _ACTIVE


class Event(str, Enum):
    """What can happen to a transfer."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CREDENTIALS_EXPIRED = "credentials expired"
    CREDENTIALS_RENEWED = "credentials renewed"
    ALL_PARTS_DONE = "all parts done"
    PARTS_MISSING = "parts missing"
    CONFIRMED = "confirmed"
    SOME_FAILED = "some files failed"
    FAIL = "fail"
    ABORT = "abort"
    TAKEN_OVER = "taken over"
    LEFT = "left"
    PUT_BACK = "put back"

    __str__ = str.__str__


_ENDED = frozenset(
    {
        State.COMPLETED, State.COMPLETED_WITH_ERRORS, State.FAILED, State.ABORTED, State.INTERRUPTED, State.ELSEWHERE
    }
)  # fmt: skip
_ACTIVE = frozenset({State.QUEUED, State.RUNNING, State.WAITING_FOR_CREDENTIALS, State.COMPLETING})

_OUT_OF_REACH = frozenset({State.COMPLETED, State.ABORTED, State.ELSEWHERE})
_AT_REST = (State.PAUSED, State.COMPLETED_WITH_ERRORS, State.FAILED, State.INTERRUPTED)

_MOVES: dict[tuple[State, Event], State] = {
    (State.QUEUED, Event.START): State.RUNNING,
    (State.QUEUED, Event.PAUSE): State.PAUSED,
    (State.RUNNING, Event.PUT_BACK): State.QUEUED,
    (State.RUNNING, Event.PAUSE): State.PAUSED,
    (State.RUNNING, Event.CREDENTIALS_EXPIRED): State.WAITING_FOR_CREDENTIALS,
    (State.RUNNING, Event.ALL_PARTS_DONE): State.COMPLETING,
    (State.PAUSED, Event.RESUME): State.QUEUED,
    (State.WAITING_FOR_CREDENTIALS, Event.CREDENTIALS_RENEWED): State.RUNNING,
    (State.WAITING_FOR_CREDENTIALS, Event.RESUME): State.RUNNING,
    (State.WAITING_FOR_CREDENTIALS, Event.PAUSE): State.PAUSED,
    (State.COMPLETING, Event.PAUSE): State.PAUSED,
    # Complete answered InvalidPart or NoSuchUpload: parts have to be sent again.
    (State.COMPLETING, Event.PARTS_MISSING): State.RUNNING,
    (State.COMPLETING, Event.CREDENTIALS_EXPIRED): State.WAITING_FOR_CREDENTIALS,
    (State.RUNNING, Event.SOME_FAILED): State.COMPLETED_WITH_ERRORS,
    (State.COMPLETED_WITH_ERRORS, Event.RESUME): State.QUEUED,
    (State.FAILED, Event.RESUME): State.QUEUED,
    (State.INTERRUPTED, Event.RESUME): State.QUEUED,
    (State.ELSEWHERE, Event.LEFT): State.INTERRUPTED,
    **{(state, Event.TAKEN_OVER): State.ELSEWHERE for state in _AT_REST},
    # What rests fails too: an abort of it may be refused by the service.
    **{(state, Event.FAIL): State.FAILED for state in State if state not in _OUT_OF_REACH},
    # Not after Complete alone: the file may be there already, PutObject needs none, and an abort may come too late.
    **{(state, Event.CONFIRMED): State.COMPLETED for state in State if state not in _OUT_OF_REACH},
    **{(state, Event.ABORT): State.ABORTED for state in State if state not in _OUT_OF_REACH},
}


# What a user can ask for, refused.
_ASKED = {
    Event.PAUSE: english("A transfer that is {state} cannot be paused."),
    Event.RESUME: english("A transfer that is {state} cannot be resumed."),
    Event.ABORT: english("A transfer that is {state} cannot be aborted."),
}
_ADVICE = {
    State.QUEUED: english("It begins by itself as soon as it is its turn."),
    State.RUNNING: english("It is on its way; wait for it, pause it or abort it."),
    State.PAUSED: english("Resume it, or abort it."),
    State.WAITING_FOR_CREDENTIALS: english("Renew the credentials; then it goes on by itself."),
    State.COMPLETING: english("Every part is in OSS and the object is being put together; wait a moment."),
    State.COMPLETED: english(
        "The object is complete, and result() returns its receipt. force=True sends the file once more."
    ),
    State.COMPLETED_WITH_ERRORS: english("Resume it to try the files that failed once more, or abort it."),
    State.FAILED: english("Nothing runs. Resume it, or abort it."),
    State.ABORTED: english("Run the upload again: it starts over, or carries on where the parts were kept."),
    State.INTERRUPTED: english("Nothing runs. Resume it, or abort it."),
    State.ELSEWHERE: english("Do it there, or stop that kernel; then it can be resumed here."),
}


def after(state: State, event: Event) -> State:
    """Return the state that follows. Raises TransferStateError where the move is not in the table."""
    try:
        return _MOVES[state, event]
    except KeyError:
        raise refusal(state, event) from None


def refusal(state: State, event: Event) -> TransferStateError:
    """Return why `event` cannot happen in `state`, and what to do instead."""
    stands = say(f"state_{state.key}")
    if event not in _ASKED:
        return TransferStateError(
            tr("A transfer that is {state} cannot go on with {event}.", state=stands, event=repr(event.value)),
            tr("This should not happen; run the upload again, and please report it."),
        )
    return TransferStateError(tr(_ASKED[event], state=stands), _advice(state, event))


def _advice(state: State, event: Event) -> str:
    if (state, event) == (State.COMPLETED, Event.ABORT):
        return tr("The object is complete; delete it in OSS if it is not wanted.")
    if (state, event) == (State.ABORTED, Event.ABORT):
        return tr("Where its parts were kept, oj.abort(ID) removes them; otherwise nothing of it is left.")
    return tr(_ADVICE[state])


def allowed(state: State, event: Event) -> bool:
    """Whether `event` can happen in `state`."""
    return (state, event) in _MOVES
