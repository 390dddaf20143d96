"""The speed of this line to the bucket: a few parts for a second, of an upload that is given up then."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from contextlib import suppress

from oss_jupyter.checks.permissions import scratch
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.finding import Finding, fine, unknown, warning
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.sizes import MIB, format_size, format_speed
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartRequest
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.late import send_part

SPEED = "speed"
_CONNECTIONS = 4
_SECONDS = 1.5
_PART_BYTES = 4 * MIB
_MOST_BYTES = 32 * MIB


def measure(control: SdkControl, beside: Target) -> tuple[list[Finding], float]:
    """Return how fast bytes go up, and the same in bytes/s, 0 where that is not known. Nothing stays in the bucket."""
    target = scratch(beside)
    try:
        upload_id = control.initiate(target, ObjectOptions())
    except OssJupyterError as error:
        return [unknown(SPEED, f"It was not measured: {error.what}")], 0.0
    try:
        speed, failure = _send(control, target, upload_id)
    finally:
        stays = _give_up(control, target, upload_id)
    if failure and not speed:
        return [unknown(SPEED, failure.what, failure.advice), *stays], 0.0
    return [fine(SPEED, f"{format_speed(speed)} over {_CONNECTIONS} connections, for a moment."), *stays], speed


def _send(control: SdkControl, target: Target, upload_id: str) -> tuple[float, OssJupyterError | None]:
    """Return the speed in bytes/s, and what went wrong."""
    gauges = [LocalGauge() for _ in range(_CONNECTIONS)]
    failures: list[OssJupyterError] = []
    sent = [0] * _CONNECTIONS
    ends_at = time.monotonic() + _SECONDS
    with tempfile.NamedTemporaryFile(prefix="oss_jupyter-check-") as file:
        file.write(os.urandom(_PART_BYTES))
        file.flush()

        def send(number: int) -> None:
            while time.monotonic() < ends_at and sum(sent) < _MOST_BYTES and not failures:
                signed = control.sign_part(target, upload_id, number + 1, ObjectOptions())
                request = PartRequest(signed, file.name, 0, _PART_BYTES, number + 1, control.route(target))
                try:
                    send_part(request, gauges[number])
                    sent[number] += _PART_BYTES
                    gauges[number].sent_bytes = 0
                except OssJupyterError as error:
                    failures.append(error)

        begun = time.monotonic()
        threads = [
            threading.Thread(target=send, args=(number,), name="oss-check", daemon=True)
            for number in range(_CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, ends_at - time.monotonic()))
        total, took = sum(sent) + sum(gauge.sent_bytes for gauge in gauges), time.monotonic() - begun
        for gauge in gauges:
            gauge.stop()
        for thread in threads:
            thread.join()
    return total / took, failures[0] if failures else None


def _give_up(control: SdkControl, target: Target, upload_id: str) -> list[Finding]:
    with suppress(OssJupyterError):
        control.abort(target, upload_id)
        return []
    stays = (
        f"Parts of {target} could not be removed: up to {format_size(_CONNECTIONS * _PART_BYTES)} stay and are billed."
    )
    return [
        warning(
            "leftover",
            stays,
            f"Remove the upload with the id {upload_id} in the console, or let a lifecycle rule do it.",
        )
    ]
