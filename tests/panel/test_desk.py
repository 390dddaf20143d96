"""The desk without a page: its rows, what it finds on the disk, what its commands do, and the words that stay."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError, TransferStateError
from oss_jupyter.model.states import State
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.notebook.panel.common.actions import Actions
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.background_commands import BackgroundCommands
from oss_jupyter.notebook.panel.common.commands import Commands
from oss_jupyter.notebook.panel.common.pace import Pace
from oss_jupyter.notebook.panel.common.row import Row
from oss_jupyter.notebook.panel.desk.actions import DeskActions
from oss_jupyter.notebook.panel.desk.desk import BANNER, DESK, ShownDesk, TransferDesk, form_options
from oss_jupyter.notebook.panel.desk.desk_summary import DeskSummary, desk_summary
from oss_jupyter.notebook.panel.desk.folder import ENTRIES_MAX, list_folder
from oss_jupyter.notebook.panel.desk.rows import MISSING, UNUSABLE, row_of_transfer, to_text
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter

from .stand_ins import a_snapshot

MIB = 1024 * 1024
TARGET = "oss://test-bucket/raw/trips.bin"


class Office:
    """Kernels that share a disk and a service; each has a session and a desk."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.file = folder / "trips.bin"
        self.file.write_bytes(os.urandom(2 * MIB))
        self.sessions: list[Session] = []

    def session(self) -> Session:
        """A new kernel."""
        settings = OssJupyter(
            endpoint=self.sandbox.endpoint, region=self.sandbox.region, checkpoint_dir=str(self.folder / "checkpoints")
        )
        self.sessions.append(Session(settings))
        return self.sessions[-1]

    def leave_unfinished(self) -> Transfer:
        """An earlier kernel has sent two parts or more, and is gone."""
        self.sandbox.rate_bytes_per_second = MIB
        session = self.session()
        transfer = session.upload(self.file, TARGET, UploadArguments.of(part_size="256KiB", parallel=1))
        wait_until(lambda: transfer.snapshot().parts_done >= 2)
        session.manager.pause_all(10)
        self.sandbox.rate_bytes_per_second = None
        return transfer


class Seat:
    """A desk of one kernel, and the commands that its page would send."""

    def __init__(self, session: Session, only: frozenset[str] | None = None) -> None:
        self.session = session
        self.commands = Commands()
        kind = DESK if only is None else BANNER
        self.desk = TransferDesk(self.commands, "", kind, "", form_options(session.settings))
        self.words: list[dict[str, str]] = []
        self.shown = ShownDesk(self.desk, session, DeskSummary(self.words.append, 0.0), only)
        DeskActions(lambda: session, {self.desk.widget_id: self.shown}.get, lambda shown: None).add_to(self.commands)
        self._numbers = iter(range(1_000_000))

    def rows(self, now: float = 0.0) -> list[dict[str, Any]]:
        """Paint, and return what the page got."""
        self.shown.hurry()
        self.shown._pace = Pace()
        self.shown.paint(now)
        return list(json.loads(self.desk.state))

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        arguments["widget"] = self.desk.widget_id
        reply = self.commands.answer({"id": str(next(self._numbers)), "command": command, "arguments": arguments})
        while "later" in reply:
            arguments["later"] = reply["later"]
            reply = self.commands.answer({"id": str(next(self._numbers)), "command": command, "arguments": arguments})
        return reply


def wait_until(is_true: Callable[[], bool]) -> None:
    for _ in range(400):
        if is_true():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not come about")


@pytest.fixture
def office(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in [name for name in os.environ if name.startswith("OSS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "test-key-id")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "test-key-secret")
    monkeypatch.chdir(tmp_path)
    running = Office(sandbox, tmp_path)
    yield running
    for session in running.sessions:
        session.manager.pause_all(10)


def test_a_row_says_what_the_card_says_and_offers_what_makes_sense() -> None:
    """A button that cannot work is not there, and a missing file has a word of its own."""
    left = a_snapshot(state=State.INTERRUPTED)
    row = row_of_transfer(left)
    assert (row["name"], row["state"], row["can"]) == ("trips 2024.parquet", "interrupted", ["resume", "abort"])
    assert "checkpoint" not in row
    gone = row_of_transfer(left, missing=True)
    assert (gone["state"], gone["can"]) == (MISSING, ["abort"])
    row = row_of_transfer(a_snapshot(state=State.ELSEWHERE))
    assert (row["state"], row["can"]) == ("elsewhere", [])


def test_a_name_that_is_no_unicode_travels_as_text() -> None:
    """One odd file name would take all rows off the page."""
    assert to_text([row_of_transfer(a_snapshot(source="/data/\udcff.bin"))]).isascii()


def test_starting_from_the_form(office: Office) -> None:
    """Options are texts as they were typed; a relative path begins at the folder in which the desk was opened."""
    seat = Seat(office.session())
    assert seat.rows() == []
    reply = seat.ask("start", path="trips.bin", target="oss://test-bucket/raw/", part_size="512KiB", limit="50MiB/s")
    assert reply["status"] == "ok", reply
    transfer = seat.session.manager.find(reply["transfer"])
    transfer.result(60)
    assert [(row["state"], row["url"], row["parts"]) for row in seat.rows()] == [("completed", TARGET, 4)]
    assert transfer.limit == 50 * MIB


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"path": "nope.bin", "target": TARGET}, "SourceMissing"),
        ({"path": "trips.bin", "target": "s3://bucket/key"}, "InvalidTarget"),
        ({"path": "trips.bin", "target": TARGET, "part_size": "many"}, "InputError"),
        ({"path": "trips.bin", "target": TARGET, "parallel": "0"}, "InputError"),
        ({"path": "", "target": TARGET}, "InputError"),
    ],
)
def test_what_cannot_start_is_answered_in_four_lines(office: Office, arguments: dict[str, str], code: str) -> None:
    """A mistake in the form is explained there, and leaves no row behind."""
    seat = Seat(office.session())
    reply = seat.ask("start", **arguments)
    assert (reply["status"], reply["error"][3]) == ("error", code)
    assert seat.rows() == []


def test_what_an_earlier_kernel_left_is_found_and_resumed(office: Office) -> None:
    """The desk of a new kernel knows what is on the disk."""
    office.leave_unfinished()
    seat = Seat(office.session())
    (row,) = seat.rows()
    assert (row["state"], row["can"]) == ("interrupted", ["resume", "abort"])
    assert row["kept"] >= 2 * 256 * 1024
    seat.session.resume("all")[0].result(60)
    assert seat.rows()[0]["state"] == "completed"


def test_what_another_kernel_drives_is_named_as_such(office: Office) -> None:
    """Nobody resumes an upload here that is running there."""
    office.sandbox.rate_bytes_per_second = MIB / 4
    other = office.session().upload(office.file, TARGET, UploadArguments.of(part_size="256KiB"))
    wait_until(lambda: bool(other.snapshot().upload_id))
    seat = Seat(office.session())
    (row,) = seat.rows()
    assert (row["id"], row["state"], row["can"]) == (other.id, State.ELSEWHERE.key, [])
    office.sandbox.rate_bytes_per_second = None
    other.result(60)
    assert seat.rows() == []  # it is over, and this kernel has nothing to do with it


def test_what_another_kernel_finished_is_taken_off_the_list(office: Office) -> None:
    """A row does not offer to resume what is done."""
    office.leave_unfinished()
    seat = Seat(office.session())
    assert [row["state"] for row in seat.rows()] == ["interrupted"]
    office.session().resume("all")[0].result(60)
    assert seat.rows() == []


def test_a_file_that_was_moved_is_chosen_again_and_no_part_is_sent_twice(office: Office) -> None:
    """Moving a file costs no traffic, and leaves one row and one upload."""
    left = office.leave_unfinished()
    moved = office.file.rename(office.folder / "moved.bin")
    seat = Seat(office.session())
    (row,) = seat.rows()
    assert (row["state"], row["can"]) == (MISSING, ["abort"])
    reply = seat.ask("rehome", transfer=left.id, path="moved.bin")
    assert reply["status"] == "ok", reply
    assert reply["transfer"] != left.id
    receipt = seat.session.manager.find(reply["transfer"]).result(60)
    # Parts that had arrived without a receipt are found in the bucket, so more may count than the row said.
    assert receipt.kept_bytes >= row["kept"] > 0
    assert receipt.kept_bytes + receipt.sent_bytes == receipt.size
    assert office.sandbox.object_path("test-bucket", "raw/trips.bin").read_bytes() == moved.read_bytes()
    assert [(row["name"], row["state"]) for row in seat.rows()] == [("moved.bin", "completed")]
    assert not office.sandbox.uploads("test-bucket")


def test_another_file_is_refused_and_the_place_is_kept(office: Office) -> None:
    """Parts of two files would make an object that is neither."""
    left = office.leave_unfinished()
    office.file.unlink()
    (office.folder / "other.bin").write_bytes(b"something else")
    seat = Seat(office.session())
    seat.rows()
    reply = seat.ask("rehome", transfer=left.id, path="other.bin")
    assert (reply["error"][3], reply["error"][0][-36:]) == ("NotTheSameFile", "the upload was begun with 2,097,152.")
    assert [row["state"] for row in seat.rows()] == [MISSING]


def test_two_uploads_are_not_put_into_one(office: Office) -> None:
    """The file that is chosen has an unfinished upload of its own to the same place."""
    first = office.leave_unfinished()
    office.file = office.file.rename(office.folder / "again.bin")
    office.leave_unfinished()
    session = office.session()
    session.transfers()
    with pytest.raises(InputError, match="an unfinished upload of its own"):
        session.relocate(session.find(first.id), office.file)
    assert len(session.transfers()) == 2


def test_an_upload_that_runs_keeps_its_file(office: Office) -> None:
    """Choosing again while parts go out would mix two files."""
    office.sandbox.rate_bytes_per_second = MIB / 4
    session = office.session()
    transfer = session.upload(office.file, TARGET, UploadArguments.of(part_size="256KiB"))
    with pytest.raises(TransferStateError, match="stays where it is"):
        session.relocate(transfer, office.file)


def test_the_banner_resumes_what_it_is_about_and_nothing_else(office: Office) -> None:
    """The button under a list means that list."""
    left = office.leave_unfinished()
    session = office.session()
    seat = Seat(session, frozenset({left.id}))
    session.upload(office.file, "oss://test-bucket/another", UploadArguments()).result(60)
    assert [row["id"] for row in seat.rows()] == [left.id]
    assert seat.ask("resume_these")["count"] == 1
    session.manager.find(left.id).result(60)
    assert [row["state"] for row in seat.rows()] == ["completed"]
    seat.ask("review")
    assert len(seat.rows()) == 2
    assert seat.desk.kind == DESK


def test_discarding_removes_parts_and_checkpoints_also_where_the_file_is_gone(office: Office) -> None:
    """A deleted file does not leave parts that are billed for ever."""
    left = office.leave_unfinished()
    office.file.unlink()
    session = office.session()
    session.transfers()
    seat = Seat(session, frozenset({left.id}))
    seat.rows()
    assert seat.ask("discard_these")["count"] == 1
    wait_until(lambda: session.manager.find(left.id).state is State.ABORTED)
    assert not office.sandbox.uploads("test-bucket")
    assert not list((office.folder / "checkpoints").glob("*.journal"))
    assert [row["state"] for row in seat.rows()] == ["aborted"]


def test_details_are_packed_only_while_they_are_open(office: Office) -> None:
    """Hundreds of rows would send their part maps to nobody."""
    left = office.leave_unfinished()
    seat = Seat(office.session())
    seat.rows()
    assert seat.desk.detail == b""
    seat.ask("open", transfer=left.id)
    seat.rows()
    assert left.id.encode() in seat.desk.detail
    seat.ask("open")
    seat.rows()
    assert seat.desk.detail == b""


def test_a_desk_that_nobody_sees_is_sent_nothing_and_comes_to_rest(office: Office) -> None:
    """A desk far up in the notebook costs nothing."""
    office.leave_unfinished()
    seat = Seat(office.session())
    seat.shown.set_on_screen("one", False)
    assert seat.shown.paint(0.0) is False
    assert seat.desk.state == "[]"
    seat.shown.set_on_screen("one", True)
    assert seat.shown.paint(0.0) is True
    assert seat.desk.state != "[]"


def test_rows_stay_where_they_are(office: Office) -> None:
    """The newest comes first, and what happens to one later does not move it under somebody's hand."""
    session = office.session()
    seat = Seat(session)
    for key in "abc":
        session.upload(office.file, f"oss://test-bucket/{key}", UploadArguments()).result(60)
        seat.rows()
    session.upload(office.file, "oss://test-bucket/a", UploadArguments.of(force=True)).result(60)
    assert [row["url"][-1] for row in seat.rows()] == ["c", "b", "a"]


def test_a_long_list_is_sent_less_often(office: Office) -> None:
    """Many rows do not fill the line between kernel and page."""
    session = office.session()
    session.upload(office.file, TARGET, UploadArguments()).result(60)
    seat = Seat(session)
    seat.shown.paint(0.0)
    session.manager.forget(lambda transfer: True)
    seat.shown.paint(0.001)
    assert seat.desk.state != "[]"
    seat.shown.paint(1.0)
    assert seat.desk.state == "[]"


def test_the_words_that_stay_are_few_and_escaped() -> None:
    """A saved notebook grows by a few kilobytes, and a file name in it runs nothing."""
    now = a_snapshot(source="/data/<img src=x>" + "n" * 200)
    words: list[dict[str, str]] = []
    word = DeskSummary(words.append, 0.0)
    rows = [replace_id(row_of_transfer(now), number) for number in range(20)]
    for second in range(65):
        word.update(rows, float(second))
    assert len(words) == 3
    assert "<img" not in words[0]["text/html"]
    assert "and 12 more uploads" in words[0]["text/plain"]
    assert len(words[0]["text/html"]) < 4000
    assert desk_summary([])["text/plain"] == "There are no uploads."


def replace_id(row: Row, number: int) -> Row:
    return row | {"id": str(number)}


def test_a_folder_is_listed_from_what_was_typed(tmp_path: Path) -> None:
    """Browsing begins where the user has got to, whatever of the path exists."""
    (tmp_path / "data").mkdir()
    for name in ("b.csv", "A.csv", ".hidden"):
        (tmp_path / "data" / name).write_bytes(b"12345")
    (tmp_path / "data" / "sub").mkdir()
    (tmp_path / "data" / "dangling").symlink_to(tmp_path / "nowhere")
    listing = list_folder("data", tmp_path)
    assert [entry["name"] for entry in listing["entries"]] == ["sub", "A.csv", "b.csv", "dangling"]
    assert (listing["entries"][0]["folder"], listing["entries"][1]["size"]) == (True, 5)
    assert (listing["folder"], listing["parent"]) == (str(tmp_path / "data"), str(tmp_path))
    assert list_folder("data/b.csv", tmp_path)["folder"] == listing["folder"]
    assert list_folder("data/gone.csv", tmp_path)["folder"] == listing["folder"]
    assert list_folder("/", tmp_path)["parent"] == ""
    with pytest.raises(InputError, match="cannot be listed"):
        list_folder("nope/gone.csv", tmp_path)


def test_a_folder_of_very_many_files_is_cut_and_says_so(tmp_path: Path) -> None:
    """A folder of a million files does not stop the page."""
    for number in range(ENTRIES_MAX + 5):
        (tmp_path / f"{number}.csv").touch()
    listing = list_folder(".", tmp_path)
    assert (len(listing["entries"]), listing["more"]) == (ENTRIES_MAX, True)


def test_a_slow_command_is_answered_at_once_and_its_result_later() -> None:
    """A slow disk does not hold up the other buttons."""
    gate = threading.Event()

    def slow(arguments: PageArguments) -> dict[str, Any]:
        gate.wait(20)
        return {"done": arguments.text("what")}

    handle = BackgroundCommands().wrap(slow)
    reply = handle(PageArguments({"what": "this"}))
    assert list(reply) == ["later"]
    gate.set()
    wait_until(lambda: "done" in handle(PageArguments(reply)))
    assert handle(PageArguments(reply)) == {"done": "this"}
    with pytest.raises(InputError, match="does not know"):
        handle(PageArguments({"later": "nonsense"}))


def test_a_slow_command_that_fails_says_so() -> None:
    """What fails later is told as what fails at once."""

    def fails(arguments: PageArguments) -> dict[str, Any]:
        raise InputError("It cannot be.")

    with pytest.raises(InputError, match="It cannot be"):
        BackgroundCommands().wrap(fails)(PageArguments({}))


def test_an_upload_whose_abort_failed_can_be_forgotten_on_the_desk(office: Office) -> None:
    """The button is offered once the abort has failed, and what stays in OSS is a note of the transfer."""
    office.leave_unfinished()
    seat = Seat(office.session())
    office.sandbox.faults.add(Fault("AbortMultipartUpload", code="AccessDenied", status=403, times=None))
    (row,) = seat.rows()
    assert "forget" not in row["can"]
    (transfer,) = seat.session.manager.transfers()
    transfer.abort()
    wait_until(lambda: transfer.state is State.FAILED)
    (row,) = seat.rows()
    assert "forget" in row["can"]
    reply = seat.ask("forget", transfer=row["id"])
    assert reply["status"] == "ok", reply
    assert row["id"] == transfer.id
    assert transfer.snapshot().upload_id in reply["said"]
    assert reply["said"] in transfer.snapshot().notes
    assert [row["state"] for row in seat.rows()] == ["aborted"]
    assert not list((office.folder / "checkpoints").iterdir())


def test_a_checkpoint_that_cannot_be_used_has_a_row(office: Office) -> None:
    """It says what is the matter, and can be forgotten."""
    (office.folder / "checkpoints").mkdir(mode=0o700)
    (office.folder / "checkpoints" / "damaged.journal").write_bytes(b"nonsense")
    seat = Seat(office.session())
    (row,) = seat.rows()
    assert (row["state"], row["can"]) == (UNUSABLE, ["forget"])
    assert "cannot be read" in row["error"][0]
    assert seat.ask("forget", transfer=row["id"])["status"] == "ok"
    assert seat.rows() == []


def test_resuming_all_leaves_alone_what_has_to_be_named(office: Office) -> None:
    """Neither the banner's button nor the desk's sends what may not be the user's; the row's own button does."""
    left = office.leave_unfinished()
    (office.folder / "checkpoints").chmod(0o777)
    session = office.session()
    seat = Seat(session, frozenset({left.id}))
    Actions(lambda: session.manager).add_to(seat.commands)
    (row,) = seat.rows()
    assert "Others can write" in row["error"][0]
    assert seat.ask("resume_these")["count"] == 0
    assert seat.ask("discard_these")["count"] == 0
    assert seat.ask("resume_all")["count"] == 0
    assert seat.ask("resume", transfer=left.id)["status"] == "ok"
    session.manager.find(left.id).result(60)
