"""Requests that should not pass do not, and the answer says why."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import alibabacloud_oss_v2 as oss
import oss2
import pytest

from oss_jupyter.sandbox import Key, Sandbox

from .clients import (
    BUCKET,
    KEY_ID,
    KEY_SECRET,
    Wire,
    begin,
    finish,
    object_url,
    oss2_bucket,
    put_part,
    refusal,
    sdk_client,
)


def _refused(action: Callable[[], Any]) -> Any:
    with pytest.raises(oss.exceptions.OperationError) as error:
        action()
    return refusal(error)


def _put(client: Any) -> Any:
    return client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"x"))


@pytest.mark.parametrize("version", ["v4", "v1"])
def test_a_wrong_secret(sandbox: Sandbox, version: str) -> None:
    """A wrong secret is refused with what the client needs to find its mistake."""
    error = _refused(lambda: _put(sdk_client(sandbox, secret="wrong", signature_version=version)))
    assert (error.status_code, error.code) == (403, "SignatureDoesNotMatch")
    fields = error.error_fileds
    assert fields["OSSAccessKeyId"] == KEY_ID
    assert fields["StringToSign"].encode() == bytes.fromhex(fields["StringToSignBytes"])


def test_an_unknown_key(sandbox: Sandbox) -> None:
    """A key id that is not there, or was removed, is refused."""
    assert _refused(lambda: _put(sdk_client(sandbox, key_id="other"))).code == "InvalidAccessKeyId"
    sandbox.keys.remove(KEY_ID)
    assert _refused(lambda: _put(sdk_client(sandbox))).code == "InvalidAccessKeyId"


def test_a_key_may_change_while_requests_run(sandbox: Sandbox) -> None:
    """A new secret counts from the next request on."""
    old, new = sdk_client(sandbox), sdk_client(sandbox, secret="changed")
    _put(old)
    sandbox.keys.put(Key(KEY_ID, "changed"))
    _put(new)
    assert _refused(lambda: _put(old)).code == "SignatureDoesNotMatch"


def test_a_changed_header_breaks_the_signature(client: Any, wire: Wire) -> None:
    """A header that takes part in the signature cannot be added to a signed URL."""
    url = object_url(client)
    assert wire.send("PUT", url, b"x", x_oss_meta_added="1").status == 403
    assert wire.send("PUT", url, b"x", **{"User-Agent": "free"}).status == 200


def test_no_signature(wire: Wire) -> None:
    """Nobody may ask anonymously."""
    answer = wire.send("PUT", f"http://h/{BUCKET}/k", b"x")
    assert (answer.status, b"<Code>AccessDenied</Code>" in answer.body) == (403, True)


def test_another_region(sandbox: Sandbox) -> None:
    """A scope of another region is an invalid argument."""
    error = _refused(lambda: _put(sdk_client(sandbox, region="cn-shanghai")))
    assert (error.status_code, error.code) == (400, "InvalidArgument")
    assert error.error_fileds["ArgumentName"] == "x-oss-credential"


STS = Key("sts-id", "sts-secret", security_token="sts/token+1==", expires_at=None)


def _sts(sandbox: Sandbox, token: str | None = STS.security_token, **options: Any) -> Any:
    return sdk_client(sandbox, key_id=STS.access_key_id, secret=STS.access_key_secret, token=token, **options)


@pytest.mark.parametrize("version", ["v4", "v1"])
def test_a_temporary_key(sandbox: Sandbox, wire: Wire, version: str) -> None:
    """A temporary key works in the header and in a URL, and with oss2."""
    sandbox.keys.put(STS)
    client = _sts(sandbox, signature_version=version)
    _put(client)
    assert wire.send("PUT", object_url(client), b"x").status == 200
    auth = oss2.StsAuth(STS.access_key_id, STS.access_key_secret, STS.security_token, auth_version=version)
    bucket = oss2_bucket(sandbox, auth)
    bucket.put_object("k", b"x")
    assert wire.send("GET", bucket.sign_url("GET", "k", 60)).status == 200


def test_tokens_that_do_not_fit(sandbox: Sandbox) -> None:
    """A token must be there, be known, and belong to the key."""
    sandbox.keys.put(STS)
    sandbox.keys.put(Key("other-id", "other-secret", security_token="other-token"))
    assert _refused(lambda: _put(_sts(sandbox, token=None))).code == "InvalidAccessKeyId"
    assert _refused(lambda: _put(_sts(sandbox, token="made up"))).code == "InvalidSecurityToken"
    mixed = _refused(lambda: _put(_sts(sandbox, token="other-token")))
    assert mixed.code == "AccessKeyIdAndSecurityTokenNotMatch"
    assert _refused(lambda: _put(sdk_client(sandbox, token="any"))).code == "AccessKeyIdAndSecurityTokenNotMatch"


def test_an_expired_token_and_its_successor(sandbox: Sandbox) -> None:
    """An upload survives the end of its token: the upload id stays good for the next one."""
    sandbox.keys.put(STS)
    client = _sts(sandbox)
    upload_id = begin(client)
    sandbox.keys.put(Key("sts-id", "sts-secret", STS.security_token, expires_at=time.time() - 1))
    error = _refused(lambda: put_part(client, upload_id, 1, b"x"))
    assert (error.status_code, error.code, error.ec) == (403, "SecurityTokenExpired", "0002-00000007")
    sandbox.keys.put(Key("sts-id", "sts-secret", "next", expires_at=time.time() + 60))
    renewed = _sts(sandbox, token="next")
    finish(renewed, upload_id, {1: put_part(renewed, upload_id, 1, b"x").etag})


def test_permissions(sandbox: Sandbox) -> None:
    """With oss:PutObject alone an upload works, and nothing else does."""
    sandbox.keys.put(Key("narrow", "narrow", permissions=frozenset(["oss:PutObject"])))
    client = sdk_client(sandbox, key_id="narrow", secret="narrow")
    upload_id = begin(client)
    etag = put_part(client, upload_id, 1, b"x").etag
    listing = oss.ListPartsRequest(bucket=BUCKET, key="key", upload_id=upload_id)
    error = _refused(lambda: client.list_parts(listing))
    assert (error.code, error.error_fileds["AuthAction"]) == ("AccessDenied", "oss:ListParts")
    aborting = oss.AbortMultipartUploadRequest(bucket=BUCKET, key="key", upload_id=upload_id)
    assert _refused(lambda: client.abort_multipart_upload(aborting)).code == "AccessDenied"
    finish(client, upload_id, {1: etag})
    assert _refused(lambda: client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="key"))).code == "AccessDenied"
    listing_all = oss.ListMultipartUploadsRequest(bucket=BUCKET)
    assert _refused(lambda: client.list_multipart_uploads(listing_all)).code == "AccessDenied"


@pytest.mark.parametrize("version", ["v4", "v1"])
@pytest.mark.parametrize("offset_seconds", [-1000, 1000])
def test_a_wrong_clock(tmp_path: Any, version: str, offset_seconds: int) -> None:
    """A client whose clock is more than fifteen minutes off is told the server's time."""
    keys = [Key(KEY_ID, KEY_SECRET)]
    with Sandbox(tmp_path, keys=keys, clock=lambda: time.time() + offset_seconds) as sandbox:
        sandbox.create_bucket(BUCKET)
        error = _refused(lambda: _put(sdk_client(sandbox, signature_version=version)))
        assert (error.code, error.ec) == ("RequestTimeTooSkewed", "0002-00000504")
        assert error.error_fileds["MaxAllowedSkewMilliseconds"] == "900000"


@pytest.mark.parametrize("version", ["v4", "v1"])
def test_an_expired_url(tmp_path: Any, version: str) -> None:
    """A signed URL opens nothing after its time."""
    now = [time.time()]
    with Sandbox(tmp_path, keys=[Key(KEY_ID, KEY_SECRET)], clock=lambda: now[0]) as sandbox:
        sandbox.create_bucket(BUCKET)
        wire = Wire(sandbox)
        url = object_url(sdk_client(sandbox, signature_version=version))
        assert wire.send("PUT", url, b"x").status == 200
        now[0] += 901
        answer = wire.send("PUT", url, b"x")
        assert answer.status == 403
        assert b"Request has expired." in answer.body
        assert b"<Expires>" in answer.body
        assert b"<ServerTime>" in answer.body
        wire.close()


def test_a_url_from_the_future_and_one_too_long(client: Any, wire: Wire, sandbox: Sandbox) -> None:
    """V4 limits a URL's validity to seven days."""
    url = object_url(client).replace("x-oss-expires=900", "x-oss-expires=604801")
    answer = wire.send("PUT", url, b"x")
    assert (answer.status, answer.headers["x-oss-ec"]) == (400, "0002-00000232")


def test_nothing_secret_is_shown(sandbox: Sandbox) -> None:
    """Neither a key's repr nor the request log holds a secret, a token or a signature."""
    sandbox.keys.put(STS)
    _put(_sts(sandbox))
    shown = repr(STS) + repr(sandbox.requests) + repr(sandbox)
    for secret in (STS.access_key_secret, STS.security_token or "", "Signature", "ignature="):
        assert secret not in shown
    assert (
        hashlib.md5(b"x").hexdigest().upper()
        in sandbox.object_path(BUCKET, "k").parent.joinpath(hashlib.sha256(b"k").hexdigest() + ".json").read_text()
    )
