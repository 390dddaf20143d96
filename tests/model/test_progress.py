"""What a snapshot says of a transfer, in the words that users compare."""

from __future__ import annotations

from typing import get_type_hints

from oss_jupyter.model.progress import PartsView, Phase, Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target


def test_a_phase_is_the_words_that_are_shown() -> None:
    """Code that compares the phase with a text, prints it, or asks whether there is one, goes on as before."""
    now = Snapshot("k5ffjj43", "/data/x", Target("b", "x"), State.COMPLETING, Phase.COMPLETING)
    assert now.phase == "completing"
    assert f"{now.phase}" == "completing"
    assert not Snapshot("k5ffjj43", "/data/x", Target("b", "x"), State.RUNNING).phase


def test_a_snapshot_has_all_that_the_parts_tell() -> None:
    """What the ledger knows reaches the user, of the same type, and nothing of it is left at a default."""
    assert get_type_hints(PartsView).items() <= get_type_hints(Snapshot).items()
