"""The connections of a kernel, divided among its transfers: one rule, without a lock and without a look at anything.

Who follows the line gets a max-min fair share: nobody has more than is wanted, and nobody has less than another one
who has more than that. Everybody has at least one connection: what runs never waits for what cannot begin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oss_jupyter.model.parallel import PARALLEL_MOST

CONNECTIONS_MOST = 16
# For datasets of small files, where nobody has named another number: each of them mostly waits for an answer.
ELASTIC_MOST = PARALLEL_MOST
# What a connection takes: itself, and the file whose bytes it carries.
_CONNECTION_NEEDS = 2
# Descriptors that are left to everything else.
_RESERVE_LEAST, _RESERVE_SHARE = 32, 8


@dataclass(frozen=True)
class Wish:
    """What a transfer wants of the connections.

    wanted: how many. elastic: it may have of what is there for datasets of small files. fixed: its user named the
    number, so it is kept; it counts, and may be more than there are for all.
    """

    wanted: int
    elastic: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class Connections:
    """How many there are.

    most: for all transfers. elastic_most: with what datasets of small files may have beyond that. descriptors_room: for
    how many there are descriptors; None is no limit.
    """

    most: int = CONNECTIONS_MOST
    elastic_most: int = ELASTIC_MOST
    descriptors_room: int | None = None


def connections_room(descriptors_most: int | None, descriptors_used: int) -> int | None:
    """Return how many connections a process has descriptors for; None is no limit."""
    if descriptors_most is None:
        return None
    reserve = max(_RESERVE_LEAST, descriptors_most // _RESERVE_SHARE)
    return max(1, (descriptors_most - reserve - descriptors_used) // _CONNECTION_NEEDS)


def shares(wishes: Mapping[str, Wish], connections: Connections) -> dict[str, int]:
    """Return how many connections each may have.

    What is fixed is kept. The others share the rest fairly; then those that are elastic share what there is for them
    beyond that. Where it does not divide, some have one more.
    """
    wanted = {key: max(1, _bounded(wish.wanted, connections.descriptors_room)) for key, wish in wishes.items()}
    granted = {key: wanted[key] for key, wish in wishes.items() if wish.fixed}
    rest = {key: wanted[key] for key in wishes if key not in granted}
    granted |= fair(rest, _bounded(connections.most, connections.descriptors_room) - sum(granted.values()))
    elastic = {key: wanted[key] for key in rest if wishes[key].elastic}
    beyond = _bounded(connections.elastic_most, connections.descriptors_room) - sum(granted.values())
    if elastic and beyond > 0:
        granted |= fair(elastic, beyond + sum(granted[key] for key in elastic))
    return granted


def fair(wanted: Mapping[str, int], total: int) -> dict[str, int]:
    """Divide `total` fairly, at least one for each, even where there are fewer."""
    granted: dict[str, int] = {}
    left = total
    # Who wants least comes first, and leaves to the others what it does not want.
    for position, key in enumerate(sorted(wanted, key=wanted.__getitem__)):
        granted[key] = max(1, min(wanted[key], left // (len(wanted) - position)))
        left = max(0, left - granted[key])
    return granted


def _bounded(count: int, most: int | None) -> int:
    return count if most is None else min(count, most)
