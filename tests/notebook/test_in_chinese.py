"""A notebook whose reader speaks Chinese: magics and their help, settings, what Tab tells, and what uploads say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter

from oss_jupyter import api
from oss_jupyter.console.help import help_of
from oss_jupyter.console.lines import brief
from oss_jupyter.notebook.magics.bucket_magics import BucketMagics
from oss_jupyter.notebook.magics.magics import OssMagics
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.texts import sentences, spoken, tr
from oss_jupyter.texts.argparse_says import complaint

from .conftest import Shell

HAN = re.compile(r"[\u4e00-\u9fff]")
MAGICS = ("oss_upload", "oss_uploads", "oss_check", "oss_leftovers", "oss_panel", "oss_sandbox")


@pytest.fixture
def speaks_chinese(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "_chosen", {"setting": "", "page": ""})
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")


pytestmark = pytest.mark.usefixtures("speaks_chinese")


@pytest.mark.parametrize("name", MAGICS)
def test_help_is_told_in_the_readers_language(shell: Shell, name: str) -> None:
    """Each paragraph, whether --help or the question mark asks; and in English for whoever chooses that."""
    told = shell.ok(f"%{name} --help").text
    paragraphs = [line for line in told.splitlines() if line.strip() and not line.startswith(("::", "  "))]
    assert [line for line in paragraphs if not HAN.search(line)] == []
    assert paragraphs[0] in shell.ok(f"%{name}?").text
    api.settings().language = "en"
    assert not HAN.search(shell.ok(f"%{name} --help").text)


def test_no_option_is_left_in_english() -> None:
    """What stands beside an option, and above a group of them, is translated with it."""
    for magics, name in [(OssMagics, one) for one in ("oss_upload", "oss_uploads", "oss_sandbox")] + [
        (BucketMagics, one) for one in ("oss_check", "oss_leftovers")
    ]:
        parser: Any = getattr(magics, name).parser
        assert [action.dest for action in parser._actions if action.help and not HAN.search(help_of(action))] == []
        assert [one.title for one in parser._action_groups if not HAN.search(tr(one.title))] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%oss_upload", "缺少必需的参数：source, target\n用法：%oss_upload"),
        ("%oss_upload a.bin oss://b/k --part-sise 1MiB", "没有选项 --part-sise。您要写的是 --part-size 吗？\n用法："),
        ("%oss_uploads stop", "参数 action：值不在可选范围内（可选值："),
        ("%oss_uploads resume", "resume 需要上传的 ID。\n用法：%oss_uploads"),
        ("%oss_uploads history --last x", "参数 --last：值不是有效的 int"),
        ("%oss_check bucket", "请先写目标，例如 oss://bucket/data/。"),
    ],
)
def test_what_is_wrong_with_a_line_is_told_in_it(shell: Shell, line: str, said: str) -> None:
    """Also where it is argparse that complains."""
    assert said in shell.run(line).text


def test_a_complaint_that_is_not_known_stays_as_it_is() -> None:
    """Another version of argparse may have more of them."""
    assert complaint("argument --last: something new") == "参数 --last：something new"
    assert complaint("something new") == "something new"


def test_settings_are_told_in_it(shell: Shell) -> None:
    """What a setting is for, what it takes, and what it is now."""
    listed = shell.ok("%config OssJupyter").text
    assert "    可选值：['auto', 'always', 'never']\n    当前值：'auto'" in listed
    assert (
        "auto_resume: bool = False. 加载扩展时自动继续未完成的上传。"
        in shell.ok("import oss_jupyter as oj\ns = oj.settings()\ns?").text
    )
    refused = shell.run("oj.settings().uploads_at_once = 65").text
    assert "uploads_at_once：65 无效，应为：1 到 64 之间的整数。同时运行的大文件上传数" in refused


def test_tab_tells_what_is_offered_in_it(shell: Shell) -> None:
    """Options, regions and values."""

    def told(text: str) -> dict[str, str]:
        with provisionalcompleter():
            return {one.text: one.type for one in shell.inner.Completer.completions(text, len(text))}

    assert told("%oss_upload --dry")["--dry-run"] == "不发送数据，只显示每个文件将如何处理。"
    assert told("%oss_upload --region cn-hang")["cn-hangzhou"] == "华东 1（杭州）"
    assert told("%oss_upload --part-size ")["auto"] == "根据文件大小自动选择"


def test_what_an_upload_says_is_in_it(service: Sandbox, shell: Shell, data: Path) -> None:
    """From the first line to what became of it, and no sentence is glued of two languages."""
    done = shell.ok("%oss_upload trips.bin oss://test-bucket/k --wait").text
    assert "已完成 · 8 MiB · " in done
    service.rate_bytes_per_second = 1024 * 1024
    shell.ok("%oss_upload trips.bin oss://test-bucket/slow")
    assert "状态为“已暂停”" in shell.ok("%oss_uploads pause all").text
    assert "编号" in shell.ok("%oss_uploads").text
    assert "已放弃。" in shell.ok("%oss_uploads abort all").text
    assert "已从列表中移除 2 个已完成或已放弃的上传。" in shell.ok("%oss_uploads clean").text


def test_a_table_tells_the_first_sentence_of_a_note() -> None:
    """Chinese ones end otherwise."""
    assert brief("凭证已过期。请更新 a.b 后继续。") == "凭证已过期。"
    assert brief("It is v1.2 here. More is below.") == "It is v1.2 here."
    assert brief("one") == "one"


def test_sentences_stand_behind_each_other() -> None:
    """A full-width stop has its own room, and every other one a blank."""
    assert sentences("没有。", "", "请重试。", "It is so.", "请重试。") == "没有。请重试。It is so. 请重试。"
