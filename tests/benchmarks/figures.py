"""Figures that are worked out of outcomes; each is a median over the runs."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from .harness import GIB, MIB, mib_per_second
from .kernel import Outcome

# A speed "now" is looked at over so long: a part of the distant link takes about two seconds.
_WINDOW_SECONDS = 3.0

Outcomes = Sequence[Outcome]


def speed(outcomes: Outcomes) -> float:
    """MiB/s from the first byte to the end."""
    return _median(outcomes, mib_per_second)


def cpu_per_gib(outcomes: Outcomes) -> float:
    """CPU seconds of all the client's processes per GiB."""
    return _median(outcomes, lambda one: one.cpu_seconds / one.taken_bytes * GIB)


def memory_mib(outcomes: Outcomes) -> tuple[float, float]:
    """Peak memory of the kernel and of its helpers."""
    kernel = _median(outcomes, lambda one: one.peak_bytes / MIB)
    return kernel, _median(outcomes, lambda one: one.children_peak_bytes / MIB)


def first_byte(outcomes: Outcomes) -> float:
    """Seconds from the call to the first byte at the sink."""
    return _median(outcomes, lambda one: one.first_byte_seconds)


def kept(outcomes: Outcomes) -> float | None:
    """The share of its speed that the foreground loop kept, None where there was none."""
    shares = [one.beside.ticks_per_second / one.alone.ticks_per_second for one in outcomes if one.alone and one.beside]
    return statistics.median(shares) if shares else None


def stall_ms(outcomes: Outcomes) -> tuple[float, float] | None:
    """The foreground loop's longest stall beside the upload, and alone."""
    pairs = [(one.beside.stall_ms, one.alone.stall_ms) for one in outcomes if one.alone and one.beside]
    if not pairs:
        return None
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def settled_speed(outcomes: Outcomes, after_seconds: float) -> float:
    """MiB/s from a moment after the start to the end of the samples."""

    def one(outcome: Outcome) -> float:
        late = [sample for sample in outcome.samples if sample[0] >= after_seconds]
        return _slope(late[0], late[-1]) if len(late) > 1 else 0.0

    return _median(outcomes, one)


def seconds_until(outcomes: Outcomes, wanted_mib: float) -> float:
    """Seconds from the call until the speed over the next moments is at least so much; infinite if it never is."""

    def one(outcome: Outcome) -> float:
        samples = outcome.samples
        for index, start in enumerate(samples):
            later = next((sample for sample in samples[index:] if sample[0] >= start[0] + _WINDOW_SECONDS), None)
            if later is not None and _slope(start, later) >= wanted_mib:
                return start[0]
        return float("inf")

    return _median(outcomes, one)


def _slope(start: tuple[float, int], end: tuple[float, int]) -> float:
    return (end[1] - start[1]) / max(end[0] - start[0], 1e-9) / MIB


def _median(outcomes: Outcomes, figure: Callable[[Outcome], float]) -> float:
    return statistics.median(figure(one) for one in outcomes)
