"""Giving a finished upload away, in a real JupyterLab: what is copied works, and the notebook keeps none of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from oss_jupyter.sandbox import Sandbox

from .driver import Notebook
from .test_card import card_of, press, wait_for_status

Open = Callable[..., Notebook]
Cell = Callable[..., str]
Picture = Callable[[Notebook, int, str], None]
WAIT_MS = 30_000

pytestmark = pytest.mark.timeout(180)


def copied(notebook: Notebook) -> str:
    return str(notebook.page.evaluate("navigator.clipboard.readText()"))


def test_a_link_is_copied_and_kept_nowhere(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, tmp_path: Path, picture: Picture
) -> None:
    """It opens the object, and neither page, widget, notebook, journal nor log has it."""
    notebook = open_notebook(upload_cell(), "print(transfer.state)", device_scale_factor=2)
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run(0)
    card = card_of(notebook)
    wait_for_status(card, "Completed")
    card.get_by_label("How long the link is good").select_option("7d")
    press(card, "Copy link")
    card.get_by_role("status").filter(has_text="Whoever has it can read the file until").wait_for(timeout=WAIT_MS)
    link = copied(notebook)
    assert "x-oss-expires=604800" in link
    assert requests.get(link, timeout=10).content == (tmp_path / "data.bin").read_bytes()
    secrets = ("x-oss-signature", link.rpartition("=")[2])
    picture(notebook, 0, "card-hand-over")
    assert not [word for word in secrets if word in notebook.page.content()]
    notebook.run(1)
    saved = json.dumps(notebook.save())
    assert "CRC-64" in saved  # the summary, at least
    widgets = json.dumps(
        notebook.page.evaluate(
            "async () => { const panel = [...jupyterapp.shell.widgets('main')].find((one) => one.sessionContext);"
            " const manager = panel.content.widgets[0].outputArea.rendermime.createRenderer("
            "'application/vnd.jupyter.widget-view+json', {})._manager.promise; return (await manager).get_state(); }"
        )
    )
    assert '"state"' in widgets
    places = [tmp_path, notebook.path.parents[1]]  # its files and checkpoints; Jupyter's own with the server's log
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    written = [path for path in files if "sandbox" not in path.parts and path != notebook.path]
    assert any(path.name == "server.log" for path in written)
    texts = [saved, widgets, *(path.read_bytes().decode(errors="replace") for path in written)]
    assert not [word for word in secrets if [text for text in texts if word in text]]


def test_a_cell_is_copied_and_runs(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, tmp_path: Path) -> None:
    """What is pasted reads the object, with the official SDK alone."""
    keys = "%env OSS_ACCESS_KEY_ID=test-key-id\n%env OSS_ACCESS_KEY_SECRET=test-key-secret"
    notebook = open_notebook(upload_cell(), keys)
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.run(0)
    card = card_of(notebook)
    wait_for_status(card, "Completed")
    card.get_by_label("What reads it").select_option("python")
    press(card, "Read it back")
    card.get_by_role("status").filter(has_text="paste it where you need it").wait_for(timeout=WAIT_MS)
    reading = copied(notebook)
    notebook.run(1)
    again = open_notebook(
        f"{keys}\nimport os; os.chdir({str(tmp_path)!r}); os.remove('data.bin')\n{reading}\nprint('read')"
    )
    again.run(0)
    assert again.text_of(0).endswith("read\n")
    assert (tmp_path / "data.bin").read_bytes() == Path(sandbox.object_path("test-bucket", "data.bin")).read_bytes()


def test_a_card_without_its_kernel_gives_nothing_away(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox) -> None:
    """Buttons that nobody would hear are not shown; what is said of the upload stays."""
    notebook = open_notebook(upload_cell())
    notebook.run(0)
    card = card_of(notebook)
    wait_for_status(card, "Completed")
    card.get_by_role("button", name="Copy link").wait_for(timeout=WAIT_MS)
    notebook.shut_down_kernel()
    card.get_by_role("button", name="Copy link").wait_for(state="hidden", timeout=WAIT_MS)
    wait_for_status(card, "Completed")
