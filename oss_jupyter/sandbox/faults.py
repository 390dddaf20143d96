"""Faults: what should go wrong, how often, and with which request.

A fault is a frozen rule. The registry hands at most one to each request, the first that fits and has hits
left, and counts it. Any thread may add or clear rules while requests run.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from oss_jupyter.sandbox.replies import ServiceError
from oss_jupyter.sandbox.request import Request

FaultKind = Literal[
    "answer",  # reply with an error; the operation has no effect
    "drop_body",  # close the connection after after_bytes of the body
    "drop_reply",  # let the operation take effect, then close without a reply
    "delay",  # let the operation take effect, then wait seconds before the reply
    "stall",  # stop reading for seconds (None: for ever) after after_bytes of the body
    "wrong_crc",  # let the operation take effect, then reply with a wrong CRC-64
    "callback_failed",  # store the object, then reply 203 CallbackFailed to a request that has a callback
]


@dataclass(frozen=True)
class Fault:
    """One rule. Unset conditions fit every request; status, EC and message default to those of the code."""

    operation: str | None = None  # "UploadPart", "CompleteMultipartUpload", ...
    kind: FaultKind = "answer"
    part_number: int | None = None
    key: str | None = None
    times: int | None = 1  # how many requests it hits; None hits for ever
    skip: int = 0  # how many fitting requests pass first
    code: str = "ServiceUnavailable"
    status: int | None = None
    ec: str | None = None
    message: str | None = None
    elements: Mapping[str, str] = field(default_factory=dict, hash=False)
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    after_bytes: int = 0
    seconds: float | None = None  # of a delay, a stall, or before an answer

    def fits(self, request: Request) -> bool:
        """Say whether the rule speaks of this request."""
        return (
            self.operation in (None, request.operation)
            and self.part_number in (None, request.part_number)
            and self.key in (None, request.key)
            and (self.kind != "callback_failed" or has_callback(request))
        )

    def error(self) -> ServiceError:
        """Return the error that an answer gives."""
        return ServiceError(
            self.code,
            self.message,
            status=self.status,
            ec=self.ec,
            elements=self.elements,
            headers=self.headers,
        )


def has_callback(request: Request) -> bool:
    """Say whether the client asked for a callback, in a header or in the query."""
    return "x-oss-callback" in request.headers or "callback" in request.query


class _Rule:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.hits = 0

    def strikes(self, request: Request) -> bool:
        if not self.fault.fits(request):
            return False
        self.seen += 1
        if self.seen <= self.fault.skip or (self.fault.times is not None and self.hits >= self.fault.times):
            return False
        self.hits += 1
        return True


class FaultRegistry:
    """The rules in force. `_lock` guards _rules."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []

    def add(self, *faults: Fault) -> None:
        """Put rules in force, behind those that are there."""
        with self._lock:
            self._rules.extend(_Rule(fault) for fault in faults)

    def clear(self) -> None:
        """Remove every rule and its count; a stall that has begun goes on."""
        with self._lock:
            self._rules.clear()

    def hits(self, fault: Fault | None = None) -> int:
        """Return how many requests this rule, or any rule, has hit."""
        with self._lock:
            return sum(rule.hits for rule in self._rules if fault is None or rule.fault == fault)

    def take(self, request: Request) -> Fault | None:
        """Return the fault for this request, if there is one, and count the hit."""
        with self._lock:
            return next((rule.fault for rule in self._rules if rule.strikes(request)), None)
