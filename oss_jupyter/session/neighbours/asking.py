"""Asking another kernel: one connection a question, so that none keeps others waiting. Any thread may call it."""

from __future__ import annotations

import json
from typing import Any

from oss_jupyter.errors import CheckpointForeign, OssJupyterError
from oss_jupyter.session.neighbours.place import KernelPlace
from oss_jupyter.session.private import connected
from oss_jupyter.texts import tr

# Of patience with a kernel whose interpreter some C code keeps, or whose computer is busy.
_ANSWER_SECONDS = 20.0
# The part map of a large file and the rows of a thousand uploads have less.
ANSWER_MOST_BYTES = 16 * 1024 * 1024


class KernelGone(OssJupyterError):
    """The other kernel does not listen any more, or it does not answer."""


def ask(place: KernelPlace, question: dict[str, Any], patience_seconds: float = _ANSWER_SECONDS) -> dict[str, Any]:
    """Return what the kernel there answers. Raises KernelGone."""
    answer = None
    try:
        address, key = place.told()
        with connected(address, key, patience_seconds) as connection:
            connection.send_bytes(json.dumps(question).encode())
            answer = json.loads(connection.recv_bytes(ANSWER_MOST_BYTES))
    except (ConnectionRefusedError, FileNotFoundError):  # nobody has listened there since it was killed
        place.remove()
    except (OSError, EOFError, ValueError, CheckpointForeign):
        pass
    if not isinstance(answer, dict):
        raise KernelGone(
            tr("The kernel that has this upload does not answer."),
            tr("Look whether it still runs; once it has ended, the upload can be resumed here."),
            safe=tr("What the service has confirmed is in the checkpoint."),
        )
    return answer
