"""A check speaks Chinese to people; what programs look up is the same in every language."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from oss_jupyter.checks.afterwards import Failed, look_afterwards
from oss_jupyter.errors import CredentialsError, NetworkError
from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.oss.endpoint import EndpointSettings

from .conftest import Look

HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak Chinese, as to somebody whose environment asks for it."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")


def test_the_table_is_chinese_and_its_names_stay_for_programs(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a row is translated for people; names and states in JSON, and those of `check[name]`, are not."""
    spoken = [(one.name, one.standing) for one in look().findings]
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    check = look()
    assert [(one.name, one.standing) for one in check.findings] == spoken
    assert [one["standing"] for one in check.to_dict()["findings"]] == [str(standing) for _, standing in spoken]
    for name, state, words in check.rows():
        assert HAN.search(name) or re.fullmatch(r"([A-Z][a-z]+){2,3}", name), name  # or a permission of the service
        assert HAN.search(state), state
        assert HAN.search(words), words


@pytest.fixture
def proxy() -> Iterator[int]:
    """The port of a proxy behind which the service answers everything."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 403 Forbidden\r\nx-oss-request-id: 1\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


@pytest.mark.usefixtures("in_chinese")
def test_a_proxy_is_told_after_a_failure_in_any_language(proxy: int) -> None:
    """Through which proxy requests go is known by the settings, and not by an English word in what is said."""

    def who() -> CredentialsFound:
        raise CredentialsError("")

    settings = EndpointSettings(
        endpoint="http://oss-cn-hangzhou.aliyuncs.invalid",
        region="cn-hangzhou",
        insecure_http=True,
        proxy=f"http://127.0.0.1:{proxy}",
    )
    said = look_afterwards(Failed(NetworkError(""), settings, who, None))
    assert f"请求经过代理 127.0.0.1:{proxy}" in said
