"""What travels to the page of a dataset: counts, cells, failures, and what is asked about single files."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.dataset import CELLS_MOST, Cell, FailedFile, FileOnTheWire, cell
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.notebook.panel.card.card import ShownCard, TransferCard
from oss_jupyter.notebook.panel.card.card_state import pack, unpack
from oss_jupyter.notebook.panel.card.card_summary import CardSummary
from oss_jupyter.notebook.panel.common.actions import Actions
from oss_jupyter.notebook.panel.common.commands import Commands, Reply
from oss_jupyter.notebook.panel.common.painter import INTERVAL_SECONDS
from oss_jupyter.notebook.panel.common.row import row_of
from oss_jupyter.notebook.panel.desk.rows import row_of_transfer, to_text
from oss_jupyter.session.text import progress_line

from ..datasets import a_dataset as dataset
from ..datasets import a_receipt, a_view
from .stand_ins import MIB, StandIn, StandInDataset, StandInManager, a_dataset, files_of
from .test_panel_state import GOLDEN


class Page:
    """Asks as a page does."""

    def __init__(self, transfer: StandIn) -> None:
        self._commands = Commands()
        self._numbers = iter(range(1_000_000))
        Actions(lambda: cast(Any, StandInManager(transfer))).add_to(self._commands)

    def ask(self, command: str, **arguments: Any) -> Reply:
        request = {"transfer": "k5ffjj43", **arguments}
        reply = self._commands.answer({"id": str(next(self._numbers)), "command": command, "arguments": request})
        while "later" in reply:
            request["later"] = reply["later"]
            reply = self._commands.answer({"id": str(next(self._numbers)), "command": command, "arguments": request})
        return reply


def shown_card(transfer: StandIn) -> ShownCard:
    card = TransferCard(cast("Transfer", transfer), Commands())
    return ShownCard(card, CardSummary(lambda words: None, transfer.now, 0.0))


def test_what_is_packed_of_a_dataset_comes_out_again() -> None:
    """Counts, cells, failures and what is on the wire reach the page, the large file first."""
    head, cells, flights = unpack(pack(a_dataset()))
    assert cells == files_of().cells
    assert flights == []
    assert (head["places"], head["per_place"]) == (8, 1)
    assert head["files"] == {
        "total": 8, "scanning": False, "done": 4, "sent": 2, "kept": 1, "skipped": 1, "failed": 1, "failed_bytes": 0,
        "left": 3, "speed": 412,
    }  # fmt: skip
    assert head["failures"] == [
        {"key": "raw/g.csv", "code": "Unreadable", "reason": "g.csv cannot be read: permission denied."}
    ]
    assert [one["key"] for one in head["wire"]] == ["raw/e.bin", "raw/f.csv"]
    assert head["wire"][0]["transfer_id"] == "child234"


def test_the_golden_file_of_a_dataset_is_what_is_packed_today() -> None:
    """If this fails after a change that was meant, write the file anew and let the page's tests judge it."""
    assert (GOLDEN / "dataset.bin").read_bytes() == pack(a_dataset())


def test_names_and_reasons_from_outside_are_short_and_can_be_shown() -> None:
    """A key that is no Unicode, or a reason as long as a page, keeps no card from being drawn."""
    bad = FailedFile("/data/\udcc4", "raw/\udcc4" + "k" * 2000, "Unexpected", "line\nline " + "r" * 5000)
    now = a_dataset(files_of(failures=(bad,), on_the_wire=(FileOnTheWire("raw/\udcc4\x1b", 1, 1),)))
    head, _, _ = unpack(pack(now))
    failure = head["failures"][0]
    assert max(len(failure["key"]), len(failure["reason"])) <= 301
    assert "\\n" in failure["reason"]
    assert head["wire"][0]["key"] == "raw/\\xc4\\x1b"


def test_the_fullest_card_keeps_to_its_bytes_and_its_messages() -> None:
    """100,000 files with ten failures of the longest names cost at most 60 KiB and four messages in a second."""
    failures = tuple(FailedFile("/data/é", "é" * 900, "AccessDenied", "ü" * 900) for _ in range(40))
    wire = tuple(FileOnTheWire("é" * 900, MIB, 1, f"child{number}") for number in range(40))
    transfer = StandInDataset()
    shown = shown_card(transfer)
    sent: list[int] = []
    shown.card.observe(lambda change: sent.append(len(change["new"])), names=["state", "part_map"])
    shown.looked_at = "child234"
    for look in range(round(60 / INTERVAL_SECONDS)):
        cells = bytes([cell(Cell.ON_THE_WIRE, (look % 31) / 31)]) * CELLS_MOST
        transfer.now = a_dataset(
            files_of(failures=failures, on_the_wire=wire, cells=cells, files_per_cell=10, total=100_000)
        )
        transfer.children["child234"] = replace(transfer.children["child234"], confirmed_bytes=look * MIB)
        shown.paint(look * INTERVAL_SECONDS)
    shown.card.close()
    assert sum(sent) / 60 <= 60 * 1024
    assert len([size for size in sent if size > CELLS_MOST]) <= 4 * 60
    assert len(sent) > 60  # and it is alive


def test_nothing_is_sent_of_a_dataset_that_does_not_move() -> None:
    """A paused card of many files costs nothing."""
    transfer = StandInDataset(a_dataset(state=State.PAUSED))
    shown = shown_card(transfer)
    sent: list[Any] = []
    shown.card.observe(sent.append, names=["state", "part_map"])
    for second in range(10):
        shown.paint(float(second))
    assert sent == []
    shown.card.close()


def test_the_end_is_sent_at_once_however_much_was_sent_before() -> None:
    """Who waits for the last word does not wait for the line to have room."""
    transfer = StandInDataset()
    shown = shown_card(transfer)
    cells = bytes([cell(Cell.DONE, 1)]) * CELLS_MOST
    transfer.now = a_dataset(files_of(cells=cells, files_per_cell=10))
    shown.paint(0.0)
    transfer.now = a_dataset(files_of(cells=cells, files_per_cell=10), state=State.COMPLETED_WITH_ERRORS)
    transfer.over = True
    shown.paint(0.01)
    assert unpack(shown.card.state)[0]["state"] == "completed_with_errors"
    shown.card.close()


def test_what_has_failed_files_can_be_resumed_and_is_one_small_row() -> None:
    """The desk's row has counts and no cells, and its button is there."""
    row = row_of_transfer(a_dataset(files_of(cells=bytes(CELLS_MOST)), state=State.COMPLETED_WITH_ERRORS))
    assert "resume" in row["can"]
    assert len(to_text([row])) < 1500


def test_the_button_for_failed_files_resumes() -> None:
    """What the button of the page asks for is known here, and takes what failed."""
    transfer = StandInDataset(a_dataset(state=State.COMPLETED_WITH_ERRORS))
    assert Page(transfer).ask("retry_failed")["status"] == "ok"
    assert transfer.asked == ["resume"]


def test_files_are_found_by_a_piece_of_their_names() -> None:
    """Twenty at most, and whether there are more; what cannot be shown is written out."""
    page = Page(StandInDataset())
    many = page.ask("find_file", text="csv")
    assert (len(many["files"]), many["more"]) == (20, True)
    one = page.ask("find_file", text="g.csv")
    assert one["files"] == [
        {"key": "raw/g.csv", "kind": int(Cell.FAILED), "size": 5, "reason": "cannot be read", "transfer_id": ""}
    ]
    assert not one["more"]
    assert page.ask("find_file", text="bad")["files"][0]["key"] == "raw/bad\\x1b.csv"
    assert page.ask("find_file", text="")["status"] == "error"


def test_a_place_on_the_map_tells_its_files() -> None:
    """Places count from 1 on the page; where nothing is known, nothing is told."""
    page = Page(StandInDataset())
    assert [one["key"] for one in page.ask("cell_files", number=2)["files"]] == ["raw/e.bin", "raw/f.csv"]
    assert page.ask("cell_files", number=1)["files"] == []
    assert page.ask("cell_files", number=CELLS_MOST + 1)["status"] == "error"


def test_a_single_file_has_no_files_to_ask_about() -> None:
    """A page of another version gets an answer in words."""
    reply = Page(StandIn()).ask("find_file", text="a")
    assert (reply["status"], reply["error"][0]) == ("error", "This upload is one file.")


def test_the_parts_of_a_large_file_are_shown_beside_its_dataset() -> None:
    """Opening a file's map sends how its transfer stands, as long as there is one."""
    transfer = StandInDataset()
    shown = shown_card(transfer)
    shown.looked_at = "child234"
    shown.paint(0.0)
    assert unpack(shown.card.part_map)[0]["name"] == "e.bin"
    assert unpack(shown.card.state)[0]["files"] is not None
    transfer.children.clear()
    shown.paint(10.0)
    assert shown.card.part_map == b""
    shown.card.close()


@pytest.mark.parametrize("state", [State.RUNNING, State.PAUSED, State.COMPLETED, State.COMPLETED_WITH_ERRORS])
def test_equal_moments_of_a_dataset_give_equal_bytes(state: State) -> None:
    """What the page would show alike is not sent again."""
    assert pack(a_dataset(state=state)) == pack(a_dataset(state=state, elapsed_seconds=99.0))
    assert json.loads(to_text([row_of_transfer(a_dataset(state=state))]))


def test_the_golden_lines_of_datasets_are_what_the_kernel_writes() -> None:
    """The card and the printed text count files alike, with the same words."""
    saved = json.loads((GOLDEN / "dataset_lines.json").read_text("utf-8"))
    assert saved == [{"row": row_of(now), "line": progress_line(now)} for now in lines_to_compare()]


def lines_to_compare() -> list[Snapshot]:
    """Datasets that card and kernel tell with the same line: what moves, and what has ended."""
    done = a_view(sent=80_000, kept=1_000, skipped=7_737, failed=3)
    receipt = a_receipt()
    ended: dict[str, Any] = {"receipt": receipt, "total_bytes": receipt.total_bytes, "bytes_per_second": None}
    return [
        dataset(),
        dataset(view=a_view(scanning=True, failed=3, files_per_second=3.44)),
        dataset(view=a_view(files_per_second=None), left_seconds=None),
        dataset(State.COMPLETED_WITH_ERRORS, done, **ended),
        all_there(),
    ]


def all_there() -> Snapshot:
    """A second run."""
    nothing = {"sent": 0, "sent_bytes": 0, "kept": 0, "kept_bytes": 0, "failed": 0, "failed_bytes": 0}
    receipt = a_receipt(skipped=88_740, **nothing)
    view = a_view(sent=0, kept=0, skipped=88_740)
    return dataset(State.COMPLETED, view, receipt=receipt, total_bytes=receipt.total_bytes, bytes_per_second=None)
