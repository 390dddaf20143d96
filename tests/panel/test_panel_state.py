"""What travels to the page: all of it, compactly, and nothing secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.progress import Flight, Receipt
from oss_jupyter.model.sizes import format_duration, format_progress, format_size
from oss_jupyter.model.states import State
from oss_jupyter.notebook.panel.card.card_state import Header, pack, unpack
from oss_jupyter.notebook.panel.common.commands import Commands

from .stand_ins import KEPT, MIB, SECRET, WIRE, StandIn, a_snapshot

# The page's tests read the same file: it is the contract between the two languages.
GOLDEN = Path(__file__).parents[1] / "js" / "golden"


def packed(**changes: Any) -> bytes:
    return pack(a_snapshot(**changes))


def header(**changes: Any) -> Header:
    return unpack(packed(**changes))[0]


def test_what_is_packed_comes_out_again() -> None:
    """No field is lost or takes another's place on the way to the page."""
    head, states, flights = unpack(packed())
    assert (head["name"], head["url"]) == ("trips 2024.parquet", "oss://my-bucket/data/trips 2024.parquet")
    assert (head["parts"], head["part_size"], head["speed"], head["left"]) == (7, 8 * MIB, round(2.6 * MIB), 11)
    assert states == a_snapshot().part_states
    assert flights == [(3, 127), (5, 63)]


def test_the_golden_file_is_what_is_packed_today() -> None:
    """If this fails after a change that was meant, write the file anew and let the page's tests judge it."""
    assert (GOLDEN / "state.bin").read_bytes() == packed()


def test_the_golden_texts_are_what_the_kernel_writes() -> None:
    """The card and the printed text never differ by a unit or a rounding."""
    golden = json.loads((GOLDEN / "format.json").read_text("utf-8"))
    assert golden["sizes"] == [[size, format_size(size)] for size, _ in golden["sizes"]]
    assert golden["durations"] == [[seconds, format_duration(seconds)] for seconds, _ in golden["durations"]]
    assert golden["tenths"] == [[seconds, format_duration(seconds, tenths=True)] for seconds, _ in golden["tenths"]]
    assert golden["progress"] == [[done, total, format_progress(done, total)] for done, total, _ in golden["progress"]]


def test_equal_snapshots_give_equal_bytes_although_time_goes_on() -> None:
    """What the page would show alike is not sent again."""
    assert packed(elapsed_seconds=31.0, left_seconds=11.3, silent_seconds=0.7) == packed()


def test_ten_thousand_parts_cost_little_more_than_a_byte_each() -> None:
    """The largest upload can be shown four times a second."""
    flights = tuple(Flight(number, MIB, MIB, 1, 1.0) for number in range(9_937, 10_001))
    assert len(packed(parts_total=10_000, part_states=KEPT * 10_000, flights=flights)) < 11_500


def test_an_empty_file_has_one_part_which_is_full() -> None:
    """No division by zero hides the card of an empty file."""
    _, states, flights = unpack(
        packed(total_bytes=0, parts_total=1, part_states=WIRE, flights=(Flight(1, 0, 0, 1, 0.0),))
    )
    assert (states, flights) == (WIRE, [(1, 255)])


def test_a_silence_says_which_retry_it_is() -> None:
    """A line that stands still is told with how long, and how often it is tried yet."""
    long = header(silent_seconds=45.2, elapsed_seconds=60.0)
    assert (long["retry"], long["silent"]) == ([3, 5], 45)
    assert header(retry=1, silent_seconds=9.0)["retry"] == [1, 5]
    assert header(retry=1)["retry"] is None
    assert header(retry=1, silent_seconds=9.0, latest_error="The connection broke.")["met"] == "The connection broke."
    assert header(latest_error="The connection broke.")["met"] == ""  # it goes on, and nobody need know


def test_a_silence_before_the_first_byte_is_no_older_than_the_run() -> None:
    """A new card does not claim to have been silent for days."""
    assert header(silent_seconds=1e6, elapsed_seconds=7.0)["silent"] == 7


def test_an_abort_says_what_it_left() -> None:
    """The page says what is billed, offers to carry on where that can be done, and to forget what no abort reaches."""
    gone, kept = header(state=State.ABORTED), header(state=State.ABORTED, keeps_parts=True, checkpoint_kept=True)
    assert (gone["parts_gone"], gone["kept_here"]) == (True, False)
    assert (kept["parts_gone"], kept["kept_here"]) == (False, True)
    assert "forget" in header(state=State.FAILED, aborting=True)["can"]


def test_the_number_that_is_wanted_is_shown_before_it_is_reached() -> None:
    """Whoever typed a number sees it stay."""
    assert header(parallel=3, parallel_wanted=8)["parallel"] == 8
    assert header(parallel=3, parallel_auto=True)["parallel"] == 3


@pytest.mark.parametrize(
    ("state", "can"),
    [
        (State.RUNNING, ["pause", "abort", "settings"]),
        (State.PAUSED, ["resume", "abort", "settings"]),
        (State.COMPLETING, ["pause", "abort", "settings"]),
        (State.FAILED, ["resume", "abort", "settings"]),
        (State.COMPLETED, []),
        (State.ABORTED, []),
    ],
)
def test_the_buttons_follow_the_table_of_states(state: State, can: list[str]) -> None:
    """A button that would be refused is not offered."""
    assert header(state=state)["can"] == can


def test_what_no_checkpoint_knows_is_offered_until_it_is_too_late() -> None:
    """The button is there while the upload could still give way, and not where another process runs it."""
    assert "adopt" in header(state=State.RUNNING, adoptable=True)["can"]
    assert "adopt" in header(state=State.PAUSED, adoptable=True)["can"]
    assert "adopt" not in header(state=State.COMPLETING, adoptable=True)["can"]
    assert "adopt" not in header(state=State.COMPLETED, adoptable=True)["can"]
    assert "adopt" not in header(state=State.RUNNING, adoptable=True, detached=True)["can"]


def test_a_crc_keeps_all_its_digits() -> None:
    """JavaScript's numbers would round the checksum that the user compares."""
    receipt = Receipt("oss://b/k", 1, '"e"', 2**64 - 1, "id", 1.0, 1, 0, 1, 0)
    shown = header(state=State.COMPLETED, receipt=receipt)["receipt"]
    assert shown is not None
    assert shown["crc64"] == str(2**64 - 1)


def test_no_trait_of_the_card_holds_a_secret() -> None:
    """What widgets hold is saved with the notebook."""
    from oss_jupyter.notebook.panel.card.card import TransferCard

    card = TransferCard(cast("Transfer", StandIn()), Commands())
    own = {name: value for name, value in card.get_state().items() if not name.startswith("_")}
    assert set(own) == {"layout", "tooltip", "tabbable", "state", "part_map", "kind", "code", "widget_id", "language"}
    assert SECRET not in json.dumps(own, default=lambda value: bytes(value).decode("latin1"))
    card.close()
