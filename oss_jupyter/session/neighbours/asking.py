"""Asking another kernel: one connection a question, so that none keeps others waiting. Any thread may call it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from oss_jupyter.errors import CheckpointForeign, OssJupyterError
from oss_jupyter.session.neighbours.place import KernelPlace

# Of patience with a kernel whose interpreter some C code keeps, or whose computer is busy.
_ANSWER_SECONDS = 20.0
# The part map of a large file and the rows of a thousand uploads have less.
ANSWER_MOST_BYTES = 16 * 1024 * 1024


class KernelGone(OssJupyterError):
    """The other kernel does not listen any more, or it does not answer."""


def ask(place: KernelPlace, question: dict[str, Any]) -> dict[str, Any]:
    """Return what the kernel there answers. Raises KernelGone."""
    from multiprocessing import AuthenticationError
    from multiprocessing.connection import Client, answer_challenge, deliver_challenge

    try:
        with Client(str(place.socket), "AF_UNIX") as connection:
            key = place.read_key()
            _await(connection)
            answer_challenge(connection, key)
            deliver_challenge(connection, key)
            connection.send_bytes(json.dumps(question).encode())
            _await(connection)
            answer = json.loads(connection.recv_bytes(ANSWER_MOST_BYTES))
    except ConnectionRefusedError:  # nobody has listened there since it was killed
        place.remove()
        answer = None
    except (OSError, EOFError, ValueError, AuthenticationError, CheckpointForeign):
        answer = None
    if not isinstance(answer, dict):
        raise KernelGone(
            "The kernel that has this upload does not answer.",
            "Look whether it still runs; once it has ended, the upload can be resumed here.",
            safe="What the service has confirmed is in the checkpoint.",
        )
    return answer


def _await(connection: Any) -> None:
    if not connection.poll(_ANSWER_SECONDS):
        raise TimeoutError


def is_there(place: KernelPlace) -> bool:
    """Whether something may listen there."""
    with suppress(OSError):
        return place.socket.exists()
    return False
