"""The one protocol of all buttons: every command once, from any thread, checked, and every failure an answer."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, cast

import pytest

from oss_jupyter.engine.manager import Manager
from oss_jupyter.errors import InputError
from oss_jupyter.model.arguments import ARGUMENTS
from oss_jupyter.model.budget import ELASTIC_MOST
from oss_jupyter.model.journal_fields import Fields
from oss_jupyter.model.parallel import PARALLEL_MOST, parse_parallel
from oss_jupyter.model.states import State
from oss_jupyter.notebook.panel.common.actions import Actions
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.channel import MESSAGE_TYPE, REPLY_TYPE, serve
from oss_jupyter.notebook.panel.common.commands import Commands, Reply
from oss_jupyter.notebook.panel.common.row import row_of
from oss_jupyter.session.settings import OssJupyter, Refused

from .stand_ins import MIB, StandIn, StandInManager, a_snapshot


class Desk:
    """Two transfers, a table of commands over them, and a way to ask."""

    def __init__(self) -> None:
        self.running = StandIn()
        self.paused = StandIn(a_snapshot(id="other", state=State.PAUSED))
        self.manager = StandInManager(self.running, self.paused)
        self.touched: list[Any] = []
        self.commands = Commands()
        shown = {"widget-1": self.paused}
        Actions(lambda: cast("Manager", self.manager), cast("Any", shown.get), self.touched.append).add_to(
            self.commands
        )
        self._numbers = iter(range(1_000_000))

    def ask(self, command: str, **arguments: Any) -> Reply:
        return self.commands.answer({"id": f"r{next(self._numbers)}", "command": command, "arguments": arguments})


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_every_button_reaches_its_transfer(desk: Desk) -> None:
    """A button does to its own transfer what it says, once, and shows the effect at once."""
    assert desk.ask("pause", transfer="k5ffjj43")["status"] == "ok"
    assert desk.ask("resume", transfer="k5ffjj43")["state"] == "queued"
    desk.ask("set_parallel", transfer="k5ffjj43", parallel=7)
    desk.ask("set_parallel", transfer="k5ffjj43", parallel=None)
    desk.ask("set_limit", transfer="k5ffjj43", bytes_per_second="20 MiB/s")
    desk.ask("set_limit", transfer="k5ffjj43", bytes_per_second=None)
    desk.ask("abort", transfer="k5ffjj43", keep_parts=True)
    assert desk.running.asked == [
        "pause",
        "resume",
        ("parallel", 7),
        ("parallel", None),
        ("limit", 20 * MIB),
        ("limit", None),
        ("abort", True),
    ]
    assert set(desk.touched) == {desk.running}


def test_a_widget_means_its_own_transfer(desk: Desk) -> None:
    """A cell that was run again has a new transfer under the same id, and an old card must not stop it."""
    desk.ask("resume", transfer="k5ffjj43", widget="widget-1")
    assert desk.paused.asked == ["resume"]


def test_pause_all_and_resume_all_leave_out_what_cannot(desk: Desk) -> None:
    """One that cannot be paused does not keep the others running."""
    assert desk.ask("pause_all")["count"] == 1
    assert desk.ask("resume_all")["count"] == 2


def test_clear_takes_ended_ones_off_the_list(desk: Desk) -> None:
    """The button that clears the finished ones leaves what can be resumed."""
    desk.running.now = a_snapshot(state=State.FAILED)
    assert desk.ask("clear")["count"] == 0  # a failure may still be resumed
    assert desk.ask("clear", transfer="k5ffjj43")["count"] == 1
    assert desk.manager.transfers() == (desk.paused,)


def test_a_part_is_told_in_detail_without_waking_anybody(desk: Desk) -> None:
    """Looking at a part is free, however often the page asks."""
    part = desk.ask("part", transfer="k5ffjj43", number=3)["part"]
    assert (part["number"], part["offset"], part["speed"], part["attempts"]) == (3, 16 * MIB, 2 * MIB, 3)
    assert desk.touched == []


def test_a_request_that_comes_twice_is_carried_out_once(desk: Desk) -> None:
    """The page tries two ways, and toggling twice would undo it."""
    request = {"id": "same", "command": "pause", "arguments": {"transfer": "k5ffjj43"}}
    first = desk.commands.answer(request)
    assert desk.commands.answer(dict(request)) == first
    assert desk.running.asked == ["pause"]


def test_a_duplicate_from_another_thread_waits_for_the_first_one() -> None:
    """Both ways get the one answer, also while it is being made."""
    commands, begun, go = Commands(), threading.Event(), threading.Event()
    calls: list[int] = []

    def slow(arguments: PageArguments) -> Reply:
        calls.append(1)
        begun.set()
        go.wait(60)
        return {"answer": 42}

    commands.add("slow", slow)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(commands.answer, {"id": "x", "command": "slow"})
        begun.wait(60)
        second = pool.submit(commands.answer, {"id": "x", "command": "slow"})
        go.set()
        assert first.result(60) == second.result(60) == {"status": "ok", "id": "x", "answer": 42}
    assert calls == [1]


def test_many_threads_may_ask_at_once(desk: Desk) -> None:
    """Whatever is pressed at once, each request gets one answer, the same in both ways, or four lines."""

    def toggle(number: int) -> Reply:
        command = ("pause", "resume", "set_parallel", "part", "clear")[number % 5]
        arguments = {"transfer": "k5ffjj43", "parallel": 4, "number": 1}
        # Every request comes twice, as it does where the page tries both ways.
        return desk.commands.answer({"id": f"t{number // 2}", "command": command, "arguments": arguments})

    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(toggle, range(900)))  # fewer ids than are remembered, however late a thread comes
    assert replies[::2] == replies[1::2]
    assert all(len(reply["error"]) == 4 for reply in replies if reply["status"] != "ok")


def test_what_cannot_be_is_refused_in_four_lines(desk: Desk) -> None:
    """The page shows the same four lines as a cell."""
    reply = desk.ask("pause", transfer="other")
    assert reply["status"] == "error"
    what, safe, advice, code = reply["error"]
    assert what == "A transfer that is paused cannot be paused."
    assert advice == "Resume it, or abort it."
    assert (safe, code) == ("Nothing was changed.", "TransferStateError")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("pause", {}),
        ("pause", {"transfer": 7}),
        ("pause", {"transfer": ["k5ffjj43"]}),
        ("pause", {"transfer": "x" * 1000}),
        ("pause", {"transfer": "nobody"}),
        ("abort", {"transfer": "k5ffjj43", "keep_parts": "yes"}),
        ("set_parallel", {"transfer": "k5ffjj43", "parallel": 0}),
        ("set_parallel", {"transfer": "k5ffjj43", "parallel": 257}),
        ("set_parallel", {"transfer": "k5ffjj43", "parallel": True}),
        ("set_parallel", {"transfer": "k5ffjj43", "parallel": "7; import os"}),
        ("set_limit", {"transfer": "k5ffjj43", "bytes_per_second": -1}),
        ("set_limit", {"transfer": "k5ffjj43", "bytes_per_second": "fast"}),
        ("set_limit", {"transfer": "k5ffjj43", "bytes_per_second": {}}),
        ("part", {"transfer": "k5ffjj43", "number": 8}),
        ("part", {"transfer": "k5ffjj43", "number": 1e9}),
        ("__class__", {}),
        ("", {}),
    ],
)
def test_bad_input_changes_nothing(desk: Desk, command: str, arguments: dict[str, Any]) -> None:
    """The page is not trusted: whatever it sends is checked before anything is done."""
    reply = desk.ask(command, **arguments)
    assert (reply["status"], len(reply["error"])) == ("error", 4)
    assert desk.running.asked == []


@pytest.mark.parametrize(
    "request_", [None, [], "pause", {}, {"id": 5}, {"id": ""}, {"id": "a", "command": []}, {"id": "b", "arguments": 3}]
)
def test_a_request_that_is_none_is_answered_all_the_same(desk: Desk, request_: Any) -> None:
    """A page that waits for an answer gets one."""
    assert desk.commands.answer(request_)["status"] == "error"


def test_a_handler_that_breaks_is_an_answer_too(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A defect is told by its kind, and not by a text that may hold a secret."""

    def broken(arguments: PageArguments) -> Reply:
        raise KeyError("a secret in a message")

    desk.commands.add("broken", broken)
    assert desk.ask("broken")["error"][0] == "Something went wrong inside oss_jupyter (KeyError)."


def test_a_kernel_answers_on_its_control_channel(desk: Desk) -> None:
    """The answer goes to who asked, in the envelope that the page knows."""
    sent: list[Any] = []
    session = SimpleNamespace(send=lambda *message: sent.append(message))
    kernel = SimpleNamespace(control_handlers={}, session=session)
    assert serve(kernel, desk.commands)
    assert serve(kernel, desk.commands)  # the extension may be loaded again
    message = {"content": {"id": "c", "command": "pause", "arguments": {"transfer": "k5ffjj43"}}}
    kernel.control_handlers[MESSAGE_TYPE]("stream", b"identity", message)
    assert sent == [
        ("stream", REPLY_TYPE, {"status": "ok", "id": "c", "state": "paused"}, message, b"identity"),
    ]


def test_a_kernel_without_a_control_channel_is_no_error(desk: Desk) -> None:
    """The extension loads in a terminal too."""
    assert not serve(None, desk.commands)
    assert not serve(SimpleNamespace(), desk.commands)


def test_the_most_at_once_is_one_number_everywhere(desk: Desk) -> None:
    """What the card takes, a setting, a line, Python and a checkpoint take as well, and no more."""
    most = PARALLEL_MOST
    assert most == ELASTIC_MOST == row_of(a_snapshot())["parallel_most"]
    assert desk.ask("set_parallel", transfer="k5ffjj43", parallel=most)["status"] == "ok"
    assert OssJupyter(parallel=most, parallel_most=most).parallel == parse_parallel(str(most)) == most
    refusal = desk.ask("set_parallel", transfer="k5ffjj43", parallel=most + 1)
    assert (refusal["status"], f"{most}" in refusal["error"][0] + refusal["error"][2]) == ("error", True)
    for refused in (lambda: OssJupyter(parallel=most + 1), lambda: parse_parallel(most + 1)):
        with pytest.raises((Refused, InputError)):
            refused()
    assert f"1 to {most};" in ARGUMENTS["parallel"].words
    assert Fields({"parallel": 1024}).optional_parallel("parallel") == most  # of an earlier version
