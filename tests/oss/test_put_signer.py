"""Our own signatures: by the published examples, and by what the official SDK makes of the same requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

import pytest
from alibabacloud_oss_v2.credentials import Credentials
from alibabacloud_oss_v2.signer import SignerV1, SignerV4
from alibabacloud_oss_v2.types import HttpRequest, SigningContext

from oss_jupyter.model.small_files import FilesRoute, SigningKeys
from oss_jupyter.oss.put_signer import PutSigner, quoted_path, signing_key, v4_signature

from .test_send_files import ODD_KEYS

SECONDS = 1_702_743_657.0
HEADERS = (
    ("x-oss-meta-Name", "a  b"), ("x-oss-tagging", "a=b%20c"), ("Cache-Control", "no-cache"),
    ("x-oss-object-acl", " private "), ("X-OSS-Storage-Class", "IA"), ("Expires", "Fri, 01 Jan 2027 00:00:00 GMT"),
)  # fmt: skip
MD5 = "1B2M2Y8AsgTpgAmY7PhCfg=="
_HEADS = {"x-oss-head1": "value", "x-oss-content-sha256": "UNSIGNED-PAYLOAD", "content-type": "text/plain"}
_QUERY = {"param1": "value1", "+param1": "value3", "|param1": "value4", "+param2": "", "|param2": "", "param2": ""}
_MORE = {"abc": "value", "zabc": "value"}


def canonical(headers: dict[str, str], query: dict[str, str], additional: str = "") -> str:
    """Return a canonical request as the documentation has it."""
    pairs = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in query.items())
    named = "&".join(f"{name}={value}" if value else name for name, value in pairs)
    lines = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
    return f"PUT\n/bucket/1234%2B-/123/1.txt\n{named}\n{lines}\n{additional}\nUNSIGNED-PAYLOAD"


def in_headers(date: str, additional: str = "", **more: str) -> str:
    added = {name.replace("_", "-"): value for name, value in more.items()}
    named = _MORE if additional else {}
    return canonical({**_HEADS, "x-oss-date": date, **added, **named}, _QUERY, additional)


def in_query(date: str, expires: str, additional: str = "", token: str = "") -> str:
    signed = {
        "x-oss-signature-version": "OSS4-HMAC-SHA256", "x-oss-date": date, "x-oss-expires": expires,
        "x-oss-credential": f"ak/{date[:8]}/cn-hangzhou/oss/aliyun_v4_request",
    }  # fmt: skip
    signed.update({"x-oss-security-token": token} if token else {})
    signed.update({"x-oss-additional-headers": additional} if additional else {})
    named = _MORE if additional else {}
    heads = {"x-oss-head1": "value", "content-type": "application/octet-stream", **named}
    return canonical(heads, {**_QUERY, **signed}, additional)


PUBLISHED: dict[str, tuple[str, Callable[..., str], dict[str, str], str]] = {
    "header": ("20231216T162057Z", in_headers, {}, "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"),
    "header, token": ("20231217T034736Z", in_headers, {"x_oss_security_token": "token"},
                      "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea"),
    "header, additional": ("20231216T172512Z", in_headers, {"additional": "abc;zabc"},
                           "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f"),
    "header, cloud box": ("20231216T162057Z", in_headers, {},
                          "94ce1f12c17d148ea681030275a94449d3357f5b5b21133996eec80af3e08a43"),
    "query": ("20231217T025437Z", in_query, {"expires": "599"},
              "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe"),
    "query, token": ("20231217T035628Z", in_query, {"expires": "599", "token": "token"},
                     "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5"),
    "query, additional": ("20231217T033009Z", in_query, {"expires": "599", "additional": "abc;zabc"},
                          "6bd984bfe531afb6db1f7550983a741b103a8c58e5e14f83ea474c2322dfa2b7"),
    "query, five days": ("20231217T025437Z", in_query, {"expires": "432000"},
                         "31029123dc7732d2d2cfd4006ea4fdb6cf86da6478f813e2bf8f87877c7b9fec"),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_examples(name: str) -> None:
    """Keys derived for a day, scopes and hashes are those of the service."""
    date, make, named, expected = PUBLISHED[name]
    region, product = ("cb-123", "oss-cloudbox") if "cloud box" in name else ("cn-hangzhou", "oss")
    key = signing_key("sk", date[:8], region, product)
    scope = f"{date[:8]}/{region}/{product}/aliyun_v4_request"
    assert v4_signature(key, date, scope, make(date, **named)) == expected


def by_the_sdk(version: str, key: str, token: str, content_type: str) -> dict[str, str]:
    """Return the headers of a PutObject as the SDK signs it."""
    headers = {"Content-MD5": MD5, "Content-Type": content_type}
    headers.update({name: value.strip() for name, value in HEADERS})
    if version == "v1" and token:
        headers["x-oss-security-token"] = token
    context = SigningContext()
    context.product, context.region, context.bucket, context.key = "oss", "cn-hangzhou", "test-bucket", key
    context.request = HttpRequest("PUT", f"http://127.0.0.1/test-bucket/{quote(key)}", headers=headers)
    context.credentials = Credentials("ak", "sk", token or None)
    context.signing_time = datetime.fromtimestamp(SECONDS, timezone.utc)
    (SignerV1() if version == "v1" else SignerV4()).sign(context)
    signed: Any = context.request.headers
    return {name.lower(): value for name, value in signed.items()}


def by_us(version: str, key: str, token: str, content_type: str) -> Iterator[tuple[str, str]]:
    """Yield the headers that our signer adds."""
    route = FilesRoute("http://127.0.0.1", "/test-bucket", "test-bucket", "cn-hangzhou", "oss", version, HEADERS)
    # The clock of this computer is ten minutes behind, and the keys know it.
    signer = PutSigner(route, lambda: SECONDS - 600)
    keys = SigningKeys("ak", "sk", token, clock_offset_seconds=600.0)
    for line in signer.headers(key, quoted_path(key), MD5, content_type, keys).splitlines():
        name, _, value = line.partition(": ")
        yield name.lower(), value


@pytest.mark.parametrize("version", ["v4", "v1"])
@pytest.mark.parametrize("token", ["", "sts-token+/="])
@pytest.mark.parametrize("key", [*ODD_KEYS, "plain.txt", "a*b.bin", "(1)!.bin"])
def test_as_the_sdk_signs(version: str, token: str, key: str) -> None:
    """The same request has the same signature, whatever is in the key, with options, a token and a corrected clock."""
    theirs = by_the_sdk(version, key, token, "text/plain;charset=utf-8")
    ours = dict(by_us(version, key, token, "text/plain;charset=utf-8"))
    assert ours == {name: theirs[name] for name in ours}
    assert "authorization" in ours


def test_what_is_kept_follows_time_and_keys() -> None:
    """Another second, another day and other keys are signed anew; the same ones alike."""
    now = [SECONDS]
    signer = PutSigner(FilesRoute("http://127.0.0.1", "", "test-bucket", "cn-hangzhou"), lambda: now[0])
    first, second = SigningKeys("ak", "sk"), SigningKeys("ak2", "sk2")

    def lines(keys: SigningKeys) -> str:
        return signer.headers("a", "a", MD5, "text/plain", keys)

    begun = lines(first)
    now[0] += 0.3
    assert lines(first) == begun
    assert "ak2/20231216/" in lines(second)
    assert lines(first) == begun
    now[0] += 1
    later = lines(first)
    assert later != begun
    assert "x-oss-date: 20231216T162058Z" in later
    now[0] += 86_400
    assert "Credential=ak/20231217/" in lines(first)


def test_a_signer_shows_no_secret() -> None:
    """Whatever prints it learns the bucket."""
    signer = PutSigner(FilesRoute("http://127.0.0.1", "", "test-bucket", "cn-hangzhou"))
    signer.headers("a", "a", MD5, "text/plain", SigningKeys("the-key-id", "the-secret", "the-token"))
    assert repr(signer) == "PutSigner('test-bucket')"
