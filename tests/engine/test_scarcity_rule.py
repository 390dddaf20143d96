"""How long a run puts up with a system that has no room for it: the rule alone, on a clock that the test moves."""

from __future__ import annotations

from typing import Any, cast

from oss_jupyter.engine.scarcity import Scarcity
from oss_jupyter.errors import TooManyFiles
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.retry import RetryPolicy


class Running:
    """What the rule sees of a transfer."""

    def __init__(self, **policy: Any) -> None:
        self.policy = RetryPolicy(**{"patience_seconds": 60.0, "random": lambda: 1.0, **policy})
        self.now = 100.0
        self.parts = 0
        self.notes: list[str] = []
        self.phases: list[Phase] = []
        self.spec = self.clock = self
        self.rule = Scarcity(cast("Any", self))

    def monotonic(self) -> float:
        """The time."""
        return self.now

    @property
    def confirmed_count(self) -> int:
        """The parts that are in OSS."""
        return self.parts

    def note(self, text: str, *_lasts: object) -> None:
        """A word to the user."""
        self.notes.append(text)

    def set_phase(self, phase: Phase) -> None:
        """What the card shows."""
        self.phases.append(phase)

    def bears_for(self, seconds: float) -> bool:
        """Whether it still bears a shortage after so long."""
        self.now += seconds
        return self.rule.bears()


def test_it_is_borne_as_long_as_a_dead_network() -> None:
    """A process that never gets a descriptor again must say so some day, and one that gets it soon must not fail."""
    running = Running()
    assert running.bears_for(0)
    assert running.bears_for(59)
    assert not running.bears_for(2)


def test_progress_begins_the_patience_anew() -> None:
    """An upload that gets on between shortages is not given up, however many there are."""
    running = Running()
    for parts in range(1, 5):
        assert running.bears_for(50)
        running.parts = parts
    assert running.bears_for(50)
    assert not running.bears_for(61)


def test_who_wants_no_retries_gets_none() -> None:
    """`retries=0` means that the first trouble is told."""
    assert not Running(attempts=1).bears_for(0)


def test_it_waits_longer_each_time_and_says_why() -> None:
    """Asking the system a hundred times a second would make it worse, and a card that stands still needs a reason."""
    running, waits = Running(base_seconds=0.5, cap_seconds=5.0), []
    for _ in range(6):
        assert running.bears_for(0)
        waits.append(running.rule.wait_seconds(TooManyFiles("Too many files are open in this process.")))
    assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert set(running.notes) == {"Too many files are open in this process. It goes on as soon as there is room again."}
    assert set(running.phases) == {Phase.WAITING_FOR_SYSTEM}


def test_it_never_asks_at_once() -> None:
    """Jitter may say zero, and a loop without a pause would take the processor from the user's cells."""
    running = Running(random=lambda: 0.0)
    assert running.bears_for(0)
    assert running.rule.wait_seconds(TooManyFiles("Too many.")) >= 0.1
