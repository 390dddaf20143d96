"""Who may run and who waits: the rule, without a thread and without a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss_jupyter.model.waiting_list import SMALL_MOST, Kind, Room, Turn, WaitingList, small_room

L, S, E = Kind.LARGE, Kind.SMALL, Kind.REMOVAL


def filled(*waiting: tuple[str, Kind]) -> WaitingList[str]:
    """Return a line in which these wait, in their order."""
    line: WaitingList[str] = WaitingList()
    for name, kind in waiting:
        line.note(name, Turn.WAITS, kind)
    return line


def let_in(line: WaitingList[str], room: Room) -> list[str]:
    """Let in who may begin, and return them in their order."""
    begun = []
    while (name := line.next(room)) is not None:
        line.note(name, Turn.HAS, line_kind(line, name))
        begun.append(name)
    return begun


def line_kind(line: WaitingList[str], name: str) -> Kind:
    """Return the kind by the name's first letter."""
    return {"l": L, "s": S, "e": E}[name[0]]


def test_a_few_large_ones_and_many_small_ones() -> None:
    """Large ones begin in their order until there are as many as may; small ones and removals do not wait for them."""
    line = filled(("l1", L), ("l2", L), ("l3", L), ("s1", S), ("s2", S), ("s3", S), ("e1", E))
    assert sorted(let_in(line, Room(large=2, small=4))) == ["e1", "l1", "l2", "s1", "s2"]
    assert (line.turns, line.waiting) == (5, 2)
    assert [line.place(name) for name in ("l1", "l3", "s3", "nobody")] == [0, 1, 1, 0]


def test_who_leaves_lets_the_next_one_in() -> None:
    """Whoever ends, is paused, or gives its place in the queue up makes room, and the others move up."""
    line = filled(*((f"l{number}", L) for number in range(5)))
    assert let_in(line, Room(large=1)) == ["l0"]
    assert [line.place(f"l{number}") for number in range(1, 5)] == [1, 2, 3, 4]
    line.note("l2", Turn.NONE, L)
    assert [line.place(f"l{number}") for number in (1, 3, 4)] == [1, 2, 3]
    line.note("l0", Turn.NONE, L)
    assert let_in(line, Room(large=1)) == ["l1"]
    line.note("l2", Turn.WAITS, L)
    assert [line.place(f"l{number}") for number in (3, 4, 2)] == [1, 2, 3], "who comes back comes last"
    line.note("l4", Turn.WAITS, L)
    assert line.place("l4") == 2, "who asks again keeps the place"


def test_a_queued_one_that_is_given_up_waits_no_longer() -> None:
    """An abort needs no turn of a large one, so it leaves their queue for one that is never long."""
    line = filled(("l1", L), ("l2", L), ("l3", L))
    let_in(line, Room(large=1))
    line.note("l2", Turn.WAITS, E)
    assert line.place("l3") == 1
    assert line.next(Room(large=1)) == "l2"


def test_turns_are_lent_and_not_without_end() -> None:
    """One that waits for credentials holds nobody up; where all do, no more are let in than there are turns."""
    line = filled(*((f"l{number}", L) for number in range(9)))
    assert let_in(line, Room(large=2)) == ["l0", "l1"]
    line.note("l0", Turn.LENDS, L)
    assert let_in(line, Room(large=2)) == ["l2"]
    for name in ("l1", "l2"):
        line.note(name, Turn.LENDS, L)
    assert let_in(line, Room(large=2)) == ["l3"]
    line.note("l3", Turn.LENDS, L)
    assert let_in(line, Room(large=2)) == []
    line.note("l0", Turn.HAS, L)
    assert let_in(line, Room(large=2)) == [], "it goes on at once, beside who had borrowed its turn"
    for name in ("l1", "l2"):
        line.note(name, Turn.NONE, L)
    assert let_in(line, Room(large=2)) == ["l4"]


def test_there_is_always_room_for_one() -> None:
    """Whatever the settings and the descriptors say, somebody goes on: who waits for nothing would wait for ever."""
    line = filled(("l1", L), ("s1", S), ("l2", L), ("s2", S))
    assert sorted(let_in(line, Room(large=0, small=-3))) == ["l1", "s1"]


@pytest.mark.parametrize(
    ("connections", "most", "used", "room"),
    [
        (16, None, 5000, 16),
        (16, 20_000, 40, 16),
        (16, 256, 40, 16),
        (256, None, 40, SMALL_MOST),
        (256, 256, 40, 30),
        (16, 256, 200, 4),
        (16, 256, 256, 1),
        (16, 64, 40, 1),
        (1, None, 40, 1),
    ],
)
def test_room_for_small_ones(connections: int, most: int | None, used: int, room: int) -> None:
    """One for each connection as far as there are descriptors, some left to the user's own code; never none."""
    assert small_room(connections, most, used) == room


def test_beside_large_ones() -> None:
    """Small ones take half of the connections at most while large ones run, and all when these wait or are over."""
    line = filled(("l1", L), *((f"s{number}", S) for number in range(9)))
    assert let_in(line, Room(large=1, small=4)) == ["l1", "s0", "s1"]
    line.note("l1", Turn.LENDS, L)
    assert let_in(line, Room(large=1, small=4)) == ["s2", "s3"]
    line.note("l1", Turn.HAS, L)
    for number in range(4):
        assert let_in(line, Room(large=1, small=4)) == ([] if number < 3 else ["s4"])
        line.note(f"s{number}", Turn.NONE, S)
    line.note("l1", Turn.NONE, L)
    assert let_in(line, Room(large=1, small=4)) == ["s5", "s6", "s7"]


@given(
    st.lists(st.tuples(st.sampled_from("lse"), st.integers(0, 5), st.sampled_from(list(Turn))), max_size=60),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_whatever_happens(steps: list[tuple[str, int, Turn]], large: int, small: int) -> None:
    """Nobody is let in beyond what may be lent, nobody overtakes in a kind, and no place is free while one waits."""
    line: WaitingList[str] = WaitingList()
    room = Room(large, small)
    queues: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    turns: dict[str, Turn] = {}
    for letter, number, turn in steps:
        name = f"{letter}{number}"
        kind = line_kind(line, name)
        if turn in (Turn.HAS, Turn.LENDS) and name not in turns:
            continue  # only who was let in has a turn
        line.note(name, turn, kind)
        turns.pop(name, None)
        if turn in (Turn.HAS, Turn.LENDS):
            turns[name] = turn
        if turn is not Turn.WAITS and name in queues[kind]:
            queues[kind].remove(name)
        if turn is Turn.WAITS and name not in queues[kind]:
            queues[kind].append(name)
        for begun in let_in(line, room):
            assert queues[line_kind(line, begun)].pop(0) == begun
            turns[begun] = Turn.HAS
        for one_kind, queue in queues.items():
            of_kind = [how for other, how in turns.items() if line_kind(line, other) is one_kind]
            large_ones_run = any(how is Turn.HAS and other[0] == "l" for other, how in turns.items())
            most = room.of(one_kind, beside_large=large_ones_run)
            lent = min(most, of_kind.count(Turn.LENDS))
            assert [line.place(other) for other in queue] == list(range(1, 1 + len(queue)))
            assert not queue or len(of_kind) - lent >= most
