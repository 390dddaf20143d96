"""Leftovers beside what goes on: interrupts, refusals, and uploads that somebody here is sending in whatever way."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from oss_jupyter.errors import ServiceError
from oss_jupyter.sandbox import Fault, Key, Sandbox
from oss_jupyter.session.detached.link import HostGone, ask

from .conftest import MIB, Shell
from .kernels import Kernel
from .test_leftovers import OLD_SECONDS, PLACE, ids, leave

pytestmark = pytest.mark.timeout(240)


def interrupted(kernel: Kernel, code: str, when: Callable[[], bool]) -> str:
    """Run a cell, press the stop button when something is true, and return the cell's error as it is shown."""
    cell = kernel.begin(code)
    deadline = time.monotonic() + 60
    while not when():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    kernel.interrupt()
    kernel.until(lambda: cell.idle)
    assert cell.error is not None
    return "\n".join(cell.error["traceback"])


def asked(service: Sandbox, operation: str) -> int:
    """Return how many requests of a kind were made."""
    return sum(entry.operation == operation for entry in service.requests)


def test_it_says_how_far_it_is_and_can_be_stopped(service: Sandbox, new_kernel: Callable[..., Kernel]) -> None:
    """While parts are counted a line tells how many; the stop button ends it with one sentence; nothing has changed."""
    for number in range(300):
        leave(service, f"left/{number:04}", OLD_SECONDS)
    service.faults.add(Fault("ListParts", "delay", seconds=0.2, times=None))
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    cell = kernel.begin(f"%oss_leftovers {PLACE}")
    kernel.until(lambda: any("of 300 unfinished uploads counted" in one["text/plain"] for one in cell.bundles))
    kernel.interrupt()
    kernel.until(lambda: cell.idle)
    assert cell.error is not None
    (line,) = cell.error["traceback"]
    assert "of 300 unfinished uploads were counted. Nothing was changed." in line
    assert cell.bundles[-1]["text/plain"] == ""  # the line that told is gone
    assert len(ids(service)) == 300


def test_listing_can_be_stopped(service: Sandbox, new_kernel: Callable[..., Kernel]) -> None:
    """The stop button works while a page is waited for, too."""
    leave(service, "left/a", OLD_SECONDS)
    service.faults.add(Fault("ListMultipartUploads", "delay", seconds=20))
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    said = interrupted(kernel, f"%oss_leftovers {PLACE}", lambda: service.faults.hits() > 0)
    assert said == "Interrupted when 0 unfinished uploads had been listed. Nothing was changed."


def test_removing_can_be_stopped(service: Sandbox, new_kernel: Callable[..., Kernel]) -> None:
    """It says how many are gone by then; running it again removes the rest."""
    for number in range(400):
        leave(service, f"left/{number:04}", OLD_SECONDS)
    service.faults.add(Fault("AbortMultipartUpload", "delay", seconds=0.1, times=None))
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    code = f"%oss_leftovers {PLACE} remove --older-than 7d --yes"
    said = interrupted(kernel, code, lambda: len(ids(service)) < 390)
    told = re.search(r"(\d+) of 400 unfinished uploads are removed(?:, and maybe ([1-8]) more)?\.", said)
    assert told is not None
    gone, more = int(told[1]), int(told[2] or 0)
    assert gone > 0
    # What was asked for when the button was pressed has its answer by now, or very soon.
    assert gone <= 400 - len(ids(service)) <= gone + more
    service.faults.clear()
    assert kernel.run(code).error is None
    assert ids(service) == set()


def test_the_question_tells_what_would_go(service: Sandbox, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many, how much and what it costs stand in the question; what stays is said before it, with why."""
    leave(service, "left/old", OLD_SECONDS)
    leave(service, "left/new", 60)
    questions: list[str] = []

    def no(question: str) -> str:
        questions.append(question)
        return "n"

    monkeypatch.setattr("builtins.input", no)
    said = shell.ok(f"%oss_leftovers {PLACE} remove --older-than 0s").text
    assert "1 upload stays: begun within the last day" in said
    assert "--force removes it" in said
    assert questions == [
        "Remove 1 unfinished upload and their parts for good? "
        "They hold 0 B in 0 parts, about CNY 0.00 a month as Standard. [y/N] "
    ]
    assert "Nothing was removed." in said
    said = shell.ok(f"%oss_leftovers {PLACE} remove --older-than 30d").text
    assert "Nothing is older than 30d." in said
    assert len(questions) == 1


def user(service: Sandbox, monkeypatch: pytest.MonkeyPatch, *permissions: str) -> None:
    """Let the environment name a key that may do nothing else."""
    service.keys.put(Key("user", "user-secret", permissions=frozenset(permissions)))
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "user")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "user-secret")


def test_what_is_not_allowed_is_named(service: Sandbox, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing, counting and removing are refused one after the other, each with the action that is missing."""
    upload_id = leave(service, "left/a", OLD_SECONDS)
    user(service, monkeypatch, "oss:PutObject")
    assert "oss:ListMultipartUploads" in str(shell.run(f"%oss_leftovers {PLACE}").error)
    user(service, monkeypatch, "oss:ListMultipartUploads")
    said = shell.ok(f"%oss_leftovers {PLACE}").text
    assert "not counted" in said
    assert "may not list them (oss:ListParts)" in said
    error = shell.run(f"%oss_leftovers {PLACE} remove {upload_id} --yes").error
    assert isinstance(error, ServiceError)
    assert "oss:AbortMultipartUpload" in str(error)
    assert "Nothing was removed." in str(error)
    assert ids(service) == {upload_id}


def test_a_failure_amid_a_removal_says_how_many_are_gone(service: Sandbox, shell: Shell) -> None:
    """The service fails when some are gone already."""
    for number in range(20):
        leave(service, f"left/{number:04}", OLD_SECONDS)
    service.faults.add(Fault("AbortMultipartUpload", skip=10, code="AccessDenied", status=403, times=None))
    error = shell.run(f"%oss_leftovers {PLACE} remove --older-than 7d --yes").error
    assert "10 of 20 unfinished uploads are removed." in str(error)
    assert len(ids(service)) == 10


def test_what_is_gone_counts_when_the_first_is_refused_late(service: Sandbox, shell: Shell) -> None:
    """One key may not be removed and the answer takes its time: the others that went meanwhile are told."""
    for number in range(60):
        leave(service, f"left/{number:04}", OLD_SECONDS)
    refused = Fault("AbortMultipartUpload", key="left/0000", code="AccessDenied", status=403, seconds=2, times=None)
    service.faults.add(refused)
    error = shell.run(f"%oss_leftovers {PLACE} remove --older-than 7d --yes").error
    assert isinstance(error, ServiceError)
    assert len(ids(service)) < 59
    assert f"{60 - len(ids(service))} of 60 unfinished uploads are removed." in str(error)


def test_what_a_host_sends_stays(service: Sandbox, shell: Shell, new_kernel: Callable[..., Kernel], data: Path) -> None:
    """An upload that has outlived its kernel is being sent, by the process that goes on with it."""
    service.faults.add(Fault("UploadPart", "stall", part_number=3, times=None))
    kernel = new_kernel()
    try:
        code = f"import oss_jupyter as oj, time\nt = oj.upload({str(data)!r}, 'oss://test-bucket/left/host.bin', "
        code += "part_size='1MiB', parallel=1, detach=True)\nwhile t.snapshot().parts_done < 2: time.sleep(0.05)"
        assert kernel.run(code).error is None
        kernel.kill()
        assert_the_one_stays(service, shell)
    finally:
        with suppress(HostGone):
            os.kill(ask("hello"), signal.SIGKILL)


def assert_the_one_stays(service: Sandbox, shell: Shell) -> None:
    """Try to remove what was just begun, by force: the magic says that it stays, and it does."""
    (live,) = ids(service)
    said = shell.ok(f"%oss_leftovers {PLACE} remove --older-than 0s --yes --force").text
    assert "1 upload stays: a kernel of this computer is sending it" in said
    assert ids(service) == {live}


def elsewhere(place: Path, kind: str) -> str:
    """Return the options of an upload of which this kernel's checkpoint directory knows nothing."""
    directory = {"none": None, "other": str(place / "other")}[kind]
    return f"part_size='1MiB', parallel=1, checkpoint_dir={directory!r}"


@pytest.mark.parametrize("source", ["large.bin", "."])
@pytest.mark.parametrize("kind", ["none", "other"])
def test_what_no_checkpoint_here_tells_of_stays(
    service: Sandbox, shell: Shell, new_kernel: Callable[..., Kernel], place: Path, kind: str, source: str
) -> None:
    """Another kernel sends a file, or one of a dataset, with its checkpoint elsewhere or with none: it is asked."""
    (place / "set").mkdir()
    (place / "set" / "large.bin").write_bytes(os.urandom(8 * MIB))
    (place / "set" / "small.bin").write_bytes(b"x")
    service.faults.add(Fault("UploadPart", "stall", part_number=2, times=None))
    kernel = new_kernel()
    code = f"import oss_jupyter as oj\nt = oj.upload({str(place / 'set' / source)!r}, {PLACE!r}, "
    assert kernel.run(f"{code}{elsewhere(place, kind)})").error is None
    wait_for_a_part(service)
    assert_the_one_stays(service, shell)


def test_what_a_host_sends_with_its_checkpoint_elsewhere_stays(
    service: Sandbox, shell: Shell, new_kernel: Callable[..., Kernel], data: Path, place: Path
) -> None:
    """Its kernel is gone and nothing here tells of it: the host is asked."""
    service.faults.add(Fault("UploadPart", "stall", part_number=2, times=None))
    kernel = new_kernel()
    try:
        code = f"import oss_jupyter as oj\nt = oj.upload({str(data)!r}, {PLACE!r}, detach=True, "
        assert kernel.run(f"{code}{elsewhere(place, 'other')})").error is None
        wait_for_a_part(service)
        kernel.kill()
        assert_the_one_stays(service, shell)
    finally:
        with suppress(HostGone):
            os.kill(ask("hello"), signal.SIGKILL)


def wait_for_a_part(service: Sandbox) -> None:
    """Wait until an upload in parts is under way."""
    deadline = time.monotonic() + 60
    while asked(service, "UploadPart") < 1 or not ids(service):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_file_of_another_kernels_dataset_stays(
    service: Sandbox, shell: Shell, new_kernel: Callable[..., Kernel], place: Path
) -> None:
    """A large file of a dataset is sent in parts by the kernel that sends the dataset."""
    (place / "set").mkdir()
    (place / "set" / "large.bin").write_bytes(os.urandom(8 * MIB))
    (place / "set" / "small.bin").write_bytes(b"x")
    service.faults.add(Fault("UploadPart", "stall", part_number=2, times=None))
    kernel = new_kernel()
    code = f"import oss_jupyter as oj\nt = oj.upload({str(place / 'set')!r}, {PLACE!r}, part_size='1MiB', parallel=1)"
    assert kernel.run(code).error is None
    wait_for_a_part(service)
    assert_the_one_stays(service, shell)


def test_odd_names_are_shown_as_they_are(service: Sandbox, shell: Shell) -> None:
    """Quotes, breaks, tags and Chinese in keys break neither the table, nor its HTML, nor the lines of JSON."""
    odd = ["left/\"quoted\" 'name'", "left/two\nlines\tand a tab", "left/<script>alert(1)</script>", "left/数据 集.csv"]
    for key in odd:
        leave(service, key, OLD_SECONDS)
    ran = shell.ok(f"%oss_leftovers {PLACE}")
    assert "数据 集.csv" in ran.text
    html = "".join(ran.html)
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)" in html
    rows = [json.loads(line) for line in shell.ok(f"%oss_leftovers {PLACE} --json").text.split("\n") if line]
    assert sorted(row["key"] for row in rows) == sorted(odd)
    # A row for each upload, the header, and no more of the table.
    table = [line for line in ran.text.splitlines() if "8 days" in line and "unknown" in line]
    assert len(table) == len(odd)
