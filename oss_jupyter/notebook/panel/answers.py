"""What this kernel answers to other kernels of its user: how its uploads stand, and what their buttons ask for.

They may ask for what concerns uploads that are here already; none can begin one, or look at the disk, through here.
"""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import PurePath
from typing import Any

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.notebook.panel.card.card import packed_child
from oss_jupyter.notebook.panel.card.card_state import pack
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.commands import Reply, refused
from oss_jupyter.notebook.panel.desk.rows import row_of_transfer
from oss_jupyter.notebook.panel.server import panel_server
from oss_jupyter.session.session import current_session
from oss_jupyter.texts import tr

VIEW = "view"
# About one upload, and about all that are here.
ONE = (
    "pause", "resume", "retry", "retry_failed", "abort", "set_parallel", "set_limit", "part", "find_file", "cell_files",
    "link", "snippet", "forget", "adopt",
)  # fmt: skip
ALL = ("pause_all", "resume_all", "clear")
# What only the disk says of an upload: whoever asks sees that by himself.
_OF_THE_DISK = (State.INTERRUPTED, State.ELSEWHERE)


def answer(question: dict[str, Any]) -> Reply:
    """Return what another kernel asked for. Raises nothing."""
    command = question.get("command")
    if command == VIEW:
        try:
            return _view(PageArguments(question.get("arguments")))
        except InputError as error:
            return refused("", error)
    if command in ONE or command in ALL:
        return panel_server().commands.answer(question)
    return refused("", InputError(tr("Another kernel may not ask for that."), tr("Reload the page.")))


def _view(arguments: PageArguments) -> Reply:
    """Return the rows of what is here, the newest last, and the card of one, if one is named."""
    here = [one for one in current_session().manager.transfers() if is_here(one)]
    reply: Reply = {"kernel": own_name(), "rows": [row_of_transfer(one.snapshot()) for one in here]}
    opened = next((one for one in here if "transfer" in arguments and one.id == arguments.text("transfer")), None)
    if opened is not None:
        looked_at = arguments.text("file") if arguments.has_text("file") else ""
        reply["detail"] = b64encode(pack(opened.snapshot())).decode()
        reply["part_map"] = b64encode(packed_child(opened, looked_at)).decode()
    return reply


def is_here(transfer: Transfer) -> bool:
    """Whether this kernel has it, and neither another process nor the disk alone."""
    return transfer.state not in _OF_THE_DISK and not coordinator_of(transfer).apart


def own_name() -> str:
    """Return the name of the notebook that this kernel belongs to, "" where the server does not tell."""
    return printable(PurePath(os.environ.get("JPY_SESSION_NAME", "")).name)
