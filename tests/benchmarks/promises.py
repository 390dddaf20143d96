"""What was promised, as rows: the measure, its bound, and what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .figures import cpu_per_gib, kept, settled_speed, speed, stall_ms
from .tables import AUTO, PROJECT, SETTLED_SECONDS, Results

_SDK, _RUST = "official SDK", "opendal"


@dataclass(frozen=True)
class Promise:
    """One row. `passed` is None where it could not be measured."""

    measure: str
    bound: str
    measured: str
    passed: bool | None


def at_least(measure: str, value: float, bound: float, unit: str = "x") -> Promise:
    """Return the row of a value that should be high."""
    return Promise(measure, f"at least {bound:g}{unit}", f"{value:.2f}{unit}", value >= bound)


def at_most(measure: str, value: float, bound: float, unit: str = "") -> Promise:
    """Return the row of a value that should be low."""
    return Promise(measure, f"at most {bound:g}{unit}", f"{value:.3g}{unit}", value <= bound)


def of_loopback(results: Results) -> Iterator[Promise]:
    """The rows of table 1."""
    for row, bound in (("plain, idle", 5.0), ("TLS, idle", 3.0), ("TLS, busy", 3.0)):
        clients = results[row]
        if _SDK in clients:
            ratio = speed(clients[PROJECT]) / speed(clients[_SDK])
            yield at_least(f"loopback, {row}: speed against the official SDK", ratio, bound)
    plain = results["plain, idle"]
    if _RUST in plain:
        ratio = speed(plain[PROJECT]) / speed(plain[_RUST])
        yield at_least("loopback, plain, idle: speed against opendal", ratio, 0.9)
    own = speed(results["TLS, busy"][PROJECT]) / speed(results["TLS, idle"][PROJECT])
    yield at_least("loopback, TLS, busy: speed against its own when idle", own, 0.5)
    if _SDK in plain:
        ratio = cpu_per_gib(plain[PROJECT]) / cpu_per_gib(plain[_SDK])
        yield at_most("loopback, plain, idle: CPU per GiB against the official SDK", ratio, 0.2, "x")


def of_limited(results: Results) -> Iterator[Promise]:
    """The rows of table 2."""
    for kind in ("plain", "TLS"):
        alone, beside = results[f"{kind}, idle"][PROJECT], results[f"{kind}, busy"][PROJECT]
        yield at_least(
            f"limited line, {kind}: speed beside the loop against its own", speed(beside) / speed(alone), 0.95
        )
        share, stalls = kept(beside), stall_ms(beside)
        assert share is not None
        assert stalls is not None
        yield at_least(f"limited line, {kind}: what the loop keeps of its speed", share, 0.95)
        yield at_most(
            f"limited line, {kind}: the loop's longest stall (alone {stalls[1]:.1f} ms)", stalls[0], 20, " ms"
        )


def of_links(results: Results) -> Iterator[Promise]:
    """The rows of table 3."""
    distant = {
        name: settled_speed(outcomes, SETTLED_SECONDS) for name, outcomes in results["80 ms, 4 MiB/s each"].items()
    }
    near = {name: speed(outcomes) for name, outcomes in results["loopback"].items()}
    for where, speeds in ((f"distant link, after {SETTLED_SECONDS:.0f} s", distant), ("loopback", near)):
        best = max(value for name, value in speeds.items() if name != AUTO)
        yield at_least(f"{where}: auto against the best fixed number", speeds[AUTO] / best, 0.9)
