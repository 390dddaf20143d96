"""What a process without a notebook answers to others of its user: what it sends; it pauses an upload or gives it up.

A notebook's kernel answers more (`notebook/panel/answers.py`), for it has the rows and cards that panels show.
"""

from __future__ import annotations

from typing import Any

from oss_jupyter.engine.manager import Manager
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.session.driven import UPLOAD_IDS, driven_by
from oss_jupyter.texts import tr

# A panel asks so for what it shows; an upload of ours it shows as the disk tells.
_VIEW = "view"


def answer(manager: Manager, question: dict[str, Any]) -> dict[str, Any]:
    """Return what was asked for. Raises nothing."""
    command = question.get("command")
    if command == UPLOAD_IDS:
        return {UPLOAD_IDS: driven_by(manager)}
    if command == _VIEW:
        return {"rows": []}
    try:
        return _done(manager, command, question.get("arguments"))
    except OssJupyterError as error:
        return {"status": "error", "error": list(error.four_lines())}


def _done(manager: Manager, command: object, arguments: Any) -> dict[str, Any]:
    if not isinstance(arguments, dict) or not isinstance(arguments.get("transfer"), str):
        raise _refused()
    transfer = manager.find(arguments["transfer"])
    if command == "pause":
        transfer.pause()
    elif command == "abort":
        transfer.abort(keep_parts=arguments.get("keep_parts") is True)
    else:
        raise _refused()
    return {"status": "ok", "state": transfer.state.value}


def _refused() -> InputError:
    return InputError(tr("Another kernel may not ask for that."), tr("Do it where it is sent."))
