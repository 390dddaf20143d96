"""The state table, walked from end to end, refusals included."""

from __future__ import annotations

import itertools

import pytest

from oss_jupyter.errors import TransferStateError
from oss_jupyter.model.states import Event, State, after, allowed

S, E = State, Event
REST = (S.FAILED, S.INTERRUPTED, S.COMPLETED_WITH_ERRORS)

# The table once more, written from the life of a transfer as the user knows it and not from the code.
MOVES = {
    **{(S.QUEUED, e): s for e, s in [(E.START, S.RUNNING), (E.PAUSE, S.PAUSED), (E.FAIL, S.FAILED)]},
    **{
        (S.RUNNING, e): s
        for e, s in [
            (E.PAUSE, S.PAUSED),
            (E.CREDENTIALS_EXPIRED, S.WAITING_FOR_CREDENTIALS),
            (E.ALL_PARTS_DONE, S.COMPLETING),
            (E.PUT_BACK, S.QUEUED),
            (E.SOME_FAILED, S.COMPLETED_WITH_ERRORS),
            (E.FAIL, S.FAILED),
        ]
    },
    **{(S.PAUSED, e): s for e, s in [(E.RESUME, S.QUEUED), (E.FAIL, S.FAILED)]},
    **{
        (S.WAITING_FOR_CREDENTIALS, e): s
        for e, s in [
            (E.CREDENTIALS_RENEWED, S.RUNNING),
            (E.RESUME, S.RUNNING),
            (E.PAUSE, S.PAUSED),
            (E.FAIL, S.FAILED),
        ]
    },
    **{
        (S.COMPLETING, e): s
        for e, s in [
            (E.PAUSE, S.PAUSED),
            (E.PARTS_MISSING, S.RUNNING),
            (E.CREDENTIALS_EXPIRED, S.WAITING_FOR_CREDENTIALS),
            (E.FAIL, S.FAILED),
        ]
    },
    **{(s, e): t for s in REST for e, t in [(E.RESUME, S.QUEUED), (E.FAIL, S.FAILED)]},
    (S.ELSEWHERE, E.LEFT): S.INTERRUPTED,
    **{(s, E.TAKEN_OVER): S.ELSEWHERE for s in (S.PAUSED, *REST)},
    **{(s, E.ABORT): S.ABORTED for s in S if s not in (S.COMPLETED, S.ABORTED, S.ELSEWHERE)},
    **{(s, E.CONFIRMED): S.COMPLETED for s in S if s not in (S.COMPLETED, S.ABORTED, S.ELSEWHERE)},
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)), ids=str)
def test_every_move(state: State, event: Event) -> None:
    """What is in the table happens; everything else is refused in a sentence that names the state, with advice."""
    assert allowed(state, event) is ((state, event) in MOVES)
    if (state, event) in MOVES:
        assert after(state, event) is MOVES[state, event]
    else:
        with pytest.raises(TransferStateError) as refused:
            after(state, event)
        asked = {E.PAUSE: "be paused", E.RESUME: "be resumed", E.ABORT: "be aborted"}
        cannot = asked.get(event, f"go on with {event.value!r}")
        assert refused.value.what == f"A transfer that is {state} cannot {cannot}."
        assert refused.value.advice
        assert refused.value.safe == "Nothing was changed."


def test_nothing_leaves_an_end_for_good() -> None:
    """Completed and aborted are the only ends for good, and no event leads out of them."""
    final = {state for state in State if not any(allowed(state, event) for event in Event)}
    assert final == {S.COMPLETED, S.ABORTED} == {state for state in State if state.ended_for_good}


def test_every_state_can_be_reached_and_left() -> None:
    """From queued and from interrupted, all other states can be reached."""
    reached, frontier = {S.QUEUED, S.INTERRUPTED}, [S.QUEUED, S.INTERRUPTED]
    while frontier:
        state = frontier.pop()
        following = {after(state, event) for event in Event if allowed(state, event)} - reached
        reached |= following
        frontier += following
    assert reached == set(State)


def test_a_state_is_active_ended_or_paused() -> None:
    """The three groups do not overlap and leave nothing out."""
    assert {state for state in State if not state.active and not state.ended} == {S.PAUSED}
    assert not any(state.active and state.ended for state in State)
