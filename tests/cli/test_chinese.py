"""Commands and scripts whose environment speaks Chinese: no sentence of ours is English."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox
from tests.notebook.chinese import english_in
from tests.notebook.conftest import chinese

from .conftest import MIB, PATIENCE_SECONDS, Typed, until_parts

__all__ = ["chinese"]

UPLOAD = ("upload", "trips.bin", "oss://test-bucket/k", "--part-size", "1MiB", "--parallel", "1")
BEGIN = "import oss_jupyter as oj\nt = oj.upload('trips.bin', 'oss://test-bucket/s', part_size='1MiB', parallel=1)\n"
# What is typed, its status, and a piece of what is told.
TYPED = (
    (("",), 2, "命令"),
    (("--help",), 0, "用法：oss-jupyter"),
    (("uplod", "trips.bin"), 2, "用法：oss-jupyter"),
    (UPLOAD, 0, "已完成"),
    (UPLOAD, 0, "已存在"),
    ((*UPLOAD, "--retries", "many"), 2, "--retries"),
    ((*UPLOAD, "--part-sise", "1MiB"), 2, "没有选项 --part-sise"),
    ((*UPLOAD[:4], "1KiB"), 2, "过小"),
    (("upload", "gone.bin", "oss://test-bucket/k"), 2, "SourceMissing"),
    (("upload", "trips.bin", "oss://no-such-bucket/k"), 1, "“no-such-bucket”不存在"),
    (("upload", "trips.bin"), 2, "target"),
    (("upload", "photos", "oss://test-bucket/p/"), 0, "已发送 2 个"),
    (("upload", "photos", "oss://test-bucket/p/", "--dry-run"), 0, "预计请求数"),
    (("list",), 0, "没有"),
    (("history",), 0, "结束时间（UTC）"),
    (("resume", "nobody"), 2, "nobody"),
    (("check", "oss://test-bucket/raw/", "--fast"), 0, "一切正常"),
    (("check", "oss://no-such-bucket/raw/", "--fast"), 1, "1 项有问题"),
    (("leftovers", "oss://test-bucket"), 0, "没有未完成的上传"),
    (("sandbox", "--status"), 1, "没有正在运行的沙箱"),
    (("sandbox", "--port", "many"), 2, "不是有效的端口"),
    (("sandbox", "--bucket", "X_"), 2, "不能作为存储空间名称"),
)


def test_commands(run: Callable[..., Typed], chinese: Sandbox, data: Path, subtests: pytest.Subtests) -> None:
    """Whatever is typed, what is told of it is Chinese."""
    (data.parent / "photos").mkdir()
    for name in ("1.jpg", "说明.txt"):
        (data.parent / "photos" / name).write_bytes(b"x" * 1000)
    for words, status, says in TYPED:
        with subtests.test(" ".join(words)):
            done = run(*filter(None, words))
            text = done.out + done.err
            assert (done.status, says in text, english_in(text)) == (status, True, []), text


def test_an_interrupt(begin: Callable[..., Typed], run: Callable[..., Typed], chinese: Sandbox, data: Path) -> None:
    """Ctrl-C says that the place is kept, the list names it, and pausing and giving up are told."""
    chinese.rate_bytes_per_second = 2 * MIB
    upload = begin(*UPLOAD)
    until_parts(chinese, 2)
    upload.signal(signal.SIGINT)
    assert "继续上传：oss-jupyter resume " in upload.err + upload.out
    listed = run("list")
    transfer_id = listed.out.splitlines()[1].split()[0]
    given_up = run("abort", transfer_id)
    for done, says in ((upload, "已在 OSS 中"), (listed, "trips.bin"), (given_up, "已放弃")):
        text = done.out + done.err
        assert says in text
        assert english_in(text) == [], text


@pytest.mark.parametrize(("bucket", "says"), [("test-bucket", "已完成"), ("no-such-bucket", "不存在")])
def test_the_end_of_a_script(chinese: Sandbox, data: Path, bucket: str, says: str) -> None:
    """What it waits for, and what became of it, are the last words of a script."""
    chinese.rate_bytes_per_second = 2 * MIB
    done = subprocess.run(
        [sys.executable, "-c", BEGIN.replace("test-bucket", bucket)],
        capture_output=True, encoding="utf-8", timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    assert says in done.stderr
    assert english_in(done.stderr) == [], done.stderr


def test_an_interrupted_script(chinese: Sandbox, data: Path) -> None:
    """Ctrl-C while it waits says how the upload goes on."""
    chinese.rate_bytes_per_second = MIB
    script = subprocess.Popen(
        [sys.executable, "-c", BEGIN], stderr=subprocess.PIPE, encoding="utf-8", stdin=subprocess.DEVNULL
    )
    try:
        until_parts(chinese, 1, "s")
        script.send_signal(signal.SIGINT)
        _, said = script.communicate(timeout=PATIENCE_SECONDS)
    finally:
        script.kill()
    assert "可保留进度并立即退出" in said
    assert english_in(said) == [], said
