"""What a card does beside showing: copied words are whole, buttons tell the truth, and the keyboard is never lost."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Sandbox

from .driver import Notebook
from .test_card import MIB, WAIT_MS, Cell, Open, Picture, card_of, done_parts, press, wait_for_status
from .test_desk import desk_of, settings
from .test_restart import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["settings"]

pytestmark = pytest.mark.timeout(300)

# Whatever a button says from now on, however shortly.
_LISTEN = """(button) => {
    window.said = [button.textContent];
    const follow = () => window.said.push(button.textContent);
    new MutationObserver(follow).observe(button, {childList: true, characterData: true, subtree: true});
}"""


def has_focus(notebook: Notebook, text: str) -> bool:
    return bool(notebook.page.evaluate("document.activeElement.textContent") == text)


def test_a_copied_address_is_whole(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox) -> None:
    """The address is drawn in two pieces, but selecting and copying it gives one line, also where it is shortened."""
    name = f"{'a-long-name-of-measurements-' * 5}.bin"
    notebook = open_notebook(upload_cell(name, size_mib=1))
    notebook.run(0)
    card = card_of(notebook)
    wait_for_status(card, "Completed")
    url = card.locator(".ossj-url")
    assert url.evaluate("(element) => element.firstChild.scrollWidth > element.firstChild.clientWidth")
    url.click(click_count=3)
    assert notebook.page.evaluate("getSelection().toString()").strip() == f"oss://test-bucket/{name}"


def test_an_abort_is_asked_with_the_numbers_of_now(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, picture: Picture
) -> None:
    """The upload goes on while one thinks; then the keyboard stays in the card, and the file says what is left."""
    notebook = open_notebook(upload_cell())
    sandbox.rate_bytes_per_second = MIB
    notebook.run(0)
    card = card_of(notebook)
    press(card, "Abort")
    question = card.get_by_role("group", name="Abort this upload?")
    until(notebook, lambda: done_parts(card) > 4)
    before = question.inner_text()
    assert "parts (" in before
    until(notebook, lambda: question.inner_text() != before)
    picture(notebook, 0, "card-abort-question")
    question.get_by_role("button", name="Keep the parts").press("Enter")
    wait_for_status(card, "Aborted")
    until(notebook, partial(has_focus, notebook, "Details"))
    notebook.page.wait_for_timeout(500)
    saved = "".join(notebook.save()["cells"][0]["outputs"][-1]["data"]["text/plain"])
    assert "aborted · " in saved
    assert " of 8 MiB already in OSS" in saved


def test_the_keyboard_is_somewhere_useful_when_an_upload_ends(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, picture: Picture
) -> None:
    """The button or map that had the focus goes with the end; what one can do next has it then, not the page."""
    for focus in (".ossj-main", "canvas"):
        notebook = open_notebook(upload_cell())
        sandbox.rate_bytes_per_second = MIB
        notebook.run(0)
        card = card_of(notebook)
        card.locator(focus).focus()
        sandbox.rate_bytes_per_second = None
        wait_for_status(card, "Completed")
        assert not card.locator("canvas").is_visible()  # one line says how many parts there were
        assert "32 parts · CRC-64 verified" in card.inner_text()
        until(notebook, partial(has_focus, notebook, "Copy link"))


def test_a_pause_is_no_loss(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox) -> None:
    """Parts whose answer a pause has cut off are this kernel's own: nothing is told of them, and no button moves."""
    notebook = open_notebook(upload_cell())
    sandbox.rate_bytes_per_second = MIB
    notebook.run(0)
    card = card_of(notebook)
    main = card.locator(".ossj-main")
    until(notebook, lambda: done_parts(card) > 2)
    place = main.bounding_box()
    for _ in range(3):
        press(card, "Pause")
        wait_for_status(card, "Paused")
        press(card, "Resume")
        wait_for_status(card, "Running")
        notebook.page.wait_for_timeout(700)
    words = card.inner_text()
    assert "receipts" not in words
    assert "kept from before" not in words
    assert main.bounding_box() == place


def test_retry_uses_what_a_variable_holds_by_then_and_tells_when_it_fails_again(
    open_notebook: Open,
    sandbox: Sandbox,
    settings: str,
    tmp_path: Path,
    picture: Picture,
) -> None:
    """A wrong secret is corrected in its variable; the error stands first, and no button waits for what is over."""
    (tmp_path / "data.bin").write_bytes(os.urandom(MIB))
    upload = "keys = ('test-key-id', 'wrong')\n%oss_upload data.bin oss://test-bucket/ --credentials keys"
    notebook = open_notebook(settings, upload, "keys = ('test-key-id', 'test-key-secret')")
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    wait_for_status(card, "Failed")
    error, bar = card.locator(".ossj-error").bounding_box(), card.get_by_role("progressbar").bounding_box()
    assert error is not None
    assert bar is not None
    assert error["y"] < bar["y"]
    assert not card.locator("canvas").is_visible()  # of one part
    picture(notebook, 1, "card-failed-one-part")
    card.get_by_role("button", name="Retry").evaluate(_LISTEN)
    sandbox.latency_seconds = 2.0
    press(card, "Retry")
    notebook.page.wait_for_function("said.includes('Resuming…')", timeout=WAIT_MS)
    sandbox.latency_seconds = 0.0
    card.get_by_role("button", name="Retry").wait_for(timeout=5000)
    notebook.run(2)
    press(card, "Retry")
    wait_for_status(card, "Completed")
    assert sandbox.object_path("test-bucket", "data.bin").read_bytes() == (tmp_path / "data.bin").read_bytes()


def test_a_limit_that_is_none_is_refused_in_words(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox) -> None:
    """What is not taken says why, and a good value takes the words away."""
    notebook = open_notebook(upload_cell())
    sandbox.rate_bytes_per_second = MIB
    notebook.run(0)
    card = card_of(notebook)
    enter(notebook, card.get_by_label("Speed limit in MiB/s"), "-3")
    wrong = card.locator(".ossj-wrong")
    assert wrong.inner_text() == "The limit is a number of MiB/s, 0.1 at least, or empty for none."
    enter(notebook, card.get_by_label("Parts or files on the wire"), "2.5")
    assert wrong.inner_text() == "Parallel is a whole number from 1 to 256, or empty to follow the line."
    enter(notebook, card.get_by_label("Parts or files on the wire"), "2")
    assert not wrong.is_visible()


def test_saving_works_from_the_desk(open_notebook: Open, sandbox: Sandbox, settings: str) -> None:
    """Ctrl+S saves the notebook wherever the keyboard is, and letters still do nothing to its cells."""
    notebook = open_notebook(settings, "%oss_panel", "3")
    notebook.run(0)
    notebook.run(1)
    desk_of(notebook, 1).get_by_role("button", name="Browse…").focus()
    saved_at = notebook.path.stat().st_mtime_ns
    for key in ("x", "d", "d", "b"):
        notebook.page.keyboard.press(key)
    notebook.page.keyboard.press("Control+s")
    until(notebook, lambda: notebook.path.stat().st_mtime_ns > saved_at)
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 3


def enter(notebook: Notebook, field: Locator, value: str) -> None:
    field.fill(value)
    notebook.page.keyboard.press("Enter")
