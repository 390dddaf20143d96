"""Each end of an upload is one line of the history, whoever writes beside it and whatever the disk says."""

from __future__ import annotations

import csv
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest
from IPython.core.error import UsageError

import oss_jupyter as oj
from oss_jupyter.errors import CheckpointError, InputError, ServiceError
from oss_jupyter.local.history import HistoryFile
from oss_jupyter.model.history_entry import HistoryEntry, HowEnded, entry_of_line, line_of_entry
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.names import printable
from oss_jupyter.notebook.display.lists import history_html
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.history import find_history
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter

from .conftest import MIB, Shell

URL = "oss://test-bucket/k"
ENTRY = HistoryEntry("2026-01-31T12:00:00Z", "abc", "trips.bin", URL, HowEnded.COMPLETED, size_bytes=7, crc64=2**63 + 1)
WRITER = """
import sys
from pathlib import Path
from oss_jupyter.local.history import HistoryFile
file = HistoryFile(Path(sys.argv[1]), int(sys.argv[3]))
for number in range(int(sys.argv[4])):
    file.append(b'{"who": "%s", "number": %d}\\n' % (sys.argv[2].encode(), number))
"""


@pytest.fixture
def session(service: Sandbox) -> Iterator[Session]:
    """A session of its own, on the sandbox."""
    own = Session(OssJupyter())
    yield own
    own.manager.pause_all(10)
    own.wiring.streaming_lane().close()  # or a helper would stay for each


def upload(session: Session, source: object, target: str = URL, **arguments: object) -> oj.Transfer:
    """Begin an upload."""
    return session.upload(source, target, UploadArguments.of(**arguments))


def history_path(place: Path) -> Path:
    """Return where the history lies."""
    return place.parent / "state" / "history.jsonl"


def write_beside_each_other(folder: Path, rotated_at_bytes: int, lines: int) -> list[dict[str, object]]:
    """Let three processes append at once, and return what is read."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    writers = [subprocess.Popen([*command, who, str(rotated_at_bytes), str(lines)]) for who in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    return [json.loads(line) for line in HistoryFile(folder, rotated_at_bytes).lines()]


def test_an_upload_is_one_line(session: Session, data: Path, place: Path) -> None:
    """It says what the receipt says, as soon as the result is there, in a file that is the user's alone."""
    receipt = upload(session, data, part_size="1MiB").result(60)

    (entry,) = find_history(session.manager, None)
    assert entry.outcome is HowEnded.COMPLETED
    assert (entry.source, entry.target) == (str(data), URL)
    assert (entry.size_bytes, entry.sent_bytes, entry.kept_bytes) == (8 * MIB, 8 * MIB, 0)
    assert (entry.crc64, entry.version_id, entry.retries) == (receipt.crc64, receipt.version_id, receipt.retries)
    assert stat.S_IMODE(history_path(place).stat().st_mode) == 0o600

    upload(session, data, part_size="1MiB").result(60)
    assert [one.outcome for one in find_history(session.manager, None)] == [HowEnded.COMPLETED, HowEnded.ALREADY_THERE]


def test_a_failure_and_its_resume_are_two_lines(session: Session, service: Sandbox, data: Path) -> None:
    """A failure has its code; what a resumed upload kept, and its retries, are told. A pause has no line."""
    service.faults.add(Fault(operation="UploadPart", part_number=5, status=403, code="AccessDenied", times=1))
    transfer = upload(session, data, part_size="1MiB", parallel=1)
    with pytest.raises(ServiceError):
        transfer.result(60)
    service.faults.clear()
    service.faults.add(Fault(operation="UploadPart", status=500, code="InternalError", times=1))
    transfer.resume()
    receipt = transfer.result(60)

    failed, completed = find_history(session.manager, None)
    assert (failed.outcome, failed.code, failed.crc64) == (HowEnded.FAILED, "AccessDenied", None)
    assert completed.outcome is HowEnded.COMPLETED
    assert (completed.kept_bytes, completed.retries) == (receipt.kept_bytes, receipt.retries)
    assert completed.retries


def test_a_pause_is_no_end_and_an_abort_is_one(session: Session, service: Sandbox, data: Path) -> None:
    """Of an upload that is paused and then aborted, one line tells."""
    service.rate_bytes_per_second = MIB
    transfer = upload(session, data, part_size="1MiB", parallel=1)
    transfer.pause()
    assert transfer.wait(60)
    assert len(find_history(session.manager, None)) == 0
    transfer.abort()
    assert transfer.wait(60)
    assert [one.outcome for one in find_history(session.manager, None)] == [HowEnded.ABORTED]


def test_a_dataset_is_one_line(session: Session, place: Path) -> None:
    """A folder has one line with its counts, and its files have none."""
    folder = place / "many"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.bin").write_bytes(os.urandom(1000))
    (folder / "large.bin").write_bytes(os.urandom(3 * MIB))
    upload(session, str(folder), "oss://test-bucket/many/", part_size="1MiB").result(60)

    (entry,) = find_history(session.manager, None)
    assert (entry.files, entry.files_failed, entry.outcome) == (31, 0, HowEnded.COMPLETED)
    assert entry.size_bytes == 30_000 + 3 * MIB


def test_nothing_is_written_where_it_is_off(session: Session, data: Path, place: Path) -> None:
    """The setting switches it off at once."""
    session.settings.history = False
    upload(session, data).result(60)
    assert not history_path(place).exists()


def test_no_upload_fails_for_it(session: Session, data: Path, place: Path) -> None:
    """Where the history is no file, uploads complete, and the first one notes it."""
    history_path(place).mkdir(parents=True)
    first, second = upload(session, data), upload(session, data, "oss://test-bucket/other")
    first.result(60)
    second.result(60)
    session.manager.wait_until_told(60)
    notes = [note for one in (first, second) for note in one.snapshot().notes if "history" in note]
    assert len(notes) == 1
    with pytest.raises(CheckpointError) as told:
        find_history(session.manager, None)
    assert told.value.code == "HistoryUnreadable"


def test_a_full_disk(session: Session, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes half a line lets the upload complete, and the next line is whole."""
    real, left = os.write, [20]

    def half(descriptor: int, content: bytes) -> int:
        if content.lstrip().startswith(b'{"ended_at"') and left:
            return real(descriptor, content[: left.pop()])
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", half)
    first = upload(session, data)
    first.result(60)
    session.manager.wait_until_told(60)
    assert any("No space left" in note for note in first.snapshot().notes)
    upload(session, data, "oss://test-bucket/other").result(60)
    assert [one.target for one in find_history(session.manager, None)] == ["oss://test-bucket/other"]


def test_a_killed_kernel_leaves_whole_lines(service: Sandbox, data: Path) -> None:
    """What ended before SIGKILL is there; what was under way has no line."""
    program = (
        "import os, signal, oss_jupyter as oj\n"
        f"oj.upload({str(data)!r}, {URL!r}).result(60); assert len(oj.history()) == 1\n"
        f"t = oj.upload({str(data)!r}, 'oss://test-bucket/other', part_size='1MiB', limit='100KiB/s')\n"
        "while not t.snapshot().in_flight_bytes: assert not t.wait(0.02)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=120)
    assert done.returncode == -signal.SIGKILL
    assert [one.target for one in oj.history()] == [URL]


def test_processes_write_at_once(tmp_path: Path) -> None:
    """Of three processes that append at once no line is lost or torn, and each one's are in order."""
    found = write_beside_each_other(tmp_path, 10_000_000, 400)
    for who in "abc":
        assert [line["number"] for line in found if line["who"] == who] == list(range(400))


def test_processes_rotate_at_once(tmp_path: Path) -> None:
    """With rotations, too, each line is whole and there once; of two generations no more stays, and that is the end."""
    found = write_beside_each_other(tmp_path, 5_000, 400)
    assert {path.name for path in tmp_path.iterdir()} <= {"history.jsonl", "history.1.jsonl", "history.lock"}
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2 * 5_000 + 3 * 100
    for who in "abc":
        numbers = [line["number"] for line in found if line["who"] == who]
        assert len(numbers) == len(set(numbers))
    assert max(line["number"] for line in found) == 399  # type: ignore[type-var]


def test_torn_and_foreign_lines_are_passed_over(place: Path) -> None:
    """What a full disk has torn, others have written or a later version added does not hide the rest."""
    path = history_path(place)
    file = HistoryFile(path.parent)
    file.append(line_of_entry(ENTRY))
    with path.open("ab") as torn:
        torn.write(b'{"ended_at": "2026')
    later = json.loads(line_of_entry(ENTRY)) | {"new": 1}
    odd = [b"\xff\n", b"[]\n", b"{}\n", b"[" * 5000 + b"\n", json.dumps(later | {"size_bytes": "7"}).encode() + b"\n"]
    for line in (*odd, json.dumps(later).encode() + b"\n"):
        file.append(line)
    assert list(oj.history()) == [ENTRY, ENTRY]
    assert entry_of_line(line_of_entry(ENTRY)) == ENTRY


ODD_LINES = [
    *({"seconds": value} for value in (float("nan"), float("inf"), 1e308, 10**400, -1)),
    *({"size_bytes": value} for value in (-3, 10**400, 2**63)),
    *({"crc64": value} for value in (-1, 2**64)),
    *({name: -1} for name in ("kept_bytes", "sent_bytes", "retries", "files", "files_skipped", "files_failed")),
    {"target": "oss://b/\ud800"},
]


@pytest.mark.parametrize("odd", ODD_LINES)
def test_a_line_that_no_upload_writes_does_not_hide_the_others(place: Path, odd: dict[str, object]) -> None:
    """Numbers that are none, or too large, and addresses that nothing can show are passed over with their line."""
    file = HistoryFile(history_path(place).parent)
    for values in ({}, odd, {"crc64": 2**64 - 1, "size_bytes": 2**63 - 1}):
        file.append(json.dumps(json.loads(line_of_entry(ENTRY)) | values).encode() + b"\n")
    found = oj.history()
    assert [one.size_bytes for one in found] == [7, 2**63 - 1]
    assert list(found.to_frame()["crc64"]) == [2**63 + 1, 2**64 - 1]
    assert len(str(found).splitlines()) == 3


def test_links_are_not_followed(place: Path) -> None:
    """A link in its place is neither written nor read."""
    path = history_path(place)
    path.parent.mkdir(parents=True)
    other = place / "other"
    other.write_bytes(b"")
    path.symlink_to(other)
    with pytest.raises(CheckpointError):
        HistoryFile(path.parent).append(b"{}\n")
    assert other.read_bytes() == b""
    with pytest.raises(CheckpointError) as told:
        oj.history()
    assert told.value.code == "HistoryUnreadable"
    assert "OSS_JUPYTER_STATE_DIR" in told.value.advice
    assert "checkpoint" not in str(told.value)


def test_a_bad_older_file_does_not_hide_the_newer_one(place: Path) -> None:
    """What can be read is shown, and named what cannot, also where nothing else is there."""
    path = history_path(place)
    older = path.with_name("history.1.jsonl")
    HistoryFile(path.parent).append(line_of_entry(ENTRY))
    assert str(older) not in str(oj.history())
    os.mkfifo(older)
    found = oj.history()
    assert list(found) == [ENTRY]
    assert str(older) in str(found)
    path.unlink()
    assert str(older) in str(oj.history())
    assert escape(str(older)) in history_html(oj.history())


def test_the_magic(shell: Shell, service: Sandbox, data: Path, place: Path) -> None:
    """A table with the newest last, some of them on request, and a file of CSV that says the same as Python."""
    assert "No upload has ended yet" in shell.ok("%oss_uploads history").text
    shell.ok(f"%oss_upload trips.bin {URL} --wait")
    shell.ok("%oss_upload trips.bin oss://test-bucket/other --wait")
    ran = shell.ok("%oss_uploads history")
    assert "8 MiB" in ran.text
    assert URL in ran.html[-1]
    assert URL not in shell.ok("%oss_uploads history --last 1").text

    assert "2 ended uploads written" in shell.ok("%oss_uploads history --csv h.csv").text
    with (place / "h.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["crc64"] for row in rows] == [str(one.crc64) for one in oj.history()]
    assert list(oj.history().to_frame()["crc64"]) == [one.crc64 for one in oj.history()]
    assert isinstance(shell.run("%oss_uploads history --csv no/such/h.csv").error, InputError)
    with pytest.raises(InputError):
        oj.history(last=0)


def test_programs_read_lines_of_json(shell: Shell, service: Sandbox, data: Path) -> None:
    """Each line is an entry with all its fields, and nothing else is printed; where JSON cannot be, that is said."""
    assert shell.ok("%oss_uploads history --json").text.strip() == ""
    for key in ("k", "other"):
        shell.ok(f"%oss_upload trips.bin oss://test-bucket/{key} --wait")
    lines = shell.ok("%oss_uploads history --json").text.strip().splitlines()
    assert [entry_of_line(line.encode()) for line in lines] == list(oj.history())
    assert json.loads(lines[0])["outcome"] == "completed"
    assert shell.ok("%oss_uploads history --last 1 --json").text.strip().splitlines() == lines[1:]
    for line in ("list --json", "history --csv h.csv --json"):
        assert isinstance(shell.run(f"%oss_uploads {line}").error, UsageError)


def test_a_spreadsheet_computes_no_name(session: Session, shell: Shell, service: Sandbox, place: Path) -> None:
    """A folder or a file may be called like a formula; in CSV it is a text, and in a table its own name."""
    names = ["=1+1,2", "+x", "-x", "@x", 'a "quoted", name\nof two lines']
    for name in names:
        (place / name).mkdir()
        (place / name / "f.csv").write_bytes(b"x")
        upload(session, name + "/", f"oss://test-bucket/{names.index(name)}/").result(60)
    session.manager.wait_until_told(60)
    shell.ok("%oss_uploads history --csv h.csv")
    with (place / "h.csv").open(encoding="utf-8", newline="") as file:
        written = [row["source"] for row in csv.DictReader(file)]
    sources = list(oj.history().to_frame()["source"])
    assert written == [f"'{source}" if source[0] in "=+-@" else source for source in sources]
    assert [source[0] for source in sources] == ["=", "+", "-", "@", "a"]


def test_what_was_sent_is_read_back_from_the_history(session: Session, place: Path) -> None:
    """An entry gives the cell that its receipt would give."""
    (place / "t.csv").write_bytes(b"a\n1\n")
    receipt = upload(session, place / "t.csv", "oss://test-bucket/t.csv").result(60)
    (entry,) = find_history(session.manager, None)
    assert entry.snippet() == receipt.snippet()
    assert "polars" in entry.snippet("polars")
    with pytest.raises(InputError):
        entry.snippet("no such library")


@pytest.mark.parametrize("key", ["x\ny.bin", "x\ty.bin", "\u202egnp.bin", 'a "q" \\n.bin'])
def test_a_key_that_cannot_be_shown_is_kept_as_it_is(session: Session, place: Path, key: str) -> None:
    """What is read back has the very key, while tables write out what cannot be shown."""
    (place / "f").write_bytes(b"x")
    target = f"oss://test-bucket/{key}"
    receipt = upload(session, place / "f", target).result(60)
    found = find_history(session.manager, None)
    assert (found[0].target, found[0].snippet("python")) == (target, receipt.snippet("python"))
    ((_, _, shown, *_),) = found.shown()
    assert shown == printable(target)
    assert escape(printable(target)) in history_html(found)
    assert found[0].has(key.lower().split())
    assert found[0].has(printable(key).lower().split())


def test_nothing_secret_is_in_it(session: Session, service: Sandbox, data: Path, place: Path) -> None:
    """Neither keys nor signed queries stand in the file, of failures either."""
    service.faults.add(Fault(operation="PutObject", status=403, code="SignatureDoesNotMatch"))
    transfer = upload(session, data, part_size="auto")
    transfer.wait(60)
    assert len(find_history(session.manager, None)) == 1
    said = history_path(place).read_text(encoding="utf-8")
    assert "SignatureDoesNotMatch" in said
    for secret in ("test-key-id", "test-key-secret", "Signature=", "signature="):
        assert secret not in said
