"""What uploads to one place have in common: the client of small requests, and connections kept between them."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from oss_jupyter.engine.ports import Control
from oss_jupyter.sandbox import Sandbox

from .kit import BUCKET, LONG_SECONDS, Kernel, make_file, until

KEY_ID, SECRET = "some-key-id", "some-key-secret"


@pytest.fixture
def control(kernel: Kernel, source: Path) -> Callable[..., Control]:
    """Returns the control plane of an upload with these arguments."""
    return lambda **arguments: kernel.spec(source, **arguments).control


def ids(sandbox: Sandbox, operation: str) -> set[int]:
    """Return the connections on which an operation was asked."""
    return {request.connection_id for request in sandbox.requests if request.operation == operation}


def test_one_after_the_other(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """In a loop that waits for each upload, the second one opens no connection: neither to ask nor to send."""
    for number in range(6):
        file = make_file(tmp_path / f"{number}.bin", 1000, seed=number)
        kernel.upload(file, f"oss://{BUCKET}/").result(LONG_SECONDS)
    assert len(ids(sandbox, "HeadObject")) == 1
    assert len(ids(sandbox, "PutObject")) == 1


def test_many_at_once(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """A loop that waits for none has a connection for each that runs, and not for each file."""
    files = [make_file(tmp_path / f"{number}.bin", 1000, seed=number) for number in range(120)]
    for transfer in [kernel.upload(file, f"oss://{BUCKET}/") for file in files]:
        transfer.result(LONG_SECONDS)
    assert len(ids(sandbox, "HeadObject")) <= 20
    assert len(ids(sandbox, "PutObject")) <= 20


def test_they_are_closed_when_nobody_asks_any_more(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """Some seconds after the last upload neither a connection nor a thread is left of it."""
    kernel.upload(source).result(LONG_SECONDS)
    port = int(sandbox.endpoint.rpartition(":")[2])

    def left() -> list[Any]:
        gc.collect()  # what a thread had that has ended may wait for it, in Python 3.13
        sockets = psutil.Process().net_connections("tcp")
        return [one for one in sockets if one.raddr and one.raddr.port == port and one.status == "ESTABLISHED"]

    assert left()
    until(lambda: not left(), "the connections are closed")
    assert not [thread for thread in threading.enumerate() if thread.name == "oss-idle"]


def test_the_same_credentials(control: Callable[..., Control]) -> None:
    """Equal texts are the same credentials, and so is the same object that gives them; all others are asked apart."""
    provider: Callable[[], Any] = lambda: (KEY_ID, SECRET)  # noqa: E731
    listed, mapped = [KEY_ID, SECRET], {"access_key_id": KEY_ID, "access_key_secret": SECRET}
    for same in ((KEY_ID, SECRET), listed, mapped, provider):
        assert control(credentials=same) is control(credentials=same)
    apart = [(KEY_ID, SECRET), (KEY_ID, SECRET, "token"), listed, [*listed], mapped, dict(mapped), provider]
    assert len({id(one) for one in [control(credentials=one) for one in apart]}) == len(apart)


def test_another_place(control: Callable[..., Control], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever decides how the service is reached, or where credentials are looked for, makes another one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    made = [
        control(credentials=None),
        control(credentials=None, proxy="http://proxy.example.com:3128"),
        control(credentials=None, region="cn-shanghai"),
        control(credentials=(KEY_ID, SECRET)),
    ]
    for name in ("OSSUTIL_PROFILE", "OSSUTIL_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "other"))
        made.append(control(credentials=None))
    assert made[-1] is control(credentials=None)
    monkeypatch.setenv("HOME", os.fspath(tmp_path / "elsewhere"))
    made.append(control(credentials=None))
    assert len({id(one) for one in made}) == len(made)
