"""What a snapshot says of a transfer, in the words that users compare."""

from __future__ import annotations

from dataclasses import replace
from typing import get_type_hints

from oss_jupyter.model.progress import PartsView, Phase, Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target

from ..datasets import a_dataset, a_view


def test_a_phase_is_the_words_that_are_shown() -> None:
    """Code that compares the phase with a text, prints it, or asks whether there is one, goes on as before."""
    now = Snapshot("k5ffjj43", "/data/x", Target("b", "x"), State.COMPLETING, Phase.COMPLETING)
    assert now.phase == "completing"
    assert f"{now.phase}" == "completing"
    assert not Snapshot("k5ffjj43", "/data/x", Target("b", "x"), State.RUNNING).phase


def test_the_bar_of_a_dataset_of_empty_files_moves() -> None:
    """Files without a byte are counted, where there is nothing else to count; and the end has the last word."""
    now = a_dataset(view=a_view(total=40_000), total_bytes=0, shown_bytes=0)
    assert round(now.fraction, 2) == 0.31
    assert replace(now, files=a_view(total=12_403)).fraction == 0.99
    assert replace(now, files=a_view(total=0, sent=0, kept=0, skipped=0)).fraction == 0
    assert replace(now, state=State.COMPLETED).fraction == 1


def test_a_snapshot_has_all_that_the_parts_tell() -> None:
    """What the ledger knows reaches the user, of the same type, and nothing of it is left at a default."""
    assert get_type_hints(PartsView).items() <= get_type_hints(Snapshot).items()
