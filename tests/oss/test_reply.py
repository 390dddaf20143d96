"""The service's error document: what is believed, and what never comes out of it."""

from __future__ import annotations

import base64

import pytest

from oss_jupyter.oss.reply import read_reply
from oss_jupyter.redact import clean, scrub

DOCUMENT = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>NoSuchUpload</Code><Message>The upload is gone.</Message><RequestId>5C3D9175B6FC201293AD4890</RequestId>
  <HostId>b.oss-cn-hangzhou.aliyuncs.com</HostId><UploadId>0004B9</UploadId><EC>0042-00000203</EC>
  <RecommendDoc>https://api.aliyun.com/troubleshoot?q=0042-00000203</RecommendDoc>
</Error>"""


def test_a_document_becomes_facts() -> None:
    """Every later decision reads these fields, so each element lands in its own."""
    reply = read_reply(404, {}, DOCUMENT)

    assert (reply.status, reply.code, reply.message) == (404, "NoSuchUpload", "The upload is gone.")
    assert (reply.ec, reply.request_id) == ("0042-00000203", "5C3D9175B6FC201293AD4890")
    assert reply.host_id == "b.oss-cn-hangzhou.aliyuncs.com"
    assert reply.advice_url == "https://api.aliyun.com/troubleshoot?q=0042-00000203"
    assert reply.extras == {"UploadId": "0004B9"}


def test_the_reply_to_a_head_has_its_document_in_a_header() -> None:
    """A HEAD has no body, and without the header its reason would be lost."""
    reply = read_reply(404, {"x-oss-err": base64.b64encode(DOCUMENT).decode()}, b"")

    assert reply.code == "NoSuchUpload"


def test_json_documents_are_read_too() -> None:
    """Some gateways answer in JSON, and their code counts as well."""
    reply = read_reply(400, {}, b'{"Error": {"Code": "InvalidArgument", "Message": "no"}}')

    assert (reply.code, reply.message) == ("InvalidArgument", "no")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        b"<Error><Code>Half",
        b"{ not json",
        b"[1]",
        b'{"a":' * 12_000,
        b"<Fehler><Error/><Code>X</Code></Fehler>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Error><Code>&b;</Code></Error>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Error><Code>X</Code></Error>',
        b"<Error><Code>X</Code>" + b" " * 70_000 + b"</Error>",
    ],
)
def test_what_is_no_error_document_leaves_the_facts_of_the_headers(body: bytes) -> None:
    """Rubbish, bombs and half documents are survived, and the request id is kept."""
    reply = read_reply(502, {"X-Oss-Request-Id": "R", "x-oss-ec": "E"}, body)

    assert (reply.code, reply.message, reply.request_id, reply.ec) == ("", "", "R", "E")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x-oss-qos-delay-time": "1500"}, 1.5),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:26:30 GMT"}, 90.0),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Thu, 22 Oct 2026 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "Thu, 31 Dec 9999 23:59:60 -2400", "Date": "now"}, None),
        ({"Retry-After": "Wed, 99 Oct 2026"}, None),
        ({"Retry-After": "3600"}, 3600.0),
        ({"Retry-After": "9" * 400}, 1e9),
        ({"Retry-After": "9" * 6000}, 1e9),
        ({"x-oss-qos-delay-time": "9" * 400}, 1e6),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1e9"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "\u0663"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
)
def test_the_service_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    """Numbers and dates are understood, whatever their size; what is neither asks for nothing."""
    assert read_reply(503, headers, b"").retry_after_seconds == seconds


def test_nothing_secret_of_the_document_survives() -> None:
    """The service quotes the request, signature and token included; we do not."""
    body = b"""<Error><Code>SignatureDoesNotMatch</Code><Message>The key LTAI5tSecretKeyId is wrong</Message>
    <OSSAccessKeyId>LTAI5tSecretKeyId</OSSAccessKeyId><SignatureProvided>c2lnbmF0dXJl</SignatureProvided>
    <StringToSign>PUT x-oss-security-token:CAIShush</StringToSign><StringToSignBytes>50 55</StringToSignBytes>
    <SecurityToken>CAIShush</SecurityToken><ArgumentName>x-oss-credential</ArgumentName>
    <ArgumentValue>LTAI5tSecretKeyId/2026</ArgumentValue></Error>"""

    shown = repr(read_reply(403, {}, body))

    for secret in ("LTAI5t", "c2lnbmF0dXJl", "CAIShush", "50 55"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        ("GET https://b.oss.test/k?x-oss-signature=abc&x=1 failed", "https://b.oss.test/k", "abc"),
        ("Max retries exceeded with url: /b/k?Signature=abc%3D (Caused by", "/b/k", "abc%3D"),
        ("token STS.NUabcdef1234 expired", "expired", "NUabcdef"),
        ("x-oss-security-token: CAISabc rest", "rest", "CAISabc"),
    ],
)
def test_texts_lose_queries_ids_and_tokens(text: str, kept: str, gone: str) -> None:
    """A foreign error's text can be shown without a signed URL in it."""
    assert kept in clean(text)
    assert gone not in clean(text)


def test_texts_of_unknown_origin_lose_everything_that_looks_like_a_key() -> None:
    """A provider's words are readable afterwards, and its secret is not."""
    assert scrub("bad secret k3J9aPq0Zx7LmN2vT8wYb4 for oss-cn-hangzhou.aliyuncs.com") == (
        "bad secret … for oss-cn-hangzhou.aliyuncs.com"
    )
