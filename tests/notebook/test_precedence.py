"""Which region and which host count: every pair of places, every way to name a host, and what contradicts itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.errors import InputError
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.wiring import Wiring

PLACES = ("argument", "setting", "environment", "profile")
PRIVATE = "https://oss.example.com"
HANGZHOU = "https://oss-cn-hangzhou-internal.aliyuncs.com"


class Named:
    """What is named where; `order` makes an upload of it, which asks nobody."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.arguments: dict[str, Any] = {}
        self.settings = OssJupyter()
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._profile: dict[str, str] = {}
        (folder / "f.bin").write_bytes(b"x")

    def put(self, place: str, **values: Any) -> None:
        """Name something at a place."""
        if place == "argument":
            self.arguments |= values
        for name, value in values.items():
            if place == "setting":
                setattr(self.settings, name, value)
            elif place == "environment":
                self._monkeypatch.setenv(f"OSS_{name.upper()}", value)
            elif place == "profile":
                self._profile[name] = value
        if place == "profile":
            home = Path(self._folder.parent, "home")
            home.mkdir(exist_ok=True)
            lines = [f"{name}={value}\n" for name, value in self._profile.items()]
            (home / ".ossutilconfig").write_text("[default]\n" + "".join(lines))

    def spec(self) -> TransferSpec:
        """Return the spec of an upload from all of it."""
        arguments = UploadArguments.of(**self.arguments)
        return Wiring(self.settings).spec(self._folder / "f.bin", "oss://my-bucket/", arguments)

    def where(self) -> tuple[str | None, str]:
        """Return the region and the address that the upload would use."""
        settings = self.spec().control.settings  # type: ignore[attr-defined]
        return settings.region, settings.url

    def refused(self) -> InputError:
        """Return why it is refused."""
        with pytest.raises(InputError) as caught:
            self.spec()
        assert all(caught.value.four_lines())
        return caught.value


@pytest.fixture
def named(place: Path, monkeypatch: pytest.MonkeyPatch) -> Named:
    """Nothing is named yet."""
    return Named(place, monkeypatch)


@pytest.mark.parametrize("of_region", PLACES)
@pytest.mark.parametrize("of_endpoint", PLACES)
def test_region_and_endpoint_come_together_from_any_two_places(named: Named, of_region: str, of_endpoint: str) -> None:
    """Neither is dropped, wherever it is named; an internal endpoint never becomes the public one."""
    named.put(of_region, region="cn-hangzhou")
    named.put(of_endpoint, endpoint=PRIVATE)
    assert named.where() == ("cn-hangzhou", PRIVATE)
    named.put(of_endpoint, endpoint=HANGZHOU)
    assert named.where() == ("cn-hangzhou", HANGZHOU)


@pytest.mark.parametrize("of_region", PLACES)
@pytest.mark.parametrize("of_endpoint", PLACES)
def test_two_regions_are_refused_and_both_places_named(named: Named, of_region: str, of_endpoint: str) -> None:
    """A standard endpoint of another region: the error quotes both as they are written there."""
    quoted = {
        "argument": "{name}='{value}' (arguments)",
        "setting": "OssJupyter.{name} = '{value}' (settings)",
        "environment": "OSS_{NAME}={value} (environment)",
        "profile": "{name}={value} (~/.ossutilconfig [default])",
    }
    named.put(of_region, region="cn-beijing")
    named.put(of_endpoint, endpoint=HANGZHOU)
    error = named.refused()
    assert error.code == "RegionContradiction"
    assert quoted[of_region].format(name="region", NAME="REGION", value="cn-beijing") in error.what
    assert quoted[of_endpoint].format(name="endpoint", NAME="ENDPOINT", value=HANGZHOU) in error.what
    assert "cn-hangzhou" in error.what


@pytest.mark.parametrize("earlier", range(3))
def test_the_first_place_wins(named: Named, earlier: int) -> None:
    """Arguments, settings, environment, profile: each is asked only for what none before it says."""
    for place in PLACES[earlier + 1 :]:
        named.put(place, region="cn-later", endpoint="https://later.example.com")
    named.put(PLACES[earlier], region="cn-first", endpoint="https://first.example.com")
    assert named.where() == ("cn-first", "https://first.example.com")


@pytest.mark.parametrize("of_kind", ["argument", "setting"])
@pytest.mark.parametrize("of_endpoint", ["environment", "profile"])
@pytest.mark.parametrize(
    ("kind", "host"),
    [
        ("internal", "oss-cn-hangzhou-internal"),
        ("accelerate", "oss-accelerate"),
        ("dual_stack", "cn-hangzhou.oss"),
    ],
)
def test_a_kind_of_host_wins_over_an_endpoint_of_a_later_place(
    named: Named, of_kind: str, of_endpoint: str, kind: str, host: str
) -> None:
    """`internal` and its kin name a host as an endpoint does; the region of the endpoint they outrank is still told."""
    named.put(of_endpoint, endpoint="oss-cn-hangzhou.aliyuncs.com")
    named.put(of_kind, **{kind: True})
    assert named.where() == ("cn-hangzhou", f"https://{host}.aliyuncs.com")


def test_an_endpoint_wins_over_a_kind_of_host_of_a_later_place(named: Named) -> None:
    """An argument wins over a setting, whichever way each of them names its host."""
    named.put("setting", internal=True, region="cn-hangzhou")
    named.put("argument", endpoint=PRIVATE)
    assert named.where() == ("cn-hangzhou", PRIVATE)
    named.put("argument", endpoint=None, accelerate=True)
    assert named.where() == ("cn-hangzhou", "https://oss-accelerate.aliyuncs.com")


def test_a_kind_of_host_can_be_taken_back(named: Named) -> None:
    """`internal=False` takes the setting back, and the next place that names a host is asked."""
    named.put("setting", internal=True, region="cn-hangzhou")
    named.put("argument", internal=False)
    assert named.where() == ("cn-hangzhou", "https://oss-cn-hangzhou.aliyuncs.com")
    named.put("environment", endpoint=PRIVATE)
    assert named.where() == ("cn-hangzhou", PRIVATE)


def test_two_hosts_at_one_place_are_refused(named: Named) -> None:
    """There is no order within one place."""
    named.put("argument", internal=True, endpoint=PRIVATE, region="cn-hangzhou")
    assert "internal" in named.refused().what
    named.put("argument", endpoint=None, dual_stack=True)
    assert "dual_stack" in named.refused().what


@pytest.mark.parametrize("of_endpoint", PLACES)
def test_a_domain_of_ones_own_can_be_said_of_any_endpoint(named: Named, of_endpoint: str) -> None:
    """`cname` says what the endpoint is, wherever that is named."""
    named.put(of_endpoint, endpoint="data.example.com")
    named.put("argument", cname=True, region="cn-hangzhou")
    assert named.spec().place["cname"] is True


def test_a_domain_of_ones_own_is_left_with_the_endpoint_it_was_said_of(named: Named) -> None:
    """A host of OSS that an earlier place names is not such a domain; at the same place it is a contradiction."""
    named.put("setting", cname=True, endpoint="data.example.com", region="cn-hangzhou")
    named.put("argument", accelerate=True)
    assert named.where() == ("cn-hangzhou", "https://oss-accelerate.aliyuncs.com")
    named.put("argument", accelerate=None, endpoint=HANGZHOU)
    assert named.where() == ("cn-hangzhou", HANGZHOU)
    named.put("argument", cname=True)
    assert "cname" in named.refused().what


def test_where_nothing_is_named_every_place_is_told(named: Named) -> None:
    """The error says where it looked, and why the profile has nothing."""
    error = named.refused()
    assert error.code == "RegionMissing"
    assert "arguments, settings, environment, ~/.ossutilconfig [default] (no such file)" in error.what


def test_an_unknown_profile_is_what_is_told(named: Named) -> None:
    """Not that region and endpoint are missing: the profile is named, with those that the file has."""
    named.put("profile", region="cn-hangzhou")
    named.put("argument", profile="wrok")
    error = named.refused()
    assert error.code == "ProfileNotFound"
    assert "[wrok]" in error.what
    assert "default" in error.what
    named.put("argument", region="cn-hangzhou", profile=None)
    named.put("setting", profile="wrok")
    assert named.refused().code == "ProfileNotFound"


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_only_signatures_that_name_a_region_need_one(named: Named, version: str) -> None:
    """V1 names none, so an endpoint is enough for it; V4 asks for one by its own name."""
    named.put("argument", endpoint=PRIVATE, signature_version=version)
    if version == "v1":
        assert named.where() == (None, PRIVATE)
    else:
        assert "V4" in named.refused().advice
    named.put("argument", endpoint=None)
    error = named.refused()
    assert error.code == "RegionMissing"
    assert "V4" not in str(error)


def test_what_is_shown_of_places_holds_no_secret(named: Named) -> None:
    """The profile's keys are read with it and shown by nothing."""
    values: Mapping[str, str] = {"accessKeySecret": "hush", "accessKeyID": "id", "region": "cn-beijing"}
    named.put("profile", **values)
    named.put("argument", endpoint=HANGZHOU)
    assert "hush" not in str(named.refused())
    assert "hush" not in repr(Wiring(named.settings)._places({}))
