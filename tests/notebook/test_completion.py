"""Tab behind the name of a magic: what is offered, how it is written, and that the magic reads it as it was meant."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter

from oss_jupyter.notebook.completion.regions import REGIONS
from oss_jupyter.notebook.magics.argv import split_line
from oss_jupyter.sandbox import Fault, Sandbox

from .conftest import Shell

Tab = Callable[[str], list[tuple[str, str]]]
FILES = (
    "a b.csv",
    "big.bin",
    ".hidden",
    "data/x.parquet",
    "data/y z.parquet",
    "my dir/one.bin",
    "-dash.bin",
    "#odd.txt",
)
KEYS = ("raw/deep/one.bin", "raw/b c.bin", "raw/b.bin", "top.bin")


@pytest.fixture
def tab(service: Sandbox, shell: Shell, place: Path) -> Tab:
    """Press Tab where the mark | stands, or at the end: the lines that could come of it, and what is said of each."""
    for name in FILES:
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(b"x" * 1000)
    for key in KEYS:
        shell.ok(f'%oss_upload --wait big.bin "oss://test-bucket/{key}"')
    shell.ok("table, number, _hidden, keys, options = b'bytes', 7, b'', ('a', 'b'), {'index': False}")
    return tab_in(shell)


def tab_in(shell: Shell) -> Tab:
    def press(text: str) -> list[tuple[str, str]]:
        before, _, after = text.partition("|")
        with provisionalcompleter():
            found = list(shell.inner.Completer.completions(before + after, len(before)))
        assert {one.end for one in found} <= {len(before)}
        return [(before[: one.start] + one.text, one.type) for one in found]

    return press


UP = "%oss_upload big.bin "
# What is typed, and the lines that are offered; `...` at the end: these first, and others.
CASES: dict[str, tuple[str, list[Any]]] = {
    "a source": ("%oss_upload b", ["%oss_upload big.bin"]),
    "a source in a folder": ("%oss_upload data/x", ["%oss_upload data/x.parquet"]),
    "a folder goes on": ("%oss_upload da", ["%oss_upload data/"]),
    "a space": ("%oss_upload a", ['%oss_upload "a b.csv"']),
    "a space behind a quote": ('%oss_upload "a', ['%oss_upload "a b.csv"']),
    "a space behind the other quote": ("%oss_upload 'a", ["%oss_upload 'a b.csv'"]),
    "a quote that the editor has closed": ('%oss_upload "a|"', ['%oss_upload "a b.csv']),
    "a space behind a backslash": (r"%oss_upload a\ ", ['%oss_upload "a b.csv"']),
    "a folder with a space goes on within its quote": ("%oss_upload my", ['%oss_upload "my dir/']),
    "and then ends": ('%oss_upload "my dir/', ['%oss_upload "my dir/one.bin"']),
    "a dash is no option": ("%oss_upload ./-", ["%oss_upload ./-dash.bin"]),
    "a hash is no comment": ('%oss_upload "#', ['%oss_upload "#odd.txt"']),
    "hidden names are asked for": ("%oss_upload .h", ["%oss_upload .hidden"]),
    "a variable": ("%oss_upload ta", ["%oss_upload table"]),
    "a number cannot be sent": ("%oss_upload nu", ["%oss_upload nu"]),
    "behind an assignment": ("t = %oss_upload bi", ["t = %oss_upload big.bin"]),
    "without its sign": ("oss_upload bi", ["oss_upload big.bin"]),
    "several sources": ("%oss_upload big.bin da", ["%oss_upload big.bin data/"]),
    "the target comes first": (UP, [UP + "oss://", ...]),
    "of a cell there is only a target": ("%%oss_upload ", ["%%oss_upload oss://"]),
    "buckets": (UP + "oss://te", [UP + "oss://test-bucket/"]),
    "folders, then objects": (
        UP + "oss://test-bucket/raw/",
        [
            UP + "oss://test-bucket/raw/deep/",
            UP + '"oss://test-bucket/raw/b c.bin"',
            UP + "oss://test-bucket/raw/b.bin",
        ],
    ),
    "one level at a time": (
        UP + "oss://test-bucket/",
        [UP + "oss://test-bucket/raw/", UP + "oss://test-bucket/top.bin"],
    ),
    "a key that is begun": (UP + "oss://test-bucket/raw/de", [UP + "oss://test-bucket/raw/deep/"]),
    "a key with a space": (
        UP + "'oss://test-bucket/raw/b",
        [UP + f"'oss://test-bucket/raw/b{x}.bin'" for x in (" c", "")],
    ),
    "nothing there": (UP + "oss://test-bucket/no/", [UP + "oss://test-bucket/no/"]),
    "no such bucket": (UP + "oss://other-bucket/", [UP + "oss://other-bucket/"]),
    "no bucket at all": (UP + "oss://-/", [UP + "oss://-/"]),
    "options": (UP + "oss://b/k --sto", [UP + "oss://b/k --storage-class"]),
    "a short name of an option": (UP + "oss://b/k --ss", [UP + "oss://b/k --sse"]),
    "no option twice": (UP + "oss://b/k --force --for", [UP + "oss://b/k --force --forbid-overwrite"]),
    "one that may be repeated": (UP + "--metadata a=b --meta", [UP + "--metadata a=b --metadata"]),
    "a value": (UP + "--acl pub", [UP + "--acl public-read", UP + "--acl public-read-write"]),
    "a value behind its sign": (UP + "--storage-class=I", [UP + "--storage-class=IA"]),
    "a region": (UP + "--region cn-shang", [UP + "--region cn-shanghai"]),
    "a profile, of either file": (
        UP + "--profile ",
        [UP + "--profile default", UP + "--profile lab", UP + "--profile ci"],
    ),
    "a file of certificates": (UP + "--ca-bundle bi", [UP + "--ca-bundle big.bin"]),
    "a folder of checkpoints": (UP + "--checkpoint-dir d", [UP + "--checkpoint-dir data/"]),
    "keys by their variable": (UP + "--credentials k", [UP + "--credentials keys"]),
    "options of a writer": (UP + "--writer-options o", [UP + "--writer-options options"]),
    "what nobody can know": (UP + "--endpoint ", [UP + "--endpoint "]),
    "an option that is none": (UP + "--nothing ", [UP + "--nothing oss://", ...]),
    "the action": ("%oss_uploads re", ["%oss_uploads resume"]),
    "a bucket to be checked": ("%oss_check oss://te", ["%oss_check oss://test-bucket/"]),
    "what is to be uploaded there": ("%oss_check oss://test-bucket/ bi", ["%oss_check oss://test-bucket/ big.bin"]),
    "a place of leftovers": ("%oss_leftovers oss://te", ["%oss_leftovers oss://test-bucket/"]),
    "what becomes of them": (
        "%oss_leftovers oss://b ",
        [f"%oss_leftovers oss://b {one}" for one in ("list", "remove", "adopt")],
    ),
    "an action of the sandbox": ("%oss_sandbox st", [f"%oss_sandbox {x}" for x in ("start", "stop", "status")]),
}


def test_what_is_offered(tab: Tab, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Each word of a line is completed by what may stand there, and by nothing else."""
    (tmp_path / "home" / ".aliyun").mkdir(parents=True)
    profiles = {"profiles": [{"name": "default"}, {"name": "ci"}]}
    (tmp_path / "home" / ".aliyun" / "config.json").write_text(json.dumps(profiles))
    (tmp_path / "home" / ".ossutilconfig").write_text("[default]\nregion=x\n[profile lab]\nregion=y\n")
    for name, (typed, wanted) in CASES.items():
        with subtests.test(name):
            found = [line for line, _ in tab(typed)]
            assert found == wanted if wanted[-1] is not ... else found[: len(wanted) - 1] == wanted[:-1]


def test_what_is_said_beside(tab: Tab) -> None:
    """Sizes, the kinds of variables, the help of options and the names of places stand beside what is offered."""
    assert tab("%oss_upload big") == [("%oss_upload big.bin", "1000 B")]
    assert tab("%oss_upload tab") == [("%oss_upload table", "bytes")]
    assert tab(UP + "--dry") == [(UP + "--dry-run", "Send nothing: show what would be done with each file.")]
    assert tab(UP + "--region eu-c") == [(UP + "--region eu-central-1", REGIONS["eu-central-1"])]
    assert tab(UP + "oss://test-bucket/t") == [(UP + "oss://test-bucket/top.bin", "1000 B")]


def test_transfers_by_what_may_be_done(tab: Tab, shell: Shell, service: Sandbox) -> None:
    """Ids have the name of the file beside them, and a verb offers those that it can do something with."""
    service.faults.add(Fault("PutObject", "stall", times=None))
    shell.ok("t = %oss_upload big.bin oss://test-bucket/stalls.bin")
    running = shell.ok("t.id").result
    assert tab("%oss_uploads pause ") == [(f"%oss_uploads pause {running}", "big.bin, running")]
    assert len(tab("%oss_uploads show ")) == 1 + len(KEYS)
    assert tab("%oss_uploads resume ") == [("%oss_uploads resume ", "<unknown>")]
    shell.ok("t.pause(); t.wait(30)")
    assert tab("%oss_uploads resume ") == [(f"%oss_uploads resume {running}", "big.bin, paused")]
    shell.ok("t.abort(); t.wait(30)")


def test_odd_names_are_read_as_they_are(shell: Shell, place: Path, subtests: pytest.Subtests) -> None:
    """Whatever a name is made of, the magic reads the word that was offered as that name, or it is not offered."""
    press = tab_in(shell)
    for name in (
        "it's",
        'a "b"',
        "x;",
        "(1).csv",
        "é.csv",
        "中 文.csv",
        "a\\b",
        "a#b",
        "two  blanks",
        "q'\"q",
        "new\nline",
    ):
        (place / name).write_bytes(b"")
    (place / os.fsdecode(b"caf\xe9")).write_bytes(b"")
    lines = [line for line, _ in press("%oss_upload ")]
    read = {split_line(line.removeprefix("%oss_upload "))[-1] for line in lines}
    there = {path.name for path in place.iterdir()}
    assert there - read == {"q'\"q", "new\nline", os.fsdecode(b"caf\xe9")}
    assert read <= there


@pytest.mark.parametrize("jedi", [True, False])
def test_nobody_else_speaks(tab: Tab, shell: Shell, jedi: bool) -> None:
    """On a line of ours neither jedi nor files nor names of Python come between; elsewhere all of them do."""
    shell.inner.Completer.use_jedi = jedi
    assert tab("%oss_upload zzz") == [("%oss_upload zzz", "<unknown>")]
    assert "print" in dict(tab("prin"))
    assert "%oss_upload" in dict(tab("%oss_up"))
    # What older front ends ask.
    with pytest.warns(PendingDeprecationWarning):
        assert shell.inner.complete("", "%oss_upload bi", 14) == ("bi", ["big.bin"])


def test_a_slow_service_is_not_waited_for(service: Sandbox, shell: Shell) -> None:
    """Tab returns without an answer, and the next Tab has it; one question is asked once."""
    press = tab_in(shell)
    slow = Fault("ListBuckets", "delay", seconds=1.0)
    service.faults.add(slow)
    assert press(UP + "oss://te") == [(UP + "oss://te", "<unknown>")]
    while press(UP + "oss://te") == [(UP + "oss://te", "<unknown>")]:
        pass
    assert press(UP + "oss://te") == [(UP + "oss://test-bucket/", "bucket")]
    assert service.faults.hits(slow) == 1
    assert [entry.operation for entry in service.requests].count("ListBuckets") == 1


def test_what_is_forbidden_is_silent(service: Sandbox, shell: Shell) -> None:
    """Without permission to list, or without credentials, Tab offers nothing and says nothing."""
    press = tab_in(shell)
    service.faults.add(
        Fault("ListBuckets", code="AccessDenied", times=None), Fault("ListObjectsV2", code="AccessDenied")
    )
    assert press(UP + "oss://") == [(UP + "oss://", "<unknown>")]
    assert press(UP + "oss://test-bucket/") == [(UP + "oss://test-bucket/", "<unknown>")]
    assert press(UP + "--credentials nothing oss://") == [(UP + "--credentials nothing oss://", "<unknown>")]


def test_a_full_folder_of_a_bucket(service: Sandbox, shell: Shell, place: Path) -> None:
    """Of more objects than one request lists, the ones that begin as it is typed are found."""
    press = tab_in(shell)
    (place / "many").mkdir()
    for number in range(1_050):
        (place / "many" / f"{number:05}.bin").write_bytes(b"x")
    shell.ok("t = %oss_upload --wait many oss://test-bucket/many/")
    typed = UP + "oss://test-bucket/many/0104"
    while (offered := press(typed)) == [(typed, "<unknown>")]:  # two requests may take longer than Tab waits
        pass
    assert offered == [(UP + f"oss://test-bucket/many/{number:05}.bin", "1 B") for number in range(1_040, 1_050)]


def test_it_goes_with_the_extension(shell: Shell, place: Path) -> None:
    """Loaded twice it speaks once, and unloaded it is silent."""
    (place / "big.bin").write_bytes(b"x")
    press = tab_in(shell)
    shell.ok("%reload_ext oss_jupyter")
    assert press("%oss_upload b") == [("%oss_upload big.bin", "1 B")]
    before = len(shell.inner.Completer.custom_matchers)
    shell.ok("%unload_ext oss_jupyter")
    assert len(shell.inner.Completer.custom_matchers) == before - 1
