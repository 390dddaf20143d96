"""Whoever types magics is advised in their words, and whoever writes Python in Python's."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import oss_jupyter
from oss_jupyter import api
from oss_jupyter.cli.parsers import read
from oss_jupyter.console.options import FLAGS, pairs
from oss_jupyter.console.spelling import COMMANDS, as_command, as_magic
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.options import make_options
from oss_jupyter.notebook.magics.argv import parse
from oss_jupyter.notebook.magics.magics import OssMagics
from oss_jupyter.oss.places.foreign import HOW_TO_GIVE
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.texts import chinese

from .conftest import Shell

_ROOMS = ("model", "oss", "local", "engine")


@pytest.mark.parametrize(
    ("python", "magic"),
    [
        ("Leave part_size out, or write part_size=1MiB.", "Leave --part-size out, or write --part-size 1MiB."),
        ('Use endpoint="a.example.com", region="cn-x".', "Use --endpoint a.example.com, --region cn-x."),
        ("acl='open' is not known; sse='A 1'", '--acl open is not known; --sse "A 1"'),
        ("force=True sends it.", "--force sends it."),
        ("internal=False, checkpoint_dir=None", "--no-internal, --checkpoint-dir none"),
        ("Correct ca_bundle, or checkpoint_dir=…;", "Correct --ca-bundle, or --checkpoint-dir …;"),
        ('server_side_encryption="AES256" or sse="SM4"', "--sse AES256 or --sse SM4"),
        ('metadata={"project": "taxi"}', "--metadata project=taxi"),
        ('expires="Wed, 21 Oct 2026 07:28:00 GMT"', '--expires "Wed, 21 Oct 2026 07:28:00 GMT"'),
        ("Check proxy= or HTTPS_PROXY.", "Check --proxy or HTTPS_PROXY."),
        ("lower parallel, correct the endpoint", "lower parallel, correct the endpoint"),
        ("--part-size 1MiB stays", "--part-size 1MiB stays"),
        ("%env OSS_REGION=cn-hangzhou stays", "%env OSS_REGION=cn-hangzhou stays"),
        ('Resume it: oj.resume("abc")', "Resume it: %oss_uploads resume abc"),
        ('oj.resume("abc", ca_bundle="FILE", profile="P")', "%oss_uploads resume abc --ca-bundle FILE --profile P"),
        ('oj.abort("abc") or oj.forget("abc")', "%oss_uploads abort abc or %oss_uploads abort abc --forget"),
        ("oj.transfers() shows all.", "%oss_uploads shows all."),
        ('oj.leftovers("oss://b").remove("A1", force=True).', "%oss_leftovers oss://b remove A1 --force."),
    ],
)
def test_arguments_and_calls(python: str, magic: str) -> None:
    """Arguments become options with their values, and functions become lines."""
    assert as_magic(python) == magic


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ("Leave part_size out, or write part_size=1MiB.", "Leave --part-size out, or write --part-size 1MiB."),
        ('Resume it: oj.resume("abc")', "Resume it: oss-jupyter resume abc"),
        ('oj.resume("abc", ca_bundle="FILE", profile="P")', "oss-jupyter resume abc --ca-bundle FILE --profile P"),
        ('oj.resume("abc", credentials=VARIABLE)', "oss-jupyter resume abc --profile NAME"),
        ('oj.abort("abc") or oj.forget("abc")', "oss-jupyter abort abc or oss-jupyter abort abc --forget"),
        ("oj.transfers() shows all.", "oss-jupyter list shows all."),
        ('oj.leftovers("oss://b").remove("A1", force=True).', "oss-jupyter leftovers oss://b remove A1 --force."),
        ("Run the cell again, or run its cell again.", "Run the command again, or run the command again."),
    ],
)
def test_commands_are_advised_commands(python: str, command: str) -> None:
    """Who types in a shell has no cells and no variables, and the other words of options and lines."""
    assert as_command(python) == command


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("callback", {"callbackUrl": "https://example.com/done", "callbackBody": 'key=${object}&it\'s="1"'}),
        ("callback_var", {"x:project": "taxi; part_size=1MiB, region='x'"}),
        ("metadata", {"project": 'it\'s a "taxi"', "b": "$HOME `ls` !x", "c": "#1;"}),
        ("tagging", {"project": "New York", "year": "2024"}),
        ("content_disposition", 'attachment; filename="a b.csv"'),
        ("content_disposition", 'attachment; filename="it\'s \\ 报告.csv"'),
        ("content_disposition", "-x"),
        ("cache_control", "no-cache"),
        ("expires", "Wed, 21 Oct 2026 07:28:00 GMT"),
    ],
)
def test_what_is_advised_arrives_as_it_was_meant(name: str, value: Any) -> None:
    """Whatever a value holds, both the magic's parser and a shell read the option as Python has it."""
    line = f"a.bin oss://bucket/k {as_magic(f'{name}={value!r}')}"
    of_magic = vars(parse(OssMagics.oss_upload, line, ""))
    words = shlex.split(f"a.bin oss://bucket/k {as_command(f'{name}={value!r}')}")
    for given in (of_magic, read("upload", words)):
        found = pairs(given[name]) if name == "metadata" else given[name]
        assert make_options({name: found}) == make_options({name: value})
        assert (given["source"], given["target"]) == (["a.bin"], "oss://bucket/k")


def test_commands_lead_to_where_the_place_is_kept() -> None:
    """Where that is no default directory, each command that looks there names it, as a shell takes it."""
    there = COMMANDS.at(PurePosixPath("/data/{my} place"))
    assert there.act("resume", "abc") == "oss-jupyter resume abc --checkpoint-dir '/data/{my} place'"
    assert as_command("oj.transfers()", there) == "oss-jupyter list --checkpoint-dir '/data/{my} place'"


def _texts(*rooms: str) -> Iterator[tuple[str, str]]:
    for room in rooms:
        for path in (Path(oss_jupyter.__file__).parent / room).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            documents = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if hasattr(node, "body")
                         if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))}  # fmt: skip
            filled = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
            for one in filled:
                pieces = [piece.value if isinstance(piece, ast.Constant) else "{}" for piece in one.values]
                yield f"{path.name}:{one.lineno}", "".join(map(str, pieces))
            inside = {id(piece) for one in filled for piece in one.values}
            for node in ast.walk(tree):
                text = node.value if isinstance(node, ast.Constant) and id(node) not in inside else None
                if isinstance(text, str) and text not in documents:
                    yield f"{path.name}:{node.lineno}", text  # type: ignore[attr-defined]


def test_the_rooms_below_speak_python() -> None:
    """Only the notebook room knows magics, so that no script is told to type one; a terminal knows other programs."""
    magics = re.compile(r"%oss_|(?<!\w)--[a-z]{3}")
    typed = re.compile(r"[Ii]n a terminal[,:]  aliyun ")
    found = [(where, text) for where, text in _texts(*_ROOMS) if magics.search(text)]
    assert [(where, text) for where, text in found if not typed.search(text)] == []
    assert [(where, text) for where, text in _texts("session") if "%oss_" in text] == []


def test_what_is_advised_can_be_typed() -> None:
    """No option takes what only Python can write, such as a pair: it takes a variable that holds it, or a profile."""
    of_python = re.compile(rf"\b(?:{'|'.join(FLAGS)})=[([]")
    assert [text for text in _texts(*_ROOMS, "session") if of_python.search(text[1])] == []
    for said in (HOW_TO_GIVE, chinese()[HOW_TO_GIVE]):
        assert " --credentials VARIABLE" in as_magic(said)
        assert " --profile NAME" in as_command(said)


def test_a_magic_advises_magics(shell: Shell, data: Path) -> None:
    """What a magic raises names its own options, and the same mistake in Python names Python's arguments."""
    line = shell.run("%oss_upload trips.bin oss://test-bucket/k --region cn-hangzhou --part-size 1KiB")
    assert isinstance(line.error, InputError)
    assert "write --part-size 1MiB" in line.text
    assert "part_size" not in line.text
    with pytest.raises(InputError, match="write part_size=1MiB"):
        api.upload("trips.bin", "oss://test-bucket/k", region="cn-hangzhou", part_size="1KiB")


def test_a_transfer_speaks_as_it_was_begun(shell: Shell, service: Sandbox, data: Path) -> None:
    """A later failure is shown in the words of the magic or the function that began the upload."""
    service.faults.add(Fault("PutObject", code="SecondLevelDomainForbidden", status=403, times=None))
    shell.ok("t = %oss_upload trips.bin oss://test-bucket/magic")
    python = api.upload("trips.bin", "oss://test-bucket/python")
    magic = shell.inner.user_ns["t"]
    for transfer in (python, magic):
        with pytest.raises(OssJupyterError, match="Leave out path_style=True"):
            transfer.result(30)
    assert "Leave out --path-style" in magic.snapshot().error[2]
    assert "Leave out path_style=True" in (python.snapshot().error or ("", "", ""))[2]


@pytest.mark.parametrize(
    ("python", "command"),
    [
        ("请重新运行该单元格。", "请重新执行该命令。"),
        ("再次运行单元格即可继续上传", "再次执行该命令即可继续上传"),
        ('继续上传：oj.resume("abc")。', "继续上传：oss-jupyter resume abc。"),
        ('oj.resume("abc", profile="P")：从断点继续', "oss-jupyter resume abc --profile P：从断点继续"),
        ("请去掉 part_size，或写成 part_size=1MiB。", "请去掉 --part-size，或写成 --part-size 1MiB。"),
        ("如需覆盖请指定force=True重试", "如需覆盖请指定--force重试"),
        ('请使用 credentials=…，或 region="cn-x"', "请使用 --profile NAME，或 --region cn-x"),
    ],
)
def test_chinese_sentences_are_spelled_as_well(python: str, command: str) -> None:
    """Characters and punctuation end a name and a value, and the cell is the command there, too."""
    assert as_command(python) == command


def test_both_languages_name_the_same_options_and_commands() -> None:
    """What can be typed survives the translation, for whoever types commands and for whoever types magics."""
    typed = re.compile(r"(?<![\w-])--[a-z][a-z-]+|%oss_[a-z]+|oss-jupyter [a-z]+")
    for spell in (as_command, as_magic):
        wrong = [
            sentence
            for sentence, zh in chinese().items()
            if {*typed.findall(spell(sentence))} ^ {*typed.findall(spell(zh))}
        ]
        assert wrong == []


def test_a_shell_needs_no_sign_of_ipythons() -> None:
    """What a cell hands to a shell is typed there as it is, in both languages."""
    sign = re.compile(r"(?<!\w)(?:!|%)(?:chmod|cat|cd) ")
    texts = [text for pair in chinese().items() for text in pair]
    assert len([text for text in texts if sign.search(text)]) == 8
    assert [text for text in texts if sign.search(as_command(text))] == []


def test_no_sentence_sends_whoever_types_commands_to_a_cell() -> None:
    """Running the cell again is the command there, in both languages."""
    again = re.compile(r"\b[Rr]un (?:the|its) cell(?! that)|(?:重新|再次)运行(?:该|其|此)?单元格")
    assert [text for pair in chinese().items() for text in pair if again.search(as_command(text))] == []
