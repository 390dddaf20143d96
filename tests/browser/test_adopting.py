"""A card whose upload finds parts in OSS that no checkpoint knows: it says so, and takes them when it is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from ..engine.unrecorded import HOUR_SECONDS, ids, leave
from .test_card import MIB, WAIT_MS, Cell, Open, Picture, card_of, press, same_bytes, wait_for_status

pytestmark = pytest.mark.timeout(300)

Leave = Callable[[float], str]


@pytest.fixture
def left(upload_cell: Cell, sandbox: Sandbox, tmp_path: Path) -> Callable[[float], str]:
    """Leave 20 of 32 parts in OSS, so old in seconds; return the cell that uploads their file."""

    def make(age_seconds: float) -> str:
        cell = upload_cell("trips.bin")
        content, size = (tmp_path / "trips.bin").read_bytes(), 256 * 1024
        leave(sandbox, content, range(1, 21), part_size=size, age_seconds=age_seconds, key="trips.bin")
        return cell

    return make


def test_quiet_parts_are_kept(
    open_notebook: Open, left: Leave, sandbox: Sandbox, tmp_path: Path, picture: Picture
) -> None:
    """The card shows them as kept, and tells in a note where they come from."""
    cell = left(HOUR_SECONDS)
    sandbox.rate_bytes_per_second = MIB / 2
    notebook = open_notebook(cell, device_scale_factor=2)
    notebook.run(0)
    card = card_of(notebook)
    card.locator(".ossj-notes", has_text="20 of 32 parts, the last one 1 h ago), and it goes on").wait_for(
        timeout=WAIT_MS
    )
    card.locator(".ossj-legend li", has_text="kept").wait_for(timeout=WAIT_MS)
    picture(notebook, 0, "card-adopted")
    sandbox.rate_bytes_per_second = None
    wait_for_status(card, "Completed")
    assert same_bytes(sandbox, tmp_path / "trips.bin")
    assert ids(sandbox) == set()


def test_fresh_parts_are_taken_by_a_button(
    open_notebook: Open, left: Leave, sandbox: Sandbox, tmp_path: Path, picture: Picture
) -> None:
    """The upload goes on beside them, and gives way when its user presses the button; then that is gone."""
    cell = left(60.0)
    sandbox.rate_bytes_per_second = MIB / 2
    notebook = open_notebook(cell, device_scale_factor=2)
    notebook.run(0)
    card = card_of(notebook)
    card.locator(".ossj-notes", has_text="Another computer may be sending it").wait_for(timeout=WAIT_MS)
    assert len(ids(sandbox)) == 2
    picture(notebook, 0, "card-adoptable")
    press(card, "Use the parts in OSS")
    card.locator(".ossj-legend li", has_text="kept").wait_for(timeout=WAIT_MS)
    picture(notebook, 0, "card-adopting")
    assert not card.get_by_role("button", name="Use the parts in OSS").is_visible()
    sandbox.rate_bytes_per_second = None
    wait_for_status(card, "Completed")
    assert same_bytes(sandbox, tmp_path / "trips.bin")
    assert ids(sandbox) == set()
