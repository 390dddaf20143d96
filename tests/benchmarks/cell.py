"""What a user feels: how soon a cell with %oss_upload returns, and how soon the first byte is on the wire."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from subprocess import DEVNULL
from typing import Any

import psutil
from jupyter_client.manager import start_new_kernel

from .clients import BUCKET, KEYS, REGION, environment
from .harness import PART_BYTES, Setup, make_sparse_file, median, wait_until_gone
from .promises import Promise, at_most
from .sink.launch import Sink, running_sink
from .tables import LIMITED

_KERNEL_SECONDS = 60.0
_BUSY_SECONDS = 4.0
_BUSY = f"import time\nuntil = time.monotonic() + {_BUSY_SECONDS}\nwhile time.monotonic() < until: sum(range(1000))"
_TIMED = (
    "import time\nbefore = time.monotonic()\n"
    "get_ipython().run_line_magic('oss_upload', {line!r})\nafter = time.monotonic()"
)


def cell(setup: Setup) -> Iterator[Promise]:
    """Run the magic in real kernels, each new, and take the medians."""
    path = make_sparse_file(setup.folder / "file.bin", 64 * PART_BYTES)
    returned, sent = [], []
    with running_sink(setup.folder, LIMITED) as sink:
        for _ in range(setup.runs):
            sink.clear()
            with _kernel(sink, setup) as client:
                _execute(client, "import time\n%load_ext oss_jupyter")
                line = f"{path} oss://{BUCKET}/cell.bin"
                before, after = _numbers(client, _TIMED.format(line=line), "before, after")
                _execute(client, "time.sleep(1.5)")
                returned.append(after - before)
                sent.append((sink.counters.first_byte_at() or float("inf")) - before)
    setup.say(f"%oss_upload: returned after {median(returned):.3f} s, first byte after {median(sent):.3f} s")
    yield at_most("%oss_upload returns after", median(returned), 0.2, " s")
    yield at_most("%oss_upload: first byte on the wire after", median(sent), 1, " s")


def run_all(setup: Setup) -> Iterator[Promise]:
    """Send three cells at once, as "Run All" does: load the extension, upload, compute. Each kernel is new."""
    path = make_sparse_file(setup.folder / "file.bin", 64 * PART_BYTES)
    waited = []
    with running_sink(setup.folder, LIMITED) as sink:
        for _ in range(setup.runs):
            sink.clear()
            with _kernel(sink, setup) as client:
                client.execute("%load_ext oss_jupyter")
                client.execute(_TIMED.format(line=f"{path} oss://{BUCKET}/cell.bin"))
                client.execute(_BUSY)
                (after,) = _numbers(client, "", "after,")
                waited.append((sink.counters.first_byte_at() or float("inf")) - after)
    setup.say(
        f"Run All: first byte {median(waited):.3f} s after the upload's cell ({min(waited):.2f}-{max(waited):.2f})"
    )
    yield at_most("Run All: first byte after the end of the upload's cell", median(waited), 0.6, " s")


@contextmanager
def _kernel(sink: Sink, setup: Setup) -> Iterator[Any]:
    env = {
        **environment(None),
        "OSS_ENDPOINT": sink.endpoint,
        "OSS_REGION": REGION,
        "OSS_ACCESS_KEY_ID": KEYS[0],
        "OSS_ACCESS_KEY_SECRET": KEYS[1],
        "OSS_JUPYTER_CHECKPOINT_DIR": str(setup.folder / f"checkpoints-{os.urandom(4).hex()}"),
    }
    manager, client = start_new_kernel(kernel_name="python3", env=env, stdout=DEVNULL, stderr=DEVNULL)
    helpers: list[int] = []
    try:
        yield client
        (pid,) = _numbers(client, "import os", "os.getpid(),")
        helpers = [child.pid for child in psutil.Process(int(pid)).children(recursive=True)]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        wait_until_gone(helpers)


def _numbers(client: Any, code: str, names: str) -> list[float]:
    reply = _execute(client, code, {"wanted": f"({names})"})
    text = reply["user_expressions"]["wanted"]["data"]["text/plain"]
    return [float(word) for word in text.strip("()").split(",") if word]


def _execute(client: Any, code: str, expressions: dict[str, str] | None = None) -> dict[str, Any]:
    reply = client.execute(code, user_expressions=expressions or {}, reply=True, timeout=_KERNEL_SECONDS)
    content = dict(reply["content"])
    if content["status"] != "ok":
        raise RuntimeError(f"The kernel said: {content.get('ename')}: {content.get('evalue')}")
    return content
