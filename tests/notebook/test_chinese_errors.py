"""What goes wrong in a kernel whose environment speaks Chinese: no sentence of ours is English."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from oss_jupyter.sandbox import Fault, Key, Sandbox

from .chinese import Situation, Stage, staged
from .kept import leave

MIB = 1024 * 1024
# Until the note has stood for a while: the old one goes when it is resumed.
RESUMED = """
oj.resume(t.id)
stood = 0
while stood < 10:
    stood = stood + 1 if t.snapshot().notes else 0
    time.sleep(0.05)
t
"""
NO_KEY = """
for name in [one for one in os.environ if one.startswith("OSS_ACCESS")]:
    del os.environ[name]
oj.upload("trips.bin", "oss://test-bucket/none").result()
"""
UPLOAD = "oj.upload('trips.bin', 'oss://test-bucket/{}', part_size='1MiB', parallel=1{}).result()"


def refused(*operations: str, code: str = "AccessDenied", status: int = 403) -> tuple[Fault, ...]:
    return tuple(Fault(operation, code=code, status=status, times=None) for operation in operations)


MISUSED = (
    Situation("a file that is not there", "%oss_upload gone.bin oss://test-bucket/k", "文件 "),
    Situation(
        "an option that is not there",
        "%oss_upload trips.bin oss://test-bucket/k --part-sise 1MiB",
        "没有选项 --part-sise",
    ),
    Situation("no target", "%oss_upload trips.bin", "缺少必需的参数：target"),
    Situation("no address", "%oss_upload trips.bin /tmp/k", "不是 OSS 地址"),
    Situation("another service", "oj.upload('trips.bin', 's3://bucket/k')", "不是 OSS 地址"),
    Situation("parts too small", "%oss_upload trips.bin oss://test-bucket/k --part-size 1KiB", "过小"),
    Situation("parts too large", "%oss_upload trips.bin oss://test-bucket/k --part-size 6GiB", "过大"),
    Situation("a size that is none", "%oss_upload trips.bin oss://test-bucket/k --part-size much", "不是有效的大小"),
    Situation("an argument mistyped", "oj.upload('trips.bin', 'oss://test-bucket/k', paralel=2)", "parallel 吗"),
    Situation("a bucket's name", "%oss_upload trips.bin oss://Test_Bucket/k", "不能作为存储空间名称"),
    Situation("an unknown profile", "%oss_upload trips.bin oss://test-bucket/k --profile nobody", "配置 nobody 不可用"),
    Situation("an unknown id", "oj.resume('nobody')", "没有编号以 'nobody' 开头的上传"),
    Situation(
        "an unknown variable", "%oss_upload trips.bin oss://test-bucket/k --credentials nobody", "不存在该名称的变量"
    ),
    Situation("a wrong acl", "%oss_upload trips.bin oss://test-bucket/k --acl everybody", "everybody 无效"),
    Situation("a number", "oj.upload(42, 'oss://test-bucket/k')", "int 类型的值"),
    Situation(
        "too early", "t = oj.upload('trips.bin', 'oss://test-bucket/z')\nt.wait()\nt.pause()\nt.abort()", "无法暂停"
    ),
)
REFUSED = (
    Situation("no such bucket", "%oss_upload trips.bin oss://no-such-bucket/k --wait", "“no-such-bucket”不存在"),
    Situation("a wrong secret", UPLOAD.format("k", ", credentials=('test-key-id', 'wrong')"), "签名校验失败"),
    Situation("a wrong key", UPLOAD.format("k", ", credentials=('nobody', 'wrong')"), "访问密钥不存在"),
    Situation("no right to begin", UPLOAD.format("k1", ""), "请联系账号管理员授予", refused("InitiateMultipartUpload")),
    Situation("no right to send", UPLOAD.format("k2", ""), "当前凭证没有权限", refused("UploadPart")),
    Situation("no right to complete", UPLOAD.format("k3", ""), "当前凭证没有权限", refused("CompleteMultipartUpload")),
    Situation(
        "no right to put",
        "%oss_upload photo.jpg oss://test-bucket/p --wait",
        "oss:PutObject 权限",
        refused("PutObject"),
    ),
    Situation(
        "no right to look", UPLOAD.format("k4", ""), "发送时逐个校验分片", refused("HeadObject", "GetObjectMeta")
    ),
    Situation("a role", UPLOAD.format("k5", ""), "访问密钥不存在", refused("UploadPart", code="InvalidAccessKeyId")),
    Situation(
        "the clock",
        UPLOAD.format("k6", ""),
        "时钟相差超过 15 分钟",
        refused("InitiateMultipartUpload", code="RequestTimeTooSkewed"),
    ),
    Situation("another region", UPLOAD.format("k7", ", region='cn-beijing', endpoint=''"), "签名中的地域"),
    Situation(
        "the service is ill",
        UPLOAD.format("k8", ", retries=0"),
        "服务端发生内部错误",
        refused("UploadPart", code="InternalError", status=500),
    ),
    Situation(
        "a read-only bucket",
        UPLOAD.format("k9", ""),
        "BucketReadOnly",
        refused("InitiateMultipartUpload", code="BucketReadOnly"),
    ),
    Situation("in arrears", UPLOAD.format("k10", ""), "欠费", refused("InitiateMultipartUpload", code="UserDisable")),
    Situation(
        "an object that is kept",
        UPLOAD.format("k11", ""),
        "合规保留策略",
        refused("CompleteMultipartUpload", code="FileImmutable", status=409),
    ),
    Situation(
        "an unknown code",
        UPLOAD.format("k12", ""),
        "SomethingNew",
        refused("CompleteMultipartUpload", code="SomethingNew", status=400),
    ),
    Situation(
        "the upload is gone",
        UPLOAD.format("k13", ""),
        "该 Upload ID 已不存在",
        refused("CompleteMultipartUpload", code="NoSuchUpload", status=404),
    ),
    Situation(
        "a wrong checksum",
        UPLOAD.format("k14", ", retries=1"),
        "校验和不一致",
        (Fault("UploadPart", "wrong_crc", times=None),),
    ),
    Situation("nobody listens", UPLOAD.format("k", ", endpoint='http://127.0.0.1:9', retries=0"), "拒绝连接"),
    Situation("no such host", UPLOAD.format("k", ", endpoint='https://oss-nowhere.invalid', retries=0"), "找不到主机"),
    Situation(
        "a proxy that is not there",
        UPLOAD.format("k", ", endpoint='https://oss-nowhere.invalid', proxy='http://127.0.0.1:9', retries=0"),
        "代理未放行",
    ),
)
DISK = (
    Situation("checkpoints cannot be written", UPLOAD.format("c1", ", checkpoint_dir='trips.bin/below'"), "不是目录"),
    Situation(
        "checkpoints on a disk that is read only",
        UPLOAD.format("c2", ", checkpoint_dir='/proc/nowhere'"),
        "没有该文件或目录",
    ),
    Situation(
        "the file changes",
        "t = oj.upload('change.bin', 'oss://test-bucket/change', part_size='1MiB', parallel=1)\n"
        "while t.snapshot().parts_done < 1: time.sleep(0.02)\n"
        "with open('change.bin', 'r+b') as f: f.write(os.urandom(8 << 20))\n"
        "t.result()",
        "重新读取比对",
    ),
    Situation(
        "the file grows",
        "t = oj.upload('grow.bin', 'oss://test-bucket/grow', part_size='1MiB', parallel=1)\n"
        "while t.snapshot().parts_done < 1: time.sleep(0.02)\n"
        "with open('grow.bin', 'ab') as f: f.write(b'more')\n"
        "t.result()",
        "在发送期间变大",
    ),
    Situation(
        "the file goes",
        "t = oj.upload('go.bin', 'oss://test-bucket/go', part_size='1MiB', parallel=1)\n"
        "while t.snapshot().parts_done < 1: time.sleep(0.02)\nt.pause(); t.wait()\n"
        "os.unlink('go.bin')\noj.resume(t.id)[0].result()",
        "不存在",
    ),
    Situation("uploads whose file is gone", "%oss_uploads", "备注"),
    Situation("a folder that cannot be read", "oj.upload('/proc/1/mem', 'oss://test-bucket/k').result()", "无权读取"),
    Situation("a pipe", "os.mkfifo('pipe')\noj.upload('pipe', 'oss://test-bucket/k').result()", "不是普通文件"),
)


@pytest.fixture
def html_server() -> Iterator[str]:
    """The address of somebody who answers everything with a page."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, suppress(OSError):
                    client.recv(65536)
                    client.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 34\r\nConnection: close\r\n\r\n"
                        b"<html><body>Please log in</body>  "
                    )

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[str]:
    """The address of a service whose certificate nobody knows."""
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    tls = (str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    with Sandbox(tmp_path / "tls", keys=[Key("test-key-id", "test-key-secret")], tls=tls) as secure:
        secure.create_bucket("test-bucket")
        yield secure.endpoint


def test_what_is_asked_wrongly(stage: Stage, data: Path, subtests: pytest.Subtests) -> None:
    """Paths, targets, options and values."""
    staged(MISUSED, stage, subtests)


def test_what_the_service_refuses(
    stage: Stage, data: Path, subtests: pytest.Subtests, html_server: str, untrusted: str
) -> None:
    """Rights, keys, regions, and a network that leads nowhere."""
    (data.parent / "photo.jpg").write_bytes(b"x" * 1000)
    on_the_way = (
        Situation("a page", UPLOAD.format("k", f", endpoint={html_server!r}, retries=0"), "响应的并不是 OSS 服务"),
        Situation(
            "a certificate", UPLOAD.format("k", f", endpoint={untrusted!r}, retries=0"), "找不到签发该证书的 CA 证书"
        ),
        Situation(
            "a check of a page",
            f"%oss_check oss://test-bucket/ --fast --endpoint {html_server}",
            "响应的并不是 OSS 服务",
        ),
        Situation(
            "a check of a certificate", f"%oss_check oss://test-bucket/ --fast --endpoint {untrusted}", "不受信任"
        ),
    )
    staged((*REFUSED, *on_the_way), stage, subtests)


def test_files_and_checkpoints(stage: Stage, data: Path, subtests: pytest.Subtests) -> None:
    """What becomes of a file on its way, and of what is kept of its upload."""
    for name in ("change", "grow", "go"):
        (data.parent / f"{name}.bin").write_bytes(os.urandom(8 * MIB))
    stage.service.rate_bytes_per_second = 2 * MIB
    staged(DISK, stage, subtests)
    kept = data.parent.parent / "state" / "checkpoints"
    leave(kept, "toonew22", format=99)
    leave(kept, "foreign2", upload_id="X" * 32, source=str(data))
    leave(kept, "damaged2").write_bytes(b"nonsense")
    staged(
        (
            Situation("odd checkpoints", "%oss_uploads", "2 个断点记录不可用"),
            Situation("one that is too new", "%oss_uploads abort toonew22 --forget", "已移除本地记录"),
            Situation("one that is damaged", "%oss_uploads resume damaged2", "无法读取断点记录的第一行"),
            Situation("one that goes on", "%oss_uploads resume foreign2", "此前已保留"),
            Situation("resuming all", "%oss_uploads resume all", "SourceMissing"),
        ),
        stage,
        subtests,
    )


def test_credentials(stage: Stage, data: Path, subtests: pytest.Subtests) -> None:
    """A token that expires while it is used, and none at all."""
    service = stage.service
    service.keys.put(Key("sts-one", "secret-one", "token-one"))
    service.rate_bytes_per_second = 2 * MIB
    stage.kernel.run(
        "t = oj.upload('trips.bin', 'oss://test-bucket/k', part_size='1MiB', parallel=1,"
        " credentials=('sts-one', 'secret-one', 'token-one'))"
    )
    stage.until("t.snapshot().parts_done")
    service.keys.put(Key("sts-one", "secret-one", "token-one", expires_at=1.0))
    stage.until("t.state is oj.State.WAITING_FOR_CREDENTIALS")
    staged(
        (
            Situation("it waits for credentials", "%oss_uploads\n%oss_uploads show {t.id}\nt", "正在等待新的凭证"),
            Situation("it is resumed without new ones", RESUMED, "临时访问凭证已过期"),
            Situation(
                "none at all",
                NO_KEY,
                "未找到访问凭证",
            ),
            Situation("where they were looked for", "print(oj.credentials())", "已依次查找"),
        ),
        stage,
        subtests,
    )
