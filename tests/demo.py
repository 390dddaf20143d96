"""The main job, shown and checked: a real file, a real kernel, and a kill half-way. `make demo` runs it.

A file of 512 MiB goes from a real IPython kernel into a sandbox that takes it wrap. Half-way the kernel is killed; a
new one finds the upload and finishes it; then the object is read back and compared with the file. What was sent twice
is counted by the sandbox, which is the service here, and not by the uploader. Anything that differs makes it fail.
"""

from __future__ import annotations

import ast
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME
from jupyter_client.manager import KernelManager

from oss_jupyter.model.sizes import MIB, format_size
from oss_jupyter.sandbox import Key, Sandbox
from oss_jupyter.texts.spoken import VARIABLE, language

FILE_BYTES = 512 * MIB
RATE_BYTES_PER_SECOND = 48 * MIB  # about 12 s of sending in all: long enough to watch
PARALLEL = 4
HALF = 0.46  # about half-way, and in the middle of some parts rather than between two waves of them
BUCKET, OBJECT = "demo-bucket", "data/trips.bin"
# The file, the parts and the object that is joined from them lie there at the same moment.
_ROOM_BYTES = 3 * FILE_BYTES + 100 * MIB
_START_SECONDS = 60.0  # a cold interpreter on a busy machine
_LINE_SECONDS = 2.0  # between two lines where no line can be redrawn
_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 120.0  # an upload that takes longer than this is stuck

# What the demonstration asks a kernel a few times a second, beside the cells that a user would run.
_LOOK = """
def _look():
    from oss_jupyter import transfers
    from oss_jupyter.session.text import status_line
    now = transfers()[-1].snapshot()
    return str(now.state), now.fraction, now.parts_kept, now.parts_total, status_line(now), now.checkpoint
"""


class CellFailed(Exception):
    """A cell ended with an error; the text is what a notebook would show."""


class Kernel:
    """A real IPython kernel in a process of its own, spoken to as a notebook does."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._manager = KernelManager(kernel_name=NATIVE_KERNEL_NAME)
        # What it logs belongs to nobody here; what cells print comes as messages.
        self._manager.start_kernel(
            cwd=str(directory),
            env=dict(environment),
            stderr=subprocess.DEVNULL,
            extra_arguments=["--OssJupyter.widgets=False"],  # nobody here could draw a card
        )
        self._client = self._manager.client()
        try:
            self._client.start_channels()
            self._client.wait_for_ready(timeout=_START_SECONDS)
            self.pid = int(self.ask("__import__('os').getpid()"))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def close(self) -> None:
        """End it, if it is still there."""
        self._client.stop_channels()
        if self._manager.has_kernel:
            self._manager.shutdown_kernel(now=True)

    def run(self, cell: str, *, silent: bool = False) -> str:
        """Run one cell and return what it shows, as text. Raises CellFailed."""
        shown: list[str] = []

        def take(message: Mapping[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                shown.append(content["text"])
            elif message["msg_type"] in ("display_data", "execute_result"):
                shown.append(content["data"].get("text/plain", "") + "\n")

        reply = self._client.execute_interactive(
            cell, silent=silent, allow_stdin=False, timeout=_PATIENCE_SECONDS, output_hook=take
        )["content"]
        if reply["status"] != "ok":
            trace = "\n".join(reply.get("traceback") or [f"{reply.get('ename')}: {reply.get('evalue')}"])
            raise CellFailed(f"In: {cell}\n{''.join(shown)}{_plain(trace)}")
        return _plain("".join(shown)).strip()

    def ask(self, expression: str) -> Any:
        """Return the value of an expression, which is made of plain literals."""
        reply = self._client.execute_interactive(
            "", silent=True, user_expressions={"it": expression}, timeout=_PATIENCE_SECONDS, output_hook=lambda _: None
        )["content"]["user_expressions"]["it"]
        if reply["status"] != "ok":
            raise CellFailed(f"{expression}: {reply['ename']}: {reply['evalue']}")
        return ast.literal_eval(reply["data"]["text/plain"])

    def kill(self) -> None:
        """End it as the system does when memory runs out: no time to tidy up."""
        os.kill(self.pid, signal.SIGKILL)
        while self._manager.is_alive():
            time.sleep(0.01)


def kernel_environment(sandbox: Sandbox, key: Key, home: Path) -> dict[str, str]:
    """Return the environment of a kernel that reaches the sandbox, and none of the accounts of whoever runs this."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("OSS", "ALIBABA_CLOUD_"))}
    return ours | {
        "OSS_ENDPOINT": sandbox.endpoint,
        "OSS_REGION": sandbox.region,
        "OSS_ACCESS_KEY_ID": key.access_key_id,
        "OSS_ACCESS_KEY_SECRET": key.access_key_secret,
        "OSSUTIL_CONFIG_FILE": str(home / "ossutilconfig"),
        "OSS_JUPYTER_STATE_DIR": str(home / "state"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


@contextmanager
def jupyter_home(home: Path) -> Iterator[None]:
    """Keep this process, and what it starts, away from the kernels, settings and files of whoever runs it."""
    names = ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
    ours = {name: str(home / name.lower()) for name in names}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


class Screen:
    """What the demonstration prints: one progress line that is redrawn on a terminal, some lines elsewhere."""

    def __init__(self) -> None:
        self._redraws = sys.stdout.isatty()
        self._said_at = 0.0
        self._step = 0

    def step(self, text: str) -> None:
        """Say what happens next."""
        self._step += 1
        print(f"\n{self._step}. {text}", flush=True)

    def cell(self, cell: str, shown: str = "") -> None:
        """Show a cell and what it showed."""
        print(f"   In : {cell}")
        for line in shown.splitlines():
            print(f"        {line}")
        sys.stdout.flush()

    def progress(self, line: str) -> None:
        """Show how far it is."""
        if self._redraws:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{('   ' + line)[:width]}", end="", flush=True)
        elif time.monotonic() - self._said_at >= _LINE_SECONDS:
            print(f"   {line}", flush=True)
            self._said_at = time.monotonic()

    def end_progress(self, line: str) -> None:
        """Leave a last line of progress."""
        print(f"\r\033[K   {line}" if self._redraws else f"   {line}", flush=True)
        self._said_at = 0.0


def main() -> int:
    """Run the demonstration and return its exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_once)
    began = time.monotonic()
    try:
        with ExitStack() as stack:
            problems = _demonstrate(Screen(), stack)
    except KeyboardInterrupt:
        print(_in("\nStopped; nothing is left behind.", "\n已停止，没有留下任何文件。"))
        return 130
    except (CellFailed, TimeoutError, OSError) as error:
        problems = [str(error)]
    for problem in problems:
        print(_in(f"FAILED: {problem}", f"失败：{problem}"), file=sys.stderr)
    if not problems:
        seconds = f"{time.monotonic() - began:.0f}"
        print(_in(f"\nAll as it should be, in {seconds} s.", f"\n一切正常，用时 {seconds} s。"))
    return 1 if problems else 0


def _demonstrate(screen: Screen, stack: ExitStack) -> list[str]:
    home = _room(stack)
    key = Key("demo-key-id", "demo-key-secret")

    size, rate = format_size(FILE_BYTES), f"{format_size(RATE_BYTES_PER_SECOND)}/s"
    screen.step(
        _in(f"A file of {size}, and a sandbox that takes {rate}", f"一个 {size} 的文件，和一个限速 {rate} 的沙箱")
    )
    source = _make_file(home / "trips.bin")
    sandbox = stack.enter_context(Sandbox(home / "sandbox", keys=[key], rate_bytes_per_second=RATE_BYTES_PER_SECOND))
    sandbox.create_bucket(BUCKET)
    print(_in(f"   {sandbox.endpoint}, bucket {BUCKET}", f"   {sandbox.endpoint}，存储空间 {BUCKET}"))
    environment = kernel_environment(sandbox, key, home) | {VARIABLE: language()}

    with Kernel(home, environment) as kernel:
        screen.step(_in(f"A kernel (process {kernel.pid}) uploads it", f"内核（进程 {kernel.pid}）上传它"))
        _show(kernel, screen, "%load_ext oss_jupyter")
        _show(kernel, screen, f"%oss_upload {source.name} oss://{BUCKET}/data/ --parallel {PARALLEL}")
        kernel.run(_LOOK, silent=True)
        _watch(kernel, screen, lambda state, fraction: fraction >= HALF)
        kernel.kill()
        kill = f"kill -9 {kernel.pid}"
        screen.step(_in(f"Half-way, {kill}: no time to say goodbye", f"传到一半，{kill}：来不及做任何收尾"))
    _until(lambda: sandbox.active_requests == 0, _in("the killed kernel's requests to end", "被杀掉的内核的请求结束"))
    before = _parts_asked(sandbox)
    sandbox.clear_requests()

    with Kernel(home, environment) as kernel:
        screen.step(_in(f"A new kernel (process {kernel.pid}) carries on", f"新的内核（进程 {kernel.pid}）断点续传"))
        banner = _show(kernel, screen, "%load_ext oss_jupyter")
        resume = re.search(r"%oss_uploads resume \w+", banner)
        if resume is None:
            return [
                _in(
                    f"the new kernel named no line that resumes the upload, but said: {banner!r}",
                    f"新的内核没有给出续传的命令，而是显示：{banner!r}",
                )
            ]
        _show(kernel, screen, resume[0])
        kernel.run(_LOOK, silent=True)
        state, _, kept, total, line, checkpoint = _watch(kernel, screen, lambda state, _: state in _ENDED)
    if state != "completed":
        return [_in(f"the upload ended as {state}: {line}", f"上传结束时的状态为 {state}：{line}")]
    after = _parts_asked(sandbox)

    screen.step(_in("The object is read back and compared with the file", "读回对象，与文件比对"))
    same = _is_same(source, sandbox, key)
    again = sorted(set(before) & set(after))
    journals = sorted(path.name for path in (home / "state").rglob("*.journal"))
    print()
    left = ", ".join(journals)
    told = "identical, byte for byte" if same else "DIFFERENT from the file"
    print(_in(f"   parts kept        {kept} of {total}", f"   保留的分片  {kept}，共 {total} 个"))
    print(
        _in(
            f"   parts sent again  {len(again)} (at most {PARALLEL}: so many are on the wire at once)",
            f"   重传的分片  {len(again)}（最多 {PARALLEL} 个：同时传输的就是这么多）",
        )
    )
    print(_in(f"   the object        {told}", f"   对象        {'与文件逐字节一致' if same else '与文件不一致'}"))
    print(_in(f"   the checkpoint    {left or 'gone'}", f"   断点记录    {left or '已删除'}"))
    twice = any(count > 1 for count in (*before.values(), *after.values()))
    problems = {
        _in("the object is not the file", "对象与文件不一致"): not same,
        _in(f"parts {again} were sent again", f"重传了分片 {again}"): len(again) > PARALLEL,
        _in(
            f"{kept} parts kept and {len(after)} sent are not {total}",
            f"保留 {kept} 个、发送 {len(after)} 个分片，合计不是 {total} 个",
        ): kept + len(after) != total,
        _in(f"parts were sent twice by one kernel: {before + after}", f"同一内核重复发送：{before + after}"): twice,
        _in(f"the checkpoint {checkpoint} is still there", f"断点记录 {checkpoint} 仍然存在"): bool(journals),
        _in("less than a third was kept", "保留的不到三分之一"): kept < total // 3,
    }
    return [text for text, is_so in problems.items() if is_so]


_ENDED = ("completed", "failed", "aborted", "paused")


def _show(kernel: Kernel, screen: Screen, cell: str) -> str:
    shown = kernel.run(cell)
    screen.cell(cell, shown)
    return shown


def _watch(kernel: Kernel, screen: Screen, is_over: Callable[[str, float], bool]) -> tuple[Any, ...]:
    """Follow the kernel's transfer until `is_over(state, fraction)` or its end; return the last look at it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        look: tuple[Any, ...] = kernel.ask("_look()")
        state, fraction, line = look[0], look[1], look[4]
        if is_over(state, fraction) or state in _ENDED:
            screen.end_progress(line)
            return look
        if time.monotonic() > deadline:
            raise TimeoutError(_in(f"the upload is stuck: {line}", f"上传停滞：{line}"))
        screen.progress(line)
        time.sleep(_LOOK_SECONDS)


def _parts_asked(sandbox: Sandbox) -> Counter[int]:
    """Return how often each part was sent to the sandbox, whether it arrived or not."""
    numbers = (request.part_number for request in sandbox.requests if request.operation == "UploadPart")
    return Counter(number for number in numbers if number is not None)


def _is_same(source: Path, sandbox: Sandbox, key: Key) -> bool:
    """Read the object with the official client and compare it with the file."""
    import alibabacloud_oss_v2 as oss

    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key.access_key_id, key.access_key_secret)
    config.region, config.endpoint, config.use_path_style = sandbox.region, sandbox.endpoint, True
    reply = oss.Client(config).get_object(oss.GetObjectRequest(bucket=BUCKET, key=OBJECT))
    assert reply.body is not None
    with reply.body as body, source.open("rb") as file:
        alike = all(piece == file.read(len(piece)) for piece in body.iter_bytes(block_size=MIB))
        return alike and not file.read(1)


def _make_file(path: Path) -> Path:
    """Write bytes that no compression shrinks, the same in every run."""
    pieces = random.Random(20240101)
    with path.open("wb") as file:
        for _ in range(FILE_BYTES // (8 * MIB)):
            file.write(pieces.randbytes(8 * MIB))
    return path


def _room(stack: ExitStack) -> Path:
    """Return a directory that is removed at the end; in the project, because /tmp may be memory."""
    cache = Path(__file__).resolve().parent.parent / ".cache"
    cache.mkdir(exist_ok=True)
    free = shutil.disk_usage(cache).free
    if free < _ROOM_BYTES:
        has, needs = format_size(free), format_size(_ROOM_BYTES)
        raise OSError(
            _in(
                f"{cache} has {has} free; the demonstration needs {needs}",
                f"{cache} 剩余空间 {has}，演示需要 {needs}",
            )
        )
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="demo-", dir=cache)))
    stack.enter_context(jupyter_home(home))
    return home


def _until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(_in(f"waited in vain for {what}", f"等待超时：{what}"))
        time.sleep(0.05)


def _in(english: str, chinese: str) -> str:
    """Return what is said in the language that the uploads speak, too."""
    return chinese if language() == "zh" else english


def _plain(text: str) -> str:
    """Return a text without the colours of a terminal."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _stop_once(number: int, _frame: object) -> None:
    """End everything in good order; whoever presses again must not interrupt the tidying up."""
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
