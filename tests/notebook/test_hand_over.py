"""What a receipt gives to others: links that open, cells that read; and neither is kept anywhere."""

from __future__ import annotations

import copy
import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import requests

import oss_jupyter as oj
from oss_jupyter.errors import CredentialsError, InputError
from oss_jupyter.sandbox import Key, Sandbox

from .conftest import Shell

PAIR = ("test-key-id", "test-key-secret")


@pytest.fixture
def upload(place: Path, sandbox: Sandbox, new_shell: Callable[..., Shell]) -> Callable[..., Any]:
    """Upload a file whose place is told by arguments alone, and return its receipt."""
    new_shell()

    def send(content: bytes, target: str = "oss://test-bucket/data/t.csv", **given: Any) -> Any:
        path = place / "t.csv"
        path.write_bytes(content)
        reaching = {"endpoint": sandbox.endpoint, "region": sandbox.region, "credentials": PAIR}
        return oj.upload(str(path), target, **{**reaching, **given}).result()

    return send


@pytest.mark.parametrize("size_bytes", [4, 300_000])
@pytest.mark.parametrize("version", ["v4", "v1"])
def test_a_receipt_makes_links(upload: Callable[..., Any], size_bytes: int, version: str) -> None:
    """However the object went up, and whatever signs, the link opens it."""
    content = os.urandom(size_bytes)
    receipt = upload(content, part_size="100KiB", signature_version=version)
    assert receipt.parts == (1 if size_bytes < 200_000 else 3)
    link = receipt.signed_url("10m")
    assert requests.get(link, timeout=60).content == content
    assert ("x-oss-signature=" if version == "v4" else "&Signature=") in link
    assert "test-key-secret" not in link


def test_what_was_there_already_has_links_too(upload: Callable[..., Any]) -> None:
    """A second run sends nothing, and its receipt is as good."""
    upload(b"a,b\n")
    again = upload(b"a,b\n")
    assert again.already_there
    assert requests.get(again.signed_url(), timeout=60).content == b"a,b\n"


def test_a_receipt_carries_neither_endpoint_nor_key(upload: Callable[..., Any], sandbox: Sandbox) -> None:
    """It is shown, compared, copied and pickled as a value, and what it was made by goes nowhere with it."""
    receipt = upload(b"a,b\n")
    copies = [pickle.loads(pickle.dumps(receipt)), copy.copy(receipt), copy.deepcopy(receipt), replace(receipt)]
    assert all(one == receipt and hash(one) == hash(receipt) for one in copies)
    host = sandbox.endpoint.removeprefix("http://")
    for text in (repr(receipt), str(receipt), str(asdict(receipt)), str(pickle.dumps(receipt))):
        assert not [word for word in (*PAIR, host, "_reach") if word in text]


def test_a_copy_finds_the_way_of_this_kernel(upload: Callable[..., Any], sandbox: Sandbox) -> None:
    """A receipt that was pickled asks the session: how the object went up here, else settings and environment."""
    stored = pickle.dumps(upload(b"a,b\n"))
    assert requests.get(pickle.loads(stored).signed_url(), timeout=60).content == b"a,b\n"


def test_in_another_process_settings_and_environment_count(upload: Callable[..., Any], sandbox: Sandbox) -> None:
    """A pickled receipt of an earlier kernel links and reads as whoever opens it may; else it says what is missing."""
    path = Path("receipt.pickle")
    path.write_bytes(pickle.dumps(upload(b"a,b\n")))
    program = (
        "import pickle, oss_jupyter as oj\n"
        "receipt = pickle.load(open('receipt.pickle', 'rb'))\n"
        "try: receipt.signed_url()\n"
        "except oj.OssJupyterError as error: print(error.code)\n"
        "print('pd.read_csv(\"oss://test-bucket/data/t.csv\")' in receipt.snippet())\n"
        "oj.settings().wait_at_exit = False\n"
        "try: print(receipt.signed_url('1h'), end='')\n"
        "except oj.OssJupyterError as error: print(error.code)\n"
    )

    def ran(**environment: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    assert ran() == ["NothingSetUp", "True", "RegionMissing"]
    keys = {"OSS_ACCESS_KEY_ID": PAIR[0], "OSS_ACCESS_KEY_SECRET": PAIR[1]}
    link = ran(OSS_ENDPOINT=sandbox.endpoint, OSS_REGION=sandbox.region, **keys)[-1]
    assert requests.get(link, timeout=60).content == b"a,b\n"


def test_a_provider_is_asked_for_each_link(upload: Callable[..., Any], sandbox: Sandbox) -> None:
    """A link is signed by the credentials of now, as parts are; where there are none any more, four lines say so."""
    given: list[Any] = [PAIR]
    receipt = upload(b"a,b\n", credentials=lambda: given[0])
    sandbox.keys.put(Key("new-id", "new-secret", "new-token"))
    given[0] = ("new-id", "new-secret", "new-token")
    link = receipt.signed_url()
    assert "new-id" in link
    assert "with the session token" in link.note
    assert requests.get(link, timeout=60).content == b"a,b\n"
    given[0] = None
    with pytest.raises(CredentialsError):
        receipt.signed_url()


def test_a_link_is_in_no_log_and_no_output(
    upload: Callable[..., Any], place: Path, shell: Shell, caplog: pytest.LogCaptureFixture
) -> None:
    """What a cell shows of a link is until when it is good; nothing that this package writes holds it."""
    caplog.set_level(logging.DEBUG)
    receipt = upload(b"a,b\n")
    shell.inner.user_ns["receipt"] = receipt
    ran = shell.ok("receipt.signed_url('1h')")
    assert ran.text.startswith("Out[0]: <signed link to oss://test-bucket/data/t.csv, good until ")
    signature = str(ran.result).rpartition("=")[2]
    assert len(signature) == 64
    written = [path.read_bytes() for path in place.parent.rglob("*") if path.is_file() and "sandbox" not in path.parts]
    texts = [ran.text, caplog.text, repr(receipt), *map(str, written)]
    assert not [text for text in texts if signature in text or "x-oss-signature" in text]


@pytest.mark.parametrize("written", ["8d", "soon", 0])
def test_a_wrong_length_of_time_is_told_in_four_lines(upload: Callable[..., Any], written: object) -> None:
    """What was written, and how to write it."""
    with pytest.raises(InputError) as raised:
        upload(b"x").signed_url(written)
    assert raised.value.code == "InvalidExpires"


def test_a_dataset_links_to_its_files(upload: Callable[..., Any], place: Path, sandbox: Sandbox) -> None:
    """Each file has a link, by its whole key or by what stands behind the prefix; the dataset as a whole has none."""
    folder = place / "raw"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(name)
    upload(b"x")
    given: dict[str, Any] = {"endpoint": sandbox.endpoint, "region": sandbox.region, "credentials": PAIR}
    receipt: Any = oj.upload(str(folder), "oss://test-bucket/raw/", **given).result()
    for key in ("a.csv", "raw/a.csv"):
        assert requests.get(receipt.signed_url("5m", key=key), timeout=60).text == "a.csv"
    for nothing in ("", "raw/", None, 3):
        with pytest.raises(InputError) as raised:
            receipt.signed_url("5m", key=nothing)
        assert raised.value.code == "NoLink"
    assert "pd.read_csv(file)" in receipt.snippet()
    assert receipt.snippet("ossutil").startswith("ossutil cp -r oss://test-bucket/raw/ ./raw/ ")
    stored = pickle.loads(pickle.dumps(receipt))
    assert requests.get(stored.signed_url(key="b.csv"), timeout=60).text == "b.csv"
    with pytest.raises(InputError) as raised:
        stored.snippet()
    assert raised.value.code == "NotSaved"
