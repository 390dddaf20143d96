"""What a service says that lies in it, as far as it can be believed and comes in time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from oss_jupyter.session.buckets import Buckets

MOMENT_SECONDS = 0.01


@dataclass(eq=False)
class Control:
    """Stands where requests go. names: of buckets. silent: until this no answer comes."""

    names: list[str]
    silent: threading.Event | None = None

    @property
    def requests(self) -> Control:
        return self

    def ask(self, _operation: str, _target: object, _given: object) -> Any:
        if self.silent:
            self.silent.wait()
        found = [SimpleNamespace(name=name) for name in self.names]
        return SimpleNamespace(buckets=found, owner=None, is_truncated=False)


def buckets_of(wait_seconds: float = 60.0) -> Buckets:
    wiring: Any = SimpleNamespace(control_at=lambda given: given["control"])
    return Buckets(wiring, wait_seconds=wait_seconds)


def test_what_no_bucket_is_called_is_not_offered() -> None:
    """Names that nobody could upload to are left out, whatever a service says."""
    odd = [
        "None",
        "<img src=x onerror=alert(1)>",
        "a/../b",
        "a b",
        "x'; import os",
        "new\nline",
        "",
        "x" * 3000,
        "中文",
    ]
    control = Control([*odd, "good-bucket"])
    assert list(buckets_of().names({"control": control})) == ["good-bucket"]


def test_a_silent_service_keeps_no_other_from_answering() -> None:
    """Who has corrected an endpoint is not made to wait for the wrong one."""
    go_on = threading.Event()
    silent, right = Control([], go_on), Control(["good-bucket"])
    buckets = buckets_of(MOMENT_SECONDS)
    for bucket in ("one", "two", "three", "four", "five"):
        assert buckets.folder(bucket, "", {"control": silent}) is None
    while not (found := buckets.names({"control": right})):
        pass
    go_on.set()
    assert list(found) == ["good-bucket"]
