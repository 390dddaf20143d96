"""What the buttons can ask of transfers: a handler for each command, over the kernel's list of transfers."""

from __future__ import annotations

from collections.abc import Callable

from oss_jupyter.engine.coordinator import TransferCoordinator
from oss_jupyter.engine.manager import Manager, waiting_first
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError, TransferStateError
from oss_jupyter.model.parallel import PARALLEL_MOST
from oss_jupyter.model.plan import MAX_PARTS
from oss_jupyter.model.states import Event, allowed
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.background_commands import BackgroundCommands
from oss_jupyter.notebook.panel.common.commands import Commands, Handler, Reply
from oss_jupyter.notebook.panel.common.files import cell_files, find_file
from oss_jupyter.notebook.panel.common.handing import make_link, make_snippet
from oss_jupyter.session.left_alone import is_left_alone
from oss_jupyter.texts import tr

# More are listed nowhere.
_ONLY_MOST = 100_000


class Actions:
    """Commands on one transfer, named by its id, and on all of them, or only on some.

    manager: where the transfers are. shown: the transfer of a widget, by the widget's id, because a card keeps showing
    its own transfer after the same file was uploaded anew. touched: called with a transfer after something was asked
    of it.
    """

    def __init__(
        self,
        manager: Callable[[], Manager],
        shown: Callable[[str], Transfer | None] = lambda widget: None,
        touched: Callable[[Transfer], None] = lambda transfer: None,
    ) -> None:
        self._manager = manager
        self._shown = shown
        self._touched = touched
        self._background = BackgroundCommands()

    def add_to(self, commands: Commands) -> None:
        """Make the commands known."""
        commands.add("pause", self._on_one(lambda transfer, arguments: transfer.pause()))
        commands.add("resume", self._on_one(lambda transfer, arguments: transfer.resume()))
        for name in ("retry", "retry_failed"):
            commands.add(name, self._on_one(lambda transfer, arguments: transfer.resume()))
        commands.add("abort", self._on_one(lambda transfer, arguments: transfer.abort(arguments.flag("keep_parts"))))
        commands.add("adopt", self._on_one(_adopt))
        commands.add("set_parallel", self._on_one(_set_parallel))
        commands.add("set_limit", self._on_one(_set_limit))
        commands.add("part", lambda arguments: _part(self._find(arguments), arguments))
        commands.add("find_file", self._background.wrap(self._about(find_file)))
        commands.add("cell_files", self._background.wrap(self._about(cell_files)))
        for name, handler in (("link", make_link), ("snippet", make_snippet)):
            commands.add(name, self._background.wrap(self._about(handler), once=True), repeatable=True)
        commands.add("pause_all", self._on_all(Event.PAUSE, lambda transfer: transfer.pause()))
        commands.add("resume_all", self._on_all(Event.RESUME, lambda transfer: transfer.resume()))
        commands.add("clear", self._clear)

    def _on_one(self, action: Callable[[Transfer, PageArguments], None]) -> Handler:
        def handle(arguments: PageArguments) -> Reply:
            transfer = self._find(arguments)
            action(transfer, arguments)
            self._touched(transfer)
            return {"state": transfer.state.value}

        return handle

    def _about(self, question: Callable[[Transfer, PageArguments], Reply]) -> Handler:
        return lambda arguments: question(self._find(arguments), arguments)

    def _on_all(self, event: Event, action: Callable[[Transfer], None]) -> Handler:
        def handle(arguments: PageArguments) -> Reply:
            transfers = waiting_first(self._manager().transfers())
            if "only" in arguments:
                only = set(arguments.texts("only", most=_ONLY_MOST))
                transfers = [transfer for transfer in transfers if transfer.id in only]
            return {"count": sum(self._acted(transfer, event, action) for transfer in transfers)}

        return handle

    def _acted(self, transfer: Transfer, event: Event, action: Callable[[Transfer], None]) -> bool:
        if not allowed(transfer.state, event) or (event is Event.RESUME and is_left_alone(transfer)):
            return False
        try:
            action(transfer)
        except TransferStateError:  # one that moves on just now is not worth leaving the others out
            return False
        self._touched(transfer)
        return True

    def _find(self, arguments: PageArguments) -> Transfer:
        if "widget" in arguments:
            shown = self._shown(arguments.text("widget"))
            if shown is not None:
                return shown
        return self._manager().find(arguments.text("transfer"))

    def _clear(self, arguments: PageArguments) -> Reply:
        """Take one ended transfer off the list, or without an id everything that has ended for good."""
        if "transfer" in arguments:
            chosen = self._find(arguments)
            return {"count": self._manager().forget(lambda transfer: transfer is chosen)}
        return {"count": self._manager().forget(lambda transfer: transfer.state.ended_for_good)}


def _adopt(transfer: Transfer, _arguments: PageArguments) -> None:
    job = coordinator_of(transfer)
    if not isinstance(job, TransferCoordinator):
        raise InputError(tr("Only the upload of a single file can do that."), tr("Reload the page."))
    job.adopt()


def _set_parallel(transfer: Transfer, arguments: PageArguments) -> None:
    """Without a number it follows the line."""
    transfer.set_parallel(arguments.whole("parallel", 1, PARALLEL_MOST) if "parallel" in arguments else None)


def _set_limit(transfer: Transfer, arguments: PageArguments) -> None:
    transfer.set_limit(arguments.size("bytes_per_second"))


def _part(transfer: Transfer, arguments: PageArguments) -> Reply:
    number = arguments.whole("number", 1, MAX_PARTS)
    try:
        part = transfer.part(number)
    except IndexError:
        raise InputError(tr("There is no part {number}.", number=f"{number:,}"), "") from None
    speed = part.sent_bytes / part.seconds if part.seconds > 0 and part.sent_bytes else None
    return {
        "part": {
            "number": part.number,
            "offset": part.offset,
            "length": part.length,
            "state": int(part.state),
            "sent": part.sent_bytes,
            "speed": None if speed is None else round(speed),
            "attempts": part.attempts,
            "error": part.error,
        }
    }
