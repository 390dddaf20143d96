"""The connections of a kernel, as its transfers ask for them. The rule itself is model/budget.py."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from oss_jupyter.engine import descriptors
from oss_jupyter.model.budget import Connections, Wish, connections_room, shares


class Budget:
    """Any thread may call it, as often as it likes: nothing is divided anew while nothing has changed.

    `_lock` guards _wishes, _granted, _divided and _room. Whoever holds it takes no other.

    connections: returns how many there are now.
    """

    def __init__(self, connections: Callable[[], Connections] = Connections) -> None:
        self._connections = connections
        self._lock = threading.Lock()
        self._wishes: dict[str, Wish] = {}
        self._granted: dict[str, int] = {}
        self._divided: Connections | None = None  # what the wishes of now were granted of
        self._room: int | None = None

    @property
    def most(self) -> int:
        """How many connections there are for all."""
        return self._connections().most

    @property
    def elastic_most(self) -> int:
        """How many one dataset of small files could have, if it were alone."""
        connections = self._connections()
        return max(connections.most, connections.elastic_most)

    def grant(self, transfer_id: str, wanted: int, *, elastic: bool = False, fixed: bool = False) -> int:
        """Note what a transfer wants now, and return how many connections it may have: at least one.

        It may have them until it asks again, which it does a few times a second: so what others have to give up for
        it is free soon after. elastic, fixed: as in `Wish`.
        """
        wish, connections = Wish(wanted, elastic, fixed), self._connections()
        used = descriptors.used() if self._idle else 0
        with self._lock:
            if not self._wishes:  # later ones would find the connections of the others among what is used
                self._room = connections_room(descriptors.most(), used)
            if self._wishes.get(transfer_id) != wish or self._divided != connections:
                self._wishes[transfer_id] = wish
                self._divide(connections)
            return self._granted[transfer_id]

    def leave(self, transfer_id: str) -> None:
        """Let the others have what a transfer had, if it had any. One that asks again is back."""
        connections = self._connections()
        with self._lock:
            if self._wishes.pop(transfer_id, None) is not None:
                self._divide(connections)

    @property
    def _idle(self) -> bool:
        with self._lock:
            return not self._wishes

    def _divide(self, connections: Connections) -> None:
        self._granted = shares(self._wishes, replace(connections, descriptors_room=self._room))
        self._divided = connections
