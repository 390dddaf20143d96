"""The file of ossutil, in both of its layouts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.ossutil_config import OssutilConfig, Profile

VERSION_1 = """[Credentials]
language=EN
endpoint=oss-cn-hangzhou.aliyuncs.com
accessKeyID=one-id
accessKeySecret=one%secret#=
stsToken = one-token
"""
VERSION_2 = """# written by ossutil
[default]
access-key-id = "two-id"
access_key_secret = two-secret
region = cn-beijing

[profile lab]
mode = EcsRamRole
ecs-role-name = reader
[buckets b]
endpoint = x
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "ossutilconfig"
    path.write_text(text, "utf-8")
    return path


def values(config: OssutilConfig) -> dict[str, str]:
    found = config.profile()
    assert isinstance(found, Profile)
    return dict(found.values)


def test_version_1_is_read_with_its_odd_characters(tmp_path: Path) -> None:
    """A secret with a percent or a hash sign is no interpolation and no comment."""
    config = OssutilConfig(path=written(tmp_path, VERSION_1), environ={})

    assert values(config)["accesskeyid"] == "one-id"
    assert values(config)["accesskeysecret"] == "one%secret#="
    assert values(config)["ststoken"] == "one-token"


def test_version_2_is_read_whatever_the_case_of_its_keys(tmp_path: Path) -> None:
    """The spellings that ossutil accepts work here too."""
    config = OssutilConfig(path=written(tmp_path, VERSION_2), environ={})

    assert values(config)["accesskeyid"] == "two-id"
    assert values(config)["accesskeysecret"] == "two-secret"


def test_profiles_go_by_name_and_say_how_they_get_credentials(tmp_path: Path) -> None:
    """A mode is told apart from a profile that is not there."""
    path = written(tmp_path, VERSION_2)
    lab = OssutilConfig("lab", path, {}).profile()

    assert isinstance(lab, Profile)
    assert lab.mode == "EcsRamRole"
    assert OssutilConfig("nobody", path, {}).profile() == "no such profile; the file has default, lab"


def test_the_environment_names_file_and_profile(tmp_path: Path) -> None:
    """ossutil's own variables mean the same here."""
    environ = {"OSSUTIL_CONFIG_FILE": str(written(tmp_path, VERSION_2)), "OSSUTIL_PROFILE": "lab"}
    config = OssutilConfig(environ=environ)

    assert values(config)["ecsrolename"] == "reader"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """A key that is replaced during an upload counts without a restart."""
    path = written(tmp_path, VERSION_1)
    config = OssutilConfig(path=path, environ={})
    before = values(config)["accesskeyid"]

    path.write_text(VERSION_1.replace("one-id", "new-id"), "utf-8")
    os.utime(path, ns=(1, 1))

    assert (before, values(config)["accesskeyid"]) == ("one-id", "new-id")


def test_a_missing_file_is_a_reason_and_a_garbled_one_an_error_without_its_lines(tmp_path: Path) -> None:
    """Most people have no such file; whoever has a broken one must know, without its secret in the error."""
    assert OssutilConfig(path=tmp_path / "none", environ={}).profile() == "no such file"
    garbled = OssutilConfig(path=written(tmp_path, "accessKeySecret=hush\n"), environ={})

    with pytest.raises(CredentialsError) as caught:
        garbled.profile()

    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_file_can_tell_region_and_endpoint(tmp_path: Path) -> None:
    """Whoever set up ossutil need not repeat the place, and a file that cannot be read says why."""
    one = OssutilConfig(path=written(tmp_path, VERSION_1), environ={}).place()
    assert not isinstance(one, str)
    assert (one.get("region"), one.get("endpoint")) == (None, "oss-cn-hangzhou.aliyuncs.com")
    assert OssutilConfig(environ={"OSSUTIL_CONFIG_FILE": str(tmp_path / "none")}).place() == "no such file"
    garbled = {"OSSUTIL_CONFIG_FILE": str(written(tmp_path, "garbled"))}
    assert OssutilConfig(environ=garbled).place() == "not a configuration file"


def test_the_name_shows_the_home_directory_as_a_tilde_and_the_repr_no_values(tmp_path: Path) -> None:
    """Neither user name nor secret gets into a saved notebook."""
    assert OssutilConfig(environ={}).name == "~/.ossutilconfig [default]"
    assert "one" not in repr(OssutilConfig(path=written(tmp_path, VERSION_1), environ={}).profile())
