"""Where the service is: what is derived, and what is refused with the argument to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.oss.endpoint import EndpointSettings, region_of


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
        ("oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou"),
        ("cn-hangzhou.oss.aliyuncs.com", "cn-hangzhou"),
        ("bucket.oss-ap-southeast-1.aliyuncs.com", "ap-southeast-1"),
        ("oss-cn-shanghai-finance-1.aliyuncs.com:443", "cn-shanghai-finance-1"),
        ("oss-accelerate.aliyuncs.com", None),
        ("oss-accelerate-overseas.aliyuncs.com", None),
        ("data.example.com", None),
        ("127.0.0.1", None),
    ],
)
def test_standard_hosts_tell_their_region_and_others_do_not(host: str, region: str | None) -> None:
    """A region guessed from a foreign host would sign wrongly."""
    assert region_of(host) == region


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"region": "cn-hangzhou"}, "https://oss-cn-hangzhou.aliyuncs.com"),
        ({"region": "oss-cn-hangzhou"}, "https://oss-cn-hangzhou.aliyuncs.com"),
        ({"region": "cn-hangzhou", "internal": True}, "https://oss-cn-hangzhou-internal.aliyuncs.com"),
        ({"region": "cn-hangzhou", "dual_stack": True}, "https://cn-hangzhou.oss.aliyuncs.com"),
        ({"region": "cn-hangzhou", "accelerate": True}, "https://oss-accelerate.aliyuncs.com"),
        ({"region": "cn-hangzhou", "insecure_http": True}, "http://oss-cn-hangzhou.aliyuncs.com"),
        ({"endpoint": "oss-cn-beijing.aliyuncs.com"}, "https://oss-cn-beijing.aliyuncs.com"),
        ({"endpoint": "https://oss-cn-beijing.aliyuncs.com/"}, "https://oss-cn-beijing.aliyuncs.com"),
        ({"endpoint": "http://127.0.0.1:9000", "region": "cn-hangzhou"}, "http://127.0.0.1:9000"),
        ({"endpoint": "data.example.com", "region": "cn-hangzhou", "cname": True}, "https://data.example.com"),
    ],
)
def test_every_form_of_address_leads_to_one_url(given: dict[str, Any], url: str) -> None:
    """Host, URL, region and switches are all understood as the documentation of OSS writes them."""
    assert EndpointSettings(**given).url == url


@pytest.mark.parametrize(
    ("endpoint", "path_style"),
    [("http://127.0.0.1:9000", True), ("http://localhost:9000", True), ("http://[::1]:9000", True), ("a.test", False)],
)
def test_hosts_without_subdomains_take_the_bucket_in_the_path(endpoint: str, path_style: bool) -> None:
    """`bucket.127.0.0.1` is no name that could be found."""
    assert EndpointSettings(region="cn-hangzhou", endpoint=endpoint).path_style is path_style


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({}, "OSS_REGION"),
        ({"endpoint": "http://127.0.0.1:9000"}, 'region="cn-hangzhou"'),
        ({"endpoint": "oss-accelerate.aliyuncs.com"}, 'region="cn-hangzhou"'),
        ({"endpoint": "oss-cn-beijing.aliyuncs.com", "region": "cn-hangzhou"}, 'region="cn-beijing"'),
        ({"endpoint": "ftp://oss-cn-beijing.aliyuncs.com"}, "host only"),
        ({"endpoint": "https://user:pass@oss-cn-beijing.aliyuncs.com"}, "host only"),
        ({"endpoint": "https://oss-cn-beijing.aliyuncs.com/bucket"}, "host only"),
        ({"endpoint": "http://oss-cn-beijing.aliyuncs.com:port"}, "host only"),
        ({"endpoint": "my-bucket.oss-cn-beijing.aliyuncs.com"}, 'endpoint="oss-cn-beijing.aliyuncs.com"'),
        ({"endpoint": "https://a.test", "region": "x", "insecure_http": True}, "one of them"),
        ({"endpoint": "a.test", "region": "x", "internal": True}, "one of them"),
        ({"region": "x", "internal": True, "accelerate": True}, "one of them"),
        ({"region": "x", "cname": True}, "endpoint="),
        ({"endpoint": "a.test", "region": "x", "cname": True, "path_style": True}, "one of them"),
        ({"region": "cn hangzhou"}, 'region="cn-hangzhou"'),
        ({"region": "x", "signature_version": "v2"}, "v4 or v1"),
        ({"region": "x", "ca_bundle": "/nowhere/ca.pem"}, "ca_bundle"),
        ({"region": "x", "proxy": "http://user:hush@:80"}, "proxy="),
        ({"region": "x", "proxy": "http://user:hush@host:port"}, "proxy="),
        ({"region": "x", "connect_timeout_seconds": 0}, "connect_timeout_seconds"),
    ],
)
def test_what_cannot_work_is_refused_with_the_argument_to_change(given: dict[str, Any], advice: str) -> None:
    """A contradiction is told before anything is sent, without the password in it."""
    with pytest.raises(InputError) as caught:
        EndpointSettings(**given)

    assert advice in caught.value.advice
    assert "hush" not in str(caught.value)
    assert "pass@" not in str(caught.value)


def test_a_checkpoint_remembers_the_place_but_neither_proxy_nor_timeouts(tmp_path: Path) -> None:
    """A resumed upload goes to the same place, by the way of today."""
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    settings = EndpointSettings(
        region="cn-hangzhou", internal=True, proxy="http://u:hush@p:1", ca_bundle=str(bundle), read_timeout_seconds=5
    )

    place = settings.place()

    assert place == {"region": "cn-hangzhou", "internal": True, "ca_bundle": str(bundle)}
    again = EndpointSettings.from_place({**place, "unknown": 1}, proxy="http://other:1")
    assert (again.url, again.proxy) == (settings.url, "http://other:1")


def test_the_proxy_is_never_shown() -> None:
    """Its password is in no repr and no description."""
    settings = EndpointSettings(region="cn-hangzhou", proxy="user:hush@proxy.test:3128")

    assert settings.proxy == "http://user:hush@proxy.test:3128"
    assert "hush" not in repr(settings) + settings.describe()
