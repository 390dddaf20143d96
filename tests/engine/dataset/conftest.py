"""A session whose uploads go to the sandbox, with its helper, and folders to send."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.dataset.transfer import DatasetTransfer
from oss_jupyter.model.dataset_plan import DatasetPlan
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.planning import plan
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter

KEYS = ("test-key-id", "test-key-secret")
RAW = "oss://test-bucket/raw/"


class House:
    """A kernel's session and its bucket."""

    def __init__(self, sandbox: Sandbox, checkpoints: Path, **settings: Any) -> None:
        self.sandbox = sandbox
        self.checkpoints = checkpoints
        self.session = Session(
            OssJupyter(
                region="cn-hangzhou", endpoint=sandbox.endpoint, retries=2, checkpoint_dir=str(checkpoints), **settings
            )
        )

    def upload(self, source: Any, target: str = RAW, **arguments: Any) -> DatasetTransfer:
        """Start a dataset."""
        transfer = self.session.upload(source, target, UploadArguments.of(credentials=KEYS, **arguments))
        assert isinstance(transfer, DatasetTransfer)
        return transfer

    def plan(self, source: Any, target: str = RAW, **arguments: Any) -> DatasetPlan:
        """Look through one."""
        return plan(self.session, source, target, UploadArguments.of(credentials=KEYS, **arguments))

    def there(self, prefix: str = "raw/") -> dict[str, bytes]:
        """What the bucket holds below a prefix, by the rest of the keys."""
        control = self.session.wiring.control(self.session.wiring.endpoint({}), KEYS, None)
        keys = [one.key for one in control.list_objects("test-bucket", prefix).objects]
        paths = {key: self.sandbox.object_path("test-bucket", key) for key in keys}
        return {key.removeprefix(prefix): path.read_bytes() for key, path in paths.items()}

    def operations(self) -> list[str]:
        """The names of the requests since the last time."""
        names = [record.operation for record in self.sandbox.requests]
        self.sandbox.clear_requests()
        return names


@pytest.fixture(params=["helper", "threads"])
def house(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Iterator[House]:
    """One with a helper process, and one without."""
    helper = "always" if request.param == "helper" else "never"
    made = House(sandbox, tmp_path / "checkpoints", helper=helper)
    yield made
    made.session.manager.pause_all(10.0)
    lane = made.session.wiring.streaming_lane()
    lane.close()


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., dict[str, bytes]]:
    """Makes a folder `data` of small files, some below others; returns their contents by their keys."""

    def make(count: int = 40, size: int = 3_000) -> dict[str, bytes]:
        bytes_of = random.Random(7).randbytes
        contents = {f"d{n % 3}/f{n:04}.bin" if n % 4 else f"f{n:04}.bin": bytes_of(size + n) for n in range(count)}
        for key, content in contents.items():
            path = tmp_path / "data" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return contents

    return make
