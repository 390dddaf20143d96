"""`%oss_upload` in a shell of this process: its words, its options, and what it hands over."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import UsageError

from oss_jupyter import api
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.notebook.magics.argv import split_line
from oss_jupyter.notebook.magics.magics import OssMagics
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.session import current_session

from .conftest import Shell


def _spec(shell: Shell, line: str) -> TransferSpec:
    spec = coordinator_of(_transfer(shell, line)).spec
    assert isinstance(spec, TransferSpec)
    return spec


def _transfer(shell: Shell, line: str) -> Transfer:
    result = shell.ok(f"t = %oss_upload {line}\nt").result
    assert isinstance(result, Transfer)
    assert result.result(30)
    return result


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b", ["a", "b"]),
        ("  'a b'\t\"c d\" ", ["a b", "c d"]),
        (r"C:\data\trips.csv \\server\share", [r"C:\data\trips.csv", r"\\server\share"]),
        (r'"C:\my data\trips.csv"', [r"C:\my data\trips.csv"]),
        ("--metadata=k='v w' x", ["--metadata=k=v w", "x"]),
        ("\"it's\" '' é\\", ["it's", "", "é\\"]),
        ("", []),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    """Quotes keep spaces together and backslashes stay."""
    assert split_line(line) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a b  # the whole year", ["a", "b"]),
        ("a b #it's", ["a", "b"]),
        ("# nothing at all", []),
        ("a#1.csv b#2", ["a#1.csv", "b#2"]),
        ("'#1.csv' \\#2.csv", ["#1.csv", "#2.csv"]),
        ("a b;", ["a", "b"]),
        ("a b ;", ["a", "b"]),
        ("a b;;  # quiet", ["a", "b"]),
        ("'a b';", ["a b"]),
        ("a 'b;';", ["a", "b;"]),
        ("a 'b;'", ["a", "b;"]),
        ("a;1.csv b", ["a;1.csv", "b"]),
        (";", []),
    ],
)
def test_comments_and_semicolons(line: str, words: list[str]) -> None:
    """What ends a line of Python ends a line of ours, and what quotes protect is a name."""
    assert split_line(line) == words


def test_words_as_completion_writes_them() -> None:
    """What IPython's file completion escapes is understood."""
    assert split_line(r"my\ trips\ \(1\).csv b") == ["my trips (1).csv", "b"]


def test_a_lone_quote_is_refused() -> None:
    """A quote that is not closed is said, and not guessed at."""
    with pytest.raises(UsageError, match="quote is not closed"):
        split_line("it's.csv oss://b/k")


@pytest.mark.parametrize("word", ["{path}", "$path", '"{folder}/trips.bin"', "~/trips.bin", "'trips.bin'"])
def test_variables_expand(
    shell: Shell, service: Sandbox, data: Path, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python variables and ~ stand for paths."""
    monkeypatch.setenv("HOME", str(data.parent))
    shell.inner.push({"path": str(data), "folder": str(data.parent)})
    assert _spec(shell, f"{word} oss://test-bucket/k").source.path == data


def test_a_name_with_backslashes(shell: Shell, service: Sandbox, place: Path) -> None:
    """A backslash in a name arrives as it was typed."""
    (place / r"C:\data\trips.csv").write_bytes(b"x")
    assert _spec(shell, r"C:\data\trips.csv oss://test-bucket/k").source.path.name == r"C:\data\trips.csv"


def test_options_reach_the_order(shell: Shell, service: Sandbox, data: Path, place: Path) -> None:
    """The words of the line are the words of the Python function."""
    spec = _spec(
        shell,
        "trips.bin oss://test-bucket/k --part-size 2MiB --parallel 5 --retries 2 --checkpoint-dir here "
        "--content-type text/plain --metadata a=1 --metadata 'b=x y' --sse AES256 --forbid-overwrite "
        "--cache-control no-cache --storage-class IA --traffic-limit 819200000",
    )
    assert (spec.plan.part_size, spec.parallel, spec.policy.attempts) == (2 * 1024 * 1024, 5, 3)
    assert spec.store.directory == place / "here"
    assert spec.options.as_dict() == {
        "content_type": "text/plain",
        "metadata": {"a": "1", "b": "x y"},
        "server_side_encryption": "AES256",
        "forbid_overwrite": True,
        "cache_control": "no-cache",
        "storage_class": "IA",
        "traffic_limit": 819200000,
    }


def test_resuming_can_be_switched_off(shell: Shell, service: Sandbox, data: Path) -> None:
    """--checkpoint-dir none is Python's checkpoint_dir=None."""
    assert _spec(shell, "trips.bin oss://test-bucket/k --checkpoint-dir none").store.directory is None


def test_every_argument_has_an_option() -> None:
    """What Python's `upload` takes, the magic takes, except what only Python can write, or only a script needs."""
    magic: Any = OssMagics.oss_upload
    options = {action.dest for action in magic.parser._actions}
    arguments = set(inspect.signature(api.upload).parameters) - {"on_progress", "executor", "sse", "wait_at_exit"}
    assert options == arguments | {"wait", "dry_run", "variable"}


def test_every_word_of_the_magic_is_one_of_python(shell: Shell, service: Sandbox, data: Path) -> None:
    """Each spelling of an option, with underscores for dashes, is an argument of `upload`, which it checks by name."""
    magic: Any = OssMagics.oss_upload
    words = {word for action in magic.parser._actions for word in action.option_strings}
    python = {word.removeprefix("--").removeprefix("no-").replace("-", "_") for word in words} - {
        "wait",
        "dry_run",
        "variable",
        "help",
        "h",
    }
    assert {"sse", "server_side_encryption", "part_size"} <= python
    assert not [name for name in python if _refusal({name: object()}) == "UnknownArgument"]
    assert _refusal({"wait": True}) == "UnknownArgument"


def _refusal(arguments: dict[str, Any]) -> str:
    """Return the code of the error that the arguments are refused with, or nothing."""
    try:
        current_session().wiring.spec("trips.bin", "oss://test-bucket/k", UploadArguments.of(**arguments))
    except InputError as error:
        return error.code
    return ""


def test_the_help_documents_every_option(shell: Shell) -> None:
    """%oss_upload? explains the options."""
    text = shell.ok("%oss_upload?").text
    magic: Any = OssMagics.oss_upload
    for action in magic.parser._actions:
        assert action.help
        assert (action.option_strings or [action.dest])[0] in text


@pytest.mark.parametrize("name", ["oss_upload", "oss_uploads", "oss_panel", "oss_sandbox"])
@pytest.mark.parametrize("line", ["--help", "-h", "trips.bin oss://test-bucket/k --help  # what was it?"])
def test_help_is_shown_and_nothing_done(shell: Shell, name: str, line: str) -> None:
    """--help shows what the question mark shows, wherever it stands, and the line is not carried out."""
    magic: Any = getattr(OssMagics, name)
    assert magic.__doc__.strip() in shell.ok(f"%{name} {line}").text
    assert not current_session().transfers()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "the following arguments are required: source, target"),
        ("trips.bin", "the following arguments are required: target"),
        ("a b --prt-size=8MiB", "There is no option --prt-size."),
        ("my own trips.bin oss://test-bucket/k", "put names with spaces into quotes"),
        ("a b --metadata k", "--metadata takes name=value"),
    ],
)
def test_a_wrong_line_gets_a_short_answer(shell: Shell, line: str, said: str) -> None:
    """Wrong options are a UsageError with the reason and one line of usage."""
    Path("my own trips.bin").write_bytes(b"x")
    ran = shell.run(f"%oss_upload {line}")
    assert type(ran.error) is UsageError
    assert said in ran.text
    assert "Traceback" not in ran.text
    assert len(ran.text.strip().splitlines()) <= 2


def test_credentials_come_from_a_variable(shell: Shell, service: Sandbox, data: Path) -> None:
    """--credentials names a variable, and neither its value nor a key written in its place is repeated."""
    shell.inner.push({"mine": ("test-key-id", "test-key-secret"), "other": ("test-key-id", "hidden-secret")})
    assert _transfer(shell, "trips.bin oss://test-bucket/k --credentials mine --force").state.ended_for_good
    for name in ("hidden", "{other}"):
        ran = shell.run(f"%oss_upload trips.bin oss://test-bucket/k --credentials {name}")
        assert isinstance(ran.error, UsageError)
        assert "hidden" not in ran.text


def test_a_failure_is_four_lines(shell: Shell, data: Path) -> None:
    """Expected failures show what, safe, advice and code, and no traceback."""
    shell.ok("%config OssJupyter.region = 'cn-hangzhou'")
    for line, code in [
        ("gone.bin oss://test-bucket/k", "SourceMissing"),
        ("trips.bin gone.bin oss://test-bucket/k", "SourceMissing"),
        ("trips.bin http://test-bucket/k", "InvalidTarget"),
        ("trips.bin oss://Test_Bucket/k", "InvalidBucketName"),
        ("trips.bin oss://test-bucket/k --part-size 1KiB", ""),
        ("trips.bin oss://test-bucket/k --acl open", "InputError"),
    ]:
        ran = shell.run(f"%oss_upload {line}")
        lines = ran.text.strip().splitlines()
        assert len(lines) == 4, lines
        assert lines[1] == "Nothing was sent."
        assert code in lines[3]


def test_waiting_says_how_it_ended(shell: Shell, service: Sandbox, data: Path, capfd: Any) -> None:
    """--wait ends with the receipt in one line, and the object is there."""
    ran = shell.ok("%oss_upload trips.bin oss://test-bucket/k --wait --part-size 1MiB")
    assert "completed · 8 MiB · " in ran.text
    assert service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()
