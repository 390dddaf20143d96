"""Parts: the service's limits, and the arithmetic at their edges."""

from __future__ import annotations

import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.model.plan import (
    DEFAULT_PART_BYTES,
    MAX_PARTS,
    OBJECT_MAX_BYTES,
    PART_MAX_BYTES,
    PART_MIN_BYTES,
    make_plan,
)
from oss_jupyter.model.sizes import GIB, KIB, MIB


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 250, 1000])
def test_parts_cover_the_file(size: int) -> None:
    """The parts follow each other without a gap and end where the file ends."""
    plan = make_plan(size * KIB, 100 * KIB)
    position = 0
    for number, part in enumerate(plan, start=1):
        assert (part.number, part.offset) == (number, position)
        assert part.length <= plan.part_size
        position += part.length
    assert position == size * KIB
    assert len(plan) == len(list(plan)) == max(1, -(-size // 100))
    assert plan.single is (size <= 100)


def test_an_empty_file_is_one_empty_part() -> None:
    """Nothing is still one request."""
    plan = make_plan(0)
    assert [(part.number, part.offset, part.length) for part in plan] == [(1, 0, 0)]
    assert plan.single


@pytest.mark.parametrize("number", [0, -1, 4])
def test_no_such_part(number: int) -> None:
    """Parts are counted from 1 to the last."""
    with pytest.raises(IndexError):
        make_plan(300 * KIB, 100 * KIB).part(number)


@pytest.mark.parametrize(
    ("size", "part_size"),
    [
        (80_000 * MIB, DEFAULT_PART_BYTES),
        (80_000 * MIB + 1, 8200 * KIB),
        (OBJECT_MAX_BYTES, PART_MAX_BYTES),
        (1, DEFAULT_PART_BYTES),
    ],
)
def test_the_default_is_raised_as_needed(size: int, part_size: int) -> None:
    """The default grows in steps of 100 KiB until 10,000 parts suffice, up to the largest object, 48.8 TB."""
    plan = make_plan(size)
    assert plan.part_size == part_size
    assert len(plan) <= MAX_PARTS


def test_the_smallest_and_the_largest_part() -> None:
    """100 KiB and 5 GiB are taken."""
    assert make_plan(MAX_PARTS * PART_MIN_BYTES, PART_MIN_BYTES).part_size == PART_MIN_BYTES
    assert make_plan(GIB, PART_MAX_BYTES).part_size == PART_MAX_BYTES


@pytest.mark.parametrize(
    ("size", "part_size", "code"),
    [
        (GIB, PART_MIN_BYTES - 1, "PartTooSmall"),
        (GIB, KIB, "PartTooSmall"),
        (GIB, PART_MAX_BYTES + 1, "PartTooLarge"),
        (MAX_PARTS * MIB + 1, MIB, "TooManyParts"),
        (OBJECT_MAX_BYTES + 1, None, "ObjectTooLarge"),
        (OBJECT_MAX_BYTES + 1, PART_MAX_BYTES, "ObjectTooLarge"),
    ],
)
def test_what_cannot_work_is_refused(size: int, part_size: int | None, code: str) -> None:
    """What the user asked for is refused, never changed behind their back, and the advice names a way that works."""
    with pytest.raises(InputError) as refused:
        make_plan(size, part_size)
    assert refused.value.code == code
    assert refused.value.advice


def test_the_advice_works() -> None:
    """The part size that a refusal proposes is taken."""
    size = 77 * GIB + 12345
    with pytest.raises(InputError) as refused:
        make_plan(size, MIB)
    proposed = int(refused.value.advice.rpartition("part_size=")[2].partition("KiB")[0]) * KIB
    assert len(make_plan(size, proposed)) <= MAX_PARTS
