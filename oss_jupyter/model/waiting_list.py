"""Who may run and who waits, of all uploads of a kernel: one rule, without its threads and without a look at anything.

Large uploads fill the line by themselves, so a few run at once and the others wait. Small ones are a request or two, so
many run at once, one for each connection that the kernel has; beside large ones half as many, so that those keep half
of the line. What is given up only has to be tidied away: it waits for neither. Each kind goes in the order in which it
came.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from oss_jupyter.model.budget import CONNECTIONS_MOST

T = TypeVar("T", bound=Hashable)

# More small ones at once carry no more, however long the line: each waits for the interpreter as well.
SMALL_MOST = 64
REMOVALS_MOST = 8
# What a small one has open at its most: lock, journal, source, a connection for what is asked and one for the bytes.
_SMALL_NEEDS = 6
# Descriptors that are left to the user's own code, and to a helper process.
_RESERVE_LEAST, _RESERVE_SHARE = 32, 8


class Kind(Enum):
    """What an upload needs of the line."""

    LARGE = "large"
    SMALL = "small"
    REMOVAL = "removal"


class Turn(Enum):
    """How an upload stands in the line; one that waits for credentials lends its turn to another."""

    NONE = "none"
    WAITS = "waits"
    HAS = "has"
    LENDS = "lends"


@dataclass(frozen=True)
class Room:
    """How many of each kind may run at once, at least one of each: what runs never waits for what cannot begin."""

    large: int
    small: int = CONNECTIONS_MOST

    def of(self, kind: Kind, *, beside_large: bool = False) -> int:
        """Return how many of a kind. beside_large: while large ones run."""
        small = self.small // 2 if beside_large else self.small
        return max(1, {Kind.LARGE: self.large, Kind.SMALL: small, Kind.REMOVAL: REMOVALS_MOST}[kind])


def small_room(connections: int, descriptors_most: int | None, descriptors_used: int) -> int:
    """Return how many small uploads may run at once, where a process may have so many descriptors; None is no limit.

    Those that run may have opened theirs already or not: they are counted as if they had not.
    """
    wanted = min(SMALL_MOST, connections)
    if descriptors_most is None:
        return wanted
    reserve = max(_RESERVE_LEAST, descriptors_most // _RESERVE_SHARE)
    return min(wanted, max(1, (descriptors_most - reserve - descriptors_used) // _SMALL_NEEDS))


class WaitingList(Generic[T]):
    """Who waits and who has a turn. Not safe for threads: whoever owns it locks."""

    def __init__(self) -> None:
        self._waiting: dict[T, tuple[Kind, int]] = {}  # with a ticket, which tells who came first
        self._queues: dict[Kind, list[tuple[int, T]]] = {kind: [] for kind in Kind}  # ascending
        self._queue: dict[T, Kind] = {}
        self._lent: set[T] = set()
        self._tickets = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def turns(self) -> int:
        """How many have a turn."""
        return len(self._queue)

    def note(self, one: T, turn: Turn, kind: Kind) -> None:
        """Take in how somebody stands. Who waits already keeps the place, unless it is of another kind now."""
        if turn is not Turn.WAITS:
            self._leave(one)
        elif one not in self._waiting or self._waiting[one][0] is not kind:
            self._leave(one)
            self._tickets += 1
            self._waiting[one] = (kind, self._tickets)
            self._queues[kind].append((self._tickets, one))
        if turn in (Turn.HAS, Turn.LENDS):
            self._queue.setdefault(one, kind)
        else:
            self._queue.pop(one, None)
        (self._lent.add if turn is Turn.LENDS else self._lent.discard)(one)

    def put_back(self, one: T, kind: Kind) -> None:
        """Let somebody whose turn had come wait once more, before all others of the kind."""
        self.note(one, Turn.NONE, kind)
        queue = self._queues[kind]
        ticket = queue[0][0] - 1 if queue else self._tickets
        self._waiting[one] = (kind, ticket)
        queue.insert(0, (ticket, one))

    def having(self) -> tuple[T, ...]:
        """Return who has a turn, in the order in which they got it."""
        return tuple(self._queue)

    def next(self, room: Room) -> T | None:
        """Return who may begin now, or None."""
        beside_large = any(kind is Kind.LARGE and one not in self._lent for one, kind in self._queue.items())
        for kind in (Kind.REMOVAL, Kind.LARGE, Kind.SMALL):
            most = room.of(kind, beside_large=beside_large)
            if self._queues[kind] and self._counted(kind, most) < most:
                return self._queues[kind][0][1]
        return None

    def place(self, one: T) -> int:
        """Return who is the how-manieth of its kind to begin, 1 for the next one; 0 for who does not wait."""
        if one not in self._waiting:
            return 0
        kind, ticket = self._waiting[one]
        return 1 + bisect_left(self._queues[kind], (ticket,))

    def _leave(self, one: T) -> None:
        if one in self._waiting:
            kind, ticket = self._waiting.pop(one)
            queue = self._queues[kind]
            del queue[bisect_left(queue, (ticket,))]

    def _counted(self, kind: Kind, room: int) -> int:
        """Return how many turns count: as many as there is room for are lent once, and no more."""
        having = sum(one_kind is kind for one_kind in self._queue.values())
        return having - min(room, sum(self._queue[one] is kind for one in self._lent))
