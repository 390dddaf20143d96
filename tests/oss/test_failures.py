"""Foreign failures become ours, in words that say what to do, and without secrets."""

from __future__ import annotations

import errno
import pickle
import socket
import ssl
from pathlib import Path

import pytest
import requests
import urllib3

from oss_jupyter.errors import (
    CertificateRefused,
    CredentialsError,
    InputError,
    NetworkError,
    OssJupyterError,
    PartStopped,
    ServiceError,
    Stalled,
)
from oss_jupyter.oss import advice
from oss_jupyter.oss.advice import Asked
from oss_jupyter.oss.advice_table import TABLE
from oss_jupyter.oss.failures import from_exception, from_reply

SIGNED = "/bucket/key?x-oss-credential=LTAIabcdefgh&x-oss-signature=0123456789abcdef"
ASKED = Asked("UploadPart", "bucket", "dir/key", "cn-hangzhou", "oss-cn-hangzhou.aliyuncs.com")


def document(code: str, message: str = "A sentence.", **elements: str) -> bytes:
    extra = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items())
    return f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>RID</RequestId>{extra}</Error>".encode()


def as_requests_raises(reason: BaseException, kind: type[requests.RequestException]) -> requests.RequestException:
    """Wrap as urllib3 and requests do, with the signed URL in every text."""
    return kind(urllib3.exceptions.MaxRetryError(None, SIGNED, reason))  # type: ignore[arg-type]


@pytest.mark.parametrize(("verify_code", "word"), [(9, "clock"), (10, "clock"), (18, "ca_bundle")])
def test_a_certificate_out_of_time_names_the_clock(verify_code: int, word: str) -> None:
    """Not valid yet and expired are mostly the computer's date; a stranger's certificate is not."""
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    refused.verify_code, refused.verify_message = verify_code, "certificate is not yet valid"
    error = from_exception(as_requests_raises(refused, requests.exceptions.SSLError), "oss.test")
    assert isinstance(error, CertificateRefused)
    assert word in error.advice


def caused_by(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (as_requests_raises(ssl.SSLCertVerificationError(1, "self-signed"), requests.exceptions.SSLError),
         CertificateRefused, "CertificateRefused"),
        (as_requests_raises(ssl.SSLError(1, "wrong version number"), requests.exceptions.SSLError),
         NetworkError, "TlsFailed"),
        (as_requests_raises(urllib3.exceptions.ProxyError("no", OSError("407")), requests.exceptions.ProxyError),
         NetworkError, "ProxyFailed"),
        (as_requests_raises(socket.gaierror(-2, "Name or service not known"), requests.ConnectionError),
         NetworkError, "HostNotFound"),
        (as_requests_raises(ConnectionRefusedError(111, "refused"), requests.ConnectionError),
         NetworkError, "ConnectionRefused"),
        (as_requests_raises(urllib3.exceptions.ConnectTimeoutError(), requests.ConnectTimeout),
         NetworkError, "ConnectTimeout"),
        (as_requests_raises(caused_by(urllib3.exceptions.HTTPError(), TimeoutError()), requests.ReadTimeout),
         Stalled, "Stalled"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), NetworkError, "Unreachable"),
        (urllib3.exceptions.ProtocolError("aborted", ConnectionResetError(104, "reset")), NetworkError, "NetworkError"),
        (requests.exceptions.ChunkedEncodingError(), NetworkError, "NetworkError"),
        (TimeoutError(), Stalled, "Stalled"),
        (requests.exceptions.InvalidURL("bad"), InputError, "InputError"),
        (OSError("Could not find a suitable TLS CA certificate bundle, invalid path: x"), InputError, "InputError"),
        (ZeroDivisionError("division by zero"), OssJupyterError, "ZeroDivisionError"),
    ],
)  # fmt: skip
def test_each_exception_becomes_one_of_ours(error: Exception, kind: type[OssJupyterError], code: str) -> None:
    """Every foreign failure gets a kind that decides on retries, words, advice, and no signed URL."""
    ours = from_exception(error, "oss.test")

    assert type(ours) is kind
    assert ours.code == code
    assert ours.what
    assert ours.advice
    shown = str(ours) + repr(ours) + repr(vars(ours))
    assert "LTAI" not in shown
    assert "0123456789abcdef" not in shown


def test_one_of_ours_passes_through_whatever_wraps_it() -> None:
    """A stop from within a request body is still a stop after urllib3 has wrapped it."""
    stopped = PartStopped("The part was stopped.")

    assert from_exception(urllib3.exceptions.ProtocolError("x", stopped)) is stopped


def test_a_chain_that_bites_its_tail_ends() -> None:
    """Looking for the cause of an error never hangs."""
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first

    assert from_exception(first).code == "ValueError"


def test_exceptions_of_the_sdk_are_unwrapped() -> None:
    """The reason inside counts, or each failure of the SDK would look the same."""
    from alibabacloud_oss_v2 import exceptions

    told = dict.fromkeys(("code", "request_id", "message", "ec", "timestamp", "request_target"), "")
    service = exceptions.ServiceError(status_code=404, snapshot=document("NoSuchBucket"), headers={}, **told)
    fetch = exceptions.CredentialsFetchError(error=CredentialsError("none"))
    empty = exceptions.OperationError(name="X", error=exceptions.CredentialsEmptyError())
    garbled = exceptions.DeserializationError(error="Expect root tag")

    wrapped = from_exception(exceptions.OperationError(name="X", error=service), "h", ASKED)
    assert isinstance(wrapped, ServiceError)
    assert "bucket 'bucket'" in wrapped.what
    assert from_exception(exceptions.OperationError(name="X", error=fetch)).what == "none"
    assert isinstance(from_exception(empty), CredentialsError)
    assert from_exception(garbled).code == "NotOss"


def test_the_bucket_of_another_region_is_answered_with_the_arguments_to_change() -> None:
    """AccessDenied would send the user to the wrong person."""
    error = from_reply(403, {}, document("AccessDenied", Endpoint="oss-cn-beijing.aliyuncs.com"), ASKED)

    assert error.what == "The bucket 'bucket' is not in cn-hangzhou."
    assert error.advice == 'Use endpoint="oss-cn-beijing.aliyuncs.com", region="cn-beijing".'


def test_a_missing_permission_names_the_action_and_the_object() -> None:
    """The sentence can be copied into a policy."""
    error = from_reply(403, {}, document("AccessDenied", "You have no right."), ASKED)

    assert "oss://bucket/dir/key: You have no right." in error.what
    assert "oss:PutObject on acs:oss:*:*:bucket/*" in error.advice


def test_an_expired_url_is_no_missing_permission() -> None:
    """The same code means the clock here, and asking for permissions would help nobody."""
    error = from_reply(403, {}, document("AccessDenied", "Request has expired."), ASKED)

    assert "expired" in error.what
    assert "clock" in error.advice


@pytest.mark.parametrize(
    ("request_time", "words"), [("05:00:00", "30 minutes behind"), ("06:00:00", "30 minutes ahead")]
)
def test_a_wrong_clock_is_told_in_minutes(request_time: str, words: str) -> None:
    """The user learns by how much and in which direction, where the service tells it."""
    body = document(
        "RequestTimeTooSkewed", RequestTime=f"2026-01-02T{request_time}.000Z", ServerTime="2026-01-02T05:30:00.000Z"
    )

    assert words in from_reply(403, {}, body).what
    assert "15 minutes" in from_reply(403, {}, document("RequestTimeTooSkewed", RequestTime="?")).what


def test_an_invalid_argument_is_shown_with_its_value_and_braces_are_only_braces() -> None:
    """What the service quotes is text, never a template of ours."""
    error = from_reply(
        400, {}, document("InvalidArgument", "Not {so}.", ArgumentName="tag", ArgumentValue="{x}"), ASKED
    )

    assert "tag={x}: Not {so}." in error.what


def test_a_signature_for_another_region_says_which_argument_to_give() -> None:
    """The field that the service complains of is none that a user knows."""
    error = from_reply(400, {}, document("InvalidArgument", ArgumentName="x-oss-credential", ArgumentValue="x"), ASKED)

    assert "region=" in error.advice


def test_every_code_of_the_table_has_words_without_holes() -> None:
    """No error ends in half a sentence, known or not, whatever is known of the request."""
    for code in (*TABLE, *advice._SPECIAL, "SomethingNew"):
        for asked in (Asked(), ASKED):
            error = from_reply(400, {}, document(code), asked)
            assert error.what.endswith((".", "sentence.)")), code
            assert error.advice.endswith((".", "?", "below")), code
            assert "{" not in error.what + error.advice


def test_an_answer_that_is_not_from_the_service_says_so() -> None:
    """A gateway's page points at the proxy, not at OSS."""
    error = from_reply(502, {}, b"<html>Bad Gateway</html>")

    assert "not from the OSS service" in error.what
    assert "proxy" in error.advice
    assert error.code == "HTTP 502"


def test_the_code_line_carries_what_support_asks_for() -> None:
    """Code, EC and request id are in one line to copy."""
    body = document("AccessDenied", EC="0003-00000001")

    assert from_reply(403, {}, body).code_line == "AccessDenied · 0003-00000001 · RID"


def test_errors_survive_the_way_from_a_helper_process() -> None:
    """A failure in the helper has the same words and facts in the kernel."""
    error = from_reply(503, {"Retry-After": "2"}, document("ServiceUnavailable"))

    again = pickle.loads(pickle.dumps(error))

    assert isinstance(again, ServiceError)
    assert again.reply == error.reply
    assert str(again) == str(error)


def test_failures_are_told_apart_without_loading_the_sdk(tmp_path: Path) -> None:
    """The helper starts without the SDK's second of import."""
    import subprocess
    import sys

    code = (
        "import sys, oss_jupyter.oss.failures, oss_jupyter.oss.control; "
        "sys.exit(any(m in sys.modules for m in ('alibabacloud_oss_v2', 'requests')))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path).returncode == 0
