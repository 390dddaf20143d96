"""Who may have how many of a kernel's connections: the rule, without a lock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss_jupyter.model.budget import Connections, Wish, connections_room, fair, shares

wants = st.integers(1, 300)
wishes = st.dictionaries(st.integers(0, 40).map(str), st.builds(Wish, wants, st.booleans()), max_size=40)
connections = st.builds(Connections, st.integers(1, 256), st.just(256), st.none() | st.integers(1, 200))


@pytest.mark.parametrize(
    ("wanted", "total", "granted"),
    [
        ([16], 16, [16]),
        ([16, 16], 16, [8, 8]),
        ([16, 3], 16, [13, 3]),
        ([16, 16, 16], 16, [5, 5, 6]),
        ([16, 2, 16, 1], 16, [6, 2, 7, 1]),
        ([3, 3, 3], 16, [3, 3, 3]),
        ([5] * 4, 2, [1, 1, 1, 1]),
    ],
)
def test_a_fair_share(wanted: list[int], total: int, granted: list[int]) -> None:
    """What one does not want the others have, the rest is divided equally, and nobody is left without any."""
    assert list(_in_order(fair(dict(zip("abcdefgh", wanted, strict=False)), total))) == granted


def _in_order(granted: dict[str, int]) -> list[int]:
    return [granted[key] for key in sorted(granted)]


@given(st.dictionaries(st.integers(0, 40).map(str), wants, max_size=40), st.integers(1, 256))
def test_max_min(wanted: dict[str, int], total: int) -> None:
    """All of it is given out that is wanted; nobody gets more than that; who gets less has as much as anybody."""
    granted = fair(wanted, total)
    assert granted.keys() == wanted.keys()
    assert sum(granted.values()) == min(max(total, len(wanted)), sum(wanted.values()))
    most = max(granted.values(), default=0)
    for key, count in granted.items():
        assert 1 <= count <= wanted[key]
        assert count == wanted[key] or count >= most - 1


@given(wishes, connections)
def test_all_together_keep_to_the_budget(wished: dict[str, Wish], there: Connections) -> None:
    """Those that follow the line share what there is; only datasets have more, and all together no more than that."""
    granted = shares(wished, there)
    bound = there.descriptors_room or 1000
    rest = {key: count for key, count in granted.items() if not wished[key].elastic}
    assert sum(rest.values()) <= max(min(there.most, bound), len(wished))
    assert sum(granted.values()) <= max(min(max(there.most, there.elastic_most), bound), len(wished))
    assert all(1 <= count <= min(wished[key].wanted, bound) for key, count in granted.items())


@given(wishes, connections)
def test_datasets_take_nothing_from_others(wished: dict[str, Wish], there: Connections) -> None:
    """What there is for datasets beyond the budget changes nothing for the others, and takes no dataset anything."""
    granted = shares(wished, there)
    without = shares(wished, Connections(there.most, there.most, there.descriptors_room))
    for key, wish in wished.items():
        assert granted[key] >= without[key] if wish.elastic else granted[key] == without[key]


@given(wishes, st.integers(1, 64), connections)
def test_a_fixed_number_is_kept_and_counts(wished: dict[str, Wish], fixed: int, there: Connections) -> None:
    """Who named a number has it, whoever else runs, as far as there are descriptors; the others share what is left."""
    wished = {"fixed": Wish(fixed, fixed=True), **wished}
    granted = shares(wished, there)
    room = there.descriptors_room or 1000
    assert granted.pop("fixed") == min(fixed, room)
    ordinary = sum(count for key, count in granted.items() if not wished[key].elastic)
    assert ordinary <= max(min(there.most, room) - min(fixed, room), len(granted))


def test_a_dataset_beside_others() -> None:
    """With the default a dataset has its fair share and what there is for datasets; with a named number the share."""
    wished = {"large": Wish(16), "small": Wish(1), "data": Wish(300, elastic=True)}
    assert shares(wished, Connections()) == {"large": 7, "small": 1, "data": 248}
    assert shares(wished, Connections(16, 16)) == {"large": 7, "small": 1, "data": 8}
    assert shares(wished, Connections(64, 64)) == {"large": 16, "small": 1, "data": 47}
    assert shares(wished, Connections(descriptors_room=90)) == {"large": 7, "small": 1, "data": 82}
    two = {"one": Wish(300, elastic=True), "two": Wish(20, elastic=True)}
    assert shares(two, Connections()) == {"one": 236, "two": 20}


@pytest.mark.parametrize(
    ("most", "used", "room"), [(None, 5000, None), (1024, 64, 416), (256, 60, 82), (256, 250, 1), (64, 40, 1)]
)
def test_room_for_connections(most: int | None, used: int, room: int | None) -> None:
    """Each takes two descriptors, itself and its file; some are left to the user's own code; there is always one."""
    assert connections_room(most, used) == room
