"""Help, settings, checks, leftovers and what is no file, in Chinese; and whose language counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.notebook.panel.common.channel import MESSAGE_TYPE
from oss_jupyter.sandbox import Fault, Sandbox

from .chinese import Situation, Stage, english_in, staged, told
from .kernels import Kernel

BROKEN = "def broken():\n    yield b'x' * 200000\n    raise RuntimeError('it broke')\noj.upload(broken(), 'oss://test-bucket/s').result()"
FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1]})\n"
LEAVE = """
import alibabacloud_oss_v2 as oss
config = oss.config.load_default()
config.credentials_provider = oss.credentials.EnvironmentVariableCredentialsProvider()
config.region, config.endpoint, config.use_path_style = os.environ['OSS_REGION'], os.environ['OSS_ENDPOINT'], True
oss.Client(config).initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket='test-bucket', key='left'))
"""
ASKED = "try:\n    oj.settings().{}\nexcept Exception as error: print(error)"
ASKED_FOR = (
    "PutObject", "GetObject", "HeadObject", "ListObjectsV2", "InitiateMultipartUpload", "ListParts",
    "AbortMultipartUpload", "ListMultipartUploads",
)  # fmt: skip
LEFT = "%oss_leftovers oss://test-bucket"
NO_ANSWER = "get_ipython().kernel.raw_input = lambda question: (print(question), 'n')[1]"
HELP = tuple(
    Situation(f"help of {name}", f"%oss_{name} --help", says)
    for name, says in {
        "upload": "位置参数：", "uploads": "选项：", "check": "选项：", "leftovers": "选项：",
        "panel": "显示全部上传", "sandbox": "选项：",
    }.items()
)  # fmt: skip
OTHERS = (
    *HELP,
    Situation("a wrong setting", ASKED.format("uploads_at_once = 65"), "65 无效"),
    Situation("a setting of another kind", ASKED.format("retries = 'many'"), "many"),
    Situation("credentials", "print(oj.credentials())\noj.credentials()", "不会自动过期"),
    Situation("a check", "%oss_check oss://test-bucket/raw/ trips.bin", "一切正常"),
    Situation("a check of no bucket", "%oss_check oss://no-such-bucket/raw/ --fast", "1 项有问题"),
    Situation(
        "a check of nobody", "%oss_check oss://test-bucket/raw/ --fast --endpoint http://127.0.0.1:9", "拒绝连接"
    ),
    Situation(
        "a check without rights",
        "%oss_check oss://test-bucket/raw/ trips.bin",
        "有问题",
        tuple(
            Fault(one, code="AccessDenied", status=403, times=None)
            for one in (
                "PutObject",
                "ListObjectsV2",
                "InitiateMultipartUpload",
                "GetObject",
                "HeadObject",
                "ListParts",
                "AbortMultipartUpload",
                "ListMultipartUploads",
            )
        ),
    ),
    Situation("cell output", "%%oss_upload oss://test-bucket/out.csv --wait\nprint('x')", "单元格的输出"),
    Situation("a cell that fails", "%%oss_upload oss://test-bucket/out.csv\n1 / 0", "单元格因 ZeroDivisionError 终止"),
    Situation("a table without a suffix", f"{FRAME}oj.upload(df, 'oss://test-bucket/t.xyz')", "没有说明应写成哪种格式"),
    Situation("a table", "%oss_upload df oss://test-bucket/t.csv --wait", "已完成"),
    Situation("a table in braces", "%oss_upload {df} oss://test-bucket/t.csv --wait", "%oss_upload df"),
    Situation("a stream that breaks", BROKEN, "因 RuntimeError 而中断"),
    Situation("no leftovers", LEFT.replace("test", "empty"), "没有未完成的上传"),
    Situation("leftovers", f"{LEAVE}\nget_ipython().run_line_magic('oss_leftovers', 'oss://test-bucket')", "left"),
    Situation("a question", f"{LEFT} remove --older-than 0s --force", "[y/N]"),
    Situation("removed ones", f"{LEFT} remove --older-than 0s --force --yes", "已从 OSS 删除 2 个"),
    Situation("the sandbox starts", "%oss_sandbox start", "沙箱"),
    Situation("the sandbox runs", "%oss_sandbox", "正在运行"),
    Situation("the sandbox stops", "%oss_sandbox stop", "沙箱已停止"),
    Situation("the sandbox is away", "%oss_sandbox", "没有正在运行的沙箱"),
    Situation("a file that is read", "import fsspec\nfsspec.open('oss://test-bucket/gone.csv').open()", "gone.csv"),
)


def test_other_magics(stage: Stage, data: Path, subtests: pytest.Subtests) -> None:
    """Help, settings, checks, leftovers, and what is no file."""
    stage.kernel.run(NO_ANSWER)
    stage.service.create_bucket("empty-bucket")
    staged(OTHERS, stage, subtests)


def test_the_page_counts_more_than_the_environment_and_the_setting_more_than_the_page(
    chinese: Sandbox, new_kernel: Callable[..., Kernel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page in Chinese is answered in Chinese by a kernel in English, and whoever chose English gets that."""
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    kernel = new_kernel()
    assert "There are no uploads." in told(kernel.run("%load_ext oss_jupyter\n%oss_uploads"))
    kernel.run("from oss_jupyter.notebook.panel.show import serve_lab\nserve_lab()")
    answer = kernel.control(MESSAGE_TYPE, {"id": "1", "command": "no such command", "page": "zh-CN"})
    assert english_in("\n".join(answer["error"])) == []
    assert "没有上传" in told(kernel.run("%oss_uploads"))
    assert "There are no uploads." in told(kernel.run('%config OssJupyter.language = "en"\n%oss_uploads'))
