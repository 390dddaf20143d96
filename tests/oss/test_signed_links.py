"""Links to objects: they open until they end, and say what may end them earlier."""

from __future__ import annotations

import pickle
import subprocess
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
from IPython.lib.pretty import pretty

from oss_jupyter.errors import CredentialsError, InputError
from oss_jupyter.model.signed_url import SignedUrl, parse_expires
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.sandbox import Key, Sandbox

from .conftest import put

PAIR = ("test-key-id", "test-key-secret")
TARGET = Target("test-bucket", "data/trips 'one'?&#.csv")
NOON = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


class Hands:
    """A clock that only tests move: of the service and of this computer."""

    def __init__(self) -> None:
        self.seconds = NOON.timestamp()

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def timed(tmp_path: Path, hands: Hands) -> Any:
    """A sandbox on that clock, with the object in it."""
    keys = [
        Key(*PAIR),
        Key("sts-id", "sts-secret", "sts-token", expires_at=hands() + 600),
        Key("writer", "writer-secret", permissions=frozenset({"oss:PutObject"})),
    ]
    with Sandbox(tmp_path / "timed", keys=keys, clock=hands) as running:
        running.create_bucket("test-bucket")
        put(control(running, hands), TARGET, b"a,b\n1,2\n")
        yield running


def control(
    sandbox: Sandbox, now: Callable[[], float] = time.time, credentials: Any = PAIR, version: str = "v4"
) -> SdkControl:
    settings = EndpointSettings(region=sandbox.region, endpoint=sandbox.endpoint, signature_version=version)
    return SdkControl(settings, credentials_chain(credentials), now=now)


def status(url: str) -> tuple[int, str]:
    answer = requests.get(url, timeout=60)
    return answer.status_code, answer.text


@pytest.mark.parametrize("version", ["v4", "v1"])
@pytest.mark.parametrize(("wanted_seconds", "seconds"), [(3600, 3600), (2, 2), (None, 7 * 24 * 3600)])
def test_a_link_opens_until_it_ends_and_not_after(
    timed: Sandbox, hands: Hands, version: str, wanted_seconds: int | None, seconds: int
) -> None:
    """Whoever has it reads the object, with any client, up to the second that its repr names."""
    link = control(timed, hands, version=version).signed_url(TARGET, wanted_seconds)
    assert link.ends_at == NOON + timedelta(seconds=seconds)
    hands.seconds += seconds - 1
    assert status(link) == (200, "a,b\n1,2\n")
    curl = subprocess.run(["curl", "-sS", "--fail", str(link)], capture_output=True, text=True, check=True)
    assert curl.stdout == "a,b\n1,2\n"
    hands.seconds += 2
    code, text = status(link)
    assert code == 403
    assert "expired" in text
    assert subprocess.run(["curl", "-sS", "--fail", str(link)], capture_output=True, check=False).returncode == 22


def test_a_link_ends_with_its_session_token(timed: Sandbox, hands: Hands) -> None:
    """Where the provider tells the token's end, nobody is promised more; where it does not, that is said."""
    token = {"AccessKeyId": "sts-id", "AccessKeySecret": "sts-secret", "SecurityToken": "sts-token"}
    ends_at = NOON + timedelta(seconds=600)
    for told in (
        ends_at,
        ends_at.isoformat(),
        "2026-11-28T12:10:00Z",
        ends_at.timestamp(),
        ends_at.replace(tzinfo=None),
    ):
        link = control(timed, hands, {**token, "Expiration": told}).signed_url(TARGET, 3600)
        assert link.ends_at == ends_at
        assert link.note == "It ends with the session token that signed it."
    assert status(link)[0] == 200
    short = control(timed, hands, {**token, "Expiration": ends_at}).signed_url(TARGET, 60)
    assert (short.ends_at, short.note) == (NOON + timedelta(seconds=60), "")
    unknown = control(timed, hands, ("sts-id", "sts-secret", "sts-token")).signed_url(TARGET, 3600)
    assert "It may end earlier" in repr(unknown)
    hands.seconds += 601
    assert "SecurityTokenExpired" in status(unknown)[1]
    with pytest.raises(CredentialsError) as raised:
        control(timed, hands, {**token, "Expiration": ends_at}).signed_url(TARGET, 3600)
    assert raised.value.code == "SecurityTokenExpired"
    assert "2026-11-28 12:10:00 UTC" in raised.value.what


@pytest.mark.parametrize("told", ["soon", "", True, float("inf"), 10**30, object(), None])
def test_an_end_that_cannot_be_read_is_not_known(timed: Sandbox, hands: Hands, told: object) -> None:
    """A provider may say anything; the link is made all the same."""
    token = {"AccessKeyId": "sts-id", "AccessKeySecret": "sts-secret", "SecurityToken": "sts-token", "Expiration": told}
    assert "It may end earlier" in control(timed, hands, token).signed_url(TARGET, 60).note


def test_a_link_allows_no_more_than_its_key(timed: Sandbox, hands: Hands) -> None:
    """Signing asks nobody, so a key that may only write makes a link that the service refuses."""
    link = control(timed, hands, ("writer", "writer-secret")).signed_url(TARGET, 60)
    assert status(link)[0] == 403
    assert requests.put(control(timed, hands).signed_url(TARGET, 60), data=b"other", timeout=60).status_code == 403
    assert status(control(timed, hands).signed_url(TARGET, 60))[1] == "a,b\n1,2\n"


@pytest.mark.parametrize(
    "key", ["a", "ö/ü €.txt", "a b+c%20d", "a;b=c&d", "x'y\"z\\w", "~._-!*()", "日本/数据.parquet"]
)
def test_links_to_odd_keys_open(sandbox: Sandbox, key: str) -> None:
    """What stands in a key is the key's, and no part of the URL."""
    one, target = control(sandbox), Target("test-bucket", key)
    put(one, target, key.encode())
    for version in ("v4", "v1"):
        assert (
            requests.get(control(sandbox, version=version).signed_url(target, 60), timeout=60).content == key.encode()
        )


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("1h", 3600), ("30m", 1800), ("30min", 1800), ("7d", 604_800), ("1h30m", 5400), (" 90 S ", 90), (60, 60),
     ("60", 60), (timedelta(days=1), 86_400), (1.5, 1), ("max", None), ("MAX", None)],
)  # fmt: skip
def test_how_long_is_written(written: object, seconds: int | None) -> None:
    """Lengths of time are written as people write them."""
    assert parse_expires(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["", "h", "1w", "-1h", "8d", "604801", 0, -5, "0s", 604_801, True, None, [], float("nan"), float("inf"), "1h x",
     timedelta(days=8), "9" * 30 + "h"],
)  # fmt: skip
def test_what_is_no_length_of_time_is_refused(written: object) -> None:
    """The refusal names what was written and how to write it."""
    with pytest.raises(InputError) as raised:
        parse_expires(written)
    assert raised.value.code == "InvalidExpires"
    assert 'expires="1h"' in raised.value.advice


def test_a_link_is_shown_only_where_it_is_printed() -> None:
    """A cell that ends with a link saves whose it is and until when, and not the link."""
    link = SignedUrl("https://host/k?x-oss-signature=abc", "oss://b/k", NOON, "It may end earlier.")
    shown = "<signed link to oss://b/k, good until 2026-11-28 12:00:00 UTC. It may end earlier.>"
    assert repr(link) == pretty(link) == f"{[link]}"[1:-1] == shown
    assert str(link) == f"{link}" == "https://host/k?x-oss-signature=abc"
    copy = pickle.loads(pickle.dumps(link))
    assert (copy, repr(copy)) == (link, shown)


def test_a_link_of_an_internal_endpoint_says_where_it_opens() -> None:
    """Somebody outside could not open it, so whoever sends it is told."""
    notes = []
    for internal in (True, False):
        settings = EndpointSettings(region="cn-hangzhou", internal=internal)
        notes.append(SdkControl(settings, credentials_chain(PAIR)).signed_url(TARGET, 60).note)
    assert notes == ["It opens only inside the region's own network: the endpoint is internal.", ""]
