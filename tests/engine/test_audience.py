"""Who has told of a transfer's end: whoever waits for it waits for their last call, and not for ever."""

from __future__ import annotations

import threading

from oss_jupyter.engine.audience import LAST_CALL_SECONDS, Audience

ONE, OTHER = threading.Thread(), threading.Thread()
LATE = LAST_CALL_SECONDS + 0.1


def rested(*tellers: threading.Thread, now: float = 100.0) -> Audience:
    """An audience of a transfer that has just come to rest."""
    audience = Audience()
    for teller in tellers:
        audience.attend(teller, None)
    audience.rest(now)
    return audience


def test_the_end_is_known_when_everybody_has_told() -> None:
    """`result` that returned earlier would come before the line that says "completed"."""
    audience = rested(ONE, OTHER)
    assert not audience.knows(100.0)
    audience.told(ONE, audience.rests)
    assert not audience.knows(100.0)
    audience.told(OTHER, audience.rests)
    assert audience.knows(100.0)


def test_a_teller_that_hangs_is_waited_for_briefly() -> None:
    """A callback that blocks must not block the cell that waits for the upload."""
    audience = rested(ONE)
    assert not audience.knows(100.0 + LAST_CALL_SECONDS - 0.1)
    assert audience.knows(100.0 + LATE)


def test_telling_of_an_earlier_rest_is_not_enough() -> None:
    """After a pause and a resume a late word of the pause must not pass for that of the end."""
    audience = rested(ONE)
    pause = audience.rests
    audience.rest(200.0)
    audience.told(ONE, pause)
    assert not audience.knows(200.0)


def test_one_that_leaves_is_not_waited_for() -> None:
    """A callback that raised is not called again, so nobody may wait for it."""
    audience = rested(ONE)
    audience.leave(ONE)
    assert audience.knows(100.0)
    audience.rest(200.0)
    assert audience.knows(200.0)


def test_one_that_comes_after_the_end_is_waited_for() -> None:
    """Who begins to listen to what has ended is told it, and the clock of the wait begins with it."""
    audience = rested()
    assert audience.knows(100.0)
    audience.attend(ONE, 150.0)
    assert not audience.knows(150.0)
    assert audience.knows(150.0 + LATE)


def test_who_tells_does_not_wait_for_itself() -> None:
    """A callback that asks for the result would wait for itself."""
    audience = rested(threading.current_thread(), OTHER)
    assert audience.knows(100.0)
