"""What an error advises is true when it is read: after the last try."""

from __future__ import annotations

import re

import pytest
import requests
import urllib3

from oss_jupyter.errors import OssJupyterError, ServiceReply
from oss_jupyter.oss import advice, failures
from oss_jupyter.oss.advice import Asked, explain
from oss_jupyter.oss.advice_table import TABLE

# Nobody sends, reads or asks any more when an error is shown.
PROMISE = re.compile(r"\b(tried|sent|read|asked) again\b|goes on|by itself|nothing to change: it", re.IGNORECASE)
CHINESE = re.compile(r".*[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{3,}")
COMMAND = "sudo timedatectl set-ntp true"
ASKED = Asked("UploadPart", "bucket", "dir/key", "cn-hangzhou", "oss-cn-hangzhou.aliyuncs.com")


@pytest.mark.parametrize("code", [*TABLE, *advice._SPECIAL, "SomethingNew", ""])
@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_no_code_of_the_service_promises_another_try(code: str, status: int) -> None:
    """The words of a code are the same whether it is retried or not, so they speak of what is to be done afterwards."""
    for extras in ({}, {"Endpoint": "oss-cn-beijing.aliyuncs.com"}, {"ArgumentName": "x-oss-credential"}):
        what, todo = explain(ServiceReply(status, code, "A sentence.", extras=dict(extras)), ASKED)
        assert what
        assert todo
        assert not PROMISE.search(f"{what} {todo}")


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        ConnectionResetError(),
        ConnectionRefusedError(),
        urllib3.exceptions.ProtocolError("cut"),
        urllib3.exceptions.ConnectTimeoutError(),
        requests.exceptions.ProxyError(),
        requests.exceptions.ReadTimeout(),
        OSError(101, "Network is unreachable"),
    ],
    ids=repr,
)
def test_no_network_failure_promises_another_try(error: Exception) -> None:
    """The same for what has no code."""
    ours: OssJupyterError = failures.from_exception(error, "oss.test")
    assert ours.advice
    assert not PROMISE.search(f"{ours.what} {ours.advice}")


@pytest.mark.parametrize("asked", [ASKED, Asked()], ids=["known", "unknown"])
def test_every_code_is_explained_in_the_language_of_whoever_reads_it(
    monkeypatch: pytest.MonkeyPatch, asked: Asked
) -> None:
    """The table is made when the module is loaded, and its words are found when they are said."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    for code in (*TABLE, *advice._SPECIAL, "SomethingNew", ""):
        for extras in ({}, {"Endpoint": "oss-cn-beijing.aliyuncs.com"}, {"ArgumentName": "x-oss-credential"}):
            for sentence in explain(ServiceReply(400, code, "句子", extras=dict(extras)), asked):
                assert CHINESE.match(sentence), code
                assert not ENGLISH.search(sentence.replace(COMMAND, "")), sentence


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_what_nobody_knows_leaves_no_odd_sentence(monkeypatch: pytest.MonkeyPatch, spoken: str) -> None:
    """Where neither object nor host is known, sentences begin and are spaced as others are."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", spoken)
    told = [explain(ServiceReply(400, code, "", extras={}), Asked())[0] for code in (*TABLE, *advice._SPECIAL)]
    told += [failures.from_exception(error).what for error in (TimeoutError(), ConnectionRefusedError())]
    assert [one for one in told if one[:1].islower() or re.search(r"[\u4e00-\u9fff] [\u4e00-\u9fff]", one)] == []
    there_is_none = {"en": "There is no such object.", "zh": "对象不存在。"}[spoken]
    assert explain(ServiceReply(404, "NoSuchKey", "", extras={}), Asked())[0] == there_is_none
