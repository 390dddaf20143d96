"""The signature is recomputed as the service does; the vectors are those of the SDK's own unit tests."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from oss_jupyter.sandbox.request import Request, read_request
from oss_jupyter.sandbox.signatures import read_claim, sign_again

QUERY = {
    "param1": "value1",
    "+param1": "value3",
    "|param1": "value4",
    "+param2": "",
    "|param2": "",
    "param2": "",
}
HEADERS = {"x-oss-head1": "value", "abc": "value", "zabc": "value", "xyz": "value"}

HEADER_VECTORS = [
    (1702743657, "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe", "", "", "cn-hangzhou/oss"),
    (1702784856, "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea", "token", "", "cn-hangzhou/oss"),
    (
        1702747512,
        "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f",
        "",
        "abc;zabc",
        "cn-hangzhou/oss",
    ),
    (1702743657, "94ce1f12c17d148ea681030275a94449d3357f5b5b21133996eec80af3e08a43", "", "", "cb-123/oss-cloudbox"),
]

URL_VECTORS = [
    (1702781677, "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe", "", "", 599),
    (1702785388, "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5", "token", "", 599),
    (1702783809, "6bd984bfe531afb6db1f7550983a741b103a8c58e5e14f83ea474c2322dfa2b7", "", "abc;zabc", 599),
    (1702781677, "31029123dc7732d2d2cfd4006ea4fdb6cf86da6478f813e2bf8f87877c7b9fec", "", "", 432000),
]


def _iso(unix_seconds: int) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, timezone.utc):%Y%m%dT%H%M%SZ}"


def _signature_of(request: Request) -> str:
    claim = read_claim(request)
    assert claim is not None
    return sign_again(request, claim, "sk")[0]


@pytest.mark.parametrize(("time", "signature", "token", "additional", "scope"), HEADER_VECTORS)
def test_header_vectors(time: int, signature: str, token: str, additional: str, scope: str) -> None:
    """A signature in the header comes out as in the SDK's vectors."""
    date = _iso(time)
    fields = f"Credential=ak/{date[:8]}/{scope}/aliyun_v4_request"
    # oss2 writes a space after the comma and the signature before the additional headers.
    authorization = f"OSS4-HMAC-SHA256 {fields}, Signature=ab"
    if additional:
        authorization += f", AdditionalHeaders={additional}"
    headers = {
        **HEADERS,
        "content-type": "text/plain",
        "x-oss-date": date,
        "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
        "authorization": authorization,
    }
    if token:
        headers["x-oss-security-token"] = token
    assert _signature_of(Request("PUT", "bucket", "1234+-/123/1.txt", QUERY, headers)) == signature


@pytest.mark.parametrize(("time", "signature", "token", "additional", "expires"), URL_VECTORS)
def test_url_vectors(time: int, signature: str, token: str, additional: str, expires: int) -> None:
    """A signature in the URL comes out as in the SDK's vectors."""
    date = _iso(time)
    query = {
        **QUERY,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"ak/{date[:8]}/cn-hangzhou/oss/aliyun_v4_request",
        "x-oss-date": date,
        "x-oss-expires": str(expires),
        "x-oss-signature": "ab",
    }
    if token:
        query["x-oss-security-token"] = token
    if additional:
        query["x-oss-additional-headers"] = additional
    headers = {**HEADERS, "content-type": "application/octet-stream"}
    assert _signature_of(Request("PUT", "bucket", "1234+-/123/1.txt", query, headers)) == signature


@pytest.mark.parametrize(
    ("host", "target", "bucket", "key"),
    [
        ("127.0.0.1:80", "/b-1/a%20b%2Bc+d", "b-1", "a b+c+d"),
        ("127.0.0.1:80", "/b-1/dir%2Ff//x/./y", "b-1", "dir/f//x/./y"),
        ("127.0.0.1:80", "/b-1/", "b-1", None),
        ("127.0.0.1:80", "/b-1", "b-1", None),
        ("127.0.0.1:80", "/", None, None),
        ("b-1.localhost:80", "/c%2520d", "b-1", "c%20d"),
        ("b-1.localhost", "/", "b-1", None),
        ("localhost", "/b-1/k", "b-1", "k"),
        ("b-1.elsewhere.example", "/b-2/k", "b-2", "k"),
    ],
)
def test_addressing(host: str, target: str, bucket: str | None, key: str | None) -> None:
    """The bucket is in a configured host, else in the path; the key is decoded once and not normalised."""
    request = read_request("GET", target, [("Host", host)], ["localhost"])
    assert (request.bucket, request.key) == (bucket, key)


def test_a_plus_is_a_space_only_in_a_query() -> None:
    """oss2 sends a space in a query as a plus, and means a plus in a path."""
    request = read_request("GET", "/b-1/a+b?prefix=a+b%2B&empty&x=1=2", [("Host", "h")], [])
    assert request.key == "a+b"
    assert request.query == {"prefix": "a b+", "empty": "", "x": "1=2"}
