"""`oj.credentials()`: where the keys come from and how long they last, and never what they are."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import CredentialsError
from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.paths import state_directory


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory without anything, on a computer without keys."""
    for name in filter(lambda name: name.startswith(("OSS_", "OSSUTIL_", "ALIBABA_CLOUD_")), tuple(os.environ)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def test_a_profile_is_told_with_its_region(home: Path) -> None:
    """The region of the profile that signs is the one that counts; the key is in nothing that is shown."""
    held = {"mode": "AK", "access_key_id": "LTAI-hush", "access_key_secret": "hush", "region_id": "cn-beijing"}
    (home / ".aliyun").mkdir()
    profiles = [{"name": "default", **held}, {"name": "far", **held, "region_id": "us-west-1"}]
    (home / ".aliyun" / "config.json").write_text(json.dumps({"current": "default", "profiles": profiles}))

    found, far = oj.credentials(), oj.credentials("far")

    assert (found.source, found.mode, found.region) == ("~/.aliyun/config.json [default]", "AK", "cn-beijing")
    assert (found.temporary, found.ends_at) == (False, None)
    assert (far.source, far.region) == ("~/.aliyun/config.json [far]", "us-west-1")
    assert "hush" not in repr(found) + str(found)


def test_a_value_that_is_no_text_is_no_key(home: Path) -> None:
    """A list in the place of a secret would be signed with as what Python writes for it."""
    held = {"name": "default", "mode": "AK", "access_key_id": "LTAI-hush", "access_key_secret": ["hush"]}
    (home / ".aliyun").mkdir()
    (home / ".aliyun" / "config.json").write_text(json.dumps({"current": "default", "profiles": [held]}))
    with pytest.raises(CredentialsError, match=r"\[default\] \(has no access key secret\)") as caught:
        oj.credentials()
    assert "hush" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="no pipes by name")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("file", [".ossutilconfig", ".aliyun/config.json", ".alibabacloud/credentials.ini"])
def test_a_pipe_is_not_waited_for(home: Path, file: str) -> None:
    """What lies in the place of a file of keys and is none is passed over, and named as that."""
    (home / file).parent.mkdir(exist_ok=True)
    os.mkfifo(home / file)
    with pytest.raises(CredentialsError, match=rf"{file}.* \(is a folder, a pipe or a device, and no file\)"):
        oj.credentials()


def test_none_is_an_error_that_names_the_places(home: Path) -> None:
    """Asking is the quickest way to learn where keys can be put."""
    with pytest.raises(CredentialsError, match="the environment variables OSS_ACCESS_KEY_ID") as caught:
        oj.credentials()
    assert caught.value.code == "NoCredentials"


def test_the_sandbox_signs_for_itself(home: Path) -> None:
    """Whoever tries things out on the sandbox reads that no key of theirs is used."""
    state = state_directory() / "sandbox" / "sandbox.json"
    assert home in state.parents
    state.parent.mkdir(parents=True)
    endpoint = "http://127.0.0.1:9"
    state.write_text(json.dumps({"endpoint": endpoint, "access_key_id": "made", "access_key_secret": "up"}))
    oj.settings().endpoint, oj.settings().region = endpoint, "cn-hangzhou"
    try:
        assert oj.credentials().source == "the sandbox of this computer"
    finally:
        oj.settings().endpoint = oj.settings().region = None


def test_the_life_of_a_token_is_told_in_words() -> None:
    """Who has a token wants to know until when; a token of unknown life is told as such."""
    ends_at = datetime(2037, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    told = CredentialsFound("a place", "RamRoleArn", temporary=True, ends_at=ends_at, region="cn-hangzhou")
    assert str(told) == ("a place (RamRoleArn): temporary, good until 2037-01-02 03:04:05 UTC; region cn-hangzhou")
    unknown = CredentialsFound("a place", "", temporary=True, ends_at=None, region="")
    assert repr(unknown) == "<credentials from a place: temporary, and nobody tells until when>"
