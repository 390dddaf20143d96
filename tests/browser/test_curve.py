"""The curve of the last minutes on a card: of a file and of a dataset, over a reload, and nothing when it is over."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from .test_card import MIB, WAIT_MS, Open, Picture, card_of, press, wait_for_status
from .test_desk import settings

__all__ = ["settings"]

pytestmark = pytest.mark.timeout(300)

SAID = re.compile(r"^Speed in the last \d+ s: (.+/s to )?.+/s$")


def test_the_curve_of_a_file_and_of_a_dataset(
    open_notebook: Open, sandbox: Sandbox, settings: str, tmp_path: Path, picture: Picture
) -> None:
    """It is drawn once there is something to see, said in words, found again after a reload, and gone at the end."""
    (tmp_path / "data").mkdir()
    (tmp_path / "large.bin").write_bytes(os.urandom(64 * MIB))
    for number in range(1000):
        (tmp_path / "data" / f"{number:03}.bin").write_bytes(os.urandom(50_000))
    sandbox.rate_bytes_per_second = MIB
    uploads = [f"%oss_upload {name} oss://test-bucket/raw/ --part-size 256KiB" for name in ("large.bin", "data/")]
    notebook = open_notebook(settings, *uploads, device_scale_factor=2)
    for index in range(3):
        notebook.run(index)
    cards = [card_of(notebook, index) for index in (1, 2)]
    assert not any(card.get_by_role("img").count() for card in cards)  # too little to be drawn
    for card in cards:
        curve = card.get_by_role("img")
        curve.wait_for(timeout=WAIT_MS)
        assert SAID.match(curve.get_attribute("aria-label") or "")
    sandbox.rate_bytes_per_second = MIB // 8  # the page takes its time to load
    lines = [card.locator(".ossj-curve-line").first.get_attribute("d") or "" for card in cards]
    assert all(line.count("L") >= 3 for line in lines)
    picture(notebook, 1, "curve-file")
    picture(notebook, 2, "curve-dataset")
    notebook.save()
    notebook.reload()
    for card, line in zip(cards, lines, strict=True):
        again = card.locator(".ossj-curve-line").first
        again.wait_for(timeout=WAIT_MS)
        assert (again.get_attribute("d") or "").count("L") >= line.count("L")
    press(cards[0], "Pause")
    wait_for_status(cards[0], "Paused")
    assert not cards[0].get_by_role("img").count()
    sandbox.rate_bytes_per_second = None
    press(cards[0], "Resume")
    for card in cards:
        wait_for_status(card, "Completed")
        assert not card.get_by_role("img").count()
