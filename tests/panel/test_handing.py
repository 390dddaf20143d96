"""Links and cells that the page asks for: given to whoever asked, and kept by nobody."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import datetime, timezone
from typing import Any, cast

import pytest

from oss_jupyter.engine.manager import Manager
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.progress import Receipt
from oss_jupyter.model.reach import reached_by
from oss_jupyter.model.reading_formats import KINDS
from oss_jupyter.model.signed_url import SignedUrl
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target
from oss_jupyter.notebook.panel.card.card_state import header
from oss_jupyter.notebook.panel.common.actions import Actions
from oss_jupyter.notebook.panel.common.commands import Commands, Reply

from .stand_ins import StandIn, StandInManager, a_dataset, a_snapshot

NOON = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


class SlowReach:
    """Makes a new link each time, when it is let."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.made: list[SignedUrl] = []
        self.go.set()

    def signed_url(self, target: Target, expires_seconds: int | None) -> SignedUrl:
        """Return a link with a number of its own."""
        self.go.wait(10)
        self.made.append(SignedUrl(f"https://host/k?signature={len(self.made)}", str(target), NOON, "It ends."))
        return self.made[-1]

    def reading_place(self) -> Mapping[str, Any]:
        """Return where it is."""
        return {"region": "cn-hangzhou"}


class Page:
    """A card of a finished upload, and one of a dataset, with a line to the kernel."""

    def __init__(self) -> None:
        self.reach = SlowReach()
        receipt = Receipt("oss://my-bucket/data/trips 2024.parquet", 1, "E", 1, "R", 1.0, 1, 0, 1, 0)
        done = a_snapshot(state=State.COMPLETED, receipt=reached_by(receipt, self.reach))
        dataset = a_dataset(
            state=State.COMPLETED, id="dataset1", receipt=DatasetReceipt("dataset1", "oss://bucket/raw/")
        )
        running = a_snapshot(id="running1")
        self.commands = Commands()
        self.manager = StandInManager(*map(StandIn, (done, dataset, running)))
        self.actions = Actions(lambda: cast("Manager", self.manager))
        self.actions.add_to(self.commands)

    def ask(self, command: str, request_id: str = "r1", transfer: str = "k5ffjj43", **arguments: Any) -> Reply:
        """Return the answer of now, which may be that there is none yet."""
        return self.commands.answer(
            {"id": request_id, "command": command, "arguments": {"transfer": transfer, **arguments}}
        )

    def ask_to_the_end(self, command: str, **arguments: Any) -> Reply:
        """Return the answer, as the page gets it."""
        reply = self.ask(command, **arguments)
        while "later" in reply:
            reply = self.ask(command, **{**arguments, "later": reply["later"]})
        return reply


@pytest.fixture
def page() -> Page:
    return Page()


def texts_in(held: object, depth: int = 6) -> str:
    """Return all that an object of ours holds, as text."""
    if isinstance(held, Future):
        return texts_in(held.result(0) if held.done() else None, depth - 1)
    inside = held if isinstance(held, dict) else getattr(held, "__dict__", {})
    if (depth and type(held).__module__.startswith("oss_jupyter.notebook")) or isinstance(held, dict):
        return " ".join(f"{name} {texts_in(one, depth - 1)}" for name, one in inside.items())
    return str(held)


def test_a_link_is_given_once_and_kept_by_nobody(page: Page) -> None:
    """The page has it, also where the provider takes a while; asked again, another one is made."""
    first = page.ask_to_the_end("link", expires="1h")
    assert (first["status"], first["text"]) == ("ok", "https://host/k?signature=0")
    assert (first["until"], first["note"]) == (int(NOON.timestamp()), "It ends.")
    assert type(first["text"]) is str
    page.reach.go.clear()
    waiting = page.ask("link", expires="1h")
    assert set(waiting) == {"status", "id", "later"}
    page.reach.go.set()
    second = page.ask_to_the_end("link", expires="1h", later=waiting["later"])
    assert second["text"] == "https://host/k?signature=1"
    assert "answers" in texts_in(page.commands)
    assert "signature=" not in texts_in(page.commands) + texts_in(page.actions)


def test_other_answers_are_kept_for_whoever_asks_twice(page: Page) -> None:
    """A request that comes over both channels is carried out once; this is seen in what is held."""
    page.ask("pause", transfer="running1", request_id="r7")
    assert "r7" in texts_in(page.commands)


def test_the_cell_is_the_receipts(page: Page) -> None:
    """What is copied on the card is what Python gives."""
    reply = page.ask_to_the_end("snippet", kind="python")
    assert "config.region" in reply["text"]
    receipt = page.manager.transfers()[0].snapshot().receipt
    assert receipt is not None
    assert reply["text"] == receipt.snippet("python")


@pytest.mark.parametrize(
    ("command", "transfer", "arguments", "what"),
    [
        ("link", "running1", {"expires": "1h"}, "This upload has not ended."),
        ("link", "dataset1", {"expires": "1h"}, "A dataset has no link of its own."),
        ("link", "k5ffjj43", {"expires": "8d"}, "expires='8d' is longer than 7 days."),
        ("link", "k5ffjj43", {}, "expires is not a text of 1 to 200 characters."),
        ("snippet", "running1", {"kind": "pandas"}, "This upload has not ended."),
        ("snippet", "k5ffjj43", {"kind": "excel"}, "There is no snippet for 'excel'."),
        ("snippet", "k5ffjj43", {"kind": 3}, "kind is not a text of 1 to 200 characters."),
    ],
)
def test_what_cannot_be_given_is_refused_in_words(
    page: Page, command: str, transfer: str, arguments: dict[str, Any], what: str
) -> None:
    """Whatever the page sends, it gets a link, a cell, or four lines."""
    reply = page.ask_to_the_end(command, transfer=transfer, **arguments)
    assert reply["status"] == "error"
    assert reply["error"][0] == what


def test_the_card_knows_what_it_may_offer() -> None:
    """Only what is there can be given away, as its key allows."""
    receipt = Receipt("oss://my-bucket/data/trips 2024.parquet", 1, "E", 1, "R", 1.0, 1, 0, 1, 0)
    assert header(a_snapshot())["reads"] == []
    assert header(a_snapshot(state=State.COMPLETED, receipt=receipt))["reads"] == list(KINDS)
    other = a_snapshot(state=State.COMPLETED, receipt=receipt, target=Target("my-bucket", "model.bin"))
    assert header(other)["reads"] == ["python", "ossutil"]
    dataset = a_dataset(state=State.COMPLETED_WITH_ERRORS, receipt=DatasetReceipt("k", "oss://bucket/raw/"))
    assert header(dataset)["reads"] == list(KINDS)
