"""One speed limit divided fairly among several transfers."""

from __future__ import annotations

from collections.abc import Mapping


def share(total: float | None, own_limits: Mapping[str, float | None]) -> dict[str, float | None]:
    """Divide `total` bytes per second fairly; None is no limit.

    Everybody gets the same share, unless their own limit is lower: then the rest is divided among the others.
    """
    if total is None:
        return dict(own_limits)
    shares: dict[str, float | None] = {}
    left = total
    by_limit = sorted(own_limits, key=lambda name: _or_infinity(own_limits[name]))
    for index, name in enumerate(by_limit):
        equal = left / (len(by_limit) - index)
        shares[name] = granted = min(equal, _or_infinity(own_limits[name]))
        left -= granted
    return shares


def _or_infinity(limit: float | None) -> float:
    return float("inf") if limit is None else limit
