"""The summary that stays, and the script that is made of many files."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import cast

import pytest

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.dataset import FailedFile
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target
from oss_jupyter.notebook.panel.card.card import TransferCard
from oss_jupyter.notebook.panel.card.card_summary import summary
from oss_jupyter.notebook.panel.common import bundle
from oss_jupyter.notebook.panel.common.commands import Commands
from oss_jupyter.notebook.panel.common.row import row_of
from oss_jupyter.notebook.panel.desk.desk import DESK, TransferDesk
from oss_jupyter.notebook.panel.desk.desk_summary import desk_summary
from oss_jupyter.notebook.panel.desk.pulled import PulledDesk
from oss_jupyter.texts import spoken

from ..datasets import a_dataset as a_files
from ..datasets import a_receipt, a_view, failures
from .stand_ins import StandIn, a_snapshot

NODE = shutil.which("node")
ENTRIES = ["common/load.js", "panel.js"]
EVIL = '<img src=x onerror="alert(1)">&'


def test_nothing_from_outside_becomes_html() -> None:
    """A file name or a service's message in a saved notebook runs nothing."""
    error = (EVIL, EVIL, EVIL, EVIL)
    now = a_snapshot(source=f"/data/{EVIL}", target=Target("b", EVIL), notes=(EVIL,), error=error, state=State.FAILED)
    html = summary(now)["text/html"]
    assert "<img" not in html
    assert html.count("&lt;img") == 7


def test_it_stays_under_two_kilobytes_whatever_happened() -> None:
    """A notebook of many uploads stays small."""
    error = ("What happened. " * 8, "What is safe. " * 5, "What to do. " * 10, "Code · 0003-00000001 · " + "x" * 100)
    key = "data/" + "k" * 200
    notes = tuple(f"Note {number}. " + "n" * 400 for number in range(5))
    now = a_snapshot(source="/data/" + "f" * 200, target=Target("b", key), error=error, notes=notes, state=State.FAILED)
    assert len(summary(now)["text/html"].encode()) <= 2000


def test_the_words_of_a_dataset_have_its_counts_and_ten_failures() -> None:
    """A saved notebook says how many files are there and which failed, in less than three kilobytes."""
    now = a_files(State.COMPLETED_WITH_ERRORS, a_view(failed=30, failures=failures(30)), receipt=a_receipt(failed=30))
    html = summary(now)["text/html"]
    assert len(html.encode()) < 3000
    assert "80,000 sent, 1,000 kept from before, 7,737 already there, 30 failed" in html
    assert html.count("Reason ") == 10
    assert "and 20 more that failed" in html
    assert "part" not in html


@pytest.mark.parametrize("letter", ['"', "é", "\udcff", "n"])
def test_the_words_of_a_dataset_stay_small_whatever_failed(letter: str) -> None:
    """The longest names and reasons leave fewer failures, and never a large notebook."""
    name = letter * 400
    failed = tuple(FailedFile(name, name, "Code", name) for _ in range(1000))
    now = a_files(
        State.COMPLETED_WITH_ERRORS, a_view(failed=1000, failures=failed), source=name, notes=(name, name),
        target=Target("bucket", "k" * 1000 + "/"), receipt=a_receipt(failed=1000, failures=failed),
    )  # fmt: skip
    html = summary(now)["text/html"]
    assert len(html.encode()) < 3000
    assert "1,000 failed" in html


def test_the_words_of_the_desk_count_the_files_of_a_dataset() -> None:
    """In the list that stays, a dataset is one row, told in files and bytes."""
    words = desk_summary([row_of(a_files(State.PAUSED)), row_of(a_files(view=a_view(scanning=True, failed=2)))])
    assert "12,403 of 88,740 files, 31 of 52 GiB" in words["text/plain"]
    assert "12,403 of at least 88,740 files, 2 failed, 31 GiB of at least 52 GiB" in words["text/html"]


def test_the_words_of_the_desk_know_no_whole_of_a_stream() -> None:
    """What has come of it is in OSS, which is not all of it."""
    row = row_of(a_snapshot(state=State.INTERRUPTED, open_ended=True, total_bytes=7, kept_bytes=7, confirmed_bytes=0))
    assert desk_summary([row])["text/plain"].splitlines()[1].endswith(" 7 B")


def test_it_reads_without_style_and_without_html() -> None:
    """GitHub, mail and terminals show the same facts."""
    words = summary(a_snapshot(state=State.PAUSED))
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", words["text/html"])
    for text in (bare, words["text/plain"]):
        assert "trips 2024.parquet" in text
        assert "paused" in text
        assert "%oss_uploads resume k5ffjj43" in text


def test_the_card_itself_is_one_sentence_where_there_are_no_widgets() -> None:
    """Nobody sees a bare class name in place of a card."""
    card = TransferCard(cast("Transfer", StandIn()), Commands())
    data = card._repr_mimebundle_()[0]
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert data["text/plain"].count(".") >= 1
    assert "trips 2024.parquet" in data["text/plain"]
    card.close()


def modules_of(entry: str) -> list[str]:
    return re.findall(r"^// ([\w/-]+\.js)$", bundle.script(entry), re.MULTILINE)


def test_every_module_is_in_a_script() -> None:
    """A new file of the page is not forgotten in the bundle."""
    held = {name for entry in ENTRIES for name in modules_of(entry)}
    assert held == {path.relative_to(bundle.STATIC).as_posix() for path in bundle.STATIC.rglob("*.js")}


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_script_holds_a_module_once_and_no_joints(entry: str) -> None:
    """Joining by text leaves nothing that a browser would refuse."""
    script, modules = bundle.script(entry), modules_of(entry)
    assert len(set(modules)) == len(modules)
    assert not re.search(r"^import\b", script, re.MULTILINE)
    assert re.findall(r"^export\b.*", script, re.MULTILINE) == ["export default { render };"]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize("entry", ENTRIES)
def test_the_script_is_one_module_that_a_browser_would_load(entry: str, tmp_path: Path) -> None:
    """A slip in joining is seen here, not as an empty cell."""
    module = tmp_path / "script.mjs"
    module.write_text(bundle.script(entry), encoding="utf-8")
    check = f"import({str(module)!r}).then((m) => console.log(typeof m.default.render))"
    done = subprocess.run([str(NODE), "-e", check], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.stderr) == ("function", "")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_page_side_passes_its_own_tests() -> None:
    """`make test` covers both languages."""
    tests = sorted(map(str, (Path(__file__).parents[1] / "js").glob("*.test.mjs")))
    done = subprocess.run([str(NODE), "--test", *tests], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout


def test_a_page_is_told_what_the_kernel_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab's page says "en" until somebody chooses: what `LANG` names would be there in outputs alone."""
    monkeypatch.setattr(spoken, "_chosen", {"setting": "", "page": "en"})
    for name, value in {"OSS_JUPYTER_LANGUAGE": "", "LANGUAGE": "", "LC_ALL": "", "LANG": "zh_CN.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    assert TransferDesk(Commands(), "", DESK, "", []).language == "zh"
    assert TransferDesk(Commands(), "en", DESK, "", []).language == "en"
    assert PulledDesk("", []).pull()["language"] == "zh"


def test_nothing_is_put_into_the_page_as_html() -> None:
    """Texts from the service could otherwise run in the user's page."""
    scripts = [path.read_text("utf-8") for path in bundle.STATIC.rglob("*.js")]
    assert len(scripts) > 1
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", "\n".join(scripts))
