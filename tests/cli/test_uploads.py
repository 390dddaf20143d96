"""`oss-jupyter list`, `pause`, `abort`, `history`, `check` and `leftovers`: what they say, and what they do."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.cli.main import main
from oss_jupyter.sandbox import Sandbox
from tests.notebook.kept import ID, change, leave

from .conftest import MIB, Typed, is_there, parts_sent, until_parts

UPLOAD = ("upload", "trips.bin", "oss://test-bucket/k", "--part-size", "1MiB", "--parallel", "2")


@pytest.fixture
def left(begin: Callable[..., Typed], service: Sandbox, data: Path) -> str:
    """An upload of which some parts are there, and that nobody drives: its upload id."""
    service.rate_bytes_per_second = 2 * MIB
    upload = begin(*UPLOAD)
    until_parts(service, 3)
    upload.signal(signal.SIGKILL)
    service.rate_bytes_per_second = None
    return service.uploads("test-bucket")[0].upload_id


def told(done: Typed) -> list[dict[str, Any]]:
    """Return what a command has written for programs."""
    return [json.loads(line) for line in done.out.splitlines()]


def test_an_upload_is_listed_and_given_up(run: Callable[..., Typed], service: Sandbox, left: str) -> None:
    """The list names it, and aborting removes its parts; of another file that nobody knows there is no trace."""
    listed = run("list")
    transfer_id, name = listed.out.splitlines()[1].split()[:2]
    assert (listed.status, name) == (0, "trips.bin")
    aborted = run("abort", transfer_id)
    assert aborted.status == 0, aborted.err
    assert ": aborted. " in aborted.out
    assert "were removed from OSS" in aborted.out
    assert not service.uploads("test-bucket")
    assert run("abort", transfer_id).status == 2
    assert told(run("list", "--json")) == []


def test_a_large_file_of_a_dataset_counts_in_mid_way(
    begin: Callable[..., Typed], run: Callable[..., Typed], service: Sandbox, data: Path, place: Path
) -> None:
    """What the pause said to be in OSS the list says, too: the parts of a file that is not there yet are among it."""
    (place / "set").mkdir()
    data.rename(place / "set" / "big.bin")
    (place / "set" / "small.txt").write_text("small")
    service.rate_bytes_per_second = 2 * MIB
    upload = begin("upload", "set", "oss://test-bucket/p/", *UPLOAD[3:])
    until_parts(service, 3, "p/big.bin")
    upload.signal(signal.SIGTERM)
    paused = next(line for line in upload.err.splitlines() if line.startswith("paused · "))
    (listed,) = told(run("list", "--json"))
    assert (listed["state"], listed["total_bytes"]) == ("interrupted", 8 * MIB + 5)
    assert listed["kept_bytes"] >= 3 * MIB
    assert "1 of 2 files" in paused
    assert paused.removeprefix("paused · ") in run("list").out


def test_what_a_later_version_left_is_no_unknown_id(run: Callable[..., Typed], tmp_path: Path) -> None:
    """Resuming it says which file it is, what is the matter with it, and what to type."""
    path = leave(tmp_path / "state" / "checkpoints")
    change(path, format=99)
    resumed = run("resume", ID)
    assert resumed.status == 1
    assert f"{path}: The checkpoint has format 99" in resumed.err
    assert f"oss-jupyter abort {ID} --forget" in resumed.err


def test_parts_are_kept_where_that_is_wanted(run: Callable[..., Typed], service: Sandbox, left: str) -> None:
    """With --keep-parts, and with --forget, nothing is removed from OSS, and it is said how it could be."""
    (upload,) = told(run("list", "--json"))
    kept = run("abort", upload["id"], "--keep-parts")
    assert f"Carry on with: oss-jupyter resume {upload['id']}" in kept.out
    forgotten = run("abort", upload["id"], "--forget")
    assert (kept.status, forgotten.status) == (0, 0)
    assert "billed" in forgotten.out
    assert [one.upload_id for one in service.uploads("test-bucket")] == [left]
    assert run("list").out == "There are no uploads.\n"


def test_the_history_is_listed(run: Callable[..., Typed], service: Sandbox, data: Path, place: Path) -> None:
    """What commands have sent is told as a table, as JSON and as CSV."""
    run(*UPLOAD)
    assert "oss://test-bucket/k" in run("history").out
    (entry,) = told(run("history", "--json"))
    assert (entry["outcome"], entry["size_bytes"], entry["event"]) == ("completed", 8 * MIB, "ended")
    assert run("history", "--csv", "ends.csv").status == 0
    assert (place / "ends.csv").read_text(encoding="utf-8").count("oss://test-bucket/k") == 1
    assert run("history", "--csv", "no/ends.csv").status == 2


def test_an_upload_outlives_its_command(run: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """With --detach the command ends at once; another one sees it run, and pauses it, and a third carries on."""
    service.rate_bytes_per_second = MIB // 2
    handed = run(*UPLOAD, "--detach")
    assert handed.status == 0, handed.err
    pause = handed.out.splitlines()[-1].partition("oss-jupyter ")[2].split()
    assert pause[0] == "pause"
    until_parts(service, 1)
    (running,) = told(run("list", "--json"))
    assert (running["state"], running["detached"]) == ("running", True)
    paused = run(*pause)
    assert paused.status == 0, paused.err
    assert f"Carry on with: oss-jupyter resume {running['id']}" in paused.out
    service.rate_bytes_per_second = None
    done = run("resume", running["id"])
    assert done.status == 0, done.err
    assert is_there(service, data)


@pytest.fixture
def sending(begin: Callable[..., Typed], run: Callable[..., Typed], service: Sandbox, data: Path) -> tuple[Typed, str]:
    """A command that sends slowly, and the id of its upload."""
    service.rate_bytes_per_second = MIB // 2
    upload = begin(*UPLOAD)
    until_parts(service, 1)
    service.rate_bytes_per_second = MIB // 8  # it takes a while to start a command, and it is to be there then
    (elsewhere,) = told(run("list", "--json"))
    assert elsewhere["state"] == "in another kernel"
    return upload, elsewhere["id"]


needs_sockets = pytest.mark.skipif(sys.platform == "win32", reason="commands do not listen there")


@needs_sockets
@pytest.mark.parametrize("by_id", [False, True], ids=["pause all", "pause ID"])
def test_what_another_command_sends_is_paused_there(
    run: Callable[..., Typed], service: Sandbox, data: Path, sending: tuple[Typed, str], by_id: bool
) -> None:
    """That command ends as one whose upload is not in OSS, and says how to carry on; nothing is left of it but that."""
    upload, its_id = sending
    paused = run("pause", its_id if by_id else "all")
    assert (paused.status, "the process that sends it was told" in paused.out) == (0, True)
    assert "Nothing is running" not in paused.out
    upload.end()
    assert upload.status == 1
    assert upload.err.splitlines()[-2].startswith("paused · ")
    assert upload.err.splitlines()[-1] == f"Carry on with: oss-jupyter resume {its_id}"
    assert run("pause", "all").out == "Nothing is running.\n"
    service.rate_bytes_per_second = None
    assert run("resume", its_id).status == 0
    assert is_there(service, data)


@needs_sockets
def test_what_another_command_sends_is_given_up_by_its_id(
    run: Callable[..., Typed], service: Sandbox, sending: tuple[Typed, str]
) -> None:
    """Where all are given up it is named and goes on, for somebody is at work there; its id says that it is meant."""
    upload, its_id = sending
    left = run("abort", "all")
    assert (left.status, f"Give it up by its id: oss-jupyter abort {its_id}" in left.out) == (1, True)
    assert upload.process.poll() is None
    assert "was told" in run("abort", its_id).out
    upload.end()
    assert (upload.status, "aborted" in upload.err) == (1, True)
    assert not service.uploads("test-bucket")
    assert run("list").out == "There are no uploads.\n"


@needs_sockets
def test_what_nobody_can_pause_from_here_is_named(
    run: Callable[..., Typed], service: Sandbox, sending: tuple[Typed, str], tmp_path: Path
) -> None:
    """One that does not listen goes on: nobody is told that nothing runs, and the status says so, too."""
    upload, its_id = sending
    for place in (tmp_path / "state" / "kernels").iterdir():
        place.unlink()
    paused = run("pause", "all")
    assert (paused.status, paused.out.count("it goes on, for whoever sends it did not answer")) == (1, 1)
    assert "Nothing is running" not in paused.out
    (named,) = told(run("pause", "all", "--json"))
    assert (named["id"], named["state"]) == (its_id, "in another kernel")
    assert upload.process.poll() is None


def test_a_check(run: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """A check ends with 0 where an upload would go, and with 1 where something stands in its way."""
    fine, wrong = (run("check", f"oss://{bucket}/", "--fast") for bucket in ("test-bucket", "no-bucket"))
    assert (fine.status, wrong.status) == (0, 1)
    assert "bucket" in wrong.out
    (check,) = told(run("check", "oss://no-bucket/", "--fast", "--json"))
    assert (check["event"], check["ok"]) == ("check", False)
    missing = run("check", "oss://test-bucket/", "nothing.bin", "--fast", "--json")
    assert (missing.status, told(missing)[0]["event"]) == (1, "check")
    assert run("check", "test-bucket").status == 2


def test_leftovers(run: Callable[..., Typed], service: Sandbox, left: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are listed, for programs alike in each language, not removed without a word, and removed where wanted.

    What is named and stays is a failure; of all that are old enough, some may stay.
    """
    listed = run("leftovers", "oss://test-bucket/")
    assert left[:8] in listed.out
    assert "oss-jupyter leftovers oss://test-bucket/ remove ID" in listed.out
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    (one,) = told(run("leftovers", "oss://test-bucket/", "--json"))
    monkeypatch.delenv("OSS_JUPYTER_LANGUAGE")
    assert (one["event"], one["upload_id"], one["owner"]) == ("leftover", left, "checkpoint here")
    remove = ("leftovers", "oss://test-bucket/", "remove", left)
    unasked = run(*remove, "--force")
    assert (unasked.status, "Add --yes" in unasked.err) == (2, True)
    stays = run(*remove, "--yes")
    assert "oss-jupyter list; --force removes it all the same" in stays.out
    assert (stays.status, run(*remove, "--yes", "--json").status) == (1, 1)
    by_age = ("leftovers", "oss://test-bucket/", "remove", "--yes", "--older-than")
    assert (run(*by_age, "7d").status, run(*by_age, "0s").status) == (0, 0)
    assert service.uploads("test-bucket")
    assert run(*remove, "--yes", "--force").status == 0
    assert not service.uploads("test-bucket")


def test_parts_are_adopted(run: Callable[..., Typed], service: Sandbox, data: Path, left: str) -> None:
    """Whose checkpoint is lost goes on by its upload id, and is followed to its end."""
    (upload,) = told(run("list", "--json"))
    run("abort", upload["id"], "--forget")
    service.clear_requests()
    done = run("leftovers", "oss://test-bucket/", "adopt", left, "trips.bin")
    assert done.status == 0, done.err
    assert parts_sent(service) <= 5
    assert is_there(service, data)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize(
    ("words", "status"), [(("list",), 1), (("history",), 1), ((*UPLOAD, "--dry-run"), 1), (UPLOAD, 0)]
)
def test_words_that_cannot_be_written(service: Sandbox, data: Path, words: tuple[str, ...], status: int) -> None:
    """What was asked for is not there if its file's disk is full; an upload is in OSS all the same."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "oss_jupyter", *words], stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert done.returncode == status
    assert done.stderr == b"What is said here cannot be written to stdout: No space left on device.\n"
    assert status or is_there(service, data)


def test_the_sandbox_is_a_command(run: Callable[..., Typed], place: Path) -> None:
    """`oss-jupyter sandbox` knows its own words, and its status goes through."""
    assert "--rate" in run("sandbox", "--help").out
    status = run("sandbox", "--status")
    assert (status.status, status.out) == (1, "No sandbox is running.\n")


@pytest.mark.parametrize("how", [(), ("--detach",)], ids=["here", "detached"])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        *(((f"--port={port}",), "a number from 0 to 65535") for port in ("65536", "-1", "many")),
        *((("--bucket", name), "3 to 63 of a-z, 0-9 and -") for name in ("X_", "ab")),
    ],
)
def test_a_sandbox_that_cannot_be_meant(
    run: Callable[..., Typed], place: Path, words: tuple[str, ...], says: str, how: tuple[str, ...]
) -> None:
    """A port that there is not, and a name that no bucket may have, are refused before anything begins."""
    done = run("sandbox", *words, *how)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err


def test_the_sandbox_says_why_it_is_not_there(
    run: Callable[..., Typed], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system says against it is told as elsewhere, in the reader's language."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    (place / "file").touch()
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(place / "file"))
    done = run("sandbox", "--detach")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("oss-jupyter: ")
    assert done.err.endswith(("：不是目录\n", "：文件已存在\n"))


def test_the_script_that_is_installed_is_the_same() -> None:
    """What the package calls `oss-jupyter` is this command line."""
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert 'oss-jupyter = "oss_jupyter.cli.main:main"' in project
    assert callable(main)


@pytest.mark.parametrize(
    "command", ["", "upload", "resume", "list", "pause", "abort", "history", "check", "leftovers", "sandbox"]
)
def test_help_is_told_in_chinese(run: Callable[..., Typed], monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Whoever's environment asks for it reads each line of help and each complaint in it."""
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    told = run(*filter(None, (command, "--help"))).out
    assert told.startswith("用法：oss-jupyter ")
    assert not [word for word in ("usage", "options:", "show ", "Print", "upload id") if word in told]
    wrong = run(*filter(None, (command, "--no-such-option")))
    assert (wrong.status, wrong.out) == (2, "")
    assert "用法：oss-jupyter " in wrong.err
    assert "no such" not in wrong.err
    assert "unrecognized" not in wrong.err


@pytest.mark.parametrize(
    "words", [("--help",), ("upload", "--help"), ("no-such-command",), ("list", "--no-such-option")]
)
def test_a_terminal_without_chinese_characters_is_told_all_the_same(
    run: Callable[..., Typed], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """What its encoding lacks is written out, and ends nothing."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    told = run(*words)
    assert told.status == (0 if "--help" in words else 2)
    assert "\\u7528\\u6cd5" in told.out + told.err
    assert "Traceback" not in told.err
