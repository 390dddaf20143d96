"""Bytes of whatever kind as one row of bytes, without a copy where they lie in one piece."""

from __future__ import annotations

from typing import Any


def flat(data: Any) -> memoryview:
    """Return what holds bytes as a view of them, in the order of its items. Raises TypeError where it is none."""
    try:
        view = memoryview(data)
    except (ValueError, BufferError) as error:  # arrays of kinds that have no bytes to show, such as NumPy's days
        raise TypeError(str(error)) from None
    if not view.nbytes:
        return memoryview(b"")
    return view.cast("B") if view.c_contiguous else memoryview(view.tobytes())
