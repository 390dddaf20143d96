"""The way to the service, staged for real: proxies, certificates, names, and what is no OSS."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

import oss_jupyter as oj
from oss_jupyter.checks.network import look_at_network
from oss_jupyter.errors import NetworkError
from oss_jupyter.model.finding import Standing
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.sandbox import Key, Sandbox

from .conftest import KEY, Look, named

OUTSIDE = EndpointSettings(endpoint="https://oss-cn-hangzhou.aliyuncs.invalid", region="cn-hangzhou")


@pytest.fixture
def refusing_proxy() -> Iterator[int]:
    """The port of a proxy that lets nobody through."""
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=refuse, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


def test_an_upload_that_fails_on_its_way_says_more(
    look: Look, sandbox: Sandbox, refusing_proxy: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A failure of the network is followed by a note on the way: here which proxy it was, and who names it."""
    (tmp_path / "a.bin").write_bytes(b"x" * 1000)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:open-sesame@127.0.0.1:{refusing_proxy}")
    transfer = oj.upload("a.bin", "oss://test-bucket/a.bin", region="cn-hangzhou", credentials=KEY, retries=0)
    with pytest.raises(NetworkError):
        transfer.result(60)
    until = time.monotonic() + 20
    while not (notes := transfer.snapshot().notes) and time.monotonic() < until:
        time.sleep(0.05)
    assert f"127.0.0.1:{refusing_proxy}, named by HTTPS_PROXY, which did not let this one through" in notes[-1]
    assert "open-sesame" not in str(notes)


def test_a_proxy_that_refuses(look: Look, refusing_proxy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said which one is asked, and that it did not let the request through; its password is not."""
    port = refusing_proxy
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:open-sesame@127.0.0.1:{port}")
    check = look(endpoint="https://oss-cn-hangzhou.aliyuncs.com")
    named(check, "proxy", f"127.0.0.1:{port}", "HTTPS_PROXY", "did not let this one through")
    assert "open-sesame" not in str(check)


def test_a_certificate_that_is_not_trusted(look: Look, tmp_path: Path) -> None:
    """It is refused, and ca_bundle is what helps."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = (str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    with Sandbox(tmp_path / "tls", keys=[Key(*KEY)], tls=tls) as secure:
        secure.create_bucket("test-bucket")
        named(look(endpoint=secure.endpoint), "certificate", "is not trusted", "ca_bundle")
        assert "over TLS" in look(endpoint=secure.endpoint, ca_bundle=str(tmp_path / "ca.pem"))["connection"].text


def test_a_host_that_is_not_there(look: Look) -> None:
    """A name that nobody knows is told as such, and nothing behind it is asked."""
    check = look(endpoint="https://oss-nowhere.invalid")
    named(check, "name", "oss-nowhere.invalid cannot be found")
    assert "PutObject" not in check


def test_a_service_that_is_not_oss(look: Look) -> None:
    """What answers without the service's marks is somebody else."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    threading.Thread(target=answer, daemon=True).start()
    named(look(endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}"), "connection", "not the OSS service")
    listener.close()


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"https_proxy": "dead", "HTTPS_PROXY": "other", "http_proxy": "other"}, "https_proxy"),
        ({"http_proxy": "other", "HTTPS_PROXY": "dead"}, "HTTPS_PROXY"),
        ({"http_proxy": "other", "ALL_PROXY": "dead"}, "ALL_PROXY"),
        ({"all_proxy": "other", "HTTPS_PROXY": "dead"}, "HTTPS_PROXY"),
        ({"https_proxy": "", "HTTPS_PROXY": "other", "all_proxy": "dead"}, "all_proxy"),
    ],
)
def test_the_variable_that_counts_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], names: str
) -> None:
    """Of several variables the one whose proxy is asked is named, and that proxy."""
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, host in variables.items():
        monkeypatch.setenv(name, f"http://127.0.0.1:{9 if host == 'dead' else 7}" if host else "")
    (finding,) = (one for one in look_at_network(OUTSIDE, time.time) if one.name == "proxy")
    assert f"127.0.0.1:9, named by {names}," in finding.text


def test_a_proxy_that_is_given_or_passed_by(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is given comes before all variables; a variable that does not count for a host is said to be passed."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:7")
    given = look(endpoint=OUTSIDE.url, proxy="http://127.0.0.1:9")
    named(given, "proxy", "127.0.0.1:9, named by proxy=, which did not let this one through")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:7")
    assert "without a proxy, passing by the one that HTTP_PROXY names" in look()["proxy"].text
    monkeypatch.setenv("NO_PROXY", ".aliyuncs.invalid")
    past = look(endpoint=OUTSIDE.url)
    assert past["proxy"].standing is Standing.FINE
    assert "passing by the one that HTTPS_PROXY names" in past["proxy"].text
    named(past, "name", "cannot be found")
