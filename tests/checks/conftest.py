"""A place of its own for each check."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.model.finding import Check, Standing
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.session import _shared

KEY = ("test-key-id", "test-key-secret")
Look = Callable[..., Check]


@pytest.fixture
def look(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Look]:
    """Look at the sandbox as a script does, with a state directory of its own and no settings around it."""
    for name in [name for name in os.environ if name.startswith(("OSS_", "ALIBABA_CLOUD_"))]:
        if name != "ALIBABA_CLOUD_ECS_METADATA_DISABLED":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    _shared.clear()
    known = {"endpoint": sandbox.endpoint, "region": sandbox.region, "credentials": KEY}

    def check(target: str = "oss://test-bucket/raw/", source: Any = None, **given: Any) -> Check:
        return oj.check(target, source, **{"fast": True, **known, **given})

    yield check
    for session in _shared:
        session.manager.pause_all(10)
        session.wiring.streaming_lane().close()  # or a helper would stay for each
    _shared.clear()


def named(check: Check, name: str, *words: str, standing: Standing = Standing.WRONG) -> None:
    """Assert how a line stands and what it says; what stands in the way says what to do, and hides the secret."""
    finding = check[name]
    assert finding.standing is standing, str(check)
    assert [word for word in words if word not in str(finding)] == [], str(finding)
    assert finding.advice
    assert check.ok is (standing is not Standing.WRONG)
    assert KEY[1] not in f"{check}{check!r}{json.dumps(check.to_dict())}"
