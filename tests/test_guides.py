"""The guides speak the words of the package: each code that it raises, and each Chinese phrase that it says."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

import oss_jupyter
from oss_jupyter import errors
from oss_jupyter.oss.advice_table import TABLE

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(oss_jupyter.__file__).parent
DOCS = ROOT / "docs"
# They hold what others have in common, or never reach a user.
_NEVER_SEEN = {
    "OssJupyterError",
    "CheckpointError",
    "LaneLost",
    "PartStopped",
    "ServiceError",
    "Shortage",
    "SourceError",
}
# JupyterLab's own words, the word of a login page, and a line of the status bar that three texts make.
_NOT_OURS = {"全部运行", "200 OK", "↑ 2 个上传 · 84 MiB/s · 剩余 12 min 00 s"}


def codes() -> set[str]:
    """Return every code that may stand at the end of a failure, but what only the service knows."""
    text = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    named = {code for _, code in re.findall(r'(\bcode=|\b[A-Z]+_(?:GONE|ROOM) = )"(\w+)"', text)}
    return (kinds | named | set(TABLE)) - _NEVER_SEEN


@pytest.mark.parametrize("page", ["troubleshooting.md", "zh/troubleshooting.md"])
def test_every_code_is_found_in_troubleshooting(page: str) -> None:
    """Whoever searches the page for the code of a failure finds a row that says what to do."""
    rows = re.findall(r"^\| (.+?) \|", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    told = set(re.findall(r"[A-Za-z]\w+", " ".join(rows)))
    found = codes()
    assert len(found) > 100
    assert found - told == set()


def test_chinese_pages_quote_what_is_said_in_chinese(subtests: pytest.Subtests) -> None:
    """Whoever looks for the words of a button or message finds on the page what the screen says."""
    said = [sentence for path in (PACKAGE / "texts/zh").glob("*.json") for sentence in _sentences(path)]
    said += [words["zh"] for words in json.loads((PACKAGE / "texts/messages.json").read_text("utf-8")).values()]
    notebooks = sorted((ROOT / "notebooks/zh-CN").glob("*.ipynb"))
    for page in [*sorted((DOCS / "zh").rglob("*.md")), ROOT / "README.zh-CN.md", *notebooks]:
        with subtests.test(page.name):
            quoted = set(re.findall("“([^”]+)”", page.read_text(encoding="utf-8"))) - _NOT_OURS
            assert [words for words in quoted if not any(_holds(sentence, words) for sentence in said)] == []


def test_a_question_in_chinese_is_taken_apart_as_the_pages_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site's search finds Chinese words, though no spaces stand between them."""
    monkeypatch.syspath_prepend(str(DOCS / "site"))
    search = import_module("chinese").SearchInChinese({})
    assert search.split("断点续传，用 SDK v2") == ["断点", "点续", "续传", "用", "SDK", "v2"]
    assert "splitQuery" in search.js_splitter_code


def _sentences(path: Path) -> list[str]:
    return [text for text in json.loads(path.read_text(encoding="utf-8")).values() if isinstance(text, str)]


def _holds(sentence: str, words: str) -> bool:
    """Whether a sentence has these words; an ellipsis stands for anything, such as a name that is filled in."""
    return re.search(".*".join(map(re.escape, filter(None, words.split("…")))), sentence, re.DOTALL) is not None
