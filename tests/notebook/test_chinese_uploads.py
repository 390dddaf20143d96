"""Uploads, commands and datasets in a kernel whose environment speaks Chinese: no sentence of ours is English."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .chinese import Situation, Stage, staged
from .kernels import Kernel

MIB = 1024 * 1024
UPLOAD = "%oss_upload trips.bin oss://test-bucket/{} --part-size 1MiB --parallel 1"
TWO_PARTS = "while t.snapshot().parts_done < 2: time.sleep(0.02)"

BEFORE = (
    Situation("nothing yet", "%oss_uploads", "没有上传"),
    Situation("an upload", UPLOAD.format("k") + " --wait", "已完成 · 8 MiB · "),
    Situation("its receipt", "t = oj.transfers()[-1]\nprint(t, t.result())\nt.result()", "8,388,608 字节"),
    Situation("there already", UPLOAD.format("k") + " --wait", "已存在，未发送任何内容"),
    Situation(
        "what may not be overwritten",
        "%oss_upload 1.jpg oss://test-bucket/k --forbid-overwrite --wait",
        "FileAlreadyExists",
    ),
    Situation("history", "%oss_uploads history", "结束时间（UTC）"),
    Situation("history of one", "h = oj.history()[0]\nprint(h)\nh", "trips.bin"),
)
SLOWLY = (
    Situation("one runs", f"t = {UPLOAD.format('slow')}\n{TWO_PARTS}\nt", " / 8 MiB"),
    Situation("one waits for its turn", f"u = {UPLOAD.format('next')}\nu", "排队中"),
    Situation("its place", "%oss_uploads", "排队中，第 1 位"),
    Situation("one is shown", "%oss_uploads show {t.id}", "传输中"),
    Situation("the panel of a terminal", "%oss_panel", "编号"),
    Situation("a limit", "t.set_limit('1MiB')\nt", " / 8 MiB"),
    Situation("all pause", "%oss_uploads pause all", "状态为“已暂停”"),
    Situation("paused ones", "%oss_uploads\n%oss_uploads show {t.id}", "已在 OSS 中"),
    Situation("one goes on", "%oss_uploads resume {t.id}", " / 8 MiB"),
    Situation("one is given up", "%oss_uploads abort {u.id}", "已放弃"),
    Situation("one is forgotten", "%oss_uploads pause {t.id}\n%oss_uploads abort {t.id} --forget", "碎片管理"),
    Situation("the list is cleaned", "%oss_uploads clean", "已从列表中移除"),
    Situation("an unknown one", "%oss_uploads resume nobody", "没有编号以 'nobody' 开头的上传"),
    Situation("too late", "t.pause()", "TransferStateError"),
)
DATASETS = (
    Situation("a plan", "p = %oss_upload photos oss://test-bucket/p/ --dry-run\nprint(repr(p))\np", "预计请求数"),
    Situation("a dataset", "d = %oss_upload photos oss://test-bucket/p/ --wait\nd", "已发送 3 个"),
    Situation("its receipt", "print(d, d.result())\nd.result()", "已发送"),
    Situation("nothing to do", "%oss_upload photos oss://test-bucket/p/ --wait", "全部 3 个文件均已存在"),
    Situation("a plan of nothing", "%oss_upload photos oss://test-bucket/p/ --dry-run", "跳过"),
    Situation("how it stands", "%oss_uploads\n%oss_uploads show {d.id}", "文件数"),
    Situation(
        "a file is refused",
        "%oss_upload photos oss://test-bucket/q/ --wait",
        "失败 1 个",
        (Fault("PutObject", key="q/1.jpg", code="AccessDenied", status=403, times=None),),
    ),
    Situation("what failed", "d = oj.transfers()[-1]\nprint(d.result())\nd.result()", "失败 1 个"),
    Situation("how that stands", "%oss_uploads\n%oss_uploads show {d.id}", "重试失败的文件"),
    Situation("nothing in it", "%oss_upload empty oss://test-bucket/e/ --wait", "NothingToUpload"),
    Situation(
        "two files, one key", "oj.upload(['photos/1.jpg', 'others/1.jpg'], 'oss://test-bucket/p/').result()", "1.jpg"
    ),
    Situation("a path that leads nowhere", "%oss_upload photos nowhere oss://test-bucket/p/ --wait", "SourceMissing"),
    Situation("a link to a folder that is not there", "%oss_upload broken oss://test-bucket/b/ --wait", "失败 1 个"),
    Situation("a plan with it", "%oss_upload broken oss://test-bucket/b/ --dry-run", "无法发送"),
    Situation("no file of this kind", "%oss_upload 'photos/*.csv' oss://test-bucket/e/ --wait", "没有"),
)


@pytest.fixture
def files(data: Path) -> Path:
    """The folder of the notebook, with a file of eight parts and some folders."""
    for name in ("photos/1.jpg", "photos/2.jpg", "photos/说明.txt", "others/1.jpg", "broken/1.jpg", "1.jpg"):
        path = data.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(os.urandom(1000))
    (data.parent / "broken" / "2.jpg").symlink_to("nowhere")
    (data.parent / "empty").mkdir()
    return data.parent


def test_uploads(stage: Stage, files: Path, subtests: pytest.Subtests) -> None:
    """The list, an upload from its first line to its receipt, and what is done with those that run."""
    staged(BEFORE, stage, subtests)
    stage.service.rate_bytes_per_second = MIB
    stage.kernel.run("%config OssJupyter.uploads_at_once = 1")
    staged(SLOWLY, stage, subtests)


def test_datasets(stage: Stage, files: Path, subtests: pytest.Subtests) -> None:
    """A folder: what would be done, what was done, and what went wrong."""
    staged(DATASETS, stage, subtests)


def test_after_a_restart(
    chinese: Sandbox, new_kernel: Callable[..., Kernel], files: Path, subtests: pytest.Subtests
) -> None:
    """The next kernel says what it finds, and goes on with it; an upload that outlives its kernel is found, too."""
    chinese.rate_bytes_per_second = MIB
    first = Stage(new_kernel(), chinese)
    outlives = "b = oj.upload('trips.bin', 'oss://test-bucket/b', part_size='1MiB', parallel=1, detach=True)\nb"
    with subtests.test("one that outlives the kernel"):
        first.show(Situation("one that outlives the kernel", outlives, "trips.bin"))
    first.kernel.run(f"t = {UPLOAD.format('slow')}\n{TWO_PARTS}\nwhile b.snapshot().parts_done < 1: time.sleep(0.02)")
    second = Stage(new_kernel(), chinese)
    with subtests.test("one that another kernel drives"):
        again = "oj.upload('trips.bin', 'oss://test-bucket/slow', part_size='1MiB').result()"
        second.show(Situation("one that another kernel drives", again, "TransferBusy"))
    first.kernel.kill()
    with subtests.test("the banner"):
        second.show(Situation("the banner", "%reload_ext oss_jupyter", "1 个未完成的上传"))
    chinese.rate_bytes_per_second = None
    staged(
        (
            Situation("what is left", "%oss_uploads", "另一个内核正在执行此上传"),
            Situation(
                "what goes on", "b = [t for t in oj.transfers() if t.snapshot().target.key == 'b'][0]\nb", "trips.bin"
            ),
            Situation("all go on", "%oss_uploads resume all\n%oss_uploads wait all", "已完成"),
            Situation(
                "what was kept", "print(*(t.result() for t in oj.transfers()))\noj.transfers()[0].result()", "保留"
            ),
        ),
        second,
        subtests,
    )
