"""Journals that were edited, with a right check on every line: nothing is raised raw, nothing hangs, all is named."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oss_jupyter.console.lines import describe, details
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import CheckpointDamaged, OssJupyterError
from oss_jupyter.notebook.panel.desk.rows import row_of_problem, row_of_transfer, to_text
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.forgetting import forget
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter

from .kept import HEADER_0_1_0, ID, RECEIPT_0_1_0, line

LONG_SECONDS = 20.0
HEADER: dict[str, Any] = json.loads(HEADER_0_1_0)
RECEIPT: dict[str, Any] = json.loads(RECEIPT_0_1_0)
LATER_FIELDS = ("profile", "credentials_given", "limit", "parallel", "unread")

TEXTS = st.sampled_from(
    [
        "",
        "x",
        "/",
        "../../etc/passwd",
        "a/b",
        "\0",
        "\n",
        "\ud800",
        "é" * 600,
        "x" * 40_000,
        "~nobody/x",
        "auto",
        "NaN",
        " ",
    ]
)
NUMBERS = st.sampled_from([0, 1, -1, 2, 102_399, 2**31, 2**63, 2**64, 10**30, -(10**30), 0.5, -0.5, 1e308, 10**400])
SCALARS = st.one_of(st.none(), st.booleans(), TEXTS, NUMBERS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=5,
)
PLACES = st.dictionaries(
    st.sampled_from([*HEADER["place"], "endpoint", "internal", "cname", "ca_bundle", "signature_version", "nonsense"]),
    st.one_of(SCALARS, st.sampled_from(["cn-hangzhou", "http://127.0.0.1:1", "http://[::1", "//", "v1"])),
    max_size=3,
)
OPTIONS = st.dictionaries(
    st.sampled_from(["acl", "metadata", "tagging", "callback", "traffic_limit", "expires", "content_type", "nonsense"]),
    VALUES,
    max_size=3,
)
EDITS = st.dictionaries(st.sampled_from([*HEADER, *LATER_FIELDS]), VALUES, min_size=1, max_size=3)
# Each of these can be, by itself: together they say what never was.
POSSIBLE = st.fixed_dictionaries(
    {},
    optional={
        "size": st.sampled_from([0, 1, 102_400, 299_999, 300_001, 10_000 * 102_400, 10**15]),
        "part_size": st.sampled_from([102_400, 102_401, 2**30, 5 * 2**30]),
        "mtime_ns": st.sampled_from([0, -1, -(2**63), 2**63 - 1]),
        "file_id": st.sampled_from(["", "0", "x" * 1000]),
        "upload_id": st.sampled_from(["", "X", "/../", "%00", "?uploads&x=1", "A" * 1000]),
        "key": st.sampled_from(["k", "a/../b", "数据", "x" * 1023, "k?x#y", "\n", "\x01", "<k>"]),
        "bucket": st.sampled_from(["test-bucket", "no-such-bucket"]),
        "source": st.sampled_from(["/", "/nowhere", "/dev/null", "/" + "x" * 5000, "C:\\data", "/\udcff", "/a\nb"]),
        "created_at": st.sampled_from([0, 0.5, 253_402_300_799]),
        "profile": st.sampled_from(["", "nobody", "a b", "]"]),
        "credentials_given": st.booleans(),
        "limit": st.sampled_from([2**20, 2**20 + 0.5, 2**62, None]),
        "parallel": st.sampled_from(["auto", 1, 1024, None]),
        "unread": st.booleans(),
    },
)
POSSIBLE_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "acl": st.sampled_from(["private", "everybody"]),
        "metadata": st.sampled_from([{}, {"a": "b"}, {"": ""}, {"a": "\n"}]),
        "tagging": st.sampled_from(["", "a=b", "=", "a=\n"]),
        "traffic_limit": st.sampled_from([0, 819_200, 10**12]),
        "content_type": st.sampled_from(["", "text/plain", "\u0000", "数"]),
        "callback": st.sampled_from(["", "!", "e30="]),
    },
)
POSSIBLE_LINES = st.lists(
    st.sampled_from([RECEIPT, RECEIPT | {"p": 3}, {"gone": 1}, {"gone": 10**9}, {"completing": True}, {"p": 2}]),
    max_size=5,
)
LINES = st.lists(
    st.one_of(
        st.fixed_dictionaries({"p": VALUES, "e": VALUES, "c": VALUES}),
        st.dictionaries(st.sampled_from([*RECEIPT, "completing", "gone"]), VALUES, max_size=3),
    ),
    max_size=4,
)


@pytest.fixture
def quiet(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """A service that the environment leads to, with the file of the journals."""
    for name in [name for name in os.environ if name.startswith("OSS")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "test-key-id")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "test-key-secret")
    (tmp_path / "trips.bin").write_bytes(bytes(300_000))
    return sandbox


def look_at(directory: Path, sandbox: Sandbox) -> Session:
    """List a directory in every way there is; what lies there is either a transfer or a problem with a reason."""
    session = Session(OssJupyter(checkpoint_dir=str(directory), endpoint=sandbox.endpoint, region=sandbox.region))
    transfers, problems = session.transfers(), session.on_disk.problems()
    assert len(transfers) + len(problems) == len(list(directory.glob("*.journal")))
    for transfer in transfers:
        now = transfer.snapshot()
        assert all("\n" not in text for text in describe(now))
        assert details(now)
        to_text([row_of_transfer(transfer.snapshot())])
    for found in problems:
        assert found.problem is not None
        assert found.problem.what
        to_text([row_of_problem(found)])
    return session


def drive(session: Session, transfer: Transfer, sandbox: Sandbox) -> None:
    """Resume and abort it: whatever comes of that comes in time, and in four lines."""
    if coordinator_of(transfer).spec.host == sandbox.endpoint.partition("//")[2]:
        transfer.resume()
        assert transfer.wait(LONG_SECONDS), "it hangs"
        check(transfer.error)
    if not transfer.state.ended_for_good:
        transfer.abort()
    assert transfer.wait(LONG_SECONDS), "it hangs"
    check(transfer.error)
    forget(session, transfer.id)


def check(error: OssJupyterError | None) -> None:
    if error is not None:
        assert error.what
        assert error.advice
        assert error.code not in ("", "Unexpected"), error


def journal(sandbox: Sandbox, folder: Path, header: dict[str, Any], lines: list[Any]) -> bytes:
    place = {"endpoint": sandbox.endpoint, "region": sandbox.region, "path_style": True}
    whole = {**HEADER, "source": str(folder / "trips.bin"), "size": 300_000, "part_size": 102_400, "place": place}
    return b"".join(line(json.dumps(entry)) for entry in [whole | header, *lines])


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(edits=EDITS, lines=LINES, place=st.one_of(st.none(), PLACES), options=st.one_of(st.none(), OPTIONS))
def test_nothing_that_is_written_there_is_raised_or_hangs(
    quiet: Sandbox, tmp_path: Path, edits: dict[str, Any], lines: list[Any], place: Any, options: Any
) -> None:
    """Listing, resuming, aborting and forgetting journals with arbitrary values in their lines."""
    header = edits | ({} if place is None else {"place": place}) | ({} if options is None else {"options": options})
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        directory = Path(name)
        (directory / f"{ID}.journal").write_bytes(journal(quiet, tmp_path, header, lines))
        session = look_at(directory, quiet)
        for transfer in session.transfers():
            drive(session, transfer, quiet)
        for found in session.on_disk.problems():
            forget(session, found.transfer_id)
        assert not list(directory.glob("*.journal"))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(edits=POSSIBLE, lines=POSSIBLE_LINES, options=POSSIBLE_OPTIONS)
def test_nor_is_what_could_be_and_never_was(
    quiet: Sandbox, tmp_path: Path, edits: dict[str, Any], lines: list[Any], options: dict[str, Any]
) -> None:
    """Values that are possible one by one get as far as the service, which knows nothing of them."""
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        directory = Path(name)
        (directory / f"{ID}.journal").write_bytes(journal(quiet, tmp_path, edits | {"options": options}, lines))
        session = look_at(directory, quiet)
        for transfer in session.transfers():
            drive(session, transfer, quiet)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), prefix=st.sampled_from([b"", b"\n", HEADER_0_1_0.encode(), line(HEADER_0_1_0)]))
def test_nor_is_anything_else(quiet: Sandbox, tmp_path: Path, data: bytes, prefix: bytes) -> None:
    """Bytes that are no journal at all, or follow one."""
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        directory = Path(name)
        (directory / f"{ID}.journal").write_bytes(prefix + data)
        look_at(directory, quiet)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param('{"format":1,"id":' + "[" * 100_000, id="endless nesting"),
        pytest.param('{"format":1,"size":' + "9" * 10_000 + "}", id="endless number"),
        pytest.param('{"format":' + "9" * 4_000 + "}", id="endless format"),
        pytest.param('{"format":true}', id="a format that is true"),
        pytest.param('{"format":1,"id":"k3v9x2qa","size":NaN}', id="NaN"),
        pytest.param("[" + HEADER_0_1_0 + "]", id="a list"),
        pytest.param('"' + "x" * 5_000_000 + '"', id="a very long line"),
        pytest.param(HEADER_0_1_0.replace(ID, "another1"), id="another's id"),
        pytest.param(HEADER_0_1_0.replace(ID, "../" + ID), id="an id with a path"),
    ],
)
def test_first_lines_that_cannot_be(quiet: Sandbox, tmp_path: Path, first: str) -> None:
    """Each is a problem with a reason, and the upload of its file begins anew without it."""
    directory = tmp_path / "checkpoints"
    directory.mkdir()
    (directory / f"{ID}.journal").write_bytes(line(first))
    session = look_at(directory, quiet)
    (found,) = session.on_disk.problems()
    assert isinstance(found.problem, OssJupyterError)
    store = session.wiring.stores.directories()[0]
    if isinstance(found.problem, CheckpointDamaged):
        journal_file, record = store.open(ID)
        assert record is None
        assert "set aside" in journal_file.remarks[0]
        journal_file.close()
