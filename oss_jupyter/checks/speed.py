"""The speed of this line to the bucket, told by parts of an upload that is given up, and removed whatever happens."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from contextlib import suppress

from oss_jupyter.checks.permissions import scratch
from oss_jupyter.checks.throughput import CONNECTIONS, FIRST_BYTES, LARGEST_BYTES, MOST_BYTES, throughput
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.finding import Finding, fine, unknown, warning
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.sizes import format_size, format_speed
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartRequest
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.late import send_part
from oss_jupyter.texts import english, sentences, tr
from oss_jupyter.texts.system import system_words

SPEED, LEFTOVER = english("speed"), english("leftover")
# Of the time for all of it, kept for removing what was sent.
_REMOVING_SECONDS = 0.8
# Whoever asked has gone on by then; a line that is back in a minute removes the parts all the same.
_REMOVE_AGAIN_SECONDS = (2.0, 8.0, 30.0)


def measure(control: SdkControl, beside: Target, wait_seconds: float) -> tuple[list[Finding], float]:
    """Return how fast bytes go up, and the same in bytes/s, 0 where that is not known; after `wait_seconds` at most.

    Nothing stays in the bucket: what is not removed by then is named, and removed by a thread that goes on.
    """
    measuring = _Measuring(control, scratch(beside), time.monotonic() + wait_seconds)
    thread = threading.Thread(target=measuring.run, name="oss-check", daemon=True)
    thread.start()
    measuring.told.wait(wait_seconds)
    return measuring.findings(wait_seconds)


class _Measuring:
    """One measurement. Its thread alone writes its fields; who asked for it reads them when it is told, or late."""

    def __init__(self, control: SdkControl, target: Target, ends_at: float) -> None:
        self._control = control
        self._target = target
        self._ends_at = ends_at
        self._upload_id = ""
        self._removed = False
        self._speed = 0.0
        self._sent_seconds = 0.0
        self._failure: OssJupyterError | None = None
        self._trouble = ""
        self.told = threading.Event()
        """Whether there is no more to wait for."""

    def run(self) -> None:
        """Measure, and remove what was sent."""
        try:
            with tempfile.NamedTemporaryFile(prefix="oss_jupyter-check-") as file:
                file.write(os.urandom(LARGEST_BYTES))
                file.flush()
                self._measure(file.name)
        except OSError as error:
            self._trouble = tr("the file to send cannot be written: {why}", why=system_words(error))
        except OssJupyterError as error:
            self._failure = error
        except Exception as error:
            self._trouble = tr("measuring failed: {error}", error=type(error).__name__)
        finally:
            self._remove()
            self.told.set()
        for seconds in _REMOVE_AGAIN_SECONDS:
            if not self._removed:
                time.sleep(seconds)
                self._remove()

    def findings(self, waited_seconds: float) -> tuple[list[Finding], float]:
        """Return what is known by now, and the speed in bytes/s."""
        speed = self._speed
        return [self._told_of(speed, waited_seconds), *self._left()], speed

    def _told_of(self, speed: float, waited_seconds: float) -> Finding:
        failure = self._failure
        if speed:
            said = _measured(speed)
            return warning(SPEED, sentences(said, failure.what), failure.advice) if failure else fine(SPEED, said)
        if failure is not None:
            return unknown(SPEED, tr("It was not measured: {why}", why=failure.what), failure.advice)
        if self._trouble:
            return unknown(SPEED, tr("It was not measured: {why}.", why=self._trouble))
        if not self._upload_id:
            return unknown(SPEED, _not_begun(waited_seconds))
        return warning(
            SPEED, _not_answered(self._sent_seconds), tr("The line hardly moves: try again, or another network.")
        )

    def _left(self) -> list[Finding]:
        if not self._upload_id or self._removed:
            return []
        stays = tr(
            "Parts of {target} are not removed yet: up to {size} stay and are billed.",
            target=self._target,
            size=format_size(MOST_BYTES),
        )
        how = tr(
            "That is tried again for half a minute, while this kernel runs. By hand: {command}.",
            command=f'oj.leftovers("oss://{self._target.bucket}").remove("{self._upload_id}", force=True)',
        )
        return [warning(LEFTOVER, stays, how)]

    def _measure(self, path: str) -> None:
        self._upload_id = self._control.initiate(self._target, ObjectOptions())
        left_seconds = self._ends_at - time.monotonic() - _REMOVING_SECONDS
        if left_seconds <= 0:
            self._trouble = tr("beginning an upload took all of the time")
            return

        def send(number: int, size_bytes: int, gauge: Gauge) -> None:
            signed = self._control.sign_part(self._target, self._upload_id, number, ObjectOptions())
            route = self._control.route(self._target)
            send_part(PartRequest(signed, path, 0, size_bytes, number, route), gauge)

        self._sent_seconds = left_seconds
        self._speed, self._failure = throughput(send, left_seconds)

    def _remove(self) -> None:
        with suppress(OssJupyterError):
            # One whose id was lost with an answer has no parts, but stands in lists.
            for upload_id in [self._upload_id] if self._upload_id else self._control.list_uploads(self._target):
                self._control.abort(self._target, upload_id)
            self._removed = True


def _measured(speed: float) -> str:
    return tr(
        "{speed} over {connections} connections, for a moment.", speed=format_speed(speed), connections=CONNECTIONS
    )


def _not_begun(seconds: float) -> str:
    return tr("It was not measured: no upload was begun within {seconds} s.", seconds=f"{seconds:.0f}")


def _not_answered(seconds: float) -> str:
    return tr(
        "Of {parts} parts of {size} not one was answered within {seconds} s.",
        parts=CONNECTIONS,
        size=format_size(FIRST_BYTES),
        seconds=f"{seconds:.0f}",
    )
