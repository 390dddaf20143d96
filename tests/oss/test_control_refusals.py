"""What people meet when something is set wrongly: every refusal says which argument or place to look at.

All of them also prove that no key, token or signature is in the error, its repr, its traceback or its context.
"""

from __future__ import annotations

import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from oss_jupyter.errors import CertificateRefused, CredentialsError, NetworkError, OssJupyterError, ServiceError
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.sandbox import Key, Sandbox

TARGET = Target("test-bucket", "dir/data.bin")
PLAIN = ObjectOptions()
RIGHT = Credentials("test-key-id", "test-key-secret")
SECRETS = ("test-key", "wrong-secret", "sts-id", "CAIS-token", "x-oss-signature=", "x-oss-credential=", "hush")
ONCE = RetryPolicy(attempts=1)


@contextmanager
def reaching(
    settings: EndpointSettings, credentials: Callable[[], Credentials] = lambda: RIGHT
) -> Iterator[SdkControl]:
    control = SdkControl(settings, credentials, ONCE)
    try:
        yield control
    finally:
        control.close()


def at(sandbox: Sandbox, **how: Any) -> EndpointSettings:
    return EndpointSettings(**{"region": sandbox.region, "endpoint": sandbox.endpoint, **how})


def refusal(call: Callable[[], object]) -> OssJupyterError:
    with pytest.raises(OssJupyterError) as caught:
        call()
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error) + repr(vars(error))
    assert not [secret for secret in SECRETS if secret in shown]
    assert error.__context__ is None
    assert error.__cause__ is None
    return error


def test_a_wrong_secret_points_at_the_secret(sandbox: Sandbox) -> None:
    """Whoever pasted half a secret is sent to the variable that holds it."""
    with reaching(at(sandbox), lambda: Credentials("test-key-id", "wrong-secret")) as control:
        error = refusal(lambda: control.initiate(TARGET, PLAIN))

    assert error.code == "SignatureDoesNotMatch"
    assert "OSS_ACCESS_KEY_SECRET" in error.advice


def test_an_unknown_key_points_at_the_key_id(sandbox: Sandbox) -> None:
    """Whoever mixed up the two halves is sent to the id, not to the secret."""
    with reaching(at(sandbox), lambda: Credentials("nobody", "wrong-secret")) as control:
        error = refusal(lambda: control.initiate(TARGET, PLAIN))

    assert error.code == "InvalidAccessKeyId"
    assert "OSS_ACCESS_KEY_ID" in error.advice


def test_with_put_permission_alone_parts_go_through_and_listing_names_what_is_missing(sandbox: Sandbox) -> None:
    """The error can be handed to whoever grants permissions."""
    sandbox.keys.put(Key("sts-id", "secret", permissions=frozenset({"oss:PutObject"})))
    with reaching(at(sandbox), lambda: Credentials("sts-id", "secret")) as control:
        upload_id = control.initiate(TARGET, PLAIN)
        error = refusal(lambda: control.list_parts(TARGET, upload_id))

    assert error.code == "AccessDenied"
    assert "oss://test-bucket/dir/data.bin" in error.what
    assert "oss:ListParts on acs:oss:*:*:test-bucket/*" in error.advice


def test_an_unknown_bucket_is_named_with_its_region(sandbox: Sandbox) -> None:
    """A typo in the bucket or the region is seen at once."""
    with reaching(at(sandbox)) as control:
        error = refusal(lambda: control.initiate(Target("no-such-bucket", "k"), PLAIN))

    assert error.what == "The bucket 'no-such-bucket' does not exist in cn-hangzhou."


def test_a_bucket_of_another_region_is_answered_with_the_arguments_to_use(sandbox: Sandbox) -> None:
    """The user can copy the arguments that work."""
    sandbox.create_bucket("far-bucket", "cn-beijing")
    with reaching(at(sandbox)) as control:
        error = refusal(lambda: control.initiate(Target("far-bucket", "k"), PLAIN))

    assert error.advice == 'Use endpoint="oss-cn-beijing.aliyuncs.com", region="cn-beijing".'


def test_signing_for_another_region_points_at_the_region(sandbox: Sandbox) -> None:
    """The service's word for it, InvalidArgument, would leave the user to guess."""
    with reaching(at(sandbox, region="cn-beijing")) as control:
        error = refusal(lambda: control.initiate(TARGET, PLAIN))

    assert "cn-beijing" in error.what
    assert "region=" in error.advice


def test_an_expired_token_is_over_as_soon_as_the_provider_has_another(sandbox: Sandbox) -> None:
    """The provider is asked anew, so nobody has to make a new transfer."""
    sandbox.keys.put(Key("sts-id", "secret", "CAIS-token", expires_at=time.time() - 1))
    keys = iter([Credentials("sts-id", "secret", "CAIS-token"), RIGHT])
    with reaching(at(sandbox), keys.__next__) as control:
        error = refusal(lambda: control.initiate(TARGET, PLAIN))
        upload_id = control.initiate(TARGET, PLAIN)

    assert error.code == "SecurityTokenExpired"
    assert upload_id


def test_a_wrong_clock_is_corrected_and_remarked_in_minutes(tmp_path: Path) -> None:
    """The first refusal tells the service's time, so the request is made again with it, and nothing is raised."""
    with Sandbox(tmp_path, keys=[Key("test-key-id", "test-key-secret")], clock=lambda: time.time() + 3600) as sandbox:
        sandbox.create_bucket("test-bucket")
        with reaching(at(sandbox)) as control:
            assert control.initiate(TARGET, PLAIN)
            (remark,) = control.remarks

    assert remark.startswith("This computer's clock is 60 minutes behind")


def test_an_invalid_part_number_is_shown(sandbox: Sandbox) -> None:
    """Completing an upload that is gone says so, and is not mistaken for bad parts."""
    with reaching(at(sandbox)) as control:
        error = refusal(lambda: control.complete(TARGET, "gone", [(1, "0" * 32)], PLAIN))

    assert error.code == "NoSuchUpload"


def test_a_provider_that_fails_is_asked_once_and_its_words_are_kept(sandbox: Sandbox) -> None:
    """Only the provider knows what to do, and a slow one is not asked again and again."""
    asked = []

    def failing() -> Credentials:
        asked.append(1)
        raise CredentialsError("The vault is closed.", "Open it.")

    with reaching(at(sandbox), failing) as control:
        for call in (lambda: control.initiate(TARGET, PLAIN), lambda: control.sign_part(TARGET, "ID", 1, PLAIN)):
            assert refusal(call).what == "The vault is closed."
        assert refusal(control.credentials_version).what == "The vault is closed."

    assert len(asked) == 3


def test_an_endpoint_that_is_down_refuses_the_connection(sandbox: Sandbox) -> None:
    """The host and the port that were tried stand in the error."""
    sandbox.stop()
    with reaching(at(sandbox)) as control:
        error = refusal(lambda: control.initiate(TARGET, PLAIN))

    assert type(error) is NetworkError
    assert error.code == "ConnectionRefused"
    assert f"127.0.0.1:{sandbox.port}" in error.what


def test_a_host_that_cannot_be_found_is_named_without_the_url() -> None:
    """A misspelt endpoint is seen, and nothing of the request is."""
    with reaching(EndpointSettings(region="cn-hangzhou", endpoint="http://nowhere.invalid")) as control:
        error = refusal(lambda: control.list_parts(TARGET, "SECRETID"))

    assert error.code == "HostNotFound"
    assert "test-bucket.nowhere.invalid" in error.what
    assert "SECRETID" not in str(error)


def test_a_server_that_never_answers_is_given_up() -> None:
    """A silent server ends in an error that is retried, not in a kernel that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = EndpointSettings(
            region="cn-hangzhou", endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", read_timeout_seconds=0.05
        )
        with reaching(settings) as control:
            error = refusal(lambda: control.initiate(TARGET, PLAIN))

    assert error.code == "Stalled"


@pytest.fixture
def tls_sandbox(tmp_path: Path) -> Iterator[tuple[Sandbox, str]]:
    """A sandbox with TLS, and the file of the authority that signed its certificate."""
    authority, files = trustme.CA(), [str(tmp_path / name) for name in ("ca.pem", "cert.pem", "key.pem")]
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(files[0])
    certificate.cert_chain_pems[0].write_to_path(files[1])
    certificate.private_key_pem.write_to_path(files[2])
    keys = [Key("test-key-id", "test-key-secret")]
    with Sandbox(tmp_path / "data", keys=keys, tls=(files[1], files[2])) as running:
        running.create_bucket("test-bucket")
        yield running, files[0]


def test_a_certificate_that_is_not_trusted_points_at_ca_bundle(tls_sandbox: tuple[Sandbox, str]) -> None:
    """The advice to a user behind an inspecting proxy works when followed."""
    sandbox, authority = tls_sandbox
    with reaching(at(sandbox)) as control:
        error = refusal(lambda: control.initiate(TARGET, PLAIN))
    with reaching(at(sandbox, ca_bundle=authority)) as control:
        upload_id = control.initiate(TARGET, PLAIN)

    assert isinstance(error, CertificateRefused)
    assert "ca_bundle=" in error.advice
    assert upload_id


def test_the_bundle_of_the_environment_counts_where_none_is_given(
    tls_sandbox: tuple[Sandbox, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What works for `requests` in the same notebook works here, and an argument wins over it."""
    sandbox, authority = tls_sandbox
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority)
    with reaching(at(sandbox)) as control:
        assert control.initiate(TARGET, PLAIN)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    with reaching(at(sandbox, ca_bundle=authority)) as control:
        assert control.initiate(TARGET, PLAIN)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with reaching(at(sandbox)) as control:
        assert "REQUESTS_CA_BUNDLE" in refusal(lambda: control.initiate(TARGET, PLAIN)).advice


def test_speaking_tls_to_a_server_without_it_is_no_matter_of_certificates() -> None:
    """Nobody is sent to look for a certificate where the scheme is wrong."""
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            with plain.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        endpoint = f"https://127.0.0.1:{plain.getsockname()[1]}"
        with reaching(EndpointSettings(region="cn-hangzhou", endpoint=endpoint)) as control:
            error = refusal(lambda: control.initiate(TARGET, PLAIN))
        thread.join()

    assert error.code == "TlsFailed"


def test_an_entry_in_netrc_does_not_replace_the_signature(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that somebody keeps for the host would make each request anonymous."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password hush\n", "utf-8")
    monkeypatch.setenv("NETRC", str(netrc))

    with reaching(at(sandbox)) as control:
        assert control.initiate(TARGET, PLAIN)


class _Stranger(BaseHTTPRequestHandler):
    """Answers everything like a login page, and sets a cookie."""

    status = 200

    def do_POST(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        self.send_response_only(self.status)
        self.send_header("Content-Length", "13")
        self.send_header("Set-Cookie", "session=1")
        self.end_headers()
        self.wfile.write(b"<html></html>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def stranger(status: int) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """A server that is not OSS: its URL, and what it is asked."""
    server = HTTPServer(("127.0.0.1", 0), type("_Answer", (_Stranger,), {"status": status}))
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.asked  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, "NotOss"), (302, "HTTP 302"), (502, "HTTP 502")])
def test_a_login_page_is_not_taken_for_the_service(status: int, code: str) -> None:
    """A café's page is told as what it is, whatever its status, and its cookie is not kept."""
    with stranger(status) as (url, asked), reaching(EndpointSettings(region="x", endpoint=url)) as control:
        errors = [refusal(lambda: control.initiate(TARGET, PLAIN)) for _ in range(2)]

    assert [error.code for error in errors] == [code, code]
    assert "proxy" in errors[0].advice
    assert not [headers for _, headers in asked if "Cookie" in headers]


def test_the_proxy_is_asked_with_its_password_and_never_shown() -> None:
    """The proxy gets the password, the service its signature, and the error neither."""
    with stranger(407) as (url, asked):
        settings = EndpointSettings(
            region="cn-hangzhou", insecure_http=True, proxy=url.replace("http://", "http://user:hush@")
        )
        with reaching(settings) as control:
            error = refusal(lambda: control.initiate(TARGET, PLAIN))

    path, headers = asked[0]
    assert isinstance(error, ServiceError)
    assert path.startswith("http://test-bucket.oss-cn-hangzhou.aliyuncs.com/dir/data.bin?")
    assert headers["Proxy-Authorization"].startswith("Basic ")
    assert headers["Authorization"].startswith("OSS4-HMAC-SHA256 ")
    assert "/oss_jupyter/" in headers["User-Agent"]


def test_a_proxy_that_is_down_is_named_as_the_proxy() -> None:
    """Nobody looks for the fault at OSS, and the variable to change is named."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings = EndpointSettings(region="cn-hangzhou", proxy=f"http://user:hush@127.0.0.1:{port}")
    with reaching(settings) as control:
        error = refusal(lambda: control.initiate(TARGET, PLAIN))

    assert error.code == "ProxyFailed"
    assert "HTTPS_PROXY" in error.advice
