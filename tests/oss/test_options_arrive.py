"""Options in the forms that people give them, all the way into the object: by one PutObject and by multipart."""

from __future__ import annotations

import base64
import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as sdk
import pytest

import oss_jupyter as oj
from oss_jupyter.sandbox import Fault, Sandbox

KEY = ("test-key-id", "test-key-secret")


@pytest.mark.parametrize("part_size", ["1MiB", "100KiB"])
def test_mappings_dates_and_names_of_any_script_arrive(sandbox: Sandbox, tmp_path: Path, part_size: str) -> None:
    """The service stores what was meant, signed and unsigned headers alike."""
    source = tmp_path / "trips.csv.gz"
    source.write_bytes(os.urandom(300_000))
    _upload(
        source,
        sandbox,
        part_size=part_size,
        tagging={"städte": "Köln & Düren", "project": "New York"},
        metadata={"year": 2024},
        content_disposition='attachment; filename="报告 2024.csv"',
        expires=datetime(2027, 1, 1, tzinfo=timezone.utc),
        cache_control=" no-cache ",
        sse="AES256",
    )
    head = _client(sandbox).head_object(sdk.HeadObjectRequest(bucket="test-bucket", key="k"))
    assert head.content_type == "application/gzip"
    assert head.metadata == {"year": "2024"}
    assert head.content_disposition == (
        "attachment; filename=\"__ 2024.csv\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A%202024.csv"
    )
    assert head.headers["Expires"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert head.cache_control == "no-cache"
    assert head.server_side_encryption == "AES256"
    assert head.headers["x-oss-tagging-count"] == "2"


@pytest.mark.parametrize("part_size", ["1MiB", "100KiB"])
def test_a_callback_that_is_a_mapping_is_sent_as_the_service_wants_it(
    sandbox: Sandbox, tmp_path: Path, part_size: str
) -> None:
    """The base64 of its JSON, with the request that stores the object and with no other."""
    source = tmp_path / "f.bin"
    source.write_bytes(os.urandom(300_000))
    callback = {"callbackUrl": "http://127.0.0.1:1/done", "callbackBody": "object=${object}&name=报告"}
    sandbox.clear_requests()
    _upload(source, sandbox, part_size=part_size, callback=callback, callback_var={"x:project": "taxi"})
    sent: list[Any] = [request for request in sandbox.requests if "x-oss-callback" in request.headers]
    assert len(sent) == 1
    assert json.loads(base64.b64decode(sent[0].headers["x-oss-callback"])) == callback
    assert json.loads(base64.b64decode(sent[0].headers["x-oss-callback-var"])) == {"x:project": "taxi"}


def test_a_callback_is_called_once_for_each_file_of_a_dataset(sandbox: Sandbox, tmp_path: Path) -> None:
    """Also where its server fails, and nobody may look: the object is stored, and is not sent once more."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.bin").write_bytes(os.urandom(1000))
    sandbox.faults.add(Fault("PutObject", "callback_failed", times=None))
    sandbox.faults.add(Fault("HeadObject", code="AccessDenied", status=403, times=None))
    callback = {"callbackUrl": "http://127.0.0.1:1/done", "callbackBody": "object=${object}"}
    _upload(folder, sandbox, callback=callback)
    sent = [request for request in sandbox.requests if request.operation == "PutObject"]
    assert len(sent) == 5
    assert all("x-oss-callback" in request.headers for request in sent)


def _upload(source: Path, sandbox: Sandbox, **options: Any) -> None:
    oj.upload(
        source,
        "oss://test-bucket/k/" if source.is_dir() else "oss://test-bucket/k",
        endpoint=sandbox.endpoint,
        region="cn-hangzhou",
        credentials=KEY,
        checkpoint_dir=source.parent / "checkpoints",
        **options,
    ).result(30)


def _client(sandbox: Sandbox) -> sdk.Client:
    provider = sdk.credentials.StaticCredentialsProvider(*KEY)
    return sdk.Client(
        sdk.config.Config(
            region="cn-hangzhou", endpoint=sandbox.endpoint, use_path_style=True, credentials_provider=provider
        )
    )
