"""What the listed parts of an upload tell of it, where nothing else does."""

from __future__ import annotations

from collections.abc import Sequence

from oss_jupyter.errors import InputError
from oss_jupyter.model.plan import Plan, make_plan
from oss_jupyter.model.wire_values import ListedPart


def part_size_of(parts: Sequence[ListedPart]) -> int | None:
    """Return the size of all parts but the last, in bytes; None where there is no part, or these have several sizes."""
    ascending = sorted(parts, key=lambda part: part.part_number)
    sizes = {part.size for part in (ascending[:-1] if len(ascending) > 1 else ascending)}
    return sizes.pop() if len(sizes) == 1 and ascending[-1].size <= max(sizes) else None


def plan_for(parts: Sequence[ListedPart], size_bytes: int) -> Plan | None:
    """Return how a file of `size_bytes` is cut so that these can be parts of it; None where they cannot."""
    part_size = part_size_of(parts)
    if part_size is None:
        return None
    try:
        plan = make_plan(size_bytes, part_size)
    except InputError:
        return None  # smaller than the service takes, or it would be more than 10,000 parts
    return None if plan.single else plan


def fitting(parts: Sequence[ListedPart], plan: Plan) -> tuple[ListedPart, ...]:
    """Return the parts that have their number and size in the plan, too."""
    return tuple(
        part for part in parts if part.part_number <= len(plan) and part.size == plan.part(part.part_number).length
    )
